#include "conn.h"

#include "base/log.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_US    (60 * USEC_PER_SEC) ///< between requests
#define HEAD_US    (15 * USEC_PER_SEC) ///< for a whole head
#define BODY_US    (20 * USEC_PER_SEC) ///< without a byte of the body
#define SENDING_US (30 * USEC_PER_SEC) ///< without the client reading
#define LINGER_US  (2 * USEC_PER_SEC)

static void set_state(struct conn *conn, enum conn_state state, usec_t patience)
{
    conn->state = state;
    conn->deadline = patience == USEC_NEVER ? USEC_NEVER : usec_now() + patience;
}

struct conn *conn_new(struct http *http, struct lws *wsi, const char *peer)
{
    struct conn *conn = calloc(1, sizeof *conn);

    if (!conn)
        return NULL;
    conn->http = http;
    conn->wsi = wsi;
    memccpy(conn->peer, peer, '\0', sizeof conn->peer - 1);
    set_state(conn, CONN_HEAD, HEAD_US);
    conn->next = http->conns;
    if (conn->next)
        conn->next->prev = conn;
    http->conns = conn;
    http->conn_count++;
    return conn;
}

void conn_free(struct conn *conn)
{
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        conn->http->conns = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    conn->http->conn_count--;
    if (conn->ws)
        ws_free(conn->ws);
    if (conn->stream)
        stream_gone(conn->stream);
    if (conn->req && conn->state == CONN_RUNNING)
        req_gone(conn->req);
    else if (conn->req)
        req_free(conn->req);
    while (conn->out) {
        struct out *out = conn->out;

        conn->out = out->next;
        free(out);
    }
    free(conn->in);
    free(conn);
}

char *conn_grow(struct conn *conn, size_t len)
{
    struct out *out = malloc(sizeof *out + len);

    if (!out)
        return NULL;
    *out = (struct out){.len = len};
    if (conn->out)
        conn->out_last->next = out;
    else
        conn->out = out;
    conn->out_last = out;
    conn->queued += out->len;
    server_want_write(conn);
    return out->data;
}

bool conn_send(struct conn *conn, const void *head, size_t head_len, const void *body,
               size_t body_len)
{
    char *to = conn_grow(conn, head_len + body_len);

    if (!to)
        return false;
    memcpy(to, head, head_len);
    if (body_len > 0)
        memcpy(to + head_len, body, body_len);
    return true;
}

static bool keep(struct conn *conn, const char *bytes, size_t len)
{
    size_t need = conn->in_len + len;

    if (need > conn->in_cap) {
        char *p = realloc(conn->in, need);

        if (!p)
            return false;
        conn->in = p;
        conn->in_cap = need;
    }
    memcpy(conn->in + conn->in_len, bytes, len);
    conn->in_len += len;
    return true;
}

static void consume(struct conn *conn, size_t n)
{
    conn->in_len -= n;
    memmove(conn->in, conn->in + n, conn->in_len);
    if (conn->in_len == 0) {
        free(conn->in);
        conn->in = NULL;
        conn->in_cap = 0;
    }
}

/** Refuses what cannot even become a request. */
static void refuse(struct conn *conn, int status)
{
    static const char text[] = "HTTP/1.1 %d Refused\r\nContent-Length: 0\r\n"
                               "Connection: close\r\n\r\n";
    char line[128];
    int n = snprintf(line, sizeof line, text, status);

    conn->http->by_class[4]++;
    conn->keep_alive = false;
    set_state(conn, CONN_SENDING, SENDING_US);
    if (!conn_send(conn, line, (size_t)n, NULL, 0))
        server_kill(conn);
}

/** The head is known, the body may follow. */
static void begin_body(struct conn *conn)
{
    struct http_req *req = conn->req;
    int64_t max = dispatch_begin(req);

    if (max < 0)
        return;
    if (req->head.length > max) {
        http_problem(req, PROBLEM_TOO_LARGE, NULL, NULL);
        return;
    }
    req->body_max = (size_t)max;
    conn->body_left = (uint64_t)req->head.length;
    set_state(conn, CONN_BODY, BODY_US);
    if (req->head.expect && !conn_send(conn, "HTTP/1.1 100 Continue\r\n\r\n", 25, NULL, 0))
        server_kill(conn);
}

static bool advance_head(struct conn *conn)
{
    // RFC 9112 section 2.2: an empty line before a request is ignored.
    size_t skip = 0;
    size_t end;
    int status = 0;

    while (skip + 1 < conn->in_len && memcmp(conn->in + skip, "\r\n", 2) == 0)
        skip += 2;
    if (skip > 0)
        consume(conn, skip);
    end = conn->in_len > 0 ? head_end(conn->in, conn->in_len) : 0;
    if (end > HEAD_MAX || (end == 0 && conn->in_len > HEAD_MAX)) {
        refuse(conn, 431);
        return false;
    }
    if (end == 0)
        return false;
    conn->req = req_new(conn, conn->in, end, &status);
    if (!conn->req) {
        refuse(conn, status);
        return false;
    }
    consume(conn, end);
    conn->keep_alive = conn->req->head.keep_alive;
    conn->chunked = (struct chunked){0};
    set_state(conn, CONN_RUNNING, USEC_NEVER);
    if (conn->req->head.upgrade && ws_find(conn->http, conn->req->head.path))
        ws_upgrade(conn->req);
    else
        begin_body(conn);
    return true;
}

