/**
 * Which layers of what a member publishes somebody watches. The others are stopped at their
 * source: they cost the publisher's battery and uplink, and serve nobody.
 *
 * A layer is wished for by its size alone: what a viewer's line carries changes by the second,
 * and a layer that is not there cannot be climbed to. All layers below a wished one go on, to
 * fall back to. What nobody wishes for any more lingers for a while; what is wished for starts
 * at once. Sound is never stopped.
 *
 * A worker without time for all pictures (cc/shed.h) wishes for no more than it sends on, and
 * what it leaves out stops at once: in small rooms, what comes is as much work as what leaves.
 */
#ifndef ROOM_DEMAND_H
#define ROOM_DEMAND_H

#include "base/usec.h"
#include "letter/agreement.h"

#include <stdbool.h>
#include <stdint.h>

struct room;
struct track;

/** Long enough that a tile hidden by mistake, or a speaker's seat taken for a word, costs no
 * restart of an encoder. */
#define DEMAND_LINGER (6 * USEC_PER_SEC)

/** What a browser may need from "go on" to the first packets of a layer. */
#define DEMAND_PATIENCE (2 * USEC_PER_SEC)

/** The demand for one track's layers: bit n is layer n. */
struct demand {
    uint8_t wished;                         ///< by somebody, now
    uint8_t wanted;                         ///< likewise, were there time for all
    uint8_t on;                             ///< wished for lately: the source sends it
    uint8_t told;                           ///< what control was told
    unsigned paused;                        ///< slots that hold it and show nothing, now
    usec_t wished_at[AGREE_MAX_ENCODINGS];  ///< last
    usec_t started_at[AGREE_MAX_ENCODINGS]; ///< last switched on
};

/** All layers are on, as a client begins. */
void demand_init(struct demand *d, unsigned layers, usec_t now);

/**
 * Looks at all seats of a room and tells control what has changed. To be called when seats or
 * wants have changed (`seated`), and now and then.
 */
void demand_tick(struct room *r, bool seated, usec_t now);

/** True if one of so many layers, from the lowest on, is stopped. */
bool demand_stops(const struct demand *d, unsigned layers);

/** True if this layer's silence is our doing: it is stopped, or has only just been asked for
 * again. It says nothing of the source, and the layer is worth waiting for. */
bool demand_explains_silence(const struct demand *d, unsigned layer, usec_t now);

#endif
