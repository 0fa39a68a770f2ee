#include "rolling.h"

#include "base/log.h"
#include "serve_parts.h"

#include <assert.h>

#define LOOK_MS 100

static void set_state(struct rolling *r, enum rolling_state to)
{
    static const unsigned from[] = {
        [ROLLING_IDLE] = 1u << ROLLING_AWAY,
        [ROLLING_EMPTYING] = 1u << ROLLING_IDLE | 1u << ROLLING_AWAY,
        [ROLLING_AWAY] = 1u << ROLLING_EMPTYING,
    };
    assert(from[to] & 1u << r->state);
    r->state = to;
}

static void empty(struct rolling *r)
{
    set_state(r, ROLLING_EMPTYING);
    supervisor_hold(r->serve->supervisor, r->worker, true);
    r->until = uv_now(&r->serve->loop) + (uint64_t)r->wait_s * 1000;
}

/** It comes up again: the next one's turn. */
static void go_on(struct rolling *r)
{
    supervisor_hold(r->serve->supervisor, r->worker, false);
    log_at(LEVEL_INFO, "rolling.restarted", "worker=%u", r->worker);
    if (r->worker < r->last) {
        r->worker++;
        empty(r);
        return;
    }
    set_state(r, ROLLING_IDLE);
    (void)uv_timer_stop(&r->timer);
}

static void on_look(uv_timer_t *timer)
{
    struct rolling *r = timer->data;
    struct supervisor *sup = r->serve->supervisor;
    struct supervisor_worker w;

    if (r->serve->stopping || !supervisor_look(sup, r->worker, &w))
        return;
    if (r->state == ROLLING_AWAY && w.up && w.restarts != r->restarts) {
        go_on(r);
    } else if (r->state == ROLLING_EMPTYING && w.up &&
               (w.load == 0 || uv_now(timer->loop) >= r->until)) {
        r->restarts = w.restarts;
        if (supervisor_restart(sup, r->worker))
            set_state(r, ROLLING_AWAY);
    }
}

void rolling_start(struct rolling *r, struct serve *serve)
{
    r->serve = serve;
    (void)uv_timer_init(&serve->loop, &r->timer);
    r->timer.data = r;
}

bool rolling_begin(struct rolling *r, unsigned first, unsigned last, unsigned wait_s)
{
    if (r->state != ROLLING_IDLE)
        return false;
    r->worker = first;
    r->last = last;
    r->wait_s = wait_s;
    empty(r);
    (void)uv_timer_start(&r->timer, on_look, 0, LOOK_MS);
    return true;
}

void rolling_stop(struct rolling *r)
{
    if (r->serve)
        uv_close((uv_handle_t *)&r->timer, NULL);
}
