/* Who waits before a room's door, for front ends: GET and POST …/lobby, and lobby.* events. */
#include "inner.h"

#include "base/log.h"
#include "call/lobby.h"

#include <string.h>

/** The times of knocks as the API writes times. */
static json_t *knock_json(json_t *knock)
{
    const json_int_t since = json_integer_value(json_object_get(knock, "since"));

    (void)json_object_set_new(knock, "since", api_time_json(since));
    return knock;
}

static void list_lobby(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    json_t *waiting, *knock;
    size_t i;

    if (!api_room(api, req, SCOPE_ROOMS_READ, &caller, &room))
        return;
    waiting = call_lobby_list(api->conf.call, room.id);
    json_array_foreach(waiting, i, knock)
    {
        (void)knock_json(knock);
    }
    http_reply_json(req, 200, json_pack("{s:o}", "waiting", waiting));
}

static void answer(struct http_req *req, struct api *api, bool admit)
{
    struct links_caller caller;
    struct links_room room;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room) || !api_body_empty(req))
        return;
    if (call_lobby_answer(api->conf.call, room.id, http_param(req, "kid"), admit))
        http_reply(req, 204, NULL, NULL, 0);
    else
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
}

static void admit(struct http_req *req, void *ctx)
{
    answer(req, ctx, true);
}

static void deny(struct http_req *req, void *ctx)
{
    answer(req, ctx, false);
}

void api_lobby_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"GET", "/api/v1/rooms/{id}/lobby", list_lobby, 0, 0},
        {"POST", "/api/v1/rooms/{id}/lobby/{kid}/admit", admit, API_BODY_MAX, 0},
        {"POST", "/api/v1/rooms/{id}/lobby/{kid}/deny", deny, API_BODY_MAX, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}

/** A guest's name is the guest's own: it is not told. */
static json_t *event_json(const struct call_knock *k)
{
    json_t *json = knock_json(call_knock_json(k));

    if (json_is_null(json_object_get(json, "ref")))
        (void)json_object_set_new(json, "name", json_null());
    return json;
}

void api_on_lobby(struct api *api, const struct call_happened *what)
{
    static const char *const types[] = {[CALL_KNOCKED] = "lobby.knocked",
                                        [CALL_ADMITTED] = "lobby.admitted",
                                        [CALL_DENIED] = "lobby.denied",
                                        [CALL_CHANGED] = "room.updated"};
    struct links_room room;
    struct notify_event event = {.type = types[what->kind], .room = &room};
    int error = links_room_find(api->conf.links, what->room, &room);

    if (error) {
        log_at(LEVEL_WARN, "event.lost", "type=%s error=\"%s\"", event.type, strerror(-error));
        return;
    }
    if (!what->knock) {
        api_tell_room(api, event.type, &room);
        return;
    }
    event.tenant = room.tenant;
    event.data = json_pack("{s:o}", "knock", event_json(what->knock));
    api_publish(api, &event);
}

void api_unlock(struct api *api, struct links_room *room)
{
    int error;

    if (!room->locked)
        return;
    error = links_room_lock(api->conf.links, room->id, false, room);
    if (error) { // it stays locked: hosts come in, and unlock it
        log_at(LEVEL_WARN, "room.unlock", "room=%s error=\"%s\"", room->id, strerror(-error));
        return;
    }
    api_tell_room(api, "room.updated", room);
    call_room_changed(api->conf.call, room);
}
