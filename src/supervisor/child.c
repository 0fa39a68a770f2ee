#include "child.h"

#include "base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 16

struct child {
    uv_process_t process;
    uv_poll_t gone; ///< of one that was taken on: its pidfd has become readable
    pid_t adopted;  ///< 0: we have started it
    int pidfd;      ///< of one that was taken on
    bool reaps;     ///< likewise: nobody else waits for it
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

/** The command line of a worker; `number` holds its numbers. */
static void fill_args(const char **args, const struct child_conf *conf, char number[3][16])
{
    unsigned n = 0;
    (void)snprintf(number[0], 16, "%u", conf->worker);
    (void)snprintf(number[1], 16, "%u", conf->port);
    (void)snprintf(number[2], 16, "%u", conf->flight_mib);
    args[n++] = "salon";
    args[n++] = "media";
    args[n++] = "--worker";
    args[n++] = number[0];
    args[n++] = "--port";
    args[n++] = number[1];
    args[n++] = "--socket";
    args[n++] = conf->socket;
    args[n++] = "--flight";
    args[n++] = number[2];
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
    char number[3][16];
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

/* ---- taken on ---- */

static void forget(struct child *c)
{
    uv_close((uv_handle_t *)&c->gone, on_freed);
    (void)close(c->pidfd);
}

/** How it ended: known only if it is our process's child, which it stays when our process has
 * become another program. Nobody else asks, and it would stay in the table of processes. */
static int reap(const struct child *c)
{
    int how;
    return c->reaps && waitpid(c->adopted, &how, WNOHANG) == c->adopted && WIFEXITED(how)
               ? WEXITSTATUS(how)
               : -1;
}

static void on_gone(uv_poll_t *poll, int status, int events)
{
    struct child *c = poll->data;
    void (*ended)(void *, int) = c->ended;
    void *arg = c->arg;
    (void)status;
    (void)events;
    (void)uv_poll_stop(poll);
    const int how = reap(c);
    forget(c);
    ended(arg, how);
}

int child_adopt(uv_loop_t *loop, pid_t pid, bool reaps, void (*ended)(void *arg, int status),
                void *arg, struct child **out)
{
    struct child *c = pid > 0 ? calloc(1, sizeof(*c)) : NULL;
    if (!c)
        return pid > 0 ? -ENOMEM : -ESRCH;
    c->pidfd = pidfd_open(pid, 0);
    int r = c->pidfd < 0 ? -errno : uv_poll_init(loop, &c->gone, c->pidfd);
    if (r < 0) {
        if (c->pidfd >= 0)
            (void)close(c->pidfd);
        free(c);
        return r;
    }
    c->adopted = pid;
    c->reaps = reaps;
    c->ended = ended;
    c->arg = arg;
    c->gone.data = c;
    (void)uv_poll_start(&c->gone, UV_READABLE, on_gone);
    *out = c;
    return 0;
}

/* ---- both ---- */

int64_t child_pid(const struct child *c)
{
    return c->adopted ? c->adopted : uv_process_get_pid(&c->process);
}

void child_kill(struct child *c, int signal)
{
    int r = 0;
    if (!c->adopted)
        r = uv_process_kill(&c->process, signal);
    else if (pidfd_send_signal(c->pidfd, signal, NULL, 0) < 0)
        r = -errno;
    if (r < 0 && r != -ESRCH)
        log_at(LEVEL_WARN, "supervisor.kill", "pid=%lld signal=%d error=\"%s\"",
               (long long)child_pid(c), signal, uv_strerror(r));
}
