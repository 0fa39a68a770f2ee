#include "net.h"

#include <stdlib.h>
#include <string.h>

static struct carried **next_spare(struct carried *f)
{
    return (struct carried **)(void *)f->bytes;
}

void net_fini(struct net *n)
{
    for (size_t i = 0; i < n->count; i++)
        free(n->heap[i]);
    while (n->spare) {
        struct carried *f = n->spare;
        n->spare = *next_spare(f);
        free(f);
    }
    free(n->heap);
    *n = (struct net){0};
}

static bool before(const struct carried *a, const struct carried *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void push(struct net *n, struct carried *f)
{
    if (n->count == n->cap) {
        n->cap = n->cap ? 2 * n->cap : 256;
        n->heap = realloc(n->heap, n->cap * sizeof(struct carried *));
        if (!n->heap)
            abort();
    }
    size_t i = n->count++;
    for (; i > 0 && before(f, n->heap[(i - 1) / 2]); i = (i - 1) / 2)
        n->heap[i] = n->heap[(i - 1) / 2];
    n->heap[i] = f;
}

struct carried *net_take(struct net *n)
{
    if (n->count == 0)
        return NULL;
    struct carried *top = n->heap[0], *last = n->heap[--n->count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < n->count; i = child) {
        if (child + 1 < n->count && before(n->heap[child + 1], n->heap[child]))
            child++;
        if (!before(n->heap[child], last))
            break;
        n->heap[i] = n->heap[child];
    }
    if (n->count)
        n->heap[i] = last;
    return top;
}

void net_done(struct net *n, struct carried *f)
{
    *next_spare(f) = n->spare;
    n->spare = f;
}

usec_t net_next(const struct net *n)
{
    return n->count ? n->heap[0]->at : USEC_NEVER;
}

static void fly(struct net *n, const struct carried *as, const uint8_t *bytes, usec_t at)
{
    struct carried *f = n->spare;
    if (f)
        n->spare = *next_spare(f);
    else
        f = malloc(sizeof(*f));
    if (!f || as->len > NET_LARGEST)
        abort();
    f->at = at;
    f->order = n->order++;
    f->who = as->who;
    f->down = as->down;
    f->len = as->len;
    memcpy(f->extra, as->extra, sizeof(f->extra));
    memcpy(f->bytes, bytes, as->len);
    push(n, f);
}

/** FNV-1a over when, to whom, how long, and RTP's header: libnice makes its own transaction
 * ids. */
static void note(struct net *n, const struct carried *f, const uint8_t *bytes, usec_t now)
{
    const uint64_t what[] = {(uint64_t)now, f->who, f->down, f->len};
    uint64_t h = n->trace ? n->trace : 14695981039346656037ULL;
    for (size_t i = 0; i < 4; i++)
        h = (h ^ what[i]) * 1099511628211ULL;
    for (size_t i = 0; i < f->len && i < 12 && bytes[0] >> 6 == 2; i++)
        h = (h ^ bytes[i]) * 1099511628211ULL;
    n->trace = h;
}

void net_send(struct net *n, struct link *l, struct rng *rng, const struct carried *f,
              const uint8_t *bytes, usec_t now)
{
    note(n, f, bytes, now);
    l->sent++;
    if (rng_chance(rng, l->loss)) {
        l->lost++;
        return;
    }
    usec_t at = now;
    if (l->rate_bps) {
        const usec_t start = l->free_at > now ? l->free_at : now;
        if (start - now > l->queue) {
            l->lost++;
            return;
        }
        l->free_at = start + (usec_t)(f->len * 8 * USEC_PER_SEC / l->rate_bps);
        at = l->free_at;
    }
    at += l->delay + (l->jitter ? rng_below(rng, (uint32_t)l->jitter) : 0);
    if (at < l->last_at)
        at = l->last_at;
    if (rng_chance(rng, l->reorder))
        at += 5000 + rng_below(rng, 25000);
    else
        l->last_at = at;
    fly(n, f, bytes, at);
    if (rng_chance(rng, l->duplicate))
        fly(n, f, bytes, at + rng_below(rng, 20000));
}
