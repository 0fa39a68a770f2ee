/**
 * A source's own idea of time: RTP ticks and wall clock, as its sender reports tie them
 * (RFC 3550 section 6.4.1).
 */
#ifndef RTP_CLOCK_H
#define RTP_CLOCK_H

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

/**
 * How long a sender report counts. RTCP comes at least every 7.5 s (RFC 3550 section 6.2: five
 * seconds, randomised by half).
 */
#define RTP_CLOCK_STALE (8 * USEC_PER_SEC)

struct rtp_clock {
    bool known;
    unsigned rate; ///< ticks a second
    uint64_t ntp;  ///< the last SR's wall clock, 32.32 seconds since 1900, the source's own
    uint32_t rtp;  ///< the last SR's RTP time, ticks
    usec_t at;     ///< when that SR came
};

/** A clock of `rate` ticks a second that knows nothing yet. */
void rtp_clock_init(struct rtp_clock *c, unsigned rate);

/** Takes an SR in. */
void rtp_clock_on_sr(struct rtp_clock *c, uint64_t ntp, uint32_t rtp, usec_t now);

/** Forgets the mapping: the source's RTP clock stood still or jumped (mute, replaceTrack). */
void rtp_clock_forget(struct rtp_clock *c);

/** True if there is a mapping and it is not older than RTP_CLOCK_STALE. */
bool rtp_clock_fresh(const struct rtp_clock *c, usec_t now);

/** The source's wall clock at RTP time `ts`. False without a fresh mapping. */
bool rtp_clock_ntp(const struct rtp_clock *c, uint32_t ts, usec_t now, uint64_t *ntp);

/** The RTP time at the source's wall clock `ntp`. False without a fresh mapping. */
bool rtp_clock_rtp(const struct rtp_clock *c, uint64_t ntp, usec_t now, uint32_t *ts);

/**
 * A pair for our own SR at `now`: the source's wall clock and RTP time carried forward by the
 * time since its SR. The pair lies on the source's own line whatever the SR's delay was. False
 * without a fresh mapping: then no SR is sent.
 */
bool rtp_clock_now(const struct rtp_clock *c, usec_t now, uint64_t *ntp, uint32_t *ts);

#endif
