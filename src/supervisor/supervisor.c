#include "supervisor/supervisor.h"

#include "keeper.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HANG_MS        5000
#define COUNT_EVERY_MS 250 // looks at the processes while stopping
#define TERM_AFTER_MS  1000
#define KILL_AFTER_MS  3000

static void on_watch(uv_timer_t *timer)
{
    struct supervisor *s = timer->data;
    const uint64_t now = uv_now(s->loop);
    // If we ourselves slept, the workers' answers still lie in the sockets.
    const bool slept = now - s->watched > s->hang_ms;
    s->watched = now;
    for (unsigned k = 0; k < s->count; k++)
        keeper_watch(&s->keeper[k], slept);
}

static void free_supervisor(struct supervisor *s)
{
    for (unsigned k = 0; k < s->count; k++)
        json_decref(s->keeper[k].stats);
    free(s->program);
    free(s->log_level);
    free(s->log_format);
    free(s);
}

static bool copy_strings(struct supervisor *s, const struct supervisor_conf *conf)
{
    s->program = strdup(conf->program ? conf->program : "/proc/self/exe");
    s->log_level = conf->log_level ? strdup(conf->log_level) : NULL;
    s->log_format = conf->log_format ? strdup(conf->log_format) : NULL;
    if (!s->program || (conf->log_level && !s->log_level) ||
        (conf->log_format && !s->log_format))
        return false;
    return true;
}

int supervisor_create(uv_loop_t *loop, const struct supervisor_conf *conf,
                      struct supervisor **out)
{
    if (conf->workers == 0 || conf->workers > SUPERVISOR_MAX_WORKERS ||
        conf->port + conf->workers > 65536)
        return -EINVAL;
    struct supervisor *s = calloc(1, sizeof(*s) + conf->workers * sizeof(s->keeper[0]));
    if (!s)
        return -ENOMEM;
    int r = -ENOMEM;
    s->loop = loop;
    s->count = conf->workers;
    s->port = conf->port;
    s->any_port = conf->any_port;
    s->reaps = conf->reaps;
    s->flight_mib = conf->flight_mib;
    s->hang_ms = conf->hang_ms ? conf->hang_ms : HANG_MS;
    if (!copy_strings(s, conf))
        goto fail;
    for (unsigned k = 0; k < s->count; k++) {
        struct keeper *keeper = &s->keeper[k];
        const int n =
            snprintf(keeper->path, sizeof(keeper->path), "%s/media%u.sock", conf->state_dir, k);
        r = -ENAMETOOLONG;
        if (n < 0 || (size_t)n >= sizeof(keeper->path))
            goto fail;
        keeper->sup = s;
        keeper->number = k;
        keeper->port = (uint16_t)(conf->port + k);
    }
    *out = s;
    return 0;
fail:
    free_supervisor(s);
    return r;
}

static void init_timer(struct supervisor *s, uv_timer_t *timer, void *data)
{
    const int r = uv_timer_init(s->loop, timer);
    assert(r == 0);
    (void)r;
    timer->data = data;
    s->closing++;
}

int supervisor_start(struct supervisor *s, const struct supervisor_ops *ops, void *arg)
{
    s->ops = ops;
    s->arg = arg;
    s->watched = uv_now(s->loop);
    init_timer(s, &s->watch, s);
    for (unsigned k = 0; k < s->count; k++) {
        init_timer(s, &s->keeper[k].timer, &s->keeper[k]);
        keeper_begin(&s->keeper[k]);
    }
    return uv_timer_start(&s->watch, on_watch, s->hang_ms / 4, s->hang_ms / 4);
}

bool supervisor_finding(const struct supervisor *s)
{
    for (unsigned k = 0; k < s->count; k++) {
        const struct keeper *keeper = &s->keeper[k];
        if (keeper->state == LEFTOVER && (keeper->wire || keeper->child))
            return true;
    }
    return false;
}

int supervisor_send(struct supervisor *s, unsigned worker, const struct letter *letter)
{
    if (worker >= s->count || s->keeper[worker].state != UP)
        return -ENOTCONN;
    return wire_send(s->keeper[worker].wire, letter);
}

