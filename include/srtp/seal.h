/**
 * Outgoing RTP, sealed (RFC 3711, RFC 7714): the work an SFU spends itself on.
 *
 * Three structs: the engine is the worker's (which cipher code), the seal is a peer's (its
 * keys), the stream is an outgoing SSRC's (its rollover counter and which numbers were sent).
 *
 * The one rule: never two packets with the same (key, SSRC, index) and different bytes; under
 * GCM it would give the key away (RFC 7714 section 10.1). Hence:
 *
 * An SSRC has one seal_stream under one seal, ever. A second one would begin to count anew, so
 * nothing is sealed for it: whoever gives up a stream needs another SSRC for the next.
 *
 * seal_rtp() refuses a number it has sent, or cannot remember.
 *
 * seal_resend() is for a resend without RTX: it lets a packet out only if it is, bit for bit,
 * the one that was sent.
 */
#ifndef SRTP_SEAL_H
#define SRTP_SEAL_H

#include "base/drop.h"
#include "srtp/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum seal_backend {
    SEAL_BEST,    ///< the fastest this build and machine have
    SEAL_OPENSSL, ///< everywhere
    SEAL_IPSEC_MB ///< amd64, if built with it
};

/** The cipher code, one a worker. */
struct seal_engine {
    enum seal_backend backend; ///< never SEAL_BEST after init
    struct IMB_MGR *mgr;       ///< owned; NULL with OpenSSL
    struct rtcp_ciphers *rtcp; ///< owned: what opens RTCP, for all peers
};

/** 0, -ENOTSUP (this build or machine has no such backend), -ENOMEM. */
int seal_engine_init(struct seal_engine *e, enum seal_backend want);

/** After the last seal. A zeroed struct is fine. */
void seal_engine_fini(struct seal_engine *e);

/** The session keys of one peer, outgoing. */
struct seal {
    struct seal_engine *engine; ///< not owned
    uint16_t profile;
    uint8_t tag_len;
    uint8_t salt[14];       ///< session salt; GCM uses 12
    struct seal_keys *keys; ///< owned: the backend's key schedules, aligned
    uint32_t *begun;        ///< owned: SSRCs that have had their stream under these keys
    size_t begun_count;
};

/**
 * Derives the session keys (RFC 3711 section 4.3) from master key and salt, of the profile's
 * length. 0, -EINVAL (profile), -ENOMEM.
 */
int seal_init(struct seal *s, struct seal_engine *engine, uint16_t profile, const uint8_t *key,
              const uint8_t *salt);

/** Its keys are going to be used in a moment: asks memory for them. */
void seal_fetch(const struct seal *s);

/** Wipes the keys and frees. A zeroed struct is fine. */
void seal_fini(struct seal *s);

#define SEAL_WINDOW 1024 ///< how many numbers back a packet may still go out

/** One outgoing SSRC under one seal. */
struct seal_stream {
    uint32_t ssrc;
    bool started;
    int64_t highest; ///< index (rollover counter · 2^16 + number) sent
    uint64_t
        sent[SEAL_WINDOW / 64]; ///< bit index % SEAL_WINDOW: sent, for the window's indexes
    uint32_t *tags;             ///< owned; start of each sent packet's tag, or NULL
};

/**
 * The rollover counter starts at 0, as the receiver's does.
 * \param resends true if seal_resend() will be used (4 kB more). 0 or -ENOMEM (only then).
 */
int seal_stream_init(struct seal_stream *st, uint32_t ssrc, bool resends);

/** A zeroed struct is fine. */
void seal_stream_fini(struct seal_stream *st);

/**
 * Encrypts `*len` bytes of RTP in place and appends the tag, for which `cap` must have room
 * (PROFILE_TRAILER_MAX at most). The header (CSRCs and extension too) stays readable.
 * Returns DROP_NONE; DROP_SHORT (no room, or shorter than its header says), DROP_MALFORMED (not
 * RTP version 2), DROP_UNKNOWN_SSRC (not this stream's), DROP_REPLAY (number already sent,
 * or an earlier stream had this SSRC), DROP_LATE (before the window). After a drop nothing was
 * written.
 */
enum drop seal_rtp(struct seal *s, struct seal_stream *st, uint8_t *pkt, size_t *len,
                   size_t cap);

/**
 * Seals again what was sent before; for streams made with `resends`. `pkt` is the clear packet
 * as it was given to seal_rtp(). DROP_LATE if it was not sent within the window, or is not
 * kept. If it differs from what was sent: DROP_REPLAY, and `pkt` is wiped.
 */
enum drop seal_resend(struct seal *s, struct seal_stream *st, uint8_t *pkt, size_t *len,
                      size_t cap);

/** One packet of a batch: seal_rtp()'s arguments and its result. */
struct seal_job {
    struct seal *seal;
    struct seal_stream *stream;
    uint8_t *pkt;
    size_t len, cap;
    enum drop drop; ///< out
};

/**
 * seal_rtp() for `n` packets of any peers of this engine, in this order for each stream. With
 * AES128_CM_HMAC_SHA1_80 on ipsec-mb 16 packets cost little more than one.
 */
void seal_rtp_many(struct seal_engine *e, struct seal_job *jobs, size_t n);

#endif
