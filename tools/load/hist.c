#include "hist.h"

static unsigned bucket_of(uint64_t us)
{
    if (us < HIST_SUB)
        return (unsigned)us;
    const unsigned octave = 63u - (unsigned)__builtin_clzll(us); // at least 5
    const unsigned index =
        (octave - 4) * HIST_SUB + (unsigned)(us >> (octave - 5) & (HIST_SUB - 1));
    return index < HIST_BUCKETS ? index : HIST_BUCKETS - 1;
}

/** The middle of what falls into a bucket. */
static double value_of(unsigned bucket)
{
    if (bucket < HIST_SUB)
        return bucket;
    const unsigned shift = bucket / HIST_SUB - 1;
    const double low = (double)((uint64_t)(HIST_SUB + bucket % HIST_SUB) << shift);
    return low + (double)(UINT64_C(1) << shift) / 2;
}

void hist_add(struct hist *h, int64_t us)
{
    const uint64_t v = us > 0 ? (uint64_t)us : 0; // two clocks may differ by a little
    h->count++;
    h->bucket[bucket_of(v)]++;
    if (v > h->max)
        h->max = v;
}

double hist_at(const struct hist *h, double percent)
{
    const double want = (double)h->count * percent / 100;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HIST_BUCKETS && h->count > 0; i++) {
        seen += h->bucket[i];
        if ((double)seen >= want && seen > 0) {
            const double v = value_of(i);
            return v < (double)h->max ? v : (double)h->max;
        }
    }
    return 0;
}
