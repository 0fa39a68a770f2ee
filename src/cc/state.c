/* One function a box of the estimator: what it holds, in the order of its struct. */
#include "cc/state.h"

#include "estimator_inner.h"

#include <stdlib.h>
#include <string.h>

#define MANY 1000000000u // no count of packets or groups that still means something is higher

static void rate(struct pack *p, uint64_t *bps)
{
    pack_u64(p, bps, STATE_RATE_MAX);
}

static void count(struct pack *p, unsigned *n)
{
    pack_u32(p, n, MANY);
}

/** A number that is not negative. */
static void size(struct pack *p, double *v)
{
    pack_f64(p, v);
    p->bad |= *v < 0;
}

/** One packet sent: the time since the one before, and fate and kind in one byte. */
static void pack_sent(struct pack *p, struct sent *s, usec_t *before)
{
    usec_t since = p->reading ? 0 : s->at - *before;
    uint8_t what = p->reading ? 0 : (uint8_t)(s->kind | s->fate << 2 | (s->probe ? 16 : 0));
    pack_i64(p, &since, -PACK_FAR, PACK_FAR);
    pack_u16(p, &s->len, UINT16_MAX);
    pack_u8(p, &what, 31);
    if (p->reading) {
        s->at = *before + since;
        s->kind = what & 3;
        s->fate = what >> 2 & 3;
        p->bad |= s->fate > FATE_ARRIVED || s->at > PACK_FAR || s->at < -PACK_FAR;
    }
    if (what & 16)
        pack_u8(p, &s->probe, UINT8_MAX);
    *before = s->at;
}

static void numbers(struct pack *p, struct history *h)
{
    pack_u32(p, &h->size, HISTORY_MAX);
    pack_i64(p, &h->next, 0, PACK_FAR);
    pack_i64(p, &h->oldest, 0, PACK_FAR);
    pack_i64(p, &h->settled, 0, PACK_FAR);
    pack_i64(p, &h->counted, 0, PACK_FAR);
}

/** Are they those of a history? */
static bool sound(const struct history *h)
{
    return h->size >= HISTORY_FIRST && !(h->size & (h->size - 1)) && h->oldest <= h->next &&
           h->next - h->oldest <= h->size && h->settled >= h->oldest && h->settled <= h->next &&
           h->counted <= h->next;
}

static void history(struct pack *p, struct history *h)
{
    usec_t before = 0;
    numbers(p, h);
    if (p->bad || (p->reading && !sound(h))) {
        p->bad = true;
        return;
    }
    if (p->reading) {
        h->ring = h->first;
        if (h->size > HISTORY_FIRST)
            h->ring = calloc(h->size, sizeof(*h->ring));
        if (!h->ring) {
            h->ring = h->first;
            p->bad = true;
            return;
        }
    }
    for (int64_t i = h->oldest; i < h->next && !p->bad; i++) {
        struct sent *s = &h->ring[(uint64_t)i & (h->size - 1)];
        pack_sent(p, s, &before);
        if (p->reading && i >= h->settled)
            h->in_flight += s->len;
    }
}

static void arrival(struct pack *p, struct arrival *a)
{
    pack_bool(p, &a->known);
    pack_u32(p, &a->last, UINT32_MAX);
    pack_time(p, &a->ticks);
    pack_time(p, &a->heard);
    pack_time(p, &a->offset);
}

static void group(struct pack *p, struct group *g)
{
    pack_bool(p, &g->any);
    pack_time(p, &g->first_sent);
    pack_time(p, &g->last_sent);
    pack_time(p, &g->first_arrival);
    pack_time(p, &g->last_arrival);
}

static void trend(struct pack *p, struct trend *t)
{
    pack_enum(p, &t->usage, USAGE_OVER);
    pack_bool(p, &t->jittery);
    pack_f64(p, &t->slope);
    pack_f64(p, &t->threshold);
    pack_f64(p, &t->rise);
    pack_f64(p, &t->certainty);
    pack_f64(p, &t->accumulated);
    pack_f64(p, &t->smoothed);
    pack_f64(p, &t->before);
    pack_f64(p, &t->over_ms);
    count(p, &t->over);
    count(p, &t->groups);
    pack_u32(p, &t->next, TREND_WINDOW - 1);
    pack_time(p, &t->sent);
    for (unsigned i = 0; i < TREND_WINDOW; i++) {
        pack_time(p, &t->at[i]);
        pack_f64(p, &t->delay[i]);
        pack_f64(p, &t->raw[i]);
    }
}

