#include "live.h"

#include "base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct call_room *call_room_find(const struct call *call, const char *id)
{
    return map_get(&call->rooms, id, strlen(id));
}

struct call_room *call_room_make(struct call *call, const struct links_room *about)
{
    struct call_room *room = calloc(1, sizeof(*room));
    if (!room)
        return NULL;
    room->call = call;
    (void)snprintf(room->id, sizeof(room->id), "%s", about->id);
    (void)snprintf(room->title, sizeof(room->title), "%s", about->title);
    room->kind = about->kind;
    room->access = about->access;
    room->locked = about->locked;
    room->worker = -1;
    LIST_INIT(&room->members);
    LIST_INIT(&room->quality);
    call_news_init(room);
    if (map_put(&call->rooms, room->id, strlen(room->id), room) != 0) {
        free(room);
        return NULL;
    }
    LIST_INSERT_HEAD(&call->room_list, room, link);
    contacts_in_use(&call->contacts, room->id, true, (int64_t)time(NULL));
    return room;
}

struct call_room *call_room_open(struct call *call, const struct links_room *about)
{
    struct call_room *room = call_room_make(call, about);
    if (room)
        call_room_place(room);
    return room;
}

void call_room_letter(const struct call_room *room, struct letter *letter)
{
    if (room->worker < 0)
        return;
    memcpy(letter->room, room->id, sizeof(letter->room));
    const int r = supervisor_send(room->call->conf.supervisor, (unsigned)room->worker, letter);
    if (r < 0 && r != -ENOTCONN)
        log_at(LEVEL_ERROR, "call.letter", "type=%s error=%d", letter_name(letter->type), r);
}

void call_room_place(struct call_room *room)
{
    struct supervisor *sup = room->call->conf.supervisor;
    if (room->worker >= 0 || (room->worker = supervisor_pick(sup)) < 0)
        return;
    log_at(LEVEL_INFO, "call.room_placed", "room=%s worker=%d", room->id, room->worker);
    struct letter open = {.type = LETTER_ROOM_OPEN};
    call_room_letter(room, &open);
    call_keep_all(room);
    supervisor_load(sup, (unsigned)room->worker, (int)room->count);
    struct call_member *m;
    LIST_FOREACH(m, &room->members, link)
    {
        struct letter join = {.type = LETTER_MEMBER_JOIN};
        call_letter(m, &join);
        call_keep_member(m);
        call_step_soon(m);
    }
}

void call_room_unplace(struct call_room *room)
{
    room->worker = -1; // its load went with it
    room->speaker[0] = '\0';
}

void call_room_hold(struct call_room *room)
{
    room->holds++;
}

void call_room_release(struct call_room *room)
{
    assert(room->holds > 0);
    if (--room->holds > 0 || room->count > 0)
        return;
    log_at(LEVEL_INFO, "call.room_closed", "room=%s", room->id);
    call_happen_ended(room);
    contacts_in_use(&room->call->contacts, room->id, false, (int64_t)time(NULL));
    struct letter close = {.type = LETTER_ROOM_CLOSE};
    call_room_letter(room, &close);
    map_del(&room->call->rooms, room->id, strlen(room->id));
    LIST_REMOVE(room, link);
    call_quality_lost(room); // nobody finds the room any more to ask again
    call_flight_lost(room);
    call_news_fini(room);
    for (unsigned i = 0; i < CALL_CHAT_KEPT; i++)
        json_decref(room->chat[i]);
    free(room);
}
