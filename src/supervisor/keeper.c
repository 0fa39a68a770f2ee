#include "keeper.h"

#include "base/log.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_EVERY_MS  5
#define END_WAIT_MS       1000 // for one that has closed its socket to be gone
#define START_MAX_MS      10000
#define YOUNG_MS          1000 // a worker that dies before this is restarted with a delay
#define BACKOFF_FIRST_MS  100
#define BACKOFF_LAST_MS   5000
#define STATUS_PORT_TAKEN 3 // exit status of `salon media`: its UDP port is in use

static void start(struct keeper *k);
static void connect_worker(struct keeper *k);

static void on_no_child(uv_timer_t *timer)
{
    start(timer->data);
}

void keeper_drop_wire(struct keeper *k)
{
    wire_close(k->wire);
    k->wire = NULL;
    k->open = false;
}

static void set_state(struct keeper *k, enum keeper_state to)
{
    static const unsigned from[] = {
        [OFF] = 1u << LEFTOVER | 1u << STARTING | 1u << UP | 1u << DYING | 1u << WAITING,
        [LEFTOVER] = 1u << OFF,
        [STARTING] = 1u << OFF | 1u << LEFTOVER | 1u << WAITING,
        [UP] = 1u << STARTING | 1u << LEFTOVER,
        [DYING] = 1u << STARTING | 1u << UP,
        [WAITING] = 1u << STARTING | 1u << UP | 1u << DYING,
    };
    assert(from[to] & 1u << k->state);
    k->state = to;
    uv_timer_stop(&k->timer);
}

/** Tells once that a worker that was up is no more. */
static void tell_lost(struct keeper *k, enum keeper_state was)
{
    if (was != UP)
        return;
    k->load = 0;
    k->restarts++;
    json_decref(k->stats);
    k->stats = NULL;
    if (!k->sup->stopping)
        k->sup->ops->lost(k->sup->arg, k->number);
}

static void fail(struct keeper *k, const char *why)
{
    struct supervisor *sup = k->sup;
    if (sup->failed || sup->stopping)
        return;
    sup->failed = true;
    char line[200];
    (void)snprintf(line, sizeof(line), "media worker %u (UDP port %u): %s", k->number,
                   sup->port + k->number, why);
    sup->ops->failed(sup->arg, line);
}

/** The process is gone, or could not be started: again, now or a little later. */
static void again(struct keeper *k)
{
    const uint64_t lived = uv_now(k->sup->loop) - k->started;
    const enum keeper_state was = k->state;
    if (k->sup->stopping)
        return; // who was told of the failure has stopped us: the state is OFF
    set_state(k, WAITING);
    tell_lost(k, was);
    if (k->sup->failed)
        return;
    unsigned delay = 0;
    if (lived < YOUNG_MS) {
        delay = k->backoff_ms ? k->backoff_ms : BACKOFF_FIRST_MS;
        k->backoff_ms = delay * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : delay * 2;
    } else {
        k->backoff_ms = 0;
    }
    uv_timer_start(&k->timer, on_no_child, delay, 0);
}

void keeper_ended(void *keeper, int status)
{
    struct keeper *k = keeper;
    k->child = NULL;
    keeper_drop_wire(k);
    if (k->sup->stopping) {
        // Its own sandbox has no files. If another follows, the socket is that one's to
        // replace.
        (void)unlink(k->path);
        supervisor_check_stopped(k->sup);
        return;
    }
    if (k->state == LEFTOVER) {
        keeper_leftover_ended(k);
        return;
    }
    log_at(LEVEL_WARN, "supervisor.ended", "worker=%u status=%d", k->number, status);
    if (!k->was_up)
        fail(k,
             status == STATUS_PORT_TAKEN ? "the port is in use" : "ended before it was ready");
    again(k);
}

static void on_slow_end(uv_timer_t *timer)
{
    struct keeper *k = timer->data;
    log_at(LEVEL_WARN, "supervisor.killed", "worker=%u why=slow_end", k->number);
    child_kill(k->child, SIGKILL);
}

/** Its end is waited for, and starts the next one. */
static void await_end(struct keeper *k)
{
    keeper_drop_wire(k);
    const enum keeper_state was = k->state;
    set_state(k, DYING);
    (void)uv_timer_start(&k->timer, on_slow_end, END_WAIT_MS, 0);
    tell_lost(k, was);
}

/** It does not do its work: out with it. */
static void put_down(struct keeper *k, const char *why)
{
    log_at(LEVEL_WARN, "supervisor.killed", "worker=%u why=%s", k->number, why);
    child_kill(k->child, SIGKILL);
    await_end(k);
}

