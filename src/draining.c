#include "draining.h"

#include "base/log.h"
#include "serve_parts.h"

#define LOOK_MS 250

static void on_look(uv_timer_t *timer)
{
    struct draining *d = timer->data;
    unsigned rooms, participants;

    call_totals(d->serve->call, &rooms, &participants);
    if (rooms > 0 && uv_now(timer->loop) < d->until)
        return;
    log_at(LEVEL_INFO, "drain.ended", "rooms=%u participants=%u", rooms, participants);
    (void)uv_timer_stop(timer);
    serve_stop(d->serve);
}

void draining_start(struct draining *d, struct serve *serve)
{
    d->serve = serve;
    (void)uv_timer_init(&serve->loop, &d->timer);
    d->timer.data = d;
}

void draining_begin(struct draining *d, unsigned deadline_s)
{
    d->on = true;
    d->until = uv_now(&d->serve->loop) + (uint64_t)deadline_s * 1000;
    call_drain(d->serve->call, true);
    log_at(LEVEL_INFO, "drain.began", "deadline_s=%u", deadline_s);
    (void)uv_timer_start(&d->timer, on_look, LOOK_MS, LOOK_MS);
}

void draining_cancel(struct draining *d)
{
    if (!d->on)
        return;
    d->on = false;
    (void)uv_timer_stop(&d->timer);
    call_drain(d->serve->call, false);
    log_at(LEVEL_INFO, "drain.cancelled", "%s", "");
}

unsigned draining_left_s(const struct draining *d)
{
    const uint64_t now = uv_now(&d->serve->loop);

    return d->on && d->until > now ? (unsigned)((d->until - now + 999) / 1000) : 0;
}

void draining_stop(struct draining *d)
{
    if (d->serve)
        uv_close((uv_handle_t *)&d->timer, NULL);
}
