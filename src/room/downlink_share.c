/*
 * What the line carries, divided among a viewer's pictures. Sound is not divided: it comes
 * first and always. Each picture's ladder goes from its lowest layer up to what the viewer will
 * show of it; what it is given stands in the slot, and slot_choose() does the rest.
 */
#include "room/downlink.h"

#include "cc/shed.h"
#include "record.h"
#include "room/member.h"
#include "room/room.h"

#include <stdlib.h>
#include <string.h>

#define SOUND_BPS   40000u ///< of a voice whose rate is not known
#define SHARE_SLOTS 64     ///< pictures of one viewer that are weighed against each other
#define TICK        (300 * USEC_PER_MS) ///< about how often track_measure() is called
// A text that comes late can still be read, and its keyframe is large: given up halfway again
// and again, it would never come.
#define SCREEN_PATIENCE (4 * USEC_PER_SEC)
#define MILLIBITS_NUM   19 ///< bits a second and pixel, times ten: 1.75 Mbit/s at 720p
#define MILLIBITS_DEN   10

/** What a picture of this size usually takes: small ones more for each pixel. */
static uint64_t expected(const struct stream *st)
{
    unsigned w, h;
    track_size(st->track, st, &w, &h);
    return (uint64_t)w * h * MILLIBITS_NUM / MILLIBITS_DEN + 50000;
}

/** What it costs: as measured, as it was last, or as its size lets expect. */
static uint64_t cost_of(const struct stream *st)
{
    if (st->cost_bps)
        return st->cost_bps;
    return st->track->kind == KIND_AUDIO ? SOUND_BPS : expected(st);
}

/** What could only be guessed is known now. */
static void share_anew(const struct room *r, usec_t now)
{
    for (unsigned i = 0; i < r->member_count; i++) {
        struct downlink *d = r->member[i]->down;
        if (!d)
            continue;
        d->dirty = true;
        downlink_wake(d, now);
    }
}

/** Rises at once and falls slowly: a picture that rests will move again. */
static void measure(struct stream *st, usec_t now)
{
    if (!st->bound || !stream_alive(st, now))
        return;
    if (st->cost_id != st->id) {
        st->cost_id = st->id;
        st->began_at = now;
    }
    uint64_t rate = recv_stats_rate_bps(&st->stats, now);
    const usec_t age = now - st->began_at + TICK / 2;
    if (age < USEC_PER_SEC) // the rate is counted over a second
        rate = rate * USEC_PER_SEC / (uint64_t)age;
    if (age < TICK || rate == 0)
        return;
    if (st->cost_bps == 0 || age < USEC_PER_SEC) {
        if (st->cost_bps == 0)
            share_anew(st->track->owner->room, now);
        st->cost_bps = rate;
    } else if (rate > st->cost_bps)
        st->cost_bps += (rate - st->cost_bps) / 4;
    else
        st->cost_bps -= (st->cost_bps - rate) / 16;
}

static void count_frames(struct stream *st, usec_t now)
{
    const usec_t span = now - st->frames_at;
    if (span < USEC_PER_SEC)
        return;
    st->fps = (float)(st->frames - st->frames_then) * USEC_PER_SEC / (float)span;
    st->frames_then = st->frames;
    st->frames_at = now;
}

void track_measure(struct track *t, usec_t now)
{
    for (unsigned i = 0; i < t->stream_count; i++) {
        measure(&t->stream[i], now);
        count_frames(&t->stream[i], now);
    }
}

static enum allocate_rank rank_of(const struct slot *s, const struct letter_want *w)
{
    const struct member *speaker = s->owner->room->speaker;
    if (media_is_screen(s->track->source))
        return ALLOCATE_SCREEN;
    if (w->pinned)
        return ALLOCATE_PINNED;
    return s->track->owner == speaker ? ALLOCATE_SPEAKER : ALLOCATE_REST;
}

static enum allocate_taste taste_of(const struct track *t)
{
    if (t->content != CONTENT_MOTION)
        return ALLOCATE_SHARP;
    return media_is_screen(t->source) ? ALLOCATE_SMOOTH : ALLOCATE_BALANCED;
}

/** One way to send a stream: everything up to `layer`, as its part of what all of it costs. */
static struct allocate_step way_of(const struct stream *st, struct layer layer, usec_t now)
{
    unsigned w, h;
    track_size(st->track, st, &w, &h);
    uint16_t width = (uint16_t)w, height = (uint16_t)h;
    layers_size(&st->layers, layer.sid, &width, &height);
    const uint64_t all = layers_rate(&st->layers, layers_top(&st->layers, now), now);
    const uint64_t part = layers_rate(&st->layers, layer, now);
    uint64_t rate = cost_of(st);
    if (part > 0 && part < all)
        rate = rate * part / all;
    return (struct allocate_step){.stream = st->layer,
                                  .sid = layer.sid,
                                  .tid = layer.tid,
                                  .area = (uint32_t)width * height,
                                  .rate_bps = rate < UINT32_MAX ? (uint32_t)rate : UINT32_MAX};
}

