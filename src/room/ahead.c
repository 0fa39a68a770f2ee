#include "room/ahead.h"

#include "base/fetch.h"
#include "cc/estimator.h"
#include "room/downlink.h"
#include "room/member.h"
#include "room/slot.h"
#include "room/stream.h"

static void fetch_slot(const struct slot *s)
{
    FETCH_MEMBERS(s, owner, owner);
    FETCH_MEMBERS(s, track, wanted_layer);
    FETCH_MEMBERS(s, choked, filter.count);
    FETCH_MEMBERS(s, out, plan);
    FETCH_MEMBERS(s, rewrite.started, rewrite.skipped_pid);
    fetch_soon(&s->replay, sizeof(s->replay.on));
    FETCH_MEMBERS(s, seal.ssrc, seal.highest);
    FETCH_MEMBERS(s, packets, octets);
    fetch_soon(&s->red, sizeof(s->red.distance));
}

static void fetch_member(const struct member *m)
{
    FETCH_MEMBERS(m, room, env);
    peer_fetch(&m->peer);
    FETCH_MEMBERS(m, down, down);
}

static void fetch_down(const struct slot *s)
{
    const struct downlink *d = s->owner->down;
    peer_fetch_keys(&s->owner->peer);
    FETCH_MEMBERS(d, owner, estimator);
    FETCH_MEMBERS(d, pacer.busy, pacer.bytes);
    FETCH_MEMBERS(d, numbered, probe_packets);
    fetch_soon(&d->count, sizeof(d->count));
}

static void fetch_map(const struct slot *s)
{
    const struct rewrite *r = &s->rewrite;
    fetch_soon(&r->span[r->span_newest], sizeof(r->span[0]));
    fetch_soon(&s->filter.change[s->filter.newest], sizeof(s->filter.change[0]));
    fetch_soon(&s->seal.sent, sizeof(s->seal.sent));
}

void ahead_of(const struct stream *st, unsigned i)
{
    if (i >= 5)
        fetch_slot(st->slot[i - 5]);
    if (i >= 4)
        fetch_member(st->slot[i - 4]->owner);
    if (i >= 3)
        fetch_down(st->slot[i - 3]);
    if (i >= 2) {
        estimator_fetch(st->slot[i - 2]->owner->down->estimator);
        fetch_map(st->slot[i - 2]);
    }
    if (i >= 1)
        estimator_fetch_next(st->slot[i - 1]->owner->down->estimator);
}
