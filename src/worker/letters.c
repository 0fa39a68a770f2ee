/* What control says: one function a letter, found by a table. */
#include "worker/worker.h"

#include "room/data.h"
#include "room/quality.h"
#include "route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef void (*run_fn)(struct worker *w, const struct letter *l, usec_t now);

static struct worker_member *find_member(const struct worker *w, const struct letter *l)
{
    return map_get(&w->members, l->member, strlen(l->member));
}

static struct room *find_room(const struct worker *w, const struct letter *l)
{
    return map_get(&w->rooms, l->room, strlen(l->room));
}

static void room_open(struct worker *w, const struct letter *l, usec_t now)
{
    if (find_room(w, l))
        return;
    struct room *r = room_create(&w->env, l->room, now);
    if (r && map_put(&w->rooms, r->id, strlen(r->id), r) < 0)
        room_destroy(r, now); // who joins it hears unknown_member
}

/** Forgets the worker's part of a member; the room's part goes with the room or by
 * room_leave(). */
static void forget(struct worker *w, struct worker_member *wm)
{
    route_forget(w, wm);
    (void)map_del(&w->members, wm->member->id, strlen(wm->member->id));
    notes_fini(&wm->notes);
    free(wm);
}

static void room_close(struct worker *w, const struct letter *l, usec_t now)
{
    struct room *r = find_room(w, l);
    if (!r)
        return;
    for (unsigned i = 0; i < r->member_count; i++)
        forget(w, map_get(&w->members, r->member[i]->id, strlen(r->member[i]->id)));
    struct worker_notes *n = map_del(&w->notes, r->id, strlen(r->id));
    if (n)
        notes_fini(&n->notes);
    free(n);
    (void)map_del(&w->rooms, r->id, strlen(r->id));
    room_destroy(r, now);
}

static void member_join(struct worker *w, const struct letter *l, usec_t now)
{
    struct room *r = find_room(w, l);
    if (!r || find_member(w, l))
        return;
    struct worker_member *wm = calloc(1, sizeof(*wm));
    if (!wm)
        return;
    wm->member = room_join(r, l->member, now);
    if (!wm->member) {
        free(wm);
        return;
    }
    if (map_put(&w->members, wm->member->id, strlen(wm->member->id), wm) < 0) {
        room_leave(r, wm->member, now);
        free(wm);
    }
}

static void member_leave(struct worker *w, const struct letter *l, usec_t now)
{
    struct worker_member *wm = find_member(w, l);
    if (!wm)
        return;
    struct member *m = wm->member;
    forget(w, wm);
    room_leave(m->room, m, now);
}

static const char *agree(struct worker *w, const struct letter *l, usec_t now)
{
    const struct agreement *a = &l->u.agree.agreement;
    struct worker_member *wm = find_member(w, l);
    if (!wm)
        return "unknown_member";
    const bool another = !wm->member->has_peer || wm->member->peer.generation != a->generation;
    switch (member_agree(wm->member, a, now)) {
    case 0:
        break;
    case -ENOMEM:
        return "capacity";
    default: // the names of the connection that goes on are kept
        return "invalid_agreement";
    }
    if (another)
        route_forget_addresses(w, wm);
    return route_add_ufrag(w, wm, a->local_ufrag) < 0 ? "capacity" : "";
}

static void agree_and_tell(struct worker *w, const struct letter *l, usec_t now)
{
    struct letter reply = {.type = LETTER_MEMBER_AGREED, .u.agreed.seq = l->u.agree.seq};
    memcpy(reply.room, l->room, sizeof(reply.room));
    memcpy(reply.member, l->member, sizeof(reply.member));
    (void)strncpy(reply.u.agreed.error, agree(w, l, now), sizeof(reply.u.agreed.error) - 1);
    w->conf.post(w->conf.ctx, &reply);
}

static void mute(struct worker *w, const struct letter *l, usec_t now)
{
    struct worker_member *wm = find_member(w, l);
    if (wm)
        member_mute(wm->member, l->u.mute.source, l->u.mute.muted, now);
}

