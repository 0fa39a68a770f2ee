/**
 * What the line carries, divided among the pictures of one viewer.
 *
 * Everybody gets the lowest step first, in the order of rank; then all climb, the more
 * important ones before the others, those of one rank in turns. Two budgets: what a slot has
 * already it keeps while it fits the estimate of now; what is new must fit the lowest estimate
 * of the last seconds with something to spare (a first step: that of now). Between the two lies
 * the calm.
 *
 * Pure: rates and wishes in, steps out. One struct a viewer, one memory a slot.
 */
#ifndef CC_ALLOCATE_H
#define CC_ALLOCATE_H

#include "base/usec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALLOCATE_STEPS    16                  ///< of one ladder
#define ALLOCATE_LOWS     3                   ///< of ALLOCATE_LOW_SPAN each: "the last seconds"
#define ALLOCATE_GRACE    (2 * USEC_PER_SEC)  ///< a picture is kept so long without room for it
#define ALLOCATE_PAUSE    USEC_PER_SEC        ///< between two divisions
#define ALLOCATE_EARLY    (300 * USEC_PER_MS) ///< likewise, if much more has become steady
#define ALLOCATE_LOW_SPAN (500 * USEC_PER_MS)
#define ALLOCATE_HELD_BPS 100000 ///< with so much a held slot is never given up

/** Who climbs before whom. */
enum allocate_rank {
    ALLOCATE_SCREEN,
    ALLOCATE_PINNED,
    ALLOCATE_SPEAKER,
    ALLOCATE_REST,
    ALLOCATE_RANKS
};

/** What of a picture goes first when the line narrows. */
enum allocate_taste {
    ALLOCATE_BALANCED, ///< half the frame rate, then the resolution, and so on
    ALLOCATE_SHARP,    ///< the frame rate: who cannot read sees nothing
    ALLOCATE_SMOOTH,   ///< the resolution
};

/** One way to send a picture: everything of a stream up to a layer. */
struct allocate_step {
    uint8_t stream, sid, tid;
    uint32_t area; ///< pixels
    uint32_t rate_bps;
};

/** What a slot remembers between two divisions; zero it when another track sits down. */
struct allocate_memory {
    usec_t climbed_at;     ///< it last got more; 0: never, or it has fallen since
    uint64_t believed_bps; ///< what the line was thought to carry then
    usec_t bar;            ///< how long it waits after it fell
    usec_t barred_until;   ///< it gets no more before that, but of a clearly better line
    usec_t short_since;    ///< not even the lowest step fits; 0: it does
};

/** One picture that wants room. */
struct allocate_slot {
    enum allocate_rank rank;
    bool held; ///< never given up while ALLOCATE_HELD_BPS are there
    bool shed; ///< steps are missing from its ladder for want of time (cc/shed.h)
    unsigned step_count;
    struct allocate_step step[ALLOCATE_STEPS]; ///< rising, by allocate_ladder()
    int had;                                   ///< what it has now; -1 nothing
    struct allocate_memory *memory;            ///< not owned
    int given;                                 ///< out: what it shall have; -1 nothing
};

/** What is known of one viewer's line. */
struct allocator {
    bool any;
    uint64_t low[ALLOCATE_LOWS]; ///< lowest estimates, a ring
    unsigned newest;
    usec_t low_at;   ///< the newest one began
    usec_t began_at; ///< the first estimate came
    usec_t ran_at;   ///< the last division; 0 never
    uint64_t ran_bps, ran_steady;
};

void allocator_init(struct allocator *a);

/** The estimate of now, everything that is not ours to divide taken off. */
void allocator_note(struct allocator *a, uint64_t bps, usec_t now);

/** The lowest one of the last seconds. */
uint64_t allocator_steady(const struct allocator *a);

/** Is it time to divide again: a second has passed, the rate fell by more than a tenth, or what
 * is steady rose by more than a quarter? */
bool allocator_due(const struct allocator *a, uint64_t bps, usec_t now);

/** Divides `bps`. Slots of one rank come in the order in which they are given. */
void allocator_run(struct allocator *a, struct allocate_slot *slot, unsigned n, uint64_t bps,
                   usec_t now);

/**
 * Makes a ladder of all `n` ways to send a picture, in any order: the steps that are worth
 * being taken, each dearer than the one before. The dearest way that `all` has is its top.
 */
void allocate_ladder(struct allocate_slot *slot, const struct allocate_step *all, unsigned n,
                     enum allocate_taste taste);

/** The place of what is sent now on the ladder: itself, or the next below; -1: below all. */
int allocate_place(const struct allocate_slot *slot, const struct allocate_step *now);

#endif
