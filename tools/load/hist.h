/** A histogram of times: 1 µs to an hour, 3 % wide buckets, so that a percentile costs nothing.
 */
#ifndef LOAD_HIST_H
#define LOAD_HIST_H

#include <stdint.h>

#define HIST_SUB     32u ///< buckets an octave
#define HIST_BUCKETS (HIST_SUB * 33u)

struct hist {
    uint64_t count;
    uint64_t max; ///< µs
    uint32_t bucket[HIST_BUCKETS];
};

void hist_add(struct hist *h, int64_t us);

/** The value in µs that `percent` of all are not above; 0 without any. */
double hist_at(const struct hist *h, double percent);

#endif
