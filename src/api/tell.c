/* What front ends are told: the events of rooms, calls, participants and invitations. */
#include "inner.h"

#include "base/log.h"

#include <string.h>

void api_publish(struct api *api, struct notify_event *event)
{
    int error = notify_publish(api->conf.notify, event, api_now());

    if (error)
        log_at(LEVEL_ERROR, "event.lost", "type=%s error=\"%s\"", event->type,
               strerror(-error));
}

void api_tell_room(struct api *api, const char *type, const struct links_room *room)
{
    struct notify_event event = {
        .type = type,
        .tenant = room->tenant,
        .room = room,
        .data = json_pack("{s:s, s:i, s:b}", "access", links_access_name(room->access),
                          "link_version", (int)room->link_version, "locked", room->locked)};

    api_publish(api, &event);
}

/** "invitation.ringing" and so on, to both. */
void api_tell_invitation(struct api *api, const struct store_invitation *i)
{
    char type[40];
    struct links_room room;
    const bool known = links_room_find(api->conf.links, i->room, &room) == 0;
    struct notify_event event = {
        .type = type,
        .tenant = i->tenant,
        .room = known ? &room : NULL,
        .user = {*i->from_ref ? i->from_ref : NULL, *i->to_ref ? i->to_ref : NULL}};
    json_t *json = api_invitation_json(api, i, known && *room.locale ? room.locale : "en");

    (void)json_object_del(json, "url"); // events carry no links
    event.data = json_pack("{s:o}", "invitation", json);
    (void)snprintf(type, sizeof type, "invitation.%s", links_invite_state_name(i->state));
    api_publish(api, &event);
}

/** A guest's name is the guest's own: it is not told. */
static json_t *participant_json(const struct call_member *m)
{
    static const char *const clients[] = {
        [CLIENT_WEB] = "web", [CLIENT_WHIP] = "whip", [CLIENT_WHEP] = "whep"};
    const char *ref = call_member_ref(m);

    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", call_member_id(m), "role",
                     links_role_name(call_member_role(m)), "client",
                     clients[call_member_client(m)], "ref",
                     *ref ? json_string(ref) : json_null(), "name",
                     *ref ? json_string(call_member_name(m)) : json_null());
}

void api_on_call(struct api *api, const struct call_happened *what)
{
    static const char *const types[] = {[CALL_STARTED] = "call.started",
                                        [CALL_ENDED] = "call.ended",
                                        [CALL_JOINED] = "participant.joined",
                                        [CALL_LEFT] = "participant.left"};
    struct links_room room;
    struct notify_event event = {.room = &room};

    if (what->kind >= CALL_KNOCKED) {
        api_on_lobby(api, what);
        return;
    }
    event.type = types[what->kind];
    json_t *call = json_pack("{s:s, s:o, s:i}", "id", what->call, "started_at",
                             api_time_json(what->started_at), "peak", (int)what->peak);
    int error = links_room_find(api->conf.links, what->room, &room);

    if (what->kind == CALL_ENDED)
        (void)json_object_set_new(call, "ended_at", api_time_json(api_now()));
    if (error == 0 && what->kind == CALL_ENDED && !what->stopping) {
        api_unlock(api, &room);
        api_rings_end(api, room.id); // whoever is rung would find nobody
    }
    if (error) { // removed meanwhile with its tenant, or the database does not answer
        log_at(LEVEL_WARN, "event.lost", "type=%s error=\"%s\"", event.type, strerror(-error));
        json_decref(call);
        return;
    }
    event.tenant = room.tenant;
    event.data = json_pack("{s:o}", "call", call);
    if (what->member)
        (void)json_object_set_new(event.data, "participant", participant_json(what->member));
    // A crash in between: an end told twice, never a start whose end is not told.
    if (what->kind != CALL_ENDED)
        api_call_record(api, &room, what);
    api_publish(api, &event);
    if (what->kind == CALL_ENDED)
        api_call_record(api, &room, what);
}

/* ---- GET /stream ---- */

static void open_stream(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct api_either who;

    if (!api_user_or_key(api, req, SCOPE_ROOMS_READ, &who))
        return;
    const struct notify_listener listener = {.tenant = who.key.tenant.id,
                                             .user = who.is_user ? who.ref : NULL,
                                             .key = who.is_user ? NULL : who.key.key,
                                             .expires_at = who.expires_at};

    notify_stream(api->conf.notify, req, &listener, http_header(req, HTTP_LAST_EVENT_ID));
}

void api_stream_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"GET", "/api/v1/stream", open_stream, 0, HTTP_CORS}};

    http_routes(api->conf.http, routes, 1, api);
}
