/** Doors and who knocks at them, as the files of the lobby share them. */
#ifndef CALL_DOOR_H
#define CALL_DOOR_H

#include "live.h"

#include "call/lobby.h"

TAILQ_HEAD(call_knock_list, call_knock);

/** A room's door; it is there while somebody knocks, whether the room is open or not. */
struct call_door {
    struct call *call;
    char room[LETTER_ID_SIZE];
    struct call_knock_list knocks; ///< oldest first
    unsigned count;
    unsigned holds;         ///< users who need it to stay, though nobody may be left
    struct deadline review; ///< when to look again at who may come in
};

enum knock_state { KNOCK_WAITING, KNOCK_ADMITTED, KNOCK_SETTLED };

struct call_knock {
    struct call_door *door;
    TAILQ_ENTRY(call_knock) link;
    char id[LETTER_ID_SIZE]; ///< "k_…"
    char secret[CALL_SECRET_SIZE];
    struct links_room room;
    enum links_role role;
    char name[LINKS_NAME_SIZE];
    char ref[LINKS_REF_SIZE]; ///< "" for who was not signed
    enum call_entry why;
    bool host; ///< it was told that somebody is there who can let it in
    int64_t since;
    enum knock_state state;
    const char *settled;              ///< why it is over; static
    const struct call_knock_ops *ops; ///< not owned
    void *shell;                      ///< not owned, NULL while its socket is lost
    struct deadline gone;             ///< when it is away for too long
};

/** The door of a room that somebody knocks at, or NULL. */
struct call_door *call_door_find(const struct call *call, const char *room);
struct call_knock *call_knock_find(const struct call_door *door, const char *id);
void call_door_hold(struct call_door *door);
void call_door_release(struct call_door *door);

/** True if somebody is in the room who may let others in. */
bool call_door_kept(const struct call *call, const char *room);
/** True if it may let others in: a host, or anybody where there can be none. */
bool call_may_admit(const struct call_member *m);

/** The door is open for it: its shell enters now, or when it is back. */
void call_knock_admit(struct call_knock *k);
/** It is over. */
void call_knock_close(struct call_knock *k, const char *reason);

/** Tells those inside who may open the door who knocks now. */
void call_door_tell(struct call_door *door);

#endif
