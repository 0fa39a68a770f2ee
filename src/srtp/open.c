#include "srtp/open.h"

#include "base/bytes.h"
#include "open_rtcp.h"

#include <assert.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#define RTP_HEADER  12
#define PACKET_MAX  65535
#define RTCP_WINDOW 64   // RFC 3711 section 3.3.2: at least
#define STEP        8    // SSRCs; once each, not for every packet
#define WINDOW      1024 // packets; a resend without RTX comes a round trip late

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
static int make_session(srtp_t *out, uint16_t profile, const uint8_t *key, const uint8_t *salt)
{
    const struct profile_sizes sizes = profile_sizes(profile);
    if (sizes.key == 0)
        return -EINVAL;
    uint8_t master[SRTP_MAX_KEY_LEN] = {0};
    memcpy(master, key, sizes.key);
    memcpy(master + sizes.key, salt, sizes.salt);
    srtp_policy_t policy = {
        .ssrc = {.type = ssrc_any_inbound}, .key = master, .window_size = WINDOW};
    int err = -EINVAL;
    if (srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, (srtp_profile_t)profile) ==
            srtp_err_status_ok &&
        srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, (srtp_profile_t)profile) ==
            srtp_err_status_ok)
        err = srtp_create(out, &policy) == srtp_err_status_ok ? 0 : -ENOMEM;
    OPENSSL_cleanse(master, sizeof(master));
    return err;
}

int opener_init(struct opener *o, const struct seal_engine *engine, uint16_t profile,
                const uint8_t *key, const uint8_t *salt)
{
    const struct profile_sizes sizes = profile_sizes(profile);
    *o = (struct opener){.engine = engine, .profile = profile};
    if (sizes.key == 0)
        return -EINVAL;
    memcpy(o->key, key, sizes.key);
    memcpy(o->salt, salt, sizes.salt);
    return kdf_rtcp(profile, key, salt, &o->rtcp);
}

void opener_fini(struct opener *o)
{
    if (o->session)
        (void)srtp_dealloc(o->session); // wipes its keys
    free(o->ssrc);
    OPENSSL_cleanse(o, sizeof(*o));
}

/** The first packet of media. */
static bool begin_media(struct opener *o)
{
    return make_session(&o->session, o->profile, o->key, o->salt) == 0;
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
    if (o->last < o->count && o->ssrc[o->last].ssrc == ssrc)
        return true;
    for (unsigned i = 0; i < o->count; i++) {
        if (o->ssrc[i].ssrc == ssrc) {
            o->last = i;
            return true;
        }
    }
    return false;
}

/** A packet of it has authenticated: it has a place from now on. False without memory. */
static bool remember(struct opener *o, uint32_t ssrc)
{
    if (o->count % STEP == 0) {
        struct opener_ssrc *more = realloc(o->ssrc, (o->count + STEP) * sizeof(*more));
        if (!more)
            return false;
        o->ssrc = more;
    }
    o->last = o->count;
    o->ssrc[o->count++] = (struct opener_ssrc){.ssrc = ssrc};
    return true;
}

/**
 * libsrtp2 makes a stream from the template only after a packet has authenticated, so a
 * stranger cannot make any; the peer itself could make any number, so we count.
 */
enum drop opener_rtp(struct opener *o, uint8_t *data, size_t *len)
{
    if (*len < RTP_HEADER)
        return DROP_SHORT;
    if (*len > PACKET_MAX)
        return DROP_MALFORMED;
    const uint32_t ssrc = rd32(data + 8);
    const bool before = known(o, ssrc);
    if ((!before && o->count == OPENER_MAX_STREAMS) || (!o->session && !begin_media(o)))
        return DROP_UNKNOWN_SSRC;
    int n = (int)*len;
    const enum drop why = drop_of(srtp_unprotect(o->session, data, &n));
    if (why)
        return why;
    if (!before && !remember(o, ssrc))
        return DROP_UNKNOWN_SSRC;
    *len = (size_t)n;
    return DROP_NONE;
}

/** RFC 3711 section 3.3.2: seen, or too old to know. */
static bool is_replay(const struct opener_ssrc *s, uint32_t index)
{
    if (!s->rtcp || index > s->highest)
        return false;
    return s->highest - index >= RTCP_WINDOW || s->seen >> (s->highest - index) & 1;
}

static void note_index(struct opener_ssrc *s, uint32_t index)
{
    if (!s->rtcp || index > s->highest) {
        const uint32_t ahead = s->rtcp ? index - s->highest : RTCP_WINDOW;
        s->seen = ahead < RTCP_WINDOW ? s->seen << ahead : 0;
        s->highest = index;
        s->rtcp = true;
    }
    s->seen |= UINT64_C(1) << (s->highest - index);
}

enum drop opener_rtcp(struct opener *o, uint8_t *data, size_t *len)
{
    uint32_t index = 0;
    if (*len > PACKET_MAX)
        return DROP_MALFORMED;
    enum drop why = unseal_index(o->profile, data, *len, &index);
    if (why)
        return why;
    const uint32_t ssrc = rd32(data + 4);
    const bool before = known(o, ssrc);
    if (!before && o->count == OPENER_MAX_STREAMS)
        return DROP_UNKNOWN_SSRC;
    if (before && is_replay(&o->ssrc[o->last], index))
        return DROP_REPLAY;
    if ((why = unseal_rtcp(o->engine->rtcp, o->profile, &o->rtcp, data, len)))
        return why;
    if (!before && !remember(o, ssrc))
        return DROP_UNKNOWN_SSRC;
    note_index(&o->ssrc[o->last], index);
    return DROP_NONE;
}
