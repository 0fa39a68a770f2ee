/** Takes out of the database, now and then, what nobody needs any more. */
#ifndef PURGE_H
#define PURGE_H

#include "call/call.h"
#include "links/links.h"

#include <uv.h>

struct purge {
    struct links *links; ///< not owned
    struct call *call;   ///< not owned
    uv_timer_t timer;
};

/** Begins; the first look is soon. */
void purge_start(struct purge *p, uv_loop_t *loop, struct links *links, struct call *call);

/** Takes nothing out for an hour: the clock that says what is old has jumped, and may be wrong.
 */
void purge_hold(struct purge *p);

/** Ends it; let the loop run after. */
void purge_stop(struct purge *p);

#endif
