/**
 * What waits on the line: the delay of what just came above the shortest one of the last
 * seconds. Both ends' clocks are strangers to each other, so only the difference means
 * anything.
 */
#ifndef CC_QUEUE_H
#define CC_QUEUE_H

#include "base/usec.h"

#include <stdbool.h>

// The shortest delay is remembered for one to two of these: a route that became longer is
// forgiven after that, and clocks that drift apart (100 ppm at most) do not add up.
#define QUEUE_MEMORY (30 * USEC_PER_SEC)

struct queue {
    bool known;
    usec_t since;      ///< our clock: when `young` began
    usec_t young, old; ///< shortest delay of this stretch and of the one before
    usec_t sample;     ///< shortest delay of the feedback being read
    bool sampled;      ///< there was one
    usec_t waits;      ///< the result: 0 or more
    usec_t usual;      ///< of it, while nothing grows: jitter, and what others keep there
    usec_t spread;     ///< by how much it usually changes from one feedback to the next
    usec_t before;     ///< what waited then
};

// A queue of so much more than usual is one.
#define QUEUE_STANDING (50 * USEC_PER_MS)
#define QUEUE_EMPTY    (30 * USEC_PER_MS) ///< and less is none

void queue_reset(struct queue *q);

/** A packet took `delay` (arrival on their clock less sending on ours). */
void queue_add(struct queue *q, usec_t delay);

/** The feedback is read: `waits` is new. */
void queue_close(struct queue *q, usec_t now);

/** Nothing grows: what waits now is what usually does. */
void queue_settle(struct queue *q);

/** What waits more than usual. */
static inline usec_t queue_excess(const struct queue *q)
{
    const usec_t often = q->usual + 2 * q->spread;
    return q->waits > often ? q->waits - often : 0;
}

/** What waits now is somebody else's: it counts as usual from here on. */
void queue_accept(struct queue *q);

/** It comes and goes by so much: jitter. */
void queue_jitters(struct queue *q, usec_t spread);

#endif
