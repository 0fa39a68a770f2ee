#include "inner.h"

#include "base/rand.h"
#include "base/read_json.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BEAT_MS  20000 ///< proxies close what is silent for a minute
#define ID_CHARS 20

static void on_beat(uv_timer_t *timer)
{
    sse_beat(timer->data);
}

void notify_set_allow(struct notify *n, const char *const *ranges, size_t count)
{
    n->conf.webhook_allow = ranges;
    n->conf.webhook_allow_count = count;
}

int notify_open(const struct notify_conf *conf, struct notify **out)
{
    struct notify *n = calloc(1, sizeof *n);

    if (!n)
        return -ENOMEM;
    n->conf = *conf;
    if (sender_open(&n->conf, &n->sender)) {
        free(n);
        return -ENOMEM;
    }
    ring_init(&n->ring);
    LIST_INIT(&n->streams);
    TAILQ_INIT(&n->held);
    (void)uv_timer_init(conf->loop, &n->beat);
    n->beat.data = n;
    uv_unref((uv_handle_t *)&n->beat);
    (void)uv_timer_start(&n->beat, on_beat, BEAT_MS, BEAT_MS);
    *out = n;
    return 0;
}

void notify_stop(struct notify *n)
{
    if (!n || n->stopped)
        return;
    n->stopped = true;
    sse_close_all(n);
    sender_stop(n->sender);
    uv_close((uv_handle_t *)&n->beat, NULL);
}

void notify_close(struct notify *n)
{
    if (!n)
        return;
    sender_close(n->sender);
    ring_fini(&n->ring);
    free(n);
}

static json_t *room_json(const struct links_room *room)
{
    json_t *metadata = *room->metadata ? json_loads(room->metadata, 0, NULL) : json_null();

    return json_pack("{s:s, s:s, s:o, s:o}", "id", room->id, "kind",
                     links_kind_name(room->kind), "event_ref",
                     *room->event_ref ? json_string(room->event_ref) : json_null(), "metadata",
                     metadata ? metadata : json_null());
}

/** The envelope, as text to be freed; NULL without memory. Takes the event's data. */
static char *envelope(const struct notify_event *event, int64_t now)
{
    json_t *data = event->data ? event->data : json_object();
    const unsigned before = json_shortages();
    time_t time = (time_t)now;
    struct tm tm;
    char stamp[32], *text;
    json_t *json;

    (void)gmtime_r(&time, &tm);
    (void)strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
    (void)json_object_set_new(data, "tenant", json_string(event->tenant));
    if (event->room)
        (void)json_object_set_new(data, "room", room_json(event->room));
    json = json_pack("{s:s, s:s, s:o}", "type", event->type, "timestamp", stamp, "data", data);
    text = json && json_shortages() == before ? write_json(json) : NULL;
    json_decref(json);
    return text;
}

/** The event for the ring; NULL without memory. */
static struct ring_event *make_event(const struct notify_event *event, const char *text,
                                     int64_t now)
{
    struct ring_event *e = calloc(1, sizeof *e);
    int len;

    if (!e)
        return NULL;
    e->at = now;
    rand_id(e->id, sizeof e->id, "evt_", ID_CHARS);
    (void)strncpy(e->tenant, event->tenant, sizeof e->tenant - 1);
    len = asprintf(&e->frame, "id: %s\nevent: %s\ndata: %s\n\n", e->id, event->type, text);
    if (len < 0)
        e->frame = NULL;
    e->len = len < 0 ? 0 : (size_t)len;
    for (int i = 0; i < 2; i++)
        e->user[i] = event->user[i] ? strdup(event->user[i]) : NULL;
    if (e->frame && !e->user[0] == !event->user[0] && !e->user[1] == !event->user[1])
        return e;
    ring_event_free(e);
    return NULL;
}

void notify_look(struct notify *n)
{
    sender_wake(n->sender);
}

/** In the database before anybody is told, so that a crash loses none. */
static int queue_deliveries(struct notify *n, const struct notify_event *event, const char *id,
                            const char *text, int64_t now)
{
    struct store_delivery d = {.created_at = now, .next_at = now};
    unsigned count = 0;
    int error;

    (void)snprintf(d.event, sizeof d.event, "%s", id);
    (void)snprintf(d.type, sizeof d.type, "%s", event->type);
    error = store_delivery_add_all(n->conf.store, event->tenant, &d, text, &count);
    if (error == 0 && count > 0)
        sender_wake(n->sender);
    return error;
}

static void tell(struct notify *n, struct ring_event *event)
{
    sse_publish(n, event);
    ring_add(&n->ring, event, NOTIFY_RING_S);
}

int notify_publish(struct notify *n, const struct notify_event *event, int64_t now)
{
    char *text = envelope(event, now);
    struct ring_event *e = text ? make_event(event, text, now) : NULL;
    int error = e ? queue_deliveries(n, event, e->id, text, now) : -ENOMEM;

    free(text);
    if (error) {
        ring_event_free(e);
        n->failed = n->failed ? n->failed : error;
    } else if (n->together) {
        TAILQ_INSERT_TAIL(&n->held, e, link);
    } else {
        tell(n, e);
    }
    return error;
}

int notify_begin(struct notify *n)
{
    int error = store_begin(n->conf.store);

    if (error)
        return error;
    assert(!n->together);
    n->together = true;
    n->failed = 0;
    return 0;
}

int notify_end(struct notify *n, int error)
{
    struct ring_event *event;

    assert(n->together);
    error = error ? error : n->failed;
    if (error)
        store_rollback(n->conf.store);
    else
        error = store_commit(n->conf.store);
    n->together = false;
    while ((event = TAILQ_FIRST(&n->held))) {
        TAILQ_REMOVE(&n->held, event, link);
        if (error)
            ring_event_free(event);
        else
            tell(n, event);
    }
    return error;
}
