/**
 * Outgoing RTCP, sealed (RFC 3711 section 3.4, RFC 7714 section 9): one sealer a peer, with the
 * same cipher code as srtp/seal.h. A session of libsrtp2 for it would weigh 18 kB a peer.
 */
#ifndef SRTP_SEALER_H
#define SRTP_SEALER_H

#include "srtp/seal.h"

/** Which packets of an SSRC of ours have gone out. */
struct sealer_ssrc {
    uint32_t ssrc;
    uint32_t next; ///< its next packet's index
};

/** The sending end of one peer's RTCP. */
struct sealer {
    struct seal_engine *engine; ///< not owned
    uint16_t profile;
    uint8_t salt[14];         ///< session salt; GCM uses 12
    struct seal_keys *keys;   ///< owned
    struct sealer_ssrc *sent; ///< owned; our few SSRCs
    size_t sent_count;
};

/** Master key and salt of the direction towards the peer. 0, -EINVAL, -ENOMEM. */
int sealer_init(struct sealer *s, struct seal_engine *engine, uint16_t profile,
                const uint8_t *key, const uint8_t *salt);

/** Wipes and frees. A zeroed struct is fine. */
void sealer_fini(struct sealer *s);

/**
 * Seals one compound RTCP packet in place; it grows by at most PROFILE_TRAILER_MAX bytes, for
 * which `cap` must have room. DROP_NONE, DROP_SHORT (no room, or less than a header),
 * DROP_MALFORMED (not RTCP version 2) or DROP_LIMIT (this SSRC has used up the key, or there is
 * no memory); after a drop nothing was written.
 */
enum drop sealer_rtcp(struct sealer *s, uint8_t *data, size_t *len, size_t cap);

#endif
