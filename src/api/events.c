/* Rooms of calendar events, and personal rooms: found by the front end's own names for them. */
#include "inner.h"

#include "base/text.h"
#include "links/events.h"

#include <errno.h>
#include <string.h>

#define REF_CHARS 255

/** The {ref} of the path, which is percent-decoded; false: it was answered. */
static bool take_ref(struct http_req *req, char out[LINKS_REF_SIZE])
{
    const char *ref = http_param(req, "ref");
    size_t len = strlen(ref);

    if (len > 0 && len < LINKS_REF_SIZE && text_one_line(ref, len)) {
        memcpy(out, ref, len + 1);
        return true;
    }
    http_problem(req, PROBLEM_INVALID_FIELD,
                 api_say(req, "the reference in the path has 1 to 255 bytes on one line",
                         "la référence du chemin a de 1 à 255 octets sur une ligne"),
                 NULL);
    return false;
}

/** What PUT /events/{ref}/room says: a room that is there, or how to make one. */
struct wish {
    char room_id[LINKS_ID_SIZE]; ///< "" if none
    struct links_room fresh;
};

static bool read_wish(struct http_req *req, const struct links_caller *caller,
                      struct wish *wish)
{
    static const char *const known[] = {"room_id", "title",    "access",  "owner", "expires_at",
                                        "locale",  "metadata", "ends_at", NULL};
    struct body body;

    *wish = (struct wish){.fresh = {.kind = ROOM_EVENT, .uuid = caller->tenant.uuid}};
    memcpy(wish->fresh.tenant, caller->tenant.id, sizeof wish->fresh.tenant);
    if (!api_body_of(&body, req, known))
        return false;
    room_body_read(&body, &wish->fresh, api_now());
    (void)body_text(&body, body.json, "/room_id", LINKS_ID_SIZE - 1, wish->room_id,
                    sizeof wish->room_id);
    if (*wish->room_id && json_object_size(body.json) > 1)
        body_bad(&body, "/room_id", "either a room that is there, or what to make",
                 "soit une salle existante, soit ce qu'il faut créer");
    return api_body_done(&body, req);
}

/** Answers with the room, which may be personal: then the event is the one asked for. */
static void reply_event(struct api *api, struct http_req *req, bool made,
                        const struct links_caller *caller, struct links_room *room,
                        const char *ref)
{
    (void)snprintf(room->event_ref, sizeof room->event_ref, "%s", ref);
    if (made)
        api_reply_made(api, req, 201, caller, room);
    else
        api_reply_room(api, req, 200, caller, room);
}

static void link_event(struct api *api, struct http_req *req, const struct links_caller *caller,
                       const char *ref, const char *room_id)
{
    struct links_room room;
    int error = links_room_get(api->conf.links, caller->tenant.id, room_id, &room);

    if (error == -ENOENT) {
        http_problem(req, PROBLEM_INVALID_FIELD,
                     api_say(req, "no such room", "cette salle n'existe pas"), "/room_id");
        return;
    }
    if (!error && room.closed) {
        http_problem(req, PROBLEM_ROOM_CLOSED, NULL, "/room_id");
        return;
    }
    if (!error)
        error = links_event_link(api->conf.links, ref, &room);
    if (error)
        api_fail(req, error);
    else
        reply_event(api, req, false, caller, &room, ref);
}

/** True if the query has ?renew=1. False with `*ok` false: it was answered. */
static bool wants_renewal(struct http_req *req, bool *ok)
{
    const char *value = http_query(req, "renew");

    *ok = !value || strcmp(value, "1") == 0 || strcmp(value, "0") == 0;
    if (!*ok)
        http_problem(req, PROBLEM_INVALID_FIELD, "renew: 0, 1", NULL);
    return value && strcmp(value, "1") == 0;
}

/** The event's room, and what is told of it. */
static int give_room(struct api *api, const char *ref, bool renew, struct links_room *room,
                     bool *made)
{
    const struct links_room fresh = *room;
    int error = notify_begin(api->conf.notify);

    if (error)
        return error;
    *made = false;
    error = renew ? links_event_renew(api->conf.links, ref, &fresh, room, api_now())
                  : links_event_room(api->conf.links, ref, room, made, api_now());
    if (error == 0 && (*made || renew))
        api_tell_room(api, *made ? "room.created" : "room.link_rotated", room);
    return notify_end(api->conf.notify, error);
}

static void put_event(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct wish wish;
    char ref[LINKS_REF_SIZE];
    bool made = false, ok, renew = wants_renewal(req, &ok);
    int error;

    if (!ok || !api_caller(api, req, SCOPE_ROOMS_WRITE, &caller) || !take_ref(req, ref) ||
        !read_wish(req, &caller, &wish))
        return;
    if (*wish.room_id) {
        link_event(api, req, &caller, ref, wish.room_id);
        return;
    }
    error = give_room(api, ref, renew, &wish.fresh, &made);
    if (error)
        api_fail(req, error);
    else
        reply_event(api, req, made, &caller, &wish.fresh, ref);
}

static void get_event(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    char ref[LINKS_REF_SIZE];
    int error;

    if (!api_caller(api, req, SCOPE_ROOMS_READ, &caller) || !take_ref(req, ref))
        return;
    error = links_event_get(api->conf.links, caller.tenant.id, ref, &room, api_now());
    if (error)
        api_fail(req, error);
    else
        reply_event(api, req, false, &caller, &room, ref);
}

