#include "http/web.h"
#include "conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct web_file *web_file(const char *name)
{
    for (size_t i = 0; i < web_file_count; i++) {
        if (strcmp(web_files[i].name, name) == 0)
            return &web_files[i];
    }
    return NULL;
}

bool web_takes_gzip(const char *accepted)
{
    static const char sep[] = ", \t";
    const char *at = accepted ? accepted : "";
    for (at += strspn(at, sep); *at; at += strspn(at, sep)) {
        const size_t len = strcspn(at, ",");
        const size_t name = strcspn(at, "; \t,");
        const char *q = memchr(at, '=', len);
        if (name == 4 && strncasecmp(at, "gzip", 4) == 0)
            return !q ||
                   strtod(q + 1, NULL) > 0; // RFC 9110 section 12.4.2: 0 is "not acceptable"
        at += len;
    }
    return false;
}

void web_reply(struct http_req *req, const struct web_file *file)
{
    const char *known = http_header(req, HTTP_IF_NONE_MATCH);
    char weak[WEB_ETAG_SIZE];

    // Two encodings under one address: the tag is weak (RFC 9110 section 8.8.3.3).
    (void)snprintf(weak, sizeof weak, "W/%s", file->etag);
    http_set(req, "ETag", weak);
    http_set(req, "Cache-Control", "no-cache");
    http_set(req, "Vary", "Accept-Encoding");
    http_set(req, "Cross-Origin-Resource-Policy", "cross-origin");
    if (known && strstr(known, file->etag)) {
        http_reply(req, 304, NULL, NULL, 0);
    } else if (web_takes_gzip(http_header(req, HTTP_ACCEPT_ENCODING))) {
        http_set(req, "Content-Encoding", "gzip");
        http_reply(req, 200, file->type, file->gzip, file->gzip_len);
    } else {
        http_reply(req, 200, file->type, file->data, file->len);
    }
}

static void serve(struct http_req *req, void *ctx)
{
    const struct web_file *file = web_file(http_param(req, "path"));

    (void)ctx;
    if (file)
        web_reply(req, file);
    else
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
}

void web_routes(struct http *http)
{
    static const struct http_route routes[] = {
        {"GET", "/static/{path*}", serve, 0, HTTP_QUIET | HTTP_CORS},
    };

    http_routes(http, routes, 1, NULL);
}
