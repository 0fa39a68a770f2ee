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
    const struct estimate *now_is = &d->estimate;
    if (now_is->target_bps == before->target_bps && now_is->pace_bps == before->pace_bps &&
        now_is->source == before->source && now_is->falls == before->falls &&
        now_is->loss == before->loss)
        return;
    struct estimate e = d->estimate;
    struct pace pace = *by;
    uint64_t bps = pace_bps(by);
    if (!begin(&p, bytes, sizeof(bytes), d->owner))
        return;
    estimate_pack(&p, &e);
    pack_bool(&p, &pace.trusted);
    pack_u64(&p, &pace.given_bps, STATE_RATE_MAX);
    pack_u64(&p, &bps, STATE_RATE_MAX);
    end(&p, bytes, d->owner, FLIGHT_ESTIMATE, now);
}

/** As pack_u64() writes it. Returns where it ends. */
static uint8_t *put(uint8_t *at, uint64_t v)
{
    for (; v > 0x7f; v >>= 7)
        *at++ = (uint8_t)(v | 0x80);
    *at++ = (uint8_t)v;
    return at;
}

/** On every feedback of every viewer: what is recorded most often, but for packets. */
void record_share(const struct downlink *d, uint64_t bps, bool forced, bool due, usec_t now)
{
    uint8_t bytes[32];
    const struct member *m = d->owner;
    if (!flight_on(&m->room->flight) || bps > STATE_RATE_MAX)
        return;
    uint8_t *at = put(put(bytes, (uint16_t)m->age), bps);
    *at++ = forced;
    *at++ = due;
    flight_write(&m->room->flight, FLIGHT_SHARE, bytes, (size_t)(at - bytes), now);
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

/** FNV-1a, by words. */
static uint64_t mix(uint64_t h, uint64_t v)
{
    return (h ^ v) * UINT64_C(1099511628211);
}

/** Two choices of a slot in a row that look alike by it are written once: they are made on
 * every feedback, and rarely change. Of everything that choose_in_pack() and choose_out_pack()
 * write.
 */
static uint32_t look(uint16_t of, const struct choose_in *in, const struct choose_out *out)
{
    const struct choose_source *s = &in->source;
    const uint64_t flags =
        (uint64_t)in->up | (uint64_t)in->muted << 1 | (uint64_t)in->paused << 2 |
        (uint64_t)in->picture << 3 | (uint64_t)s->bound << 4 | (uint64_t)in->rationed << 5 |
        (uint64_t)(in->limited != CHOOSE_UNLIMITED) << 6 | (uint64_t)in->none << 7 |
        (uint64_t)out->divide << 8 | (uint64_t)out->lacks << 9 |
        (uint64_t)(in->limited == CHOOSE_BY_SERVER) << 10 | (uint64_t)s->count << 16 |
        (uint64_t)in->weighed << 24 | (uint64_t)in->most << 32 | (uint64_t)out->why << 40 |
        (uint64_t)(uint8_t)out->stream << 48;
    uint64_t h = mix(UINT64_C(14695981039346656037), flags);
    h = mix(h, (uint64_t)of << 32 | (uint64_t)in->width << 16 | in->height);
    for (unsigned i = 0; i < s->count; i++)
        h = mix(h, (uint64_t)s->lives[i] | (uint64_t)s->excused[i] << 1 |
                       (uint64_t)in->unreadable[i] << 2 | (uint64_t)s->width[i] << 16 |
                       (uint64_t)s->height[i] << 32);
    const uint32_t seen = (uint32_t)(h ^ h >> 32);
    return seen ? seen : 1;
}

void record_choice(struct slot *s, const struct choose_in *in, const struct choose_out *out,
                   usec_t now)
{
    uint8_t bytes[160];
    struct pack p;
    uint16_t of = (uint16_t)s->track->owner->age;
    if (!flight_on(&s->owner->room->flight))
        return;
    const uint32_t seen = look(of, in, out);
    if (seen == s->recorded || !begin(&p, bytes, sizeof(bytes), s->owner))
        return;
    s->recorded = seen;
    struct choose_in i = *in;
    struct choose_out o = *out;
    unsigned place = slot_place(s);
    pack_u32(&p, &place, UINT8_MAX);
    pack_u16(&p, &of, UINT16_MAX);
    choose_in_pack(&p, &i);
    choose_out_pack(&p, &o);
    end(&p, bytes, s->owner, FLIGHT_CHOICE, now);
}
