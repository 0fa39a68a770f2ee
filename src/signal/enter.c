/* Join and resume: how a socket becomes a participant's. */
#include "launch.h"

#include "base/log.h"
#include "call/inviting.h"
#include "call/moderate.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/** The limit on joins. False, and refused, if there were too many. */
static bool may_join(struct signal_session *session, const struct signal_request *request)
{
    const struct signal_conf *conf = &session->signal->conf;
    struct signal_error err = {.reason = "rate_limited"};
    if (!conf->joins || (conf->spare_local && session->local) ||
        limit_take(conf->joins, session->address, &err.retry_after_s, usec_now()))
        return true;
    session_refuse(session, request->id, &err);
    return false;
}

const char *session_link_reason(enum links_status status)
{
    static const char *const reasons[] = {
        [LINK_VALID] = NULL,
        [LINK_UNKNOWN] = "unknown_link",
        [LINK_REPLACED] = "link_replaced",
        [LINK_REDIRECT] = "link_replaced",
        [LINK_CLOSED] = "room_closed",
        [LINK_EXPIRED] = "link_expired",
        [LINK_DISABLED] = "link_disabled",
        [LINK_DOWN] = "internal",
    };
    return reasons[status];
}

/** Looks up the link. False, and refused, if it leads to no open room. */
static bool find_room(struct signal_session *session, const struct signal_request *request,
                      struct links_room *room)
{
    const struct signal_conf *conf = &session->signal->conf;
    const enum links_status status =
        links_resolve(conf->links, request->u.join.link, room, (int64_t)time(NULL));
    struct signal_error err = {.reason = session_link_reason(status)};
    if (!err.reason)
        return true;
    if (status == LINK_UNKNOWN && conf->unknown_links &&
        !limit_take(conf->unknown_links, session->address, &err.retry_after_s, usec_now()))
        err.reason = "rate_limited";
    (void)snprintf(err.field, sizeof(err.field), "/link");
    session_refuse(session, request->id, &err);
    return false;
}

/** Role and name by token, host secret or neither. False, and refused, if it may not enter. */
static bool identify(struct signal_session *session, const struct signal_request *request,
                     const struct links_room *room, struct links_member *out)
{
    const struct links *links = session->signal->conf.links;
    const char *token = request->u.join.token, *host = request->u.join.host;
    const char *name = request->u.join.name;
    const bool french = room->locale[0] ? strncmp(room->locale, "fr", 2) == 0 : session->french;
    *out = (struct links_member){.role = ROLE_GUEST};
    (void)snprintf(out->name, sizeof(out->name), "%s",
                   name             ? name
                   : *room->invited ? room->invited
                   : french         ? "Invité"
                                    : "Guest");
    if (token && links_verify_member(links, room, token, out, (int64_t)time(NULL)) != 0) {
        session_refuse_reason(session, request, "invalid_token", "/token");
        return false;
    }
    if (host && !links_is_host(links, room, host)) {
        session_refuse_reason(session, request, "invalid_token", "/host");
        return false;
    }
    if (host)
        out->role = ROLE_HOST;
    return true;
}

/** What `joined` and `resumed` have in common, but for the participants. */
static json_t *welcome(struct signal_session *session, int64_t id, const char *type)
{
    struct call_member *m = session->member;
    const struct call *call = session->signal->conf.call;
    json_t *message =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o*, s:o, s:I, s:o, s:{s:i, s:i, s:i}}",
                  "type", type, "participant", call_member_id(m), "resume", call_new_secret(m),
                  "name", call_member_name(m), "role", links_role_name(call_member_role(m)),
                  "room", call_member_room_view(m), "knocking", call_knocking(m), "speaker",
                  call_speaker(m), "chat_n", (json_int_t)call_chat_last(m), "ice_servers",
                  call_ice_servers(call), "limits", "mlines", AGREE_MAX_MLINES, "chat",
                  CALL_CHAT_CHARS, "message", (int)SIGNAL_MESSAGE);
    if (id)
        json_object_set_new(message, "re", json_integer(id));
    return message;
}

static void send_welcome(struct signal_session *session, json_t *message)
{
    session_send_with(session, message, "participants", call_others(session->member));
}

