/** A call with a fake worker, and shells that remember what they were told. */
#ifndef TESTS_CALL_WORLD_H
#define TESTS_CALL_WORLD_H

#include "call/call.h"
#include "call/fake_worker.h"

#include "base/log.h"

// cmocka wants these before it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct shell {
    json_t *events;  ///< owned array of what it was told
    unsigned times;  ///< how often it was told something
    char closed[32]; ///< "" while it lives
    unsigned answers;
    char reason[32]; ///< of the last answer, "" if it went well
    unsigned line;
    uint32_t generation;
    char sdp[8192];
};

struct world {
    uv_loop_t loop;
    char dir[64];
    struct fake_worker worker;
    struct supervisor *sup;
    struct call *call;
    bool ready, stopped;
};

static inline void shell_events(void *arg, const uv_buf_t *text, unsigned count)
{
    struct shell *s = arg;
    s->times++;
    if (!s->events)
        s->events = json_array();
    for (unsigned i = 0; i < count; i++) {
        json_t *event = json_loadb(text[i].base, text[i].len, 0, NULL);
        assert_non_null(event);
        json_array_append_new(s->events, event);
    }
}

static inline void shell_closed(void *arg, const char *reason)
{
    snprintf(((struct shell *)arg)->closed, sizeof(((struct shell *)arg)->closed), "%s",
             reason);
}

static const struct call_ops shell_ops = {.events = shell_events, .closed = shell_closed};

static inline void shell_answer(void *arg, const struct call_answer *answer)
{
    struct shell *s = arg;
    s->answers++;
    snprintf(s->reason, sizeof(s->reason), "%s", answer->reason ? answer->reason : "");
    snprintf(s->sdp, sizeof(s->sdp), "%s", answer->sdp ? answer->sdp : "");
    s->line = answer->line;
    s->generation = answer->generation;
}

/** The `k`-th event of this type, or NULL. */
static inline json_t *shell_heard(const struct shell *s, const char *type, unsigned k)
{
    for (size_t i = 0; i < json_array_size(s->events); i++) {
        json_t *event = json_array_get(s->events, i);
        if (strcmp(json_string_value(json_object_get(event, "type")), type) == 0 && k-- == 0)
            return event;
    }
    return NULL;
}

static inline void shell_fini(struct shell *s)
{
    json_decref(s->events);
    *s = (struct shell){0};
}

static inline const char *str(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));
    return value ? value : "(none)";
}

static inline void world_ready(void *arg)
{
    ((struct world *)arg)->ready = true;
}

static inline void world_stopped(void *arg)
{
    ((struct world *)arg)->stopped = true;
}

static inline void turn(struct world *w)
{
    uv_run(&w->loop, UV_RUN_ONCE);
}

/** Turns the loop until the condition holds. */
#define TURN_UNTIL(w, condition)                                                               \
    do {                                                                                       \
        while (!(condition))                                                                   \
            turn(w);                                                                           \
    } while (0)

/** `base` gives the limits; the rest is filled in here. */
static inline void world_begin(struct world *w, const struct call_conf *base)
{
    static const char *const address[] = {"192.0.2.1"};
    memset(w, 0, sizeof(*w));
    log_start(LEVEL_ERROR, LOG_PLAIN, "test");
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&w->loop);
    strcpy(w->dir, "/tmp/salon-call-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    const struct supervisor_conf conf = {.workers = 1, .port = 5000, .state_dir = w->dir};
    assert_int_equal(supervisor_create(&w->loop, &conf, &w->sup), 0);
    struct call_conf c = *base;
    c.supervisor = w->sup;
    c.address_count = 1;
    c.address = address;
    c.ready = world_ready;
    c.arg = w;
    assert_int_equal(call_create(&w->loop, &c, &w->call), 0);
    assert_int_equal(call_start(w->call), 0);
    w->worker.loop = &w->loop;
    snprintf(w->worker.path, sizeof(w->worker.path), "%s/media0.sock", w->dir);
}

/** … with its worker up. */
static inline void world_begin_up(struct world *w, const struct call_conf *base)
{
    world_begin(w, base);
    fake_up(&w->worker);
    TURN_UNTIL(w, w->ready);
}

static inline void world_end(struct world *w)
{
    struct supervisor_worker process;
    call_stop(w->call);
    supervisor_look(w->sup, 0, &process);
    supervisor_stop(w->sup, world_stopped, w);
    if (process.pid)
        kill((pid_t)process.pid, SIGTERM); // it only sleeps, and hears no letter
    TURN_UNTIL(w, w->stopped);
    fake_down(&w->worker);
    fake_fini(&w->worker);
    call_destroy(w->call);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    assert_int_equal(rmdir(w->dir), 0);
}

static inline struct call_member *enter(struct world *w, const char *room, const char *name,
                                        enum call_client client, struct shell *shell)
{
    struct links_room about = {.kind = ROOM_INSTANT};
    snprintf(about.id, sizeof(about.id), "%s", room);
    const struct call_who who = {&about, client, ROLE_GUEST, name, NULL};
    const char *reason;
    return call_join(w->call, &who, &shell_ops, shell, &reason);
}

/** What its `joined` says of the others: a new array. */
static inline json_t *others_of(const struct call_member *m)
{
    char *text = call_others(m);
    assert_non_null(text);
    json_t *others = json_loads(text, 0, NULL);
    assert_true(json_is_array(others));
    free(text);
    return others;
}

/** Offers, and waits for what comes of it. */
static inline void offer(struct world *w, struct call_member *m, struct shell *shell,
                         unsigned session)
{
    char sdp[4096];
    fake_offer(session, sdp, sizeof(sdp));
    const struct call_offer o = {.sdp = sdp, .len = strlen(sdp)};
    const unsigned before = shell->answers;
    assert_int_equal(call_offer(m, &o, shell_answer), 0);
    TURN_UNTIL(w, shell->answers > before || shell->closed[0]);
}

#endif
