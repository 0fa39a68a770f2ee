/* What the API asks of live rooms. */
#include "live.h"

#include <errno.h>

unsigned call_room_count(const struct call *call, const char *room_id)
{
    const struct call_room *room = call_room_find(call, room_id);
    return room ? room->count : 0;
}

json_t *call_room_participants(const struct call *call, const char *room_id)
{
    json_t *all = json_array();
    const struct call_room *room = call_room_find(call, room_id);
    const struct call_member *m = room ? LIST_FIRST(&room->members) : NULL;
    for (; m; m = LIST_NEXT(m, link)) {
        json_t *view = call_view_member(m);
        json_object_set_new(view, "joined_at", json_integer(m->joined_at));
        json_object_set_new(view, "ref", m->ref[0] ? json_string(m->ref) : json_null());
        json_array_append_new(all, view);
    }
    return all;
}

bool call_room_remove(struct call *call, const char *room_id, const char *participant)
{
    const struct call_room *room = call_room_find(call, room_id);
    struct call_member *m = room ? call_member_find(room, participant) : NULL;
    if (m)
        call_put_out(m, "removed");
    return m != NULL;
}

int call_room_mute(struct call *call, const char *room_id, const char *participant,
                   const enum media_source *source)
{
    const struct call_room *room = call_room_find(call, room_id);
    struct call_member *m = room ? call_member_find(room, participant) : NULL;
    if (!m)
        return -ENOENT;
    if (source)
        return call_mute_by(m, *source, NULL) ? 0 : -ESRCH;
    for (unsigned s = 0; s < SOURCE_COUNT; s++)
        (void)call_mute_by(m, (enum media_source)s, NULL);
    return 0;
}

const char *call_room_next(const struct call *call, size_t *at)
{
    const struct call_room *room = map_next(&call->rooms, at);
    return room ? room->id : NULL;
}

void call_totals(const struct call *call, unsigned *rooms, unsigned *participants)
{
    *rooms = (unsigned)call->rooms.count;
    *participants = (unsigned)call->members.count;
}
