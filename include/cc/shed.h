/**
 * What a worker leaves out when it has more to forward than time.
 *
 * A worker that does not find its socket empty any more is behind, and what waits in there are
 * also the checks by which people show that they are still there: if it went on, all of them
 * would be given up. So it sends fewer pictures until it keeps up, first of those who do not
 * speak; sound and data are not touched. The share goes down in large steps and comes back in
 * small ones, as a sender's rate does on a line (additive increase, multiplicative decrease:
 * Chiu and Jain, "Analysis of the increase and decrease algorithms", 1989).
 *
 * Pure: times in, a share out.
 */
#ifndef CC_SHED_H
#define CC_SHED_H

#include "cc/allocate.h"

#include <stdbool.h>
#include <stdint.h>

#define SHED_ALL  1024u               ///< the share that leaves nothing out
#define SHED_STEP (400 * USEC_PER_MS) ///< from a step down to the next: until the last works
#define SHED_CALM (3 * USEC_PER_SEC)  ///< without being behind, before the first step up

struct shed {
    unsigned share;      ///< of SHED_ALL
    unsigned broke;      ///< the share that was too much when it last began to go down
    bool falling;        ///< it went down last
    usec_t behind_at;    ///< it was last behind; 0 never
    usec_t changed_at;   ///< the share last changed; 0 never
    uint64_t steps_down; ///< since the start
};

void shed_init(struct shed *s);

/** To be called often: is the worker behind at `now`? True if the share is another now. */
bool shed_note(struct shed *s, bool behind, usec_t now);

/** Of `share`, what is left to a picture of this rank: the important ones go last. */
unsigned shed_rank(unsigned share, enum allocate_rank rank);

/**
 * Takes off a ladder what `share` has no time for, all of it if need be. Between two steps the
 * viewer's `turn` decides (0..SHED_ALL - 1, spread evenly over all viewers), so that together
 * they get the share. True if something was taken off.
 */
bool shed_ladder(struct allocate_slot *slot, unsigned share, unsigned turn);

/**
 * Likewise of so many layers, some of which are not sent, so that their rates are not known:
 * each is taken to cost three times the one below. How many are left, the lowest first.
 */
unsigned shed_layers(unsigned layers, unsigned share, unsigned turn);

#endif
