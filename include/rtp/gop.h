/**
 * The newest keyframe of a stream and what came behind it: packets of the repair cache with
 * which a receiver can begin, or begin anew, without asking the sender for anything.
 *
 *   |K K K K|d d d . d d|d d d d|d d ...      K keyframe, d other frames
 *    first end     hole: may still be repaired     newest
 *
 * It keeps numbers only; the bytes are the repair cache's.
 */
#ifndef RTP_GOP_H
#define RTP_GOP_H

#include "base/usec.h"
#include "rtp/repair.h"

/**
 * What a receiver is to catch up with at most: frames, because it has to decode them all, and
 * packets, because it has to keep them all. At 30 frames a second that is four seconds.
 */
#define GOP_MAX_FRAMES  120
#define GOP_MAX_PACKETS 900

/** And no older, however slowly the frames came: what is shown first must mean something. */
#define GOP_MAX_AGE (10 * USEC_PER_SEC)

/** Zero it to begin, and whenever the repair cache is cleared. */
struct gop {
    bool known;      ///< the first packet of a keyframe came
    bool ended;      ///< `end` holds
    int64_t first;   ///< number of the keyframe's first packet, extended as in the cache
    int64_t end;     ///< of its last packet
    uint32_t ts;     ///< of the keyframe, ticks
    uint32_t top_ts; ///< of the newest frame
    unsigned frames; ///< that began since, the keyframe included
    size_t bytes;    ///< of all packets since
    usec_t at;       ///< the keyframe's first packet came
};

/** A packet was put into the cache; `keyframe`: it is the first one of a keyframe. */
void gop_note(struct gop *g, const struct repair *r, const struct rtp *pkt, bool keyframe,
              usec_t now);

/**
 * May a receiver begin here? The keyframe is whole as far as it came, still in the cache, and
 * what is behind it is bounded: by the limits above and by `max_bytes`.
 */
bool gop_warm(const struct gop *g, const struct repair *r, size_t max_bytes, usec_t now);

#endif
