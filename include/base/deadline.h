/**
 * Who must be woken when: a binary heap of deadlines, each embedded in its owner.
 *
 * The worker has one heap and one timer for all its peers and rooms, so that a thousand silent
 * members cost nothing until one of them is due.
 */
#ifndef BASE_DEADLINE_H
#define BASE_DEADLINE_H

#include "base/usec.h"

#include <stddef.h>

/** One deadline. Zero it to begin; it is in the heap while `pos` is not 0. */
struct deadline {
    usec_t at;
    size_t pos;                           ///< 1-based place in the heap, 0: not in it
    void *owner;                          ///< not owned
    void (*due)(void *owner, usec_t now); ///< called by deadline_run(); may set deadlines
};

struct deadline_heap {
    struct deadline **item; ///< owned array of borrowed deadlines
    size_t count, cap;
};

void deadline_heap_fini(struct deadline_heap *h);

/** Sets or moves `d` to `at`; USEC_NEVER takes it out. Returns 0 or -ENOMEM. */
int deadline_set(struct deadline_heap *h, struct deadline *d, usec_t at);

/** Takes `d` out; fine if it is not in. */
void deadline_clear(struct deadline_heap *h, struct deadline *d);

/** The earliest, or USEC_NEVER. */
usec_t deadline_next(const struct deadline_heap *h);

/** Calls everyone who is due at `now`, earliest first; each is taken out before its call. */
void deadline_run(struct deadline_heap *h, usec_t now);

/**
 * `at`, or up to `span` later: a moment that all have in common who wait with the same `span`.
 * What need not be punctual is done for many in one wake-up.
 */
static inline usec_t deadline_together(usec_t at, usec_t span)
{
    return (at + span - 1) / span * span;
}

#endif
