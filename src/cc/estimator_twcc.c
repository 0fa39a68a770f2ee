#include "estimator_inner.h"

#include "base/seq.h"
#include "cc/twcc.h"

#define PLAIN_CERTAINTY 3.0
#define SLOWER_PERCENT  60 // of the target comes through: the line is slower than that
#define HARD_PERCENT    80 // of the target is left by a hard cut
#define CONTESTED       (10 * USEC_PER_SEC) // so long others are known to keep a queue
#define JITTERY         (10 * USEC_PER_MS)
#define LATE_MAX        (400 * USEC_PER_MS) // what comes later still is of no use to anybody

/** What one feedback packet brought. */
struct brought {
    int64_t newest; ///< highest number told of as arrived; 0: none
    usec_t sent;    ///< when that one was sent
};

/** A new clock at the other end: no arrival can be compared with an earlier one. */
static void begin_anew(struct estimator *e)
{
    groups_reset(&e->groups);
    trend_reset(&e->trend);
    acked_reset(&e->acked);
    queue_reset(&e->queue);
}

/** A packet is told of as arrived for the first time. */
static void arrived(struct estimator *e, struct sent *s, usec_t arrival, struct brought *b,
                    int64_t ext)
{
    struct group_delta delta;

    if (s->fate == FATE_LOST && e->newest_sent - s->at > e->lateness)
        e->lateness = e->newest_sent - s->at < LATE_MAX ? e->newest_sent - s->at : LATE_MAX;
    s->fate = FATE_ARRIVED;
    acked_add(&e->acked, arrival, s->len);
    queue_add(&e->queue, arrival - s->at);
    if (s->probe != 0)
        clusters_on_arrived(&e->clusters, s->probe, s->len, s->at, arrival);
    if ((s->at < e->blind_from || s->at > e->blind_until) &&
        groups_add(&e->groups, s->at, arrival, &delta))
        trend_add(&e->trend, &delta);
    if (ext > b->newest) {
        *b = (struct brought){ext, s->at};
        if (s->at > e->newest_sent)
            e->newest_sent = s->at;
    }
}

static void take(struct estimator *e, struct sent *s, const struct twcc_status *t,
                 struct brought *b, int64_t ext)
{
    if (t->arrived && s->fate != FATE_ARRIVED) {
        if (arrival_absurd(&e->arrival, t->at_us))
            e->lies++;
        else
            arrived(e, s, t->at_us + e->arrival.offset, b, ext);
    } else if (!t->arrived && s->fate == FATE_OPEN) {
        s->fate = FATE_LOST;
    }
}

/**
 * A packet that is told lost may still come: it is counted when it is later than any was
 * lately. What a probe lost says that the probe was too fast, not that the picture is.
 */
static void count_losses(struct estimator *e)
{
    struct history *h = &e->history;

    if (h->counted < h->oldest)
        h->counted = h->oldest;
    for (; h->counted < h->settled; h->counted++) {
        const struct sent *s = history_find(h, h->counted);
        if (e->newest_sent - s->at <= e->lateness)
            break;
        if (s->fate != FATE_OPEN && (s->at < e->blind_from || s->at > e->blind_until))
            loss_count(&e->loss, s->fate == FATE_LOST);
    }
    e->trend.jittery = e->lateness > JITTERY || e->queue.spread > JITTERY;
    e->lateness -= e->lateness / 500; // jitter that is over is forgotten in half a minute
}

/** All statuses, as far as they are about packets we remember. */
static void walk(struct estimator *e, struct twcc_iter *it, struct brought *b)
{
    const struct history *h = &e->history;
    int64_t ext = seq_extend(h->next - 1, it->seq);
    struct twcc_status t;

    if (ext < h->oldest) { // forgotten long ago: no work for them
        twcc_skip(it, (unsigned)(h->oldest - ext));
        ext = h->oldest;
    }
    for (; ext < h->next && twcc_next(it, &t); ext++)
        take(e, history_find(&e->history, ext), &t, b, ext);
    e->lies += it->left; // of packets never sent
}

/** The line answers again after a silence. */
static void answer(struct estimator *e, usec_t now)
{
    if (e->silence == 0)
        return;
    // If a queue built up meanwhile, the silence was right; else only the feedback was lost.
    if (queue_excess(&e->queue) >= QUEUE_STANDING && e->target_bps < e->aimd.target_bps)
        aimd_set(&e->aimd, e->target_bps, now);
    e->silence = 0;
    loss_skip(&e->loss, now, now); // the line was down: no rate would have helped
}

/**
 * What waits on the line now, that has been sent since the packet that told of it included:
 * what is in flight takes so long to come out (Little's law). Only so far as the queue seen
 * bears it out: feedback that is lost leaves much in flight, too.
 */
static usec_t waits(const struct estimator *e, uint64_t line_bps)
{
    const usec_t seen = queue_excess(&e->queue);
    if (line_bps == 0)
        return seen;
    const usec_t flight =
        (usec_t)(e->history.in_flight * 8 * (uint64_t)USEC_PER_SEC / line_bps) -
        rtt_or_default(&e->rtt);
    return flight < 0 ? 0 : flight < 4 * seen ? flight : 4 * seen;
}

