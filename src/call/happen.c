/* What is told to those who keep books: calls that start and end, people who come and go. */
#include "door.h"

#include "base/rand.h"

#include <time.h>

static void happen(const struct call_room *room, enum call_happening kind,
                   const struct call_member *m)
{
    const struct call_conf *conf = &room->call->conf;
    const struct call_happened what = {.kind = kind,
                                       .room = room->id,
                                       .call = room->call_id,
                                       .started_at = room->started_at,
                                       .peak = room->peak,
                                       .stopping = room->call->stopping,
                                       .member = m};
    if (conf->happened)
        conf->happened(conf->arg, &what);
}

void call_happen_joined(struct call_member *m)
{
    struct call_room *room = m->room;
    const bool first = room->call_id[0] == '\0';
    if (first) {
        rand_id(room->call_id, sizeof(room->call_id), "ca_", 20);
        room->started_at = (int64_t)time(NULL);
        room->peak = 0;
    }
    if (room->count > room->peak)
        room->peak = room->count;
    if (first)
        happen(room, CALL_STARTED, NULL);
    happen(room, CALL_JOINED, m);
    call_keep_room(room);
}

void call_happen_left(struct call_member *m)
{
    happen(m->room, CALL_LEFT, m);
}

void call_happen_lobby(const struct call_knock *k, enum call_happening kind)
{
    const struct call_conf *conf = &k->door->call->conf;
    const struct call_happened what = {
        .kind = kind, .room = k->door->room, .call = "", .knock = k};
    if (conf->happened)
        conf->happened(conf->arg, &what);
}

void call_happen_changed(const struct call_room *room)
{
    happen(room, CALL_CHANGED, NULL);
}

void call_happen_ended(struct call_room *room)
{
    if (room->call_id[0] == '\0')
        return;
    happen(room, CALL_ENDED, NULL);
    room->call_id[0] = '\0';
}
