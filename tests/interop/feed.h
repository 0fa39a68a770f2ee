/**
 * What a publisher sends in these tests: Opus of 20 ms and VP8 frames of three packets at 25 a
 * second. The last eight bytes of every payload are its own number and its frame's, so that a
 * viewer's packets say which of ours they are. It repairs and makes keyframes when asked.
 */
#ifndef INTEROP_FEED_H
#define INTEROP_FEED_H

#include "peer.h"

#define FEED_KEPT          1024 ///< video packets that can be repaired
#define FEED_FRAME_PACKETS 3
#define FEED_AUDIO_STEP    960  ///< RTP ticks a packet
#define FEED_VIDEO_STEP    3600 ///< RTP ticks a frame

struct feed {
    struct peer *peer; ///< not owned
    guint timer;
    uint16_t audio_seq, video_seq, rtx_seq;
    uint32_t audio_ts, video_ts;
    uint32_t audio_number, video_number, frame;
    unsigned ticks;
    uint64_t ntp0; ///< the NTP time (32.32) at tick 0, when both timestamps were 0
    bool want_keyframe;
    uint32_t withhold;  ///< number of a video packet that is not sent the first time
    bool deaf;          ///< repairs nothing
    unsigned rtcp_seen; ///< of peer->rtcp
    unsigned nacks, plis, repairs, reports;
    uint8_t last_lost; ///< fraction lost of the last report on our video
    struct peer_packet kept[FEED_KEPT];
};

void feed_start(struct feed *f, struct peer *peer);
void feed_stop(struct feed *f);

/** Where a packet's parts are; all pointers into `packet`. */
struct rtp_parts {
    uint8_t pt;
    bool marker;
    uint16_t seq;
    uint32_t ts, ssrc;
    const uint8_t *payload;
    size_t len; ///< of the payload, without padding
};

/** False if the packet contradicts RFC 3550 section 5.1. */
bool rtp_parts(const struct peer_packet *packet, struct rtp_parts *out);

/** The numbers that a feed wrote at the end of a payload. */
uint32_t feed_number(const struct rtp_parts *r);
uint32_t feed_frame(const struct rtp_parts *r);

/** Calls `fn` for each packet of a compound one; stops where it contradicts its lengths. */
void rtcp_each(const struct peer_packet *compound,
               void (*fn)(const uint8_t *packet, size_t len, void *arg), void *arg);

/** An empty receiver report followed by a NACK of one number, or by a PLI. Returns the length.
 */
size_t rtcp_nack(uint8_t *out, uint32_t from, uint32_t ssrc, uint16_t seq);
size_t rtcp_pli(uint8_t *out, uint32_t from, uint32_t ssrc);

#endif
