#include "rtp/rewrite.h"

// A switch may come after a long silence; timestamps must not go round (2^31 ticks of 90 kHz
// are six hours).
#define LONGEST_JUMP (3600 * USEC_PER_SEC)

// Sender reports that put the new frame this far from where its arrival puts it are wrong.
#define BELIEVABLE (2 * USEC_PER_SEC)

static int64_t to_ticks(usec_t t, unsigned rate)
{
    return t * (int64_t)rate / USEC_PER_SEC;
}

/** The newest output that went out at its own time. */
static struct rewrite_anchor anchor_of(const struct rewrite *rw)
{
    if (rewrite_catching_up(rw))
        return rw->anchor;
    return (struct rewrite_anchor){
        .any = rw->started, .ts = rw->last_ts, .in_ts = rw->last_in_ts, .at = rw->last_at};
}

/** How long after the anchor the new packet was captured, by the senders' word. */
static bool captured_later_by(const struct rewrite_anchor *a, const struct rewrite_sync *sync,
                              uint32_t ts, usec_t now, usec_t *later)
{
    uint64_t old_ntp = 0, next_ntp = 0;

    if (!sync->same_wall_clock || !sync->old || !sync->next)
        return false;
    if (!rtp_clock_ntp(sync->old, a->in_ts, now, &old_ntp) ||
        !rtp_clock_ntp(sync->next, ts, now, &next_ntp))
        return false;
    const int64_t diff = (int64_t)(next_ntp - old_ntp);
    if (diff / (INT64_C(1) << 32) > LONGEST_JUMP / USEC_PER_SEC ||
        diff / (INT64_C(1) << 32) < -LONGEST_JUMP / USEC_PER_SEC)
        return false;
    *later = (diff >> 16) * USEC_PER_SEC >> 16;
    return true;
}

bool rewrite_switch_ts(const struct rewrite *rw, const struct rewrite_sync *sync, uint32_t ts,
                       usec_t now, uint32_t *out)
{
    const struct rewrite_anchor a = anchor_of(rw);
    *out = rw->last_ts + 1;
    if (!a.any) { // live frames follow what was caught up with as they were captured
        const int32_t step = (int32_t)(ts - rw->last_in_ts);
        if (rewrite_catching_up(rw) && step > 1 && step < 10 * (int32_t)sync->rate)
            *out = rw->last_ts + (uint32_t)step;
        return true;
    }

    usec_t arrived = now - a.at;
    if (arrived < 0)
        arrived = 0;
    if (arrived > LONGEST_JUMP)
        arrived = LONGEST_JUMP;

    usec_t later = 0;
    if (!captured_later_by(&a, sync, ts, now, &later) || later > arrived + BELIEVABLE ||
        later < arrived - BELIEVABLE)
        later = arrived;

    const int64_t ticks = to_ticks(later, sync->rate);
    if (ticks < 1)
        return sync->force || later >= -REWRITE_MAX_PUSH;
    *out = a.ts + (uint32_t)ticks;
    return true;
}
