#include "conn.h"

#include <stdlib.h>
#include <string.h>

#define ALLOW_MAX 128

/** Adds `method` to a list of them, once. */
static void add_method(char list[ALLOW_MAX], const char *method)
{
    size_t len;

    if (head_lists(list, method))
        return;
    // At most the seven methods there are: they fit.
    len = strlen(list);
    (void)snprintf(list + len, ALLOW_MAX - len, "%s%s", len > 0 ? ", " : "", method);
}

static bool same_method(const char *route, const char *asked)
{
    return strcmp(route, asked) == 0 ||
           (strcmp(route, "GET") == 0 && strcmp(asked, "HEAD") == 0);
}

/**
 * Finds the route. Without one, `allow` lists the methods the path has (empty: the path has
 * none), and `flags` are those of the last route seen for it.
 */
static bool find_route(struct http_req *req, char *allow, unsigned *flags)
{
    const struct http *http = req->http;

    for (unsigned t = 0; t < http->table_count; t++) {
        for (size_t i = 0; i < http->table[t].count; i++) {
            const struct http_route *route = &http->table[t].routes[i];

            if (!route_match(route->pattern, req->head.path, &req->params))
                continue;
            if (same_method(route->method, req->head.method)) {
                req->route = route;
                req->ctx = http->table[t].ctx;
                return true;
            }
            add_method(allow, route->method);
            if (strcmp(route->method, "GET") == 0)
                add_method(allow, "HEAD");
            *flags |= route->flags;
        }
    }
    return false;
}

/** A page asks whether it may: the headers of the answer to a preflight (Fetch, 3.2.2). */
static void set_preflight(struct http_req *req, const char *allow)
{
    http_set(req, "Access-Control-Allow-Methods", allow);
    http_set(req, "Access-Control-Allow-Headers",
             "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, "
             "Last-Event-ID");
    http_set(req, "Access-Control-Max-Age", "7200");
}

/** No route has this method: OPTIONS is answered here, the rest is refused. */
static void answer_without_route(struct http_req *req, char *allow, unsigned flags)
{
    static const struct http_route cors = {.pattern = "none", .flags = HTTP_CORS};

    if (*allow == '\0') {
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
        return;
    }
    if (flags & HTTP_CORS)
        req->route = &cors;
    add_method(allow, "OPTIONS");
    http_set(req, "Allow", allow);
    if (strcmp(req->head.method, "OPTIONS") != 0) {
        http_problem(req, PROBLEM_METHOD_NOT_ALLOWED, NULL, NULL);
        return;
    }
    if (flags & HTTP_CORS)
        set_preflight(req, allow);
    http_reply(req, 204, NULL, NULL, 0);
}

/** A route answers OPTIONS itself: it still gets the preflight's headers. */
static void prepare_own_options(struct http_req *req)
{
    if (strcmp(req->head.method, "OPTIONS") == 0 && req->route->flags & HTTP_CORS)
        set_preflight(req, "GET, POST, PATCH, DELETE, OPTIONS");
}

static bool parse_query(struct http_req *req)
{
    if (!req->head.query)
        return true;
    req->query_text = strdup(req->head.query);
    req->query_count = req->query_text ? route_query(req->query_text, req->query) : 0;
    return req->query_count >= 0;
}

int64_t dispatch_begin(struct http_req *req)
{
    char allow[ALLOW_MAX] = "";
    unsigned flags = 0;

    if (!find_route(req, allow, &flags)) {
        answer_without_route(req, allow, flags);
        return -1;
    }
    if (!(req->route->flags & HTTP_RAW_QUERY) && !parse_query(req)) {
        req->query_count = 0;
        http_problem(req, PROBLEM_INVALID_REQUEST, "bad query", NULL);
        return -1;
    }
    prepare_own_options(req);
    return (int64_t)req->route->body_max;
}

void dispatch_run(struct http_req *req)
{
    if (req->body_len > 0 && !(req->route->flags & HTTP_ANY_TYPE) &&
        !http_content_is(req, "application/json")) {
        http_problem(req, PROBLEM_UNSUPPORTED_MEDIA, "application/json is expected", NULL);
        return;
    }
    req->route->run(req, req->ctx);
}
