/**
 * After a cut the queue still stands, and at 85 % of the line it would go on standing for
 * seconds. So for a moment less is sent, as much less as waits. It is a test as well: a queue
 * that does not shrink, though we send less than comes out of it, is somebody else's. Then what
 * was taken is given back: who only yields to those who do not, starves.
 */
#ifndef CC_DRAIN_H
#define CC_DRAIN_H

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

enum drain_end { DRAIN_GOES_ON, DRAIN_DONE, DRAIN_FOREIGN };

struct drain {
    bool on;
    usec_t since;
    usec_t first;        ///< the queue at the beginning, what was in flight included
    usec_t queue;        ///< and now
    usec_t seen;         ///< the longest that packets told of since
    uint64_t line_bps;   ///< what the line carries
    uint64_t least_bps;  ///< the least that it seemed to carry since; 0: unknown
    uint64_t before_bps; ///< what was sent before
    usec_t ended;        ///< it was on until then; 0: never
};

/** What is known at one feedback. */
struct drain_in {
    usec_t queue; ///< what waits, what is in flight included
    usec_t seen;  ///< what packets told of waited
    usec_t rtt;
};

/** The rate was cut from `before_bps` to fit `line_bps`; also while it is on. */
void drain_begin(struct drain *d, uint64_t before_bps, uint64_t line_bps,
                 const struct drain_in *in, usec_t now);

/**
 * True, and it is over, if the line never was so slow: it stood still for a moment, as radio
 * links do, and then let go more in a short time, `short_bps`, than it could carry.
 */
bool drain_was_stall(struct drain *d, uint64_t short_bps, usec_t now);

enum drain_end drain_update(struct drain *d, const struct drain_in *in, usec_t now);

/**
 * True if a queue that stands again is not ours either: since the last one we have sent less
 * than came out of it.
 */
bool drain_recurs(const struct drain *d, uint64_t target_bps, usec_t now);

/** True if a new look at the line's rate still belongs to the fall it began with. */
bool drain_young(const struct drain *d, usec_t now);

/** What may be planned with, and what may leave now: at most `target_bps`, less while on. */
uint64_t drain_target(const struct drain *d, uint64_t target_bps);
uint64_t drain_pace(const struct drain *d, uint64_t target_bps);

#endif
