#include "http/stream.h"

#include "conn.h"

#include <stdlib.h>
#include <string.h>

struct http_stream {
    struct conn *conn;
    void (*gone)(void *ctx);
    void *ctx;
    bool closing; ///< the owner is told nothing more
};

struct http_stream *http_stream_open(struct http_req *req, const char *type,
                                     void (*gone)(void *ctx), void *ctx)
{
    char head[REPLY_HEAD_MAX];
    struct conn *conn = req->conn;
    struct http_stream *s = conn ? calloc(1, sizeof *s) : NULL;
    size_t len;

    if (!s) { // nobody is there any more, or no memory
        http_problem(req, PROBLEM_CAPACITY, NULL, NULL);
        return NULL;
    }
    *s = (struct http_stream){.conn = conn, .gone = gone, .ctx = ctx};
    len = reply_stream_head(req, head, sizeof head, type);
    conn_streams(conn, s);
    if (!conn_send(conn, head, len, NULL, 0))
        server_kill(conn);
    return s;
}

bool http_stream_send(struct http_stream *s, const char *bytes, size_t len)
{
    struct conn *conn = s->conn;

    if (conn->queued + len <= HTTP_STREAM_MAX && conn_send(conn, bytes, len, NULL, 0)) {
        conn_stream_sent(conn);
        return true;
    }
    server_kill(conn);
    return false;
}

void http_stream_close(struct http_stream *s)
{
    s->closing = true;
    if (s->conn->queued == 0)
        server_kill(s->conn);
}

void stream_gone(struct http_stream *s)
{
    if (!s->closing)
        s->gone(s->ctx);
    free(s);
}

bool stream_is_closing(const struct http_stream *s)
{
    return s->closing;
}
