/** One connection: bytes in, requests or WebSocket messages out. Private to the layer. */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include "chunked.h"
#include "head.h"
#include "http/http.h"
#include "http/ws.h"
#include "route.h"

#include "base/usec.h"

struct lws;
struct lws_context;
struct ssl_ctx_st;

#define HTTP_TABLES    32
#define HTTP_ENDPOINTS 4
#define HTTP_EARLY_MAX 65536 ///< bytes of a next request kept while one is being answered
#define HTTP_SET_MAX   4096  ///< bytes of headers a handler may add
#define HTTP_ID_SIZE   24

struct conn;

/** Bytes waiting to be written. */
struct out {
    struct out *next;
    size_t len, at;
    char data[];
};

struct route_table {
    const struct http_route *routes;
    size_t count;
    void *ctx;
};

struct ws_table {
    const struct ws_endpoint *endpoint;
    void *ctx;
};

struct http {
    struct http_conf conf;
    uv_loop_t *loop; ///< not owned
    struct lws_context *context;
    struct lws_vhost *vhost;
    struct ssl_ctx_st *tls;     ///< the vhost's
    struct ssl_ctx_st *renewed; ///< owned: holds the certificate that stands in its place
    int listen_fd;
    uv_poll_t accept;
    uv_timer_t tick;
    int open_handles; ///< of the two above
    bool accept_paused;
    bool closing;
    unsigned closing_turns;
    uint16_t port;
    struct conn *conns;
    struct http_req *kept; ///< requests being answered whose client is gone
    unsigned conn_count;
    struct route_table table[HTTP_TABLES];
    unsigned table_count;
    struct ws_table ws[HTTP_ENDPOINTS];
    unsigned ws_count;
    uint64_t by_class[6];
    void (*done)(void *ctx);
    void *done_ctx;
};

/*
 *   HEAD ──▶ BODY ──▶ RUNNING ──▶ SENDING ──▶ HEAD (keep-alive)
 *    │        │                      ├──────▶ LINGER ──▶ closed
 *    │        └─ refused ────────────┘
 *    ├─ upgrade ──▶ WS ──▶ LINGER
 *    └─ RUNNING ──▶ STREAM ──▶ LINGER
 */
enum conn_state {
    CONN_HEAD,    ///< waiting for, or in the middle of, a request's head
    CONN_BODY,    ///< reading its body
    CONN_RUNNING, ///< the handler owes an answer
    CONN_SENDING, ///< the answer is on its way
    CONN_WS,      ///< it is a WebSocket
    CONN_STREAM,  ///< an answer without an end
    CONN_LINGER,  ///< all said; waits for the client to close, reads nothing
};

/** What a WebSocket has beyond its connection. */
struct ws_conn {
    struct conn *conn;
    const struct ws_endpoint *endpoint;
    void *ctx, *user;
    struct wslay_event_context *frames; ///< owned
    const uint8_t *in;                  ///< only inside ws_on_bytes(): not read yet
    size_t in_len;
    char *message; ///< owned; of the message so far
    size_t len, cap;
    bool control, last, binary, skip; ///< of the frame and message being read
    bool closing;                     ///< a close frame is queued: nothing more goes out
    bool pinged;                      ///< and not heard from since
    char address[HTTP_ADDRESS_SIZE];
    char origin[256];
    const char *lang;
    bool loopback;
};

struct conn {
    struct conn *next, *prev;
    struct http *http;
    struct lws *wsi; ///< owns this
    enum conn_state state;
    char peer[HTTP_ADDRESS_SIZE];
    char *in; ///< owned; bytes not consumed yet
    size_t in_len, in_cap;
    struct chunked chunked;
    uint64_t body_left;
    struct http_req *req;       ///< owned while HEAD..SENDING; NULL between requests
    struct ws_conn *ws;         ///< owned
    struct http_stream *stream; ///< owned
    struct out *out, *out_last; ///< owned
    size_t queued;              ///< bytes in `out`
    bool keep_alive, blocked;
    bool in_advance;
    bool heard; ///< lws has given bytes of it: its handshake is over
    usec_t deadline;
};

/** A request. Its strings point into `head_text` and `query_text`. */
struct http_req {
    struct http *http;
    struct conn *conn;            ///< NULL once the client is gone
    struct http_req *next, *prev; ///< in http->kept, once the client is gone
    const struct http_route *route;
    void *ctx;
    char id[HTTP_ID_SIZE];
    char *head_text, *query_text; ///< owned
    struct head head;
    struct route_params params;
    struct route_pair query[ROUTE_QUERIES];
    int query_count;
    char *body; ///< owned
    size_t body_len, body_cap, body_max;
    char address[HTTP_ADDRESS_SIZE];
    bool loopback, replied;
    char set[HTTP_SET_MAX];
    size_t set_len;
    unsigned status;
    unsigned shortages; ///< json_shortages() when it came
    usec_t began;
    void (*gone)(struct http_req *req, void *ctx);
    void *gone_ctx;
};

/* conn.c: what the socket's owner calls; -1 means: close it */
struct conn *conn_new(struct http *http, struct lws *wsi, const char *peer);
void conn_free(struct conn *conn);
int conn_on_bytes(struct conn *conn, const void *bytes, size_t len);
int conn_on_drained(struct conn *conn);
/** True if the connection's time is over. */
bool conn_on_tick(struct conn *conn, usec_t now);

/** Queues `len` bytes (at least one) that the caller writes there at once; NULL without memory.
 */
char *conn_grow(struct conn *conn, size_t len);
/** Queues bytes (copied); false without memory. */
bool conn_send(struct conn *conn, const void *head, size_t head_len, const void *body,
               size_t body_len);
/** The answer is queued: what comes after it. */
void conn_replied(struct conn *conn, bool keep_alive);
/** The answer's head is queued, and its body never ends. */
void conn_streams(struct conn *conn, struct http_stream *stream);
/** A stream has sent something: the client has this long to take it. */
void conn_stream_sent(struct conn *conn);

/* reply.c */
/** Writes the head of a 200 without a length to `out`, and counts and logs the answer. */
size_t reply_stream_head(struct http_req *req, char *out, size_t size, const char *type);
#define REPLY_HEAD_MAX (HTTP_SET_MAX + 1024)

/* stream.c */
/** The connection is gone. */
void stream_gone(struct http_stream *stream);
bool stream_is_closing(const struct http_stream *stream);

/* server.c */
void server_want_write(struct conn *conn);
void server_flow(struct conn *conn, bool on);
void server_shutdown(struct conn *conn);
void server_kill(struct conn *conn);

/* dispatch.c */
/** Finds who answers; returns the request's body limit, or -1 if it was answered already. */
int64_t dispatch_begin(struct http_req *req);
void dispatch_run(struct http_req *req);

/* request.c */
struct http_req *req_new(struct conn *conn, const char *head, size_t len, int *status);
void req_free(struct http_req *req);
/** The client is gone: the request lives on until it is answered. */
void req_gone(struct http_req *req);

/* ws.c */
/** Answers an upgrade: the connection is a WebSocket after it, or was answered a problem. */
void ws_upgrade(struct http_req *req);
int ws_on_bytes(struct ws_conn *ws, const uint8_t *bytes, size_t len);
bool ws_on_tick(struct ws_conn *ws, usec_t now);
void ws_free(struct ws_conn *ws);
const struct ws_table *ws_find(const struct http *http, const char *path);

#endif
