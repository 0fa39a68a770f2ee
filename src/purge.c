#include "purge.h"

#include "base/log.h"
#include "call/lobby.h"
#include "links/events.h"

#include <string.h>
#include <time.h>

// A few at a time: the loop that serves calls does this, too.
#define BATCH    50
#define FIRST_MS 5000
#define NEXT_MS  500
#define PAUSE_MS 600000
#define HOLD_MS  3600000

static bool in_use(const char *room, void *ctx)
{
    const struct purge *p = ctx;

    return call_room_count(p->call, room) > 0 || call_lobby_count(p->call, room) > 0;
}

static void on_timer(uv_timer_t *timer)
{
    struct purge *p = timer->data;
    const int removed = links_purge(p->links, in_use, p, BATCH, (int64_t)time(NULL));

    if (removed < 0)
        log_at(LEVEL_WARN, "purge", "error=\"%s\"", strerror(-removed));
    else if (removed > 0)
        log_at(LEVEL_INFO, "purge", "rooms=%d", removed);
    (void)uv_timer_start(timer, on_timer, removed == BATCH ? NEXT_MS : PAUSE_MS, 0);
}

void purge_start(struct purge *p, uv_loop_t *loop, struct links *links, struct call *call)
{
    p->links = links;
    p->call = call;
    (void)uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    uv_unref((uv_handle_t *)&p->timer);
    (void)uv_timer_start(&p->timer, on_timer, FIRST_MS, 0);
}

void purge_hold(struct purge *p)
{
    (void)uv_timer_start(&p->timer, on_timer, HOLD_MS, 0);
}

void purge_stop(struct purge *p)
{
    if (p->timer.data)
        uv_close((uv_handle_t *)&p->timer, NULL);
    p->timer.data = NULL;
}
