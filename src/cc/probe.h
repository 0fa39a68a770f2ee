/**
 * Probing: a short burst at a higher rate shows whether the line carries it, at once and
 * without risk to the picture. When: at the start (three times what is assumed, then twice what
 * came through), soon after a fall, and every few seconds while more is wanted than the line is
 * known to carry. Never further than what is wanted.
 */
#ifndef CC_PROBE_H
#define CC_PROBE_H

#include "cluster.h"

#include <stdbool.h>
#include <stdint.h>

struct probe {
    bool told;           ///< what is wanted
    bool started;        ///< the first one has been planned
    bool pending;        ///< the newest one has not been fetched yet
    bool awaited;        ///< its result is not in yet
    bool go_on;          ///< the last one came through: the next is due
    uint64_t wanted_bps; ///< by the allocator, if the line carried it
    uint64_t given_bps;  ///< by the allocator now
    usec_t planned;      ///< when the newest one was
    usec_t interval;     ///< between two of them; grows while they promise too much
    usec_t raised;       ///< when one last raised the target; 0: never
    uint64_t raised_bps; ///< to what
    usec_t doubted;      ///< when one had promised too much
    uint64_t fell_from;  ///< the target before the last fall's first step
    usec_t fell;         ///< when the target fell last; 0: never
    uint64_t lost_bps;   ///< the target before the last great fall
    usec_t lost;         ///< when that was
    uint64_t fetched;
};

void probe_init(struct probe *p);

struct probe_in {
    uint64_t target_bps;
    bool calm;    ///< no queue, no loss under trial, and feedback comes
    bool jittery; ///< delays vary of themselves
};

/** Plans a probe if one is due. */
void probe_update(struct probe *p, struct clusters *c, const struct probe_in *in, usec_t now);

/** A target that has room enough for what is wanted; nothing is told: the most there is. */
uint64_t probe_enough(const struct probe *p);

/**
 * A cluster's result. Returns the target that follows from it: what it showed if that is more,
 * else `target_bps`.
 */
uint64_t probe_on_result(struct probe *p, const struct cluster_result *r, uint64_t target_bps,
                         usec_t now);

/** The target fell. */
void probe_on_fall(struct probe *p, uint64_t from_bps, uint64_t to_bps, usec_t now);

#endif
