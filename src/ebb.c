#include "ebb.h"

#include <stddef.h>

#define LOOK_MS 5000

static void on_look(uv_timer_t *timer)
{
    struct ebb *e = timer->data;
    unsigned rooms, participants;

    call_totals(e->call, &rooms, &participants);
    give_back(&e->memory, participants);
}

void ebb_start(struct ebb *e, uv_loop_t *loop, const struct call *call)
{
    e->call = call;
    (void)uv_timer_init(loop, &e->timer);
    e->timer.data = e;
    uv_unref((uv_handle_t *)&e->timer);
    (void)uv_timer_start(&e->timer, on_look, LOOK_MS, LOOK_MS);
}

void ebb_stop(struct ebb *e)
{
    if (e->timer.data)
        uv_close((uv_handle_t *)&e->timer, NULL);
    e->timer.data = NULL;
}
