#include "flight/replay.h"

#include "cc/choose.h"
#include "cc/pacer.h"
#include "cc/state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES     256 ///< of so many viewers each, by the number that records have
#define PICTURES  64
#define WHY_BYTES 200

/** What is known of one viewer's line. */
struct viewer {
    struct estimator *estimator; ///< owned
    struct allocator allocator;
    uint8_t probe; ///< being sent
};

struct page {
    struct viewer *viewer[PAGES]; ///< owned; NULL: not known
};

struct replay {
    struct page *page[PAGES]; ///< owned; NULL: none of them is known
    char why[WHY_BYTES];
};

/** One record being taken. */
struct step {
    struct replay *r;
    uint16_t who;
    struct viewer *v; ///< NULL: not known
    usec_t now;
    struct pack p; ///< of the body, behind `who`
};

struct replay *replay_create(void)
{
    return calloc(1, sizeof(struct replay));
}

static struct viewer *find(const struct replay *r, uint16_t who)
{
    const struct page *page = r->page[who / PAGES];
    return page ? page->viewer[who % PAGES] : NULL;
}

static void drop(struct viewer *v)
{
    if (v)
        estimator_destroy(v->estimator);
    free(v);
}

static void forget(struct replay *r, uint16_t who)
{
    struct page *page = r->page[who / PAGES];
    if (!page)
        return;
    drop(page->viewer[who % PAGES]);
    page->viewer[who % PAGES] = NULL;
}

/** Takes ownership of `v`. False without memory. */
static bool know(struct replay *r, uint16_t who, struct viewer *v)
{
    struct page **page = &r->page[who / PAGES];
    forget(r, who);
    if (!*page)
        *page = calloc(1, sizeof(**page));
    if (!*page) {
        drop(v);
        return false;
    }
    (*page)->viewer[who % PAGES] = v;
    return true;
}

static void forget_all(struct replay *r)
{
    for (unsigned i = 0; i < PAGES; i++) {
        for (unsigned k = 0; r->page[i] && k < PAGES; k++)
            drop(r->page[i]->viewer[k]);
        free(r->page[i]);
        r->page[i] = NULL;
    }
}

void replay_destroy(struct replay *r)
{
    if (r)
        forget_all(r);
    free(r);
}

const char *replay_why(const struct replay *r)
{
    return r->why;
}

/** One decision would have been another: what follows for this viewer means nothing. */
static enum replay_result differs(const struct step *s, const char *what, uint64_t was,
                                  uint64_t is)
{
    (void)snprintf(s->r->why, sizeof(s->r->why),
                   "%s: %" PRIu64 " was recorded, %" PRIu64 " comes out", what, was, is);
    forget(s->r, s->who);
    return REPLAY_DIFFERS;
}

static enum replay_result bad(const struct step *s)
{
    (void)snprintf(s->r->why, sizeof(s->r->why), "a record that makes no sense");
    forget(s->r, s->who);
    return REPLAY_BAD;
}

/** Was all of the body read, and well? */
static bool whole(const struct step *s)
{
    return !s->p.bad && s->p.at == s->p.end;
}

// ---- states ----

static struct viewer *load(struct pack *p)
{
    struct viewer *v = calloc(1, sizeof(*v));
    if (!v)
        return NULL;
    pack_u8(p, &v->probe, UINT8_MAX);
    allocator_pack(p, &v->allocator);
    v->estimator = estimator_load(p);
    if (v->estimator)
        return v;
    free(v);
    return NULL;
}

/** The state we have come to, against the one recorded. */
static enum replay_result compare_state(const struct step *s, const struct pack *recorded)
{
    const size_t len = (size_t)(recorded->end - recorded->at);
    uint8_t bytes[FLIGHT_BLOCK];
    struct pack p = pack_writer(bytes, sizeof(bytes));
    pack_u8(&p, &s->v->probe, UINT8_MAX);
    allocator_pack(&p, &s->v->allocator);
    estimator_save(s->v->estimator, &p);
    if (p.bad)
        return differs(s, "the size of the state", len, sizeof(bytes));
    const size_t have = (size_t)(p.at - bytes);
    for (size_t i = 0; i < len && i < have; i++)
        if (bytes[i] != recorded->at[i])
            return differs(s, "the state (a byte of it)", recorded->at[i], bytes[i]);
    return len == have ? REPLAY_SAME : differs(s, "the size of the state", len, have);
}

static enum replay_result on_state(struct step *s)
{
    const enum replay_result result = s->v ? compare_state(s, &s->p) : REPLAY_TAKEN;
    struct viewer *v = load(&s->p);
    if (!v || !whole(s)) {
        drop(v);
        return bad(s);
    }
    return know(s->r, s->who, v) ? result : REPLAY_UNKNOWN;
}

// ---- what the estimator was told ----

