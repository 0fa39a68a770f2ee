#include "cc/allocate.h"

#include <string.h>

// What is new must leave this much of the steady estimate free: as much as an estimate swings
// on a line that stays the same.
#define TAKE_NUM 9
#define TAKE_DEN 10

// A slot that fell soon after it had climbed waits longer each time before it tries again: the
// estimate it trusted was too high. A clearly higher one is another matter.
#define BAR_FIRST   (8 * USEC_PER_SEC)
#define BAR_LONGEST (64 * USEC_PER_SEC)
#define BAR_SOON    (30 * USEC_PER_SEC)
#define BAR_NUM     3
#define BAR_DEN     2

// A line that came back, as a probe found: worth an early division.
#define RISE_NUM 5
#define RISE_DEN 4

// The lowest step of a picture that plays is kept while this much of it fits.
#define NEARLY_NUM 3
#define NEARLY_DEN 4

// Of a line just met nothing is known that could be steady.
#define BEGINNING (5 * USEC_PER_SEC)

void allocator_init(struct allocator *a)
{
    *a = (struct allocator){0};
}

static void forget(struct allocator *a, uint64_t bps, usec_t now)
{
    for (unsigned i = 0; i < ALLOCATE_LOWS; i++)
        a->low[i] = bps;
    a->low_at = now;
}

void allocator_note(struct allocator *a, uint64_t bps, usec_t now)
{
    if (!a->any) {
        a->any = true;
        a->began_at = now;
        forget(a, bps, now);
    }
    if (now - a->low_at >= ALLOCATE_LOWS * ALLOCATE_LOW_SPAN)
        forget(a, bps, now);
    for (; now - a->low_at >= ALLOCATE_LOW_SPAN; a->low_at += ALLOCATE_LOW_SPAN) {
        a->newest = (a->newest + 1) % ALLOCATE_LOWS;
        a->low[a->newest] = bps;
    }
    if (bps < a->low[a->newest])
        a->low[a->newest] = bps;
}

uint64_t allocator_steady(const struct allocator *a)
{
    uint64_t low = a->low[a->newest];
    if (a->low_at - a->began_at < BEGINNING)
        return low;
    for (unsigned i = 0; i < ALLOCATE_LOWS; i++)
        if (a->low[i] < low)
            low = a->low[i];
    return low;
}

bool allocator_due(const struct allocator *a, uint64_t bps, usec_t now)
{
    if (a->ran_at == 0 || now - a->ran_at >= ALLOCATE_PAUSE || bps * 10 < a->ran_bps * 9)
        return true;
    return now - a->ran_at >= ALLOCATE_EARLY &&
           allocator_steady(a) / RISE_NUM * RISE_DEN > a->ran_steady;
}

/** What is being divided. */
struct division {
    uint64_t keep, take; ///< the two budgets
    uint64_t begin;      ///< for a first step: a picture that stands still waits for nothing
    uint64_t used;
    usec_t now;
};

static uint64_t cost(const struct allocate_slot *s, int step)
{
    return step < 0 ? 0 : s->step[step].rate_bps;
}

static bool barred(const struct division *d, const struct allocate_memory *m)
{
    return d->now < m->barred_until && d->take < m->believed_bps / BAR_DEN * BAR_NUM;
}

/** Moves a slot up to `step` if that fits. */
static bool climb(struct division *d, struct allocate_slot *s, int step)
{
    const bool new = step > s->had;
    if (new &&step > 0 && barred(d, s->memory))
        return false;
    const uint64_t used = d->used - cost(s, s->given) + cost(s, step);
    if (used > (!new ? d->keep : step == 0 ? d->begin : d->take))
        return false;
    d->used = used;
    s->given = step;
    return true;
}

static void give_lowest(struct division *d, struct allocate_slot *s)
{
    struct allocate_memory *m = s->memory;
    s->given = -1;
    if (s->step_count == 0 || climb(d, s, 0)) {
        m->short_since = 0;
        return;
    }
    if (s->had < 0)
        m->short_since = 0;
    else if (m->short_since == 0)
        m->short_since = d->now;
    // A queue that drains takes the estimate down for a moment; a picture that is gone needs a
    // keyframe to come back. A line a little short of it is kept full by it, and probes and
    // bursts then pull the estimate below what goes through.
    const bool grace = m->short_since && d->now - m->short_since < ALLOCATE_GRACE;
    const bool nearly =
        s->had >= 0 && d->used + cost(s, 0) / NEARLY_DEN * NEARLY_NUM <= d->keep;
    if (grace || nearly || (s->held && d->keep >= ALLOCATE_HELD_BPS)) {
        s->given = 0;
        d->used += cost(s, 0);
    }
}

/** Those of one rank climb in turns, until nobody can. */
static void climb_rank(struct division *d, struct allocate_slot *slot, unsigned n,
                       enum allocate_rank rank)
{
    for (bool any = true; any;) {
        any = false;
        for (unsigned i = 0; i < n; i++) {
            struct allocate_slot *s = &slot[i];
            const int next = s->given + 1;
            if (s->rank == rank && s->given >= 0 && next < (int)s->step_count)
                any |= climb(d, s, next);
        }
    }
}

static void remember(struct allocate_slot *s, const struct division *d)
{
    struct allocate_memory *m = s->memory;
    const int had = s->had < (int)s->step_count ? s->had : (int)s->step_count - 1;
    if (s->given > had) {
        m->climbed_at = d->now;
        m->believed_bps = d->take;
        m->barred_until = 0;
    } else if (s->given < had) {
        const bool soon = m->climbed_at && d->now - m->climbed_at < BAR_SOON && m->bar;
        m->bar = soon ? usec_min(2 * m->bar, BAR_LONGEST) : BAR_FIRST;
        m->barred_until = d->now + m->bar;
        m->climbed_at = 0; // a second fall is not that climb's fault
    }
}

void allocator_run(struct allocator *a, struct allocate_slot *slot, unsigned n, uint64_t bps,
                   usec_t now)
{
    allocator_note(a, bps, now);
    const uint64_t steady = allocator_steady(a);
    struct division d = {.keep = bps,
                         .take = steady / TAKE_DEN * TAKE_NUM,
                         .begin = bps / TAKE_DEN * TAKE_NUM,
                         .now = now};
    for (int rank = 0; rank < ALLOCATE_RANKS; rank++)
        for (unsigned i = 0; i < n; i++)
            if (slot[i].rank == (enum allocate_rank)rank)
                give_lowest(&d, &slot[i]);
    for (int rank = 0; rank < ALLOCATE_RANKS; rank++)
        climb_rank(&d, slot, n, (enum allocate_rank)rank);
    for (unsigned i = 0; i < n; i++)
        remember(&slot[i], &d);
    a->ran_at = now;
    a->ran_bps = bps;
    a->ran_steady = steady;
}
