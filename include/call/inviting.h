/**
 * Inviting from inside a call: whom the front end offers (contacts, in memory), and rings that
 * a participant starts. Invitations themselves are kept elsewhere: `struct call_inviting` is
 * the way there.
 */
#ifndef CALL_INVITING_H
#define CALL_INVITING_H

#include "call/call.h"

#define CALL_CONTACTS 500 ///< of one room
#define CALL_CONTACTS_IDLE                                                                     \
    INT64_C(3600) ///< seconds they are kept while nobody is in the room …
#define CALL_CONTACTS_BYTES (64u << 20) ///< … and all of these together, in memory

/* ---- contacts ---- */

/**
 * The people who can be invited from inside this room: an array of {"ref", "name", "presence"},
 * `presence` "online", "offline" or not said. Takes the reference; replaces what there was;
 * members and hosts in the room are told, if it differs. 0 or -ENOMEM.
 */
int call_contacts_put(struct call *call, const char *room_id, json_t *contacts);

/** The room is closed for good. */
void call_contacts_forget(struct call *call, const char *room_id);

/** What a member or a host is told after joining: `contacts` of docs/signalling.md. NULL for a
 * guest, or without memory. */
json_t *call_contacts_message(const struct call_member *m);

/* ---- rings ---- */

/** A ring as a participant asks for it. Pointers are needed for the call only. */
struct call_ring {
    const char *room;                 ///< its id, filled in by call_ring()
    const char *from_ref, *from_name; ///< likewise; ref "" of a host without one
    const char *to_ref, *to_name;     ///< name "": not known
    bool offline;                     ///< the callee is: unreachable at once
    unsigned retry_after_s;           ///< out, with "rate_limited"
};

/** Who keeps invitations. All run inside the call they are asked by. */
struct call_inviting {
    /** Rings. NULL, or the reason of docs/signalling.md why not. */
    const char *(*ring)(void *arg, struct call_ring *ring);
    /** Takes a ring of this room back. NULL or a reason. */
    const char *(*cancel)(void *arg, const char *room, const char *id);
    /** The room's rings that matter now: an array of what call_invitation_told() tells. */
    json_t *(*list)(void *arg, const char *room);
    /** {"link", "subject", "text"} of an e-mail to others, in this language. */
    json_t *(*share)(void *arg, const char *room, const char *organizer, bool french);
    /** A room came to be by somebody's joining. */
    void (*made)(void *arg, const struct links_room *room);
    /** A room may be made from here to `end`; it and `made` are one. 0, or an error of links.h:
     * then there is nothing to end. */
    int (*begin)(void *arg);
    /** As a whole, or after an error not at all; returns the error. */
    int (*end)(void *arg, int error);
};

/** `inviting` is not owned and must outlive the call. */
void call_set_inviting(struct call *call, const struct call_inviting *inviting, void *arg);

/** True for members and hosts. */
bool call_may_invite(const struct call_member *m);

/**
 * A participant rings one of the room's contacts (`ring->to_name` and `offline` are filled in).
 * NULL or the reason why not: "not_allowed", "unknown_contact", "already_here" and those of
 * whoever keeps invitations.
 */
const char *call_ring_contact(struct call_member *m, struct call_ring *ring);

/** The same for anybody, as a launch link does. */
const char *call_ring(struct call_member *m, struct call_ring *ring);

/** NULL or the reason why not. */
const char *call_ring_cancel(struct call_member *m, const char *id);

/** {"link", "subject", "text"}; NULL: it may not, or there is none. */
json_t *call_share(const struct call_member *m, bool french);

/** Tells members and hosts in the room of an invitation (a new state); takes the reference. */
void call_invitation_told(struct call *call, const char *room_id, json_t *invitation);

/** Around links' calls that may make a room by somebody's joining, and call_room_made(): all or
 * none of it. Errors as in links.h; if the first fails, there is no second. */
int call_making_begin(struct call *call);
int call_making_end(struct call *call, int error);

/** Somebody's joining made this room. */
void call_room_made(struct call *call, const struct links_room *room);

#endif
