#include "inner.h"

#include <errno.h>
#include <string.h>

static void list_people(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;

    if (api_room(api, req, SCOPE_ROOMS_READ, &caller, &room))
        http_reply_json(req, 200,
                        json_pack("{s:o}", "participants",
                                  call_room_participants(api->conf.call, room.id)));
}

static void remove_person(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room))
        return;
    if (call_room_remove(api->conf.call, room.id, http_param(req, "pid")))
        http_reply(req, 204, NULL, NULL, 0);
    else
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
}

static void mute_person(struct http_req *req, void *ctx)
{
    static const char *const known[] = {"source", NULL};
    struct api *api = ctx;
    struct links_caller caller;
    struct links_room room;
    struct body body;
    enum media_source source = SOURCE_MICROPHONE;
    bool one;
    char word[16];
    int error;

    if (!api_room(api, req, SCOPE_ROOMS_WRITE, &caller, &room) ||
        !api_body_of(&body, req, known))
        return;
    one = body_text(&body, body.json, "/source", 15, word, sizeof word);
    if (one && !media_source_from(word, &source))
        body_bad(&body, "/source", "microphone, camera, screen, screen_audio",
                 "microphone, camera, screen, screen_audio");
    if (!api_body_done(&body, req))
        return;
    error =
        call_room_mute(api->conf.call, room.id, http_param(req, "pid"), one ? &source : NULL);
    if (error == 0)
        http_reply(req, 204, NULL, NULL, 0);
    else if (error == -ESRCH)
        http_problem(req, PROBLEM_CONFLICT,
                     api_say(req, "this participant does not publish that",
                             "ce participant ne publie pas cela"),
                     NULL);
    else
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
}

void api_people_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"GET", "/api/v1/rooms/{id}/participants", list_people, 0, 0},
        {"DELETE", "/api/v1/rooms/{id}/participants/{pid}", remove_person, 0, 0},
        {"POST", "/api/v1/rooms/{id}/participants/{pid}/mute", mute_person, API_BODY_MAX, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