static enum replay_result on_twcc(struct step *s)
{
    const struct rtcp p = {
        .data = s->p.at, .len = (size_t)(s->p.end - s->p.at), .kind = RTCP_KIND_TWCC};
    (void)estimator_on_twcc(s->v->estimator, &p, s->now);
    return REPLAY_TAKEN;
}

static enum replay_result on_remb(struct step *s)
{
    uint64_t bps;
    pack_u64(&s->p, &bps, UINT64_MAX);
    if (!whole(s))
        return bad(s);
    estimator_on_remb(s->v->estimator, bps, s->now);
    return REPLAY_TAKEN;
}

static enum replay_result on_report(struct step *s)
{
    uint8_t fraction;
    usec_t rtt;
    pack_u8(&s->p, &fraction, UINT8_MAX);
    pack_time(&s->p, &rtt);
    if (!whole(s))
        return bad(s);
    estimator_on_report(s->v->estimator, fraction, rtt, s->now);
    return REPLAY_TAKEN;
}

static enum replay_result on_demand(struct step *s)
{
    uint64_t wanted, given;
    pack_u64(&s->p, &wanted, STATE_RATE_MAX);
    pack_u64(&s->p, &given, STATE_RATE_MAX);
    if (!whole(s))
        return bad(s);
    estimator_set_demand(s->v->estimator, wanted, given, s->now);
    return REPLAY_TAKEN;
}

static enum replay_result on_tick(struct step *s)
{
    estimator_tick(s->v->estimator, s->now);
    return whole(s) ? REPLAY_TAKEN : bad(s);
}

static enum replay_result on_moved(struct step *s)
{
    estimator_moved(s->v->estimator, s->now);
    allocator_init(&s->v->allocator);
    s->v->probe = 0;
    return whole(s) ? REPLAY_TAKEN : bad(s);
}

static enum replay_result on_probe_end(struct step *s)
{
    s->v->probe = 0;
    return whole(s) ? REPLAY_TAKEN : bad(s);
}

// ---- decisions ----

static enum replay_result on_probe(struct step *s)
{
    struct estimator_probe was, is;
    probe_plan_pack(&s->p, &was);
    if (!whole(s))
        return bad(s);
    if (!estimator_take_probe(s->v->estimator, &is))
        return differs(s, "probes", was.id, 0);
    if (is.id != was.id || is.bytes != was.bytes || is.min_packets != was.min_packets)
        return differs(s, "the bytes of a probe", was.bytes, is.bytes);
    if (is.rate_bps != was.rate_bps)
        return differs(s, "the rate of a probe", was.rate_bps, is.rate_bps);
    s->v->probe = is.id;
    return REPLAY_SAME;
}

static bool same_estimate(const struct estimate *a, const struct estimate *b)
{
    return a->source == b->source && a->acked_bps == b->acked_bps && a->rtt == b->rtt &&
           a->queue == b->queue && a->loss == b->loss && a->overuse == b->overuse &&
           a->app_limited == b->app_limited && a->falls == b->falls && a->lies == b->lies &&
           a->probes == b->probes;
}

static enum replay_result on_estimate(struct step *s)
{
    struct estimate was, is;
    struct pace pace = {0};
    uint64_t bps;
    estimate_pack(&s->p, &was);
    pack_bool(&s->p, &pace.trusted);
    pack_u64(&s->p, &pace.given_bps, STATE_RATE_MAX);
    pack_u64(&s->p, &bps, STATE_RATE_MAX);
    if (!whole(s))
        return bad(s);
    estimator_read(s->v->estimator, &is);
    if (is.target_bps != was.target_bps)
        return differs(s, "the estimate", was.target_bps, is.target_bps);
    if (is.pace_bps != was.pace_bps)
        return differs(s, "what may leave", was.pace_bps, is.pace_bps);
    if (!same_estimate(&was, &is))
        return differs(s, "what is known of the line (its queue)", (uint64_t)was.queue,
                       (uint64_t)is.queue);
    pace.target_bps = is.target_bps;
    pace.calm_bps = is.pace_bps;
    const uint64_t now = pace_bps(&pace);
    return now == bps ? REPLAY_SAME : differs(s, "the pace", bps, now);
}

static enum replay_result on_share(struct step *s)
{
    uint64_t bps;
    bool forced, due;
    pack_u64(&s->p, &bps, STATE_RATE_MAX);
    pack_bool(&s->p, &forced);
    pack_bool(&s->p, &due);
    if (!whole(s))
        return bad(s);
    allocator_note(&s->v->allocator, bps, s->now);
    const bool now = forced || allocator_due(&s->v->allocator, bps, s->now);
    return now == due ? REPLAY_SAME : differs(s, "whether to divide the line", due, now);
}

/** The pictures of a division: as they were before it, and what it made of them. */
struct division {
    uint64_t bps;
    unsigned n;
    unsigned place[PICTURES];
    struct allocate_slot slot[PICTURES];
    struct allocate_memory memory[PICTURES], after[PICTURES];
    int given[PICTURES];
};

