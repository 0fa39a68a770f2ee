/* What a new control is told of the rooms that the one before has left here. */
#include "worker/worker.h"

#include "room/data.h"

#include <string.h>

static void post(struct worker *w, struct letter *l)
{
    w->conf.post(w->conf.ctx, l);
}

/** Of a room, or of somebody in it. */
static void tell_notes(struct worker *w, const struct room *r, const struct member *m,
                       const struct notes *n)
{
    for (unsigned i = 0; i < n->count; i++) {
        struct letter l = {.type = LETTER_NOTE, .u.note.text = n->note[i].text};
        memcpy(l.u.note.key, n->note[i].key, sizeof(l.u.note.key));
        memcpy(l.room, r->id, sizeof(l.room));
        if (m)
            memcpy(l.member, m->id, sizeof(l.member));
        post(w, &l);
    }
}

static void tell_member(struct worker *w, const struct member *m)
{
    struct letter l = {.type = LETTER_MEMBER_HELD};
    memcpy(l.room, m->room->id, sizeof(l.room));
    memcpy(l.member, m->id, sizeof(l.member));
    if (m->has_peer) {
        l.u.held.generation = m->peer.generation;
        l.u.held.connected = m->peer.state == PEER_UP;
        l.u.held.data_open = data_is_open(m);
        if (m->peer.state == PEER_GONE)
            (void)strncpy(l.u.held.gone, m->peer.why_gone, sizeof(l.u.held.gone) - 1);
    }
    post(w, &l);
    const struct worker_member *wm = map_get(&w->members, m->id, strlen(m->id));
    tell_notes(w, m->room, m, &wm->notes);
}

void worker_tell_held(struct worker *w, usec_t now)
{
    size_t at = 0;
    for (struct room *r; (r = map_next(&w->rooms, &at));) {
        struct letter l = {.type = LETTER_ROOM_HELD};
        memcpy(l.room, r->id, sizeof(l.room));
        post(w, &l);
        const struct worker_notes *n = map_get(&w->notes, r->id, strlen(r->id));
        if (n)
            tell_notes(w, r, NULL, &n->notes);
        for (unsigned i = 0; i < r->member_count; i++)
            tell_member(w, r->member[i]);
        room_tell_again(r, now);
    }
    struct letter end = {.type = LETTER_HELD_END};
    post(w, &end);
}
