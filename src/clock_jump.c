#include "clock_jump.h"

#include "base/log.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define LOOK_MS 1000
#define LEAST   (2 * USEC_PER_SEC) ///< less is no jump: times of day are kept in seconds

static usec_t ahead(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (usec_t)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000 - usec_now();
}

static void on_timer(uv_timer_t *timer)
{
    struct clock_jump *c = timer->data;
    const usec_t now = ahead(), by = now - c->ahead;

    if (by > -LEAST && by < LEAST) {
        c->ahead = now; // a clock that is slewed goes on by less than this a second
        return;
    }
    const int64_t by_s = by / USEC_PER_SEC;
    const int error = store_shift_due(c->store, by_s);
    if (error) { // it is tried again, as the jump is not taken note of
        log_at(LEVEL_WARN, "clock.jumped", "seconds=%" PRId64 " error=\"%s\"", by_s,
               strerror(-error));
        return;
    }
    log_at(LEVEL_WARN, "clock.jumped", "seconds=%" PRId64, by_s);
    c->ahead = now;
    purge_hold(c->purge);
    c->jumped(c->ctx);
}

void clock_jump_start(struct clock_jump *c, uv_loop_t *loop, struct store *store,
                      struct purge *purge, void (*jumped)(void *ctx), void *ctx)
{
    c->store = store;
    c->purge = purge;
    c->jumped = jumped;
    c->ctx = ctx;
    c->ahead = ahead();
    (void)uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    uv_unref((uv_handle_t *)&c->timer);
    (void)uv_timer_start(&c->timer, on_timer, LOOK_MS, LOOK_MS);
}

void clock_jump_stop(struct clock_jump *c)
{
    if (c->timer.data)
        uv_close((uv_handle_t *)&c->timer, NULL);
    c->timer.data = NULL;
}
