/**
 * Application-limited: we send clearly less than the line would carry, so what arrives says
 * nothing of its limit. A bucket fills at two thirds of the target and empties by what is sent.
 */
#ifndef CC_ALR_H
#define CC_ALR_H

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

struct alr {
    bool limited;
    usec_t at;
    int64_t bucket; ///< bytes we could have sent and did not
    uint64_t sent;  ///< bytes since `at`
};

/** Starts limited: nobody sends yet. */
void alr_init(struct alr *a, usec_t now);

static inline void alr_on_sent(struct alr *a, uint32_t len)
{
    a->sent += len;
}

/** Brings `limited` up to date. */
void alr_update(struct alr *a, uint64_t target_bps, usec_t now);

#endif
