#include "conn.h"

#include "base/bytes.h"
#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define QUIET_US (20 * USEC_PER_SEC) ///< without a byte before we ping, and before we give up

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

static struct ws_conn *make(struct http_req *req, const struct ws_table *table)
{
    struct ws_conn *ws = calloc(1, sizeof *ws);
    const char *origin = http_header(req, HTTP_ORIGIN);

    if (!ws)
        return NULL;
    ws->conn = req->conn;
    ws->endpoint = table->endpoint;
    ws->ctx = table->ctx;
    ws->reader.message_max = table->endpoint->message_max;
    ws->lang = http_lang(req);
    ws->loopback = req->loopback;
    memcpy(ws->address, req->address, sizeof ws->address);
    (void)snprintf(ws->origin, sizeof ws->origin, "%s", origin ? origin : "");
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
        free(ws);
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
    }
}

void ws_free(struct ws_conn *ws)
{
    ws->endpoint->close(ws, ws->ctx);
    frame_fini(&ws->reader);
    free(ws);
}

static int send_frame(struct ws_conn *ws, enum frame_op op, const void *data, size_t len)
{
    uint8_t head[FRAME_HEAD_MAX];
    size_t n = frame_head(head, op, len);

    return conn_send(ws->conn, head, n, data, len) ? 0 : -ENOMEM;
}

int ws_send(struct ws_conn *conn, const char *text, size_t len)
{
    if (conn->closing)
        return -EPIPE;
    if (conn->conn->queued + len > conn->endpoint->queue_max) {
        conn->closing = true;
        server_kill(conn->conn);
        return -ENOBUFS;
    }
    return send_frame(conn, FRAME_TEXT, text, len);
}

void ws_close(struct ws_conn *conn, uint16_t code, const char *reason)
{
    uint8_t body[FRAME_CONTROL_MAX];
    size_t len = strnlen(reason, sizeof body - 2);

    if (conn->closing)
        return;
    wr16(body, code);
    memcpy(body + 2, reason, len);
    if (send_frame(conn, FRAME_CLOSE, body, len + 2))
        server_kill(conn->conn);
    conn->closing = true;
}

static void on_frame(struct ws_conn *ws, const struct frame_event *event)
{
    switch (event->what) {
    case FRAME_MESSAGE:
        ws->endpoint->message(ws, event->data, event->len, event->binary, ws->ctx);
        break;
    case FRAME_OVERSIZED:
        ws->endpoint->oversized(ws, ws->ctx);
        break;
    case FRAME_GOT_PING:
        // Pings faster than they can be answered: a pong waits already (section 5.5.3).
        if (ws->conn->queued < ws->endpoint->queue_max)
            (void)send_frame(ws, FRAME_PONG, event->data, event->len);
        break;
    case FRAME_GOT_CLOSE:
        ws_close(ws, event->code == 1005 ? 1000 : event->code, "");
        break;
    case FRAME_BAD:
        ws_close(ws, event->code, "");
        break;
    case FRAME_GOT_PONG:
    case FRAME_NOTHING:
    default:
        break;
    }
}

int ws_on_bytes(struct ws_conn *ws, const uint8_t *bytes, size_t len)
{
    ws->pinged = false;
    ws->conn->deadline = usec_now() + QUIET_US;
    for (size_t at = 0; !ws->closing;) {
        struct frame_event event;

        at += frame_read(&ws->reader, bytes + at, len - at, &event);
        if (event.what == FRAME_NOTHING)
            break;
        on_frame(ws, &event);
    }
    return 0;
}

bool ws_on_tick(struct ws_conn *ws, usec_t now)
{
    if (now < ws->conn->deadline)
        return false;
    if (ws->pinged || ws->closing || send_frame(ws, FRAME_PING, NULL, 0))
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
