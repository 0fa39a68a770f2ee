/**
 * Before the door of a room: who may come in, and those who knock.
 *
 *   knock ──▶ WAITING ── admitted ──▶ entered (now a participant)
 *                │ └──── denied, room closed ──▶ closed
 *                └── socket lost ──▶ away; after a third of the time a participant has:
 * forgotten
 *
 * A knock is no participant: nothing of the room (its people, its chat, its media) can reach
 * it, because nothing that tells a room finds it. All in memory, on the loop of `call`.
 */
#ifndef CALL_LOBBY_H
#define CALL_LOBBY_H

#include "call/call.h"

struct call_knock;

/** What stands between somebody and a room. */
enum call_entry {
    ENTRY_OPEN,    ///< nothing
    ENTRY_LOBBY,   ///< a host must let him in
    ENTRY_LOCKED,  ///< the same: the room is locked
    ENTRY_OWNER,   ///< the owner of the personal room is not there yet
    ENTRY_MEMBERS, ///< it is for members alone: he cannot come in
};

/**
 * What stands between `who` and the room, as it is now. Hosts always come in. WHIP and WHEP
 * clients cannot knock: whoever is not let in at once is to be refused.
 */
enum call_entry call_entry(const struct call *call, const struct call_who *who);

/** "lobby", "locked", "owner", "members_only"; "" for ENTRY_OPEN. */
const char *call_entry_name(enum call_entry entry);

/** What the shell of a knock is told, from the loop or inside calls of this header. */
struct call_knock_ops {
    /** What it waits for is another now: see call_knock_view(). */
    void (*waiting)(void *shell);
    /** The door is open: call_knock_enter() must be called now. */
    void (*admitted)(void *shell);
    /** It is over and the knock is dead: "denied", "room_closed", "shutdown", "members_only",
     * "resumed_elsewhere". */
    void (*closed)(void *shell, const char *reason);
};

/**
 * Knocks. `why` is what call_entry() said. Hosts are told, and those who keep books. NULL: too
 * many knock already, or there is no memory; `*reason` is "room_full" or "internal".
 */
struct call_knock *call_knock(struct call *call, const struct call_who *who,
                              enum call_entry why, const struct call_knock_ops *ops,
                              void *shell, const char **reason);

/** Gives up. No callback runs for it after this. */
void call_knock_leave(struct call_knock *k);

/** Its socket is lost: it is forgotten unless call_knock_resume() comes soon. */
void call_knock_detach(struct call_knock *k);

/**
 * Finds it again for a new shell; the secret is used up. NULL: there is none. `*settled` is
 * what happened meanwhile: NULL nothing; "admitted": call_knock_enter() must be called now;
 * else the reason it is over, and the knock is dead (NULL is returned).
 */
struct call_knock *call_knock_resume(struct call *call, const char *id, const char *secret,
                                     const struct call_knock_ops *ops, void *shell,
                                     const char **settled);

/** Comes in as call_join() does. The knock is dead either way. */
struct call_member *call_knock_enter(struct call_knock *k, const struct call_ops *ops,
                                     void *shell, const char **reason);

/** The room as it was when it was knocked at, with what has changed since. */
const struct links_room *call_knock_room(const struct call_knock *k);

/** The fields of `lobby` in docs/signalling.md, with a new secret: a new object. */
json_t *call_knock_view(struct call_knock *k);

/** As hosts and front ends see it: {"id", "name", "role", "ref", "reason", "since"}. */
json_t *call_knock_json(const struct call_knock *k);

const char *call_knock_room_id(const struct call_knock *k);

/* ---- for those inside ---- */

/** Who knocks, oldest first: a new array. NULL: it may not let anybody in. */
json_t *call_knocking(const struct call_member *m);

/**
 * Lets one in or sends him away; `id` NULL: all. Returns NULL, or the reason of refusal:
 * "not_allowed", "unknown_participant".
 */
const char *call_admit(struct call_member *m, const char *id);
const char *call_deny(struct call_member *m, const char *id);

/* ---- for the API ---- */

/** Who knocks at a room, oldest first: a new array. */
json_t *call_lobby_list(const struct call *call, const char *room_id);
/** False if nobody of this id knocks there. */
bool call_lobby_answer(struct call *call, const char *room_id, const char *id, bool admit);
/** How many knock. */
unsigned call_lobby_count(const struct call *call, const char *room_id);

/**
 * The room's title, access or lock has changed: those inside are told, and who knocks comes in
 * where nothing stands in the way any more.
 */
void call_room_changed(struct call *call, const struct links_room *room);

#endif