int supervisor_pick(const struct supervisor *s)
{
    int best = -1;
    for (unsigned k = 0; k < s->count; k++) {
        const struct keeper *keeper = &s->keeper[k], *than = best < 0 ? NULL : &s->keeper[best];
        if (keeper->state != UP)
            continue;
        if (!than || keeper->held < than->held ||
            (keeper->held == than->held && keeper->load < than->load))
            best = (int)k;
    }
    return best;
}

void supervisor_load(struct supervisor *s, unsigned worker, int change)
{
    assert(worker < s->count);
    struct keeper *keeper = &s->keeper[worker];
    assert(change >= 0 || keeper->load >= (unsigned)-change);
    keeper->load += (unsigned)change;
}

int supervisor_set_log_level(struct supervisor *s, const char *level)
{
    struct letter letter = {.type = LETTER_LOG_LEVEL};
    char *copy = strdup(level);
    if (!copy)
        return -ENOMEM;
    free(s->log_level);
    s->log_level = copy;
    for (unsigned k = 0; log_level_from(level, &letter.u.log_level) && k < s->count; k++)
        (void)supervisor_send(s, k, &letter); // one that is not up will start with it
    return 0;
}

void supervisor_hold(struct supervisor *s, unsigned worker, bool held)
{
    assert(worker < s->count);
    s->keeper[worker].held = held;
}

bool supervisor_restart(struct supervisor *s, unsigned worker)
{
    const struct letter quit = {.type = LETTER_QUIT};
    return supervisor_send(s, worker, &quit) == 0;
}

bool supervisor_settled(const struct supervisor *s)
{
    for (unsigned k = 0; k < s->count; k++) {
        if (s->keeper[k].state != UP || wire_unsent(s->keeper[k].wire))
            return false;
    }
    return true;
}

unsigned supervisor_count(const struct supervisor *s)
{
    return s->count;
}

bool supervisor_look(const struct supervisor *s, unsigned worker, struct supervisor_worker *out)
{
    if (worker >= s->count)
        return false;
    const struct keeper *keeper = &s->keeper[worker];
    *out = (struct supervisor_worker){
        .up = keeper->state == UP,
        .pid = keeper->child ? child_pid(keeper->child) : 0,
        .port = keeper->port,
        .fingerprint = keeper->fingerprint,
        .load = keeper->load,
        .restarts = keeper->restarts,
        .stats = keeper->stats,
    };
    return true;
}

/* ---- the end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct supervisor *s = handle->data;
    if (--s->closing > 0)
        return;
    void (*done)(void *) = s->done;
    void *arg = s->done_arg;
    free_supervisor(s);
    if (done)
        done(arg);
}

static void close_timer(struct supervisor *s, uv_timer_t *timer)
{
    timer->data = s;
    uv_close((uv_handle_t *)timer, on_timer_closed);
}

void supervisor_check_stopped(struct supervisor *s)
{
    for (unsigned k = 0; k < s->count; k++) {
        if (s->keeper[k].child)
            return;
    }
    if (uv_is_closing((uv_handle_t *)&s->watch))
        return;
    for (unsigned k = 0; k < s->count; k++) {
        keeper_drop_wire(&s->keeper[k]);
        if (s->ops)
            close_timer(s, &s->keeper[k].timer);
    }
    close_timer(s, &s->watch);
}

static void on_countdown(uv_timer_t *timer)
{
    struct supervisor *s = timer->data;
    const uint64_t waited = uv_now(s->loop) - s->stop_began;
    for (unsigned k = 0; k < s->count; k++) {
        if (s->keeper[k].child && waited >= TERM_AFTER_MS)
            child_kill(s->keeper[k].child, waited >= KILL_AFTER_MS ? SIGKILL : SIGTERM);
    }
    supervisor_check_stopped(s);
}

void supervisor_stop(struct supervisor *s, void (*done)(void *arg), void *arg)
{
    assert(!s->stopping);
    s->stopping = true;
    s->done = done;
    s->done_arg = arg;
    s->stop_began = uv_now(s->loop);
    if (!s->ops)
        init_timer(s, &s->watch, s);
    for (unsigned k = 0; k < s->count; k++) {
        if (s->ops)
            keeper_quit(&s->keeper[k]);
    }
    uv_timer_start(&s->watch, on_countdown, s->ops ? COUNT_EVERY_MS : 0, COUNT_EVERY_MS);
}
