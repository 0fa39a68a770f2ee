/**
 * Who is heard in a big room: the loudest few (RFC 6464 levels), the rest are not forwarded.
 *
 * A room of hundred open microphones is noise, and hundred streams to everybody. With more than
 * ROOM_VOICES microphones only so many are forwarded, the same ones to all. Who begins to speak
 * is let through with the very packet that says so, so that no syllable is lost; every tick the
 * loudest are kept. Receivers notice nothing: what is left out closes up in their numbers, and
 * times go on, as in a pause of DTX.
 *
 *   quiet ──a packet above the noise──▶ heard ──VOICE_HOLD without one──▶ quiet
 *     ▲                                   │
 *     └────── others are louder ──────────┘    then it waits for a tick to be louder than they
 *
 * Screens' sound is never cut. Nor is a microphone without levels: nobody knows what it says.
 */
#ifndef ROOM_VOICES_H
#define ROOM_VOICES_H

#include "base/usec.h"
#include "rtp/packet.h"

#include <stdbool.h>

struct member;
struct room;
struct stream;

// Of more than three or four people at once nobody understands a word; two more are for
// laughter, agreement and who is about to take the floor.
#define ROOM_VOICES 5

/** So many until the next tick: many who begin at once are still bounded. */
#define VOICES_AT_MOST (2 * ROOM_VOICES)

#define VOICE_HOLD  (2 * USEC_PER_SEC) ///< between two words nobody is cut off
#define VOICE_PAUSE USEC_PER_SEC       ///< after which a word is a beginning: seats hear of it

/** A member's microphone. Zeroed: silent. */
struct voice {
    bool heard;         ///< one of the few
    bool refused;       ///< speaks, but others are louder
    usec_t active_at;   ///< the last packet above the noise; 0 never
    usec_t levelled_at; ///< the last packet with a level; 0 never
};

/**
 * A packet of a microphone, in the order of arrival: notes its level. True if it is to be
 * forwarded. May seat the member with listeners who do not hear it yet.
 */
bool voices_pass(struct room *r, struct stream *st, const struct rtp *pkt, usec_t now);

/** The packet is not forwarded: its listeners' numbers close up. */
void voices_skip(struct stream *st, const struct rtp *pkt);

/** Every SPEAKER_INTERVAL: keeps the loudest. */
void voices_tick(struct room *r, usec_t now);

#endif
