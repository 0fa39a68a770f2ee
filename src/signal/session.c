#include "session.h"

#include "base/log.h"
#include "base/read_json.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_MS     10000
#define IDLE_MS     60000
#define ERRORS_MOST 50
#define ERRORS_IN   (60 * USEC_PER_SEC)

#define CLOSE_NORMAL 1000 // RFC 6455 section 7.4.1
#define CLOSE_AWAY   1001
#define CLOSE_POLICY 1008
#define CLOSE_AGAIN  1013 // the registry of RFC 6455 section 11.7: try again later

/* ---- time ---- */

static void on_timer(uv_timer_t *timer);

static void arm(struct signal *s)
{
    const usec_t next = deadline_next(&s->due);
    const usec_t now = usec_now();
    const usec_t wait = next > now ? next - now : 0;
    if (next == USEC_NEVER)
        uv_timer_stop(&s->timer);
    else
        uv_timer_start(&s->timer, on_timer, (uint64_t)(wait / USEC_PER_MS) + 1, 0);
}

static void on_timer(uv_timer_t *timer)
{
    struct signal *s = timer->data;
    deadline_run(&s->due, usec_now());
    arm(s);
}

/** The session must say something within this time. */
static void give_time(struct signal_session *session, unsigned ms)
{
    struct signal *s = session->signal;
    if (deadline_set(&s->due, &session->due, usec_now() + ms * USEC_PER_MS) == 0)
        arm(s);
}

static void on_due(void *owner, usec_t now)
{
    struct signal_session *session = owner;
    (void)now;
    const bool fresh = session->state == SESSION_FRESH;
    session_let_go(session, false); // taken for lost: it may come back
    session_close(session, fresh ? "join_timeout" : "idle_timeout");
}

/* ---- what it sends ---- */

static void begin_answer(struct signal_session *session)
{
    session->hearing = true;
    session->shortages = json_shortages();
}

/** What it should be told finds no memory: it comes back rather than wait for it. */
static void lose_memory(struct signal_session *session)
{
    log_at(LEVEL_ERROR, "signal.memory", "error=ENOMEM");
    if (session->state != SESSION_CLOSING)
        session->ops->close(session->socket, CLOSE_AGAIN, "capacity");
}

/** Of an answer, no part found no memory. */
static bool is_whole(const struct signal_session *session, const json_t *message)
{
    return message && !(session->hearing && session->shortages != json_shortages());
}

/** Takes it. */
static void send_text(struct signal_session *session, char *text)
{
    const uv_buf_t one = uv_buf_init(text, text ? (unsigned)strlen(text) : 0);
    if (text && session->by_data && session->member) {
        call_say(session->member, text, one.len);
    } else if (text) {
        if (session->member)
            call_catch_up(session->member);
        session->ops->send(session->socket, &one, 1);
    } else {
        lose_memory(session);
    }
    free(text);
}

void session_send(struct signal_session *session, json_t *message)
{
    send_text(session, is_whole(session, message) ? write_json(message) : NULL);
    json_decref(message);
}

void session_send_with(struct signal_session *session, json_t *message, const char *key,
                       char *value)
{
    const bool whole = value && is_whole(session, message);
    send_text(session, whole ? write_json_with(message, key, value) : NULL);
    free(value);
    json_decref(message);
}

void session_ok(struct signal_session *session, const struct signal_request *request)
{
    if (request->id)
        session_send(session,
                     json_pack("{s:s, s:I}", "type", "ok", "re", (json_int_t)request->id));
}

/** Counts an error. False if it was one too many, and the session is closing. */
static bool may_err(struct signal_session *session)
{
    const usec_t now = usec_now();
    if (now - session->errors_since > ERRORS_IN) {
        session->errors_since = now;
        session->errors = 0;
    }
    return ++session->errors < ERRORS_MOST;
}

void session_refuse(struct signal_session *session, int64_t id, const struct signal_error *err)
{
    session->shortages = json_shortages();
    // A library's sentence is English; in French the reason's own has to do.
    const char *detail = err->detail && err->detail[0] && !session->french
                             ? err->detail
                             : reason_text(err->reason, session->french);
    json_t *message =
        json_pack("{s:s, s:s, s:s}", "type", "error", "reason", err->reason, "detail", detail);
    if (id)
        json_object_set_new(message, "re", json_integer(id));
    if (err->field[0])
        json_object_set_new(message, "field", json_string(err->field));
    if (err->line)
        json_object_set_new(message, "line", json_integer(err->line));
    if (err->retry_after_s)
        json_object_set_new(message, "retry_after", json_integer(err->retry_after_s));
    session_send(session, message);
    if (may_err(session))
        return;
    session_let_go(session, true);
    session_close(session, "too_many_errors");
}

void session_refuse_reason(struct signal_session *session, const struct signal_request *request,
                           const char *reason, const char *field)
{
    struct signal_error err = {.reason = reason};
    (void)snprintf(err.field, sizeof(err.field), "%s", field);
    session_refuse(session, request->id, &err);
}

void session_close(struct signal_session *session, const char *reason)
{
    if (session->state == SESSION_CLOSING)
        return;
    session->state = SESSION_CLOSING;
    session->by_data = false;
    session->member = NULL;
    session->knock = NULL;
    deadline_clear(&session->signal->due, &session->due);
    session_send(session, json_pack("{s:s, s:s}", "type", "closed", "reason", reason));
    const bool normal = strcmp(reason, "left") == 0 || strcmp(reason, "room_closed") == 0;
    const bool shutdown = strcmp(reason, "shutdown") == 0;
    session->ops->close(session->socket,
                        normal     ? CLOSE_NORMAL
                        : shutdown ? CLOSE_AWAY
                                   : CLOSE_POLICY,
                        reason);
}

