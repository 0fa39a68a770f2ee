#include "conn.h"

#include "base/bytes.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wslay/wslay.h>

#define CLOSE_REASON_MAX 123                 ///< bytes, beside the code (RFC 6455 section 5.5)
#define KEEP_MAX         16384               ///< bytes of buffer an idle connection keeps
#define QUIET_US         (20 * USEC_PER_SEC) ///< without a byte before we ping, and before we give up

const struct ws_table *ws_find(const struct http *http, const char *path)
{
    for (unsigned i = 0; i < http->ws_count; i++) {
        if (strcmp(http->ws[i].endpoint->path, path) == 0)
            return &http->ws[i];
    }
    return NULL;
}

void http_ws(struct http *http, const struct ws_endpoint *endpoint, void *ctx)
{
    assert(http->ws_count < HTTP_ENDPOINTS);
    http->ws[http->ws_count++] = (struct ws_table){.endpoint = endpoint, .ctx = ctx};
}

/** RFC 6455 section 4.2.2: base64 of SHA-1 of the key and a fixed text. */
static void accept_key(const char *key, char out[29])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char text[24 + sizeof guid];
    uint8_t sha[20];
    unsigned n = sizeof sha;

    memcpy(text, key, 24);
    memcpy(text + 24, guid, sizeof guid);
    if (EVP_Digest(text, 24 + sizeof guid - 1, sha, &n, EVP_sha1(), NULL) != 1)
        abort();
    (void)EVP_EncodeBlock((unsigned char *)out, sha, sizeof sha);
}

static bool begin_frames(struct ws_conn *ws);

static struct ws_conn *make(struct http_req *req, const struct ws_table *table)
{
    struct ws_conn *ws = calloc(1, sizeof *ws);
    const char *origin = http_header(req, HTTP_ORIGIN);

    if (!ws)
        return NULL;
    ws->conn = req->conn;
    ws->endpoint = table->endpoint;
    ws->ctx = table->ctx;
    ws->lang = http_lang(req);
    ws->loopback = req->loopback;
    memcpy(ws->address, req->address, sizeof ws->address);
    (void)snprintf(ws->origin, sizeof ws->origin, "%s", origin ? origin : "");
    if (!begin_frames(ws)) {
        free(ws);
        return NULL;
    }
    return ws;
}

/** Answers 101 and turns the connection into a WebSocket. */
static bool switch_over(struct http_req *req, struct ws_conn *ws, bool with_protocol)
{
    struct conn *conn = req->conn;
    char head[512], key[29];
    int n;

    accept_key(head_get(&req->head, "sec-websocket-key"), key);
    n = snprintf(head, sizeof head,
                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s%s%s\r\n",
                 key, with_protocol ? "Sec-WebSocket-Protocol: " : "",
                 with_protocol ? ws->endpoint->protocol : "", with_protocol ? "\r\n" : "");
    if (!conn_send(conn, head, (size_t)n, NULL, 0))
        return false;
    conn->http->by_class[1]++;
    log_at(LEVEL_DEBUG, "http.websocket", "id=%s path=%s", req->id, ws->endpoint->path);
    conn->ws = ws;
    conn->state = CONN_WS;
    conn->deadline = usec_now() + QUIET_US;
    conn->req = NULL;
    req_free(req);
    ws->endpoint->open(ws, ws->ctx);
    return true;
}

void ws_upgrade(struct http_req *req)
{
    const struct ws_table *table = ws_find(req->http, req->head.path);
    const char *key = head_get(&req->head, "sec-websocket-key");
    const char *version = head_get(&req->head, "sec-websocket-version");
    const char *offered = head_get(&req->head, "sec-websocket-protocol");
    struct ws_conn *ws;

    if (strcmp(req->head.method, "GET") != 0 || !key || strlen(key) != 24 || !version ||
        strcmp(version, "13") != 0) {
        http_set(req, "Sec-WebSocket-Version", "13");
        http_problem(req, PROBLEM_INVALID_REQUEST, "not a WebSocket handshake", NULL);
        return;
    }
    if (offered && !head_lists(offered, table->endpoint->protocol)) {
        http_problem(req, PROBLEM_INVALID_REQUEST, "no such WebSocket subprotocol", NULL);
        return;
    }
    ws = make(req, table);
    if (!ws || !switch_over(req, ws, offered != NULL)) {
        if (ws)
            wslay_event_context_free(ws->frames);
        free(ws);
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    }
}