/** Adds to the body; answers 413 and returns false beyond its limit. */
static bool add_body(struct http_req *req, const char *data, size_t len)
{
    if (len > req->body_max - req->body_len) {
        http_problem(req, PROBLEM_TOO_LARGE, NULL, NULL);
        return false;
    }
    if (req->body_len + len + 1 > req->body_cap) {
        size_t cap = 2 * (req->body_len + len) + 64;
        char *p = realloc(req->body, cap);

        if (!p) {
            http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
            return false;
        }
        req->body = p;
        req->body_cap = cap;
    }
    memcpy(req->body + req->body_len, data, len);
    req->body_len += len;
    req->body[req->body_len] = '\0';
    return true;
}

static bool body_done(const struct conn *conn)
{
    return conn->req->head.chunked ? conn->chunked.state == CHUNK_DONE : conn->body_left == 0;
}

static bool advance_body(struct conn *conn)
{
    const char *data = conn->in;
    size_t data_len = 0;
    long n;

    if (body_done(conn)) {
        set_state(conn, CONN_RUNNING, USEC_NEVER);
        dispatch_run(conn->req);
        return true;
    }
    if (conn->in_len == 0)
        return false;
    if (conn->req->head.chunked) {
        n = chunked_read(&conn->chunked, conn->in, conn->in_len, &data, &data_len);
        if (n < 0) {
            conn->keep_alive = false;
            http_problem(conn->req, PROBLEM_INVALID_REQUEST, "bad chunked coding", NULL);
            return false;
        }
    } else {
        data_len = conn->body_left < conn->in_len ? (size_t)conn->body_left : conn->in_len;
        conn->body_left -= data_len;
        n = (long)data_len;
    }
    if (!add_body(conn->req, data, data_len))
        return false;
    consume(conn, (size_t)n);
    conn->deadline = usec_now() + BODY_US;
    return true;
}

static int advance_ws(struct conn *conn)
{
    char *bytes = conn->in;
    size_t len = conn->in_len;
    int result;

    conn->in = NULL;
    conn->in_len = conn->in_cap = 0;
    result = ws_on_bytes(conn->ws, (uint8_t *)bytes, len);
    free(bytes);
    return result;
}

/** Goes on with what has come, as far as it goes. */
static int advance(struct conn *conn)
{
    bool going = true;
    int result = 0;

    // A handler that answers at once comes back here through conn_replied(): not twice.
    if (conn->in_advance)
        return 0;
    conn->in_advance = true;
    while (going && result == 0) {
        going = false;
        if (conn->state == CONN_HEAD)
            going = advance_head(conn);
        else if (conn->state == CONN_BODY)
            going = advance_body(conn);
        else if (conn->state == CONN_WS && conn->in_len > 0)
            result = advance_ws(conn);
    }
    conn->in_advance = false;
    return result;
}

int conn_on_bytes(struct conn *conn, const void *bytes, size_t len)
{
    if (conn->state == CONN_LINGER || conn->state == CONN_STREAM)
        return 0; // whatever is said now changes nothing any more
    if (conn->state == CONN_WS && conn->in_len == 0)
        return ws_on_bytes(conn->ws, bytes, len);
    // Time for a head runs from its first byte: slow senders do not hold a connection.
    if (conn->state == CONN_HEAD && conn->in_len == 0)
        conn->deadline = usec_now() + HEAD_US;
    if (!keep(conn, bytes, len))
        return -1;
    if (conn->state == CONN_RUNNING || conn->state == CONN_SENDING) {
        if (conn->in_len > HEAD_MAX)
            server_flow(conn, false);
        return 0;
    }
    return advance(conn);
}

void conn_replied(struct conn *conn, bool keep_alive)
{
    assert(conn->state == CONN_RUNNING || conn->state == CONN_BODY);
    // Half a body is still to come: it would be taken for the next request.
    if (conn->state == CONN_BODY || conn->req->head.length > (int64_t)conn->req->body_len ||
        (conn->req->head.chunked && conn->chunked.state != CHUNK_DONE))
        keep_alive = false;
    conn->keep_alive = conn->keep_alive && keep_alive;
    set_state(conn, CONN_SENDING, SENDING_US);
}

void conn_streams(struct conn *conn, struct http_stream *stream)
{
    conn->keep_alive = false;
    conn->stream = stream;
    req_free(conn->req);
    conn->req = NULL;
    free(conn->in);
    conn->in = NULL;
    conn->in_len = conn->in_cap = 0;
    set_state(conn, CONN_STREAM, SENDING_US);
    server_flow(conn, true);
}

void conn_stream_sent(struct conn *conn)
{
    if (conn->deadline == USEC_NEVER)
        conn->deadline = usec_now() + SENDING_US;
}

static int linger(struct conn *conn)
{
    server_shutdown(conn);
    set_state(conn, CONN_LINGER, LINGER_US);
    server_flow(conn, true);
    return 0;
}

int conn_on_drained(struct conn *conn)
{
    conn->blocked = false;
    if (conn->state == CONN_WS)
        return conn->ws->closing ? linger(conn) : 0;
    if (conn->state == CONN_STREAM) {
        conn->deadline = USEC_NEVER;
        return stream_is_closing(conn->stream) ? linger(conn) : 0;
    }
    if (conn->state != CONN_SENDING)
        return 0;
    if (conn->req) {
        req_free(conn->req);
        conn->req = NULL;
    }
    if (!conn->keep_alive)
        return linger(conn);
    set_state(conn, CONN_HEAD, conn->in_len > 0 ? HEAD_US : IDLE_US);
    server_flow(conn, true);
    return advance(conn);
}

bool conn_on_tick(struct conn *conn, usec_t now)
{
    if (conn->state == CONN_WS)
        return ws_on_tick(conn->ws, now);
    return now >= conn->deadline;
}
