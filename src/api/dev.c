/** What --dev adds: a room by a button, for pages of this server on this machine alone. */
#include "inner.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

/** True if the browser asked for one of this machine's own names: no other page's DNS trick. */
static bool host_is_local(const struct http_req *req)
{
    const char *host = http_header(req, HTTP_HOST);
    size_t len;

    if (!host)
        return false;
    len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    return text_same_word(host, len, "127.0.0.1") || text_same_word(host, len, "localhost") ||
           text_same_word(host, len, "[::1]");
}

/** True unless a page of another origin asks. */
static bool same_origin(const struct http_req *req)
{
    const char *origin = http_header(req, HTTP_ORIGIN);
    const char *site = http_header(req, HTTP_SEC_FETCH_SITE);
    const char *host = http_header(req, HTTP_HOST);

    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    if (!origin)
        return true;
    return strncmp(origin, "http://", 7) == 0 && host && strcasecmp(origin + 7, host) == 0;
}

static bool allowed(struct http_req *req)
{
    if (http_is_loopback(req) && host_is_local(req) && same_origin(req))
        return true;
    http_problem(req, PROBLEM_ORIGIN_NOT_ALLOWED, NULL, NULL);
    return false;
}

static void make_room(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_room room = {0};
    char url[LINKS_URL_SIZE], host[LINKS_URL_SIZE];
    int error;

    if (!allowed(req))
        return;
    (void)snprintf(room.tenant, sizeof room.tenant, "%s", api->conf.dev_tenant);
    error = links_room_make(api->conf.links, &room, api_now());
    if (error) {
        api_fail(req, error);
        return;
    }
    links_url(api->conf.links, &room, url);
    links_host_url(api->conf.links, &room, host);
    http_reply_json(req, 201,
                    json_pack("{s:s, s:s, s:s}", "id", room.id, "url", url, "host_url", host));
}

static void status(struct http_req *req, void *ctx)
{
    (void)ctx;
    if (allowed(req))
        http_reply_json(req, 200, json_pack("{s:b}", "dev", 1));
}

/** What the server answers to: for the test that docs/openapi.yaml names it all. */
static void list_routes(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    const struct http_route *route;
    json_t *list = json_array();

    if (!allowed(req)) {
        json_decref(list);
        return;
    }
    for (size_t k = 0; (route = http_route_at(api->conf.http, k)); k++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s}", "method", route->method, "path", route->pattern));
    http_reply_json(req, 200, json_pack("{s:o}", "routes", list));
}

void api_dev_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"POST", "/dev/rooms", make_room, API_BODY_MAX, HTTP_ANY_TYPE},
        {"GET", "/dev/status", status, 0, HTTP_QUIET},
        {"GET", "/dev/routes", list_routes, 0, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
