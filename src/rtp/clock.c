#include "rtp/clock.h"

void rtp_clock_init(struct rtp_clock *c, unsigned rate)
{
    *c = (struct rtp_clock){.rate = rate};
}

void rtp_clock_on_sr(struct rtp_clock *c, uint64_t ntp, uint32_t rtp, usec_t now)
{
    // RFC 3550 section 6.4.1: a sender that has no notion of wall clock may set it to zero.
    if (ntp == 0)
        return;
    c->known = true;
    c->ntp = ntp;
    c->rtp = rtp;
    c->at = now;
}

void rtp_clock_forget(struct rtp_clock *c)
{
    c->known = false;
}

bool rtp_clock_fresh(const struct rtp_clock *c, usec_t now)
{
    return c->known && now - c->at <= RTP_CLOCK_STALE;
}

/** Ticks as 32.32 seconds, rounded to the nearest, so that the way back gives the same ticks.
 */
static int64_t ticks_to_ntp(int64_t ticks, unsigned rate)
{
    const int64_t sec = ticks / (int64_t)rate;
    const int64_t rest = ticks % (int64_t)rate * (INT64_C(1) << 32);
    const int64_t half = rest < 0 ? -(int64_t)rate / 2 : (int64_t)rate / 2;

    return sec * (INT64_C(1) << 32) + (rest + half) / (int64_t)rate;
}

bool rtp_clock_ntp(const struct rtp_clock *c, uint32_t ts, usec_t now, uint64_t *ntp)
{
    if (!rtp_clock_fresh(c, now))
        return false;
    *ntp = c->ntp + (uint64_t)ticks_to_ntp((int32_t)(ts - c->rtp), c->rate);
    return true;
}

bool rtp_clock_rtp(const struct rtp_clock *c, uint64_t ntp, usec_t now, uint32_t *ts)
{
    if (!rtp_clock_fresh(c, now))
        return false;

    // Seconds and fraction apart: the product of both with the rate would not fit 64 bits.
    const int64_t diff = (int64_t)(ntp - c->ntp);
    const int64_t sec = diff >> 32;
    const int64_t frac = diff & 0xffffffff;
    const int64_t ticks = (int64_t)((uint64_t)sec * c->rate) +
                          ((frac * (int64_t)c->rate + (INT64_C(1) << 31)) >> 32);
    *ts = c->rtp + (uint32_t)ticks;
    return true;
}

bool rtp_clock_now(const struct rtp_clock *c, usec_t now, uint64_t *ntp, uint32_t *ts)
{
    if (!rtp_clock_fresh(c, now))
        return false;

    // Both go on by the same whole number of ticks, so that the pair stays on the line exactly.
    const int64_t ticks = (now - c->at) * (int64_t)c->rate / USEC_PER_SEC;
    *ts = c->rtp + (uint32_t)ticks;
    *ntp = c->ntp + (uint64_t)ticks_to_ntp(ticks, c->rate);
    return true;
}
