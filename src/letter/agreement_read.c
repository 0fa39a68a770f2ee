#include "fields.h"
#include "letter/agreement.h"
#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void read_codec(struct fields *f, const json_t *json, struct agree_codec *out)
{
    struct fields c = {.object = json};
    char name[8];
    fields_text(&c, "codec", name, sizeof name, letter_is_plain);
    if (!c.wrong && !media_codec_from(name, &out->codec))
        fields_wrong(&c, "codec");
    out->pt = (uint8_t)fields_uint(&c, "pt", 127);
    out->rtx_pt = (int16_t)fields_int(&c, "rtx_pt", -1, 127);
    out->red_pt = (uint8_t)fields_uint(&c, "red_pt", 127);
    out->profile = (uint32_t)fields_uint(&c, "profile", UINT32_MAX);
    out->packetization = (uint8_t)fields_uint(&c, "packetization", 2);
    out->nack = fields_bool(&c, "nack");
    out->pli = fields_bool(&c, "pli");
    out->fir = fields_bool(&c, "fir");
    out->twcc = fields_bool(&c, "twcc");
    out->remb = fields_bool(&c, "remb");
    if (c.wrong)
        fields_wrong(f, c.wrong);
}

static void read_encoding(struct fields *f, const json_t *json, struct agree_encoding *out)
{
    struct fields e = {.object = json};
    fields_text(&e, "rid", out->rid, sizeof out->rid, letter_is_rid);
    out->ssrc = (uint32_t)fields_uint(&e, "ssrc", UINT32_MAX);
    out->rtx_ssrc = (uint32_t)fields_uint(&e, "rtx_ssrc", UINT32_MAX);
    out->max_width = (uint16_t)fields_uint(&e, "max_width", UINT16_MAX);
    out->max_height = (uint16_t)fields_uint(&e, "max_height", UINT16_MAX);
    if (e.wrong)
        fields_wrong(f, e.wrong);
}

static void read_ext(struct fields *f, uint8_t ext[EXT_COUNT])
{
    struct fields e = {.object = fields_object(f, "ext")};
    for (unsigned i = 0; i < EXT_COUNT; i++)
        if (json_object_get(e.object, letter_names_ext[i]))
            ext[i] = (uint8_t)fields_int(&e, letter_names_ext[i], 1, 255);
    if (e.wrong)
        fields_wrong(f, "ext");
}

static void read_arrays(struct fields *f, struct agree_mline *out)
{
    const json_t *codecs = fields_array(f, "codecs", AGREE_MAX_CODECS);
    out->codec_count = (unsigned)json_array_size(codecs);
    for (unsigned i = 0; i < out->codec_count; i++)
        read_codec(f, json_array_get(codecs, i), &out->codec[i]);
    const json_t *encodings = fields_array(f, "encodings", AGREE_MAX_ENCODINGS);
    out->encoding_count = (unsigned)json_array_size(encodings);
    for (unsigned i = 0; i < out->encoding_count; i++)
        read_encoding(f, json_array_get(encodings, i), &out->encoding[i]);
}

static void read_data(struct fields *f, struct agree_data *out)
{
    struct fields d = {.object = fields_object(f, "data")};
    out->port = (uint16_t)fields_int(&d, "port", 1, UINT16_MAX);
    out->max_message = (uint32_t)fields_uint(&d, "max_message", UINT32_MAX);
    out->may_send = fields_bool(&d, "may_send");
    if (d.wrong)
        fields_wrong(f, "data");
}

static void read_mline(struct fields *f, const json_t *json, struct agree_mline *out)
{
    struct fields m = {.object = json};
    fields_text(&m, "mid", out->mid, sizeof out->mid, letter_is_mid);
    out->kind = fields_kind(&m, "kind");
    out->active = fields_bool(&m, "active");
    out->client_sends = fields_bool(&m, "sends");
    out->client_receives = fields_bool(&m, "receives");
    out->source = fields_source(&m, "source");
    out->content = fields_content(&m, "content");
    out->role = (enum slot_role)fields_choice(&m, "role", letter_names_role, SLOT_ROLE_COUNT);
    read_arrays(&m, out);
    read_ext(&m, out->ext);
    out->ext_mixed = fields_bool(&m, "ext_mixed");
    out->slot_ssrc = (uint32_t)fields_uint(&m, "slot_ssrc", UINT32_MAX);
    out->slot_rtx_ssrc = (uint32_t)fields_uint(&m, "slot_rtx_ssrc", UINT32_MAX);
    out->slot_pair = (uint16_t)fields_uint(&m, "slot_pair", UINT16_MAX);
    if (out->kind == KIND_DATA && out->active)
        read_data(&m, &out->data);
    if (out->kind == KIND_DATA && (out->client_sends || out->client_receives))
        fields_wrong(&m, "kind");
    if (out->client_sends && media_source_kind(out->source) != out->kind)
        fields_wrong(&m, "source");
    if (m.wrong)
        fields_wrong(f, m.wrong);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void read_fingerprint(struct fields *f, struct agreement *out)
{
    char hex[2 * sizeof(out->fingerprint) + 1];
    fields_text(f, "fingerprint_hash", out->fingerprint_hash, sizeof out->fingerprint_hash,
                letter_is_plain);
    fields_text(f, "fingerprint", hex, sizeof hex, letter_is_plain);
    size_t len = strlen(hex);
    for (size_t i = 0; i + 1 < len; i += 2) {
        int high = hex_digit(hex[i]);
        int low = hex_digit(hex[i + 1]);
        if (high < 0 || low < 0)
            fields_wrong(f, "fingerprint");
        else
            out->fingerprint[i / 2] = (uint8_t)(high << 4 | low);
    }
    if (len % 2)
        fields_wrong(f, "fingerprint");
    out->fingerprint_len = (uint8_t)(len / 2);
}

/** Everything but the m-lines. */
static void read_transport(struct fields *f, struct agreement *out)
{
    out->generation = (uint32_t)fields_uint(f, "generation", UINT32_MAX);
    out->answers = (uint32_t)fields_uint(f, "answers", UINT32_MAX);
    fields_text(f, "local_ufrag", out->local_ufrag, sizeof out->local_ufrag, letter_is_ice);
    fields_text(f, "local_pwd", out->local_pwd, sizeof out->local_pwd, letter_is_ice);
    fields_text(f, "remote_ufrag", out->remote_ufrag, sizeof out->remote_ufrag, letter_is_ice);
    fields_text(f, "remote_pwd", out->remote_pwd, sizeof out->remote_pwd, letter_is_ice);
    read_fingerprint(f, out);
    out->dtls_role = (enum agree_dtls_role)fields_choice(f, "dtls_role", letter_names_dtls, 2);
    fields_text(f, "cname", out->cname, sizeof out->cname, letter_is_id_or_none);
}

int agreement_from_json(const json_t *json, struct agreement *out, const char **where)
{
    struct fields f = {.object = json};
    *out = (struct agreement){0};
    read_transport(&f, out);
    const json_t *mlines = fields_array(&f, "mlines", AGREE_MAX_MLINES);
    unsigned count = (unsigned)json_array_size(mlines);
    if (!f.wrong && count > 0) {
        out->mline = calloc(count, sizeof *out->mline);
        if (!out->mline) {
            *out = (struct agreement){0};
            return -ENOMEM;
        }
        out->mline_count = count;
        for (unsigned i = 0; i < count; i++)
            read_mline(&f, json_array_get(mlines, i), &out->mline[i]);
    }
    if (!f.wrong)
        return 0;
    agreement_fini(out);
    *out = (struct agreement){0};
    *where = f.wrong;
    return -EINVAL;
}
