/**
 * After a cut the queue still stands, and at 85 % of the line it would go on standing for
 * seconds. So for a moment less is sent, as much less as waits. If the queue does not go even
 * so, it is somebody else's.
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
    usec_t first;      ///< the queue at the beginning
    usec_t queue;      ///< and now
    uint64_t line_bps; ///< what the line carries
};

/** The rate was cut to fit `line_bps` while `queue` waited; also while it is on. */
void drain_begin(struct drain *d, uint64_t line_bps, usec_t queue, usec_t now);

/** `queue` waits now. */
enum drain_end drain_update(struct drain *d, usec_t queue, usec_t now);

/** What may be planned with, and what may leave now: at most `target_bps`, less while on. */
uint64_t drain_target(const struct drain *d, uint64_t target_bps);
uint64_t drain_pace(const struct drain *d, uint64_t target_bps);

#endif