static void note_use(struct signal_session *session, struct links_room *room)
{
    struct call *call = session->signal->conf.call;
    const bool unborn = room->unborn;
    int r = unborn ? call_making_begin(call) : 0;
    if (r == 0) {
        r = links_room_joined(session->signal->conf.links, room, (int64_t)time(NULL));
        if (r == 0 && unborn)
            call_room_made(call, room);
        if (unborn)
            r = call_making_end(call, r);
        room->unborn = unborn && r != 0;
    }
    if (r < 0) // a full disk does not end a call
        log_at(LEVEL_WARN, "signal.room_used", "room=%s error=%d", room->id, r);
}

void session_welcome(struct signal_session *session, struct links_room *room, int64_t id)
{
    json_t *message = welcome(session, id, "joined");
    session_tell_way_back(session, room, message);
    send_welcome(session, message);
    session_tell_contacts(session);
    note_use(session, room);
    launch_ring(session);
}

/** A token that works once has let somebody in, or as far as the lobby. */
static bool use_up(struct signal_session *session, const struct links_member *who)
{
    const int r = links_member_enter(session->signal->conf.links, who, (int64_t)time(NULL));
    if (r < 0)
        log_at(LEVEL_WARN, "signal.token", "error=\"%s\"", strerror(-r));
    return r == 0;
}

/** Where the link leads and as whom. False, and refused, if it lets nobody in. */
static bool find_way(struct signal_session *session, const struct signal_request *request,
                     struct launch *way)
{
    if (launch_is(request->u.join.link))
        return launch_enter(session, request, way);
    way->says.ring_count = 0;
    return find_room(session, request, &way->entry.room) &&
           identify(session, request, &way->entry.room, &way->entry.who);
}

void run_join(struct signal_session *session, const struct signal_request *request)
{
    const char *lang = request->u.join.lang;
    struct launch way;
    if (lang)
        session->french = strncmp(lang, "fr", 2) == 0;
    if (!may_join(session, request) || !find_way(session, request, &way))
        return;
    struct links_room *room = &way.entry.room;
    const struct links_member *member = &way.entry.who;
    struct call *call = session->signal->conf.call;
    const struct call_who who = {.room = room,
                                 .client = CLIENT_WEB,
                                 .role = member->role,
                                 .name = member->name,
                                 .ref = member->ref};
    const char *reason;
    launch_keep(session, &way.says);
    session->one_start = launch_is(request->u.join.link) || *member->once;
    const enum call_entry entry = call_entry(call, &who);
    if (entry != ENTRY_OPEN) {
        session_knock(session, request, &who, entry);
        if (session->knock)
            (void)use_up(session, member);
        return;
    }
    if (room->unborn) // those who keep books look it up while it is joined
        note_use(session, room);
    struct call_member *m = call_join(call, &who, &session_call_ops, session, &reason);
    if (!m) {
        session_refuse_reason(session, request, reason, "");
        return;
    }
    // Not before: a token that works once must not be lost to a full room.
    if (!use_up(session, member)) {
        call_leave(m);
        session_refuse_reason(session, request, "internal", "");
        return;
    }
    session_joined(session, m);
    session_welcome(session, room, request->id);
}

/** No participant of this secret is there (any more): is it one who knocks, or was put out? */
static void resume_outside(struct signal_session *session, const struct signal_request *request)
{
    const char *why = call_why_gone(session->signal->conf.call, request->u.resume.participant,
                                    request->u.resume.secret);
    if (why)
        session_close(session, why);
    else if (!session_resume_knock(session, request))
        session_refuse_reason(session, request, "unknown_session", "");
}

void run_resume(struct signal_session *session, const struct signal_request *request)
{
    struct call_member *m =
        call_resume(session->signal->conf.call, request->u.resume.participant,
                    request->u.resume.secret, &session_call_ops, session);
    if (!m && call_finding(session->signal->conf.call)) {
        session_refuse_reason(session, request, "no_media_worker", "");
        return;
    }
    if (!m) {
        resume_outside(session, request);
        return;
    }
    session_joined(session, m);
    json_t *message = welcome(session, request->id, "resumed");
    json_object_set_new(message, "muted", call_member_muted(m));
    json_object_set_new(message, "media", json_string(call_media_kept(m) ? "kept" : "lost"));
    json_object_set_new(message, "seats", call_seats(m));
    json_object_set_new(message, "layers", call_layers(m));
    json_object_set_new(message, "chat", call_chat_after(m, request->u.resume.chat_after));
    send_welcome(session, message);
    session_tell_contacts(session);
}
