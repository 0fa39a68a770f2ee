/**
 * One packet in, one packet out for each slot that wants it.
 *
 *   packets come   1 2 3 4 5 6          (a frame, read from the socket in one batch)
 *   they leave     A1 A2 A3 A4 A5 A6  B1 B2 B3 B4 B5 B6  ...      (viewer by viewer)
 *
 * What is known of a viewer (its slot, keys, estimate, pacer) is some three kilobytes: fetched
 * for each packet of a frame anew, that costs more than what is done with it. So packets of a
 * stream that come one right after the other wait for each other: until something else comes,
 * or the batch ends, and no longer. A packet at which a slot may begin never waits: each slot
 * decides as if nothing had.
 */
#ifndef ROOM_FORWARD_H
#define ROOM_FORWARD_H

#include "base/usec.h"
#include "rtp/packet.h"
#include "rtp/payload.h"

#include <stdbool.h>

#define FORWARD_TRAIN 16 ///< packets that wait for each other at most

struct member;
struct room_env;
struct stream;

/** Packets of one stream in a row, received but not forwarded. Zeroed: none. */
struct forward_train {
    unsigned count;
    struct stream *stream;         ///< not owned; holds while `count` is not 0
    struct rtp pkt[FORWARD_TRAIN]; ///< their bytes lie in the batch that is being handled
    struct payload desc[FORWARD_TRAIN];
};

/**
 * Would this packet, of which nobody has taken note yet, be the next one of those that wait? If
 * not, forward_waiting() comes before anything is done with it.
 */
bool forward_goes_on(const struct room_env *env, const struct member *from,
                     const struct rtp *pkt);

/**
 * Forwards a packet that stream_receive() took. `desc` is NULL for audio and padding. If
 * `may_wait`, its bytes stay where they are until forward_waiting(), and it is not a repair.
 */
void forward_packet(struct room_env *env, struct stream *st, const struct rtp *pkt,
                    const struct payload *desc, bool may_wait, usec_t now);

/** Forwards what waits: before anything else is handled, and at the end of each batch. */
void forward_waiting(struct room_env *env, usec_t now);

#endif
