/**
 * WebSocket endpoints (RFC 6455) beside the routes.
 *
 * The socket itself is kept alive and checked here: a ping when nothing was heard for 20 s, and
 * 20 s later without an answer the connection is closed.
 */
#ifndef HTTP_WS_H
#define HTTP_WS_H

#include "http/http.h"

struct ws_conn;

struct ws_endpoint {
    const char *path;     ///< the whole path: "/api/v1/signal"
    const char *protocol; ///< echoed if the client offers it; offering none is fine, too
    size_t message_max;   ///< bytes; a longer message is not kept and `oversized` runs
    size_t queue_max;     ///< bytes waiting to be sent; beyond it the connection is closed

    /** A client is there. ws_set_user() now or later. */
    void (*open)(struct ws_conn *conn, void *ctx);
    /** A whole message; NUL-terminated beyond `len`; not checked to be UTF-8. */
    void (*message)(struct ws_conn *conn, const char *data, size_t len, bool binary, void *ctx);
    /** A message was longer than message_max; it is dropped and the connection goes on. */
    void (*oversized)(struct ws_conn *conn, void *ctx);
    /** The connection is gone, whoever ended it; `conn` dies when this returns. Runs once, also
     *  after ws_close(), and never inside ws_send() or ws_close(). */
    void (*close)(struct ws_conn *conn, void *ctx);
};

/** Adds an endpoint, before the loop runs. `endpoint` is not owned and must outlive `http`. */
void http_ws(struct http *http, const struct ws_endpoint *endpoint, void *ctx);

/**
 * Queues `count` text messages (copied), at least one. Returns 0; -EPIPE if the connection is
 * closing; -ENOBUFS if the client does not read: the connection is then being closed; -ENOMEM.
 */
int ws_send(struct ws_conn *conn, const uv_buf_t *text, unsigned count);

/** Sends what is queued, then closes with `code` (RFC 6455 section 7.4.1: 1000, 1008, …). */
void ws_close(struct ws_conn *conn, uint16_t code, const char *reason);

void ws_set_user(struct ws_conn *conn, void *user);
void *ws_user(const struct ws_conn *conn);

/**
 * True if the client has closed with 1001, "going away" (RFC 6455 section 7.4.1): a page that
 * is left or reloaded, not a network that is lost. For use in `close`.
 */
bool ws_gone_away(const struct ws_conn *conn);

/** As http_address(), http_lang() and the header Origin ("" if none was sent). */
const char *ws_address(const struct ws_conn *conn);
const char *ws_lang(const struct ws_conn *conn);
const char *ws_origin(const struct ws_conn *conn);

/** True if the client speaks to us from this machine itself (and no proxy is between). */
bool ws_is_loopback(const struct ws_conn *conn);

#endif
