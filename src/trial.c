#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 10000
#define SAID_MAX    2048
#define ARGS_MAX    65536 ///< bytes of a command line
#define WHY_MAX     (SAID_MAX + 128)

/** What it writes on one of its two outputs; the rest is read and forgotten. */
struct said {
    uv_pipe_t pipe;
    char text[SAID_MAX];
    size_t len;
    char rest[256];
    bool ended;
};

struct trial {
    uv_process_t process;
    uv_timer_t timer;
    struct said out, err;
    unsigned open;    ///< handles that are not closed
    unsigned waiting; ///< for its exit, and the end of both outputs
    int64_t status;
    int signal;
    bool late;
    trial_done done; ///< NULL: cancelled
    void *arg;
};

/* ---- the command line ---- */

/** All of a file whose size is not known. */
static char *read_whole(const char *path, size_t *len)
{
    char *text = malloc(ARGS_MAX);
    const int fd = text ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t n = 0;

    *len = 0;
    while (fd >= 0 && *len < ARGS_MAX && (n = read(fd, text + *len, ARGS_MAX - *len)) > 0)
        *len += (size_t)n;
    if (fd >= 0)
        (void)close(fd);
    if (fd >= 0 && n == 0 && *len > 0 && text[*len - 1] == '\0')
        return text;
    free(text);
    return NULL;
}

char **trial_args(void)
{
    size_t len, count = 0;
    char *text = read_whole("/proc/self/cmdline", &len), **args = NULL;

    for (size_t i = 0; text && i < len; i++)
        count += text[i] == '\0';
    // One more than there are: trial_start() adds a word.
    if (text)
        args = malloc((count + 3) * sizeof *args + len);
    if (args) {
        char *at = memcpy((char *)(args + count + 3), text, len);

        for (size_t k = 0; k < count; k++, at += strlen(at) + 1)
            args[k] = at;
        args[count] = args[count + 1] = args[count + 2] = NULL;
    }
    free(text);
    return args;
}

/* ---- its end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct trial *t = handle->data;

    if (--t->open == 0)
        free(t);
}

static void tell(struct trial *t)
{
    char why[WHY_MAX];
    json_t *said = NULL;

    t->err.text[t->err.len] = '\0';
    t->err.text[strcspn(t->err.text, "\n")] = '\0';
    if (t->late)
        (void)snprintf(why, sizeof why, "it did not say within %d s whether it could start",
                       PATIENCE_MS / 1000);
    else if (t->signal || t->status)
        (void)snprintf(why, sizeof why, "it could not start (%s %d): %s",
                       t->signal ? "signal" : "status", t->signal ? t->signal : (int)t->status,
                       *t->err.text ? t->err.text : "it does not say why");
    else
        said = json_loadb(t->out.text, t->out.len, 0, NULL);
    if (!said && !t->late && !t->signal && !t->status)
        (void)snprintf(why, sizeof why, "what lies there now does not answer as salon does");
    if (t->done)
        t->done(t->arg, said, said ? NULL : why);
    json_decref(said);
}

static void close_all(struct trial *t)
{
    uv_close((uv_handle_t *)&t->process, on_closed);
    uv_close((uv_handle_t *)&t->timer, on_closed);
    uv_close((uv_handle_t *)&t->out.pipe, on_closed);
    uv_close((uv_handle_t *)&t->err.pipe, on_closed);
}

static void one_less(struct trial *t)
{
    if (--t->waiting > 0)
        return;
    tell(t);
    close_all(t);
}

static void on_exited(uv_process_t *process, int64_t status, int signal)
{
    struct trial *t = process->data;

    t->status = status;
    t->signal = signal;
    one_less(t);
}

static void end_of(struct trial *t, struct said *s)
{
    if (s->ended)
        return;
    s->ended = true;
    (void)uv_read_stop((uv_stream_t *)&s->pipe);
    one_less(t);
}

static void on_late(uv_timer_t *timer)
{
    struct trial *t = timer->data;

    t->late = true;
    (void)uv_process_kill(&t->process, SIGKILL);
    end_of(t, &t->out); // a child of its own may hold them
    end_of(t, &t->err);
}

/* ---- what it says ---- */

static struct said *said_of(struct trial *t, const uv_pipe_t *pipe)
{
    return pipe == &t->out.pipe ? &t->out : &t->err;
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    struct said *s = said_of(handle->data, (uv_pipe_t *)handle);
    const size_t room = SAID_MAX - 1 - s->len;

    (void)hint;
    *buf = room > 0 ? uv_buf_init(s->text + s->len, (unsigned)room)
                    : uv_buf_init(s->rest, sizeof s->rest);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct trial *t = stream->data;
    struct said *s = said_of(t, (uv_pipe_t *)stream);

    if (n > 0 && buf->base == s->text + s->len)
        s->len += (size_t)n;
    if (n < 0)
        end_of(t, s);
}

/* ---- its beginning ---- */

static void init_handles(struct trial *t, uv_loop_t *loop)
{
    (void)uv_timer_init(loop, &t->timer);
    (void)uv_pipe_init(loop, &t->out.pipe, 0);
    (void)uv_pipe_init(loop, &t->err.pipe, 0);
    t->process.data = t->timer.data = t->out.pipe.data = t->err.pipe.data = t;
    t->open = 4;
    t->waiting = 3;
}

static int spawn(struct trial *t, uv_loop_t *loop, char **args, const char *ports)
{
    char last[128];
    size_t n = 0;
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&t->out.pipe},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&t->err.pipe},
    };
    uv_process_options_t options = {
        .exit_cb = on_exited, .args = args, .stdio_count = 3, .stdio = stdio};

    while (args[n])
        n++;
    (void)snprintf(last, sizeof last, "--check=%s", ports);
    args[n] = last;
    options.file = args[0];
    return uv_spawn(loop, &t->process, &options);
}

int trial_start(uv_loop_t *loop, const char *ports, trial_done done, void *arg,
                struct trial **out)
{
    struct trial *t = calloc(1, sizeof *t);
    char **args = t ? trial_args() : NULL;
    int error;

    if (!args) {
        free(t);
        return -ENOMEM;
    }
    init_handles(t, loop);
    error = spawn(t, loop, args, ports);
    free(args);
    if (error) {
        close_all(t);
        return error;
    }
    t->done = done;
    t->arg = arg;
    (void)uv_read_start((uv_stream_t *)&t->out.pipe, on_alloc, on_read);
    (void)uv_read_start((uv_stream_t *)&t->err.pipe, on_alloc, on_read);
    (void)uv_timer_start(&t->timer, on_late, PATIENCE_MS, 0);
    *out = t;
    return 0;
}

void trial_cancel(struct trial *t)
{
    t->done = NULL;
    (void)uv_process_kill(&t->process, SIGKILL);
}
