/** Gives control's memory back when people have left, as the workers do (give_back.h). */
#ifndef EBB_H
#define EBB_H

#include "call/call.h"
#include "give_back.h"

#include <uv.h>

struct ebb {
    const struct call *call; ///< not owned
    struct give_back memory;
    uv_timer_t timer;
};

/** Looks now and then from now on. */
void ebb_start(struct ebb *e, uv_loop_t *loop, const struct call *call);

/** Ends it; let the loop run after. */
void ebb_stop(struct ebb *e);

#endif
