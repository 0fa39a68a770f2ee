#include "srtp/open.h"

#include "base/bytes.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <srtp2/srtp.h>
#include <string.h>

#define RTP_HEADER   12
#define RTCP_HEADER  8
#define PACKET_MAX   65535
#define WINDOW       1024 // packets; a resend without RTX comes a round trip late
#define SEALER_EXTRA 4    // SRTCP index (RFC 3711 section 3.4)

int opener_setup(void)
{
    return srtp_init() == srtp_err_status_ok ? 0 : -EIO;
}

void opener_teardown(void)
{
    (void)srtp_shutdown();
}

/** The numbers of IANA's registry are libsrtp2's. */
static_assert((int)PROFILE_CM80 == (int)srtp_profile_aes128_cm_sha1_80, "CM80");
static_assert((int)PROFILE_GCM128 == (int)srtp_profile_aead_aes_128_gcm, "GCM128");
static_assert((int)PROFILE_GCM256 == (int)srtp_profile_aead_aes_256_gcm, "GCM256");

/** A session with one template: every SSRC of that direction has the same master key. */
static int make_session(srtp_t *out, uint16_t profile, srtp_ssrc_type_t direction,
                        const uint8_t *key, const uint8_t *salt)
{
    const struct profile_sizes sizes = profile_sizes(profile);
    if (sizes.key == 0)
        return -EINVAL;
    uint8_t master[SRTP_MAX_KEY_LEN] = {0};
    memcpy(master, key, sizes.key);
    memcpy(master + sizes.key, salt, sizes.salt);
    srtp_policy_t policy = {.ssrc = {.type = direction}, .key = master, .window_size = WINDOW};
    int err = -EINVAL;
    if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, (srtp_profile_t)profile) ==
            srtp_err_status_ok &&
        srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, (srtp_profile_t)profile) ==
            srtp_err_status_ok)
        err = srtp_create(out, &policy) == srtp_err_status_ok ? 0 : -ENOMEM;
    OPENSSL_cleanse(master, sizeof(master));
    return err;
}

int opener_init(struct opener *o, uint16_t profile, const uint8_t *key, const uint8_t *salt)
{
    *o = (struct opener){0};
    return make_session(&o->session, profile, ssrc_any_inbound, key, salt);
}

void opener_fini(struct opener *o)
{
    if (o->session)
        (void)srtp_dealloc(o->session); // wipes its keys
    *o = (struct opener){0};
}

static enum drop drop_of(srtp_err_status_t status)
{
    if (status == srtp_err_status_ok)
        return DROP_NONE;
    if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old ||
        status == srtp_err_status_pkt_idx_old)
        return DROP_REPLAY;
    if (status == srtp_err_status_bad_param || status == srtp_err_status_parse_err)
        return DROP_MALFORMED;
    return DROP_AUTH;
}

static bool known(struct opener *o, uint32_t ssrc)
{
    if (o->last < o->count && o->ssrc[o->last] == ssrc)
        return true;
    for (unsigned i = 0; i < o->count; i++) {
        if (o->ssrc[i] == ssrc) {
            o->last = i;
            return true;
        }
    }
    return false;
}

/**
 * libsrtp2 makes a stream from the template only after a packet has authenticated, so a
 * stranger cannot make any; the peer itself could make any number, so we count.
 */
static enum drop open_any(struct opener *o, uint32_t ssrc,
                          srtp_err_status_t (*unprotect)(srtp_t, void *, int *), uint8_t *data,
                          size_t *len)
{
    const bool before = known(o, ssrc);
    if (!before && o->count == OPENER_MAX_STREAMS)
        return DROP_UNKNOWN_SSRC;
    int n = (int)*len;
    const enum drop why = drop_of(unprotect(o->session, data, &n));
    if (why)
        return why;
    if (!before) {
        o->last = o->count;
        o->ssrc[o->count++] = ssrc;
    }
    *len = (size_t)n;
    return DROP_NONE;
}

enum drop opener_rtp(struct opener *o, uint8_t *data, size_t *len)
{
    if (*len < RTP_HEADER)
        return DROP_SHORT;
    if (*len > PACKET_MAX)
        return DROP_MALFORMED;
    return open_any(o, rd32(data + 8), srtp_unprotect, data, len);
}

enum drop opener_rtcp(struct opener *o, uint8_t *data, size_t *len)
{
    if (*len < RTCP_HEADER)
        return DROP_SHORT;
    if (*len > PACKET_MAX)
        return DROP_MALFORMED;
    return open_any(o, rd32(data + 4), srtp_unprotect_rtcp, data, len);
}

void opener_forget(struct opener *o, uint32_t ssrc)
{
    if (!known(o, ssrc))
        return;
    (void)srtp_remove_stream(o->session, htonl(ssrc)); // it wants the wire's byte order
    o->ssrc[o->last] = o->ssrc[--o->count];
}

int sealer_init(struct sealer *s, uint16_t profile, const uint8_t *key, const uint8_t *salt)
{
    *s = (struct sealer){.profile = profile};
    return make_session(&s->session, profile, ssrc_any_outbound, key, salt);
}

void sealer_fini(struct sealer *s)
{
    if (s->session)
        (void)srtp_dealloc(s->session);
    *s = (struct sealer){0};
}

enum drop sealer_rtcp(struct sealer *s, uint8_t *data, size_t *len, size_t cap)
{
    const size_t extra = profile_sizes(s->profile).tag + SEALER_EXTRA;
    if (*len < RTCP_HEADER || cap < *len || cap - *len < extra)
        return DROP_SHORT;
    int n = (int)*len;
    if (srtp_protect_rtcp(s->session, data, &n) != srtp_err_status_ok)
        return DROP_MALFORMED;
    *len = (size_t)n;
    return DROP_NONE;
}
