/*
 * A resource that phones invite: a calendar comes in, and goes out with the room's link.
 * Nothing is kept of it but which event has which room.
 */
#include "inner.h"

#include "cal/cal.h"
#include "links/events.h"
#include "links/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** What is written into one event. */
struct entry {
    bool used;
    struct cal_edit edit;
    char url[LINKS_URL_SIZE], id[LINKS_ID_SIZE];
    char *text; ///< owned
};

struct work {
    struct api *api;
    const struct http_req *req;
    const struct links_caller *caller;
    struct links_settings settings;
    struct cal cal;
    struct entry entry[CAL_EVENTS];
};

/** The event gives its room up, if it has one: what is ours is taken out. */
static int release(struct work *w, const struct cal_event *event, struct entry *e)
{
    struct links_room room;
    int error =
        links_event_get(w->api->conf.links, w->caller->tenant.id, event->uid, &room, api_now());

    if (error == -ENOENT)
        return 0;
    if (error)
        return error;
    links_url(w->api->conf.links, &room, e->url);
    e->used = true;
    e->edit = (struct cal_edit){.old = e->url};
    return links_event_dissociate(w->api->conf.links, w->caller->tenant.id, event->uid);
}

/** The event's room, made on the fly; its end is how long the room is kept. */
static int provide(struct work *w, const struct cal_event *event, struct entry *e)
{
    struct links_room room = {.kind = ROOM_EVENT, .uuid = w->caller->tenant.uuid};
    const bool french = strncmp(w->caller->tenant.locale, "fr", 2) == 0;
    bool made;
    int error;

    memcpy(room.tenant, w->caller->tenant.id, sizeof room.tenant);
    room.ends_at = event->recurs ? 0 : event->ends_at;
    error = notify_begin(w->api->conf.notify);
    if (error)
        return error;
    error = links_event_room(w->api->conf.links, event->uid, &room, &made, api_now());
    if (error == 0 && made)
        api_tell_room(w->api, "room.created", &room);
    error = notify_end(w->api->conf.notify, error);
    if (error)
        return error;
    if (!made && !event->recurs && event->ends_at > room.ends_at) {
        room.ends_at = event->ends_at;
        error = links_room_change(w->api->conf.links, &room);
    }
    links_url(w->api->conf.links, &room, e->url);
    memcpy(e->id, room.id, sizeof e->id);
    e->text = api_share_text(w->api, w->req, w->caller, &room);
    e->used = true;
    e->edit = (struct cal_edit){.url = e->url,
                                .old = "",
                                .id = e->id,
                                .text = e->text,
                                .label = french ? "Visioconférence" : "Video meeting"};
    return error ? error : e->text ? 0 : -ENOMEM;
}

/** Decides on every event. 0 or an error. */
static int decide(struct work *w)
{
    const bool cancel = strcmp(w->cal.method, "CANCEL") == 0;
    int error = 0;

    for (unsigned i = 0; i < w->cal.event_count && error == 0; i++) {
        const struct cal_event *event = &w->cal.event[i];

        if (*event->uid == '\0')
            continue; // nothing to find it again by
        if (cancel || event->cancelled || !event->invited)
            error = release(w, event, &w->entry[i]);
        else
            error = provide(w, event, &w->entry[i]);
    }
    return error;
}

static void reply_calendar(struct work *w, struct http_req *req, bool as_reply)
{
    const struct cal_edit *edit[CAL_EVENTS] = {NULL};
    char *text;

    for (unsigned i = 0; i < w->cal.event_count; i++)
        edit[i] = w->entry[i].used ? &w->entry[i].edit : NULL;
    text = as_reply ? cal_reply(&w->cal, w->settings.resource, api_now())
                    : cal_write(&w->cal, w->settings.resource, edit);
    if (text) {
        http_set(req, "Cache-Control", "no-store");
        http_reply(req, 200, "text/calendar; charset=utf-8", text, strlen(text));
    } else if (as_reply) {
        http_problem(req, PROBLEM_INVALID_CALENDAR,
                     api_say(req, "no event invites the resource",
                             "aucun événement n'invite la ressource"),
                     NULL);
    } else {
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    }
    free(text);
}

/** False: it was answered. */
static bool read_calendar(struct work *w, struct http_req *req)
{
    const char *why;
    size_t len;
    const char *text = http_body(req, &len);
    int error = cal_read(&w->cal, text, len, w->settings.resource, &why);

    if (error == -EINVAL)
        http_problem(req, PROBLEM_INVALID_CALENDAR, why, NULL);
    else if (error)
        api_fail(req, error);
    return error == 0;
}

static void edit_calendar(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    const char *as = http_query(req, "as");
    const bool as_reply = as && strcmp(as, "reply") == 0;
    struct work *w;
    int error;

    if (!api_caller(api, req, SCOPE_CALENDAR, &caller))
        return;
    if (!http_content_is(req, "text/calendar")) {
        http_problem(req, PROBLEM_UNSUPPORTED_MEDIA, "text/calendar", NULL);
        return;
    }
    if (as && !as_reply) {
        http_problem(req, PROBLEM_INVALID_FIELD, "as: reply", NULL);
        return;
    }
    w = calloc(1, sizeof *w);
    if (!w) {
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
        return;
    }
    w->api = api;
    w->req = req;
    w->caller = &caller;
    error = links_settings_get(api->conf.links, caller.tenant.id, &w->settings);
    if (error) {
        api_fail(req, error);
    } else if (read_calendar(w, req)) {
        error = decide(w);
        if (error)
            api_fail(req, error);
        else
            reply_calendar(w, req, as_reply);
    }
    for (unsigned i = 0; i < CAL_EVENTS; i++)
        free(w->entry[i].text);
    cal_fini(&w->cal);
    links_settings_fini(&w->settings);
    free(w);
}

void api_calendar_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"POST", "/api/v1/calendar/resource", edit_calendar, CAL_MAX, HTTP_ANY_TYPE}};

    http_routes(api->conf.http, routes, 1, api);
}