/** What the trend says; but a queue that is plain to see needs no trend. */
static enum usage usage(const struct estimator *e, usec_t excess, uint64_t short_bps,
                        usec_t now)
{
    const bool slower =
        !e->alr.limited && short_bps > 0 && short_bps < e->target_bps * SLOWER_PERCENT / 100;
    const bool sure = excess >= 2 * QUEUE_STANDING && e->trend.certainty >= PLAIN_CERTAINTY;
    const bool plain = (excess >= QUEUE_STANDING && slower && !e->trend.jittery) ||
                       (now >= e->contested && (sure || excess >= 4 * QUEUE_STANDING));
    return plain && !e->drain.on ? USAGE_OVER : e->trend.usage;
}

/** What looked like a slower line was one that stood still: back to what was sent. */
static void resume(struct estimator *e, uint64_t short_bps, usec_t now)
{
    // What was let go was sent at less than that in part: the cut had come already.
    const uint64_t shown = 2 * short_bps;
    const uint64_t bps = e->drain.before_bps < shown ? e->drain.before_bps : shown;
    queue_accept(&e->queue);
    queue_jitters(&e->queue, 2 * JITTERY);
    trend_reset(&e->trend);
    e->trend.jittery = true;
    aimd_restore(&e->aimd, bps, now);
}

/** Goes on with emptying the queue that stood when the rate was cut. */
static void drain(struct estimator *e, const struct aimd_in *in, usec_t seen, usec_t now)
{
    const struct drain_in d = {waits(e, e->drain.line_bps), seen, in->rtt};
    if (!e->drain.on || drain_update(&e->drain, &d, now) != DRAIN_FOREIGN)
        return;
    queue_accept(&e->queue);
    e->contested = now + CONTESTED;
    if (e->drain.line_bps > e->aimd.target_bps)
        aimd_set(&e->aimd, e->drain.line_bps, now);
}

static void by_delay(struct estimator *e, usec_t now)
{
    const usec_t excess = queue_excess(&e->queue);
    const uint64_t short_bps = acked_rate(&e->acked, ACKED_SHORT);
    if (drain_was_stall(&e->drain, short_bps, now)) {
        resume(e, short_bps, now);
        return;
    }
    struct aimd_in in = {
        .usage = usage(e, excess, short_bps, now),
        .acked_bps = e->acked_bps,
        .short_bps = short_bps,
        .rtt = rtt_or_default(&e->rtt),
        .standing = excess >= QUEUE_STANDING,
        .empty = excess < QUEUE_EMPTY,
        .jittery = e->trend.jittery,
        .app_limited = e->alr.limited,
        .enough_bps = probe_enough(&e->probe),
    };
    const uint64_t before = e->target_bps;

    drain(e, &in, excess, now);
    if (in.usage == USAGE_OVER && in.standing &&
        drain_recurs(&e->drain, e->aimd.target_bps, now))
        e->contested = now + CONTESTED;
    in.contested = now < e->contested;
    if (e->drain.on && !drain_young(&e->drain, now))
        in.draining_bps = e->drain.line_bps;
    if (e->trend.usage == USAGE_NORMAL && !e->drain.on)
        queue_settle(&e->queue);
    if (!aimd_update(&e->aimd, &in, now))
        return;
    if (e->aimd.target_bps < before * HARD_PERCENT / 100)
        e->contested = 0; // no yielding: the line itself became slower
    if (in.standing && now >= e->contested) {
        const uint64_t line = in.short_bps < in.acked_bps ? in.short_bps : in.acked_bps;
        const struct drain_in d = {waits(e, line), excess, in.rtt};
        drain_begin(&e->drain, before, line, &d, now);
    }
    estimator_fell(e, before, now);
}

static void by_loss(struct estimator *e, usec_t now)
{
    const struct loss_in in = {
        .target_bps = e->target_bps,
        .acked_bps = e->acked_bps,
        .queue = e->queue.waits,
        .rtt = rtt_or_default(&e->rtt),
    };
    if (loss_update(&e->loss, &in, now))
        estimator_fell(e, in.target_bps, now);
}

static void by_probe(struct estimator *e, usec_t now)
{
    struct cluster_result r;
    if (!clusters_result(&e->clusters, &r))
        return;
    const uint64_t to = probe_on_result(&e->probe, &r, e->target_bps, now);
    if (to <= e->target_bps || e->trend.usage == USAGE_OVER || e->drain.on)
        return;
    if (to > e->aimd.target_bps)
        aimd_set(&e->aimd, to, now);
    loss_raise(&e->loss, to);
}

enum drop estimator_on_twcc(struct estimator *e, const struct rtcp *p, usec_t now)
{
    struct twcc_iter it;
    struct brought b = {0};
    const enum drop drop = twcc_open(&it, p);
    if (drop != DROP_NONE)
        return drop;

    if (!arrival_open(&e->arrival, it.at, now)) {
        e->lies++;
        begin_anew(e);
    }
    history_grow(&e->history);
    walk(e, &it, &b);
    if (b.newest == 0)
        return DROP_NONE; // nothing new: repeated, or about nothing we sent
    history_settle(&e->history, b.newest);
    count_losses(e);
    rtt_on_feedback(&e->rtt, now - b.sent, now);
    queue_close(&e->queue, now);
    e->heard = now;
    e->source = ESTIMATE_TWCC;
    e->acked_bps = acked_rate(&e->acked, ACKED_LONG);
    answer(e, now);
    alr_update(&e->alr, e->target_bps, now);
    by_delay(e, now);
    by_loss(e, now);
    by_probe(e, now);
    estimator_decide(e, now);
    estimator_consider_probe(e, now);
    return DROP_NONE;
}
