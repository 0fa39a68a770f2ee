#include "conn.h"

#include "base/log.h"
#include "base/read_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define RETRY_AFTER_S 5

static const char *reason(unsigned status)
{
    static const struct {
        unsigned status;
        const char *text;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {409, "Conflict"},
        {410, "Gone"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {415, "Unsupported Media Type"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].status == status)
            return reasons[i].text;
    }
    return "Status";
}

void http_set(struct http_req *req, const char *name, const char *value)
{
    size_t room = HTTP_SET_MAX - req->set_len;
    char *to = req->set + req->set_len;

    assert(strlen(name) + strlen(value) + 4 < room);
    to += snprintf(to, room, "%s: ", name);
    for (; *value; value++) {
        if ((unsigned char)*value >= 0x20 && *value != 0x7f)
            *to++ = *value;
    }
    *to++ = '\r';
    *to++ = '\n';
    req->set_len = (size_t)(to - req->set);
}

/** Pages of any origin may read the answers of a capability URL (Fetch, section 3.2). */
static void set_cors(struct http_req *req)
{
    if (!req->route || !(req->route->flags & HTTP_CORS))
        return;
    http_set(req, "Access-Control-Allow-Origin", "*");
    http_set(req, "Access-Control-Expose-Headers",
             "Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After");
}

static size_t write_head(struct http_req *req, char *out, size_t size, const char *type,
                         const size_t *len, bool keep_alive)
{
    time_t now = time(NULL);
    struct tm tm;
    char date[40];
    int n;

    (void)gmtime_r(&now, &tm);
    (void)strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm); // RFC 9110 5.6.7
    n = snprintf(out, size, "HTTP/1.1 %u %s\r\nDate: %s\r\n", req->status, reason(req->status),
                 date);
    if (type)
        n += snprintf(out + n, size - (size_t)n, "Content-Type: %s\r\n", type);
    // RFC 9110 section 8.6: no Content-Length with 204 (nor, as we send it, with 304).
    if (len && req->status != 204 && req->status != 304)
        n += snprintf(out + n, size - (size_t)n, "Content-Length: %zu\r\n", *len);
    n += snprintf(out + n, size - (size_t)n,
                  "X-Content-Type-Options: nosniff\r\nConnection: %s\r\n%.*s\r\n",
                  keep_alive ? "keep-alive" : "close", (int)req->set_len, req->set);
    assert((size_t)n < size);
    return (size_t)n;
}

static void log_reply(const struct http_req *req)
{
    bool quiet = req->route && req->route->flags & HTTP_QUIET && req->status < 500;

    // The pattern, never the path: paths hold tokens.
    log_at(req->status >= 500 ? LEVEL_WARN
           : quiet            ? LEVEL_DEBUG
                              : LEVEL_INFO,
           "http.request", "id=%s method=%s route=%s status=%u ms=%lld", req->id,
           req->head.method, req->route ? req->route->pattern : "none", req->status,
           (long long)((usec_now() - req->began) / USEC_PER_MS));
}

static void count_reply(struct http_req *req, unsigned status)
{
    assert(!req->replied && status >= 200 && status < 600);
    req->replied = true;
    req->status = status;
    req->http->by_class[status / 100]++;
    log_reply(req);
}

size_t reply_stream_head(struct http_req *req, char *out, size_t size, const char *type)
{
    count_reply(req, 200);
    set_cors(req);
    http_set(req, "Cache-Control", "no-store");
    http_set(req, "X-Accel-Buffering", "no"); // or nginx keeps events to itself
    return write_head(req, out, size, type, NULL, false);
}

void http_reply(struct http_req *req, unsigned status, const char *type, const void *body,
                size_t len)
{
    char head[REPLY_HEAD_MAX];
    struct conn *conn = req->conn;
    bool only_head = strcmp(req->head.method, "HEAD") == 0;
    size_t head_len;

    count_reply(req, status);
    if (!conn) {
        req_free(req);
        return;
    }
    set_cors(req);
    conn_replied(conn, true);
    head_len = write_head(req, head, sizeof head, type, &len, conn->keep_alive);
    if (!conn_send(conn, head, head_len, body, only_head ? 0 : len))
        server_kill(conn);
}

void http_reply_json(struct http_req *req, unsigned status, json_t *json)
{
    char *text = write_json(json);

    json_decref(json);
    if (!text || req->shortages != json_shortages()) {
        req->set_len = 0; // no Location of what it does not show
        http_problem_later(req, PROBLEM_CAPACITY, NULL, RETRY_AFTER_S);
    } else {
        http_set(req, "Cache-Control", "no-store");
        http_reply(req, status, "application/json", text, strlen(text));
    }
    free(text);
}

void http_reply_page(struct http_req *req, unsigned status, const char *html, size_t len,
                     const char *frame_ancestors)
{
    char csp[2048]; // a tenant's origins have up to 1023 bytes
    int n = snprintf(csp, sizeof csp,
                     "default-src 'none'; script-src 'self'; style-src 'self'; "
                     "connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
                     "media-src 'self' blob:; font-src 'self'; worker-src 'self'; "
                     "manifest-src 'self'; base-uri 'none'; form-action 'self'; "
                     "frame-ancestors 'self'%s%s",
                     frame_ancestors ? " " : "", frame_ancestors ? frame_ancestors : "");

    assert(n > 0 && (size_t)n < sizeof csp);
    http_set(req, "Content-Security-Policy", csp);
    http_set(req, "Permissions-Policy",
             "camera=(self), microphone=(self), display-capture=(self), autoplay=(self), "
             "geolocation=()");
    http_set(req, "Referrer-Policy", "no-referrer");
    http_set(req, "Cache-Control", "no-store");
    http_set(req, "X-Robots-Tag", "noindex, nofollow");
    http_set(req, "Vary", "Accept-Language");
    http_reply(req, status, "text/html; charset=utf-8", html, len);
}

void http_redirect(struct http_req *req, unsigned status, const char *url)
{
    assert(status >= 301 && status <= 308);
    http_set(req, "Location", url);
    http_set(req, "Cache-Control", "no-store");
    http_set(req, "Referrer-Policy", "no-referrer");
    http_reply(req, status, NULL, NULL, 0);
}
