#include "inner.h"

#include "base/usec.h"
#include "call/lobby.h"
#include "links/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REF_CHARS    255
#define NAME_CHARS   80
#define LIST_DEFAULT 50
#define LIST_MAX     200
#define TTL_DEFAULT  3600

static bool within_rate(struct api *api, struct http_req *req,
                        const struct links_caller *caller)
{
    unsigned retry_s;

    if (api->conf.dev_tenant && http_is_loopback(req))
        return true;
    if (limit_take(api->conf.rooms, caller->key, &retry_s, usec_now()))
        return true;
    http_problem_later(req, PROBLEM_RATE_LIMITED, NULL, retry_s);
    return false;
}

/** Reads the body of POST /rooms; false: it was answered. */
static bool read_room(struct http_req *req, struct links_room *room)
{
    struct body body;

    if (!api_body_of(&body, req, room_body_fields))
        return false;
    room_body_read(&body, room, api_now());
    return api_body_done(&body, req);
}

/** The room, the answer to the key and the event of it: all or none. */
static int make_told(struct api *api, struct http_req *req, const struct links_caller *caller,
                     const char *key, struct links_room *room)
{
    int error = notify_begin(api->conf.notify);

    if (error)
        return error;
    error = links_room_make(api->conf.links, room, api_now());
    if (error == 0)
        error = api_keep(api, req, caller, key, (struct api_kept){201, room->id});
    if (error == 0)
        api_tell_room(api, "room.created", room);
    return notify_end(api->conf.notify, error);
}

static void make_room(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room = {0};
    const char *key;
    int error;

    if (!api_caller(api, req, SCOPE_ROOMS_WRITE, &caller) ||
        !api_once(api, req, &caller, api_room_again, &key) || !within_rate(api, req, &caller) ||
        !read_room(req, &room))
        return;
    memcpy(room.tenant, caller.tenant.id, sizeof room.tenant);
    room.uuid = caller.tenant.uuid;
    error = links_room_quota(api->conf.links, room.tenant);
    if (error == 0)
        error = make_told(api, req, &caller, key, &room);
    if (error)
        api_fail(req, error);
    else
        api_reply_made(api, req, 201, &caller, &room);
}

struct listing {
    struct api *api;
    struct http_req *req;
    const struct links_caller *caller;
    json_t *rooms;
};

static void list_one(const struct links_room *room, void *ctx)
{
    struct listing *l = ctx;

    (void)json_array_append_new(l->rooms, api_room_json(l->api, l->req, l->caller, room));
}

/** Those with somebody in them are few, and memory knows them: no page is searched for them. */
static int list_live(struct listing *l, const struct links_list *list)
{
    const struct call *call = l->api->conf.call;
    size_t at = 0;
    const char *id;

    while ((id = call_room_next(call, &at)) && json_array_size(l->rooms) < list->limit) {
        struct links_room room;
        int error = call_room_count(call, id) > 0
                        ? links_room_get(l->api->conf.links, list->tenant, id, &room)
                        : -ENOENT;

        if (error && error != -ENOENT)
            return error;
        if (error == 0 && (!list->owner_ref || strcmp(list->owner_ref, room.owner_ref) == 0) &&
            (!list->event_ref || strcmp(list->event_ref, room.event_ref) == 0))
            list_one(&room, l);
    }
    return 0;
}

/** What the query of GET /rooms asks for; false: it was answered. */
static bool read_list(struct http_req *req, struct links_list *list, bool *live)
{
    static const char *const known[] = {"owner", "event_ref", "live", "cursor", "limit", NULL};
    const char *name, *value, *limit = http_query(req, "limit");
    char *end = NULL;
    unsigned long n = limit ? strtoul(limit, &end, 10) : LIST_DEFAULT;

    for (size_t i = 0; (name = http_query_at(req, i, &value)); i++) {
        const char *const *k = known;

        while (*k && strcmp(*k, name) != 0)
            k++;
        if (!*k) {
            http_problem(req, PROBLEM_INVALID_FIELD,
                         api_say(req, "unknown parameter", "paramètre inconnu"), NULL);
            return false;
        }
    }
    if (n == 0 || n > LIST_MAX || (end && *end)) {
        http_problem(req, PROBLEM_INVALID_FIELD, "limit: 1-200", NULL);
        return false;
    }
    list->owner_ref = http_query(req, "owner");
    list->event_ref = http_query(req, "event_ref");
    list->cursor = http_query(req, "cursor");
    list->limit = (unsigned)n;
    value = http_query(req, "live");
    *live = value && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
    return true;
}

