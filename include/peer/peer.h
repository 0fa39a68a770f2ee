/**
 * One participant's transport: ICE, DTLS and SRTP put together. Knows nothing of rooms.
 *
 *             first valid check              DTLS up, fingerprint right
 *   WAITING ────────────────────▶ SECURING ─────────────────────────────▶ UP
 *      └──── 30 s ────┬──────────────┴── DTLS fails ──┬── consent lost ────┘
 *                     ▼                               ▼   or close_notify
 *                    GONE ◀───────────────────────────┘
 *
 * A peer is one peer connection of the client. A new one (another generation) is a new peer.
 */
#ifndef PEER_PEER_H
#define PEER_PEER_H

#include "base/drop.h"
#include "dtls/dtls.h"
#include "ice/ice.h"
#include "letter/agreement.h"
#include "net/udp.h"
#include "sctp/sctp.h"
#include "srtp/open.h"
#include "srtp/seal.h"
#include "srtp/sealer.h"

#include <stdbool.h>

/** What all peers of a worker share; not owned by the peer, outlives it. */
struct peer_env {
    const struct dtls_ctx *dtls;
    struct seal_engine *seal;
    struct assoc_set *assocs;
};

enum peer_state { PEER_WAITING, PEER_SECURING, PEER_UP, PEER_GONE };

struct peer {
    enum peer_state state;
    uint32_t generation;
    const char *why_gone; ///< static; "" until PEER_GONE: "ice_timeout", "dtls_failed", ...
    const struct peer_env *env; ///< not owned
    struct ice ice;
    struct dtls dtls;
    struct opener opener;   ///< what comes in; valid from PEER_UP on
    struct sealer rtcp;     ///< our RTCP; likewise
    struct seal seal;       ///< our RTP; likewise
    struct agree_data data; ///< agreed for data channels; port 0: none
    struct assoc *assoc;    ///< owned; NULL until PEER_UP, and without data channels
    bool data_over;         ///< there was one: it does not begin again
};

/** Longest RTP or RTCP packet before sealing that still fits a datagram slot. */
#define PEER_MAX_CLEAR (UDP_SLOT_SIZE - PROFILE_TRAILER_MAX)

/**
 * Starts from an agreement. `p` must not move until peer_fini(). Returns 0, -EINVAL
 * (credentials or fingerprint of a form we do not take) or -ENOMEM; on error there is nothing
 * to free.
 */
int peer_init(struct peer *p, const struct peer_env *env, const struct agreement *a,
              usec_t now);

/** Frees what it holds, without a goodbye. A zeroed struct is fine. */
void peer_fini(struct peer *p);

/** The same peer connection agreed again: an ICE restart if the credentials changed. 0 or
 * -EINVAL. */
int peer_agree(struct peer *p, const struct agreement *a, usec_t now);

/**
 * A STUN message that names our ufrag, or comes from an address of ours. The answer, and what
 * DTLS wants to say then, goes to `tx`. `*ev` as in ice_on_check().
 */
enum drop peer_on_stun(struct peer *p, const struct udp_datagram *d, struct udp_batch *tx,
                       struct ice_event *ev, usec_t now);

/** A DTLS datagram. Answers go to `tx`; the state may change. */
enum drop peer_on_dtls(struct peer *p, const struct udp_datagram *d, struct udp_batch *tx,
                       usec_t now);

/** Decrypts `d` in place and shortens it by the trailer. DROP_NOT_READY before PEER_UP. */
enum drop peer_unseal_rtp(struct peer *p, struct udp_datagram *d);
enum drop peer_unseal_rtcp(struct peer *p, struct udp_datagram *d);

/**
 * Something is going to be sealed in a moment: asks memory for what that needs. The second,
 * which needs what the first fetched, for the keys.
 */
void peer_fetch(const struct peer *p);
void peer_fetch_keys(const struct peer *p);

/** Encrypts `d` in place, lengthens it by the trailer, and addresses it to the selected path.
 */
enum drop peer_seal_rtp(struct peer *p, struct seal_stream *st, struct udp_datagram *d);
/**
 * For seal_rtp_many(): addresses `d` and fills the job that will encrypt it; its length is the
 * job's afterwards. DROP_NOT_READY before PEER_UP.
 */
enum drop peer_seal_job(struct peer *p, struct seal_stream *st, struct udp_datagram *d,
                        struct seal_job *job);
/** As peer_seal_rtp() for a packet that went out before, byte for byte (no RTX agreed). */
enum drop peer_seal_resend(struct peer *p, struct seal_stream *st, struct udp_datagram *d);
enum drop peer_seal_rtcp(struct peer *p, struct udp_datagram *d);

/**
 * Sends what the association of data channels has to say. It is made when DTLS is up and
 * agreed, with `p` as its owner; its events are for whoever owns the peer.
 */
void peer_send_data(struct peer *p, struct udp_batch *tx);

/** The association is over, or not agreed any more: frees it. */
void peer_end_data(struct peer *p);

/** Says goodbye (DTLS close_notify) and is gone. */
void peer_close(struct peer *p, struct udp_batch *tx, usec_t now);

/** Moves time to `now`: DTLS retransmissions, consent. */
void peer_tick(struct peer *p, struct udp_batch *tx, usec_t now);

/** When peer_tick() must be called next; USEC_NEVER once gone. */
usec_t peer_deadline(const struct peer *p);

#endif
