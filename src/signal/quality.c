/* A participant asks how well it sends and receives: its own part of the room's quality. */
#include "session.h"

#include <string.h>

#define QUALITY_EVERY USEC_PER_SEC ///< one question a session

/** What the worker says of this participant; NULL if it does not know it (yet). */
static const json_t *own(const json_t *body, const char *id)
{
    size_t i;
    const json_t *member;
    json_array_foreach(json_object_get(body, "members"), i, member)
    {
        const char *who = json_string_value(json_object_get(member, "participant"));
        if (who && strcmp(who, id) == 0)
            return member;
    }
    return NULL;
}

static void refuse_no_worker(struct signal_session *session, int64_t id)
{
    const struct signal_error err = {.reason = "no_media_worker",
                                     .retry_after_s = CALL_RETRY_AFTER_S};
    session_refuse(session, id, &err);
}

static void on_quality(void *arg, const json_t *body)
{
    struct signal_session *session = arg;
    session->quality = NULL;
    if (session->state != SESSION_JOINED)
        return;
    if (!body) {
        refuse_no_worker(session, session->quality_id);
        return;
    }
    const json_t *mine = own(body, call_member_id(session->member));
    json_t *message = mine ? json_deep_copy(mine) : json_pack("{s:b}", "connected", false);
    json_object_set_new(message, "type", json_string("quality"));
    if (session->quality_id)
        json_object_set_new(message, "re", json_integer(session->quality_id));
    session_send(session, message);
}

void run_quality(struct signal_session *session, const struct signal_request *request)
{
    const usec_t now = usec_now();
    if (session->quality ||
        (session->quality_at && now - session->quality_at < QUALITY_EVERY)) {
        const struct signal_error err = {.reason = "rate_limited", .retry_after_s = 1};
        session_refuse(session, request->id, &err);
        return;
    }
    session->quality_at = now;
    session->quality_id = request->id;
    session->quality = call_quality_ask(session->signal->conf.call,
                                        call_member_room(session->member), on_quality, session);
    if (!session->quality)
        refuse_no_worker(session, request->id);
}
