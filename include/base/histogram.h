/** How often something took how long: counts by buckets that never change, for Prometheus. */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include "base/usec.h"

#include <stdint.h>

#define HISTOGRAM_BOUNDS 18 ///< from 50 µs to 30 s; the last bucket, beyond them, has no bound

struct histogram {
    uint64_t count[HISTOGRAM_BOUNDS + 1]; ///< of each bucket alone, not of all below
    uint64_t sum_us;
};

/** Upper bounds in microseconds, inclusive, ascending. */
extern const usec_t histogram_bound[HISTOGRAM_BOUNDS];

/** `n` things took `took` each; less than nothing counts as nothing. */
void histogram_add(struct histogram *h, usec_t took, uint64_t n);

#endif
