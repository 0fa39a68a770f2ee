/**
 * Memory that is needed in a moment, asked for now. What is known of a viewer has left the
 * caches since the last frame: a packet to a hundred of them would wait fifty times for each.
 */
#ifndef BASE_FETCH_H
#define BASE_FETCH_H

#include <stddef.h>

#define FETCH_LINE 64 ///< bytes of a cache line; where they are longer some are asked for twice

/** A hint: `len` bytes at `from` are going to be read and written soon. They need not exist. */
static inline void fetch_soon(const void *from, size_t len)
{
    const char *at = from;
    for (size_t i = 0; i < len; i += FETCH_LINE)
        __builtin_prefetch(at + i, 1);
    __builtin_prefetch(at + len - 1, 1); // of a line of which it has only the beginning
}

/** Of a struct's members from `from` to `to`, both whole. */
#define FETCH_MEMBERS(of, from, to)                                                            \
    fetch_soon(&(of)->from, (size_t)((const char *)(&(of)->to + 1) - (const char *)&(of)->from))

#endif
