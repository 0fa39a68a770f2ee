/* What a participant asks, one function a request. */
#include "session.h"

#include "call/moderate.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static void on_answer(void *shell, const struct call_answer *answer)
{
    struct signal_session *session = shell;
    const int64_t id = session->offer_id;
    if (answer->reason) {
        const struct signal_error err = {
            .reason = answer->reason,
            .field = "/sdp",
            .detail = answer->detail,
            .line = answer->line,
            .retry_after_s = answer->retry_after_s,
        };
        session_refuse(session, id, &err);
        return;
    }
    json_t *message = json_pack("{s:s, s:s, s:I}", "type", "answer", "sdp", answer->sdp,
                                "generation", (json_int_t)answer->generation);
    if (id)
        json_object_set_new(message, "re", json_integer(id));
    session_send(session, message);
}

void run_offer(struct signal_session *session, const struct signal_request *request)
{
    const struct call_offer offer = {
        .sdp = request->u.offer.sdp,
        .len = request->u.offer.len,
        .hint_count = request->u.offer.hint_count,
        .hint = request->u.offer.hint,
    };
    const int r = call_offer(session->member, &offer, on_answer);
    if (r == 0)
        session->offer_id = request->id;
    else
        session_refuse_reason(session, request, r == -EBUSY ? "offer_pending" : "internal", "");
}

void run_candidate(struct signal_session *session, const struct signal_request *request)
{
    // We are ICE-lite with a known address: the client's checks tell where it is (RFC
    // 8445 2.5).
    session_ok(session, request);
}

void run_mute(struct signal_session *session, const struct signal_request *request)
{
    const char *whom = request->u.mute.participant;
    const char *reason = NULL;
    if (whom || request->u.mute.everyone)
        reason = call_mute_other(session->member, whom, request->u.mute.source);
    else
        call_mute(session->member, request->u.mute.source, request->u.mute.muted);
    if (!reason)
        session_ok(session, request);
    else
        session_refuse_reason(session, request, reason,
                              strcmp(reason, "unknown_source") == 0 ? "/source"
                              : whom                                ? "/participant"
                                                                    : "");
}

void run_want(struct signal_session *session, const struct signal_request *request)
{
    unsigned bad = 0;
    const int r = call_want(session->member, request->u.want.count, request->u.want.want, &bad);
    if (r == 0) {
        session_ok(session, request);
        return;
    }
    char field[SIGNAL_FIELD_SIZE];
    (void)snprintf(field, sizeof(field), "/wants/%u/participant", bad);
    session_refuse_reason(session, request, r > 0 ? "unknown_participant" : "internal",
                          r > 0 ? field : "/wants");
}

void run_chat(struct signal_session *session, const struct signal_request *request)
{
    struct signal_error err = {0};
    err.reason = call_chat(session->member, request->u.chat.text, request->u.chat.to,
                           &err.retry_after_s);
    if (!err.reason) {
        session_ok(session, request);
        return;
    }
    if (err.retry_after_s == 0)
        (void)snprintf(err.field, sizeof(err.field), "/to");
    session_refuse(session, request->id, &err);
}

void run_history(struct signal_session *session, const struct signal_request *request)
{
    json_t *message = json_pack("{s:s, s:o}", "type", "history", "chat",
                                call_chat_after(session->member, request->u.history.after));
    if (request->id)
        json_object_set_new(message, "re", json_integer(request->id));
    session_send(session, message);
}

void run_update(struct signal_session *session, const struct signal_request *request)
{
    call_update(session->member, request->u.update.name, request->u.update.has_hand,
                request->u.update.hand);
    session_ok(session, request);
}

void run_react(struct signal_session *session, const struct signal_request *request)
{
    struct signal_error err = {0};
    err.reason = call_react(session->member, request->u.react.reaction, &err.retry_after_s);
    if (!err.reason) {
        session_ok(session, request);
        return;
    }
    if (strcmp(err.reason, "invalid_field") == 0)
        (void)snprintf(err.field, sizeof(err.field), "/reaction");
    session_refuse(session, request->id, &err);
}

void run_leave(struct signal_session *session, const struct signal_request *request)
{
    (void)request;
    session_let_go(session, true);
    session_close(session, "left");
}

void run_ping(struct signal_session *session, const struct signal_request *request)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    json_t *pong = json_pack("{s:s, s:I}", "type", "pong", "time",
                             (json_int_t)t.tv_sec * 1000 + t.tv_nsec / 1000000);
    if (request->id)
        json_object_set_new(pong, "re", json_integer(request->id));
    session_send(session, pong);
}