void ws_free(struct ws_conn *ws)
{
    ws->endpoint->close(ws, ws->ctx);
    wslay_event_context_free(ws->frames);
    free(ws->message);
    free(ws);
}

/** Hands wslay's frames to the connection. */
static int push(struct ws_conn *ws)
{
    return wslay_event_send(ws->frames) == 0 ? 0 : -ENOMEM;
}

static int send_ping(struct ws_conn *ws)
{
    const struct wslay_event_msg msg = {.opcode = WSLAY_PING};
    return wslay_event_queue_msg(ws->frames, &msg) == 0 ? push(ws) : -ENOMEM;
}

/** A message is lost: what comes next would not make sense. Whoever is there comes back. */
static void lose(struct ws_conn *ws)
{
    ws->closing = true;
    server_kill(ws->conn);
}

/** Bytes of the head before a text of this length. */
static size_t head_len(size_t len)
{
    return len < 126 ? 2 : len <= UINT16_MAX ? 4 : 10;
}

/**
 * RFC 6455 section 5.2: the head of a text frame of one piece, which a server does not mask.
 * wslay would copy each text twice, and hand it over in two parts.
 */
static char *write_head(char *at, size_t len)
{
    uint8_t *to = (uint8_t *)at;
    const size_t n = head_len(len);

    to[0] = 0x80 | WSLAY_TEXT_FRAME; // FIN
    to[1] = (uint8_t)(n == 2 ? len : n == 4 ? 126 : 127);
    if (n == 4)
        wr16(to + 2, (uint16_t)len);
    if (n == 10) {
        wr32(to + 2, (uint32_t)((uint64_t)len >> 32));
        wr32(to + 6, (uint32_t)len);
    }
    return at + n;
}

int ws_send(struct ws_conn *conn, const uv_buf_t *text, unsigned count)
{
    size_t len = 0;
    char *at;

    if (conn->closing)
        return -EPIPE;
    for (unsigned i = 0; i < count; i++)
        len += head_len(text[i].len) + text[i].len;
    if (conn->conn->queued + len > conn->endpoint->queue_max) {
        lose(conn);
        return -ENOBUFS;
    }
    at = push(conn) == 0 ? conn_grow(conn->conn, len) : NULL; // first wslay's own, a pong
    if (!at) {
        lose(conn);
        return -ENOMEM;
    }
    for (unsigned i = 0; i < count; i++) {
        at = write_head(at, text[i].len);
        memcpy(at, text[i].base, text[i].len);
        at += text[i].len;
    }
    return 0;
}

void ws_close(struct ws_conn *conn, uint16_t code, const char *reason)
{
    if (conn->closing)
        return;
    conn->closing = true;
    if (wslay_event_queue_close(conn->frames, code, (const uint8_t *)reason,
                                strnlen(reason, CLOSE_REASON_MAX)) != 0 ||
        push(conn) != 0)
        server_kill(conn->conn);
}

bool ws_gone_away(const struct ws_conn *conn)
{
    return wslay_event_get_close_received(conn->frames) &&
           wslay_event_get_status_code_received(conn->frames) == WSLAY_CODE_GOING_AWAY;
}

/* ---- wslay's callbacks ---- */

