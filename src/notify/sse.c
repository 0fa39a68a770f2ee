/* Server-sent events (WHATWG HTML, section 9.2): one stream a browser or server. */
#include "inner.h"

#include "links/tenants.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char hello[] = "retry: 2000\n\n";
static const char reset[] = "event: reset\ndata: {}\n\n";
static const char beat[] = ":\n\n";

static void sse_free(struct sse *s)
{
    LIST_REMOVE(s, link);
    free(s->user);
    free(s);
}

static void on_gone(void *ctx)
{
    struct sse *s = ctx;

    if (s->http)
        sse_free(s);
}

/** What came after the event the client has seen last. False: the stream is gone. */
static bool replay(struct sse *s, const char *last_id)
{
    const struct ring *r = &s->notify->ring;
    const struct ring_event *event = ring_find(r, s->tenant, last_id);

    if (!event)
        return http_stream_send(s->http, reset, sizeof reset - 1);
    while ((event = TAILQ_NEXT(event, link)))
        if (ring_is_for(event, s->tenant, s->user) &&
            !http_stream_send(s->http, event->frame, event->len))
            return false;
    return true;
}

void notify_stream(struct notify *n, struct http_req *req,
                   const struct notify_listener *listener, const char *last_id)
{
    char last[STORE_ID_SIZE] = ""; // the request, and its headers, end where the stream begins
    struct sse *s;

    if (last_id)
        (void)snprintf(last, sizeof last, "%s", last_id);
    if (strcmp(http_method(req), "HEAD") == 0) {
        http_reply(req, 200, "text/event-stream", NULL, 0);
        return;
    }
    s = calloc(1, sizeof *s);
    if (s && listener->user && !(s->user = strdup(listener->user))) {
        free(s);
        s = NULL;
    }
    if (!s || n->stopped) {
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
        if (s)
            free(s->user);
        free(s);
        return;
    }
    s->notify = n;
    (void)strncpy(s->tenant, listener->tenant, sizeof s->tenant - 1);
    if (listener->key)
        (void)strncpy(s->key, listener->key, sizeof s->key - 1);
    s->expires_at = listener->expires_at;
    LIST_INSERT_HEAD(&n->streams, s, link);
    s->http = http_stream_open(req, "text/event-stream", on_gone, s);
    if (!s->http) {
        sse_free(s);
        return;
    }
    if (http_stream_send(s->http, hello, sizeof hello - 1) && *last)
        (void)replay(s, last);
}

void sse_publish(struct notify *n, const struct ring_event *event)
{
    struct sse *s;

    // A stream that is too slow is closed later, from the loop: the list stays as it is here.
    LIST_FOREACH(s, &n->streams, link)
    if (ring_is_for(event, s->tenant, s->user))
        (void)http_stream_send(s->http, event->frame, event->len);
}

/** Nobody whose key or tenant cannot be looked up just now is put out. */
static bool may_listen(const struct sse *s, int64_t now)
{
    struct links *links = s->notify->conf.links;
    struct links_tenant tenant;

    if (s->expires_at != 0 && now >= s->expires_at)
        return false;
    return (*s->key ? links_key_live(links, s->key)
                    : links_tenant_get(links, s->tenant, &tenant)) != -ENOENT;
}

void sse_beat(struct notify *n)
{
    const int64_t now = (int64_t)time(NULL);
    struct sse *s = LIST_FIRST(&n->streams);

    while (s) {
        struct sse *next = LIST_NEXT(s, link);

        if (may_listen(s, now)) {
            (void)http_stream_send(s->http, beat, sizeof beat - 1);
        } else {
            http_stream_close(s->http);
            sse_free(s);
        }
        s = next;
    }
}

void sse_close_all(struct notify *n)
{
    struct sse *next;

    for (struct sse *s = LIST_FIRST(&n->streams); s; s = next) {
        next = LIST_NEXT(s, link);
        http_stream_close(s->http);
        sse_free(s);
    }
}