static void acked(struct pack *p, struct acked *a)
{
    pack_i64(p, &a->first, -PACK_FAR, PACK_FAR);
    pack_i64(p, &a->last, -PACK_FAR, PACK_FAR);
    for (unsigned i = 0; i < ACKED_BINS; i++)
        pack_u32(p, &a->bytes[i], UINT32_MAX);
}

static void queue(struct pack *p, struct queue *q)
{
    pack_bool(p, &q->known);
    pack_time(p, &q->since);
    pack_time(p, &q->young);
    pack_time(p, &q->old);
    pack_time(p, &q->sample);
    pack_bool(p, &q->sampled);
    pack_time(p, &q->waits);
    pack_time(p, &q->usual);
    pack_time(p, &q->spread);
    pack_time(p, &q->before);
}

static void rtt(struct pack *p, struct rtt *r)
{
    pack_time(p, &r->smoothed);
    pack_time(p, &r->reported);
    pack_bool(p, &r->told);
    pack_time(p, &r->young);
    pack_time(p, &r->old);
    pack_time(p, &r->since);
    pack_bool(p, &r->any);
}

static void alr(struct pack *p, struct alr *a)
{
    pack_bool(p, &a->limited);
    pack_time(p, &a->at);
    pack_i64(p, &a->bucket, -PACK_FAR, PACK_FAR);
    pack_u64(p, &a->sent, STATE_RATE_MAX);
}

static void aimd(struct pack *p, struct aimd *a)
{
    rate(p, &a->target_bps);
    pack_enum(p, &a->state, AIMD_RISE);
    pack_time(p, &a->updated);
    pack_time(p, &a->cut);
    rate(p, &a->cut_to);
    rate(p, &a->cut_acked);
    size(p, &a->mean);
    size(p, &a->deviation);
}

static void drain(struct pack *p, struct drain *d)
{
    pack_bool(p, &d->on);
    pack_time(p, &d->since);
    pack_time(p, &d->first);
    pack_time(p, &d->queue);
    pack_time(p, &d->seen);
    rate(p, &d->line_bps);
    rate(p, &d->least_bps);
    rate(p, &d->before_bps);
    pack_time(p, &d->ended);
}

static void loss(struct pack *p, struct loss *l)
{
    bool bound = l->bound_bps != LOSS_NO_BOUND;
    pack_enum(p, &l->state, LOSS_HELD);
    pack_u32(p, &l->lost, MANY);
    pack_u32(p, &l->total, MANY);
    pack_time(p, &l->since);
    pack_time(p, &l->skip);
    size(p, &l->smoothed);
    size(p, &l->usual);
    size(p, &l->before);
    pack_bool(p, &bound);
    if (bound)
        rate(p, &l->bound_bps);
    else
        l->bound_bps = LOSS_NO_BOUND;
    p->bad |= l->smoothed > 1 || l->usual > 1 || l->before > 1 || l->lost > l->total;
}

void probe_plan_pack(struct pack *p, struct estimator_probe *e)
{
    pack_u8(p, &e->id, UINT8_MAX);
    rate(p, &e->rate_bps);
    pack_u32(p, &e->bytes, UINT32_MAX);
    count(p, &e->min_packets);
}

static void cluster(struct pack *p, struct cluster *c)
{
    probe_plan_pack(p, &c->plan);
    pack_time(p, &c->planned);
    count(p, &c->packets);
    pack_u32(p, &c->bytes, UINT32_MAX);
    pack_u32(p, &c->last_len, UINT32_MAX);
    pack_u32(p, &c->first_len, UINT32_MAX);
    pack_time(p, &c->first_sent);
    pack_time(p, &c->last_sent);
    pack_time(p, &c->first_arrival);
    pack_time(p, &c->last_arrival);
}

