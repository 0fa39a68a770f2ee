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
    field_text(&c, "codec", name, sizeof name, valid_plain);
    if (!c.wrong && !media_codec_from(name, &out->codec))
        field_wrong(&c, "codec");
    out->pt = (uint8_t)field_uint(&c, "pt", 127);
    out->rtx_pt = (int16_t)field_int(&c, "rtx_pt", -1, 127);
    out->profile = (uint32_t)field_uint(&c, "profile", UINT32_MAX);
    out->packetization = (uint8_t)field_uint(&c, "packetization", 2);
    out->nack = field_bool(&c, "nack");
    out->pli = field_bool(&c, "pli");
    out->fir = field_bool(&c, "fir");
    out->twcc = field_bool(&c, "twcc");
    out->remb = field_bool(&c, "remb");
    if (c.wrong)
        field_wrong(f, c.wrong);
}

static void read_encoding(struct fields *f, const json_t *json, struct agree_encoding *out)
{
    struct fields e = {.object = json};
    field_text(&e, "rid", out->rid, sizeof out->rid, valid_rid);
    out->ssrc = (uint32_t)field_uint(&e, "ssrc", UINT32_MAX);
    out->rtx_ssrc = (uint32_t)field_uint(&e, "rtx_ssrc", UINT32_MAX);
    out->max_width = (uint16_t)field_uint(&e, "max_width", UINT16_MAX);
    out->max_height = (uint16_t)field_uint(&e, "max_height", UINT16_MAX);
    if (e.wrong)
        field_wrong(f, e.wrong);
}

static void read_ext(struct fields *f, uint8_t ext[EXT_COUNT])
{
    struct fields e = {.object = field_object(f, "ext")};
    for (unsigned i = 0; i < EXT_COUNT; i++)
        if (json_object_get(e.object, name_ext[i]))
            ext[i] = (uint8_t)field_int(&e, name_ext[i], 1, 255);
    if (e.wrong)
        field_wrong(f, "ext");
}

static void read_arrays(struct fields *f, struct agree_mline *out)
{
    const json_t *codecs = field_array(f, "codecs", AGREE_MAX_CODECS);
    out->codec_count = (unsigned)json_array_size(codecs);
    for (unsigned i = 0; i < out->codec_count; i++)
        read_codec(f, json_array_get(codecs, i), &out->codec[i]);
    const json_t *encodings = field_array(f, "encodings", AGREE_MAX_ENCODINGS);
    out->encoding_count = (unsigned)json_array_size(encodings);
    for (unsigned i = 0; i < out->encoding_count; i++)
        read_encoding(f, json_array_get(encodings, i), &out->encoding[i]);
}

static void read_mline(struct fields *f, const json_t *json, struct agree_mline *out)
{
    struct fields m = {.object = json};
    field_text(&m, "mid", out->mid, sizeof out->mid, valid_mid);
    out->kind = field_kind(&m, "kind");
    out->active = field_bool(&m, "active");
    out->client_sends = field_bool(&m, "sends");
    out->client_receives = field_bool(&m, "receives");
    out->source = field_source(&m, "source");
    out->role = (enum slot_role)field_choice(&m, "role", name_role, SLOT_ROLE_COUNT);
    read_arrays(&m, out);
    read_ext(&m, out->ext);
    out->slot_ssrc = (uint32_t)field_uint(&m, "slot_ssrc", UINT32_MAX);
    out->slot_rtx_ssrc = (uint32_t)field_uint(&m, "slot_rtx_ssrc", UINT32_MAX);
    out->slot_pair = (uint16_t)field_uint(&m, "slot_pair", UINT16_MAX);
    if (out->client_sends && media_source_kind(out->source) != out->kind)
        field_wrong(&m, "source");
    if (m.wrong)
        field_wrong(f, m.wrong);
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
    field_text(f, "fingerprint_hash", out->fingerprint_hash, sizeof out->fingerprint_hash,
               valid_plain);
    field_text(f, "fingerprint", hex, sizeof hex, valid_plain);
    size_t len = strlen(hex);
    for (size_t i = 0; i + 1 < len; i += 2) {
        int high = hex_digit(hex[i]);
        int low = hex_digit(hex[i + 1]);
        if (high < 0 || low < 0)
            field_wrong(f, "fingerprint");
        else
            out->fingerprint[i / 2] = (uint8_t)(high << 4 | low);
    }
    if (len % 2)
        field_wrong(f, "fingerprint");
    out->fingerprint_len = (uint8_t)(len / 2);
}

/** Everything but the m-lines. */
static void read_transport(struct fields *f, struct agreement *out)
{
    out->generation = (uint32_t)field_uint(f, "generation", UINT32_MAX);
    out->answers = (uint32_t)field_uint(f, "answers", UINT32_MAX);
    field_text(f, "local_ufrag", out->local_ufrag, sizeof out->local_ufrag, valid_ice);
    field_text(f, "local_pwd", out->local_pwd, sizeof out->local_pwd, valid_ice);
    field_text(f, "remote_ufrag", out->remote_ufrag, sizeof out->remote_ufrag, valid_ice);
    field_text(f, "remote_pwd", out->remote_pwd, sizeof out->remote_pwd, valid_ice);
    read_fingerprint(f, out);
    out->dtls_role = (enum agree_dtls_role)field_choice(f, "dtls_role", name_dtls, 2);
    field_text(f, "cname", out->cname, sizeof out->cname, valid_id_or_none);
}

int agreement_from_json(const json_t *json, struct agreement *out, const char **where)
{
    struct fields f = {.object = json};
    *out = (struct agreement){0};
    read_transport(&f, out);
    const json_t *mlines = field_array(&f, "mlines", AGREE_MAX_MLINES);
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
