#include "estimator_inner.h"

#include "base/fetch.h"

#include <stdlib.h>

#define TICK          (100 * USEC_PER_MS)
#define ASLEEP        (2 * USEC_PER_SEC)  // nothing sent for so long: nothing to tick for
#define SILENCE_MIN   (600 * USEC_PER_MS) // without feedback, while there is something to tell
#define SILENCE_STEP  (250 * USEC_PER_MS)
#define SILENCE_STEPS 12
#define SILENCE_NUM   3 // each step leaves three quarters
#define SILENCE_DEN   4
#define TWCC_GONE     (5 * USEC_PER_SEC) // then others are listened to
#define BLIND         (60 * USEC_PER_MS) // so long a probe's queue is felt
#define AMID          (6 * USEC_PER_MS)  // the pause between two packets of a probe at most
#define AFTER_DRAIN   (USEC_PER_SEC)
#define AFTER_PERCENT 120
#define PACE          2 // times the target in calm: a keyframe may leave in half its time

/** Nothing is known of the line. */
static void begin(struct estimator *e, usec_t now)
{
    trend_init(&e->trend);
    acked_reset(&e->acked);
    alr_init(&e->alr, now);
    aimd_init(&e->aimd, ESTIMATOR_START_BPS, now);
    loss_init(&e->loss, now);
    probe_init(&e->probe);
    fallback_init(&e->fallback, ESTIMATOR_START_BPS, now);
    e->measured = now;
    e->deadline = USEC_NEVER;
    e->blind_from = USEC_NEVER;
    estimator_decide(e, now);
}

struct estimator *estimator_create(usec_t now)
{
    struct estimator *e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    history_init(&e->history);
    begin(e, now);
    return e;
}

void estimator_moved(struct estimator *e, usec_t now)
{
    struct estimator fresh = {.falls = e->falls, .lies = e->lies, .last_sent = e->last_sent};
    history_shrink(&e->history); // what it has lies in the struct itself from here on
    fresh.history = e->history;
    const usec_t deadline = e->deadline;
    *e = fresh;
    e->history.ring = e->history.first;
    begin(e, now);
    e->deadline = deadline;
}

void estimator_destroy(struct estimator *e)
{
    if (!e)
        return;
    history_finish(&e->history);
    free(e);
}

/** A packet of a probe goes out. */
static uint8_t probing(struct estimator *e, uint8_t probe, usec_t now)
{
    if (now > e->blind_until)
        e->blind_from = now;
    e->blind_until = now + BLIND;
    e->probing = probe;
    e->probing_at = now;
    return probe;
}

/** Any other: between the packets of a probe it is one of them, for it takes its part. */
static uint8_t amid(struct estimator *e, usec_t now)
{
    if (e->probing != 0 && now - e->probing_at > AMID)
        e->probing = 0;
    return e->probing;
}

void estimator_fetch(const struct estimator *e)
{
    FETCH_MEMBERS(&e->history, ring, in_flight);
    fetch_soon(&e->alr.sent, sizeof(e->alr.sent));
    FETCH_MEMBERS(e, last_sent, sent);
}

void estimator_fetch_next(const struct estimator *e)
{
    history_fetch_next(&e->history);
}

uint16_t estimator_sent(struct estimator *e, size_t len, enum sent_kind kind, uint8_t probe,
                        usec_t now)
{
    const uint16_t seq = (uint16_t)e->history.next;
    const struct sent s = {.at = now,
                           .len = len < UINT16_MAX ? (uint16_t)len : UINT16_MAX,
                           .kind = (uint8_t)kind,
                           .probe = probe != 0 ? probing(e, probe, now) : amid(e, now)};

    history_add(&e->history, &s);
    alr_on_sent(&e->alr, s.len);
    e->sent += s.len;
    e->last_sent = now;
    if (e->deadline == USEC_NEVER)
        e->deadline = now + TICK;
    return seq;
}

void estimator_on_remb(struct estimator *e, uint64_t bps, usec_t now)
{
    fallback_on_remb(&e->fallback, bps, now);
    estimator_decide(e, now);
}

void estimator_on_report(struct estimator *e, uint8_t fraction, usec_t rtt, usec_t now)
{
    rtt_on_report(&e->rtt, rtt, now);
    fallback_on_report(&e->fallback, fraction, now);
}

void estimator_set_demand(struct estimator *e, uint64_t wanted_bps, uint64_t given_bps,
                          usec_t now)
{
    e->probe.wanted_bps = wanted_bps < ESTIMATOR_MAX_BPS ? wanted_bps : ESTIMATOR_MAX_BPS;
    e->probe.given_bps = given_bps;
    e->probe.told = true;
    estimator_consider_probe(e, now);
}

void estimator_consider_probe(struct estimator *e, usec_t now)
{
    const struct probe_in in = {
        .target_bps = e->target_bps,
        .calm = e->source == ESTIMATE_TWCC && e->silence == 0 && !e->drain.on &&
                e->trend.usage != USAGE_OVER && queue_excess(&e->queue) < QUEUE_STANDING &&
                e->loss.state != LOSS_TRIAL,
        .jittery = e->trend.jittery,
    };
    probe_update(&e->probe, &e->clusters, &in, now);
}

