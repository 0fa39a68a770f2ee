#include "aimd.h"

#include "cc/estimator.h"

#include <math.h>

#define BETA_PERCENT 85 // gcc-02 section 5.5: beta
#define GENTLE_PERCENT                                                                         \
    95                   // where no queue stands yet: if one comes, the next cut is a whole one
#define YIELD_PERCENT 88 // a second, where others keep a queue
#define GENTLE_PAUSE  (700 * USEC_PER_MS)
#define ROSE_PERCENT  102                 // of the target after a cut
#define MORE_PERCENT  110                 // of what arrived then
#define USED_PERCENT  110                 // a target above so much of what arrives is not used
#define WORSE_PERCENT 60                  // of what was thought: the line became slower again
#define ETA_A_SECOND  0.08                // eta: the share gained in a second
#define RESPONSE      (100 * USEC_PER_MS) // what feedback adds to the round trip
#define ADDITIVE_MIN  4000                // bits a second, gained in a second at least
#define PACKET_BITS   9600                // 1200 bytes
#define SMOOTHING     0.05                // of what the line carried
#define DEVIATION_MIN 0.4
#define DEVIATION_MAX 2.5
#define STEEP         0.1 // a tenth more is sent than goes through

void aimd_init(struct aimd *a, uint64_t start_bps, usec_t now)
{
    *a = (struct aimd){.target_bps = start_bps, .updated = now, .deviation = DEVIATION_MIN};
}

static double margin(const struct aimd *a)
{
    return 3 * sqrt(a->deviation * a->mean);
}

static void note_capacity(struct aimd *a, double kbps)
{
    if (a->mean > 0 && kbps < a->mean - margin(a))
        a->mean = 0;
    if (a->mean <= 0) {
        a->mean = kbps;
        a->deviation = DEVIATION_MIN;
        return;
    }
    a->mean += SMOOTHING * (kbps - a->mean);
    const double error = a->mean - kbps;
    a->deviation += SMOOTHING * (error * error / fmax(a->mean, 1) - a->deviation);
    a->deviation = fmin(fmax(a->deviation, DEVIATION_MIN), DEVIATION_MAX);
}

/** What the line carries, as far as this moment tells. */
static uint64_t capacity(const struct aimd_in *in)
{
    // While a queue stands, what comes out of it is what the line carries, and the shorter look
    // does not mix in the time before the line became slower. While none does, the larger is
    // nearer the truth: a picture that just became larger has not been sent for long.
    const bool shorter = in->short_bps > 0 && in->short_bps < in->acked_bps;
    return in->standing == shorter && in->short_bps > 0 ? in->short_bps : in->acked_bps;
}

/** The share of what is carried to go down to, percent. */
static unsigned share(const struct aimd *a, const struct aimd_in *in, uint64_t carried)
{
    if (in->standing)
        return BETA_PERCENT;
    // First down to little more than is used: that the rest was too much is all we know.
    return a->target_bps > carried * USED_PERCENT / 100 ? USED_PERCENT : GENTLE_PERCENT;
}

/** Over-use where others keep a queue: a little and slowly, or they take it all. */
static bool yield(struct aimd *a, usec_t now)
{
    if (now - a->cut < USEC_PER_SEC)
        return false;
    a->cut = now;
    a->target_bps = a->target_bps * YIELD_PERCENT / 100;
    return true;
}

/** True if we ask more of the line than after the last cut: then its growing queue may be ours.
 */
static bool rose(const struct aimd *a, const struct aimd_in *in)
{
    return a->target_bps > a->cut_to * ROSE_PERCENT / 100 ||
           in->acked_bps > a->cut_acked * MORE_PERCENT / 100;
}