static void list_rooms(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_list list = {0};
    struct listing l = {.api = api, .req = req, .caller = &caller};
    char next[LINKS_CURSOR_SIZE] = "";
    bool live = false;
    int error;

    if (!api_caller(api, req, SCOPE_ROOMS_READ, &caller) || !read_list(req, &list, &live))
        return;
    list.tenant = caller.tenant.id;
    l.rooms = json_array();
    error = live ? list_live(&l, &list)
                 : links_room_list(api->conf.links, &list, list_one, &l, next);
    if (error) {
        json_decref(l.rooms);
        if (error == -EINVAL)
            http_problem(req, PROBLEM_INVALID_FIELD, "cursor", NULL);
        else
            api_fail(req, error);
        return;
    }
    http_reply_json(req, 200,
                    json_pack("{s:o, s:o}", "rooms", l.rooms, "next_cursor",
                              *next ? json_string(next) : json_null()));
}

static void get_room(struct http_req *req, void *ctx)
{
    struct links_caller caller;
    struct links_room room;

    if (api_room(ctx, req, SCOPE_ROOMS_READ, &caller, &room))
        api_reply_room(ctx, req, 200, &caller, &room);
}

/** The texts again, in another language or for other people. */
static void share_room(struct http_req *req, void *ctx)
{
    struct links_caller caller;
    struct links_room room;

    if (api_room(ctx, req, SCOPE_ROOMS_READ, &caller, &room))
        http_reply_json(req, 200, api_share_of(ctx, req, &caller, &room));
}

static void change_room(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    struct body body;
    int error;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room) ||
        !api_body_of(&body, req, room_patch_fields))
        return;
    room_patch_read(&body, &room, api_now());
    if (!api_body_done(&body, req))
        return;
    error = links_room_change(api->conf.links, &room);
    if (error) {
        api_fail(req, error);
        return;
    }
    call_room_changed(api->conf.call, &room);
    api_tell_room(api, "room.updated", &room);
    api_reply_room(api, req, 200, &caller, &room);
}

int api_close_room(struct api *api, struct links_room *room)
{
    int error;

    room->closed = true;
    error = links_room_change(api->conf.links, room);
    if (error)
        return error;
    call_room_close(api->conf.call, room->id);
    api_invitations_cancel(api, room);
    api_tell_room(api, "room.closed", room);
    return 0;
}

static void close_room(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    int error;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room))
        return;
    error = api_close_room(api, &room);
    if (error)
        api_fail(req, error);
    else
        http_reply(req, 204, NULL, NULL, 0);
}

/** Reads {"old", "disconnect"}; false: it was answered. */
static bool read_rotation(struct http_req *req, enum links_old *old, bool *disconnect)
{
    static const char *const known[] = {"old", "disconnect", NULL};
    struct body body;
    char word[16] = "closed";

    if (!api_body_of(&body, req, known))
        return false;
    (void)body_text(&body, body.json, "/old", 15, word, sizeof word);
    (void)body_flag(&body, body.json, "/disconnect", disconnect);
    if (strcmp(word, "closed") == 0)
        *old = OLD_CLOSED;
    else if (strcmp(word, "redirect") == 0)
        *old = OLD_REDIRECT;
    else if (strcmp(word, "keep") == 0)
        *old = OLD_KEEP;
    else
        body_bad(&body, "/old", "closed, redirect, keep", "closed, redirect, keep");
    return api_body_done(&body, req);
}