/** The ways to send a stream up to `top`. */
static unsigned ways_of(const struct stream *st, struct layer top, struct allocate_step *out,
                        usec_t now)
{
    unsigned n = 0;
    if (st->cost_bps == 0) { // to leave out parts of what is not known would be a guess
        *out = way_of(st, top, now);
        return 1;
    }
    for (uint8_t sid = 0; sid <= top.sid; sid++)
        for (uint8_t tid = 0; tid <= top.tid; tid++)
            out[n++] = way_of(st, (struct layer){.sid = sid, .tid = tid}, now);
    return n;
}

/** What a slot has now, to be found on its ladder. */
static int place_of(const struct slot *s, const struct allocate_slot *a, usec_t now)
{
    const struct stream *st = s->current;
    if (!st || st->track != s->track)
        return s->rationed ? s->ration_place : -1;
    const struct allocate_step has = way_of(st, s->layer, now);
    return allocate_place(a, &has);
}

/** Written down at once: not in any division. */
static void ration_nothing(struct slot *s)
{
    s->rationed = s->ration_none = true;
    s->ration_limited = CHOOSE_BY_SERVER;
    s->ration_place = -1;
}

/** The layers that there is time for are another number now: what their source sends as well.
 */
static void leave_out(struct slot *s, unsigned layers, usec_t now)
{
    if (s->left_out == layers)
        return;
    s->left_out = (uint8_t)layers;
    s->owner->room->demand_at = now;
}

/** So many streams of the track, from the lowest on, are on the ladder. */
static unsigned reaches(const struct allocate_slot *a)
{
    return a->step_count > 0 ? a->step[a->step_count - 1].stream + 1u : 0;
}

/**
 * What there is no time for is not weighed. Layers that are not sent have no rate: while one of
 * `wanted` is missing, whole layers are left out. How many.
 *
 * The number is odd and near the golden section of SHED_ALL: of people who come one after the
 * other, each next turn is far from those before.
 */
static unsigned shed(const struct slot *s, struct allocate_slot *a, unsigned wanted)
{
    const unsigned share = shed_rank(SHED_ALL - s->owner->env->left_out, a->rank);
    const unsigned turn = (unsigned)(s->owner->age * 633 % SHED_ALL);
    if (share == SHED_ALL)
        return 0;
    unsigned kept = wanted;
    if (demand_stops(&s->track->demand, wanted)) {
        kept = shed_layers(wanted, share, turn);
        while (reaches(a) > kept)
            a->step_count--;
        a->shed = kept < wanted;
    } else {
        const unsigned top = reaches(a);
        a->shed = shed_ladder(a, share, turn);
        if (reaches(a) < top)
            kept = reaches(a);
    }
    return kept < wanted ? wanted - kept : 0; // what is there may be larger than what is wanted
}

/** All that could be given to the slot, cheapest first. */
static void make_ladder(struct slot *s, const struct letter_want *w, const struct stream *top,
                        struct allocate_slot *a, usec_t now)
{
    s->weighed = top->layer;
    struct allocate_step all[AGREE_MAX_ENCODINGS * LAYERS_SPATIAL * LAYERS_TEMPORAL];
    unsigned n = 0;
    for (unsigned i = 0; i <= top->layer; i++) {
        const struct stream *st = &s->track->stream[i];
        if (st == top)
            n += ways_of(st, track_layer(st, w->width, w->height, now), all + n, now);
        else if (track_lives(s->track, st, now))
            n += ways_of(st, layers_top(&st->layers, now), all + n, now);
    }
    allocate_ladder(a, all, n, taste_of(s->track));
    if (a->step_count == 0)
        return;
    const struct allocate_step *best = &a->step[a->step_count - 1];
    s->wanted_stream = best->stream;
    s->wanted_layer = (struct layer){.sid = best->sid, .tid = best->tid};
}

/** False: there is nothing to give this slot. */
static bool weigh(struct slot *s, struct allocate_slot *a, usec_t now)
{
    const struct letter_want *w = member_want(s->owner, s);
    if (!s->track || s->off || s->kind != KIND_VIDEO || s->track->muted || w->paused) {
        leave_out(s, 0, now);
        return false;
    }
    bool limited;
    const struct stream *top = track_choose(s->track, w->width, w->height, &limited, now);
    const unsigned wanted = track_wanted(s->track, w->width, w->height) + 1;
    *a = (struct allocate_slot){
        .rank = rank_of(s, w), .held = media_is_screen(s->track->source), .memory = &s->memory};
    if (top)
        make_ladder(s, w, top, a, now);
    leave_out(s, shed(s, a, wanted), now);
    if (s->left_out == wanted || (a->shed && a->step_count == 0))
        ration_nothing(s);
    else if (!top && s->ration_limited == CHOOSE_BY_SERVER)
        s->rationed = false; // there is time again
    a->had = place_of(s, a, now);
    return a->step_count > 0;
}

