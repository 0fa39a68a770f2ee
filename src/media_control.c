#include "media_control.h"

#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONTROL_ABSENT  UINT64_C(45000) // ms: another control is there before, or none comes
#define LETTERS_PENDING (64u << 20)     // bytes a control that does not read may leave unread

static void free_handle(uv_handle_t *h)
{
    free(h);
}

static void drop(struct media_control *c)
{
    if (!c->conn)
        return;
    uv_close((uv_handle_t *)c->conn, free_handle);
    c->conn = NULL;
    letter_reader_fini(&c->reader);
    c->reader = (struct letter_reader){0};
}

static void on_absent(uv_timer_t *t)
{
    const struct media_control *c = t->data;
    log_at(LEVEL_WARN, "media.alone", "%s", "");
    c->ops.alone(c->ops.ctx);
}

static void gone(struct media_control *c)
{
    drop(c);
    (void)uv_timer_start(&c->absent, on_absent, CONTROL_ABSENT, 0);
}

// ---- to control

struct posted {
    uv_write_t req;
    uint8_t *frame; ///< owned
};

static void on_posted(uv_write_t *req, int status)
{
    struct posted *p = (struct posted *)req;
    (void)status; // a broken connection is seen by the reader
    free(p->frame);
    free(p);
}

void media_control_post(struct media_control *c, const struct letter *letter)
{
    struct posted *p = c->conn ? calloc(1, sizeof(*p)) : NULL;
    if (!p)
        return;
    const int64_t len = letter_write(letter, &p->frame);
    if (len < 0) {
        log_at(LEVEL_ERROR, "media.letter", "type=%s error=%d", letter_name(letter->type),
               (int)len);
        free(p);
        return;
    }
    const uv_buf_t buf = uv_buf_init((char *)p->frame, (unsigned)len);
    if (uv_stream_get_write_queue_size((uv_stream_t *)c->conn) > LETTERS_PENDING ||
        uv_write(&p->req, (uv_stream_t *)c->conn, &buf, 1, on_posted) < 0) {
        free(p->frame);
        free(p);
        gone(c);
    }
}

// ---- from control

static void hear(struct media_control *c)
{
    struct letter l;
    const char *where = "";
    int got;
    while (c->conn && (got = letter_reader_next(&c->reader, &l, &where)) != 0) {
        if (got < 0) {
            log_at(LEVEL_ERROR, "media.bad_letter", "field=%s", where);
            gone(c);
            return;
        }
        const bool more = c->ops.letter(c->ops.ctx, &l);
        letter_fini(&l);
        if (!more)
            return;
    }
    c->ops.heard(c->ops.ctx);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    struct media_control *c = h->data;
    char *space = (char *)letter_reader_space(&c->reader, suggested);
    *buf = uv_buf_init(space, space ? (unsigned)suggested : 0);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct media_control *c = s->data;
    (void)buf;
    // Without memory it is left where it is, and read later.
    if ((uv_stream_t *)c->conn != s || n == UV_ENOBUFS)
        return;
    const int err = n < 0 ? (int)n : letter_reader_came(&c->reader, (size_t)n);
    if (err < 0)
        gone(c);
    else if (n > 0)
        hear(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct media_control *c = listener->data;
    uv_pipe_t *pipe = status == 0 ? calloc(1, sizeof(*pipe)) : NULL;
    if (!pipe || uv_pipe_init(listener->loop, pipe, 0) < 0) {
        free(pipe);
        return;
    }
    pipe->data = c;
    if (uv_accept(listener, (uv_stream_t *)pipe) < 0 ||
        uv_read_start((uv_stream_t *)pipe, on_alloc, on_read) < 0) {
        uv_close((uv_handle_t *)pipe, free_handle);
        return;
    }
    drop(c); // the newest is the one that lives
    c->conn = pipe;
    (void)uv_timer_stop(&c->absent);
    c->ops.opened(c->ops.ctx);
}

// ---- its life

void media_control_init(struct media_control *c, uv_loop_t *loop,
                        const struct media_control_ops *ops)
{
    *c = (struct media_control){.ops = *ops};
    (void)uv_timer_init(loop, &c->absent);
    (void)uv_pipe_init(loop, &c->listener, 0);
    c->absent.data = c->listener.data = c;
    (void)uv_timer_start(&c->absent, on_absent, CONTROL_ABSENT, 0);
}

int media_control_listen(struct media_control *c, const char *path)
{
    (void)unlink(path); // of a worker that died
    const mode_t mask = umask(077);
    int err = uv_pipe_bind(&c->listener, path);
    (void)umask(mask);
    if (err == 0)
        err = uv_listen((uv_stream_t *)&c->listener, 4, on_connection);
    if (err < 0)
        (void)fprintf(stderr, "salon media: %s: %s\n", path, uv_strerror(err));
    return err;
}

void media_control_close(struct media_control *c)
{
    drop(c);
    letter_reader_fini(&c->reader);
    uv_close((uv_handle_t *)&c->listener, NULL);
    uv_close((uv_handle_t *)&c->absent, NULL);
}
