#include "drain.h"

#define EMPTY      (30 * USEC_PER_MS)
#define PATIENCE   (1500 * USEC_PER_MS)
#define EMPTY_IN   (500 * USEC_PER_MS) // the time we want to be rid of it
#define PACE_MIN   25                  // percent of the line, however much waits
#define TARGET_MIN 60
#define FOREIGN    60 // percent of the first queue: what is left of ours after PATIENCE is less

void drain_begin(struct drain *d, uint64_t line_bps, usec_t queue, usec_t now)
{
    if (!d->on) {
        d->since = now;
        d->first = queue;
    }
    d->on = true;
    d->line_bps = line_bps;
    d->queue = queue;
    if (queue > d->first)
        d->first = queue;
}

enum drain_end drain_update(struct drain *d, usec_t queue, usec_t now)
{
    d->queue = queue;
    if (queue < EMPTY) {
        d->on = false;
        return DRAIN_DONE;
    }
    if (now - d->since < PATIENCE + d->first)
        return DRAIN_GOES_ON;
    d->on = false;
    return queue * 100 > d->first * FOREIGN ? DRAIN_FOREIGN : DRAIN_DONE;
}

/** The share of the line, percent, that empties the queue in EMPTY_IN; at least `least`. */
static uint64_t share(const struct drain *d, uint64_t least)
{
    const uint64_t taken = (uint64_t)(d->queue * 100 / EMPTY_IN);
    return taken + least > 100 ? least : 100 - taken;
}

static uint64_t limited(const struct drain *d, uint64_t target_bps, uint64_t least)
{
    if (!d->on)
        return target_bps;
    const uint64_t most = d->line_bps * share(d, least) / 100;
    return most < target_bps ? most : target_bps;
}

uint64_t drain_target(const struct drain *d, uint64_t target_bps)
{
    return limited(d, target_bps, TARGET_MIN);
}

uint64_t drain_pace(const struct drain *d, uint64_t target_bps)
{
    return limited(d, target_bps, PACE_MIN);
}
