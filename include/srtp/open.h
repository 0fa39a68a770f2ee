/**
 * What comes in, opened, and the RTCP that goes out, sealed (RFC 3711, RFC 7714), by libsrtp2.
 *
 * Hostile bytes are opened by the well-kept library. Outgoing RTP is srtp/seal.h's.
 */
#ifndef SRTP_OPEN_H
#define SRTP_OPEN_H

#include "base/drop.h"
#include "srtp/profile.h"

#include <stddef.h>
#include <stdint.h>

/**
 * SSRCs one peer may send from, RTP and RTCP together: every m-line of the largest agreement
 * can report from an SSRC of its own (Firefox), and every encoding has its RTX.
 */
#define OPENER_MAX_STREAMS 256

/** Starts the library, once a process and before its sandbox closes. 0 or -EIO. */
int opener_setup(void);

/** Ends the library, after the last opener and sealer. */
void opener_teardown(void);

/** The receiving end of one peer. */
struct opener {
    struct srtp_ctx_t_ *session;       ///< owned
    uint32_t ssrc[OPENER_MAX_STREAMS]; ///< those that have authenticated
    unsigned count;
    unsigned last; ///< index into `ssrc` of the last one asked for
};

/** Master key and salt of the direction towards us. 0, -EINVAL (profile), -ENOMEM. */
int opener_init(struct opener *o, uint16_t profile, const uint8_t *key, const uint8_t *salt);

/** Wipes and frees. A zeroed struct is fine. */
void opener_fini(struct opener *o);

/**
 * Opens one SRTP packet in place and shortens `*len` by the trailer. DROP_NONE, DROP_SHORT,
 * DROP_MALFORMED, DROP_AUTH, DROP_REPLAY (seen, or older than 1024 packets), or
 * DROP_UNKNOWN_SSRC (the peer has used up its SSRCs). After a drop the bytes are worthless.
 */
enum drop opener_rtp(struct opener *o, uint8_t *data, size_t *len);

/** The same for a compound SRTCP packet. */
enum drop opener_rtcp(struct opener *o, uint8_t *data, size_t *len);

/**
 * The peer sends from this SSRC no more: frees its place. Replay protection for it starts anew,
 * so only for an SSRC that has been signalled away.
 */
void opener_forget(struct opener *o, uint32_t ssrc);

/** The sending end of one peer's RTCP; it counts the SRTCP indexes of our few SSRCs. */
struct sealer {
    struct srtp_ctx_t_ *session; ///< owned
    uint16_t profile;
};

/** Master key and salt of the direction towards the peer. 0, -EINVAL, -ENOMEM. */
int sealer_init(struct sealer *s, uint16_t profile, const uint8_t *key, const uint8_t *salt);

/** Wipes and frees. A zeroed struct is fine. */
void sealer_fini(struct sealer *s);

/**
 * Seals one compound RTCP packet in place; it grows by at most PROFILE_TRAILER_MAX bytes, for
 * which `cap` must have room. DROP_NONE, DROP_SHORT (no room, or less than a header) or
 * DROP_MALFORMED.
 */
enum drop sealer_rtcp(struct sealer *s, uint8_t *data, size_t *len, size_t cap);

#endif