/** The link goes on: the front end is told what of it to take out of the event. */
static void dissociate(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    char ref[LINKS_REF_SIZE], url[LINKS_URL_SIZE];
    int error;

    if (!api_caller(api, req, SCOPE_ROOMS_WRITE, &caller) || !take_ref(req, ref))
        return;
    error = links_event_get(api->conf.links, caller.tenant.id, ref, &room, api_now());
    if (error == 0)
        error = links_event_dissociate(api->conf.links, caller.tenant.id, ref);
    if (error) {
        api_fail(req, error);
        return;
    }
    links_url(api->conf.links, &room, url);
    http_reply_json(req, 200,
                    json_pack("{s:s, s:s, s:o}", "room_id", room.id, "url", url, "strip",
                              api_strip_json(url)));
}

/* ---- personal rooms ---- */

/** Caller, user and whether the organisation has personal rooms; false: it was answered. */
static bool personal_caller(struct api *api, struct http_req *req, unsigned scopes,
                            struct links_caller *caller, char ref[LINKS_REF_SIZE])
{
    struct links_settings settings;
    bool on;
    int error;

    if (!api_caller(api, req, scopes, caller) || !take_ref(req, ref))
        return false;
    error = links_settings_get(api->conf.links, caller->tenant.id, &settings);
    on = settings.personal_rooms;
    links_settings_fini(&settings);
    if (error)
        api_fail(req, error);
    else if (!on)
        http_problem(req, PROBLEM_FEATURE_DISABLED, "personal_rooms", NULL);
    return error == 0 && on;
}

static bool personal_room(struct api *api, struct http_req *req, unsigned scopes,
                          struct links_caller *caller, struct links_room *room)
{
    char ref[LINKS_REF_SIZE];
    int error;

    if (!personal_caller(api, req, scopes, caller, ref))
        return false;
    error = links_personal_get(api->conf.links, caller->tenant.id, ref, room);
    if (error)
        api_fail(req, error);
    return error == 0;
}

static void put_personal(struct http_req *req, void *ctx)
{
    static const char *const known[] = {"name", "title", "access", "locale", "metadata", NULL};
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room = {.kind = ROOM_PERSONAL};
    struct body body;
    bool made;
    int error;

    if (!personal_caller(api, req, SCOPE_USERS, &caller, room.owner_ref) ||
        !api_body_of(&body, req, known))
        return;
    memcpy(room.tenant, caller.tenant.id, sizeof room.tenant);
    room.uuid = caller.tenant.uuid;
    room_body_read(&body, &room, api_now());
    (void)body_text(&body, body.json, "/name", 80, room.owner_name, sizeof room.owner_name);
    if (!api_body_done(&body, req))
        return;
    error = notify_begin(api->conf.notify);
    if (error == 0) {
        error = links_personal_room(api->conf.links, &room, &made, api_now());
        if (error == 0 && made)
            api_tell_room(api, "room.created", &room);
        error = notify_end(api->conf.notify, error);
    }
    if (error) {
        api_fail(req, error);
    } else if (made) {
        api_reply_made(api, req, 201, &caller, &room);
    } else {
        api_reply_room(api, req, 200, &caller, &room);
    }
}

static void get_personal(struct http_req *req, void *ctx)
{
    struct links_caller caller;
    struct links_room room;

    if (personal_room(ctx, req, SCOPE_USERS, &caller, &room))
        api_reply_room(ctx, req, 200, &caller, &room);
}

static void close_personal(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    int error;

    if (!personal_room(api, req, SCOPE_USERS, &caller, &room))
        return;
    room.closed = true;
    error = links_room_change(api->conf.links, &room);
    if (error) {
        api_fail(req, error);
        return;
    }
    call_room_close(api->conf.call, room.id);
    api_invitations_cancel(api, &room);
    api_tell_room(api, "room.closed", &room);
    http_reply(req, 204, NULL, NULL, 0);
}

static void rotate_personal(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;

    if (personal_room(api, req, SCOPE_USERS, &caller, &room))
        api_rotate(api, req, &caller, &room);
}

/** Erasure. Who was never there is erased, too. */
static void erase_user(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    char ref[LINKS_REF_SIZE];
    bool had;
    int error;

    if (!api_caller(api, req, SCOPE_USERS, &caller) || !take_ref(req, ref))
        return;
    had = links_personal_get(api->conf.links, caller.tenant.id, ref, &room) == 0;
    error = links_user_erase(api->conf.links, caller.tenant.id, ref);
    if (error) {
        api_fail(req, error);
        return;
    }
    if (had) { // its invitations were erased with its owner or go with the room
        call_room_close(api->conf.call, room.id);
        api_invitations_cancel(api, &room);
        api_tell_room(api, "room.closed", &room);
    }
    http_reply(req, 204, NULL, NULL, 0);
}

void api_events_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"PUT", "/api/v1/events/{ref}/room", put_event, API_BODY_MAX, 0},
        {"GET", "/api/v1/events/{ref}/room", get_event, 0, 0},
        {"DELETE", "/api/v1/events/{ref}/room", dissociate, 0, 0},
        {"PUT", "/api/v1/users/{ref}/room", put_personal, API_BODY_MAX, 0},
        {"GET", "/api/v1/users/{ref}/room", get_personal, 0, 0},
        {"DELETE", "/api/v1/users/{ref}/room", close_personal, 0, 0},
        {"POST", "/api/v1/users/{ref}/room/rotate", rotate_personal, API_BODY_MAX, 0},
        {"DELETE", "/api/v1/users/{ref}", erase_user, 0, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
