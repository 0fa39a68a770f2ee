/**
 * HTTP on libwebsockets and the control wing's loop: tables of routes, requests that may be
 * answered later, problems (RFC 9457).
 *
 * A route's `run` gets a request with its whole body. It answers now, or keeps the pointer and
 * answers later; either way **exactly one** http_reply*(), http_problem() or http_redirect()
 * ends the request, and after that the pointer is dead. A client that went away changes
 * nothing about that rule: answers to it go nowhere, and http_on_gone() tells who wants to
 * know. All on one thread.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct http;
struct http_req;

#define HTTP_ADDRESS_SIZE 46 ///< bytes with the NUL of an address: INET6_ADDRSTRLEN

struct http_conf {
    const char
        *listen; ///< address to bind, "" for any (IPv4 and IPv6), or a Unix socket's path
    uint16_t port;
    const char *tls_cert, *tls_key; ///< PEM files; both NULL: plain HTTP
    const char *const *proxies; ///< whose X-Forwarded-For and -Proto count: "10.0.0.0/8", "::1"
    size_t proxy_count;
    const char *public_url; ///< "https://meet.example.org", without a slash at the end
    int listen_fd; ///< a socket that listens there already, owned from here on; 0: none does
};

enum http_flag {
    HTTP_CORS = 1,      ///< a capability URL: pages of any origin may use it (CORS)
    HTTP_QUIET = 2,     ///< no line in the log unless it fails (health checks, static files)
    HTTP_ANY_TYPE = 4,  ///< any Content-Type; without it a body must be application/json (415)
    HTTP_RAW_QUERY = 8, ///< `run` reads http_raw_query() itself: http_query() finds nothing
};

/** Tables are static; the first route whose method and pattern match runs. */
struct http_route {
    const char
        *method; ///< "GET" (serves HEAD too), "POST", "PUT", "PATCH", "DELETE", "OPTIONS"
    const char *pattern; ///< "/api/v1/rooms/{id}"; a {param} is one non-empty segment, a last
                         ///< {param*} the rest of the path
    void (*run)(struct http_req *req, void *ctx);
    size_t body_max; ///< bytes; longer is a 413 problem before `run`
    unsigned flags;  ///< enum http_flag
};

/**
 * Binds and listens. Returns 0 and `*out`, or -errno (-EADDRINUSE: the port is taken) and one
 * clear line in `why`. `loop` and what `conf` points to are not owned and must outlive it.
 */
int http_open(uv_loop_t *loop, const struct http_conf *conf, struct http **out, char *why,
              size_t why_size);

/**
 * Takes no new connections from now on: who comes waits in the socket's queue, for the process
 * that has the socket after us.
 */
void http_hold(struct http *http);

/** True while something is being read, answered or sent, or a client has not spoken yet: not of
 * connections that have had their answer. */
bool http_busy(const struct http *http);

/** The listening socket: not owned, open until http_close(). */
int http_listener(const struct http *http);

/** The port bound: of use when conf.port was 0. */
uint16_t http_port(const struct http *http);

/** Adds a table of `count` routes, not owned, with the `ctx` their `run`s get. */
void http_routes(struct http *http, const struct http_route *routes, size_t count, void *ctx);

/**
 * Serves another certificate from now on: PEM files of the certificate with its chain, and of
 * its key. Connections that are open keep the one before. -ENOTSUP if TLS is off; -EINVAL and
 * one line in `why` if the files are no pair: then nothing changes.
 */
int http_renew_tls(struct http *http, const char *cert, const char *key, char *why,
                   size_t why_size);

/** Other proxies from now on, as in http_conf; not owned. */
void http_set_proxies(struct http *http, const char *const *proxies, size_t count);

/** The k-th route of all tables, in the order they are tried; NULL beyond the last. */
const struct http_route *http_route_at(const struct http *http, size_t k);

/**
 * Stops listening and drops all connections (WebSockets' `close` runs). Requests not yet
 * answered die here: do not answer them after. `done` runs from the loop when all is gone and
 * `http` is freed; let the loop run until then.
 */
void http_close(struct http *http, void (*done)(void *ctx), void *ctx);

/* ---- reading a request; strings live until it is answered ---- */

const char *http_method(const struct http_req *req); ///< as sent: "HEAD" is "HEAD" here
const char *http_path(const struct http_req *req);   ///< as sent, without the query

/** The query as sent, "" if there is none: for checksums over it. */
const char *http_raw_query(const struct http_req *req);

/** A {param} of the pattern, percent-decoded, or NULL if the pattern has none of that name. */
const char *http_param(const struct http_req *req, const char *name);

/** A query parameter, percent-decoded (the first of that name), or NULL. At most 32, 2 KiB. */
const char *http_query(const struct http_req *req, const char *name);

/** The query's k-th parameter and its value, or NULL beyond the last. */
const char *http_query_at(const struct http_req *req, size_t k, const char **value);

enum http_field {
    HTTP_AUTHORIZATION,
    HTTP_CONTENT_TYPE,
    HTTP_ACCEPT,
    HTTP_ACCEPT_ENCODING,
    HTTP_ACCEPT_LANGUAGE,
    HTTP_IF_MATCH,
    HTTP_IF_NONE_MATCH,
    HTTP_ORIGIN,
    HTTP_REFERER,
    HTTP_HOST,
    HTTP_IDEMPOTENCY_KEY,
    HTTP_LAST_EVENT_ID,
    HTTP_SEC_FETCH_SITE,
    HTTP_USER_AGENT,
    HTTP_X_FORWARDED_FOR,
    HTTP_X_FORWARDED_PROTO,
    HTTP_FIELD_COUNT
};

