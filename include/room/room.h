/** Who is together, who is seated where, who speaks. */
#ifndef ROOM_ROOM_H
#define ROOM_ROOM_H

#include "flight/flight.h"
#include "room/member.h"

struct room {
    char id[LETTER_ID_SIZE];
    struct room_env *env; ///< not owned
    unsigned member_count, member_cap;
    struct member **member; ///< owned
    struct member *speaker; ///< not owned; the dominant one, or NULL
    uint64_t ages;          ///< given out to members and tracks
    struct deadline deadline;
    struct seating seating;
    bool crowded;         ///< more microphones than are heard at a time
    unsigned heard;       ///< members whose voice is
    usec_t seat_at;       ///< seats must be given anew then; USEC_NEVER: they are right
    usec_t demand_at;     ///< the next look at what is watched
    usec_t tick_at;       ///< the next look at voices and layers
    struct flight flight; ///< what happens here is recorded
};

/** An empty room; NULL without memory. */
struct room *room_create(struct room_env *env, const char *id, usec_t now);

/** Takes the members with it. NULL is fine. */
void room_destroy(struct room *r, usec_t now);

/** Adds a member; NULL without memory. Owned by the room. */
struct member *room_join(struct room *r, const char *id, usec_t now);

/** The member leaves and is destroyed. */
void room_leave(struct room *r, struct member *m, usec_t now);

/** The member with this id, or NULL. */
struct member *room_member(const struct room *r, const char *id);

/** Tracks, slots or wants have changed: seats are given anew in a moment, once for many
 * changes. */
void room_changed(struct room *r, usec_t now);

/** A viewer's wants have changed: likewise, but nobody else's seats. */
void room_touched(struct member *viewer, usec_t now);

/** Its transport is up: what it was seated with while it connected is shown at once. Nobody
 * else's seats change by that. */
void room_connected(struct member *m, usec_t now);

/** Control is to be told soon what slots have become. */
void room_wake(struct room *r, usec_t now);

/** Another control is there: it is told again who speaks, what every slot shows, and which
 * layers are watched. */
void room_tell_again(struct room *r, usec_t now);

/** A packet of a source: noted, and forwarded to each slot that wants it. */
enum drop room_on_packet(struct room *r, struct stream *st, struct rtp *pkt, bool repaired,
                         usec_t now);

/**
 * A packet that came as RED (src/room/room_red.c): copies in it of packets that never came are
 * forwarded, as repaired ones, then `*pkt` is made the plain packet. DROP_NONE also for a plain
 * one.
 */
enum drop room_undo_red(struct room *r, struct stream *st, struct rtp *pkt, usec_t now);

#endif
