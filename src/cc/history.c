#include "history.h"

#include "base/fetch.h"

#include <stdlib.h>
#include <string.h>

// Numbers start here, so that an extended number never is below 0.
#define FIRST_NUMBER (INT64_C(1) << 16)

#define FETCH_PLACES 6 // as many as a frame has packets, about

void history_init(struct history *h)
{
    *h = (struct history){.size = HISTORY_FIRST,
                          .next = FIRST_NUMBER,
                          .oldest = FIRST_NUMBER,
                          .settled = FIRST_NUMBER,
                          .counted = FIRST_NUMBER};
    h->ring = h->first;
}

void history_finish(struct history *h)
{
    if (h->ring != h->first)
        free(h->ring);
}

static struct sent *at(const struct history *h, int64_t ext)
{
    return &h->ring[(uint64_t)ext & (h->size - 1)];
}

void history_add(struct history *h, const struct sent *s)
{
    if (h->next - h->settled == h->size) { // its place is needed: nobody told of it in time
        h->in_flight -= at(h, h->settled)->len;
        h->settled++;
    }
    *at(h, h->next) = *s;
    h->next++;
    h->in_flight += s->len;
    if (h->next - h->oldest > h->size)
        h->oldest = h->next - h->size;
}

void history_fetch_next(const struct history *h)
{
    fetch_soon(at(h, h->next), FETCH_PLACES * sizeof(struct sent));
}

struct sent *history_find(struct history *h, int64_t ext)
{
    return ext >= h->oldest && ext < h->next ? at(h, ext) : NULL;
}

void history_settle(struct history *h, int64_t ext)
{
    for (; h->settled <= ext && h->settled < h->next; h->settled++)
        h->in_flight -= at(h, h->settled)->len;
}

usec_t history_waiting_since(const struct history *h)
{
    return h->settled < h->next ? at(h, h->settled)->at : USEC_NEVER;
}

void history_grow(struct history *h)
{
    uint32_t size = h->size;
    while (size < HISTORY_MAX && (uint64_t)(h->next - h->settled) > size / 2)
        size *= 2;
    if (size == h->size)
        return;
    struct sent *ring = malloc(size * sizeof(*ring));
    if (!ring)
        return;
    for (int64_t ext = h->oldest; ext < h->next; ext++)
        ring[(uint64_t)ext & (size - 1)] = *at(h, ext);
    history_finish(h);
    h->ring = ring;
    h->size = size;
}

void history_shrink(struct history *h)
{
    history_finish(h);
    h->ring = h->first;
    h->size = HISTORY_FIRST;
    h->oldest = h->settled = h->counted = h->next;
    h->in_flight = 0;
}
