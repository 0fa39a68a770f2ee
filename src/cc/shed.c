#include "cc/shed.h"

#define RISE      20u ///< of SHED_ALL, a step up
#define RISE_NEAR 1u  ///< likewise, near a share that was too much
#define RISE_EACH (500 * USEC_PER_MS)
#define NEAR      (60 * USEC_PER_SEC) ///< for so long is that remembered
#define LEAST     32u                 ///< of SHED_ALL: from here on there is hardly a picture
#define DEARER    3u                  ///< than the layer below; twice the size is four times

void shed_init(struct shed *s)
{
    *s = (struct shed){.share = SHED_ALL, .broke = SHED_ALL};
}

static bool step_down(struct shed *s, usec_t now)
{
    s->behind_at = now;
    if (s->share == LEAST ||
        (s->changed_at && s->share < SHED_ALL && now - s->changed_at < SHED_STEP))
        return false;
    // What comes less for want of viewers does so later, and the share falls too far until
    // then.
    if (!s->falling)
        s->broke = s->share;
    s->falling = true;
    s->share = s->share * 3 / 4 > LEAST ? s->share * 3 / 4 : LEAST;
    s->changed_at = now;
    s->steps_down++;
    return true;
}

static bool step_up(struct shed *s, usec_t now)
{
    if (s->share == SHED_ALL || now - s->behind_at < SHED_CALM ||
        now - s->changed_at < RISE_EACH)
        return false;
    const bool near = now - s->behind_at < NEAR && s->share + RISE > s->broke / 16 * 15;
    s->falling = false;
    s->share += near ? RISE_NEAR : RISE;
    s->share = s->share < SHED_ALL ? s->share : SHED_ALL;
    s->changed_at = now;
    return true;
}

bool shed_note(struct shed *s, bool behind, usec_t now)
{
    return behind ? step_down(s, now) : step_up(s, now);
}

unsigned shed_rank(unsigned share, enum allocate_rank rank)
{
    if (rank != ALLOCATE_REST)
        return share < SHED_ALL / 2 ? 2 * share : SHED_ALL;
    return share > SHED_ALL / 2 ? 2 * share - SHED_ALL : 0;
}

bool shed_ladder(struct allocate_slot *slot, unsigned share, unsigned turn)
{
    const unsigned count = slot->step_count;
    if (count == 0 || share >= SHED_ALL)
        return false;
    const uint64_t allowed = (uint64_t)slot->step[count - 1].rate_bps * share / SHED_ALL;
    unsigned keep = 0;
    while (keep < count && slot->step[keep].rate_bps <= allowed)
        keep++;
    if (keep == count) // all steps cost nothing
        return false;
    const uint64_t below = keep > 0 ? slot->step[keep - 1].rate_bps : 0;
    const uint64_t apart = slot->step[keep].rate_bps - below;
    if (turn * apart < (allowed - below) * SHED_ALL)
        keep++;
    slot->step_count = keep;
    return keep < count;
}

unsigned shed_layers(unsigned layers, unsigned share, unsigned turn)
{
    struct allocate_slot guess = {.step_count = layers};
    for (unsigned i = 0, rate = SHED_ALL; i < layers; i++, rate *= DEARER)
        guess.step[i].rate_bps = rate;
    (void)shed_ladder(&guess, share, turn);
    return guess.step_count;
}
