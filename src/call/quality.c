/*
 * How well everybody in a room sees and hears: asked of its worker, answered when its letter
 * comes. Who asks meanwhile shares the question that is under way.
 */
#include "live.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 3000 ///< more, and the worker is stuck or gone

struct call_quality {
    LIST_ENTRY(call_quality) link;
    call_quality_reply reply;
    void *arg;
};

/** Gives all who wait the same answer. They may ask again at once: the list is taken first. */
static void answer_all(struct call_room *room, const json_t *body)
{
    struct call_quality_list waiting = room->quality;
    struct call_quality *q = LIST_FIRST(&waiting);
    if (q)
        q->link.le_prev = &waiting.lh_first;
    LIST_INIT(&room->quality);
    room->quality_seq = 0;
    deadline_clear(&room->call->due, &room->quality_due);
    while ((q = LIST_FIRST(&waiting))) {
        LIST_REMOVE(q, link);
        q->reply(q->arg, body);
        free(q);
    }
}

static void on_late(void *owner, usec_t now)
{
    struct call_room *room = owner;
    (void)now;
    log_at(LEVEL_WARN, "call.quality_late", "room=%s", room->id);
    call_room_hold(room);
    answer_all(room, NULL);
    call_room_release(room);
}

static int ask_worker(struct call_room *room)
{
    struct letter ask = {.type = LETTER_QUALITY_ASK, .u.stats.seq = ++room->call->seq};
    memcpy(ask.room, room->id, sizeof(ask.room));
    const int r = supervisor_send(room->call->conf.supervisor, (unsigned)room->worker, &ask);
    if (r < 0)
        return r;
    room->quality_seq = ask.u.stats.seq;
    room->quality_due = (struct deadline){.owner = room, .due = on_late};
    call_due(room->call, &room->quality_due, usec_now() + ANSWER_MS * USEC_PER_MS);
    return 0;
}

struct call_quality *call_quality_ask(struct call *call, const char *room_id,
                                      call_quality_reply reply, void *arg)
{
    struct call_room *room = call_room_find(call, room_id);
    if (!room || room->worker < 0)
        return NULL;
    struct call_quality *q = calloc(1, sizeof(*q));
    if (!q)
        return NULL;
    if (room->quality_seq == 0 && ask_worker(room) < 0) {
        free(q);
        return NULL;
    }
    q->reply = reply;
    q->arg = arg;
    LIST_INSERT_HEAD(&room->quality, q, link);
    return q;
}

void call_quality_cancel(struct call_quality *q)
{
    LIST_REMOVE(q, link);
    free(q);
}

/** The worker knows ids; people have names. One who has left meanwhile has none. */
static void add_name(const struct call_room *room, json_t *object)
{
    const char *id = json_string_value(json_object_get(object, "participant"));
    const struct call_member *m = id ? call_member_find(room, id) : NULL;
    if (m)
        json_object_set_new(object, "name", json_string(m->name));
}

static void add_names(const struct call_room *room, json_t *body)
{
    size_t i, k;
    json_t *member, *received;
    json_array_foreach(json_object_get(body, "members"), i, member)
    {
        add_name(room, member);
        json_array_foreach(json_object_get(member, "receives"), k, received)
            add_name(room, received);
    }
}

void call_on_quality(struct call_room *room, const struct letter *letter)
{
    if (room->quality_seq == 0 || letter->u.stats.seq != room->quality_seq)
        return; // nobody waits for it any more
    add_names(room, letter->u.stats.body);
    call_room_hold(room);
    answer_all(room, letter->u.stats.body);
    call_room_release(room);
}

void call_quality_lost(struct call_room *room)
{
    answer_all(room, NULL);
}