/** A header's value, or NULL if it was not sent. */
const char *http_header(const struct http_req *req, enum http_field field);

/** True if Content-Type is `type` ("application/sdp"), whatever its parameters. */
bool http_content_is(const struct http_req *req, const char *type);

/** The body; never NULL, NUL-terminated beyond its `*len` bytes. */
const char *http_body(const struct http_req *req, size_t *len);

/** The token of "Authorization: Bearer …", or NULL. */
const char *http_bearer(const struct http_req *req);

/** The client's address as text; from X-Forwarded-For only behind a configured proxy. */
const char *http_address(const struct http_req *req);

/** "fr" or "en", from Accept-Language; English if neither is asked for. */
const char *http_lang(const struct http_req *req);

/** "req_…": also in the log and in problems. */
const char *http_id(const struct http_req *req);

/** The server's public URL, without a slash at the end. */
const char *http_public_url(const struct http_req *req);

/** True if the client speaks to us from this machine itself (and no proxy is between). */
bool http_is_loopback(const struct http_req *req);

/* ---- asynchronous answers ---- */

/** True once the client is gone. */
bool http_gone(const struct http_req *req);

/** Calls `gone` when the client goes away before the answer. The answer is still owed. */
void http_on_gone(struct http_req *req, void (*gone)(struct http_req *req, void *ctx),
                  void *ctx);

/* ---- answering ---- */

/**
 * Adds a response header before the answer; both are copied. Bytes that would break the header
 * (CR, LF, NUL, other controls) are left out. At most 4 KiB together, more is a bug.
 */
void http_set(struct http_req *req, const char *name, const char *value);

/** Answers; `body` (len bytes, copied) of `type`; NULL and 0 for none. */
void http_reply(struct http_req *req, unsigned status, const char *type, const void *body,
                size_t len);

/** Answers with JSON; takes the reference to `json`. */
void http_reply_json(struct http_req *req, unsigned status, json_t *json);

/** Answers with an HTML page and the headers of the public pages (links.md). */
void http_reply_page(struct http_req *req, unsigned status, const char *html, size_t len,
                     const char *frame_ancestors);

/** Answers with a redirect; status 301, 302, 303, 307 or 308. */
void http_redirect(struct http_req *req, unsigned status, const char *url);

/** The kinds of problem: their type is /problems/<name>, their titles are French and English.
 */
enum http_problem {
    PROBLEM_INVALID_JSON,
    PROBLEM_INVALID_REQUEST, ///< 400: of what is not JSON: a bad SDP, a bad path
    PROBLEM_UNAUTHORIZED,
    PROBLEM_FORBIDDEN_SCOPE,
    PROBLEM_FEATURE_DISABLED,
    PROBLEM_ORIGIN_NOT_ALLOWED,
    PROBLEM_NOT_FOUND,
    PROBLEM_METHOD_NOT_ALLOWED,
    PROBLEM_NOT_ACCEPTABLE,
    PROBLEM_CONFLICT,
    PROBLEM_IDEMPOTENCY_IN_PROGRESS,
    PROBLEM_INVITATION_SETTLED,
    PROBLEM_ROOM_CLOSED,
    PROBLEM_LINK_REPLACED,
    PROBLEM_LINK_EXPIRED,
    PROBLEM_PRECONDITION_FAILED, ///< 412: If-Match names another session (RFC 9725)
    PROBLEM_TOO_LARGE,
    PROBLEM_UNSUPPORTED_MEDIA,
    PROBLEM_INVALID_FIELD,
    PROBLEM_INVALID_CALENDAR,
    PROBLEM_IDEMPOTENCY_MISMATCH,
    PROBLEM_PRECONDITION_REQUIRED, ///< 428
    PROBLEM_RATE_LIMITED,
    PROBLEM_QUOTA_EXCEEDED,
    PROBLEM_INTERNAL, ///< 500: our fault; it is in the log
    PROBLEM_CAPACITY, ///< 503: full disk, locked database, no media worker
    PROBLEM_COUNT
};

/**
 * Answers with a problem. `detail` says what is wrong with this request (NULL: the title says
 * all); `pointer` is a JSON pointer (RFC 6901) to the field at fault, or NULL.
 */
void http_problem(struct http_req *req, enum http_problem kind, const char *detail,
                  const char *pointer);

/** The same with Retry-After, for RATE_LIMITED, QUOTA_EXCEEDED and CAPACITY. */
void http_problem_later(struct http_req *req, enum http_problem kind, const char *detail,
                        unsigned retry_after_s);

/** The same with more members in the object, e.g. {"line": 12}; takes the reference. */
void http_problem_with(struct http_req *req, enum http_problem kind, const char *detail,
                       const char *pointer, json_t *more);

/** "room-closed": the last segment of a problem's type. And its status. */
const char *http_problem_name(enum http_problem kind);
unsigned http_problem_status(enum http_problem kind);

/** How many requests were answered, by class of status: [2] is 2xx. For the metrics. */
void http_counts(const struct http *http, uint64_t by_class[6]);

#endif
