/** The round trip: from reports if they tell it, else from how soon feedback comes. */
#ifndef CC_RTT_H
#define CC_RTT_H

#include "base/usec.h"

#include <stdbool.h>

#define RTT_DEFAULT                                                                            \
    (200 * USEC_PER_MS) ///< where nothing is known and something must be assumed

struct rtt {
    usec_t smoothed;   ///< 0: unknown
    usec_t reported;   ///< when a report told it last
    bool told;         ///< one ever did
    usec_t young, old; ///< shortest wait for feedback, of this second and the one before
    usec_t since;      ///< when `young` began
    bool any;
};

/** A report says so. */
void rtt_on_report(struct rtt *r, usec_t rtt, usec_t now);

/**
 * Feedback came `wait` after the newest packet it tells of had been sent. The receiver may have
 * held it back for up to an interval: the shortest of the last seconds is nearest the truth.
 */
void rtt_on_feedback(struct rtt *r, usec_t wait, usec_t now);

/** RTT_DEFAULT if unknown. */
static inline usec_t rtt_or_default(const struct rtt *r)
{
    return r->smoothed ? r->smoothed : RTT_DEFAULT;
}

#endif
