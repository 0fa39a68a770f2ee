#include "rtp/recv_stats.h"

#include "base/seq.h"

#define MAX_DROPOUT  3000 // RFC 3550 appendix A.1
#define MAX_MISORDER 1000 // it says 100; RTX over a long round trip brings older ones
#define BUCKET       (USEC_PER_SEC / RECV_STATS_BUCKETS)

// A source whose packets stopped for this long, and then went on with its RTP clock this far
// from where it should be, had it stand still: its sender reports from before mean nothing now.
#define SILENCE    (500 * USEC_PER_MS)
#define CLOCK_JUMP (1 * USEC_PER_SEC)

void recv_stats_init(struct recv_stats *s, unsigned rate)
{
    *s = (struct recv_stats){0};
    rtp_clock_init(&s->clock, rate);
}

/** Counts anew from `seq`. The bitrate goes on: it is the same line. */
static void restart(struct recv_stats *s, uint16_t seq)
{
    s->started = true;
    s->suspicious = false;
    s->first = seq;
    s->highest = seq;
    s->received = 0;
    s->expected_prior = s->received_prior = 0;
    s->has_transit = false;
    s->jitter = 0;
    s->last_at = 0;
    s->sr_seen = false;
    rtp_clock_forget(&s->clock);
}

static enum recv_event judge(struct recv_stats *s, uint16_t seq)
{
    if (!s->started) {
        restart(s, seq);
        return RECV_NEXT;
    }
    const int64_t ext = seq_extend(s->highest, seq);
    if (ext > s->highest && ext - s->highest < MAX_DROPOUT) {
        s->highest = ext;
        s->suspicious = false;
        return RECV_NEXT;
    }
    if (ext <= s->highest && s->highest - ext < MAX_MISORDER) {
        s->suspicious = false;
        return RECV_OLD;
    }
    if (s->suspicious && seq == s->bad_next) {
        restart(s, seq);
        return RECV_RESTARTED;
    }
    s->suspicious = true;
    s->bad_next = (uint16_t)(seq + 1);
    return RECV_SUSPECT;
}

static uint32_t to_ticks(const struct recv_stats *s, usec_t t)
{
    return (uint32_t)((uint64_t)(t / USEC_PER_SEC) * s->clock.rate +
                      (uint64_t)(t % USEC_PER_SEC) * s->clock.rate / (uint64_t)USEC_PER_SEC);
}

/** RFC 3550 appendix A.8 */
static void update_jitter(struct recv_stats *s, uint32_t ts, usec_t now)
{
    const uint32_t transit = to_ticks(s, now) - ts;
    const int32_t d = (int32_t)(transit - s->transit);
    const uint32_t abs = d < 0 ? 0u - (uint32_t)d : (uint32_t)d;

    if (s->has_transit && abs < 10 * s->clock.rate) // more is a jump of the clock, not jitter
        s->jitter += abs - ((s->jitter + 8) >> 4);
    s->transit = transit;
    s->has_transit = true;
}

static void watch_clock(struct recv_stats *s, uint32_t ts, usec_t now)
{
    const usec_t silence = now - s->last_at;

    if (s->last_at != 0 && silence > SILENCE) {
        const int64_t ticks = (int32_t)(ts - s->last_ts);
        const usec_t media = ticks * USEC_PER_SEC / (int64_t)s->clock.rate;
        const usec_t off = media > silence ? media - silence : silence - media;
        if (off > CLOCK_JUMP)
            rtp_clock_forget(&s->clock);
    }
    s->last_ts = ts;
    s->last_at = now;
}

/** Brings the ring of buckets up to `now`. */
static void turn_buckets(struct recv_stats *s, usec_t now)
{
    const int64_t number = now / BUCKET;
    int64_t stale = s->bucket_at + 1;

    if (number - s->bucket_at > RECV_STATS_BUCKETS)
        stale = number - RECV_STATS_BUCKETS + 1;
    for (; stale <= number; stale++)
        s->bucket[stale % RECV_STATS_BUCKETS] = 0;
    if (number > s->bucket_at)
        s->bucket_at = number;
}

enum recv_event recv_stats_on_packet(struct recv_stats *s, const struct rtp *pkt, usec_t now)
{
    turn_buckets(s, now);
    s->bucket[s->bucket_at % RECV_STATS_BUCKETS] += pkt->len;
    s->bytes += pkt->len;

    const enum recv_event event = judge(s, pkt->seq);
    if (event == RECV_SUSPECT)
        return event;
    s->received++;
    if (event == RECV_OLD)
        return event;
    // Packets of one frame share a timestamp and say nothing of the network beyond the first,
    // but RFC 3550 counts them all, and so does every receiver.
    watch_clock(s, pkt->ts, now);
    update_jitter(s, pkt->ts, now);
    return event;
}

void recv_stats_on_repaired(struct recv_stats *s, size_t bytes, usec_t now)
{
    turn_buckets(s, now);
    s->bucket[s->bucket_at % RECV_STATS_BUCKETS] += (uint32_t)bytes;
    s->bytes += bytes;
    s->repaired++;
}

void recv_stats_on_sr(struct recv_stats *s, const struct rtcp_sr *sr, usec_t now)
{
    rtp_clock_on_sr(&s->clock, sr->ntp, sr->rtp, now);
    s->sr_middle = rtcp_ntp_middle(sr->ntp);
    s->sr_at = now;
    s->sr_seen = true;
}

static uint64_t expected(const struct recv_stats *s)
{
    return s->started ? (uint64_t)(s->highest - s->first + 1) : 0;
}

void recv_stats_report(struct recv_stats *s, uint32_t ssrc, usec_t now, struct rtcp_report *out)
{
    // RFC 3550 appendix A.3
    const uint64_t all = expected(s);
    const int64_t lost = (int64_t)all - (int64_t)s->received;
    const int64_t expected_now = (int64_t)(all - s->expected_prior);
    const int64_t lost_now = expected_now - (int64_t)(s->received - s->received_prior);

    *out = (struct rtcp_report){
        .ssrc = ssrc,
        .lost = lost > INT32_MAX   ? INT32_MAX
                : lost < INT32_MIN ? INT32_MIN
                                   : (int32_t)lost,
        .highest = (uint32_t)s->highest,
        .jitter = s->jitter >> 4,
    };
    if (expected_now > 0 && lost_now > 0)
        out->fraction =
            (uint8_t)(lost_now >= expected_now ? 255 : lost_now * 256 / expected_now);
    s->fraction = out->fraction;
    if (s->sr_seen && now - s->sr_at < 65535 * USEC_PER_SEC) {
        out->last_sr = s->sr_middle;
        out->delay_sr = (uint32_t)((now - s->sr_at) * 65536 / USEC_PER_SEC);
    }
    s->expected_prior = all;
    s->received_prior = s->received;
}

uint64_t recv_stats_lost(const struct recv_stats *s)
{
    const uint64_t all = expected(s);

    return all > s->received ? all - s->received : 0;
}

uint32_t recv_stats_rate_bps(const struct recv_stats *s, usec_t now)
{
    const int64_t number = now / BUCKET;
    uint64_t bytes = 0;

    // The bucket being filled is left out, and so are those that were never turned to since.
    for (int64_t b = number - RECV_STATS_BUCKETS + 1; b < number; b++) {
        if (b >= 0 && b <= s->bucket_at && b > s->bucket_at - RECV_STATS_BUCKETS)
            bytes += s->bucket[b % RECV_STATS_BUCKETS];
    }
    return (uint32_t)(bytes * 8 * RECV_STATS_BUCKETS / (RECV_STATS_BUCKETS - 1));
}
