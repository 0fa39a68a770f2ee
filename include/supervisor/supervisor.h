/**
 * Starts the media workers, feeds them letters, watches them, and starts them again.
 *
 * A worker is a process (`salon media --worker K --port P --socket PATH`) that binds a Unix
 * socket in the state folder; we connect to it. It is *up* from its HELLO on. It is lost when
 * it exits, closes the socket, says nonsense or does not answer: then it is killed, and started
 * anew at once (slower if it keeps dying young).
 *
 * A worker that an earlier control process has left is adopted, with its rooms, if it is one
 * that we would start ourselves; else it is sent away.
 *
 * All on one libuv loop. Callbacks never run inside a call of this header.
 */
#ifndef SUPERVISOR_SUPERVISOR_H
#define SUPERVISOR_SUPERVISOR_H

#include "letter/letter.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#define SUPERVISOR_MAX_WORKERS 64

struct supervisor;

/** How the workers are run. Strings are copied. */
struct supervisor_conf {
    unsigned workers;       ///< 1..SUPERVISOR_MAX_WORKERS
    uint16_t port;          ///< UDP port of worker 0; worker k has port + k
    const char *state_dir;  ///< where the sockets lie; it exists, and is ours alone
    const char *log_level;  ///< handed on; NULL: the worker's default
    const char *log_format; ///< likewise
    const char *program;    ///< what to run; NULL: this executable again
    bool any_port;          ///< `port` was only found to be free: adopt one with another, too
    bool reaps;             ///< adopted ones may be children of this process: wait for them
    unsigned flight_mib;    ///< of each worker, for recordings; 0: none
    unsigned hang_ms;       ///< silence after which a worker is killed; 0: 5 s
};

/** What is told. `arg` is the one of supervisor_start(). */
struct supervisor_ops {
    /** A worker takes letters. It has no rooms but those that `held` told of. */
    void (*up)(void *arg, unsigned worker);
    /** A worker that was up is lost, with all it held. */
    void (*lost)(void *arg, unsigned worker);
    /** A letter other than HELLO and STATS came. It is freed after the call. */
    void (*letter)(void *arg, unsigned worker, const struct letter *letter);
    /** A worker could not even start the first time: `why` is one line for a person. Nothing
     *  is tried again; supervisor_stop() is due. */
    void (*failed)(void *arg, const char *why);
    /** What an adopted worker holds, letter by letter: ROOM_HELD, MEMBER_HELD, NOTE and what
     * it tells of these. It takes no letters yet; `up`, or `lost`, follows. */
    void (*held)(void *arg, unsigned worker, const struct letter *letter);
};

/** One worker as seen from here. Borrowed pointers hold until the loop runs again. */
struct supervisor_worker {
    bool up;
    int64_t pid;             ///< of the process, 0 if none runs
    uint16_t port;           ///< its UDP port
    const char *fingerprint; ///< of its DTLS certificate, "sha-256 AB:…"; "" until it was up
    unsigned load;           ///< members on it, as told by supervisor_load()
    unsigned restarts;       ///< how often it was lost since the start
    const json_t *stats;     ///< the body of its last STATS, NULL if none
};

/** Takes the configuration; starts nothing. 0, -EINVAL, -ENAMETOOLONG (the socket's path) or
 *  -ENOMEM. */
int supervisor_create(uv_loop_t *loop, const struct supervisor_conf *conf,
                      struct supervisor **out);

/**
 * Starts all workers, or adopts them. `ops` is not owned. Returns 0 or -errno.
 */
int supervisor_start(struct supervisor *s, const struct supervisor_ops *ops, void *arg);

/** True while it is not yet known what workers of an earlier control hold. */
bool supervisor_finding(const struct supervisor *s);

/** Sends `letter` to a worker. 0; -ENOTCONN if it is not up; -ENOMEM; -EMSGSIZE. */
int supervisor_send(struct supervisor *s, unsigned worker, const struct letter *letter);

/** The least loaded worker that is up, or -1. */
int supervisor_pick(const struct supervisor *s);

/** So many members more (or fewer) are on this worker now. Starts at 0 whenever it comes up. */
void supervisor_load(struct supervisor *s, unsigned worker, int change);

/** Another log level for all workers, also those to come. Copied. 0 or -ENOMEM. */
int supervisor_set_log_level(struct supervisor *s, const char *level);

/** While `held`, supervisor_pick() passes it by if there is another. */
void supervisor_hold(struct supervisor *s, unsigned worker, bool held);

/** Ends a worker that is up, to start it anew: `lost` and `up` follow. False if it is not up.
 */
bool supervisor_restart(struct supervisor *s, unsigned worker);

/** True if every worker is up and has all that was sent to it in its socket: who comes after us
 * finds it all there. */
bool supervisor_settled(const struct supervisor *s);

unsigned supervisor_count(const struct supervisor *s);

/** False if there is no such worker. */
bool supervisor_look(const struct supervisor *s, unsigned worker,
                     struct supervisor_worker *out);

/**
 * Ends all workers: QUIT, after 1 s SIGTERM, after 3 s SIGKILL. No callback but `done` runs
 * from here on; when it runs `s` is being freed: let the loop run until it has nothing left.
 */
void supervisor_stop(struct supervisor *s, void (*done)(void *arg), void *arg);

#endif
