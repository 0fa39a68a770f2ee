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

/** A copy of a list without this person: nobody rings themselves. `key`: where the ref is, NULL
 * for the entry itself. */
static json_t *without(const json_t *list, const char *key, const char *ref)
{
    json_t *rest = json_array();
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *one = json_array_get(list, i);
        const json_t *who = key ? json_object_get(one, key) : one;
        const char *other = json_string_value(json_object_get(who, "ref"));
        if (!*ref || !other || strcmp(other, ref) != 0)
            (void)json_array_append(rest, one);
    }
    return rest;
}

/** `contacts`: with the rings there are, for those who come. */
static json_t *message_of(const struct call_member *m, bool rings)
{
    const struct call *call = m->call;
    const char *room = m->room->id;
    json_t *message = json_pack("{s:s, s:o}", "type", "contacts", "contacts",
                                without(contacts_get(&call->contacts, room), NULL, m->ref));
    if (rings && call->inviting) {
        json_t *all = call->inviting->list(call->inviting_arg, room);
        (void)json_object_set_new(message, "invitations", without(all, "to", m->ref));
        json_decref(all);
    }
    return message;
}

int call_contacts_put(struct call *call, const char *room_id, json_t *contacts)
{
    struct call_room *room = call_room_find(call, room_id);
    const bool same = json_equal(contacts_get(&call->contacts, room_id), contacts);
    const int r =
        contacts_put(&call->contacts, room_id, contacts, room != NULL, (int64_t)time(NULL));
    if (r != 0 || !room || same)
        return r;
    struct call_member *m;
    LIST_FOREACH(m, &room->members, link)
    {
        if (call_may_invite(m))
            call_tell(m, message_of(m, false));
    }
    return 0;
}

void call_contacts_forget(struct call *call, const char *room_id)
{
    contacts_forget(&call->contacts, room_id);
}

json_t *call_contacts_message(const struct call_member *m)
{
    return call_may_invite(m) ? message_of(m, true) : NULL;
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
    const char *to =
        json_string_value(json_object_get(json_object_get(invitation, "to"), "ref"));
    struct call_member *m;
    if (room) {
        LIST_FOREACH(m, &room->members, link)
        {
            if (call_may_invite(m) && (!*m->ref || !to || strcmp(m->ref, to) != 0))
                call_tell(
                    m, json_pack("{s:s, s:O}", "type", "invitation", "invitation", invitation));
        }
    }
    json_decref(invitation);
}

int call_making_begin(struct call *call)
{
    return call->inviting ? call->inviting->begin(call->inviting_arg) : 0;
}

int call_making_end(struct call *call, int error)
{
    return call->inviting ? call->inviting->end(call->inviting_arg, error) : error;
}

void call_room_made(struct call *call, const struct links_room *room)
{
    if (call->inviting)
        call->inviting->made(call->inviting_arg, room);
}
