/* Who may come into a room: one decision, for every way in. */
#include "door.h"

#include <string.h>

const char *call_entry_name(enum call_entry entry)
{
    static const char *const names[] = {
        [ENTRY_OPEN] = "",       [ENTRY_LOBBY] = "lobby",          [ENTRY_LOCKED] = "locked",
        [ENTRY_OWNER] = "owner", [ENTRY_MEMBERS] = "members_only",
    };
    return names[entry];
}

/** A person in the room, not a program that publishes or watches. */
static bool is_person(const struct call_member *m)
{
    return m->client == CLIENT_WEB && m->announced;
}

bool call_may_admit(const struct call_member *m)
{
    return is_person(m) && (m->role == ROLE_HOST || m->room->weak);
}

bool call_door_kept(const struct call *call, const char *room_id)
{
    const struct call_room *room = call_room_find(call, room_id);
    const struct call_member *m = room ? LIST_FIRST(&room->members) : NULL;
    while (m && !call_may_admit(m))
        m = LIST_NEXT(m, link);
    return m != NULL;
}

static bool has_host(const struct call_room *room)
{
    const struct call_member *m = room ? LIST_FIRST(&room->members) : NULL;
    while (m && !(is_person(m) && m->role == ROLE_HOST))
        m = LIST_NEXT(m, link);
    return m != NULL;
}

static bool has_people(const struct call_room *room)
{
    const struct call_member *m = room ? LIST_FIRST(&room->members) : NULL;
    while (m && !is_person(m))
        m = LIST_NEXT(m, link);
    return m != NULL;
}

enum call_entry call_entry(const struct call *call, const struct call_who *who)
{
    const struct links_room *room = who->room;
    const struct call_room *live = call_room_find(call, room->id);

    if (who->role == ROLE_HOST)
        return ENTRY_OPEN;
    if (room->access == ACCESS_MEMBERS && who->role == ROLE_GUEST)
        return ENTRY_MEMBERS;
    if (room->locked)
        return ENTRY_LOCKED;
    if (who->role != ROLE_GUEST)
        return ENTRY_OPEN;
    if (room->kind == ROOM_PERSONAL && room->owner_first && !has_host(live))
        return ENTRY_OWNER;
    if (room->access != ACCESS_LOBBY)
        return ENTRY_OPEN;
    // A link that can be guessed belongs to nobody: who is first comes in, and opens to others.
    if (room->weak && who->client == CLIENT_WEB && !has_people(live))
        return ENTRY_OPEN;
    return ENTRY_LOBBY;
}