static ssize_t on_take(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags,
                       void *user)
{
    struct ws_conn *ws = user;
    const size_t n = len < ws->in_len ? len : ws->in_len;

    (void)flags;
    if (n == 0) {
        wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    memcpy(buf, ws->in, n);
    ws->in += n;
    ws->in_len -= n;
    return (ssize_t)n;
}

static ssize_t on_give(wslay_event_context_ptr ctx, const uint8_t *data, size_t len, int flags,
                       void *user)
{
    struct ws_conn *ws = user;

    (void)flags;
    // Pings faster than they can be answered, or a client that does not read.
    if (ws->conn->queued > ws->endpoint->queue_max ||
        !conn_send(ws->conn, data, len, NULL, 0)) {
        wslay_event_set_error(ctx, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    return (ssize_t)len;
}

static void on_frame_start(wslay_event_context_ptr ctx,
                           const struct wslay_event_on_frame_recv_start_arg *arg, void *user)
{
    struct ws_conn *ws = user;

    (void)ctx;
    ws->control = wslay_is_ctrl_frame(arg->opcode);
    ws->last = arg->fin;
    if (ws->control)
        return;
    if (arg->opcode != WSLAY_CONTINUATION_FRAME) {
        ws->binary = arg->opcode == WSLAY_BINARY_FRAME;
        ws->skip = false;
        ws->len = 0;
    }
    if (!ws->skip && arg->payload_length > ws->endpoint->message_max - ws->len) {
        ws->skip = true; // the rest of it is read and forgotten, the connection goes on
        ws->endpoint->oversized(ws, ws->ctx);
    }
}

static bool grow(struct ws_conn *ws, size_t need)
{
    size_t cap = ws->cap ? ws->cap : 1024;
    char *p;

    if (need <= ws->cap)
        return true;
    while (cap < need)
        cap *= 2;
    p = realloc(ws->message, cap);
    if (!p)
        return false;
    ws->message = p;
    ws->cap = cap;
    return true;
}

static void on_frame_chunk(wslay_event_context_ptr ctx,
                           const struct wslay_event_on_frame_recv_chunk_arg *arg, void *user)
{
    struct ws_conn *ws = user;

    (void)ctx;
    if (ws->control || ws->skip)
        return;
    if (!grow(ws, ws->len + arg->data_length + 1)) {
        ws->skip = true;
        lose(ws);
        return;
    }
    memcpy(ws->message + ws->len, arg->data, arg->data_length);
    ws->len += arg->data_length;
}

static void on_frame_end(wslay_event_context_ptr ctx, void *user)
{
    struct ws_conn *ws = user;

    (void)ctx;
    if (ws->control || !ws->last || ws->skip || ws->closing || !grow(ws, ws->len + 1))
        return;
    ws->message[ws->len] = '\0';
    ws->endpoint->message(ws, ws->message, ws->len, ws->binary, ws->ctx);
    ws->len = 0;
    if (ws->cap > KEEP_MAX) { // big ones do not keep their memory
        free(ws->message);
        ws->message = NULL;
        ws->cap = 0;
    }
}

static const struct wslay_event_callbacks callbacks = {
    .recv_callback = on_take,
    .send_callback = on_give,
    .on_frame_recv_start_callback = on_frame_start,
    .on_frame_recv_chunk_callback = on_frame_chunk,
    .on_frame_recv_end_callback = on_frame_end,
};

static bool begin_frames(struct ws_conn *ws)
{
    if (wslay_event_context_server_init(&ws->frames, &callbacks, ws) != 0)
        return false;
    wslay_event_config_set_no_buffering(ws->frames, 1);
    wslay_event_config_set_max_recv_msg_length(ws->frames, INT64_MAX);
    return true;
}

int ws_on_bytes(struct ws_conn *ws, const uint8_t *bytes, size_t len)
{
    ws->pinged = false;
    ws->conn->deadline = usec_now() + QUIET_US;
    ws->in = bytes;
    ws->in_len = len;
    if (wslay_event_recv(ws->frames) != 0)
        return -1;
    ws->in_len = 0;
    if (push(ws) != 0) // pongs, and the answer to a close
        return -1;
    ws->closing |=
        wslay_event_get_close_sent(ws->frames) || !wslay_event_get_read_enabled(ws->frames);
    return 0;
}

bool ws_on_tick(struct ws_conn *ws, usec_t now)
{
    if (now < ws->conn->deadline)
        return false;
    if (ws->pinged || ws->closing || send_ping(ws))
        return true;
    ws->pinged = true;
    ws->conn->deadline = now + QUIET_US;
    return false;
}

void ws_set_user(struct ws_conn *conn, void *user)
{
    conn->user = user;
}

void *ws_user(const struct ws_conn *conn)
{
    return conn->user;
}

const char *ws_address(const struct ws_conn *conn)
{
    return conn->address;
}

const char *ws_lang(const struct ws_conn *conn)
{
    return conn->lang;
}

const char *ws_origin(const struct ws_conn *conn)
{
    return conn->origin;
}

bool ws_is_loopback(const struct ws_conn *conn)
{
    return conn->loopback;
}
