#include "admin.h"

#include "base/digest.h"
#include "base/read_json.h"
#include "base/usec.h"
#include "cmd.h"
#include "flight/read.h"
#include "serve_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BODY_MAX   1024
#define MAX_WAIT_S 86400

/** By the socket whoever can open it; by TCP whoever has the token, or, if there is none, this
 *  machine (the configuration was checked so). NULL: it was refused here. */
static struct admin *enter(struct http_req *req, void *ctx)
{
    const struct admin_door *door = ctx;
    const char *token = door->tcp ? door->admin->serve->config->admin.token : NULL;
    const char *bearer = http_bearer(req);

    http_set(req, "Cache-Control", "no-store");
    if (!token || (bearer && digest_same(token, strlen(token), bearer, strlen(bearer))))
        return door->admin;
    http_problem(req, PROBLEM_UNAUTHORIZED, NULL, NULL);
    return NULL;
}

/* ---- what runs ---- */

void admin_reply_status(struct http_req *req, const struct admin *a)
{
    const struct serve *s = a->serve;
    unsigned rooms, participants;

    call_totals(s->call, &rooms, &participants);
    http_reply_json(req, 200,
                    json_pack("{s:s, s:I, s:b, s:I, s:i, s:i, s:i, s:b}", "version",
                              SALON_VERSION, "started_at_ms", (json_int_t)s->started_at,
                              "draining", s->drain.on, "drain_left_s",
                              (json_int_t)draining_left_s(&s->drain), "rooms", (int)rooms,
                              "participants", (int)participants, "workers",
                              (int)supervisor_count(s->supervisor), "restarting",
                              s->rolling.state != ROLLING_IDLE));
}

static void get_status(struct http_req *req, void *ctx)
{
    const struct admin *a = enter(req, ctx);

    if (a)
        admin_reply_status(req, a);
}

static void get_rooms(struct http_req *req, void *ctx)
{
    const struct admin *a = enter(req, ctx);

    if (a)
        http_reply_json(req, 200, json_pack("{s:o}", "rooms", call_list_rooms(a->serve->call)));
}

static void get_participants(struct http_req *req, void *ctx)
{
    const struct admin *a = enter(req, ctx);
    const char *room = http_param(req, "id");

    if (!a)
        return;
    if (call_room_count(a->serve->call, room) == 0)
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
    else
        http_reply_json(
            req, 200,
            json_pack("{s:o}", "participants", call_room_participants(a->serve->call, room)));
}

static void get_workers(struct http_req *req, void *ctx)
{
    const struct admin *a = enter(req, ctx);
    struct supervisor_worker w;
    json_t *all;

    if (!a)
        return;
    all = json_array();
    for (unsigned k = 0; supervisor_look(a->serve->supervisor, k, &w); k++)
        (void)json_array_append_new(
            all, json_pack("{s:i, s:I, s:i, s:b, s:i, s:i, s:O?}", "worker", (int)k, "pid",
                           (json_int_t)w.pid, "port", w.port, "up", w.up, "participants",
                           (int)w.load, "restarts", (int)w.restarts, "stats", w.stats));
    http_reply_json(req, 200, json_pack("{s:o}", "workers", all));
}

/* ---- what was recorded ---- */

/** What is to be added to our clock to have the time since 1970. */
static usec_t wall(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000 - usec_now();
}

static void on_flight(void *arg, const uint8_t *bytes, size_t len)
{
    struct http_req *req = arg;
    const char *room = http_param(req, "id");
    struct flight_file file = {.wall = wall(), .version = SALON_VERSION};
    uint8_t *whole = bytes ? malloc(FLIGHT_FILE_HEAD + len) : NULL;
    char name[FLIGHT_ROOM_SIZE + 40];

    if (!whole) {
        http_problem_later(req, PROBLEM_CAPACITY, NULL, CALL_RETRY_AFTER_S);
        return;
    }
    (void)snprintf(file.room, sizeof file.room, "%s", room);
    flight_file_write(&file, whole);
    memcpy(whole + FLIGHT_FILE_HEAD, bytes, len);
    (void)snprintf(name, sizeof name, "attachment; filename=\"%s.flight\"", file.room);
    http_set(req, "Content-Disposition", name);
    http_reply(req, 200, "application/octet-stream", whole, FLIGHT_FILE_HEAD + len);
    free(whole);
}

static void get_flight(struct http_req *req, void *ctx)
{
    const struct admin *a = enter(req, ctx);
    int error;

    if (!a)
        return;
    error = call_flight_fetch(a->serve->call, http_param(req, "id"), on_flight, req);
    if (error == -ENOENT)
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
    else if (error == -EBUSY)
        http_problem(req, PROBLEM_CONFLICT, "another recording is being fetched", NULL);
    else if (error)
        on_flight(req, NULL, 0);
}

/* ---- what is done ---- */

/** A number of seconds in the body, `fallback` without one. False: it was refused. */
static bool read_seconds(struct http_req *req, const char *name, unsigned fallback,
                         unsigned *out)
{
    size_t len;
    const char *text = http_body(req, &len);
    json_t *body;
    const int error = read_json(len > 0 ? text : "{}", len > 0 ? len : 2,
                                JSON_REJECT_DUPLICATES, &body, NULL);
    const json_t *value = json_object_get(body, name);
    const json_int_t seconds = value ? json_integer_value(value) : (json_int_t)fallback;
    char pointer[32];
    bool fine = true;

    (void)snprintf(pointer, sizeof pointer, "/%s", name);
    if (!json_is_object(body)) {
        http_problem(req, error == -ENOMEM ? PROBLEM_CAPACITY : PROBLEM_INVALID_JSON, NULL,
                     NULL);
        fine = false;
    } else if ((value && !json_is_integer(value)) || seconds < 0 || seconds > MAX_WAIT_S) {
        http_problem(req, PROBLEM_INVALID_FIELD, "seconds, from 0 to 86400", pointer);
        fine = false;
    }
    *out = (unsigned)seconds;
    json_decref(body);
    return fine;
}

