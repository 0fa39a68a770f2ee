/**
 * The way to one viewer: what it gets, and when.
 *
 *   forwarded ──▶ downlink_pass ──▶ stamped; sealed and sent with the others
 *                       └─▶ a copy waits ─┐
 *   resent, replayed ─▶ downlink_send ────┴─▶ stamped and sealed when their time has come
 *   probes ──▶ padding ──▶ downlink_send
 *
 *   feedback ─▶ estimator ─▶ target ─┬─▶ pacer
 *                                    └─▶ downlink_share: which stream each slot gets
 *
 * A packet gets its transport-wide number and its send time when it really leaves, so what
 * waits is written but not sealed. Far from the limit nothing waits and nothing is copied.
 */
#ifndef ROOM_DOWNLINK_H
#define ROOM_DOWNLINK_H

#include "base/deadline.h"
#include "cc/allocate.h"
#include "cc/estimator.h"
#include "cc/pacer.h"
#include "room/slot.h"

#include <stdbool.h>

/** What a viewer's line has carried, for decisions and for people. */
struct downlink_count {
    uint64_t bytes;    ///< sent, as UDP payload
    uint64_t resent;   ///< bytes, likewise
    uint64_t paced;    ///< packets that had to wait
    uint64_t overflow; ///< times the queue was given up
};

struct downlink {
    struct member *owner;        ///< not owned
    struct estimator *estimator; ///< owned
    struct estimate estimate;    ///< of the last feedback or tick
    struct pacer pacer;
    struct allocator allocator;
    struct deadline deadline;
    bool numbered;  ///< every slot's packets carry transport-wide numbers
    bool dirty;     ///< what there is to be shared has changed
    bool sharing;   ///< in downlink_share(): the slots are being told
    bool trusted;   ///< the line was never seen to be too narrow, or not lately
    uint64_t falls; ///< of the estimate, seen
    usec_t fell_at; ///< the last one; 0 never
    bool choked;    ///< the queue was given up: the slots marked so are to be seen to

    struct estimator_probe probe; ///< being sent; id 0: none
    uint32_t probe_bytes;         ///< of it, sent
    unsigned probe_packets;
    usec_t probe_end;  ///< given up then
    unsigned pad_turn; ///< which recent packet is padding next

    int64_t resend_busy; ///< nanoseconds: the resends' share has carried all of them then
    uint64_t wanted_bps, given_bps;      ///< of the last share
    uint64_t sending_bps, resending_bps; ///< measured over the last second or so
    usec_t measured_at;
    struct downlink_count count, measured; ///< `measured`: as `count` was then
};

/** Builds one for a member that receives; NULL without memory. Owned by the member. */
struct downlink *downlink_create(struct member *owner, usec_t now);

/** Forgets what waits. NULL is fine. */
void downlink_destroy(struct downlink *d);

/** The viewer is on another line. */
void downlink_moved(struct downlink *d, usec_t now);

/** How much of a cached picture may go out at once, bytes: more would stop the line. */
size_t downlink_catch_up(const struct downlink *d);

/** Slots came or were agreed anew: can all of them be numbered? */
void downlink_agree(struct downlink *d, usec_t now);

/** A slot begins a smaller picture: what waits of the larger one would only delay it. */
void downlink_skip(struct downlink *d, const struct slot *s);

/** A slot goes: nothing of it may wait any more. */
void downlink_forget(struct downlink *d, const struct slot *s);

/**
 * A clear packet of `s` in `out` is to leave: true if at once, and then it is stamped, and the
 * caller seals it. False: a copy waits for its turn, or it went nowhere.
 */
bool downlink_pass(struct downlink *d, struct slot *s, struct udp_datagram *out,
                   const struct rtp_copied *where, usec_t now);

/**
 * The same for a packet that is not forwarded just now, in the batch's next datagram: seals and
 * commits it, or lets it wait. On the slot's RTX SSRC, or on its own.
 */
enum drop downlink_send(struct downlink *d, struct slot *s, struct udp_datagram *out,
                        const struct rtp_copied *where, enum sent_kind kind, usec_t now);

/** May `len` bytes be resent now? A small request must not ask for a flood. */
bool downlink_may_resend(struct downlink *d, size_t len, usec_t now);

/** The viewer said something: the estimate may be another one. */
void downlink_on_feedback(struct downlink *d, usec_t now);

/**
 * A slot wants what has not been divided for it: it is, at once; or with the next feedback or
 * tick, if that was being done just now and nothing was found for it.
 */
void downlink_divide(struct downlink *d, usec_t now);

/** Be woken no later than `at`. */
void downlink_wake(struct downlink *d, usec_t at);

/** Divides what the line carries among the slots, if it is time to. */
void downlink_share(struct downlink *d, usec_t now);

/** Probes: takes one up, and sends what padding is due (src/room/downlink_pad.c). */
void downlink_pad(struct downlink *d, usec_t now);

#endif
