/**
 * A hash map from short byte strings to pointers: addresses, ufrags, ids.
 *
 * Keys are not copied: each lies inside the thing it maps to and must stay unchanged while it
 * is in the map. Open addressing, linear probing, grows at two thirds; a seed of its own keeps
 * strangers from choosing collisions.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_entry {
    const void *key; ///< not owned; NULL: free
    void *value;     ///< not owned
    uint32_t hash;
    uint16_t len; ///< bytes of key
};

struct map {
    struct map_entry *entry; ///< owned
    size_t cap;              ///< a power of two, or 0
    size_t count;
    uint64_t seed;
};

/** An empty map; allocates nothing yet. `seed` should be random where keys come from outside.
 */
void map_init(struct map *m, uint64_t seed);
void map_fini(struct map *m);

/** The value under `key`, or NULL. */
void *map_get(const struct map *m, const void *key, size_t len);

/** Puts or replaces. Returns 0 or -ENOMEM (the map is then as it was). `value` is not NULL. */
int map_put(struct map *m, const void *key, size_t len, void *value);

/** Takes the key out. Returns what was there, or NULL. */
void *map_del(struct map *m, const void *key, size_t len);

/** For loops: the next value at or after position `*at` (begin with 0), NULL at the end. The
 * map must not change meanwhile. */
void *map_next(const struct map *m, size_t *at);

#endif
