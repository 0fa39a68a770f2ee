#include "cc/pacer.h"

#include <assert.h>

uint64_t pace_bps(const struct pace *p)
{
    const uint64_t target = p->target_bps, calm = p->calm_bps;
    if (p->trusted)
        return (p->given_bps > target ? p->given_bps : target) * 5 / 2;
    if (p->given_bps > target)
        return calm < target ? calm : target;
    const uint64_t most = target * 3 / 2;
    return p->given_bps * 2 > target && calm > most ? most : calm;
}

static int64_t byte_time(uint64_t bps)
{
    assert(bps > 0);
    return (int64_t)(UINT64_C(8000000000) * 1024 / bps);
}

void pacer_init(struct pacer *p, uint64_t rate_bps, usec_t now)
{
    *p = (struct pacer){.busy = now * 1000, .pad_busy = now * 1000, .patience = PACER_MAX_AGE};
    pacer_set_rate(p, rate_bps, now);
}

/**
 * Padding is no reason to send pictures slower than it. What was sent ahead of time is bytes,
 * so it takes longer at a lower rate: a burst at a crawl would else block a line that has
 * recovered.
 */
static void settle(struct pacer *p, usec_t now)
{
    const int64_t before = p->byte, ahead = p->busy - now * 1000;
    p->byte = p->pad_byte && p->pad_byte < p->own_byte ? p->pad_byte : p->own_byte;
    const int64_t least = PACER_BURST_BYTES * p->byte / 1024;
    p->burst = PACER_BURST * 1000 > least ? PACER_BURST * 1000 : least;
    if (before && before != p->byte && ahead > 0)
        p->busy = now * 1000 + (int64_t)((double)ahead * (double)p->byte / (double)before);
}

void pacer_set_rate(struct pacer *p, uint64_t rate_bps, usec_t now)
{
    p->own_byte = byte_time(rate_bps);
    settle(p, now);
}

void pacer_set_padding(struct pacer *p, uint64_t bps, usec_t now)
{
    p->pad_byte = bps ? byte_time(bps) : 0;
    p->pad_busy = now * 1000;
    settle(p, now);
}

void pacer_push(struct pacer *p, enum pacer_queue q, struct pacer_item *item, usec_t now)
{
    if (p->count == 0)
        p->looked_at = now;
    item->next = NULL;
    item->at = now;
    if (p->tail[q])
        p->tail[q]->next = item;
    else
        p->head[q] = item;
    p->tail[q] = item;
    p->count++;
    p->bytes += item->len;
}

struct pacer_item *pacer_take(struct pacer *p, enum pacer_queue q)
{
    struct pacer_item *item = p->head[q];
    if (!item)
        return NULL;
    p->head[q] = item->next;
    if (!p->head[q])
        p->tail[q] = NULL;
    p->count--;
    p->bytes -= item->len;
    item->next = NULL;
    return item;
}

struct pacer_item *pacer_pop(struct pacer *p, usec_t now)
{
    p->looked_at = now;
    if (p->busy - now * 1000 > p->burst)
        return NULL;
    struct pacer_item *item = NULL;
    for (int q = 0; q < PACER_QUEUES && !item; q++)
        item = pacer_take(p, (enum pacer_queue)q);
    return item;
}

bool pacer_full(const struct pacer *p, size_t len, usec_t now)
{
    const struct pacer_item *oldest = p->head[PACER_PICTURE];
    const int64_t wait = (int64_t)(p->bytes + len) * p->byte / 1024;
    return p->bytes + len > PACER_MAX_BYTES || wait > p->patience * 1000 ||
           (oldest && now - oldest->at > p->patience);
}

bool pacer_pads(const struct pacer *p, usec_t now)
{
    return p->pad_byte && p->count == 0 && p->pad_busy <= now * 1000;
}

usec_t pacer_deadline(const struct pacer *p)
{
    if (p->count == 0)
        return p->pad_byte ? (p->pad_busy + 999) / 1000 : USEC_NEVER;
    const usec_t allowed = (p->busy - p->burst + 999) / 1000;
    const usec_t look = p->looked_at + PACER_TICK;
    return allowed > look ? allowed : look;
}
