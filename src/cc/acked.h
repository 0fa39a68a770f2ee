/** What arrived lately, by the receiver's clock: bytes in bins of 10 ms. */
#ifndef CC_ACKED_H
#define CC_ACKED_H

#include "base/usec.h"

#include <stddef.h>
#include <stdint.h>

#define ACKED_BIN   (10 * USEC_PER_MS)
#define ACKED_BINS  64
#define ACKED_LONG  (500 * USEC_PER_MS) ///< evens out frames
#define ACKED_SHORT (150 * USEC_PER_MS) ///< what the line does now, if a queue stands before it

struct acked {
    int64_t first; ///< number of the oldest bin that counts; it may have begun in its middle
    int64_t last;  ///< of the newest, which is still being filled; below `first`: there is none
    uint32_t bytes[ACKED_BINS];
};

void acked_reset(struct acked *a);

void acked_add(struct acked *a, usec_t arrival, size_t len);

/**
 * Bits a second over `window` (at most ACKED_LONG) before the newest arrival; 0 while too
 * little is known. Only complete bins count: a burst's head is no rate.
 */
uint64_t acked_rate(const struct acked *a, usec_t window);

#endif