static bool read_division(struct pack *p, struct division *d)
{
    pack_u64(p, &d->bps, STATE_RATE_MAX);
    pack_u32(p, &d->n, PICTURES);
    for (unsigned i = 0; i < d->n; i++) {
        d->slot[i] = (struct allocate_slot){.memory = &d->memory[i]};
        pack_u32(p, &d->place[i], UINT8_MAX);
        allocate_slot_pack(p, &d->slot[i]);
        allocate_memory_pack(p, &d->memory[i]);
        pack_int(p, &d->given[i], -1, ALLOCATE_STEPS);
        allocate_memory_pack(p, &d->after[i]);
    }
    return !p->bad && p->at == p->end;
}

static bool same_memory(const struct allocate_memory *a, const struct allocate_memory *b)
{
    return a->climbed_at == b->climbed_at && a->believed_bps == b->believed_bps &&
           a->bar == b->bar && a->barred_until == b->barred_until &&
           a->short_since == b->short_since;
}

static enum replay_result on_divide(struct step *s)
{
    struct division d;
    if (!read_division(&s->p, &d))
        return bad(s);
    allocator_run(&s->v->allocator, d.slot, d.n, d.bps, s->now);
    for (unsigned i = 0; i < d.n; i++) {
        if (d.slot[i].given != d.given[i])
            return differs(s, "the step of a picture (from 1; 0: none)",
                           (uint64_t)d.given[i] + 1, (uint64_t)d.slot[i].given + 1);
        if (!same_memory(&d.memory[i], &d.after[i]))
            return differs(s, "how long a picture waits", (uint64_t)d.after[i].barred_until,
                           (uint64_t)d.memory[i].barred_until);
    }
    return REPLAY_SAME;
}

/** This one needs no state: all it depends on is in the record. */
static enum replay_result on_choice(struct step *s)
{
    struct choose_in in = {0};
    struct choose_out was = {0}, is;
    unsigned place;
    uint16_t of;
    pack_u32(&s->p, &place, UINT8_MAX);
    pack_u16(&s->p, &of, UINT16_MAX);
    choose_in_pack(&s->p, &in);
    choose_out_pack(&s->p, &was);
    if (!whole(s))
        return bad(s);
    choose_decide(&in, &is);
    if (is.stream != was.stream)
        return differs(s, "the stream of a slot (from 1; 0: none)", (uint64_t)was.stream + 1,
                       (uint64_t)is.stream + 1);
    if (is.why != was.why || is.lacks != was.lacks || is.divide != was.divide)
        return differs(s, "why a slot has no more", was.why, is.why);
    return REPLAY_SAME;
}

// ---- the steps ----

static enum replay_result on_sent(struct replay *r, const struct flight_record *record)
{
    struct step s = {.r = r, .now = record->at};
    uint16_t len, seq;
    flight_read_sent(record, &s.who, &len, &seq);
    s.v = find(r, s.who);
    if (!s.v)
        return REPLAY_TAKEN;
    const enum sent_kind kind = (enum sent_kind)(record->type - FLIGHT_SENT);
    const uint16_t is = estimator_sent(s.v->estimator, len, kind, s.v->probe, s.now);
    return is == seq ? REPLAY_SAME : differs(&s, "the number of a packet", seq, is);
}

enum replay_result replay_step(struct replay *r, const struct flight_record *record)
{
    static enum replay_result (*const take[FLIGHT_TYPES])(struct step *) = {
        [FLIGHT_STATE] = on_state,   [FLIGHT_TWCC] = on_twcc,
        [FLIGHT_REMB] = on_remb,     [FLIGHT_REPORT] = on_report,
        [FLIGHT_DEMAND] = on_demand, [FLIGHT_TICK] = on_tick,
        [FLIGHT_MOVED] = on_moved,   [FLIGHT_PROBE_END] = on_probe_end,
        [FLIGHT_PROBE] = on_probe,   [FLIGHT_ESTIMATE] = on_estimate,
        [FLIGHT_SHARE] = on_share,   [FLIGHT_DIVIDE] = on_divide,
        [FLIGHT_CHOICE] = on_choice,
    };
    if (record->anew)
        forget_all(r);
    if (record->type >= FLIGHT_SENT && record->type <= FLIGHT_SENT_LAST)
        return on_sent(r, record);
    if (record->type == FLIGHT_CAME)
        return REPLAY_TAKEN;
    struct step s = {.r = r, .now = record->at, .p = pack_reader(record->body, record->len)};
    pack_u16(&s.p, &s.who, UINT16_MAX);
    if (s.p.bad)
        return bad(&s);
    if (record->type == FLIGHT_LEFT)
        forget(r, s.who);
    if (!take[record->type])
        return REPLAY_TAKEN;
    s.v = find(r, s.who);
    if (!s.v && record->type != FLIGHT_STATE && record->type != FLIGHT_CHOICE)
        return record->type < FLIGHT_PROBE ? REPLAY_TAKEN : REPLAY_UNKNOWN;
    return take[record->type](&s);
}
