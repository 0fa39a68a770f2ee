/** Keeps one worker alive: its process, its wire, its state. Used by supervisor.c alone. */
#ifndef SUPERVISOR_KEEPER_H
#define SUPERVISOR_KEEPER_H

#include "child.h"
#include "wire.h"

#include "supervisor/supervisor.h"

#include <sys/un.h>

/*
 *          ┌── nobody there ──┐
 * LEFTOVER ┴─── quit, gone ───┴▶ STARTING ── HELLO ──▶ UP
 *                                  ▲    │ exit,          │ exit, socket closed,
 *                           backoff│    │ too slow       │ nonsense, silence
 *                                WAITING ◀── exit ── DYING
 */
enum keeper_state {
    OFF,      ///< not started yet, or over
    LEFTOVER, ///< somebody else's worker is being ended
    STARTING, ///< the process runs, we try to connect
    UP,
    DYING,   ///< killed; its exit is waited for
    WAITING, ///< for the next start
};

struct keeper {
    struct supervisor *sup;
    unsigned number;
    enum keeper_state state;
    struct child *child; ///< owned, NULL if none runs
    struct wire *wire;   ///< owned, NULL if none
    uv_timer_t timer;    ///< of the state
    bool open;           ///< the wire is connected
    bool was_up;         ///< HELLO came once
    bool held;           ///< takes no new rooms while there is another
    pid_t leftover;      ///< LEFTOVER: the process to go
    unsigned tries;      ///< LEFTOVER: looks at it so far
    uint64_t started;    ///< uv_now() of the last start
    uint64_t heard;      ///< uv_now() of the last letter
    unsigned backoff_ms;
    unsigned load, restarts;
    uint64_t seq; ///< of the last STATS_ASK
    json_t *stats;
    char fingerprint[sizeof(((struct letter_hello *)0)->fingerprint)];
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

struct supervisor {
    uv_loop_t *loop;
    const struct supervisor_ops *ops;
    void *arg;
    unsigned count;
    uint16_t port;
    unsigned hang_ms;
    char *program, *log_level, *log_format;
    uv_timer_t watch;    ///< asks every worker for its stats; when stopping, counts down
    uint64_t watched;    ///< uv_now() when it last ran
    uint64_t stop_began; ///< uv_now()
    bool stopping, failed;
    void (*done)(void *arg);
    void *done_arg;
    unsigned closing; ///< timers still to be closed
    struct keeper keeper[];
};

/** The first start, after a worker of an earlier control process has been sent away. */
void keeper_begin(struct keeper *k);

/** Looks after it; `slept`: do not hold its silence against it, it was ours. */
void keeper_watch(struct keeper *k, bool slept);

/** The supervisor stops: asks the process to go and forgets what else it wanted. */
void keeper_quit(struct keeper *k);

/** Closes the wire. */
void keeper_drop_wire(struct keeper *k);

/** In supervisor.c: a process has ended while the supervisor stops. */
void supervisor_check_stopped(struct supervisor *s);

#endif
