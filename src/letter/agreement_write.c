#include "letter/agreement.h"
#include "names.h"

#include <stdio.h>

static json_t *write_codec(const struct agree_codec *c)
{
    return json_pack("{s:s, s:i, s:i, s:i, s:I, s:i, s:b, s:b, s:b, s:b, s:b}", "codec",
                     media_codec_name(c->codec), "pt", c->pt, "rtx_pt", c->rtx_pt, "red_pt",
                     c->red_pt, "profile", (json_int_t)c->profile, "packetization",
                     c->packetization, "nack", c->nack, "pli", c->pli, "fir", c->fir, "twcc",
                     c->twcc, "remb", c->remb);
}

static json_t *write_encoding(const struct agree_encoding *e)
{
    return json_pack("{s:s, s:I, s:I, s:i, s:i}", "rid", e->rid, "ssrc", (json_int_t)e->ssrc,
                     "rtx_ssrc", (json_int_t)e->rtx_ssrc, "max_width", e->max_width,
                     "max_height", e->max_height);
}

/** Only the extensions agreed: {"mid": 4, "twcc": 3}. */
static json_t *write_ext(const uint8_t ext[EXT_COUNT])
{
    json_t *object = json_object();
    for (unsigned i = 0; object && i < EXT_COUNT; i++)
        if (ext[i] && json_object_set_new(object, letter_names_ext[i], json_integer(ext[i]))) {
            json_decref(object);
            return NULL;
        }
    return object;
}

static json_t *write_codecs(const struct agree_mline *m)
{
    json_t *array = json_array();
    for (unsigned i = 0; array && i < m->codec_count; i++)
        if (json_array_append_new(array, write_codec(&m->codec[i]))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *write_encodings(const struct agree_mline *m)
{
    json_t *array = json_array();
    for (unsigned i = 0; array && i < m->encoding_count; i++)
        if (json_array_append_new(array, write_encoding(&m->encoding[i]))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

/** Null, which json_pack() leaves out, unless the m-line has one. */
static json_t *write_data(const struct agree_mline *m)
{
    if (m->kind != KIND_DATA || !m->active)
        return NULL;
    return json_pack("{s:i, s:I, s:b}", "port", m->data.port, "max_message",
                     (json_int_t)m->data.max_message, "may_send", m->data.may_send);
}

static json_t *write_mline(const struct agree_mline *m)
{
    // "o" takes the references, and lets go of them if one is NULL.
    return json_pack(
        "{s:s, s:s, s:b, s:b, s:b, s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:I, s:I, s:i, "
        "s:o*}",
        "mid", m->mid, "kind", media_kind_name(m->kind), "active", m->active, "sends",
        m->client_sends, "receives", m->client_receives, "source", media_source_name(m->source),
        "content", media_content_name(m->content), "role", letter_names_role[m->role], "codecs",
        write_codecs(m), "ext", write_ext(m->ext), "ext_mixed", m->ext_mixed, "encodings",
        write_encodings(m), "slot_ssrc", (json_int_t)m->slot_ssrc, "slot_rtx_ssrc",
        (json_int_t)m->slot_rtx_ssrc, "slot_pair", m->slot_pair, "data", write_data(m));
}

static json_t *write_mlines(const struct agreement *a)
{
    json_t *array = json_array();
    for (unsigned i = 0; array && i < a->mline_count; i++)
        if (json_array_append_new(array, write_mline(&a->mline[i]))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

json_t *agreement_to_json(const struct agreement *a)
{
    char hex[2 * sizeof(a->fingerprint) + 1] = "";
    for (unsigned i = 0; i < a->fingerprint_len; i++)
        (void)snprintf(hex + 2 * (size_t)i, 3, "%02x", a->fingerprint[i]);
    return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "generation",
                     (json_int_t)a->generation, "answers", (json_int_t)a->answers,
                     "local_ufrag", a->local_ufrag, "local_pwd", a->local_pwd, "remote_ufrag",
                     a->remote_ufrag, "remote_pwd", a->remote_pwd, "fingerprint_hash",
                     a->fingerprint_hash, "fingerprint", hex, "dtls_role",
                     letter_names_dtls[a->dtls_role], "cname", a->cname, "mlines",
                     write_mlines(a));
}
