/* What is recorded of a viewer's line: what the estimator is told, and what is decided. */
#include "record.h"

#include "cc/state.h"

#include <string.h>

#define RECORD_SIZE 24000 ///< of the largest: a division among 64 pictures

/** Begins with whom it is about. False if nothing is recorded. */
static bool begin(struct pack *p, uint8_t *bytes, size_t size, const struct member *m)
{
    uint16_t who = (uint16_t)m->age;
    if (!flight_on(&m->room->flight))
        return false;
    *p = pack_writer(bytes, size);
    pack_u16(p, &who, UINT16_MAX);
    return true;
}

static void end(const struct pack *p, const uint8_t *bytes, const struct member *m,
                enum flight_type type, usec_t now)
{
    if (!p->bad)
        flight_write(&m->room->flight, type, bytes, (size_t)(p->at - bytes), now);
}

void record_twcc(const struct member *m, const struct rtcp *r, usec_t now)
{
    uint8_t bytes[2048];
    struct pack p;
    if (!begin(&p, bytes, sizeof(bytes), m) || (size_t)(p.end - p.at) < r->len)
        return;
    memcpy(p.at, r->data, r->len);
    p.at += r->len;
    end(&p, bytes, m, FLIGHT_TWCC, now);
}

void record_remb(const struct member *m, uint64_t bps, usec_t now)
{
    uint8_t bytes[32];
    struct pack p;
    if (!begin(&p, bytes, sizeof(bytes), m))
        return;
    pack_u64(&p, &bps, UINT64_MAX);
    end(&p, bytes, m, FLIGHT_REMB, now);
}

void record_report(const struct member *m, uint8_t fraction, usec_t rtt, usec_t now)
{
    uint8_t bytes[32];
    struct pack p;
    if (!begin(&p, bytes, sizeof(bytes), m))
        return;
    pack_u8(&p, &fraction, UINT8_MAX);
    pack_time(&p, &rtt);
    end(&p, bytes, m, FLIGHT_REPORT, now);
}

void record_demand(const struct downlink *d, uint64_t wanted, uint64_t given, usec_t now)
{
    uint8_t bytes[32];
    struct pack p;
    if (!begin(&p, bytes, sizeof(bytes), d->owner))
        return;
    pack_u64(&p, &wanted, STATE_RATE_MAX);
    pack_u64(&p, &given, STATE_RATE_MAX);
    end(&p, bytes, d->owner, FLIGHT_DEMAND, now);
}

void record_plain(const struct downlink *d, enum flight_type type, usec_t now)
{
    uint8_t bytes[8];
    struct pack p;
    if (begin(&p, bytes, sizeof(bytes), d->owner))
        end(&p, bytes, d->owner, type, now);
}

void record_probe(const struct downlink *d, usec_t now)
{
    uint8_t bytes[48];
    struct pack p;
    struct estimator_probe plan = d->probe;
    if (!begin(&p, bytes, sizeof(bytes), d->owner))
        return;
    probe_plan_pack(&p, &plan);
    end(&p, bytes, d->owner, FLIGHT_PROBE, now);
}

void record_estimate(const struct downlink *d, const struct estimate *before,
                     const struct pace *by, usec_t now)
{
    uint8_t bytes[160];
    struct pack p;
    struct estimate e = d->estimate;
    struct pace pace = *by;
    uint64_t bps = pace_bps(by);
    if (e.target_bps == before->target_bps && e.pace_bps == before->pace_bps &&
        e.source == before->source && e.falls == before->falls && e.loss == before->loss)
        return;
    if (!begin(&p, bytes, sizeof(bytes), d->owner))
        return;
    estimate_pack(&p, &e);
    pack_bool(&p, &pace.trusted);
    pack_u64(&p, &pace.given_bps, STATE_RATE_MAX);
    pack_u64(&p, &bps, STATE_RATE_MAX);
    end(&p, bytes, d->owner, FLIGHT_ESTIMATE, now);
}

void record_share(const struct downlink *d, uint64_t bps, bool forced, bool due, usec_t now)
{
    uint8_t bytes[32];
    struct pack p;
    if (!begin(&p, bytes, sizeof(bytes), d->owner))
        return;
    pack_u64(&p, &bps, STATE_RATE_MAX);
    pack_bool(&p, &forced);
    pack_bool(&p, &due);
    end(&p, bytes, d->owner, FLIGHT_SHARE, now);
}

static unsigned slot_place(const struct slot *s)
{
    unsigned i = 0;
    while (i < s->owner->slot_count && s->owner->slot[i] != s)
        i++;
    return i;
}

void record_divide(const struct downlink *d, const struct record_division *v, usec_t now)
{
    uint8_t bytes[RECORD_SIZE];
    struct pack p;
    uint64_t bps = v->bps;
    unsigned n = v->n;
    if (!begin(&p, bytes, sizeof(bytes), d->owner))
        return;
    pack_u64(&p, &bps, STATE_RATE_MAX);
    pack_u32(&p, &n, UINT8_MAX);
    for (unsigned i = 0; i < n; i++) {
        unsigned place = slot_place(v->of[i]);
        struct allocate_slot s = v->slot[i];
        struct allocate_memory before = v->before[i], after = *s.memory;
        pack_u32(&p, &place, UINT8_MAX);
        allocate_slot_pack(&p, &s);
        allocate_memory_pack(&p, &before);
        pack_int(&p, &s.given, -1, ALLOCATE_STEPS);
        allocate_memory_pack(&p, &after);
    }
    end(&p, bytes, d->owner, FLIGHT_DIVIDE, now);
}

/** FNV-1a: two choices in a row that look alike by it are written once. */
static uint32_t look(const uint8_t *bytes, size_t len)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < len; i++)
        h = (h ^ bytes[i]) * 16777619u;
    return h ? h : 1;
}

void record_choice(struct slot *s, const struct choose_in *in, const struct choose_out *out,
                   usec_t now)
{
    uint8_t bytes[160];
    struct pack p;
    struct choose_in i = *in;
    struct choose_out o = *out;
    unsigned place = slot_place(s);
    uint16_t of = (uint16_t)s->track->owner->age;
    if (!begin(&p, bytes, sizeof(bytes), s->owner))
        return;
    pack_u32(&p, &place, UINT8_MAX);
    pack_u16(&p, &of, UINT16_MAX);
    choose_in_pack(&p, &i);
    choose_out_pack(&p, &o);
    const uint32_t seen = look(bytes, (size_t)(p.at - bytes));
    if (seen == s->recorded)
        return;
    s->recorded = seen;
    end(&p, bytes, s->owner, FLIGHT_CHOICE, now);
}
