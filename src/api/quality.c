/* How well everybody in a room sees and hears. The worker knows; its word is waited for. */
#include "inner.h"

static void on_quality(void *arg, const json_t *body)
{
    struct http_req *req = arg;

    if (body)
        http_reply_json(req, 200, json_deep_copy(body));
    else
        http_problem_later(req, PROBLEM_CAPACITY, NULL, CALL_RETRY_AFTER_S);
}

static void show_quality(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;

    if (!api_room(api, req, SCOPE_ROOMS_READ, &caller, &room))
        return;
    if (call_room_count(api->conf.call, room.id) == 0)
        http_reply_json(req, 200, json_pack("{s:[]}", "members"));
    else if (!call_quality_ask(api->conf.call, room.id, on_quality, req))
        on_quality(req, NULL);
}

void api_quality_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"GET", "/api/v1/rooms/{id}/quality", show_quality, 0, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
