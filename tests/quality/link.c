#include "link.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MILLION 1000000u

static void append(struct link_list *list, struct link_packet *p)
{
    p->next = NULL;
    if (list->last)
        list->last->next = p;
    else
        list->first = p;
    list->last = p;
    list->count++;
    list->bytes += p->len;
}

static struct link_packet *take(struct link_list *list)
{
    struct link_packet *p = list->first;

    list->first = p->next;
    if (!list->first)
        list->last = NULL;
    list->count--;
    list->bytes -= p->len;
    return p;
}

/** Among those on their way, behind all that arrive no later. */
static void insert(struct link_list *way, struct link_packet *p)
{
    struct link_packet **at = &way->first;

    if (!way->last || way->last->at <= p->at) {
        append(way, p);
        return;
    }
    while ((*at)->at <= p->at)
        at = &(*at)->next;
    p->next = *at;
    *at = p;
    way->count++;
    way->bytes += p->len;
}

static void clear(struct link_list *list)
{
    while (list->first)
        free(take(list));
}

void link_init(struct link *l, uint64_t seed)
{
    *l = (struct link){0};
    rng_init(&l->luck, seed);
    rng_init(&l->lateness, seed + 1);
}

void link_fini(struct link *l)
{
    clear(&l->waiting);
    clear(&l->way);
}

static usec_t air_time(uint64_t rate_bps, size_t bytes)
{
    return rate_bps ? (usec_t)(bytes * 8 * MILLION / rate_bps) : 0;
}

/** Gilbert's two states: in the bad one everything is lost. */
static bool unlucky(struct link *l)
{
    const uint64_t loss = l->shape.loss < MILLION ? l->shape.loss : MILLION;
    const uint32_t draw = rng_below(&l->luck, MILLION);

    if (l->shape.burst <= 1 || loss == 0 || loss == MILLION)
        return l->bad = draw < loss;
    if (l->bad)
        l->bad = draw >= MILLION / l->shape.burst;
    else
        l->bad = draw < loss * MILLION / ((MILLION - loss) * l->shape.burst);
    return l->bad;
}

/** The bottleneck has sent `p`, at `now`. */
static void depart(struct link *l, struct link_packet *p, usec_t now)
{
    const usec_t queued = now - p->in, jitter = l->shape.jitter;
    const usec_t late = rng_below(&l->lateness, (uint32_t)jitter + 1);

    l->stats.queue_sum += queued;
    l->stats.queue_count++;
    if (queued > l->stats.queue_max)
        l->stats.queue_max = queued;
    if (unlucky(l)) {
        l->stats.lost++;
        free(p);
        return;
    }
    p->at = now + l->shape.delay + late;
    if (!l->shape.reorder && p->at < l->newest)
        p->at = l->newest;
    if (p->at > l->newest)
        l->newest = p->at;
    insert(&l->way, p);
}

/** The bottleneck works until `now`. */
static void run(struct link *l, usec_t now)
{
    while (l->waiting.first && l->free_at <= now) {
        const usec_t then = l->free_at;
        depart(l, take(&l->waiting), then);
        if (l->waiting.first)
            l->free_at = then + air_time(l->shape.rate_bps, l->waiting.first->len);
    }
}

void link_shape(struct link *l, const struct link_shape *shape, usec_t now)
{
    run(l, now);
    if (l->waiting.first) { // what is left of the packet being sent goes at the new rate
        const uint64_t left = (uint64_t)(l->free_at - now) * l->shape.rate_bps / MILLION;
        l->free_at = now + air_time(shape->rate_bps, left / 8);
    }
    l->shape = *shape;
}

usec_t link_backlog(const struct link *l, usec_t now)
{
    if (!l->waiting.first || l->free_at < now)
        return 0;
    const size_t behind = l->waiting.bytes - l->waiting.first->len;
    return l->free_at - now + air_time(l->shape.rate_bps, behind);
}

bool link_push(struct link *l, const uint8_t *bytes, size_t len, usec_t now)
{
    struct link_packet *p;

    assert(len <= LINK_MTU);
    run(l, now);
    l->stats.in_packets++;
    if (l->shape.rate_bps && link_backlog(l, now) > l->shape.queue) {
        l->stats.dropped++;
        return false;
    }
    p = malloc(sizeof(*p));
    if (!p)
        abort();
    p->in = now;
    p->len = len;
    memcpy(p->bytes, bytes, len);
    append(&l->waiting, p);
    if (l->waiting.count == 1)
        l->free_at = now + air_time(l->shape.rate_bps, len);
    run(l, now);
    return true;
}

usec_t link_next(const struct link *l)
{
    const usec_t sent = l->waiting.first ? l->free_at : USEC_NEVER;

    return usec_min(sent, l->way.first ? l->way.first->at : USEC_NEVER);
}

struct link_packet *link_pop(struct link *l, usec_t now)
{
    run(l, now);
    if (!l->way.first || l->way.first->at > now)
        return NULL;
    l->stats.out_packets++;
    l->stats.out_bytes += l->way.first->len;
    return take(&l->way);
}

struct link_stats link_take_stats(struct link *l)
{
    const struct link_stats stats = l->stats;

    l->stats = (struct link_stats){0};
    return stats;
}