static void post_drain(struct http_req *req, void *ctx)
{
    struct admin *a = enter(req, ctx);
    unsigned seconds;

    if (!a || !read_seconds(req, "deadline_s", a->serve->config->drain.deadline_s, &seconds))
        return;
    draining_begin(&a->serve->drain, seconds);
    admin_reply_status(req, a);
}

static void delete_drain(struct http_req *req, void *ctx)
{
    struct admin *a = enter(req, ctx);

    if (!a)
        return;
    draining_cancel(&a->serve->drain);
    admin_reply_status(req, a);
}

static void restart(struct http_req *req, struct admin *a, unsigned first, unsigned last)
{
    unsigned seconds;

    if (!read_seconds(req, "deadline_s", 0, &seconds))
        return;
    if (!rolling_begin(&a->serve->rolling, first, last, seconds))
        http_problem(req, PROBLEM_CONFLICT, "workers are being restarted", NULL);
    else
        admin_reply_status(req, a);
}

static void post_restart_all(struct http_req *req, void *ctx)
{
    struct admin *a = enter(req, ctx);

    if (a)
        restart(req, a, 0, supervisor_count(a->serve->supervisor) - 1);
}

static void post_restart_one(struct http_req *req, void *ctx)
{
    struct admin *a = enter(req, ctx);
    const char *text = http_param(req, "worker");
    char *end;
    const unsigned long k = strtoul(text, &end, 10);

    if (!a)
        return;
    if (*text < '0' || *text > '9' || *end || k >= supervisor_count(a->serve->supervisor))
        http_problem(req, PROBLEM_NOT_FOUND, NULL, NULL);
    else
        restart(req, a, (unsigned)k, (unsigned)k);
}

static void post_restart_control(struct http_req *req, void *ctx)
{
    struct admin *a = enter(req, ctx);

    if (a)
        restart_begin(&a->serve->restart, req);
}

static void post_reload(struct http_req *req, void *ctx)
{
    struct admin *a = enter(req, ctx);
    char why[CONFIG_WHY];

    if (!a)
        return;
    if (reload_now(&a->serve->reload, why, sizeof why))
        http_problem(req, PROBLEM_INVALID_REQUEST, why, NULL);
    else
        admin_reply_status(req, a);
}

/* ---- the routes ---- */

static void get_metrics(struct http_req *req, void *ctx)
{
    const struct admin *a = enter(req, ctx);

    if (a)
        metrics_reply(req, &a->serve->metrics);
}

static const struct http_route routes[] = {
    {"GET", "/admin/v1/status", get_status, 0, HTTP_QUIET},
    {"GET", "/admin/v1/rooms", get_rooms, 0, HTTP_QUIET},
    {"GET", "/admin/v1/rooms/{id}/participants", get_participants, 0, HTTP_QUIET},
    {"GET", "/admin/v1/rooms/{id}/flight", get_flight, 0, 0},
    {"GET", "/admin/v1/workers", get_workers, 0, HTTP_QUIET},
    {"POST", "/admin/v1/drain", post_drain, BODY_MAX, 0},
    {"DELETE", "/admin/v1/drain", delete_drain, 0, 0},
    {"POST", "/admin/v1/workers/restart", post_restart_all, BODY_MAX, 0},
    {"POST", "/admin/v1/workers/{worker}/restart", post_restart_one, BODY_MAX, 0},
    {"POST", "/admin/v1/control/restart", post_restart_control, BODY_MAX, 0},
    {"POST", "/admin/v1/reload", post_reload, BODY_MAX, 0},
    {"GET", "/metrics", get_metrics, 0, HTTP_QUIET},
};

/** One listener with all routes. */
static int open_one(struct admin *a, struct admin_door *door, const struct http_conf *conf)
{
    char why[CONFIG_WHY];

    door->admin = a;
    if (http_open(&a->serve->loop, conf, &door->http, why, sizeof why))
        return cmd_fail("the admin API: %s", why);
    http_routes(door->http, routes, sizeof routes / sizeof *routes, door);
    api_health_routes(a->serve->api, door->http);
    return 0;
}

int admin_open(struct admin *a, struct serve *serve)
{
    const struct config *config = serve->config;
    struct http_conf conf = {.public_url = config->http.public_url, .listen = a->path};
    int status;

    a->serve = serve;
    a->tcp.tcp = true;
    (void)snprintf(a->path, sizeof a->path, "%s/admin.sock", config->state);
    conf.listen_fd = handed_take(&serve->handed, a->path, 0);
    status = open_one(a, &a->local, &conf);
    if (status || *config->admin.listen == '\0')
        return status;
    conf.listen = config->admin.listen;
    conf.port = (uint16_t)config->admin.port;
    conf.listen_fd = handed_take(&serve->handed, conf.listen, conf.port);
    return open_one(a, &a->tcp, &conf);
}

static unsigned close_one(struct admin_door *door, void (*done)(void *ctx), void *ctx)
{
    if (!door->http)
        return 0;
    http_close(door->http, done, ctx);
    door->http = NULL;
    return 1;
}

unsigned admin_close(struct admin *a, void (*done)(void *ctx), void *ctx)
{
    return close_one(&a->local, done, ctx) + close_one(&a->tcp, done, ctx);
}
