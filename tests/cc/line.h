/**
 * A bottleneck with an estimator before it and a receiver behind it: one seed, one clock of
 * whole milliseconds. The sender is either greedy (an encoder that follows the target) or
 * layered (a server that can only choose among what is published).
 */
#ifndef CC_LINE_H
#define CC_LINE_H

#include "cc/estimator.h"
#include "cc/twcc.h"
#include "sim/rng.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS         USEC_PER_MS
#define SEC        USEC_PER_SEC
#define LINE_QUEUE 8192
#define LINE_AWAY  65536
#define LINE_MTU   1200
#define LAYERS_MAX 4

/** What the line is like; may be changed at any time. */
struct line {
    uint64_t rate_bps;
    usec_t delay, back;  ///< there, and of the feedback
    usec_t jitter;       ///< added to each packet, evenly spread from 0
    bool in_order;       ///< jitter does not reorder
    unsigned lost;       ///< of 1000, there
    unsigned lost_back;  ///< of 1000, feedback
    usec_t limit;        ///< what may wait, at the line's rate; more is dropped
    uint64_t others_bps; ///< of somebody else, evenly
    bool others_greedy;  ///< who takes more until something is dropped, as TCP does
    bool down;
};

/** What there is to send. */
struct source {
    uint64_t audio_bps;          ///< 50 packets a second
    uint64_t layers[LAYERS_MAX]; ///< cumulative rates; none: greedy
    unsigned fps;
    uint64_t wanted_bps; ///< for estimator_set_demand(), 0: never called
    bool paused;         ///< a still screen: audio only
};

struct line_packet {
    bool ours;
    uint16_t seq, len;
    usec_t due; ///< at the receiver
};

struct world {
    struct rng rng;
    struct line line;
    struct source source;
    struct estimator *e;
    struct twcc_recv recv;
    usec_t now, next_frame, next_audio, next_report, free_at, last_due, other_owed;
    usec_t others_cut;                    ///< when the greedy one fell last
    struct line_packet queue[LINE_QUEUE]; ///< waits before the line
    unsigned head, tail;
    size_t waiting;                      ///< bytes of it
    struct line_packet away[LINE_QUEUE]; ///< on its way behind it
    unsigned away_count;
    struct {
        usec_t due;
        size_t len;
        uint8_t data[1200];
    } feedback[256]; ///< on its way back
    unsigned feedback_count;
    uint64_t pacer; ///< bytes that wait in the sender
    int64_t budget; ///< bytes * us it may send; below 0: it sent ahead
    struct estimator_probe probe;
    uint64_t probe_left;
    usec_t probe_next;
    // What came of it.
    unsigned layer;
    unsigned layer_changes;
    usec_t layer_at;   ///< when it changed
    usec_t delay_most; ///< since world_mark(): the longest a packet waited
    uint64_t sent, delivered, target_sum;
    uint64_t target_least, target_most;
    unsigned steps;
};

static inline struct world *world_create(uint64_t seed, uint64_t rate_bps)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    rng_init(&w->rng, seed);
    w->now = 1000 * SEC + rng_below(&w->rng, 1000000);
    w->line = (struct line){
        .rate_bps = rate_bps, .delay = 20 * MS, .back = 20 * MS, .limit = 1000 * MS};
    w->source = (struct source){.audio_bps = 40000, .fps = 30, .wanted_bps = 10000000};
    w->e = estimator_create(w->now);
    assert_non_null(w->e);
    twcc_recv_init(&w->recv);
    w->next_frame = w->next_audio = w->free_at = w->now;
    w->next_report = USEC_NEVER;
    w->target_least = UINT64_MAX;
    return w;
}

static inline void world_destroy(struct world *w)
{
    estimator_destroy(w->e);
    free(w);
}

static inline struct estimate world_read(const struct world *w)
{
    struct estimate est;
    estimator_read(w->e, &est);
    assert_true(est.target_bps >= ESTIMATOR_MIN_BPS && est.target_bps <= ESTIMATOR_MAX_BPS);
    return est;
}

/** Starts the counting anew. */
static inline void world_mark(struct world *w)
{
    w->delay_most = 0;
    w->sent = w->delivered = w->target_sum = w->target_most = 0;
    w->target_least = UINT64_MAX;
    w->steps = w->layer_changes = 0;
}

static inline uint64_t world_mean_target(const struct world *w)
{
    return w->target_sum / (w->steps ? w->steps : 1);
}

