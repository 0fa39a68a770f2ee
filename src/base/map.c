#include "base/map.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIN_CAP 16

__extension__ typedef unsigned __int128 u128; // not ISO C, but every compiler of ours has it

void map_init(struct map *m, uint64_t seed)
{
    *m = (struct map){.seed = seed};
}

void map_fini(struct map *m)
{
    free(m->entry);
    *m = (struct map){0};
}

/** A multiply-and-fold hash over 8-byte words: good enough spread, a few ns for our keys. */
static uint32_t hash_of(uint64_t seed, const uint8_t *p, size_t len)
{
    uint64_t h = seed ^ (len * UINT64_C(0x9e3779b97f4a7c15));
    while (len > 0) {
        uint64_t word = 0;
        const size_t n = len < 8 ? len : 8;
        memcpy(&word, p, n);
        const u128 wide = (u128)(h ^ word) * UINT64_C(0xd6e8feb86659fd93);
        h = (uint64_t)wide ^ (uint64_t)(wide >> 64) ^ seed;
        p += n;
        len -= n;
    }
    return (uint32_t)(h ^ h >> 32);
}

/** Where `key` is, or the free place where it would go. The map has a free place. */
static struct map_entry *find(const struct map *m, const void *key, size_t len, uint32_t hash)
{
    for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct map_entry *e = &m->entry[i];
        if (!e->key || (e->hash == hash && e->len == len && memcmp(e->key, key, len) == 0))
            return e;
    }
}

static int grow(struct map *m)
{
    const struct map old = *m;
    const size_t cap = old.cap ? 2 * old.cap : MIN_CAP;
    struct map_entry *entry = calloc(cap, sizeof(*entry));
    if (!entry)
        return -ENOMEM;
    m->entry = entry;
    m->cap = cap;
    for (size_t i = 0; i < old.cap; i++)
        if (old.entry[i].key)
            *find(m, old.entry[i].key, old.entry[i].len, old.entry[i].hash) = old.entry[i];
    free(old.entry);
    return 0;
}

void *map_get(const struct map *m, const void *key, size_t len)
{
    if (m->count == 0)
        return NULL;
    return find(m, key, len, hash_of(m->seed, key, len))->value;
}

int map_put(struct map *m, const void *key, size_t len, void *value)
{
    assert(value && len <= UINT16_MAX);
    if (3 * (m->count + 1) > 2 * m->cap && grow(m) < 0)
        return -ENOMEM;
    const uint32_t hash = hash_of(m->seed, key, len);
    struct map_entry *e = find(m, key, len, hash);
    m->count += !e->key;
    *e = (struct map_entry){.key = key, .value = value, .hash = hash, .len = (uint16_t)len};
    return 0;
}

void *map_del(struct map *m, const void *key, size_t len)
{
    if (m->count == 0)
        return NULL;
    struct map_entry *e = find(m, key, len, hash_of(m->seed, key, len));
    void *value = e->value;
    if (!e->key)
        return NULL;

    // Backward shift: whoever probed past this place moves up, so no tombstones are needed.
    size_t hole = (size_t)(e - m->entry);
    for (size_t i = (hole + 1) & (m->cap - 1); m->entry[i].key; i = (i + 1) & (m->cap - 1)) {
        const size_t home = m->entry[i].hash & (m->cap - 1);
        if (((i - home) & (m->cap - 1)) < ((i - hole) & (m->cap - 1)))
            continue;
        m->entry[hole] = m->entry[i];
        hole = i;
    }
    m->entry[hole] = (struct map_entry){0};
    m->count--;
    return value;
}

void *map_next(const struct map *m, size_t *at)
{
    while (*at < m->cap) {
        const struct map_entry *e = &m->entry[(*at)++];
        if (e->key)
            return e->value;
    }
    return NULL;
}
