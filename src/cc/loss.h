/**
 * What loss says. Loss that a slower rate would not lessen (a radio link) is no reason to be
 * slower; loss that comes with the rate (a short queue, a policer) is. Which of the two it is
 * cannot be seen, but tried: once, down to what arrived.
 *
 *            loss well above what is usual           as much is lost as before
 *   ┌─────┐ ─────────────────────────────▶ ┌───────┐ ─────────────────▶ usual = that, FREE
 *   │FREE │                                │ TRIAL │
 *   └─────┘ ◀───────────────────────────── └───────┘ ─────────────────▶ HELD: rises slowly
 *            the bound is far above                   less is lost
 *
 * Where a queue stands as well there is nothing to try: it is full. Then the rate goes down by
 * a little more than is lost.
 */
#ifndef CC_LOSS_H
#define CC_LOSS_H

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

#define LOSS_NO_BOUND UINT64_MAX

enum loss_state { LOSS_FREE, LOSS_TRIAL, LOSS_HELD };

struct loss {
    enum loss_state state;
    uint32_t lost, total; ///< packets told of in this window
    usec_t since;         ///< when it began
    usec_t skip;          ///< until then what is told was sent before the last change
    double smoothed;      ///< share of packets, for people
    double usual;         ///< share that is lost whatever we do
    double before;        ///< TRIAL: what was lost
    uint64_t bound_bps;   ///< LOSS_NO_BOUND: none
};

void loss_init(struct loss *l, usec_t now);

/** What became of one packet, for good. */
static inline void loss_count(struct loss *l, bool lost)
{
    l->lost += lost;
    l->total++;
}

struct loss_in {
    uint64_t target_bps, acked_bps;
    usec_t queue, rtt;
};

/** Closes the window if it is long enough. True if the bound was set down. */
bool loss_update(struct loss *l, const struct loss_in *in, usec_t now);

/** Loss that says nothing of the rate (the line was down): the window begins anew. */
void loss_skip(struct loss *l, usec_t until, usec_t now);

/** So much was seen to go through. */
void loss_raise(struct loss *l, uint64_t bps);

#endif
