#include "flight/flight.h"

#include "wire.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define TIME_SIZE   9
#define LENGTH_SIZE 3 ///< the type and the length after it

struct flight_block {
    struct flight_block *next; ///< younger, of the same recording; or the next spare one
    struct flight *of;         ///< NULL: spare
    uint64_t number;
    usec_t began;
    uint32_t len; ///< of `bytes`; of the one being written as it was last
    uint8_t bytes[FLIGHT_BLOCK];
};

int flight_pool_init(struct flight_pool *p, size_t bytes)
{
    *p = (struct flight_pool){.count = (unsigned)(bytes / sizeof(struct flight_block))};
    if (p->count == 0)
        return 0;
    // Pages that nobody has written on cost nothing.
    void *all = mmap(NULL, p->count * sizeof(struct flight_block), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED) {
        p->count = 0;
        return -ENOMEM;
    }
    p->block = all;
    return 0;
}

void flight_pool_fini(struct flight_pool *p)
{
    if (p->block)
        (void)munmap(p->block, p->count * sizeof(struct flight_block));
    *p = (struct flight_pool){0};
}

void flight_init(struct flight *f, struct flight_pool *pool)
{
    *f = (struct flight){.pool = pool && pool->count ? pool : NULL};
}

static void spare(struct flight_pool *p, struct flight_block *b)
{
    b->of = NULL;
    b->next = p->spare;
    p->spare = b;
    p->spared++;
}

/** Takes the oldest block out of a recording. */
static struct flight_block *shorten(struct flight *f)
{
    struct flight_block *b = f->first;
    f->first = b->next;
    if (!f->first) {
        f->last = NULL;
        f->at = f->end = NULL;
    }
    return b;
}

/** Nothing is recorded any more: the memory goes back. */
static void dry(struct flight_pool *p)
{
    (void)madvise(p->block, p->used * sizeof(struct flight_block), MADV_DONTNEED);
    p->used = p->spared = 0;
    p->spare = NULL;
}

void flight_fini(struct flight *f)
{
    while (f->first)
        spare(f->pool, shorten(f));
    if (f->pool && f->pool->used > 0 && f->pool->spared == f->pool->used)
        dry(f->pool);
    *f = (struct flight){0};
}

/** One that was never used, or the oldest of all. */
static struct flight_block *take(struct flight_pool *p)
{
    struct flight_block *b = p->spare;
    if (b) {
        p->spare = b->next;
        p->spared--;
        return b;
    }
    if (p->used < p->count)
        return &p->block[p->used++];
    const struct flight_block *oldest = &p->block[0];
    for (unsigned i = 1; i < p->count; i++)
        if (p->block[i].began < oldest->began)
            oldest = &p->block[i];
    return shorten(oldest->of); // blocks of one recording follow each other in time
}

/** A new block for what happens from now on. */
static void turn(struct flight *f, usec_t now)
{
    if (f->last)
        f->last->len = (uint32_t)(f->at - f->last->bytes);
    // A block is over when the next one begins.
    while (f->first && f->first->next && now - f->first->next->began > FLIGHT_SPAN)
        spare(f->pool, shorten(f));
    struct flight_block *b = take(f->pool);
    b->next = NULL;
    b->of = f;
    b->number = f->number++;
    b->began = now;
    b->len = 0;
    if (f->last)
        f->last->next = b;
    else
        f->first = b;
    f->last = b;
    f->at = b->bytes;
    f->end = b->bytes + FLIGHT_BLOCK;
    f->now = now;
}

uint8_t *flight_more(struct flight *f, size_t n, usec_t now)
{
    assert(n + TIME_SIZE <= FLIGHT_BLOCK);
    if (!f->pool)
        return NULL;
    if ((size_t)(f->end - f->at) < n + TIME_SIZE)
        turn(f, now);
    if (f->now != now) {
        *f->at = FLIGHT_TIME;
        wire_put(f->at + 1, (uint64_t)now, 8);
        f->at += TIME_SIZE;
        f->now = now;
    }
    uint8_t *at = f->at;
    f->at += n;
    return at;
}

void flight_came(struct flight *f, const struct flight_came *c, usec_t now)
{
    uint8_t *at = f->pool ? flight_place(f, WIRE_CAME, now) : NULL;
    if (!at)
        return;
    at[0] = FLIGHT_CAME;
    at[1] = (uint8_t)(c->marker | c->keyframe << 1 | c->repaired << 2);
    wire_put(at + 2, c->who, 2);
    wire_put(at + 4, c->len, 2);
    wire_put(at + 6, c->seq, 2);
    wire_put(at + 8, c->ts, 4);
    at[12] = c->track;
    at[13] = c->stream;
    at[14] = (uint8_t)(c->sid << 4 | (c->tid & 15));
    at[15] = 0;
}

void flight_write(struct flight *f, enum flight_type type, const uint8_t *body, size_t len,
                  usec_t now)
{
    assert(len > 0);
    uint8_t *at = f->pool ? flight_place(f, LENGTH_SIZE + len, now) : NULL;
    if (!at)
        return;
    *at = (uint8_t)type;
    wire_put(at + 1, len, 2);
    memcpy(at + LENGTH_SIZE, body, len);
}

bool flight_give(const struct flight *f, uint64_t from, struct flight_given *out)
{
    const struct flight_block *b = f->first;
    while (b && b->number < from)
        b = b->next;
    if (!b)
        return false;
    const size_t len = b == f->last ? (size_t)(f->at - b->bytes) : b->len;
    out->number = b->number;
    out->newest = f->last->number;
    out->len = FLIGHT_HEAD + len;
    memcpy(out->bytes + FLIGHT_HEAD, b->bytes, len);
    wire_put(out->bytes, WIRE_BLOCK, 4);
    wire_put(out->bytes + 4, (uint32_t)len, 4);
    wire_put(out->bytes + 8, b->number, 8);
    wire_put(out->bytes + 16, (uint64_t)b->began, 8);
    wire_digest(out->bytes, out->len, out->bytes + WIRE_SUM);
    return true;
}
