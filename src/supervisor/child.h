/** A worker's process: started with its command line or taken on, told of its end. */
#ifndef SUPERVISOR_CHILD_H
#define SUPERVISOR_CHILD_H

#include "supervisor/supervisor.h"

struct child;

struct child_conf {
    const char *program; ///< what to run
    unsigned worker;
    unsigned port;
    const char *socket;
    unsigned flight_mib;                ///< for recordings
    const char *log_level, *log_format; ///< NULL: none given
};

/**
 * Starts it. `ended` runs once when the process is gone, with its exit status (-1 if a signal
 * ended it); the child frees itself after that. Returns 0 or -errno.
 */
int child_start(uv_loop_t *loop, const struct child_conf *conf,
                void (*ended)(void *arg, int status), void *arg, struct child **out);

/**
 * Takes on a process that another control has started; `ended` as above, with -1 if its status
 * is not known. `reaps`: it may be a child of this process that nobody else waits for. Returns
 * 0, or -errno: it is gone.
 */
int child_adopt(uv_loop_t *loop, pid_t pid, bool reaps, void (*ended)(void *arg, int status),
                void *arg, struct child **out);

int64_t child_pid(const struct child *c);

/** Sends it a signal. */
void child_kill(struct child *c, int signal);

#endif
