/** Restarts the media workers one by one, so that at most one is away. */
#ifndef ROLLING_H
#define ROLLING_H

#include <stdbool.h>
#include <uv.h>

struct serve;

/*
 *   IDLE ──▶ EMPTYING ── empty, or waited long enough ──▶ AWAY ── up again ──▶ next worker,
 * IDLE
 */
enum rolling_state {
    ROLLING_IDLE,
    ROLLING_EMPTYING, ///< the worker takes no new rooms
    ROLLING_AWAY,     ///< it was told to end
};

struct rolling {
    struct serve *serve; ///< not owned
    uv_timer_t timer;
    enum rolling_state state;
    unsigned worker;   ///< the one at hand
    unsigned last;     ///< and the last one
    unsigned restarts; ///< AWAY: how often it had been lost before
    unsigned wait_s;
    uint64_t until; ///< EMPTYING: uv_now() when patience ends
};

void rolling_start(struct rolling *r, struct serve *serve);

/**
 * Begins with worker `first` and ends with `last`. Each takes no new rooms for up to `wait_s`
 * seconds, or until it is empty; then it starts anew, and whoever is still on it is led to
 * another. False if a round is under way.
 */
bool rolling_begin(struct rolling *r, unsigned first, unsigned last, unsigned wait_s);

/** Closes its timer; let the loop run after. */
void rolling_stop(struct rolling *r);

#endif
