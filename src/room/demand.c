#include "room/demand.h"

#include "room/room.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY USEC_PER_SEC ///< without a change: layers may have lingered long enough

/** The bits of so many layers, from the lowest on. */
static uint8_t lowest(unsigned count)
{
    return (uint8_t)((1u << count) - 1);
}

void demand_init(struct demand *d, unsigned layers, usec_t now)
{
    *d = (struct demand){.on = lowest(layers), .told = lowest(layers)};
    for (unsigned i = 0; i < layers; i++)
        d->wished_at[i] = d->started_at[i] = now;
}

bool demand_stops(const struct demand *d, unsigned layers)
{
    return (d->on & lowest(layers)) != lowest(layers);
}

bool demand_explains_silence(const struct demand *d, unsigned layer, usec_t now)
{
    return !(d->on & 1u << layer) || now - d->started_at[layer] < DEMAND_PATIENCE;
}

static void forget_wishes(const struct room *r)
{
    for (unsigned i = 0; i < r->member_count; i++) {
        for (unsigned k = 0; k < r->member[i]->track_count; k++) {
            struct demand *d = &r->member[i]->track[k]->demand;
            d->wished = d->wanted = 0;
            d->paused = 0;
        }
    }
}

/** What a viewer's slots show. Without a size it is the best there is. */
static void wish(const struct member *viewer)
{
    for (unsigned i = 0; i < viewer->slot_count; i++) {
        const struct slot *s = viewer->slot[i];
        if (s->off || !s->track || s->kind != KIND_VIDEO)
            continue;
        const struct letter_want *w = member_want(viewer, s);
        struct demand *d = &s->track->demand;
        if (w->paused) {
            d->paused++;
            continue;
        }
        const unsigned wanted = track_wanted(s->track, w->width, w->height) + 1;
        const unsigned sent = s->left_out < wanted ? wanted - s->left_out : 0;
        d->paused += sent == 0;
        d->wished |= lowest(sent);
        d->wanted |= lowest(wanted);
    }
}

/** Whoever has only just come may want to see anybody. */
static bool can_watch(const struct member *m)
{
    for (unsigned i = 0; i < m->slot_count; i++)
        if (m->slot[i]->kind == KIND_VIDEO && !m->slot[i]->off)
            return true;
    return !m->has_peer;
}

/**
 * The lowest layer goes on while anybody is there who could be shown it next: a new seat has a
 * picture at once. Who has it on a slot and hides it there will say so before.
 */
static void keep_lowest(struct track *t, unsigned watchers)
{
    if (watchers > t->demand.paused)
        t->demand.wished |= 1;
}

static void settle(struct track *t, usec_t now)
{
    struct demand *d = &t->demand;
    for (unsigned i = 0; i < t->stream_count; i++) {
        const uint8_t bit = (uint8_t)(1u << i);
        if (d->wished & bit)
            d->wished_at[i] = now;
        const bool lingers = now - d->wished_at[i] < DEMAND_LINGER;
        if (!(d->wished & bit) && (!lingers || (d->wanted & bit))) {
            d->on &= (uint8_t)~bit;
        } else if (!(d->on & bit)) {
            d->on |= bit;
            d->started_at[i] = now;
        }
    }
}

static bool is_news(const struct member *m)
{
    bool news = m->demand_due;
    for (unsigned i = 0; i < m->track_count; i++)
        news |= m->track[i]->kind == KIND_VIDEO &&
                m->track[i]->demand.on != m->track[i]->demand.told;
    return news && m->has_peer;
}

static void describe(struct track *t, struct letter_demand *out)
{
    memcpy(out->mid, t->mid, sizeof(out->mid));
    out->source = t->source;
    for (unsigned i = 0; i < t->stream_count; i++)
        if (t->demand.on & 1u << i)
            memcpy(out->rid[out->rid_count++], t->stream[i].rid, sizeof(out->rid[0]));
    t->demand.told = t->demand.on;
}

static void tell(struct member *m)
{
    if (!is_news(m))
        return;
    struct letter_demand *track = calloc(m->track_count + 1, sizeof(*track));
    if (!track)
        return; // still news at the next look
    struct letter l = {.type = LETTER_TRACK_DEMAND,
                       .u.demand = {.generation = m->peer.generation, .track = track}};
    memcpy(l.room, m->room->id, sizeof(l.room));
    memcpy(l.member, m->id, sizeof(l.member));
    for (unsigned i = 0; i < m->track_count; i++)
        if (m->track[i]->kind == KIND_VIDEO)
            describe(m->track[i], &track[l.u.demand.count++]);
    m->demand_due = false;
    m->env->post(m->env->ctx, &l);
    free(track);
}

void demand_tick(struct room *r, bool seated, usec_t now)
{
    if (!seated && now < r->demand_at)
        return;
    r->demand_at = now + LOOK_EVERY;
    unsigned watchers = 0;
    forget_wishes(r);
    for (unsigned i = 0; i < r->member_count; i++) {
        watchers += can_watch(r->member[i]);
        wish(r->member[i]);
    }
    for (unsigned i = 0; i < r->member_count; i++) {
        struct member *m = r->member[i];
        const unsigned others = watchers - can_watch(m); // nobody is shown to himself
        for (unsigned k = 0; k < m->track_count; k++) {
            keep_lowest(m->track[k], others);
            settle(m->track[k], now);
        }
        tell(m);
    }
}