/** How long what waits before the line will wait. */
static inline usec_t world_queue(const struct world *w)
{
    return (usec_t)(w->waiting * 8 * SEC / w->line.rate_bps);
}

static inline bool line_in(struct world *w, bool ours, uint16_t seq, size_t len)
{
    if ((w->tail + 1) % LINE_QUEUE == w->head || world_queue(w) > w->line.limit)
        return false; // no room
    if (w->head == w->tail && w->free_at < w->now)
        w->free_at = w->now; // it stood idle
    w->queue[w->tail] = (struct line_packet){.ours = ours, .seq = seq, .len = (uint16_t)len};
    w->tail = (w->tail + 1) % LINE_QUEUE;
    w->waiting += len;
    return true;
}

static inline void world_send(struct world *w, size_t len, enum sent_kind kind, uint8_t probe)
{
    const uint16_t seq = estimator_sent(w->e, len, kind, probe, w->now);
    w->sent += len;
    line_in(w, true, seq, len);
}

static inline void line_out(struct world *w, const struct line_packet *p, usec_t at)
{
    if (!p->ours || w->line.down || rng_chance(&w->rng, w->line.lost))
        return;
    usec_t due = at + w->line.delay;
    if (w->line.jitter > 0)
        due += rng_below(&w->rng, (uint32_t)w->line.jitter);
    if (w->line.in_order && due < w->last_due)
        due = w->last_due;
    w->last_due = due;
    assert_true(w->away_count < LINE_QUEUE);
    w->away[w->away_count] = *p;
    w->away[w->away_count++].due = due;
}

static inline void line_serve(struct world *w)
{
    while (w->head != w->tail) {
        const struct line_packet *p = &w->queue[w->head];
        const usec_t done = w->free_at + (usec_t)(p->len * 8 * SEC / w->line.rate_bps);
        if (done > w->now)
            return;
        w->free_at = done;
        w->waiting -= p->len;
        line_out(w, p, done);
        w->head = (w->head + 1) % LINE_QUEUE;
    }
}

static inline void receive(struct world *w)
{
    // In the order of arrival, as a receiver sees them.
    for (;;) {
        unsigned best = UINT32_MAX;
        for (unsigned i = 0; i < w->away_count; i++) {
            if (w->away[i].due <= w->now &&
                (best == UINT32_MAX || w->away[i].due < w->away[best].due))
                best = i;
        }
        if (best == UINT32_MAX)
            break;
        twcc_recv_on_packet(&w->recv, w->away[best].seq, w->away[best].due);
        w->delivered += w->away[best].len;
        memmove(&w->away[best], &w->away[best + 1],
                (--w->away_count - best) * sizeof(w->away[0]));
    }
    if (twcc_recv_deadline(&w->recv) > w->now)
        return;
    uint8_t buf[1200];
    for (size_t len; (len = twcc_recv_write(&w->recv, buf, sizeof(buf), 1, 2)) > 0;) {
        if (w->line.down || rng_chance(&w->rng, w->line.lost_back) || w->feedback_count == 256)
            continue;
        w->feedback[w->feedback_count].due = w->now + w->line.back;
        w->feedback[w->feedback_count].len = len;
        memcpy(w->feedback[w->feedback_count++].data, buf, len);
    }
}

/** Gives feedback bytes to the estimator. */
static inline enum drop world_tell(struct world *w, const uint8_t *data, size_t len)
{
    struct rtcp_iter it;
    struct rtcp p;
    assert_int_equal(rtcp_open(&it, data, len), DROP_NONE);
    assert_true(rtcp_next(&it, &p));
    assert_int_equal(p.kind, RTCP_KIND_TWCC);
    return estimator_on_twcc(w->e, &p, w->now);
}

static inline void hear(struct world *w)
{
    unsigned n = 0;
    while (n < w->feedback_count && w->feedback[n].due <= w->now) {
        assert_int_equal(world_tell(w, w->feedback[n].data, w->feedback[n].len), DROP_NONE);
        n++;
    }
    w->feedback_count -= n;
    memmove(w->feedback, w->feedback + n, w->feedback_count * sizeof(w->feedback[0]));
}

