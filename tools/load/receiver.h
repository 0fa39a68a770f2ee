/**
 * One stream that a viewer receives: what is missing, which frames are whole, when the picture
 * stood still. A frame counts when all its packets and all since the last keyframe are there.
 */
#ifndef LOAD_RECEIVER_H
#define LOAD_RECEIVER_H

#include "base/usec.h"
#include "rtp/nack.h"
#include "rtp/packet.h"
#include "rtp/recv_stats.h"

#include <stdbool.h>
#include <stdint.h>

#define RECEIVER_WINDOW 1024u ///< packets that a frame may be put together from

struct peer;
struct verify;

/** What is known of a packet in the window. */
struct receiver_packet {
    int64_t seq; ///< extended; whose place this is
    bool start, key, marker;
};

struct receiver {
    struct peer *peer;       ///< not owned
    uint32_t ssrc, rtx_ssrc; ///< rtx 0: none
    bool video, started;
    int64_t highest; ///< extended
    int64_t next;    ///< where the next frame begins
    int64_t since;   ///< packets before this one are settled
    bool needs_key, stuck;
    bool strayed;   ///< the last packet was far behind,
    uint16_t stray; ///< and this is the number that would follow it
    usec_t pli_at, stuck_at;
    struct recv_stats stats;
    struct nack nack;
    struct receiver_packet *window; ///< owned; NULL for sound
    uint32_t rtx_highest;

    uint32_t member;       ///< who is seen
    usec_t shown_at;       ///< the last whole frame
    usec_t mean_gap;       ///< between frames
    struct verify *verify; ///< owned; NULL: not decoded
};

struct receiver *receiver_create(struct peer *p, uint32_t ssrc, bool video);
void receiver_destroy(struct receiver *r);

/** A packet of the stream, or one that repairs it. `wall_us`: when it arrived. */
void receiver_on_rtp(struct receiver *r, struct rtp *pkt, int64_t wall_us, usec_t now);
void receiver_tick(struct receiver *r, usec_t now);

#endif
