#include "call/moderate.h"

#include "door.h"

#include "base/digest.h"

#include <errno.h>
#include <string.h>

#define LOCKS_MOST 10                  // of one host …
#define LOCKS_IN   (10 * USEC_PER_SEC) // … in this time

bool call_moderates(const struct call_member *m)
{
    return m->role == ROLE_HOST;
}

const char *call_mute_other(struct call_member *m, const char *participant,
                            enum media_source source)
{
    struct call_room *room = m->room;
    if (!call_moderates(m))
        return "not_allowed";
    if (participant) {
        struct call_member *other = call_member_find(room, participant);
        if (!other || other == m)
            return "unknown_participant";
        return call_mute_by(other, source, m) ? NULL : "unknown_source";
    }
    struct call_member *other;
    LIST_FOREACH(other, &room->members, link)
    {
        if (other != m)
            (void)call_mute_by(other, source, m);
    }
    return NULL;
}

const char *call_remove(struct call_member *m, const char *participant)
{
    if (!call_moderates(m))
        return "not_allowed";
    struct call_member *other = call_member_find(m->room, participant);
    if (!other || other == m)
        return "unknown_participant";
    call_put_out(other, "removed");
    return NULL;
}

const char *call_may_lock(struct call_member *m, unsigned *retry_after_s)
{
    const usec_t now = usec_now();
    if (!call_moderates(m))
        return "not_allowed";
    if (m->locks_since == 0 || now - m->locks_since >= LOCKS_IN) {
        m->locks_since = now;
        m->locks = 0;
    }
    if (m->locks < LOCKS_MOST) {
        m->locks++;
        return NULL;
    }
    const usec_t left = LOCKS_IN - (now - m->locks_since);
    *retry_after_s = (unsigned)((left + USEC_PER_SEC - 1) / USEC_PER_SEC);
    return "rate_limited";
}

void call_locked(struct call_member *m, const struct links_room *room)
{
    struct call *call = m->call;
    call_room_changed(call, room);
    call_happen_changed(m->room);
}

void call_put_out(struct call_member *m, const char *reason)
{
    struct call *call = m->call;
    // A socket may be dead before we know: a page that is put out must not join anew by itself.
    if (m->proof[0] && (m->away || strcmp(reason, "removed") == 0)) {
        struct call_gone *gone = &call->gone[call->gone_at++ % CALL_GONE_KEPT];
        memcpy(gone->id, m->id, sizeof(gone->id));
        memcpy(gone->proof, m->proof, sizeof(gone->proof));
        gone->reason = reason;
    }
    call_member_end(m, reason);
}

const char *call_why_gone(const struct call *call, const char *id, const char *secret)
{
    char proof[CALL_PROOF_SIZE];
    call_prove(secret, proof);
    for (unsigned i = 0; i < CALL_GONE_KEPT; i++) {
        const struct call_gone *gone = &call->gone[i];
        if (gone->id[0] && strcmp(gone->id, id) == 0 &&
            digest_same(gone->proof, strlen(gone->proof), proof, strlen(proof)))
            return gone->reason;
    }
    return NULL;
}
