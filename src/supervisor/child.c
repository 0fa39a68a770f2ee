#include "child.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define ARGS_MAX 14

struct child {
    uv_process_t process;
    void (*ended)(void *arg, int status);
    void *arg;
};

static void on_freed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_exit_of(uv_process_t *process, int64_t status, int term_signal)
{
    struct child *c = process->data;
    void (*ended)(void *, int) = c->ended;
    void *arg = c->arg;
    uv_close((uv_handle_t *)process, on_freed);
    ended(arg, term_signal ? -1 : (int)status);
}

/** The command line of a worker; `number` holds its two numbers. */
static void fill_args(const char **args, const struct child_conf *conf, char number[2][16])
{
    unsigned n = 0;
    (void)snprintf(number[0], 16, "%u", conf->worker);
    (void)snprintf(number[1], 16, "%u", conf->port);
    args[n++] = "salon";
    args[n++] = "media";
    args[n++] = "--worker";
    args[n++] = number[0];
    args[n++] = "--port";
    args[n++] = number[1];
    args[n++] = "--socket";
    args[n++] = conf->socket;
    if (conf->log_level) {
        args[n++] = "--log-level";
        args[n++] = conf->log_level;
    }
    if (conf->log_format) {
        args[n++] = "--log-format";
        args[n++] = conf->log_format;
    }
    args[n] = NULL;
}

int child_start(uv_loop_t *loop, const struct child_conf *conf,
                void (*ended)(void *arg, int status), void *arg, struct child **out)
{
    const char *args[ARGS_MAX + 1];
    char number[2][16];
    fill_args(args, conf, number);

    // Its complaints go where ours go; it reads nothing and prints nothing.
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = 2},
    };
    const uv_process_options_t options = {
        .exit_cb = on_exit_of,
        .file = conf->program,
        .args = (char **)args, // execvp's signature; nobody writes there
        .stdio_count = 3,
        .stdio = stdio,
    };
    struct child *c = calloc(1, sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->ended = ended;
    c->arg = arg;
    c->process.data = c;
    const int r = uv_spawn(loop, &c->process, &options);
    if (r < 0) {
        uv_close((uv_handle_t *)&c->process, on_freed);
        return r;
    }
    *out = c;
    return 0;
}

int64_t child_pid(const struct child *c)
{
    return uv_process_get_pid(&c->process);
}

void child_kill(struct child *c, int signal)
{
    const int r = uv_process_kill(&c->process, signal);
    if (r < 0 && r != UV_ESRCH)
        log_at(LEVEL_WARN, "supervisor.kill", "pid=%d signal=%d error=\"%s\"", c->process.pid,
               signal, uv_strerror(r));
}
