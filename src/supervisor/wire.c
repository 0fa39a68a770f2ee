#include "wire.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

// A worker that has so much unread is stuck: letters are small, and it has nothing else to wait
// for.
#define QUEUE_MAX (64u << 20)
#define CHUNK     (64u << 10)

struct wire {
    uv_pipe_t pipe;
    uv_connect_t connect;
    const struct wire_ops *ops; ///< NULL once closed
    void *arg;
    struct letter_reader reader;
};

struct wire_write {
    uv_write_t req;
    uint8_t *frame; ///< owned
};

static void on_freed(uv_handle_t *handle)
{
    struct wire *w = handle->data;
    letter_reader_fini(&w->reader);
    free(w);
}

void wire_close(struct wire *w)
{
    if (!w || uv_is_closing((uv_handle_t *)&w->pipe))
        return;
    w->ops = NULL;
    uv_close((uv_handle_t *)&w->pipe, on_freed);
}

static void lose(struct wire *w)
{
    const struct wire_ops *ops = w->ops;
    void *arg = w->arg;
    wire_close(w);
    if (ops)
        ops->lost(arg);
}

/** Hands out the whole letters that have come. The callback may close the wire. */
static void deliver(struct wire *w)
{
    while (w->ops) {
        struct letter letter;
        const char *where = "";
        const int n = letter_reader_next(&w->reader, &letter, &where);
        if (n == 0)
            return;
        if (n == -ENOMEM) { // it is taken with what comes next, within a second
            log_at(LEVEL_ERROR, "supervisor.memory", "error=ENOMEM");
            return;
        }
        if (n < 0) {
            log_at(LEVEL_ERROR, "supervisor.bad_letter", "field=%s", where);
            lose(w);
            return;
        }
        w->ops->letter(w->arg, &letter);
        letter_fini(&letter);
    }
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    (void)hint;
    struct wire *w = handle->data;
    char *space = (char *)letter_reader_space(&w->reader, CHUNK);
    *buf = uv_buf_init(space, space ? CHUNK : 0);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct wire *w = stream->data;
    (void)buf;
    // Without memory it is left where it is, and read later.
    if (!w->ops || n == 0 || n == UV_ENOBUFS)
        return;
    if (n < 0 || letter_reader_came(&w->reader, (size_t)n) != 0) {
        lose(w);
        return;
    }
    deliver(w);
}

static void on_connect(uv_connect_t *req, int status)
{
    struct wire *w = req->data;
    if (!w->ops)
        return;
    if (status < 0 || uv_read_start((uv_stream_t *)&w->pipe, on_alloc, on_read) < 0) {
        lose(w);
        return;
    }
    w->ops->opened(w->arg);
}

struct wire *wire_open(uv_loop_t *loop, const char *path, const struct wire_ops *ops, void *arg)
{
    struct wire *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->ops = ops;
    w->arg = arg;
    w->connect.data = w;
    const int r = uv_pipe_init(loop, &w->pipe, 0);
    assert(r == 0);
    (void)r;
    w->pipe.data = w;
    uv_pipe_connect(&w->connect, &w->pipe, path, on_connect);
    return w;
}

void wire_hand_over(struct wire *w, const struct wire_ops *ops)
{
    assert(w->ops);
    w->ops = ops;
}

static void on_written(uv_write_t *req, int status)
{
    (void)status; // a broken pipe is told by the reading side
    struct wire_write *write = req->data;
    free(write->frame);
    free(write);
}

int wire_send(struct wire *w, const struct letter *letter)
{
    assert(w->ops);
    if (uv_stream_get_write_queue_size((uv_stream_t *)&w->pipe) > QUEUE_MAX)
        return -ENOBUFS;
    struct wire_write *write = calloc(1, sizeof(*write));
    if (!write)
        return -ENOMEM;
    const int64_t len = letter_write(letter, &write->frame);
    if (len < 0) {
        free(write);
        return (int)len;
    }
    write->req.data = write;
    const uv_buf_t buf = uv_buf_init((char *)write->frame, (unsigned)len);
    const int r = uv_write(&write->req, (uv_stream_t *)&w->pipe, &buf, 1, on_written);
    if (r < 0) {
        free(write->frame);
        free(write);
    }
    return r;
}

bool wire_unsent(const struct wire *w)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&w->pipe) > 0;
}

pid_t wire_peer(const struct wire *w)
{
    uv_os_fd_t fd;
    struct ucred cred;
    socklen_t len = sizeof(cred);
    if (uv_fileno((const uv_handle_t *)&w->pipe, &fd) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
        return 0;
    return cred.pid;
}
