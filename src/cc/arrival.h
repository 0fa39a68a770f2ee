/**
 * The receiver's clock, as its feedback tells it: 24 bits of 64 ms that wrap after twelve days
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01 section 3.1), made one long count. Only
 * differences mean anything. A clock that jumps against ours begins anew.
 */
#ifndef CC_ARRIVAL_H
#define CC_ARRIVAL_H

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

// Feedback that waited on a line which stood still is late by less; a clock set by hand is not.
#define ARRIVAL_JUMP (5 * USEC_PER_SEC)

struct arrival {
    bool known;
    uint32_t last; ///< reference of the last feedback, ticks of 250 us modulo 2^32
    int64_t ticks; ///< the same, counted on
    usec_t heard;  ///< when that feedback came
    usec_t offset; ///< to be added to twcc_status.at_us of the feedback being read
};

/**
 * Feedback with reference time `reference` (twcc_iter.at after twcc_open()) came. False if the
 * clock jumped: then all that was known of earlier arrivals is worth nothing.
 */
bool arrival_open(struct arrival *a, int64_t reference, usec_t now);

/** True if an arrival `at_us` is so far from the feedback's own reference that it is a lie. */
bool arrival_absurd(const struct arrival *a, usec_t at_us);

#endif
