#include "estimator_inner.h"

#include "base/seq.h"
#include "cc/twcc.h"

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

    loss_on_arrived(&e->loss, s->fate == FATE_LOST);
    s->fate = FATE_ARRIVED;
    acked_add(&e->acked, arrival, s->len);
    queue_add(&e->queue, arrival - s->at);
    if (s->probe != 0)
        clusters_on_arrived(&e->clusters, s->probe, s->len, s->at, arrival);
    if ((s->at < e->blind_from || s->at > e->blind_until) &&
        groups_add(&e->groups, s->at, arrival, &delta))
        trend_add(&e->trend, &delta);
    if (ext > b->newest)
        *b = (struct brought){ext, s->at};
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
        // What a probe lost says that the probe was too fast, not that the picture is.
        if (s->at < e->blind_from || s->at > e->blind_until)
            loss_on_lost(&e->loss);
    }
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
    if (e->queue.waits >= AIMD_STANDING && e->target_bps < e->aimd.target_bps)
        aimd_set(&e->aimd, e->target_bps, now);
    e->silence = 0;
    loss_skip(&e->loss, now, now); // the line was down: no rate would have helped
}

/** What waits on the line, with what has been sent since the packet that told of it. */
static usec_t waits(const struct estimator *e, uint64_t line_bps)
{
    if (line_bps == 0)
        return e->queue.waits;
    const usec_t flight =
        (usec_t)(e->history.in_flight * 8 * (uint64_t)USEC_PER_SEC / line_bps) -
        rtt_or_default(&e->rtt);
    return flight > e->queue.waits && flight < 2 * e->queue.waits ? flight : e->queue.waits;
}

static void by_delay(struct estimator *e, usec_t now)
{
    const struct aimd_in in = {
        .usage = e->trend.usage,
        .slope = e->trend.slope,
        .acked_bps = e->acked_bps,
        .short_bps = acked_rate(&e->acked, ACKED_SHORT),
        .queue = e->queue.waits,
        .rtt = rtt_or_default(&e->rtt),
        .app_limited = e->alr.limited,
    };
    const uint64_t before = e->target_bps;

    if (e->drain.on) {
        const usec_t queue = waits(e, e->drain.line_bps);
        if (drain_update(&e->drain, queue, now) == DRAIN_FOREIGN)
            queue_rebase(&e->queue, now);
    }
    if (!aimd_update(&e->aimd, &in, now))
        return;
    if (in.queue >= AIMD_STANDING) {
        const uint64_t line = in.short_bps < in.acked_bps ? in.short_bps : in.acked_bps;
        drain_begin(&e->drain, line, waits(e, line), now);
    }
    estimator_fell(e, before, now);
}

static void by_loss(struct estimator *e, usec_t now)
{
    const struct loss_in in = {
        .target_bps = e->target_bps,
        .acked_bps = e->acked_bps,
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
