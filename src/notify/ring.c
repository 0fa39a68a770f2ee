#include "ring.h"

#include <stdlib.h>
#include <string.h>

void ring_init(struct ring *r)
{
    *r = (struct ring){0};
    TAILQ_INIT(&r->events);
}

void ring_event_free(struct ring_event *event)
{
    if (!event)
        return;
    free(event->user[0]);
    free(event->user[1]);
    free(event->frame);
    free(event);
}

static void drop_oldest(struct ring *r)
{
    struct ring_event *first = TAILQ_FIRST(&r->events);

    TAILQ_REMOVE(&r->events, first, link);
    r->count--;
    r->bytes -= first->len;
    ring_event_free(first);
}

void ring_fini(struct ring *r)
{
    while (r->count)
        drop_oldest(r);
}

void ring_add(struct ring *r, struct ring_event *event, int64_t keep_s)
{
    TAILQ_INSERT_TAIL(&r->events, event, link);
    r->count++;
    r->bytes += event->len;
    while (r->count > 1 && (r->count > RING_EVENTS || r->bytes > RING_BYTES ||
                            TAILQ_FIRST(&r->events)->at + keep_s < event->at))
        drop_oldest(r);
}

bool ring_is_for(const struct ring_event *event, const char *tenant, const char *user)
{
    if (strcmp(event->tenant, tenant) != 0)
        return false;
    if (!user)
        return true;
    for (int i = 0; i < 2; i++)
        if (event->user[i] && strcmp(event->user[i], user) == 0)
            return true;
    return false;
}

const struct ring_event *ring_find(const struct ring *r, const char *tenant, const char *id)
{
    const struct ring_event *event;

    TAILQ_FOREACH_REVERSE(event, &r->events, ring_list, link)
    if (strcmp(event->id, id) == 0)
        return strcmp(event->tenant, tenant) == 0 ? event : NULL;
    return NULL;
}
