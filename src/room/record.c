#include "record.h"

#include "cc/state.h"

#include <string.h>

#define SMALL 160 ///< bytes of most records

/** A record being put together. */
struct draft {
    struct flight *f;
    struct pack p;
    uint8_t bytes[SMALL];
};

/** Begins with whom it is about. False if nothing is recorded. */
static bool begin(struct draft *d, const struct member *m)
{
    uint16_t who = (uint16_t)m->age;
    d->f = &m->room->flight;
    if (!flight_on(d->f))
        return false;
    d->p = pack_writer(d->bytes, sizeof(d->bytes));
    pack_u16(&d->p, &who, UINT16_MAX);
    return true;
}

static void end(const struct draft *d, enum flight_type type, usec_t now)
{
    if (!d->p.bad)
        flight_write(d->f, type, d->bytes, (size_t)(d->p.at - d->bytes), now);
}

static void put(struct draft *d, uint64_t v)
{
    pack_u64(&d->p, &v, UINT64_MAX);
}

static void put_text(struct draft *d, const char *text, size_t size)
{
    char copy[SMALL] = "";
    memcpy(copy, text, strnlen(text, size - 1));
    pack_text(&d->p, copy, size);
}

/** By its place among the tracks of its owner. */
static unsigned track_place(const struct track *t)
{
    unsigned i = 0;
    while (i < t->owner->track_count && t->owner->track[i] != t)
        i++;
    return i;
}

static unsigned slot_place(const struct slot *s)
{
    unsigned i = 0;
    while (i < s->owner->slot_count && s->owner->slot[i] != s)
        i++;
    return i;
}

void record_came(const struct stream *st, const struct rtp *pkt, const struct payload *desc,
                 bool repaired, usec_t now)
{
    const struct member *m = st->track->owner;
    if (!flight_on(&m->room->flight))
        return;
    const struct flight_came c = {
        .who = (uint16_t)m->age,
        .len = (uint16_t)pkt->len,
        .seq = pkt->seq,
        .ts = pkt->ts,
        .track = (uint8_t)track_place(st->track),
        .stream = st->layer,
        .sid = desc ? desc->part.sid : 0,
        .tid = desc ? desc->part.tid : 0,
        .marker = pkt->marker,
        .keyframe = desc && desc->keyframe,
        .repaired = repaired,
    };
    flight_came(&m->room->flight, &c, now);
}

static void record_track(const struct member *m, const struct track *t, usec_t now)
{
    struct draft d;
    if (!begin(&d, m))
        return;
    put(&d, track_place(t));
    put(&d, t->kind);
    put(&d, t->source);
    put(&d, t->muted);
    put_text(&d, t->mid, sizeof(t->mid));
    put(&d, t->stream_count);
    for (unsigned i = 0; i < t->stream_count; i++) {
        put_text(&d, t->stream[i].rid, sizeof(t->stream[i].rid));
        put(&d, t->stream[i].width);
        put(&d, t->stream[i].height);
    }
    end(&d, FLIGHT_TRACK, now);
}

static void record_slot(const struct member *m, const struct slot *s, usec_t now)
{
    struct draft d;
    if (!begin(&d, m))
        return;
    put(&d, slot_place(s));
    put(&d, s->kind);
    put(&d, s->role);
    put(&d, s->pair);
    put(&d, s->off);
    put_text(&d, s->mid, sizeof(s->mid));
    put(&d, s->track ? (uint16_t)s->track->owner->age : 0);
    put(&d, s->track ? track_place(s->track) : 0);
    put(&d, s->current ? 1u + s->current->layer : 0);
    end(&d, FLIGHT_SLOT, now);
}

/** All that is known of a viewer's line, from which decisions can be repeated. */
static void record_state(struct downlink *d, usec_t now)
{
    uint8_t bytes[ESTIMATOR_STATE];
    uint16_t who = (uint16_t)d->owner->age;
    struct pack p = pack_writer(bytes, sizeof(bytes));
    pack_u16(&p, &who, UINT16_MAX);
    pack_u8(&p, &d->probe.id, UINT8_MAX);
    allocator_pack(&p, &d->allocator);
    estimator_save(d->estimator, &p);
    if (!p.bad) // else the next one may be smaller
        flight_write(&d->owner->room->flight, FLIGHT_STATE, bytes, (size_t)(p.at - bytes), now);
}

void record_member(struct member *m, usec_t now)
{
    struct draft d;
    if ((m->recorded_at && now - m->recorded_at < FLIGHT_EACH) || !begin(&d, m))
        return;
    m->recorded_at = now;
    put_text(&d, m->id, sizeof(m->id));
    put(&d, m->has_peer && m->peer.state == PEER_UP);
    end(&d, FLIGHT_MEMBER, now);
    for (unsigned i = 0; i < m->track_count; i++)
        record_track(m, m->track[i], now);
    for (unsigned i = 0; i < m->slot_count; i++) {
        record_slot(m, m->slot[i], now);
        m->slot[i]->recorded = 0; // why it shows what it shows is said again, too
    }
    if (m->down)
        record_state(m->down, now);
}

void record_left(const struct member *m, usec_t now)
{
    struct draft d;
    if (begin(&d, m))
        end(&d, FLIGHT_LEFT, now);
}

void record_peer(const struct member *m, usec_t now)
{
    struct draft d;
    if (!begin(&d, m))
        return;
    put(&d, m->peer.state == PEER_UP);
    put_text(&d, m->peer.state == PEER_GONE ? m->peer.why_gone : "", 32);
    end(&d, FLIGHT_PEER, now);
}

void record_mute(const struct member *m, enum media_source source, bool muted, usec_t now)
{
    struct draft d;
    if (!begin(&d, m))
        return;
    put(&d, source);
    put(&d, muted);
    end(&d, FLIGHT_MUTE, now);
}

void record_uplink(const struct stream *st, const struct rtcp_report *r, usec_t now)
{
    struct draft d;
    if (!begin(&d, st->track->owner))
        return;
    put(&d, track_place(st->track));
    put(&d, st->layer);
    put(&d, r->fraction);
    put(&d, r->jitter);
    put(&d, st->cost_bps);
    end(&d, FLIGHT_UPLINK, now);
}

void record_asked(const struct slot *s, unsigned n, usec_t now)
{
    struct draft d;
    if (!begin(&d, s->owner))
        return;
    put(&d, slot_place(s));
    put(&d, n);
    end(&d, FLIGHT_ASKED, now);
}

void record_wished(const struct stream *st, unsigned n, usec_t now)
{
    struct draft d;
    if (!begin(&d, st->track->owner))
        return;
    put(&d, track_place(st->track));
    put(&d, st->layer);
    put(&d, n);
    end(&d, FLIGHT_WISHED, now);
}

void record_began(const struct slot *s, const struct stream *st, bool past, usec_t now)
{
    struct draft d;
    if (!begin(&d, s->owner))
        return;
    put(&d, slot_place(s));
    put(&d, (uint16_t)st->track->owner->age);
    put(&d, track_place(st->track));
    put(&d, st->layer);
    put(&d, past);
    end(&d, FLIGHT_BEGAN, now);
}

void record_gave_up(const struct downlink *d, usec_t now)
{
    struct draft r;
    if (!begin(&r, d->owner))
        return;
    put(&r, d->pacer.bytes);
    end(&r, FLIGHT_GAVE_UP, now);
}
