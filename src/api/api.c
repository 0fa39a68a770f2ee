#include "inner.h"
#include "links/users.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void api_set_webhook_http(struct api *api, bool allowed)
{
    api->conf.webhook_http = allowed;
}

int api_open(const struct api_conf *conf, struct api **out)
{
    struct api *api = calloc(1, sizeof *api);

    if (!api)
        return -ENOMEM;
    api->conf = *conf;
    api_rooms_routes(api);
    api_people_routes(api);
    api_lobby_routes(api);
    api_events_routes(api);
    api_invitations_routes(api);
    api_inviting_routes(api);
    api_stream_routes(api);
    api_calendar_routes(api);
    api_share_routes(api);
    api_webhooks_routes(api);
    api_tenant_routes(api);
    api_quality_routes(api);
    api_bbb_routes(api);
    api_lasuite_routes(api);
    api_public_routes(api);
    api_openapi_routes(api);
    api_embed_routes(api);
    if (conf->dev_tenant)
        api_dev_routes(api);
    api_rings_start(api, conf->loop);
    *out = api;
    return 0;
}

void api_stop(struct api *api)
{
    if (api && !uv_is_closing((uv_handle_t *)&api->rings))
        uv_close((uv_handle_t *)&api->rings, NULL);
}

void api_close(struct api *api)
{
    free(api);
}

int64_t api_now(void)
{
    return (int64_t)time(NULL);
}

const char *api_say(const struct http_req *req, const char *en, const char *fr)
{
    return strcmp(http_lang(req), "fr") == 0 ? fr : en;
}

void api_fail(struct http_req *req, int error)
{
    if (error == -ENOENT) {
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
    } else if (error == -EEXIST) {
        http_problem(req, PROBLEM_CONFLICT, NULL, NULL);
    } else if (error == -EINPROGRESS) {
        http_problem(req, PROBLEM_IDEMPOTENCY_IN_PROGRESS, NULL, NULL);
    } else if (error == -EDQUOT) {
        http_problem_later(req, PROBLEM_QUOTA_EXCEEDED, NULL, 3600);
    } else if (links_down(error)) {
        log_at(LEVEL_WARN, "api.database", "id=%s error=\"%s\"", http_id(req),
               strerror(-error));
        http_problem_later(req, PROBLEM_CAPACITY, NULL, 5);
    } else {
        log_at(LEVEL_ERROR, "api.error", "id=%s error=\"%s\"", http_id(req), strerror(-error));
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
    }
}

bool api_caller(struct api *api, struct http_req *req, unsigned scopes,
                struct links_caller *out)
{
    const char *key = http_bearer(req);
    int error = key ? links_authenticate(api->conf.links, key, out) : -EACCES;

    if (error == -EACCES)
        http_problem(req, PROBLEM_UNAUTHORIZED, NULL, NULL);
    else if (error)
        api_fail(req, error);
    else if ((out->scopes & scopes) != scopes)
        http_problem(req, PROBLEM_FORBIDDEN_SCOPE, NULL, NULL);
    else
        return true;
    return false;
}

bool api_user_or_key(struct api *api, struct http_req *req, unsigned scopes,
                     struct api_either *out)
{
    const char *bearer = http_bearer(req);
    struct links_user user;
    int error;

    *out = (struct api_either){0};
    if (!bearer || strncmp(bearer, "salon_", 6) == 0)
        return api_caller(api, req, scopes, &out->key);
    error = links_user_verify(api->conf.links, bearer, &user, api_now());
    if (error == -EACCES)
        http_problem(req, PROBLEM_UNAUTHORIZED, NULL, NULL);
    else if (error)
        api_fail(req, error);
    if (error)
        return false;
    out->is_user = true;
    out->key.tenant = user.tenant;
    out->expires_at = user.expires_at;
    memcpy(out->ref, user.ref, sizeof out->ref);
    memcpy(out->name, user.name, sizeof out->name);
    return true;
}

bool api_room(struct api *api, struct http_req *req, unsigned scopes,
              struct links_caller *caller, struct links_room *room)
{
    int error;

    if (!api_caller(api, req, scopes, caller))
        return false;
    error = links_room_get(api->conf.links, caller->tenant.id, http_param(req, "id"), room);
    if (error)
        api_fail(req, error);
    else if (room->closed)
        http_problem(req, PROBLEM_ROOM_CLOSED, NULL, NULL);
    else
        return true;
    return false;
}

bool api_body_of(struct body *body, struct http_req *req, const char *const *known)
{
    size_t len;
    const char *text = http_body(req, &len);

    body_open(body, text, len, strcmp(http_lang(req), "fr") == 0, known);
    return !body->failed || api_body_done(body, req);
}

bool api_body_empty(struct http_req *req)
{
    static const char *const none[] = {NULL};
    struct body body;

    return api_body_of(&body, req, none) && api_body_done(&body, req);
}

bool api_body_done(struct body *body, struct http_req *req)
{
    bool good = body_good(body);

    if (!good && body->problem == PROBLEM_CAPACITY)
        http_problem_later(req, PROBLEM_CAPACITY, body->detail, 5);
    else if (!good)
        http_problem(req, body->problem, body->detail,
                     body->problem == PROBLEM_INVALID_FIELD ? body->pointer : NULL);
    body_close(body);
    return good;
}
