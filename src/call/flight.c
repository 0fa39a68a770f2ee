/*
 * What a worker has recorded of a room, fetched block by block: the next one is asked for when
 * the last has come, so that a worker is never busy with it for longer than one takes.
 */
#include "live.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS 3000                ///< more, and the worker is stuck or gone
#define LARGEST   ((size_t)1 << 29)   ///< bytes; a worker keeps less
#define FIRST_CAP ((size_t)256 << 10) ///< bytes made room for at first

struct call_flight {
    struct call_room *room; ///< not owned
    call_flight_reply reply;
    void *arg;
    uint64_t seq;         ///< of the question under way
    uint64_t until;       ///< the newest block when it began; later ones are not asked for
    uint8_t *bytes;       ///< owned
    size_t len, capacity; ///< of it
    struct deadline due;  ///< of the answer
    bool begun;           ///< `until` is known
};

/** The last of it: `whole`, or for nothing. */
static void end(struct call_flight *f, bool whole)
{
    static const uint8_t nothing = 0;
    struct call *call = f->room->call;
    deadline_clear(&call->due, &f->due);
    call->flight = NULL; // whoever is told may ask again
    f->reply(f->arg, !whole ? NULL : f->bytes ? f->bytes : &nothing, whole ? f->len : 0);
    free(f->bytes);
    free(f);
}

static void on_late(void *owner, usec_t now)
{
    struct call_flight *f = owner;
    (void)now;
    log_at(LEVEL_WARN, "call.flight_late", "room=%s", f->room->id);
    end(f, false);
}

static int ask(struct call_flight *f, uint64_t number)
{
    struct call_room *room = f->room;
    struct letter letter = {.type = LETTER_FLIGHT_ASK,
                            .u.flight = {.seq = ++room->call->seq, .number = number}};
    memcpy(letter.room, room->id, sizeof(letter.room));
    const int r = supervisor_send(room->call->conf.supervisor, (unsigned)room->worker, &letter);
    if (r < 0)
        return r;
    f->seq = letter.u.flight.seq;
    call_due(room->call, &f->due, usec_now() + ANSWER_MS * USEC_PER_MS);
    return 0;
}

int call_flight_fetch(struct call *call, const char *room_id, call_flight_reply reply,
                      void *arg)
{
    struct call_room *room = call_room_find(call, room_id);
    if (!room || room->count == 0)
        return -ENOENT;
    if (room->worker < 0)
        return -ENOTCONN;
    if (call->flight)
        return -EBUSY;
    struct call_flight *f = calloc(1, sizeof(*f));
    if (!f)
        return -ENOMEM;
    *f = (struct call_flight){.room = room, .reply = reply, .arg = arg};
    f->due = (struct deadline){.owner = f, .due = on_late};
    const int r = ask(f, 0);
    if (r < 0) {
        free(f);
        return r;
    }
    call->flight = f;
    return 0;
}

static bool append(struct call_flight *f, const uint8_t *bytes, size_t len)
{
    size_t capacity = f->capacity ? f->capacity : FIRST_CAP;
    while (capacity < f->len + len)
        capacity *= 2;
    if (capacity > LARGEST)
        return false;
    uint8_t *more = capacity > f->capacity ? realloc(f->bytes, capacity) : f->bytes;
    if (!more)
        return false;
    f->bytes = more;
    f->capacity = capacity;
    memcpy(f->bytes + f->len, bytes, len);
    f->len += len;
    return true;
}

void call_on_flight(struct call_room *room, const struct letter *letter)
{
    struct call_flight *f = room->call->flight;
    const struct letter_flight *block = &letter->u.flight;
    if (!f || f->room != room || block->seq != f->seq)
        return; // nobody waits for it any more
    if (!f->begun)
        f->until = block->newest;
    f->begun = true;
    // One that was begun anew since is later than what was asked for.
    const bool more = block->len > 0 && block->number <= f->until;
    const bool kept = !more || append(f, block->bytes, block->len);
    if (kept && (!more || block->number == f->until))
        end(f, true);
    else if (!kept || ask(f, block->number + 1) < 0)
        end(f, false);
}

void call_flight_lost(struct call_room *room)
{
    if (room->call->flight && room->call->flight->room == room)
        end(room->call->flight, false);
}
