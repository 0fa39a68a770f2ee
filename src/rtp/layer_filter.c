#include "rtp/layers.h"

// A temporal layer that does not open within so many pictures is opened by a keyframe: the
// encoder does not say where one may climb.
#define PATIENCE 90
#define NONE     UINT8_MAX

static uint8_t number_of(unsigned sid, unsigned tid)
{
    return (uint8_t)(sid * LAYERS_TEMPORAL + tid);
}

static struct layer layer_of(unsigned number)
{
    return (struct layer){.sid = (uint8_t)(number / LAYERS_TEMPORAL),
                          .tid = (uint8_t)(number % LAYERS_TEMPORAL)};
}

void layer_filter_start(struct layer_filter *f, struct layer goal)
{
    *f = (struct layer_filter){.goal = goal, .now = goal};
}

void layer_filter_aim(struct layer_filter *f, struct layer goal)
{
    if (f->goal.sid != goal.sid || f->goal.tid != goal.tid)
        f->waited = 0;
    f->goal = goal;
}

/** The best of the layers `among` that is not above `most`; NONE if there is none. */
static uint8_t best(uint16_t among, struct layer most)
{
    for (unsigned s = LAYERS_SPATIAL; s-- > 0;)
        for (unsigned t = LAYERS_TEMPORAL; t-- > 0;)
            if (s <= most.sid && t <= most.tid && among & layer_bit(s, t))
                return number_of(s, t);
    return NONE;
}

/** The layer that is meant by `want`, broken or not, among those that are being sent. */
static uint8_t meant(const struct layer_filter *f, struct layer want)
{
    const uint8_t number = best(f->exist, want);
    return number != NONE ? number : (uint8_t)__builtin_ctz(f->exist | 0x10000u);
}

bool layer_filter_needs_key(const struct layer_filter *f)
{
    if (!f->started)
        return false;
    const uint8_t goal = meant(f, f->goal);
    if (!(f->broken >> goal & 1))
        return false;
    return layer_of(goal).sid != f->now.sid || f->waited >= PATIENCE;
}

/** The layer for the picture that begins: the goal, or what comes nearest without harm. */
static uint8_t choose(const struct layer_filter *f)
{
    const uint16_t whole = f->exist & (uint16_t)~f->broken;
    const uint8_t goal = meant(f, f->goal);
    uint8_t number;

    if (whole >> goal & 1)
        return goal;
    if ((number = best(whole, f->goal)) != NONE)
        return number;
    // Nothing below is whole: what passes now goes on, slower if that was wished.
    const struct layer slower = {f->now.sid,
                                 f->goal.tid < f->now.tid ? f->goal.tid : f->now.tid};
    const uint8_t row = best(whole & (uint16_t)(0xfu << f->now.sid * LAYERS_TEMPORAL), slower);
    return row != NONE ? row : number_of(f->now.sid, f->now.tid);
}

static void change(struct layer_filter *f, uint32_t ts, uint8_t layer)
{
    f->newest = (uint8_t)((f->newest + 1) % LAYERS_CHANGES);
    f->change[f->newest] = (struct layer_change){.ts = ts, .layer = layer};
    if (f->count < LAYERS_CHANGES)
        f->count++;
    f->now = layer_of(layer);
}

/** The layer in force for the picture of time `ts`; NONE if that is forgotten. */
static uint8_t layer_at(const struct layer_filter *f, uint32_t ts)
{
    for (unsigned age = 0; age < f->count; age++) {
        const struct layer_change *c =
            &f->change[(f->newest + LAYERS_CHANGES - age) % LAYERS_CHANGES];
        if ((int32_t)(ts - c->ts) >= 0)
            return c->layer;
    }
    return NONE;
}

/** The first packet to come of a new picture: here, and only here, the layer changes. */
static void begin_picture(struct layer_filter *f, const struct payload *d, uint32_t ts)
{
    if (f->started && (int32_t)(ts - f->ts) < 0) { // its clock began anew
        f->count = 0;
        f->fresh = ts;
        f->past_lost = true;
    }
    if (!f->started)
        f->fresh = ts;
    f->ts = ts;
    f->exist = d->part.exist;
    if (d->part.fresh) {
        f->broken = 0;
        f->fresh = ts;
    }
    if (d->codec == CODEC_VP8 && !d->part.by_dd && d->part.tid > 0) {
        // RFC 7741: Y frames need the base layer alone, later ones the layers between as well.
        const uint16_t below = layer_bit(0, d->part.tid - 1u);
        if (!(f->broken & below))
            f->broken &= (uint16_t)~d->part.opens;
    }
    const uint8_t next = choose(f);
    if (!f->started || f->count == 0 || next != number_of(f->now.sid, f->now.tid))
        change(f, ts, next);
    f->waited = next == meant(f, f->goal) ? 0 : (uint8_t)(f->waited + (f->waited < UINT8_MAX));
    f->started = true;
}

static bool passes(const struct payload *d, uint8_t layer, bool *marker)
{
    if (!(d->part.needed >> layer & 1))
        return false;
    const unsigned sid = layer_of(layer).sid;
    // The highest has the end of the picture anyway.
    if (d->part.layered && d->part.ends && sid < LAYERS_SPATIAL - 1 && d->part.sid >= sid)
        *marker = true;
    return true;
}

bool layer_filter_pass(struct layer_filter *f, const struct payload *d, uint32_t ts,
                       bool *marker)
{
    if (!f->started || layer_later(ts, f->ts))
        begin_picture(f, d, ts);
    const uint8_t layer = layer_at(f, ts);
    if (layer == NONE || !passes(d, layer, marker)) {
        // One from before the newest beginning does no harm to what came after that.
        if ((int32_t)(ts - f->fresh) >= 0)
            f->broken |= d->part.needed;
        return false;
    }
    if (ts == f->ts && (d->codec != CODEC_VP8 || d->part.by_dd))
        f->broken &= (uint16_t)~d->part.opens;
    return true;
}

enum layer_fate layer_filter_again(const struct layer_filter *f, const struct payload *d,
                                   uint32_t ts, bool *marker)
{
    const uint8_t layer = layer_at(f, ts);

    if (layer == NONE || f->past_lost)
        return LAYER_UNKNOWN;
    return passes(d, layer, marker) ? LAYER_PASSED : LAYER_LEFT_OUT;
}
