/* The lobby as those inside and front ends see it: who knocks, and their word on it. */
#include "door.h"

#include "base/rand.h"

#include <stdio.h>
#include <string.h>

const struct links_room *call_knock_room(const struct call_knock *k)
{
    return &k->room;
}

const char *call_knock_room_id(const struct call_knock *k)
{
    return k->door->room;
}

json_t *call_knock_view(struct call_knock *k)
{
    rand_id(k->secret, sizeof(k->secret), "", CALL_SECRET_SIZE - 8);
    return json_pack("{s:s, s:s, s:b, s:s, s:s, s:s}", "state", "waiting", "reason",
                     call_entry_name(k->why), "host", k->host, "name", k->name, "participant",
                     k->id, "resume", k->secret);
}

json_t *call_knock_json(const struct call_knock *k)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:I}", "id", k->id, "name", k->name, "role",
                     links_role_name(k->role), "ref",
                     k->ref[0] ? json_string(k->ref) : json_null(), "reason",
                     call_entry_name(k->why), "since", (json_int_t)k->since);
}

/** What hosts are told of those who wait, oldest first. */
static json_t *list(const struct call_door *door)
{
    json_t *all = json_array();
    const struct call_knock *k;
    if (!door)
        return all;
    TAILQ_FOREACH(k, &door->knocks, link)
    {
        if (k->state == KNOCK_WAITING)
            json_array_append_new(all, json_pack("{s:s, s:s}", "id", k->id, "name", k->name));
    }
    return all;
}

void call_door_tell(struct call_door *door)
{
    const struct call_room *room = call_room_find(door->call, door->room);
    struct call_member *m = room ? LIST_FIRST(&room->members) : NULL;
    json_t *all = list(door);
    for (; m; m = LIST_NEXT(m, link)) {
        if (call_may_admit(m))
            call_tell(m, json_pack("{s:s, s:O}", "type", "knocking", "participants", all));
    }
    json_decref(all);
}

json_t *call_knocking(const struct call_member *m)
{
    return call_may_admit(m) ? list(call_door_find(m->call, m->room->id)) : NULL;
}

static void answer(struct call_knock *k, bool admit)
{
    struct call_door *door = k->door;
    if (admit) {
        call_knock_admit(k);
        return;
    }
    call_door_hold(door);
    call_happen_lobby(k, CALL_DENIED);
    call_knock_close(k, "denied");
    call_door_tell(door);
    call_door_release(door);
}

static const char *answer_of(struct call_member *m, const char *id, bool admit)
{
    if (!call_may_admit(m))
        return "not_allowed";
    struct call_door *door = call_door_find(m->call, m->room->id);
    struct call_knock *k = door && id ? call_knock_find(door, id) : NULL;
    if (id && !k)
        return "unknown_participant";
    if (!door)
        return NULL;
    if (k) {
        answer(k, admit);
        return NULL;
    }
    call_door_hold(door);
    struct call_knock *next;
    for (k = TAILQ_FIRST(&door->knocks); k; k = next) {
        next = TAILQ_NEXT(k, link);
        if (k->state == KNOCK_WAITING)
            answer(k, admit);
    }
    call_door_release(door);
    return NULL;
}

const char *call_admit(struct call_member *m, const char *id)
{
    return answer_of(m, id, true);
}

const char *call_deny(struct call_member *m, const char *id)
{
    return answer_of(m, id, false);
}

/* ---- for the API ---- */

json_t *call_lobby_list(const struct call *call, const char *room_id)
{
    const struct call_door *door = call_door_find(call, room_id);
    json_t *all = json_array();
    const struct call_knock *k;
    if (!door)
        return all;
    TAILQ_FOREACH(k, &door->knocks, link)
    {
        if (k->state == KNOCK_WAITING)
            json_array_append_new(all, call_knock_json(k));
    }
    return all;
}

bool call_lobby_answer(struct call *call, const char *room_id, const char *id, bool admit)
{
    struct call_door *door = call_door_find(call, room_id);
    struct call_knock *k = door ? call_knock_find(door, id) : NULL;
    if (k)
        answer(k, admit);
    return k != NULL;
}

unsigned call_lobby_count(const struct call *call, const char *room_id)
{
    const struct call_door *door = call_door_find(call, room_id);
    return door ? door->count : 0;
}

/** What is known of a room that changed; how one came to it stays. */
static void take_change(struct links_room *to, const struct links_room *from)
{
    (void)snprintf(to->title, sizeof(to->title), "%s", from->title);
    to->access = from->access;
    to->locked = from->locked;
}

void call_room_changed(struct call *call, const struct links_room *room)
{
    struct call_room *live = call_room_find(call, room->id);
    struct call_door *door = call_door_find(call, room->id);
    struct call_knock *k;
    if (door) {
        TAILQ_FOREACH(k, &door->knocks, link)
        take_change(&k->room, room);
        call_door_look(call, room->id);
    }
    if (!live || (live->locked == room->locked && live->access == room->access &&
                  strcmp(live->title, room->title) == 0))
        return;
    live->locked = room->locked;
    live->access = room->access;
    (void)snprintf(live->title, sizeof(live->title), "%s", room->title);
    call_keep_room(live);
    call_tell_room(live, json_pack("{s:s, s:o}", "type", "room", "room", call_view_room(live)));
}