void estimator_fell(struct estimator *e, uint64_t from_bps, usec_t now)
{
    e->falls++;
    estimator_decide(e, now);
    // Without what the drain takes for a moment.
    const uint64_t to = e->aimd.target_bps;
    probe_on_fall(&e->probe, from_bps, to < e->loss.bound_bps ? to : e->loss.bound_bps, now);
}

/** Listens to whoever there is. */
static void choose_source(struct estimator *e, usec_t now)
{
    const struct fallback *f = &e->fallback;
    const bool twcc = e->heard != 0 && (now - e->heard < TWCC_GONE ||
                                        (f->remb_at < e->heard && f->reported < e->heard));
    if (twcc)
        e->source = ESTIMATE_TWCC;
    else if (f->remb_bps != 0)
        e->source = ESTIMATE_REMB;
    else if (f->reported != 0)
        e->source = ESTIMATE_REPORTS;
    else
        e->source = ESTIMATE_NONE;
}

static uint64_t by_feedback(const struct estimator *e)
{
    uint64_t bps = e->aimd.target_bps;
    if (bps > e->loss.bound_bps)
        bps = e->loss.bound_bps;
    bps = drain_target(&e->drain, bps);
    for (unsigned i = 0; i < e->silence; i++)
        bps = bps * SILENCE_NUM / SILENCE_DEN;
    return bps;
}

void estimator_decide(struct estimator *e, usec_t now)
{
    const uint64_t others = fallback_update(&e->fallback, e->sent_bps, now);

    choose_source(e, now);
    uint64_t bps = e->source == ESTIMATE_TWCC ? by_feedback(e) : others;
    if (bps < ESTIMATOR_MIN_BPS)
        bps = ESTIMATOR_MIN_BPS;
    if (bps > ESTIMATOR_MAX_BPS)
        bps = ESTIMATOR_MAX_BPS;
    e->target_bps = bps;
    e->pace_bps = e->drain.on ? drain_pace(&e->drain, bps) : bps * PACE;
    // What waited for the drain must not be the next queue.
    if (!e->drain.on && e->drain.ended != 0 && now - e->drain.ended < AFTER_DRAIN)
        e->pace_bps = bps * AFTER_PERCENT / 100;
    if (e->pace_bps < ESTIMATOR_MIN_BPS)
        e->pace_bps = ESTIMATOR_MIN_BPS;
}

usec_t estimator_deadline(const struct estimator *e)
{
    return e->deadline;
}

/** Feedback stays away though there is something to tell: the line may be down. */
static void notice_silence(struct estimator *e, usec_t now)
{
    const usec_t since = history_waiting_since(&e->history);
    if (e->heard == 0 || since == USEC_NEVER)
        return;
    const usec_t rtt3 = 3 * rtt_or_default(&e->rtt);
    const usec_t limit = rtt3 > SILENCE_MIN ? rtt3 : SILENCE_MIN;
    const usec_t quiet = now - (since > e->heard ? since : e->heard);
    if (quiet < limit)
        return;
    const usec_t steps = 1 + (quiet - limit) / SILENCE_STEP;
    if (e->silence == 0)
        e->falls++;
    e->silence = steps < SILENCE_STEPS ? (unsigned)steps : SILENCE_STEPS;
    e->acked_bps = 0;
}

static void measure_sent(struct estimator *e, usec_t now)
{
    const usec_t span = now - e->measured;
    if (span < TICK)
        return;
    const uint64_t bps = e->sent * 8 * (uint64_t)USEC_PER_SEC / (uint64_t)span;
    // A fifth of each new look: about half a second.
    e->sent_bps = span > USEC_PER_SEC ? bps : (4 * e->sent_bps + bps) / 5;
    e->sent = 0;
    e->measured = now;
}

void estimator_tick(struct estimator *e, usec_t now)
{
    if (now < e->deadline)
        return;
    measure_sent(e, now);
    if (e->heard != 0)
        history_grow(&e->history);
    alr_update(&e->alr, e->target_bps, now);
    notice_silence(e, now);
    estimator_decide(e, now);
    estimator_consider_probe(e, now);
    e->deadline = now + TICK;
    if (now - e->last_sent >= ASLEEP) {
        history_shrink(&e->history);
        e->deadline = USEC_NEVER;
    }
}

bool estimator_take_probe(struct estimator *e, struct estimator_probe *out)
{
    if (!e->probe.pending)
        return false;
    e->probe.pending = false;
    e->probe.fetched++;
    *out = clusters_newest(&e->clusters)->plan;
    return true;
}

void estimator_read(const struct estimator *e, struct estimate *out)
{
    const double loss = e->source == ESTIMATE_TWCC ? e->loss.smoothed : e->fallback.smoothed;
    *out = (struct estimate){
        .source = e->source,
        .target_bps = e->target_bps,
        .pace_bps = e->pace_bps,
        .acked_bps = e->acked_bps,
        .rtt = e->rtt.smoothed,
        .queue = e->queue.waits,
        .loss = (uint16_t)(loss * UINT16_MAX),
        .overuse = e->trend.usage == USAGE_OVER,
        .app_limited = e->alr.limited,
        .falls = e->falls,
        .lies = e->lies,
        .probes = e->probe.fetched,
    };
}