/** Over-use: true if the rate was cut. */
static bool cut(struct aimd *a, const struct aimd_in *in, usec_t now)
{
    // If we send little and no queue stands, neither the growth nor the rate is of our making.
    const bool little = in->app_limited || in->acked_bps < a->target_bps / 2;
    if (!in->standing && (little || in->jittery || !rose(a, in)))
        return false;
    const uint64_t carried = capacity(in);
    if (in->draining_bps > 0 && carried > in->draining_bps * WORSE_PERCENT / 100)
        return false;
    if (in->contested && carried > a->target_bps * WORSE_PERCENT / 100)
        return yield(a, now);
    uint64_t to = carried * share(a, in, carried) / 100;

    // Half at once is enough if we were not filling the line: others may have.
    if (little && to < a->target_bps / 2)
        to = a->target_bps / 2;
    // One cut a response time, but for the line turning out to be much slower still.
    // One that is gentle, for no queue stands, has time.
    const usec_t pause = in->standing ? in->rtt + RESPONSE : GENTLE_PAUSE;
    const bool again = a->cut != 0 && now - a->cut < pause;
    if (again && to > a->target_bps * 9 / 10)
        return false;
    if (to >= a->target_bps && a->mean > 0)
        to = (uint64_t)(a->mean * 1000 * BETA_PERCENT / 100);
    if (!little)
        note_capacity(a, (double)carried / 1000);
    a->cut = now;
    a->cut_acked = in->acked_bps;
    if (to >= a->target_bps)
        return false;
    a->target_bps = a->cut_to = to;
    return true;
}

/** Bits a second to gain in one second near the line's capacity: a packet a response time. */
static double additive(const struct aimd *a, usec_t rtt)
{
    const double frame = (double)a->target_bps / 30;
    const double packet = frame / fmax(ceil(frame / PACKET_BITS), 1);
    const double response = (double)(rtt + RESPONSE) / USEC_PER_SEC;

    return fmax(packet / response, ADDITIVE_MIN);
}

static void rise(struct aimd *a, const struct aimd_in *in, usec_t now)
{
    const double s = fmin((double)(now - a->updated) / USEC_PER_SEC, 1);
    const double acked = (double)in->acked_bps / 1000;

    if (a->mean > 0 && acked > a->mean + margin(a))
        a->mean = 0; // the line carries more than it did
    const double gain = a->mean > 0 ? additive(a, in->rtt) * s
                                    : fmax((double)a->target_bps * ETA_A_SECOND, 1000) * s;
    // gcc-02 section 5.5: not far above what is proved to arrive.
    const uint64_t limit = in->acked_bps * 13 / 10 + 10000;
    const uint64_t to = a->target_bps + (uint64_t)gain;
    if (a->target_bps < limit)
        a->target_bps = to < limit ? to : limit;
}

/** Only what is used can prove that more would go; and a queue is emptied first. */
static bool may_rise(const struct aimd *a, const struct aimd_in *in)
{
    return !in->app_limited && in->empty && in->acked_bps > 0 && a->target_bps < in->enough_bps;
}

bool aimd_update(struct aimd *a, const struct aimd_in *in, usec_t now)
{
    bool was_cut = false;

    switch (in->usage) {
    case USAGE_OVER:
        a->state = AIMD_HOLD;
        was_cut = in->acked_bps > 0 && cut(a, in, now);
        break;
    case USAGE_UNDER: // the queue empties: let it
        a->state = AIMD_HOLD;
        break;
    case USAGE_NORMAL:
        if (a->state == AIMD_RISE && may_rise(a, in))
            rise(a, in, now);
        a->state = AIMD_RISE;
        break;
    }
    a->updated = now;
    if (a->target_bps < ESTIMATOR_MIN_BPS)
        a->target_bps = ESTIMATOR_MIN_BPS;
    if (a->target_bps > ESTIMATOR_MAX_BPS)
        a->target_bps = ESTIMATOR_MAX_BPS;
    return was_cut;
}

void aimd_set(struct aimd *a, uint64_t target_bps, usec_t now)
{
    a->target_bps = target_bps;
    a->updated = now;
}

void aimd_restore(struct aimd *a, uint64_t target_bps, usec_t now)
{
    a->mean = 0;
    if (target_bps > a->target_bps)
        a->target_bps = target_bps;
    a->updated = now;
}
