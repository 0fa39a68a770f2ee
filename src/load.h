/** What a process costs: its processor time, and how long its loop is busy at a time. */
#ifndef LOAD_H
#define LOAD_H

#include "base/histogram.h"

#include <jansson.h>
#include <uv.h>

struct load {
    uv_loop_t *loop; ///< not owned; NULL: not started
    uv_prepare_t turn;
    uint64_t began, idle;     ///< nanoseconds: when this turn began, and idled until then
    struct histogram busy;    ///< turns of the loop: what comes meanwhile waits so long
    struct histogram forward; ///< packets, from reading them to handing them to the kernel
};

/** Before anything else is done with `loop`. */
void load_start(struct load *l, uv_loop_t *loop);

/** Closes its handle; let the loop run after. */
void load_stop(struct load *l);

/** Adds "cpu_us", "busy" and "forward" to a worker's figures. */
void load_tell(const struct load *l, json_t *stats);

/** Processor time of this process, user and system, in microseconds. */
int64_t load_cpu_us(void);

#endif