void api_rotate(struct api *api, struct http_req *req, const struct links_caller *caller,
                struct links_room *room)
{
    enum links_old old = OLD_CLOSED;
    bool disconnect = false;
    const char *key;
    int error;

    if (!api_once(api, req, caller, api_room_again, &key) ||
        !read_rotation(req, &old, &disconnect))
        return;
    error = notify_begin(api->conf.notify);
    if (error == 0) {
        error = links_room_rotate(api->conf.links, room, old);
        if (error == 0)
            error = api_keep(api, req, caller, key, (struct api_kept){200, room->id});
        if (error == 0)
            api_tell_room(api, "room.link_rotated", room);
        error = notify_end(api->conf.notify, error);
    }
    if (error) {
        api_fail(req, error);
        return;
    }
    if (disconnect)
        call_room_close(api->conf.call, room->id);
    api_reply_room(api, req, 200, caller, room);
}

static void rotate_room(struct http_req *req, void *ctx)
{
    struct links_caller caller;
    struct links_room room;

    if (api_room(ctx, req, SCOPE_ROOMS_WRITE, &caller, &room))
        api_rotate(ctx, req, &caller, &room);
}

/** Reads {"user", "role", "ttl"}; false: it was answered. */
static bool read_token(struct http_req *req, struct links_member *who, int64_t *ttl_s)
{
    static const char *const known[] = {"user", "role", "ttl", NULL};
    static const char *const of_user[] = {"ref", "name", NULL};
    struct body body;
    const json_t *user;
    char word[16];

    if (!api_body_of(&body, req, known))
        return false;
    user = body_object(&body, "/user", of_user);
    if (!user)
        body_bad(&body, "/user", "required", "obligatoire");
    else if (!body_text(&body, user, "/user/ref", REF_CHARS, who->ref, sizeof who->ref))
        body_bad(&body, "/user/ref", "required", "obligatoire");
    else if (!body_text(&body, user, "/user/name", NAME_CHARS, who->name, sizeof who->name))
        body_bad(&body, "/user/name", "required", "obligatoire");
    if (body_text(&body, body.json, "/role", 15, word, sizeof word) &&
        !links_role_from(word, &who->role))
        body_bad(&body, "/role", "guest, member, host", "guest, member, host");
    (void)body_number(&body, body.json, "/ttl", (struct body_range){1, LINKS_TTL_MAX}, ttl_s);
    return api_body_done(&body, req);
}

static void make_token(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    struct links_member who = {.role = ROLE_MEMBER};
    int64_t ttl_s = TTL_DEFAULT;
    const char *key;
    char *url;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room) ||
        !api_once(api, req, &caller, NULL, &key) || !read_token(req, &who, &ttl_s))
        return;
    if (who.role == ROLE_HOST && !(caller.scopes & SCOPE_ROOMS_HOST)) {
        http_problem(req, PROBLEM_FORBIDDEN_SCOPE, "rooms:host", NULL);
        return;
    }
    if (!api_keep_alone(api, req, &caller, key))
        return;
    url = links_member_url(api->conf.links, &room, &who, ttl_s, api_now());
    if (url)
        http_reply_json(req, 201, json_pack("{s:s}", "url", url));
    else
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    free(url);
}

void api_rooms_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"POST", "/api/v1/rooms", make_room, API_BODY_MAX, 0},
        {"GET", "/api/v1/rooms", list_rooms, 0, 0},
        {"GET", "/api/v1/rooms/{id}", get_room, 0, 0},
        {"GET", "/api/v1/rooms/{id}/share", share_room, 0, 0},
        {"PATCH", "/api/v1/rooms/{id}", change_room, API_BODY_MAX, 0},
        {"DELETE", "/api/v1/rooms/{id}", close_room, 0, 0},
        {"POST", "/api/v1/rooms/{id}/rotate", rotate_room, API_BODY_MAX, 0},
        {"POST", "/api/v1/rooms/{id}/tokens", make_token, API_BODY_MAX, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
