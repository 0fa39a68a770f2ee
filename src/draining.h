/** Going down slowly: no new rooms; running calls go on until a deadline. */
#ifndef DRAINING_H
#define DRAINING_H

#include <stdbool.h>
#include <uv.h>

struct serve;

struct draining {
    struct serve *serve; ///< not owned
    uv_timer_t timer;
    uint64_t until; ///< uv_now() of the deadline
    bool on;
};

void draining_start(struct draining *d, struct serve *serve);

/** From now on no room opens; the process ends when none is open, or at the deadline. Said
 *  again, the deadline is another. */
void draining_begin(struct draining *d, unsigned deadline_s);

/** All is as before. */
void draining_cancel(struct draining *d);

/** Seconds left. */
unsigned draining_left_s(const struct draining *d);

/** Closes its timer; let the loop run after. */
void draining_stop(struct draining *d);

#endif
