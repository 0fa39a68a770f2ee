#include "loss.h"

#define WINDOW         (500 * USEC_PER_MS)
#define WINDOW_PACKETS 80
#define LONGEST        (2 * USEC_PER_SEC) // of few packets it takes so long to say anything
#define FEWEST         20
#define HIGH           0.10 // gcc-02 section 6: above it the rate falls
#define LOW            0.02 // below it the rate rises
#define RISE_A_SECOND  0.08
#define FULL           (100 * USEC_PER_MS) // a queue that may be
#define USUAL_MAX      0.35                // more is not a line one could call usable
#define STILL          0.6                 // of the loss before a trial: it was not our doing
#define KEEP_PERCENT   95                  // of what arrived
#define SMOOTHING      0.3
#define LEARNING       0.1

void loss_init(struct loss *l, usec_t now)
{
    *l = (struct loss){.since = now, .bound_bps = LOSS_NO_BOUND};
}

static void begin(struct loss *l, usec_t now)
{
    l->lost = l->total = 0;
    l->since = now;
}

void loss_skip(struct loss *l, usec_t until, usec_t now)
{
    begin(l, now);
    l->skip = until;
}

void loss_raise(struct loss *l, uint64_t bps)
{
    if (l->bound_bps < bps)
        l->bound_bps = bps;
}

static void set_free(struct loss *l)
{
    l->state = LOSS_FREE;
    l->bound_bps = LOSS_NO_BOUND;
}

static double at_most(double a, double b)
{
    return a < b ? a : b;
}

static void try(struct loss *l, double share, const struct loss_in *in, usec_t now)
{
    l->state = LOSS_TRIAL;
    l->before = share;
    l->bound_bps = in->acked_bps * KEEP_PERCENT / 100;
    // What we did not fill cannot have been too much: bursts of loss must not take all of it.
    if (l->bound_bps < in->target_bps / 2)
        l->bound_bps = in->target_bps / 2;
    if (l->bound_bps > in->target_bps)
        l->bound_bps = in->target_bps;
    l->skip = now + in->rtt + WINDOW / 4; // what was sent before is told of until then
}

/** A trial's result. */
static void judge(struct loss *l, double share)
{
    if (share < l->before * STILL) {
        l->state = LOSS_HELD;
        l->usual = at_most(l->usual, share);
        return;
    }
    l->usual = at_most(at_most(share, l->before), USUAL_MAX);
    set_free(l);
}

static void rise(struct loss *l, const struct loss_in *in, usec_t length)
{
    const double s = (double)length / USEC_PER_SEC;

    l->bound_bps += (uint64_t)((double)l->bound_bps * RISE_A_SECOND * s);
    if (l->bound_bps > 2 * in->target_bps)
        set_free(l);
}

/** What is lost no more is unusual at once; a little that always is becomes usual. */
static void learn(struct loss *l, double share)
{
    if (share < l->usual)
        l->usual += SMOOTHING * (share - l->usual);
    else if (l->state == LOSS_FREE)
        l->usual += LEARNING * (share - l->usual);
}

/** Where a queue stands and drops: down, and slowly up again. */
static void hold(struct loss *l, double share, const struct loss_in *in)
{
    l->state = LOSS_HELD;
    l->bound_bps = (uint64_t)((double)in->target_bps * (1 - at_most(share, 0.5) - LOW));
}

/** The share lost in a window that is over. True if the bound was set down. */
static bool take(struct loss *l, double share, const struct loss_in *in, usec_t now)
{
    l->smoothed += SMOOTHING * (share - l->smoothed);
    if (l->state == LOSS_TRIAL) {
        judge(l, share);
        return false;
    }
    if (in->queue >= FULL && share > l->usual + LOW) {
        hold(l, share - l->usual, in);
        return true;
    }
    if (share > l->usual + HIGH && in->acked_bps > 0) {
        try(l, share, in, now);
        return true;
    }
    if (l->state == LOSS_HELD && share < l->usual + LOW)
        rise(l, in, now - l->since);
    learn(l, share);
    return false;
}

bool loss_update(struct loss *l, const struct loss_in *in, usec_t now)
{
    const usec_t length = now - l->since;

    if (now < l->skip) {
        begin(l, now);
        return false;
    }
    if (length < WINDOW || l->total < FEWEST || (l->total < WINDOW_PACKETS && length < LONGEST))
        return false;
    const bool fell = take(l, (double)l->lost / l->total, in, now);
    begin(l, now);
    return fell;
}
