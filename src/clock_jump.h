/**
 * Sees the wall clock jump (set by hand, by NTP, after a pause of the whole machine).
 *
 * What is due so long from now (a ring's end, the next try of a delivery) is written down as a
 * time of day, since it outlives this process; a clock that jumps would bring it at once, or
 * hours late. It is shifted by as much. What expires at a time of day that somebody was told
 * (tokens, links) is not.
 */
#ifndef CLOCK_JUMP_H
#define CLOCK_JUMP_H

#include "base/usec.h"
#include "purge.h"
#include "store/store.h"

#include <uv.h>

struct clock_jump {
    struct store *store; ///< not owned
    struct purge *purge; ///< not owned
    void (*jumped)(void *ctx);
    void *ctx;    ///< not owned
    usec_t ahead; ///< the time of day less the monotonic clock, as last seen
    uv_timer_t timer;
};

/**
 * Looks once a second from now on. `jumped` is told when what is due was shifted: who has
 * looked in between has reckoned with the one clock and the other's times.
 */
void clock_jump_start(struct clock_jump *c, uv_loop_t *loop, struct store *store,
                      struct purge *purge, void (*jumped)(void *ctx), void *ctx);

/** Ends it; let the loop run after. */
void clock_jump_stop(struct clock_jump *c);

#endif
