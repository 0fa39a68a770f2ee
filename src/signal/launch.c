/* Joining by a launch link: the front end's signed token says who, where and whom to ring. */
#include "launch.h"

#include "base/log.h"
#include "call/inviting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOKEN_TTL_S 86400 ///< of the personal token with which one comes back

bool launch_is(const char *link)
{
    char prefix[LINKS_ID_SIZE];
    return links_launch_prefix(link, prefix);
}

static void refuse_token(struct signal_session *session, const struct signal_request *request,
                         enum launch_fault fault, const char *claim)
{
    const struct signal_conf *conf = &session->signal->conf;
    struct signal_error err = {.reason = links_launch_reason(fault)};
    const char *field = fault == LAUNCH_TENANT ? "/link" : "/token";
    if (fault == LAUNCH_TENANT && conf->unknown_links &&
        !limit_take(conf->unknown_links, session->address, &err.retry_after_s, usec_now()))
        err.reason = "rate_limited";
    (void)snprintf(err.field, sizeof(err.field), "%s%s%s", field, *claim ? "/" : "", claim);
    session_refuse(session, request->id, &err);
}

static void refuse_room(struct signal_session *session, const struct signal_request *request,
                        enum links_status status, int error)
{
    const char *reason = status == LINK_DOWN && error == -EDQUOT ? "quota_exceeded"
                                                                 : session_link_reason(status);
    session_refuse_reason(session, request, reason,
                          status == LINK_UNKNOWN ? "/token/room" : "/token");
}

/** The room, and what is told of it if it is made now: both or neither. */
static enum links_status find_room(struct signal_session *session, struct launch *out,
                                   int64_t now)
{
    struct call *call = session->signal->conf.call;
    struct links *links = session->signal->conf.links;
    if (out->says.act != LAUNCH_EVENT && out->says.act != LAUNCH_PERSONAL)
        return links_launch_room(links, &out->says, &out->entry, now);
    out->entry.error = call_making_begin(call);
    if (out->entry.error)
        return LINK_DOWN;
    const enum links_status status = links_launch_room(links, &out->says, &out->entry, now);
    if (out->entry.error == 0 && out->entry.made)
        call_room_made(call, &out->entry.room);
    const int error = call_making_end(call, out->entry.error);
    if (error == out->entry.error)
        return status;
    out->entry.error = error;
    return LINK_DOWN;
}

bool launch_enter(struct signal_session *session, const struct signal_request *request,
                  struct launch *out)
{
    struct links *links = session->signal->conf.links;
    const char *token = request->u.join.token;
    const int64_t now = (int64_t)time(NULL);
    char prefix[LINKS_ID_SIZE];
    if (!token) {
        session_refuse_reason(session, request, "launch_missing", "/token");
        return false;
    }
    (void)links_launch_prefix(request->u.join.link, prefix);
    const enum launch_fault fault = links_launch_read(links, prefix, token, &out->says, now);
    if (fault != LAUNCH_GOOD) {
        refuse_token(session, request, fault, out->says.claim);
        return false;
    }
    const enum links_status status = find_room(session, out, now);
    if (status != LINK_VALID)
        refuse_room(session, request, status, out->entry.error);
    return status == LINK_VALID;
}

void launch_keep(struct signal_session *session, const struct links_launch *says)
{
    free(session->rings);
    session->rings = says->ring_count > 0 ? malloc(sizeof(*says)) : NULL;
    if (session->rings)
        *session->rings = *says;
}

static void ring_all(struct signal_session *session, const struct links_launch *says)
{
    for (unsigned i = 0; i < says->ring_count; i++) {
        struct call_ring ring = {.to_ref = says->ring[i].ref, .to_name = says->ring[i].name};
        const char *reason = call_ring(session->member, &ring);
        if (!reason)
            continue;
        // The page shows it beside the name, with a button to try again.
        json_t *message =
            json_pack("{s:s, s:{s:n, s:s, s:s, s:{s:s, s:s}}}", "type", "invitation",
                      "invitation", "id", "state", "refused", "reason", reason, "to", "ref",
                      says->ring[i].ref, "name", says->ring[i].name);
        session_send(session, message);
    }
}

void launch_ring(struct signal_session *session)
{
    struct links_launch *says = session->rings;
    session->rings = NULL;
    if (says)
        ring_all(session, says);
    free(says);
}

/* ---- what members and hosts learn when they join ---- */

void session_tell_way_back(struct signal_session *session, const struct links_room *room,
                           json_t *welcome)
{
    const struct links *links = session->signal->conf.links;
    const struct call_member *m = session->member;
    struct links_member who = {.role = call_member_role(m)};
    char link[LINKS_URL_SIZE];
    links_url(links, room, link);
    if (who.role != ROLE_GUEST)
        (void)json_object_set_new(welcome, "link", json_string(link));
    // Nobody prolongs a personal token by joining; what is good for one start is replaced.
    if (!session->one_start)
        return;
    (void)snprintf(who.ref, sizeof(who.ref), "%s", call_member_ref(m));
    (void)snprintf(who.name, sizeof(who.name), "%s", call_member_name(m));
    char *url = links_member_url(links, room, &who, TOKEN_TTL_S, (int64_t)time(NULL));
    const char *token = url ? strstr(url, "#t=") : NULL;
    if (token)
        (void)json_object_set_new(welcome, "token", json_string(token + 3));
    free(url);
}

void session_tell_contacts(struct signal_session *session)
{
    json_t *message = call_contacts_message(session->member);
    if (message)
        session_send(session, message);
}
