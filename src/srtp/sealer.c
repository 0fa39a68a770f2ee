#include "srtp/sealer.h"

#include "base/bytes.h"
#include "seal_backend.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#define RTCP_HEADER 8
#define INDEX_BYTES 4
#define INDEX_END   (UINT32_C(1) << 31) // RFC 3711 section 9.2: packets one key may protect
#define ENCRYPTED   (UINT32_C(1) << 31) // RFC 3711 section 3.4: the E flag
#define STEP        4                   // SSRCs; once each, not for every packet

int sealer_init(struct sealer *s, struct seal_engine *engine, uint16_t profile,
                const uint8_t *key, const uint8_t *salt)
{
    const struct seal_master m = {profile, key, salt};
    *s = (struct sealer){.engine = engine, .profile = profile};
    return seal_keys_derive(engine, kdf_rtcp, &m, &s->keys, s->salt);
}

void sealer_fini(struct sealer *s)
{
    seal_keys_free(s->engine, s->keys);
    free(s->sent);
    OPENSSL_cleanse(s, sizeof(*s));
}

/** The entry of an SSRC, made at its first packet. NULL without memory. */
static struct sealer_ssrc *entry(struct sealer *s, uint32_t ssrc)
{
    for (size_t i = 0; i < s->sent_count; i++)
        if (s->sent[i].ssrc == ssrc)
            return &s->sent[i];
    if (s->sent_count % STEP == 0) {
        struct sealer_ssrc *more = realloc(s->sent, (s->sent_count + STEP) * sizeof(*more));
        if (!more)
            return NULL;
        s->sent = more;
    }
    s->sent[s->sent_count] = (struct sealer_ssrc){.ssrc = ssrc};
    return &s->sent[s->sent_count++];
}

/**
 * The initialisation vector.
 *
 *             0   2       6       8       10      12      16
 *   GCM      | 0 | ssrc  |   0   |    index      |          xor salt (12)  RFC 7714 section 9.1
 *   AES-CM   |    0  | ssrc  |   0   |  index    | 0 |      xor salt (14)  RFC 3711
 * section 4.1.1 0       4       8       10          14  16
 */
static void number(const struct sealer *s, struct seal_text *t, uint32_t index)
{
    const bool cm = s->profile == PROFILE_CM80;
    memcpy(t->iv + (cm ? 4 : 2), t->pkt + 4, 4);
    wr32(t->iv + (cm ? 10 : 8), index);
    for (size_t i = 0; i < (cm ? 14 : 12); i++)
        t->iv[i] ^= s->salt[i];
}

/**
 * What goes out:
 *
 *   GCM      | header (8) | encrypted | tag (16) | E, index (4) |   RFC 7714 section 17
 *   AES-CM   | header (8) | encrypted | E, index (4) | tag (10) |   RFC 3711 section 3.4
 */
enum drop sealer_rtcp(struct sealer *s, uint8_t *data, size_t *len, size_t cap)
{
    const size_t tag_len = profile_sizes(s->profile).tag;
    if (*len < RTCP_HEADER || cap < *len || cap - *len < tag_len + INDEX_BYTES)
        return DROP_SHORT;
    if (data[0] >> 6 != 2)
        return DROP_MALFORMED;
    struct sealer_ssrc *from = entry(s, rd32(data + 4));
    if (!from || from->next == INDEX_END)
        return DROP_LIMIT;

    const bool cm = s->profile == PROFILE_CM80;
    const uint32_t index = from->next++;
    uint8_t aad[RTCP_HEADER + INDEX_BYTES];
    struct seal_text t = {.pkt = data,
                          .header = RTCP_HEADER,
                          .len = *len,
                          .aad = aad,
                          .aad_len = sizeof(aad),
                          .tag = data + *len + (cm ? INDEX_BYTES : 0),
                          .after = ENCRYPTED | index};
    memcpy(aad, data, RTCP_HEADER);
    wr32(aad + RTCP_HEADER, t.after);
    number(s, &t, index);
    seal_run(s->engine, s->keys, s->profile, &t);
    wr32(data + *len + (cm ? 0 : tag_len), t.after);
    *len += tag_len + INDEX_BYTES;
    return DROP_NONE;
}
