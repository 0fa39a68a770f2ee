/* Before the door, and those inside who open it: knocks, and what hosts may do. */
#include "session.h"

#include "base/log.h"
#include "call/moderate.h"
#include "links/rooms.h"

#include <string.h>
#include <time.h>

/* ---- who knocks ---- */

/** Says what it waits for; in answer to the request with this id (0: to none). */
static void say_waiting(struct signal_session *session, int64_t id)
{
    json_t *message = call_knock_view(session->knock);
    json_object_set_new(message, "type", json_string("lobby"));
    if (id)
        json_object_set_new(message, "re", json_integer(id));
    session_send(session, message);
}

static void on_waiting(void *shell)
{
    say_waiting(shell, 0);
}

/** The door is open. `id`: of the request that found it so, 0 none. */
static void come_in(struct signal_session *session, int64_t id)
{
    struct links_room room = *call_knock_room(session->knock);
    const char *reason = NULL;
    struct call_knock *k = session->knock;
    session->knock = NULL;
    // Several may have knocked with an invitation that works once.
    const enum links_status invited =
        links_still_invited(session->signal->conf.links, &room, (int64_t)time(NULL));
    if (invited != LINK_VALID) {
        call_knock_leave(k);
        session_close(session, session_link_reason(invited));
        return;
    }
    struct call_member *m = call_knock_enter(k, &session_call_ops, session, &reason);
    if (!m) {
        session_close(session, reason);
        return;
    }
    session_joined(session, m);
    session_welcome(session, &room, id);
}

static void on_admitted(void *shell)
{
    come_in(shell, 0);
}

static void on_over(void *shell, const char *reason)
{
    struct signal_session *session = shell;
    session->knock = NULL;
    session_close(session, reason);
}

static const struct call_knock_ops knock_ops = {on_waiting, on_admitted, on_over};

/** The limit on knocks. False, and refused, if there were too many. */
static bool may_knock(struct signal_session *session, const struct signal_request *request)
{
    struct limit *knocks = session->signal->conf.knocks;
    struct signal_error err = {.reason = "rate_limited"};
    if (!knocks || limit_take(knocks, session->address, &err.retry_after_s, usec_now()))
        return true;
    session_refuse(session, request->id, &err);
    return false;
}

void session_knock(struct signal_session *session, const struct signal_request *request,
                   const struct call_who *who, enum call_entry why)
{
    const char *reason = call_entry_name(why);
    if (why == ENTRY_MEMBERS) {
        session_refuse_reason(session, request, reason, "/link");
        return;
    }
    if (!may_knock(session, request))
        return;
    struct call_knock *k =
        call_knock(session->signal->conf.call, who, why, &knock_ops, session, &reason);
    if (!k) {
        session_refuse_reason(session, request, reason, "");
        return;
    }
    session_knocking(session, k);
    say_waiting(session, request->id);
}

bool session_resume_knock(struct signal_session *session, const struct signal_request *request)
{
    const char *settled;
    struct call_knock *k =
        call_knock_resume(session->signal->conf.call, request->u.resume.participant,
                          request->u.resume.secret, &knock_ops, session, &settled);
    if (!k && settled)
        session_close(session, settled);
    if (!k)
        return settled != NULL;
    session_knocking(session, k);
    if (settled)
        come_in(session, request->id);
    else
        say_waiting(session, request->id);
    return true;
}

/* ---- who is inside ---- */

/** `ok`, or why not. */
static void answer(struct signal_session *session, const struct signal_request *request,
                   const char *reason, const char *field)
{
    if (reason)
        session_refuse_reason(session, request, reason,
                              strcmp(reason, "not_allowed") == 0 ? "" : field);
    else
        session_ok(session, request);
}

void run_admit(struct signal_session *session, const struct signal_request *request)
{
    answer(session, request, call_admit(session->member, request->u.knock.participant),
           "/participant");
}

void run_deny(struct signal_session *session, const struct signal_request *request)
{
    answer(session, request, call_deny(session->member, request->u.knock.participant),
           "/participant");
}

void run_remove(struct signal_session *session, const struct signal_request *request)
{
    answer(session, request, call_remove(session->member, request->u.remove.participant),
           "/participant");
}

void run_lock(struct signal_session *session, const struct signal_request *request)
{
    struct call_member *m = session->member;
    struct links_room room;
    struct signal_error err = {0};
    err.reason = call_may_lock(m, &err.retry_after_s);
    if (err.reason) {
        session_refuse(session, request->id, &err);
        return;
    }
    const int error = links_room_lock(session->signal->conf.links, call_member_room(m),
                                      request->u.lock.locked, &room);
    if (error) {
        log_at(LEVEL_WARN, "signal.lock", "room=%s error=\"%s\"", call_member_room(m),
               strerror(-error));
        session_refuse_reason(session, request, "internal", "");
        return;
    }
    call_locked(m, &room);
    session_ok(session, request);
}