static void on_hello(struct keeper *k, const struct letter_hello *hello)
{
    if (hello->version != LETTER_VERSION || hello->worker != k->number) {
        put_down(k, "hello");
        return;
    }
    memcpy(k->fingerprint, hello->fingerprint, sizeof(k->fingerprint));
    set_state(k, UP);
    k->was_up = true;
    k->load = 0;
    log_at(LEVEL_INFO, "supervisor.up", "worker=%u pid=%lld port=%u", k->number,
           (long long)hello->pid, hello->port);
    k->sup->ops->up(k->sup->arg, k->number);
}

static void on_letter(void *arg, const struct letter *letter)
{
    struct keeper *k = arg;
    k->heard = uv_now(k->sup->loop);
    if (k->state == STARTING) {
        if (letter->type == LETTER_HELLO)
            on_hello(k, &letter->u.hello);
        else
            put_down(k, "no_hello");
    } else if (k->state == UP && letter->type == LETTER_STATS) {
        json_decref(k->stats);
        k->stats = json_incref(letter->u.stats.body);
    } else if (k->state == UP && letter->type != LETTER_HELLO && !k->sup->stopping) {
        k->sup->ops->letter(k->sup->arg, k->number, letter);
    }
}

static void on_opened(void *arg)
{
    struct keeper *k = arg;
    k->open = true;
}

static void on_retry(uv_timer_t *timer)
{
    struct keeper *k = timer->data;
    if (uv_now(k->sup->loop) - k->started > START_MAX_MS)
        put_down(k, "no_socket");
    else
        connect_worker(k);
}

static void on_wire_lost(void *arg)
{
    struct keeper *k = arg;
    const bool was_open = k->open;
    k->wire = NULL;
    k->open = false;
    if (k->sup->stopping)
        return;
    if (k->state == STARTING && !was_open)
        uv_timer_start(&k->timer, on_retry, CONNECT_EVERY_MS, 0);
    else if (k->state == STARTING || k->state == UP)
        await_end(k); // it ends in good order, or has crashed: a moment tells
}

const struct wire_ops keeper_wire_ops = {on_opened, on_letter, on_wire_lost};

static void connect_worker(struct keeper *k)
{
    k->wire = wire_open(k->sup->loop, k->path, &keeper_wire_ops, k);
    if (!k->wire)
        uv_timer_start(&k->timer, on_retry, CONNECT_EVERY_MS, 0);
}

static void start(struct keeper *k)
{
    struct supervisor *sup = k->sup;
    k->port = (uint16_t)(sup->port + k->number);
    const struct child_conf conf = {
        .program = sup->program,
        .worker = k->number,
        .port = k->port,
        .socket = k->path,
        .flight_mib = sup->flight_mib,
        .log_level = sup->log_level,
        .log_format = sup->log_format,
    };
    set_state(k, STARTING);
    k->started = k->heard = uv_now(sup->loop);
    const int r = child_start(sup->loop, &conf, keeper_ended, k, &k->child);
    if (r < 0) {
        log_at(LEVEL_ERROR, "supervisor.spawn", "worker=%u error=\"%s\"", k->number,
               uv_strerror(r));
        if (!k->was_up)
            fail(k, uv_strerror(r));
        again(k);
        return;
    }
    connect_worker(k);
}

void keeper_start(struct keeper *k)
{
    start(k);
}

void keeper_adopted(struct keeper *k)
{
    set_state(k, UP);
    k->was_up = true;
    k->started = uv_now(k->sup->loop);
    k->sup->ops->up(k->sup->arg, k->number);
}

void keeper_begin(struct keeper *k)
{
    set_state(k, LEFTOVER);
    keeper_seek(k);
}

void keeper_watch(struct keeper *k, bool slept)
{
    struct supervisor *sup = k->sup;
    const uint64_t now = uv_now(sup->loop);
    if (slept)
        k->heard = now;
    if (k->state == STARTING && now - k->started > START_MAX_MS) {
        put_down(k, "no_hello");
    } else if (k->state == UP && now - k->heard > sup->hang_ms) {
        put_down(k, "silent");
    } else if (k->state == UP) {
        const struct letter ask = {.type = LETTER_STATS_ASK, .u.stats.seq = ++k->seq};
        (void)wire_send(k->wire, &ask); // one that does not go out is not answered: silence
    }
}

void keeper_quit(struct keeper *k)
{
    const struct letter quit = {.type = LETTER_QUIT};
    if (k->open)
        (void)wire_send(k->wire, &quit); // SIGTERM follows if it does not hear this
    if (!k->child)
        keeper_drop_wire(k);
    if (k->state != OFF)
        set_state(k, OFF);
}
