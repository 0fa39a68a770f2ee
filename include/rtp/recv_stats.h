/** Reception statistics of one incoming stream (RFC 3550 section 6.4 and appendix A). */
#ifndef RTP_RECV_STATS_H
#define RTP_RECV_STATS_H

#include "base/usec.h"
#include "rtp/clock.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

#define RECV_STATS_BUCKETS 10 ///< of a tenth of a second

/** What a packet's number says. */
enum recv_event {
    RECV_NEXT,      ///< in order, or with a plausible hole before it
    RECV_OLD,       ///< late or repeated
    RECV_SUSPECT,   ///< far away: a stray, or the first of a restart. Do not use it
    RECV_RESTARTED, ///< the second in a row: the source counts anew. It is a new stream now
};

struct recv_stats {
    bool started;
    bool suspicious;                         ///< the packet before was far away
    uint16_t bad_next;                       ///< the number that would confirm a restart
    uint16_t first;                          ///< RFC 3550's base_seq
    int64_t highest;                         ///< extended, counted from `first`'s cycle 0
    uint64_t received;                       ///< packets since the (re)start
    uint64_t expected_prior, received_prior; ///< at the last report
    uint8_t fraction;                        ///< lost between the last two reports, of 256
    uint32_t transit;                        ///< ticks, arrival minus RTP time
    uint32_t jitter;                         ///< ticks times 16
    bool has_transit;
    uint32_t last_ts; ///< of the newest packet
    usec_t last_at;   ///< when it came
    struct rtp_clock clock;
    bool sr_seen;
    uint32_t sr_middle;                  ///< middle 32 bits of the last SR's NTP time
    usec_t sr_at;                        ///< when it came
    uint64_t repaired;                   ///< packets that came by RTX
    uint64_t bytes;                      ///< whole packets, since the start
    int64_t bucket_at;                   ///< number of the newest bucket
    uint32_t bucket[RECV_STATS_BUCKETS]; ///< bytes
};

/** `rate` is the RTP clock in ticks a second. */
void recv_stats_init(struct recv_stats *s, unsigned rate);

/**
 * A packet came. RFC 3550 appendix A.1 without the probation of the first packet, which SRTP
 * has authenticated. At RECV_RESTARTED everything was counted anew from this packet.
 */
enum recv_event recv_stats_on_packet(struct recv_stats *s, const struct rtp *pkt, usec_t now);

/**
 * `bytes` came by RTX: they count for the bitrate alone. What was lost on the way the first
 * time stays lost in the reports: the sender's bandwidth estimation wants to know it.
 */
void recv_stats_on_repaired(struct recv_stats *s, size_t bytes, usec_t now);

/** A sender report of this stream came. */
void recv_stats_on_sr(struct recv_stats *s, const struct rtcp_sr *sr, usec_t now);

/** Fills a report block on `ssrc`; the next one's fraction counts from here. */
void recv_stats_report(struct recv_stats *s, uint32_t ssrc, usec_t now,
                       struct rtcp_report *out);

/** Packets that never came, as of now; 0 if repeated ones make it negative. */
uint64_t recv_stats_lost(const struct recv_stats *s);

/** Bits a second over the last second. */
uint32_t recv_stats_rate_bps(const struct recv_stats *s, usec_t now);

#endif
