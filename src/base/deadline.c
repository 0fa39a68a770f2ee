#include "base/deadline.h"

#include <errno.h>
#include <stdlib.h>

void deadline_heap_fini(struct deadline_heap *h)
{
    free(h->item);
    *h = (struct deadline_heap){0};
}

static void place(struct deadline_heap *h, size_t pos, struct deadline *d)
{
    h->item[pos - 1] = d;
    d->pos = pos;
}

static void sift_up(struct deadline_heap *h, struct deadline *d)
{
    size_t pos = d->pos;
    for (; pos > 1 && h->item[pos / 2 - 1]->at > d->at; pos /= 2)
        place(h, pos, h->item[pos / 2 - 1]);
    place(h, pos, d);
}

static void sift_down(struct deadline_heap *h, struct deadline *d)
{
    size_t pos = d->pos;
    for (size_t child; (child = 2 * pos) <= h->count; pos = child) {
        if (child < h->count && h->item[child]->at < h->item[child - 1]->at)
            child++;
        if (h->item[child - 1]->at >= d->at)
            break;
        place(h, pos, h->item[child - 1]);
    }
    place(h, pos, d);
}

void deadline_clear(struct deadline_heap *h, struct deadline *d)
{
    if (d->pos == 0)
        return;
    struct deadline *last = h->item[--h->count];
    if (last != d) {
        last->pos = d->pos;
        sift_up(h, last);
        sift_down(h, last);
    }
    d->pos = 0;
}

int deadline_set(struct deadline_heap *h, struct deadline *d, usec_t at)
{
    if (at == USEC_NEVER) {
        deadline_clear(h, d);
        return 0;
    }
    if (d->pos == 0) {
        if (h->count == h->cap) {
            const size_t cap = h->cap ? 2 * h->cap : 64;
            struct deadline **item = realloc(h->item, cap * sizeof(struct deadline *));
            if (!item)
                return -ENOMEM;
            h->item = item;
            h->cap = cap;
        }
        d->pos = ++h->count;
        h->item[d->pos - 1] = d;
    }
    d->at = at;
    sift_up(h, d);
    sift_down(h, d);
    return 0;
}

usec_t deadline_next(const struct deadline_heap *h)
{
    return h->count ? h->item[0]->at : USEC_NEVER;
}

void deadline_run(struct deadline_heap *h, usec_t now)
{
    while (h->count && h->item[0]->at <= now) {
        struct deadline *d = h->item[0];
        deadline_clear(h, d);
        d->due(d->owner, now);
    }
}
