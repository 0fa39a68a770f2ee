/* docs/openapi.yaml, compiled into the executable: what this very server answers to. */
#include "inner.h"

#include "http/web.h"

#include <string.h>

static void show(struct http_req *req, void *ctx)
{
    const struct web_file *file = web_file("openapi.yaml");
    const char *known = http_header(req, HTTP_IF_NONE_MATCH);

    (void)ctx;
    if (!file) {
        http_problem(req, PROBLEM_INTERNAL, NULL, NULL);
        return;
    }
    http_set(req, "ETag", file->etag);
    http_set(req, "Cache-Control", "no-cache");
    if (known && strstr(known, file->etag))
        http_reply(req, 304, NULL, NULL, 0);
    else
        http_reply(req, 200, file->type, file->data, file->len);
}

void api_openapi_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"GET", "/api/v1/openapi.yaml", show, 0, HTTP_QUIET | HTTP_CORS},
    };

    http_routes(api->conf.http, routes, 1, api);
}
