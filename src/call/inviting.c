#include "call/inviting.h"

#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void call_set_inviting(struct call *call, const struct call_inviting *inviting, void *arg)
{
    call->inviting = inviting;
    call->inviting_arg = arg;
}

bool call_may_invite(const struct call_member *m)
{
    return m->role != ROLE_GUEST;
}

/** Tells members and hosts; takes the reference. */
static void tell_inviters(struct call_room *room, json_t *message)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
    struct call_member *m;
    json_decref(message);
    if (!text)
        return;
    const size_t len = strlen(text);
    LIST_FOREACH(m, &room->members, link)
    {
        if (call_may_invite(m))
            call_tell_text(m, text, len);
    }
    free(text);
}

/** `contacts`: with the rings there are, for those who come. */
static json_t *message_of(const struct call *call, const char *room, bool rings)
{
    const json_t *list = contacts_get(&call->contacts, room);
    json_t *message = json_pack("{s:s, s:o}", "type", "contacts", "contacts",
                                list ? json_deep_copy(list) : json_array());
    if (rings && call->inviting)
        (void)json_object_set_new(message, "invitations",
                                  call->inviting->list(call->inviting_arg, room));
    return message;
}

int call_contacts_put(struct call *call, const char *room_id, json_t *contacts)
{
    struct call_room *room = call_room_find(call, room_id);
    const bool same = json_equal(contacts_get(&call->contacts, room_id), contacts);
    const int r =
        contacts_put(&call->contacts, room_id, contacts, room != NULL, (int64_t)time(NULL));
    if (r == 0 && room && !same)
        tell_inviters(room, message_of(call, room_id, false));
    return r;
}

void call_contacts_forget(struct call *call, const char *room_id)
{
    contacts_forget(&call->contacts, room_id);
}

json_t *call_contacts_message(const struct call_member *m)
{
    return call_may_invite(m) ? message_of(m->call, m->room->id, true) : NULL;
}

/* ---- rings ---- */

static bool is_here(const struct call_room *room, const char *ref)
{
    const struct call_member *m;
    LIST_FOREACH(m, &room->members, link)
    {
        if (strcmp(m->ref, ref) == 0)
            return true;
    }
    return false;
}

const char *call_ring(struct call_member *m, struct call_ring *ring)
{
    const struct call *call = m->call;
    if (!call->inviting || !call_may_invite(m))
        return "not_allowed";
    if (is_here(m->room, ring->to_ref))
        return "already_here";
    const json_t *known = contacts_find(&call->contacts, m->room->id, ring->to_ref);
    if (known) {
        const char *presence = json_string_value(json_object_get(known, "presence"));
        ring->to_name = json_string_value(json_object_get(known, "name"));
        ring->offline = presence && strcmp(presence, "offline") == 0;
    }
    ring->room = m->room->id;
    ring->from_ref = m->ref;
    ring->from_name = m->name;
    return call->inviting->ring(call->inviting_arg, ring);
}

const char *call_ring_contact(struct call_member *m, struct call_ring *ring)
{
    if (!call_may_invite(m))
        return "not_allowed";
    if (!contacts_find(&m->call->contacts, m->room->id, ring->to_ref))
        return "unknown_contact";
    return call_ring(m, ring);
}

const char *call_ring_cancel(struct call_member *m, const char *id)
{
    const struct call *call = m->call;
    if (!call->inviting || !call_may_invite(m))
        return "not_allowed";
    return call->inviting->cancel(call->inviting_arg, m->room->id, id);
}

json_t *call_share(const struct call_member *m, bool french)
{
    const struct call *call = m->call;
    if (!call->inviting || !call_may_invite(m))
        return NULL;
    return call->inviting->share(call->inviting_arg, m->room->id, m->name, french);
}

void call_invitation_told(struct call *call, const char *room_id, json_t *invitation)
{
    struct call_room *room = call_room_find(call, room_id);
    if (room)
        tell_inviters(room,
                      json_pack("{s:s, s:O}", "type", "invitation", "invitation", invitation));
    json_decref(invitation);
}

void call_room_made(struct call *call, const struct links_room *room)
{
    if (call->inviting)
        call->inviting->made(call->inviting_arg, room);
}
