#include "http/limit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAYS 8 ///< buckets a key may be in

struct bucket {
    char key[LIMIT_KEY_SIZE]; ///< "" if free
    usec_t full_at;           ///< when it is (or was) full again
    usec_t used_at;
};

struct limit {
    usec_t cost;  ///< microseconds a token takes to grow
    usec_t depth; ///< of a whole bucket
    size_t sets;
    struct bucket bucket[];
};

struct limit *limit_new(unsigned per_minute, unsigned burst, size_t keys)
{
    size_t sets = (keys + WAYS - 1) / WAYS;
    struct limit *limit;

    assert(per_minute > 0 && burst > 0 && keys > 0);
    limit = calloc(1, sizeof *limit + sets * WAYS * sizeof *limit->bucket);
    if (limit) {
        limit->sets = sets;
        limit_set(limit, per_minute, burst);
    }
    return limit;
}

void limit_set(struct limit *limit, unsigned per_minute, unsigned burst)
{
    assert(per_minute > 0 && burst > 0);
    limit->cost = 60 * USEC_PER_SEC / per_minute;
    limit->depth = limit->cost * burst;
}

void limit_free(struct limit *limit)
{
    free(limit);
}

static size_t hash(const char *key)
{
    uint64_t h = 0xcbf29ce484222325; // FNV-1a

    for (; *key; key++)
        h = (h ^ (uint8_t)*key) * 0x100000001b3;
    return (size_t)(h ^ h >> 32);
}

/** The bucket of `key`, made if need be from the one of its set unused longest. */
static struct bucket *find(struct limit *limit, const char *key)
{
    struct bucket *set = limit->bucket + hash(key) % limit->sets * WAYS;
    struct bucket *oldest = set;

    for (size_t i = 0; i < WAYS; i++) {
        if (strcmp(set[i].key, key) == 0)
            return &set[i];
        if (set[i].used_at < oldest->used_at)
            oldest = &set[i];
    }
    memset(oldest, 0, sizeof *oldest);
    (void)snprintf(oldest->key, sizeof oldest->key, "%s", key);
    return oldest;
}

bool limit_take(struct limit *limit, const char *key, unsigned *retry_s, usec_t now)
{
    char cut[LIMIT_KEY_SIZE];
    struct bucket *b;
    usec_t full_at;

    (void)snprintf(cut, sizeof cut, "%s", key);
    b = find(limit, cut);
    full_at = (b->full_at > now ? b->full_at : now) + limit->cost;
    b->used_at = now;
    if (full_at - now > limit->depth) {
        usec_t wait = full_at - now - limit->depth;

        if (retry_s)
            *retry_s = (unsigned)((wait + USEC_PER_SEC - 1) / USEC_PER_SEC);
        return false;
    }
    b->full_at = full_at;
    return true;
}