/** The rate of video to send now: all that fits, or the best layer that does. */
static inline uint64_t video_rate(struct world *w, uint64_t target)
{
    const struct source *s = &w->source;
    const uint64_t room = target > s->audio_bps ? target - s->audio_bps : 0;
    if (s->layers[0] == 0)
        return s->wanted_bps && s->wanted_bps < room ? s->wanted_bps : room;
    unsigned layer = 0;
    while (layer + 1 < LAYERS_MAX && s->layers[layer + 1] && s->layers[layer + 1] <= room)
        layer++;
    if (layer != w->layer && (layer < w->layer || w->now - w->layer_at > SEC)) {
        w->layer = layer;
        w->layer_at = w->now;
        w->layer_changes++;
    }
    return s->layers[w->layer];
}

static inline void produce(struct world *w)
{
    const struct estimate est = world_read(w);
    const struct source *s = &w->source;
    if (w->now >= w->next_audio) {
        w->next_audio += 20 * MS;
        world_send(w, s->audio_bps / 50 / 8, SENT_AUDIO, 0);
    }
    const uint64_t video = s->paused ? 0 : video_rate(w, est.target_bps);
    if (w->now >= w->next_frame) {
        w->next_frame += SEC / s->fps;
        w->pacer += video / 8 / s->fps * (70 + rng_below(&w->rng, 61)) / 100;
    }
    if (s->wanted_bps && w->now / MS % 100 == 0)
        estimator_set_demand(w->e, s->wanted_bps, video + s->audio_bps, w->now);
    w->budget += (int64_t)(est.pace_bps / 8) * MS;
    while (w->pacer > 0 && w->budget > 0) {
        const size_t len = w->pacer < LINE_MTU ? w->pacer : LINE_MTU;
        world_send(w, len, SENT_VIDEO, 0);
        w->pacer -= len;
        w->budget -= (int64_t)len * SEC;
    }
    if (w->pacer == 0 && w->budget > 0)
        w->budget = 0;
}

static inline void probing(struct world *w)
{
    if (w->probe_left == 0) {
        if (!estimator_take_probe(w->e, &w->probe))
            return;
        w->probe_left = w->probe.bytes;
        if (w->probe_left < w->probe.min_packets * UINT64_C(200))
            w->probe_left = w->probe.min_packets * UINT64_C(200);
        w->probe_next = w->now;
    }
    while (w->probe_left > 0 && w->probe_next <= w->now) {
        size_t len = w->probe.bytes / w->probe.min_packets;
        len = len > LINE_MTU ? LINE_MTU : len < 200 ? 200 : len;
        world_send(w, len, SENT_PADDING, w->probe.id);
        w->probe_left -= w->probe_left < len ? w->probe_left : len;
        w->probe_next += (usec_t)(len * 8 * SEC / w->probe.rate_bps);
    }
}

/** The greedy one: a packet more a round trip; after a drop, seven tenths. */
static inline void others_adapt(struct world *w, bool dropped)
{
    const usec_t rtt = w->line.delay + w->line.back + world_queue(w);
    if (!dropped)
        w->line.others_bps += (uint64_t)(LINE_MTU * 8 * SEC / rtt * MS / rtt);
    else if (w->now - w->others_cut > rtt)
        w->line.others_bps = w->line.others_bps * 7 / 10;
    if (dropped && w->now - w->others_cut > rtt)
        w->others_cut = w->now;
}

static inline void others(struct world *w)
{
    bool dropped = false;
    w->other_owed += (usec_t)(w->line.others_bps / 8 / 1000);
    for (; w->other_owed >= LINE_MTU; w->other_owed -= LINE_MTU)
        dropped |= !line_in(w, false, 0, LINE_MTU);
    if (w->line.others_greedy)
        others_adapt(w, dropped);
}

static inline void world_step(struct world *w)
{
    w->now += MS;
    others(w);
    produce(w);
    probing(w);
    line_serve(w);
    receive(w);
    hear(w);
    if (w->now >= estimator_deadline(w->e))
        estimator_tick(w->e, w->now);
    const struct estimate est = world_read(w);
    w->target_sum += est.target_bps;
    w->steps++;
    if (est.target_bps < w->target_least)
        w->target_least = est.target_bps;
    if (est.target_bps > w->target_most)
        w->target_most = est.target_bps;
    if (world_queue(w) > w->delay_most)
        w->delay_most = world_queue(w);
}

static inline void world_run(struct world *w, usec_t time)
{
    for (const usec_t end = w->now + time; w->now < end;)
        world_step(w);
}

#endif
