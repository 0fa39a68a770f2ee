/** Random RTP packets from a seed, and the other library's view of them, for tests. */
#ifndef TESTS_SRTP_PACKETS_H
#define TESTS_SRTP_PACKETS_H

#include "base/bytes.h"
#include "srtp/open.h"
#include "srtp/seal.h"

#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_ROOM 1600

static const uint16_t all_profiles[] = {PROFILE_CM80, PROFILE_GCM128, PROFILE_GCM256};

struct rng {
    uint64_t state;
};

static inline uint32_t rng_next(struct rng *r)
{
    r->state = r->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(r->state >> 33);
}

static inline uint32_t rng_below(struct rng *r, uint32_t n)
{
    return rng_next(r) % n;
}

static inline void rng_fill(struct rng *r, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)rng_next(r);
}

/**
 * A packet with random CSRCs, with no, a one-byte or a two-byte header extension (RFC 8285),
 * and random payload, sometimes none. Returns its length.
 */
static inline size_t packet_make(struct rng *r, uint8_t *out, uint32_t ssrc, uint16_t seq)
{
    const unsigned csrcs = rng_below(r, 3) ? 0 : rng_below(r, 16);
    const unsigned kind = rng_below(r, 3);
    size_t n = 12 + 4 * csrcs;
    rng_fill(r, out, n);
    out[0] = (uint8_t)(0x80 | (kind ? 0x10 : 0) | csrcs);
    wr16(out + 2, seq);
    wr32(out + 8, ssrc);
    if (kind) {
        const uint32_t words = rng_below(r, 9);
        wr16(out + n, kind == 1 ? 0xbede : 0x1000);
        wr16(out + n + 2, (uint16_t)words);
        rng_fill(r, out + n + 4, 4 * words);
        n += 4 + 4 * words;
    }
    const size_t payload = rng_below(r, 10) ? rng_below(r, 1200) : 0;
    rng_fill(r, out + n, payload);
    return n + payload;
}

/** A libsrtp2 session, made without any code of ours. */
static inline srtp_t other_session(uint16_t profile, srtp_ssrc_type_t direction,
                                   const uint8_t *key, const uint8_t *salt)
{
    const struct profile_sizes sizes = profile_sizes(profile);
    uint8_t master[64] = {0};
    memcpy(master, key, sizes.key);
    memcpy(master + sizes.key, salt, sizes.salt);
    srtp_policy_t policy = {.ssrc = {.type = direction}, .key = master};
    policy.window_size = 1024;
    switch (profile) {
    case PROFILE_CM80:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
        break;
    case PROFILE_GCM128:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
        break;
    default:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy.rtcp);
        break;
    }
    srtp_t session = NULL;
    if (srtp_create(&session, &policy) != srtp_err_status_ok)
        abort();
    return session;
}

/** One that protects, and one that opens. */
static inline srtp_t other_sender(uint16_t profile, const uint8_t *key, const uint8_t *salt)
{
    return other_session(profile, ssrc_any_outbound, key, salt);
}

static inline srtp_t other_receiver(uint16_t profile, const uint8_t *key, const uint8_t *salt)
{
    return other_session(profile, ssrc_any_inbound, key, salt);
}

#endif