/** Writes down what a slot was given. */
static void ration(struct slot *s, const struct allocate_slot *a)
{
    const bool nothing = a->given < 0;
    const struct allocate_step *step = nothing ? NULL : &a->step[a->given];
    s->rationed = true;
    s->ration_none = nothing;
    s->ration_place = a->given;
    s->ration_limited = a->given + 1 < (int)a->step_count ? CHOOSE_BY_LINE
                        : a->shed                         ? CHOOSE_BY_SERVER
                                                          : CHOOSE_UNLIMITED;
    s->ration_stream = step ? step->stream : 0;
    s->ration_layer = (struct layer){.sid = step ? step->sid : 0, .tid = step ? step->tid : 0};
}

/** Sound, and what is sent again, are taken off before anything is divided. */
static uint64_t reserved(const struct downlink *d)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < d->owner->slot_count; i++) {
        const struct slot *s = d->owner->slot[i];
        if (s->kind == KIND_AUDIO && s->track && !s->track->muted && s->current)
            sum += cost_of(s->current) * 9 / 8; // the trailer of a small packet
    }
    return sum;
}

/**
 * A line that was never seen to be too narrow may be wide: the most important picture is sent
 * whatever it costs. Else somebody whose publisher has one large layer would see nothing until
 * the estimate, which grows by what is sent, has come so far.
 */
static void trust(struct allocate_slot *a, unsigned n)
{
    struct allocate_slot *first = NULL;
    for (unsigned i = 0; i < n; i++)
        if (!first || a[i].rank < first->rank)
            first = &a[i];
    if (first)
        first->held = true;
}

static void divide(struct downlink *d, uint64_t bps, uint64_t sound, usec_t now)
{
    struct allocate_slot a[SHARE_SLOTS];
    struct allocate_memory before[SHARE_SLOTS];
    struct slot *of[SHARE_SLOTS];
    unsigned n = 0;
    for (unsigned i = 0; i < d->owner->slot_count && n < SHARE_SLOTS; i++)
        if (weigh(d->owner->slot[i], &a[n], now))
            of[n++] = d->owner->slot[i];
    if (d->trusted)
        trust(a, n);
    for (unsigned i = 0; i < n; i++)
        before[i] = *a[i].memory;
    allocator_run(&d->allocator, a, n, bps, now);
    const struct record_division v = {
        .bps = bps, .n = n, .of = of, .slot = a, .before = before};
    record_divide(d, &v, now);
    d->wanted_bps = d->given_bps = sound;
    d->pacer.patience = PACER_MAX_AGE;
    for (unsigned i = 0; i < n; i++) {
        ration(of[i], &a[i]);
        if (a[i].rank == ALLOCATE_SCREEN && a[i].given >= 0)
            d->pacer.patience = SCREEN_PATIENCE;
        d->wanted_bps += a[i].step[a[i].step_count - 1].rate_bps;
        d->given_bps += a[i].given < 0 ? 0 : a[i].step[a[i].given].rate_bps;
    }
    // Less than that and the allocator would leave what is new where it is.
    record_demand(d, d->wanted_bps * 23 / 20, d->given_bps, now);
    estimator_set_demand(d->estimator, d->wanted_bps * 23 / 20, d->given_bps, now);
}

/** The queue was given up: what was shown stands still until the next keyframe. */
static void unchoke(struct downlink *d, usec_t now)
{
    for (unsigned i = 0; d->choked && i < d->owner->slot_count; i++) {
        struct slot *s = d->owner->slot[i];
        if (s->choked)
            slot_freeze(s, now);
        s->choked = false;
    }
    d->choked = false;
}

void downlink_share(struct downlink *d, usec_t now)
{
    const uint64_t sound = reserved(d);
    const uint64_t again = d->resending_bps < d->estimate.target_bps / 4
                               ? d->resending_bps
                               : d->estimate.target_bps / 4;
    const uint64_t target = d->estimate.target_bps;
    const uint64_t bps = target > sound + again ? target - sound - again : 0;
    allocator_note(&d->allocator, bps, now);
    const bool forced = d->dirty || d->choked;
    const bool due = forced || allocator_due(&d->allocator, bps, now);
    record_share(d, bps, forced, due, now);
    if (!due)
        return;
    d->dirty = false;
    unchoke(d, now);
    divide(d, bps, sound, now);
    bool news = false;
    d->sharing = true;
    for (unsigned i = 0; i < d->owner->slot_count; i++) {
        slot_choose(d->owner->slot[i], d->owner->env, now);
        news |= slot_news(d->owner->slot[i]);
    }
    d->sharing = false;
    if (news)
        room_wake(d->owner->room, now);
}