/** What is noted of a room: made with its first note. NULL without the room or memory. */
static struct notes *notes_of_room(struct worker *w, const struct letter *l)
{
    struct worker_notes *n = map_get(&w->notes, l->room, strlen(l->room));
    if (n || !find_room(w, l))
        return n ? &n->notes : NULL;
    n = calloc(1, sizeof(*n));
    if (!n)
        return NULL;
    memcpy(n->room, l->room, sizeof(n->room));
    if (map_put(&w->notes, n->room, strlen(n->room), n) == 0)
        return &n->notes;
    free(n);
    return NULL;
}

static void note(struct worker *w, const struct letter *l, usec_t now)
{
    (void)now;
    struct worker_member *wm = *l->member ? find_member(w, l) : NULL;
    struct notes *n = wm ? &wm->notes : *l->member ? NULL : notes_of_room(w, l);
    if (n)
        (void)notes_put(n, &l->u.note); // without memory the next control knows less
}

static void data_out(struct worker *w, const struct letter *l, usec_t now)
{
    struct worker_member *wm = find_member(w, l);
    if (wm)
        data_tell(wm->member, l->u.data.text, now);
}

static void want(struct worker *w, const struct letter *l, usec_t now)
{
    struct worker_member *wm = find_member(w, l);
    for (unsigned i = 0; wm && i < l->u.wants.count; i++)
        (void)member_set_want(wm->member, &l->u.wants.want[i], now); // one too many is no want
}

static void stats(struct worker *w, const struct letter *l, usec_t now)
{
    (void)now;
    struct letter reply = {.type = LETTER_STATS,
                           .u.stats = {.seq = l->u.stats.seq, .body = worker_stats(w)}};
    w->conf.post(w->conf.ctx, &reply);
    letter_fini(&reply);
}

static void quality(struct worker *w, const struct letter *l, usec_t now)
{
    const struct room *r = find_room(w, l);
    if (!r)
        return; // nobody is in it by now, and nobody waits
    struct letter reply = {.type = LETTER_QUALITY,
                           .u.stats = {.seq = l->u.stats.seq, .body = quality_of_room(r, now)}};
    memcpy(reply.room, l->room, sizeof(reply.room));
    w->conf.post(w->conf.ctx, &reply);
    letter_fini(&reply);
}

static void flight(struct worker *w, const struct letter *l, usec_t now)
{
    (void)now;
    const struct room *r = find_room(w, l);
    struct flight_given *given = r ? malloc(sizeof(*given)) : NULL;
    struct letter reply = {.type = LETTER_FLIGHT, .u.flight.seq = l->u.flight.seq};
    memcpy(reply.room, l->room, sizeof(reply.room));
    if (given && flight_give(&r->flight, l->u.flight.number, given)) {
        reply.u.flight.number = given->number;
        reply.u.flight.newest = given->newest;
        reply.u.flight.bytes = given->bytes;
        reply.u.flight.len = given->len;
    }
    w->conf.post(w->conf.ctx, &reply);
    free(given); // the bytes were its own
}

bool worker_on_letter(struct worker *w, const struct letter *letter, usec_t now)
{
    static const run_fn run[LETTER_TYPE_COUNT] = {
        [LETTER_ROOM_OPEN] = room_open,
        [LETTER_ROOM_CLOSE] = room_close,
        [LETTER_MEMBER_JOIN] = member_join,
        [LETTER_MEMBER_AGREE] = agree_and_tell,
        [LETTER_MEMBER_LEAVE] = member_leave,
        [LETTER_TRACK_MUTE] = mute,
        [LETTER_SLOT_WANT] = want,
        [LETTER_DATA_OUT] = data_out,
        [LETTER_NOTE] = note,
        [LETTER_STATS_ASK] = stats,
        [LETTER_QUALITY_ASK] = quality,
        [LETTER_FLIGHT_ASK] = flight,
    };
    if (run[letter->type])
        run[letter->type](w, letter, now);
    worker_tick(w, now);
    return letter->type == LETTER_QUIT;
}
