/**
 * Which stream of a track a viewer gets on one slot: what he shows, what is sent, and what his
 * line was given (cc/allocate.h) lead to one answer, and a reason if it is not the best.
 *
 * Pure: everything it depends on is in struct choose_in, so that a recording can repeat it.
 */
#ifndef CC_CHOOSE_H
#define CC_CHOOSE_H

#include "base/pack.h"

#include <stdbool.h>
#include <stdint.h>

#define CHOOSE_STREAMS 4

/** What there is to choose from: the encodings of one track, the lowest first. */
struct choose_source {
    uint8_t count; ///< 1..CHOOSE_STREAMS
    bool bound;    ///< the first has sent something
    bool lives[CHOOSE_STREAMS];
    bool excused[CHOOSE_STREAMS];                           ///< its silence is of our making
    uint16_t width[CHOOSE_STREAMS], height[CHOOSE_STREAMS]; ///< pixels
};

/** Why a slot was given less than it wants. */
enum choose_limit {
    CHOOSE_UNLIMITED,
    CHOOSE_BY_LINE,
    CHOOSE_BY_SERVER, ///< which has no time for more (cc/shed.h)
    CHOOSE_LIMITS
};

struct choose_in {
    bool up;     ///< the viewer is connected
    bool muted;  ///< its owner said so
    bool paused; ///< the viewer said so
    bool picture;
    uint16_t width, height; ///< as it is shown; 0: the best there is
    struct choose_source source;
    // What the line was given.
    bool rationed;   ///< the rest holds
    uint8_t weighed; ///< the best stream that was there then
    enum choose_limit limited;
    bool none;                       ///< nothing at all
    uint8_t most;                    ///< the highest stream it may have
    bool unreadable[CHOOSE_STREAMS]; ///< the viewer has no codec for it
};

enum choose_why {
    CHOOSE_BEST,
    CHOOSE_AS_BEFORE, ///< nothing is decided before he is connected
    CHOOSE_MUTED,
    CHOOSE_PAUSED,
    CHOOSE_SOURCE,
    CHOOSE_LINE,
    CHOOSE_CODEC,
    CHOOSE_SERVER,
    CHOOSE_WHYS
};

struct choose_out {
    bool divide; ///< first the line must be divided anew; the rest means nothing then
    int stream;  ///< -1: none
    bool lacks;  ///< a larger one was wanted than is sent, though it was not stopped by us
    enum choose_why why;
};

/** Does a picture of w x h fill a tile of width x height? */
bool choose_covers(unsigned w, unsigned h, unsigned width, unsigned height);

/** The lowest stream that covers the size, else the highest alive; -1: none is. */
int choose_stream(const struct choose_source *s, uint16_t width, uint16_t height, bool *lacks);

void choose_decide(const struct choose_in *in, struct choose_out *out);

/** "bandwidth_limited", ...: as control and clients are told; "" for the best. */
const char *choose_why_name(enum choose_why why);

void choose_in_pack(struct pack *p, struct choose_in *in);
void choose_out_pack(struct pack *p, struct choose_out *out);

#endif
