#include "drain.h"

#define EMPTY      (30 * USEC_PER_MS)
#define PATIENCE   (1500 * USEC_PER_MS)
#define EMPTY_IN   (500 * USEC_PER_MS) // the time we want to be rid of it
#define SHOWS      (300 * USEC_PER_MS) // of sending less must be seen
#define YOUNG      (500 * USEC_PER_MS)
#define RECENT     (8 * USEC_PER_SEC)
#define BELOW      93 // percent of what came out: more might have been too much
#define PACE_MIN   25 // percent of the line, however much waits
#define TARGET_MIN 60
#define LET_GO     2  // times what it seemed to carry
#define FOREIGN    90 // percent of the longest queue: ours would be shorter by now

void drain_begin(struct drain *d, uint64_t before_bps, uint64_t line_bps,
                 const struct drain_in *in, usec_t now)
{
    if (!d->on) {
        d->before_bps = before_bps;
        d->least_bps = line_bps;
        d->since = now;
        d->first = in->queue;
        d->seen = in->seen;
    }
    d->on = true;
    d->line_bps = line_bps;
    if (d->least_bps == 0 || (line_bps > 0 && line_bps < d->least_bps))
        d->least_bps = line_bps;
    d->queue = in->queue;
    if (in->queue > d->first)
        d->first = in->queue;
}

static enum drain_end ended(struct drain *d, enum drain_end how, usec_t now)
{
    d->on = false;
    d->ended = now;
    return how;
}

bool drain_was_stall(struct drain *d, uint64_t short_bps, usec_t now)
{
    if (!d->on || d->least_bps == 0 || short_bps < d->least_bps * LET_GO)
        return false;
    (void)ended(d, DRAIN_DONE, now);
    return true;
}

enum drain_end drain_update(struct drain *d, const struct drain_in *in, usec_t now)
{
    const usec_t age = now - d->since;

    d->queue = in->queue;
    if (in->seen > d->seen)
        d->seen = in->seen;
    if (in->queue < EMPTY && in->seen < EMPTY)
        return ended(d, DRAIN_DONE, now);
    // The first packet of the slower time is told of when it has waited itself.
    const usec_t longest = d->first > d->seen ? d->first : d->seen;
    if (age > in->rtt + longest + SHOWS && in->seen * 100 > d->seen * FOREIGN)
        return ended(d, DRAIN_FOREIGN, now);
    return age > PATIENCE + d->first ? ended(d, DRAIN_DONE, now) : DRAIN_GOES_ON;
}

bool drain_recurs(const struct drain *d, uint64_t target_bps, usec_t now)
{
    return !d->on && d->line_bps > 0 && now - d->since < RECENT &&
           target_bps < d->line_bps * BELOW / 100;
}

bool drain_young(const struct drain *d, usec_t now)
{
    return now - d->since < YOUNG;
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
