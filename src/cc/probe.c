#include "probe.h"

#define FIRST           3   // times the start rate
#define NEXT            2   // times what is known
#define ENOUGH_PERCENT  70  // of the planned rate came through: the line may carry still more
#define GREAT_STEP      120 // percent of what was known
#define WANTED_PERCENT  120 // of what is wanted is room enough for it
#define INTERVAL        (1500 * USEC_PER_MS)
#define INTERVAL_MAX    (10 * USEC_PER_SEC)
#define REGRET          (3 * USEC_PER_SEC) // a fall so soon after a rise: the probe was wrong
#define REGRET_PERCENT  70                 // of what it promised
#define FORGIVE         (30 * USEC_PER_SEC)
#define RECOVER         (1500 * USEC_PER_MS) // after a fall the queue drains first
#define OLD             (30 * USEC_PER_SEC)  // a line remembered for so long may come back
#define GREAT_PERCENT   66                   // a fall to less than this was a great one
#define RECOVER_PERCENT 85

void probe_init(struct probe *p)
{
    *p = (struct probe){.interval = INTERVAL};
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t probe_enough(const struct probe *p)
{
    if (!p->told)
        return ESTIMATOR_MAX_BPS;
    return lesser(p->wanted_bps * WANTED_PERCENT / 100, ESTIMATOR_MAX_BPS);
}

/** The rate to try now. */
static uint64_t next_rate(const struct probe *p, uint64_t target, usec_t now)
{
    if (!p->started)
        return target * FIRST;
    // A line that fell often comes back to what it was: one step instead of several.
    const uint64_t old = p->lost_bps * RECOVER_PERCENT / 100;
    if (!p->go_on && now - p->lost < OLD && old > target)
        return old;
    return target * NEXT;
}

void probe_update(struct probe *p, struct clusters *c, const struct probe_in *in, usec_t now)
{
    const uint64_t target_bps = in->target_bps;

    if (p->pending || p->awaited) {
        if (now - p->planned <= CLUSTER_TIMEOUT)
            return;
        p->pending = p->awaited = p->go_on = false; // nobody sent it, or nobody got it
    }
    if (!in->calm || (p->fell != 0 && now - p->fell < RECOVER))
        return;
    const uint64_t enough = probe_enough(p);
    if (!p->told || p->given_bps >= p->wanted_bps || target_bps * 110 / 100 >= enough)
        return;
    // Where most of what is known is idle, a probe is in nobody's way, and pictures wait for
    // it.
    const usec_t interval = p->given_bps < target_bps / 2 ? INTERVAL : p->interval;
    if (p->started && !p->go_on && now - p->planned < interval)
        return;
    clusters_plan(c, lesser(next_rate(p, target_bps, now), enough), in->jittery, now);
    p->started = p->pending = p->awaited = true;
    p->go_on = false;
    p->planned = now;
}

uint64_t probe_on_result(struct probe *p, const struct cluster_result *r, uint64_t target_bps,
                         usec_t now)
{
    p->awaited = false;
    // One of a few packets looks saturated easily: after a great step the next one tells.
    const bool great = r->rate_bps * 100 > target_bps * GREAT_STEP;
    const bool through = r->rate_bps * 100 >= r->plan_bps * ENOUGH_PERCENT;
    p->go_on = great || (through && !r->saturated);
    if (now - p->doubted > FORGIVE)
        p->interval = INTERVAL;
    if (r->rate_bps <= target_bps)
        return target_bps;
    p->raised = now;
    p->raised_bps = r->rate_bps;
    return r->rate_bps;
}

void probe_on_fall(struct probe *p, uint64_t from_bps, uint64_t to_bps, usec_t now)
{
    if (p->raised != 0 && now - p->raised < REGRET &&
        to_bps < p->raised_bps * REGRET_PERCENT / 100) {
        p->raised = 0;
        p->doubted = now;
        p->interval = p->interval < INTERVAL_MAX / 2 ? p->interval * 2 : INTERVAL_MAX;
    }
    // A fall has several steps: where it began is what the line once carried.
    if (p->fell == 0 || now - p->fell > RECOVER)
        p->fell_from = from_bps;
    if (to_bps < p->fell_from * GREAT_PERCENT / 100) {
        p->lost_bps = p->fell_from;
        p->lost = now;
    }
    p->fell = now;
    p->go_on = false;
}
