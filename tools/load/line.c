#include "line.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_TIME (300 * USEC_PER_MS) ///< what a narrow line holds before it throws away

struct held {
    usec_t at;
    size_t len;
    uint8_t bytes[LINE_PACKET];
};

struct line {
    struct line_conf conf;
    uint32_t seed;
    usec_t free_at; ///< the narrow place has sent what came before
    usec_t last_at; ///< nothing overtakes
    unsigned head, count;
    struct held held[LINE_QUEUE];
};

struct line *line_create(const struct line_conf *conf, uint32_t seed)
{
    struct line *l = calloc(1, sizeof(*l));
    if (l) {
        l->conf = *conf;
        l->seed = seed;
    }
    return l;
}

void line_destroy(struct line *l)
{
    free(l);
}

/** 0 up to 1, exclusive. */
static double chance(struct line *l)
{
    l->seed = l->seed * 1664525u + 1013904223u;
    return (l->seed >> 8) / 16777216.0;
}

void line_put(struct line *l, const uint8_t *bytes, size_t len, usec_t now)
{
    usec_t at = now;
    if (chance(l) < l->conf.loss || len > LINE_PACKET || l->count == LINE_QUEUE)
        return;
    if (l->conf.rate_bps) {
        if (l->free_at < now)
            l->free_at = now;
        if (l->free_at - now > QUEUE_TIME)
            return;
        l->free_at += (usec_t)((uint64_t)len * 8 * USEC_PER_SEC / l->conf.rate_bps);
        at = l->free_at;
    }
    at += l->conf.delay + (usec_t)(chance(l) * (double)l->conf.jitter);
    if (at < l->last_at)
        at = l->last_at;
    l->last_at = at;
    struct held *h = &l->held[(l->head + l->count++) % LINE_QUEUE];
    h->at = at;
    h->len = len;
    memcpy(h->bytes, bytes, len);
}

uint8_t *line_take(struct line *l, size_t *len, usec_t now)
{
    struct held *h = &l->held[l->head];
    if (l->count == 0 || h->at > now)
        return NULL;
    l->head = (l->head + 1) % LINE_QUEUE;
    l->count--;
    *len = h->len;
    return h->bytes;
}

usec_t line_deadline(const struct line *l)
{
    return l->count ? l->held[l->head].at : USEC_NEVER;
}
