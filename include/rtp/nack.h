/**
 * Which packets of one incoming stream are missing, and when to ask for them (RFC 4585).
 *
 * A missing number is asked for after a short wait, in case it is only out of order; again once
 * a round trip has passed, later ones with longer pauses, so that ten tries outlast a short
 * outage; and given up after some tries or when nobody waits for it any more. The list and the
 * requests a second are bounded: a hole that does not fit is not repaired but healed by a
 * keyframe.
 */
#ifndef RTP_NACK_H
#define RTP_NACK_H

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

#define NACK_MAX_MISSING 256
#define NACK_MAX_TRIES   10
#define NACK_FIRST_WAIT  (10 * USEC_PER_MS)  ///< for reordering
#define NACK_DEFAULT_RTT (100 * USEC_PER_MS) ///< until it is measured
#define NACK_MIN_RETRY   (20 * USEC_PER_MS)
#define NACK_MAX_AGE     (1500 * USEC_PER_MS) ///< nobody waits longer for a packet
#define NACK_PER_SEC     1000                 ///< numbers asked for at most

struct nack_missing {
    int64_t seq;  ///< extended
    usec_t since; ///< known to be missing
    usec_t asked; ///< first
    usec_t due;   ///< when to ask next
    uint8_t tries;
};

struct nack {
    bool started;
    bool need_keyframe; ///< set when packets were given up; the caller clears it
    usec_t rtt;
    usec_t deadline;
    int64_t newest; ///< extended
    unsigned count;
    struct nack_missing missing[NACK_MAX_MISSING]; ///< ascending by seq
    int tokens;                                    ///< numbers that may be asked for now
    usec_t tokens_at;                              ///< when some were last added; 0 never
    usec_t took;        ///< from the first request to the packet just recovered; 0 unknown
    uint64_t recovered; ///< came after they were asked for
    uint64_t given_up;
};

void nack_init(struct nack *n);

/** The publisher's round trip, as measured by other means. */
void nack_set_rtt(struct nack *n, usec_t rtt);

/** A packet came, in order or late, by itself or by RTX. True if it was missing until now. */
bool nack_on_packet(struct nack *n, uint16_t seq, usec_t now);

/** True if packet `seq` is missing and may still come. */
bool nack_awaits(const struct nack *n, uint16_t seq);

/** Nothing before `seq` is needed any more: a keyframe starts there. */
void nack_forget_before(struct nack *n, uint16_t seq);

/**
 * Writes the numbers to ask for now into `seq`, ascending, at most `max`; returns how many.
 * What does not fit comes with the next call.
 */
unsigned nack_tick(struct nack *n, usec_t now, uint16_t *seq, unsigned max);

/** When nack_tick() has something to do; USEC_NEVER if nothing is missing. */
static inline usec_t nack_deadline(const struct nack *n)
{
    return n->deadline;
}

#endif
