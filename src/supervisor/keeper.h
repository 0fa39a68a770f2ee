/** Keeps one worker alive: its process, its wire, its state. Used by supervisor.c alone. */
#ifndef SUPERVISOR_KEEPER_H
#define SUPERVISOR_KEEPER_H

#include "child.h"
#include "wire.h"

#include "supervisor/supervisor.h"

#include <sys/un.h>

/*
 *          ┌────── fits, and has told what it holds ──────────────┐
 * LEFTOVER ┼── nobody there ──┐                                    ▼
 *          └─── quit, gone ───┴▶ STARTING ────── HELLO ──────────▶ UP
 *                                  ▲    │ exit,                    │ exit, socket closed,
 *                           backoff│    │ too slow                 │ nonsense, silence
 *                                WAITING ◀──────── exit ──────── DYING
 */
enum keeper_state {
    OFF,      ///< not started yet, or over
    LEFTOVER, ///< a worker of an earlier control is adopted, or ended
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
    bool hearing;        ///< LEFTOVER: it tells what it holds
    bool held;           ///< takes no new rooms while there is another
    unsigned tries;      ///< LEFTOVER: looks at a process that was told to go
    uint16_t port;       ///< that it has
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
    unsigned hang_ms, flight_mib;
    char *program, *log_level, *log_format;
    bool any_port, reaps;
    uv_timer_t watch;    ///< asks every worker for its stats; when stopping, counts down
    uint64_t watched;    ///< uv_now() when it last ran
    uint64_t stop_began; ///< uv_now()
    bool stopping, failed;
    void (*done)(void *arg);
    void *done_arg;
    unsigned closing; ///< timers still to be closed
    struct keeper keeper[];
};

/** The first start, if there is no worker of an earlier control process to adopt. */
void keeper_begin(struct keeper *k);

/** Looks after it; `slept`: do not hold its silence against it, it was ours. */
void keeper_watch(struct keeper *k, bool slept);

/** The supervisor stops: asks the process to go and forgets what else it wanted. */
void keeper_quit(struct keeper *k);

/** In leftover.c: looks for a worker of an earlier control. */
void keeper_seek(struct keeper *k);

/** In leftover.c: its process has ended. */
void keeper_leftover_ended(struct keeper *k);

/** In keeper.c: nobody is there (any more). */
void keeper_start(struct keeper *k);
/** In keeper.c: it has told all, and is up. */
void keeper_adopted(struct keeper *k);
/** In keeper.c: the process has ended. */
void keeper_ended(void *keeper, int status);
/** In keeper.c: how letters come in from a worker that is up, or starts. */
extern const struct wire_ops keeper_wire_ops;

/** Closes the wire. */
void keeper_drop_wire(struct keeper *k);

/** In supervisor.c: a process has ended while the supervisor stops. */
void supervisor_check_stopped(struct supervisor *s);

#endif
