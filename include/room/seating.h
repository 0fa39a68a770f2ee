/**
 * Who sits where (src/room/seating.c). Seats are given anew only to viewers for whom something
 * has changed; what is the same for all viewers, the order in which members claim seats, is
 * worked out once for all of them.
 */
#ifndef ROOM_SEATING_H
#define ROOM_SEATING_H

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

struct member;
struct room;

/** What seating notes of each member. */
struct seating_mark {
    uint64_t done;         ///< as a viewer: the room's change for which seats were given
    bool anew;             ///< as a viewer: seats were given; whoever acts on it clears it
    uint64_t sits, chosen; ///< the last run in which this member sat, or was to sit
};

/** Somebody with a microphone or a picture. */
struct claimant {
    struct member *who; ///< not owned
    bool camera, screen, microphone;
};

/** A room's claimants: who spoke last first, then who came first. */
struct seating {
    uint64_t change; ///< counts what may change anybody's seats
    uint64_t ranked; ///< the change for which `order` was made
    uint64_t run;    ///< counts runs: a mark of another run says nothing
    unsigned count, cap;
    struct claimant *order; ///< owned
};

void seating_fini(struct seating *s);

/** Gives seats to all viewers whose seats may have changed. */
void seating_tick(struct room *r, usec_t now);

/** Something has changed for this viewer alone: to be seated again at the next tick. */
void seating_touch(struct member *viewer);

/**
 * A member begins to speak: whoever has no seat for it hears it on an extra audio slot from now
 * on, unless all of those are taken by others who speak.
 */
void seating_hear(struct room *r, struct member *speaker, usec_t now);

#endif