static void clusters(struct pack *p, struct clusters *c)
{
    for (unsigned i = 0; i < CLUSTERS; i++)
        cluster(p, &c->at[i]);
    pack_u8(p, &c->last_id, UINT8_MAX);
    pack_u8(p, &c->fresh, UINT8_MAX);
}

static void probe(struct pack *p, struct probe *o)
{
    pack_bool(p, &o->told);
    pack_bool(p, &o->started);
    pack_bool(p, &o->pending);
    pack_bool(p, &o->awaited);
    pack_bool(p, &o->go_on);
    rate(p, &o->wanted_bps);
    rate(p, &o->given_bps);
    pack_time(p, &o->planned);
    pack_time(p, &o->interval);
    pack_time(p, &o->raised);
    rate(p, &o->raised_bps);
    pack_time(p, &o->doubted);
    rate(p, &o->fell_from);
    pack_time(p, &o->fell);
    rate(p, &o->lost_bps);
    pack_time(p, &o->lost);
    pack_u64(p, &o->fetched, MANY);
}

static void fallback(struct pack *p, struct fallback *f)
{
    rate(p, &f->remb_bps);
    pack_time(p, &f->remb_at);
    rate(p, &f->report_bps);
    pack_time(p, &f->reported);
    pack_u32(p, &f->fractions, MANY);
    pack_u32(p, &f->reports, MANY);
    pack_time(p, &f->due);
    pack_time(p, &f->judged);
    size(p, &f->smoothed);
    p->bad |= f->smoothed > 1 || f->fractions > f->reports * UINT64_C(255);
}

static void boxes(struct pack *p, struct estimator *e)
{
    history(p, &e->history);
    arrival(p, &e->arrival);
    group(p, &e->groups.current);
    group(p, &e->groups.before);
    count(p, &e->groups.disordered);
    trend(p, &e->trend);
    acked(p, &e->acked);
    queue(p, &e->queue);
    rtt(p, &e->rtt);
    alr(p, &e->alr);
    aimd(p, &e->aimd);
    drain(p, &e->drain);
    loss(p, &e->loss);
    clusters(p, &e->clusters);
    probe(p, &e->probe);
    fallback(p, &e->fallback);
}

static void all(struct pack *p, struct estimator *e)
{
    boxes(p, e);
    pack_enum(p, &e->source, ESTIMATE_TWCC);
    pack_time(p, &e->last_sent);
    pack_time(p, &e->heard);
    pack_time(p, &e->deadline);
    pack_time(p, &e->blind_from);
    pack_time(p, &e->blind_until);
    pack_time(p, &e->newest_sent);
    pack_time(p, &e->lateness);
    pack_time(p, &e->contested);
    pack_u8(p, &e->probing, UINT8_MAX);
    pack_time(p, &e->probing_at);
    count(p, &e->silence);
    rate(p, &e->sent_bps);
    pack_u64(p, &e->sent, STATE_RATE_MAX);
    pack_time(p, &e->measured);
    rate(p, &e->acked_bps);
    rate(p, &e->target_bps);
    rate(p, &e->pace_bps);
    pack_u64(p, &e->falls, MANY);
    pack_u64(p, &e->lies, PACK_FAR);
}

void estimator_save(const struct estimator *e, struct pack *p)
{
    // The writer changes nothing of it, but the reader is the same function.
    all(p, (struct estimator *)e);
}

struct estimator *estimator_load(struct pack *p)
{
    struct estimator *e = calloc(1, sizeof(*e));
    if (!e)
        return NULL;
    e->history.ring = e->history.first;
    all(p, e);
    if (!p->bad)
        return e;
    estimator_destroy(e);
    return NULL;
}

void estimate_pack(struct pack *p, struct estimate *e)
{
    pack_enum(p, &e->source, ESTIMATE_TWCC);
    rate(p, &e->target_bps);
    rate(p, &e->pace_bps);
    rate(p, &e->acked_bps);
    pack_time(p, &e->rtt);
    pack_time(p, &e->queue);
    pack_u16(p, &e->loss, UINT16_MAX);
    pack_bool(p, &e->overuse);
    pack_bool(p, &e->app_limited);
    pack_u64(p, &e->falls, PACK_FAR);
    pack_u64(p, &e->lies, PACK_FAR);
    pack_u64(p, &e->probes, PACK_FAR);
}
