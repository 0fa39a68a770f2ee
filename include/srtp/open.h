/**
 * What comes in, opened (RFC 3711, RFC 7714).
 *
 * Media by libsrtp2. Its session weighs 18 kB, so it is made at the first packet that claims to
 * be media, forged or not, and once: who only watches has none. RTCP, which everybody sends, by
 * OpenSSL's ciphers with keys that are set for each packet (src/srtp/open_rtcp.c): 100 bytes a
 * peer. What goes out is srtp/seal.h's and srtp/sealer.h's.
 */
#ifndef SRTP_OPEN_H
#define SRTP_OPEN_H

#include "base/drop.h"
#include "srtp/profile.h"
#include "srtp/seal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * SSRCs one peer may send from, RTP and RTCP together: every m-line of the largest agreement
 * can report from an SSRC of its own (Firefox), and every encoding has its RTX. A place is not
 * given back while the keys live, whatever is signalled: what was recorded of that SSRC would
 * authenticate once more, and by its MID find a track.
 */
#define OPENER_MAX_STREAMS 256

/** Starts the library, once a process and before its sandbox closes. 0 or -EIO. */
int opener_setup(void);

/** Ends the library, after the last opener. */
void opener_teardown(void);

/** An SSRC that has authenticated. */
struct opener_ssrc {
    uint32_t ssrc;
    bool rtcp;        ///< has sent RTCP; then:
    uint32_t highest; ///< its highest SRTCP index
    uint64_t seen;    ///< bit n: index highest - n has come
};

/** The receiving end of one peer. */
struct opener {
    struct srtp_ctx_t_ *session;      ///< owned; NULL until media comes
    const struct seal_engine *engine; ///< not owned
    uint16_t profile;
    uint8_t key[32], salt[14]; ///< master key and salt
    struct session_keys rtcp;
    struct opener_ssrc *ssrc; ///< owned; grows as they authenticate
    unsigned count;
    unsigned last; ///< index into `ssrc` of the last one asked for
};

/** Master key and salt of the direction towards us. 0, -EINVAL (profile), -ENOMEM. */
int opener_init(struct opener *o, const struct seal_engine *engine, uint16_t profile,
                const uint8_t *key, const uint8_t *salt);

/** Wipes and frees. A zeroed struct is fine. */
void opener_fini(struct opener *o);

/**
 * Opens one SRTP packet in place and shortens `*len` by the trailer. DROP_NONE, DROP_SHORT,
 * DROP_MALFORMED, DROP_AUTH, DROP_REPLAY (seen, or older than 1024 packets), or
 * DROP_UNKNOWN_SSRC (the peer has used up its SSRCs, or there is no memory). After a drop the
 * bytes are worthless.
 */
enum drop opener_rtp(struct opener *o, uint8_t *data, size_t *len);

/** The same for a compound SRTCP packet; of those, what is older than 64 packets is a replay.
 */
enum drop opener_rtcp(struct opener *o, uint8_t *data, size_t *len);

#endif
