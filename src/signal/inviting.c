/* What members and hosts ask to bring others in: `invite`, `uninvite`, `share`. */
#include "session.h"

#include "call/inviting.h"

#include <stdio.h>
#include <string.h>

static void answer(struct signal_session *session, const struct signal_request *request,
                   const char *reason, unsigned retry_after_s)
{
    struct signal_error err = {.reason = reason, .retry_after_s = retry_after_s};
    if (!reason) {
        session_ok(session, request);
        return;
    }
    if (strcmp(reason, "unknown_contact") == 0)
        (void)snprintf(err.field, sizeof(err.field), "/ref");
    session_refuse(session, request->id, &err);
}

void run_invite(struct signal_session *session, const struct signal_request *request)
{
    struct call_ring ring = {.to_ref = request->u.invite.ref, .to_name = ""};
    const char *reason = call_ring_contact(session->member, &ring);
    answer(session, request, reason, ring.retry_after_s);
}

void run_uninvite(struct signal_session *session, const struct signal_request *request)
{
    answer(session, request, call_ring_cancel(session->member, request->u.uninvite.id), 0);
}

void run_share(struct signal_session *session, const struct signal_request *request)
{
    json_t *message = call_share(session->member, session->french);
    if (!message) {
        session_refuse_reason(session, request,
                              call_may_invite(session->member) ? "internal" : "not_allowed",
                              "");
        return;
    }
    json_object_set_new(message, "type", json_string("share"));
    if (request->id)
        json_object_set_new(message, "re", json_integer(request->id));
    session_send(session, message);
}