/* ---- what its participant is told ---- */

static void on_events(void *shell, const uv_buf_t *text, unsigned count)
{
    struct signal_session *session = shell;
    session->ops->send(session->socket, text, count);
}

static void on_closed(void *shell, const char *reason)
{
    session_close(shell, reason);
}

/** By the data channel: chat, and nothing else. */
static void on_said(void *shell, const char *text, size_t len)
{
    struct signal_session *session = shell;
    struct signal_request request = {0};
    struct signal_error err = {0};
    if (session->state != SESSION_JOINED)
        return;
    session->by_data = true;
    begin_answer(session);
    if (!signal_parse(text, len, &request, &err))
        session_refuse(session, request.id, &err);
    else if (request.message->run == run_chat)
        run_chat(session, &request);
    else
        session_refuse_reason(session, &request, "unknown_type", "/type");
    session->by_data = session->hearing = false;
    signal_request_fini(&request);
}

const struct call_ops session_call_ops = {on_events, on_closed, on_said};

/* ---- its life ---- */

struct signal_session *signal_session_open(struct signal *s,
                                           const struct signal_socket_ops *ops, void *socket,
                                           const struct signal_client *client)
{
    struct signal_session *session = calloc(1, sizeof(*session));
    if (!session)
        return NULL;
    session->signal = s;
    session->ops = ops;
    session->socket = socket;
    session->local = client->local;
    session->french = strcmp(client->lang, "fr") == 0;
    session->due = (struct deadline){.owner = session, .due = on_due};
    limit_address(client->address, session->address);
    LIST_INSERT_HEAD(&s->sessions, session, link);
    give_time(session, s->conf.join_ms);
    return session;
}

void session_knocking(struct signal_session *session, struct call_knock *knock)
{
    assert(session->state == SESSION_FRESH);
    session->state = SESSION_KNOCKING;
    session->knock = knock;
    give_time(session, session->signal->conf.idle_ms);
}

void session_let_go(struct signal_session *session, bool left)
{
    struct call_member *m = session->member;
    struct call_knock *k = session->knock;
    session->member = NULL;
    session->knock = NULL;
    if (m)
        (left ? call_leave : call_detach)(m);
    if (k)
        (left ? call_knock_leave : call_knock_detach)(k);
}

void session_joined(struct signal_session *session, struct call_member *member)
{
    assert(session->state == SESSION_FRESH || session->state == SESSION_KNOCKING);
    session->knock = NULL;
    session->state = SESSION_JOINED;
    session->member = member;
    give_time(session, session->signal->conf.idle_ms);
}

/** A request in order: it may run. */
static void run(struct signal_session *session, const struct signal_request *request)
{
    const enum signal_when when = request->message->when;
    if (when == WHEN_FRESH && session->state != SESSION_FRESH)
        session_refuse_reason(session, request, "already_joined", "");
    else if (when == WHEN_JOINED && session->state != SESSION_JOINED)
        session_refuse_reason(session, request, "not_joined", "");
    else
        request->message->run(session, request);
}

void signal_session_hear(struct signal_session *session, const char *text, size_t len,
                         bool binary)
{
    struct signal_request request = {0};
    struct signal_error err = {.reason = "invalid_message"};
    if (session->state == SESSION_CLOSING)
        return;
    if (session->state != SESSION_FRESH)
        give_time(session, session->signal->conf.idle_ms);
    begin_answer(session);
    if (!binary && signal_parse(text, len, &request, &err))
        run(session, &request);
    else
        session_refuse(session, request.id, &err);
    session->hearing = false;
    signal_request_fini(&request);
}

void signal_session_oversized(struct signal_session *session)
{
    const struct signal_error err = {.reason = "invalid_message"};
    if (session->state != SESSION_CLOSING)
        session_refuse(session, 0, &err);
}

void signal_session_left(struct signal_session *session)
{
    session_let_go(session, true);
    signal_session_lost(session);
}

void signal_session_lost(struct signal_session *session)
{
    if (session->quality)
        call_quality_cancel(session->quality);
    session_let_go(session, false);
    deadline_clear(&session->signal->due, &session->due);
    LIST_REMOVE(session, link);
    free(session->rings);
    free(session);
}

/* ---- all of them ---- */

int signal_create(uv_loop_t *loop, const struct signal_conf *conf, struct signal **out)
{
    struct signal *s = calloc(1, sizeof(*s));
    if (!s)
        return -ENOMEM;
    s->loop = loop;
    s->conf = *conf;
    s->conf.join_ms = conf->join_ms ? conf->join_ms : JOIN_MS;
    s->conf.idle_ms = conf->idle_ms ? conf->idle_ms : IDLE_MS;
    LIST_INIT(&s->sessions);
    const int r = uv_timer_init(loop, &s->timer);
    assert(r == 0);
    (void)r;
    s->timer.data = s;
    *out = s;
    return 0;
}

static void on_freed(uv_handle_t *handle)
{
    struct signal *s = handle->data;
    deadline_heap_fini(&s->due);
    free(s);
}

void signal_destroy(struct signal *s)
{
    if (!s)
        return;
    assert(LIST_EMPTY(&s->sessions));
    uv_close((uv_handle_t *)&s->timer, on_freed);
}
