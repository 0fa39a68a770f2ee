#include "cluster.h"

#define DURATION     (20 * USEC_PER_MS) // of sending; less would be a burst the line just buffers
#define JITTERY_TIME (60 * USEC_PER_MS)
#define PACKETS      5
#define PERCENT      80 // of packets and bytes must have come
#define SATURATED    90 // percent: it came more slowly than this share of the sending rate
#define GRAIN        USEC_PER_MS
#define KEEP         95 // percent of the receiving rate, if the line was full
#define ABOVE_PLAN   110 // percent of the planned rate: more was not asked, so it is not believed
#define RATIO_MAX    2   // what comes twice as fast as it was sent, waited somewhere
#define SPAN_MAX     USEC_PER_SEC

struct cluster *clusters_plan(struct clusters *c, uint64_t rate_bps, bool jittery, usec_t now)
{
    const usec_t duration = jittery ? JITTERY_TIME : DURATION;

    c->last_id = c->last_id == UINT8_MAX ? 1 : c->last_id + 1;
    struct cluster *k = &c->at[c->last_id % CLUSTERS];
    *k = (struct cluster){
        .plan = {.id = c->last_id,
                 .rate_bps = rate_bps,
                 .bytes = (uint32_t)(rate_bps / 8 * duration / USEC_PER_SEC),
                 .min_packets = PACKETS},
        .planned = now,
    };
    return k;
}

const struct cluster *clusters_newest(const struct clusters *c)
{
    return &c->at[c->last_id % CLUSTERS];
}

static struct cluster *find(struct clusters *c, uint8_t id)
{
    for (unsigned i = 0; i < CLUSTERS; i++) {
        if (id != 0 && c->at[i].plan.id == id)
            return &c->at[i];
    }
    return NULL;
}

void clusters_on_arrived(struct clusters *c, uint8_t id, uint32_t len, usec_t sent,
                         usec_t arrival)
{
    struct cluster *k = find(c, id);
    if (!k)
        return;
    if (k->packets == 0 || arrival < k->first_arrival) {
        k->first_arrival = arrival;
        k->first_len = len;
    }
    if (k->packets == 0 || sent < k->first_sent)
        k->first_sent = sent;
    if (k->packets == 0 || sent >= k->last_sent) {
        k->last_sent = sent;
        k->last_len = len;
    }
    if (k->packets == 0 || arrival > k->last_arrival)
        k->last_arrival = arrival;
    k->packets++;
    k->bytes += len;
    c->fresh = id;
}

static uint64_t rate(uint32_t bytes, usec_t span)
{
    // Bursts that leave or come within one tick of the clock are not infinitely fast.
    return (uint64_t)bytes * 8 * USEC_PER_SEC /
           (uint64_t)(span < USEC_PER_MS ? USEC_PER_MS : span);
}

bool clusters_result(struct clusters *c, struct cluster_result *out)
{
    const struct cluster *k = find(c, c->fresh);
    c->fresh = 0;
    if (!k || k->packets < 2 || k->packets * 100 < k->plan.min_packets * PERCENT ||
        (uint64_t)k->bytes * 100 < (uint64_t)k->plan.bytes * PERCENT)
        return false;
    const usec_t sending = k->last_sent - k->first_sent;
    const usec_t receiving = k->last_arrival - k->first_arrival;
    if (sending > SPAN_MAX || receiving > SPAN_MAX)
        return false;
    const uint64_t sent = rate(k->bytes - k->last_len, sending);
    const uint64_t received = rate(k->bytes - k->first_len, receiving);
    if (received > sent * RATIO_MAX)
        return false;
    // By the times, not the rates: of a few packets, the first and the last may differ tenfold.
    const bool saturated = (receiving - GRAIN) * SATURATED > sending * 100;
    uint64_t bps = saturated ? received * KEEP / 100 : sent < received ? sent : received;
    if (bps > k->plan.rate_bps * ABOVE_PLAN / 100)
        bps = k->plan.rate_bps * ABOVE_PLAN / 100;
    *out = (struct cluster_result){bps, saturated, k->plan.rate_bps};
    return true;
}
