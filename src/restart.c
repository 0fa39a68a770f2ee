#include "restart.h"

#include "base/log.h"
#include "letter/letter.h"
#include "serve_parts.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOK_MS   10
#define FINISH_MS 2000  // for answers that are under way
#define SETTLE_MS 10000 // for workers that have just died

/* ---- who asked ---- */

static void refuse(struct restart *r, const char *why)
{
    log_at(LEVEL_ERROR, "restart.refused", "why=\"%s\"", why);
    r->state = RESTART_IDLE;
    if (r->asker)
        http_problem(r->asker, PROBLEM_CONFLICT, why, NULL);
    r->asker = NULL;
}

/* ---- the new program ---- */

/** Signals that we handle wait from here until the new program handles them. */
static void hold_signals(int how)
{
    sigset_t ours;

    (void)sigemptyset(&ours);
    (void)sigaddset(&ours, SIGTERM);
    (void)sigaddset(&ours, SIGINT);
    (void)sigaddset(&ours, SIGHUP);
    (void)sigaddset(&ours, SIGUSR2);
    (void)pthread_sigmask(how, &ours, NULL);
}

void restart_took_place(void)
{
    hold_signals(SIG_UNBLOCK);
}

static void hand_over(const struct serve *s)
{
    const struct config *c = s->config;
    struct handed handed = {0};

    handed_add(&handed, http_listener(s->http), c->http.listen, c->http.port);
    handed_add(&handed, http_listener(s->admin.local.http), s->admin.path, 0);
    if (s->admin.tcp.http)
        handed_add(&handed, http_listener(s->admin.tcp.http), c->admin.listen, c->admin.port);
    (void)handed_write(&handed); // without it they are opened anew
}

/**
 * Everything else ends with the process image: descriptors close, memory goes. That is a crash
 * at a moment of our choosing, and the new program comes up as after one.
 */
static _Noreturn void become(struct restart *r)
{
    struct serve *s = r->serve;
    char **args = trial_args();

    log_at(LEVEL_INFO, "restart.now", "%s", "");
    hold_signals(SIG_BLOCK);
    (void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC); // a library's, too
    hand_over(s);
    links_close(s->links);
    store_close(s->store);
    if (args) {
        (void)execvp(args[0], args);
        log_at(LEVEL_ERROR, "restart.failed", "error=\"%s\"", strerror(errno));
        (void)execv("/proc/self/exe", args); // it was tried a moment ago: so as we are
    }
    log_at(LEVEL_ERROR, "restart.lost", "error=\"%s\"", strerror(errno));
    _exit(EXIT_FAILURE); // the service manager starts another; the workers wait for it
}

/* ---- before it ---- */

static bool busy(const struct serve *s)
{
    return http_busy(s->http) || http_busy(s->admin.local.http) ||
           (s->admin.tcp.http && http_busy(s->admin.tcp.http)) || call_answering(s->call);
}

static void on_look(uv_timer_t *timer)
{
    struct restart *r = timer->data;
    const uint64_t now = uv_now(timer->loop);

    if (r->serve->stopping)
        (void)uv_timer_stop(timer);
    else if ((!busy(r->serve) || now >= r->until) &&
             (supervisor_settled(r->serve->supervisor) || now >= r->until + SETTLE_MS))
        become(r);
}

static void finish(struct restart *r)
{
    struct serve *s = r->serve;

    r->state = RESTART_FINISHING;
    if (r->asker)
        admin_reply_status(r->asker, &s->admin);
    r->asker = NULL;
    http_hold(s->http);
    http_hold(s->admin.local.http);
    if (s->admin.tcp.http)
        http_hold(s->admin.tcp.http);
    r->until = uv_now(&s->loop) + FINISH_MS;
    (void)uv_timer_start(&r->timer, on_look, LOOK_MS, LOOK_MS);
}

/** NULL: no call would be cut; else why not, in `line`. */
static const char *would_cut(const struct serve *s, const json_t *said, char *line, size_t size)
{
    const char *state = json_string_value(json_object_get(said, "state"));
    const json_int_t letters = json_integer_value(json_object_get(said, "letters"));
    const json_int_t port = json_integer_value(json_object_get(said, "media_port"));
    const json_int_t workers = json_integer_value(json_object_get(said, "workers"));
    const char *what = NULL;

    if (!state || letters <= 0)
        return "what lies there now does not answer as salon does";
    if (letters != LETTER_VERSION)
        what = "the new version does not understand the media workers of this one";
    else if (strcmp(state, s->config->state) != 0)
        what = "the configuration names another state folder";
    else if (!s->dev && port != (json_int_t)s->config->media.port)
        what = "the configuration names another media.port";
    else if (workers < (json_int_t)supervisor_count(s->supervisor))
        what = "the configuration names fewer media.workers";
    if (what)
        (void)snprintf(line, size, "%s: calls would be cut. Drain, and restart the service",
                       what);
    return what ? line : NULL;
}

static void on_tried(void *arg, const json_t *said, const char *why)
{
    struct restart *r = arg;
    struct serve *s = r->serve;
    char line[256];

    r->trial = NULL;
    if (s->stopping)
        return;
    if (said)
        why = would_cut(s, said, line, sizeof line);
    if (!why && !supervisor_settled(s->supervisor))
        why = "a media worker is just being started";
    if (!why && (s->drain.on || s->rolling.state != ROLLING_IDLE))
        why = "the server drains, or its workers are being restarted";
    if (why) {
        refuse(r, why);
        return;
    }
    log_at(LEVEL_INFO, "restart.begins", "version=\"%s\"",
           json_string_value(json_object_get(said, "version")));
    finish(r);
}

void restart_begin(struct restart *r, struct http_req *asker)
{
    struct serve *s = r->serve;
    char ports[32], why[128];
    int error;

    if (r->state != RESTART_IDLE) {
        if (asker)
            http_problem(asker, PROBLEM_CONFLICT, "control is being restarted", NULL);
        return;
    }
    r->state = RESTART_TRYING;
    r->asker = asker;
    (void)snprintf(ports, sizeof ports, "%u,%u", s->config->http.port,
                   s->admin.tcp.http ? s->config->admin.port : 0);
    error = trial_start(&s->loop, ports, on_tried, r, &r->trial);
    if (error) {
        (void)snprintf(why, sizeof why, "the executable cannot be started: %s",
                       strerror(-error));
        refuse(r, why);
    }
}

/* ---- the signal ---- */

static void on_usr2(uv_signal_t *handle, int number)
{
    struct restart *r = handle->data;

    (void)number;
    if (!r->serve->stopping)
        restart_begin(r, NULL);
}

void restart_start(struct restart *r, struct serve *serve)
{
    r->serve = serve;
    (void)uv_signal_init(&serve->loop, &r->on_usr2);
    (void)uv_timer_init(&serve->loop, &r->timer);
    r->on_usr2.data = r->timer.data = r;
    (void)uv_signal_start(&r->on_usr2, on_usr2, SIGUSR2);
}

void restart_stop(struct restart *r)
{
    if (!r->serve)
        return;
    if (r->trial)
        trial_cancel(r->trial);
    uv_close((uv_handle_t *)&r->on_usr2, NULL);
    uv_close((uv_handle_t *)&r->timer, NULL);
}
