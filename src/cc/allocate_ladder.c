/*
 * The ladder of one picture. Resolutions are levels, each with its frame rates:
 *
 *              balanced            sharp               smooth
 *   level 2        .  5  6         4  5  6             .  .  5
 *   level 1        .  3  4         2  .  .             .  .  4
 *   level 0     0  1  2            1  .  .             1  2  3
 *      frame rate  1/4 1/2 1
 *
 * To drop is to walk down: a layer of time needs no keyframe to go, and half of the frames are
 * still a film; a quarter of them is not, but at the bottom.
 */
#include "cc/allocate.h"

#include <stdlib.h>

#define MOST 64 ///< ways to send a picture that are looked at

/** A way, and where it stands. */
struct way {
    struct allocate_step step;
    unsigned level; ///< of its resolution, 0 is the lowest
    uint8_t top;    ///< highest layer of time at this level
};

static bool same_picture(const struct allocate_step *a, const struct allocate_step *b)
{
    return a->stream == b->stream && a->sid == b->sid;
}

/** By resolution, the cheaper first where it is the same; then by frame rate. */
static int by_picture(const void *left, const void *right)
{
    const struct allocate_step *a = &((const struct way *)left)->step;
    const struct allocate_step *b = &((const struct way *)right)->step;
    if (a->area != b->area)
        return a->area < b->area ? -1 : 1;
    if (a->stream != b->stream)
        return a->stream < b->stream ? -1 : 1;
    if (a->sid != b->sid)
        return a->sid < b->sid ? -1 : 1;
    return (a->tid > b->tid) - (a->tid < b->tid);
}

static void find_levels(struct way *way, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        way[i].level = i == 0 ? 0 : way[i - 1].level;
        if (i > 0 && !same_picture(&way[i - 1].step, &way[i].step))
            way[i].level++;
    }
    for (unsigned i = n; i-- > 0;) {
        const bool last = i + 1 == n || way[i + 1].level != way[i].level;
        way[i].top = last ? way[i].step.tid : way[i + 1].top;
    }
}

/** Is this one of the steps of a ladder of that taste, below `highest` levels? */
static bool belongs(const struct way *w, unsigned highest, enum allocate_taste taste)
{
    switch (taste) {
    case ALLOCATE_SHARP:
        return w->step.tid == 0 || w->level == highest;
    case ALLOCATE_SMOOTH:
        return w->level == 0 || w->step.tid == w->top;
    case ALLOCATE_BALANCED:
        break;
    }
    return w->level == 0 || w->step.tid + 1 >= w->top;
}

/** Who takes the dearer one gets more: what costs more than something better goes. */
static unsigned drop_dear(struct allocate_step *step, unsigned n)
{
    unsigned kept = n;
    for (unsigned i = n; i-- > 0;)
        if (kept == n || step[i].rate_bps < step[kept].rate_bps)
            step[--kept] = step[i];
    for (unsigned i = kept; i < n; i++)
        step[i - kept] = step[i];
    return n - kept;
}

void allocate_ladder(struct allocate_slot *slot, const struct allocate_step *all, unsigned n,
                     enum allocate_taste taste)
{
    struct way way[MOST];
    struct allocate_step step[MOST];
    unsigned count = 0;
    n = n < MOST ? n : MOST;
    for (unsigned i = 0; i < n; i++)
        way[i] = (struct way){.step = all[i]};
    if (n)
        qsort(way, n, sizeof(*way), by_picture);
    find_levels(way, n);
    for (unsigned i = 0; i < n; i++)
        if (belongs(&way[i], way[n - 1].level, taste))
            step[count++] = way[i].step;
    count = drop_dear(step, count);
    // Too long a ladder loses steps at its lower end, but for the lowest.
    const unsigned skip = count > ALLOCATE_STEPS ? count - ALLOCATE_STEPS : 0;
    slot->step_count = count - skip;
    for (unsigned i = 0; i < slot->step_count; i++)
        slot->step[i] = step[i == 0 ? 0 : i + skip];
}

int allocate_place(const struct allocate_slot *slot, const struct allocate_step *now)
{
    int place = -1;
    for (unsigned i = 0; i < slot->step_count; i++) {
        const struct allocate_step *s = &slot->step[i];
        if (same_picture(s, now) && s->tid == now->tid)
            return (int)i;
        if (s->area < now->area || (same_picture(s, now) && s->tid < now->tid))
            place = (int)i;
    }
    return place;
}
