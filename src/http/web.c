#include "http/web.h"
#include "conn.h"

#include <string.h>

const struct web_file *web_file(const char *name)
{
    for (size_t i = 0; i < web_file_count; i++) {
        if (strcmp(web_files[i].name, name) == 0)
            return &web_files[i];
    }
    return NULL;
}

static void serve(struct http_req *req, void *ctx)
{
    const struct web_file *file = web_file(http_param(req, "path"));
    const char *known = http_header(req, HTTP_IF_NONE_MATCH);

    (void)ctx;
    if (!file) {
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
        return;
    }
    http_set(req, "ETag", file->etag);
    http_set(req, "Cache-Control", "no-cache");
    http_set(req, "Cross-Origin-Resource-Policy", "cross-origin");
    if (known && strstr(known, file->etag))
        http_reply(req, 304, NULL, NULL, 0);
    else
        http_reply(req, 200, file->type, file->data, file->len);
}

void web_routes(struct http *http)
{
    static const struct http_route routes[] = {
        {"GET", "/static/{path*}", serve, 0, HTTP_QUIET | HTTP_CORS},
    };

    http_routes(http, routes, 1, NULL);
}
