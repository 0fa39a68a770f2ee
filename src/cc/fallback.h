/**
 * Clients without transport-wide feedback: their own estimate (REMB,
 * draft-alvestrand-rmcat-remb) and the loss of their receiver reports (draft-ietf-rmcat-gcc-02
 * section 6).
 */
#ifndef CC_FALLBACK_H
#define CC_FALLBACK_H

#include "base/usec.h"

#include <stdint.h>

struct fallback {
    uint64_t remb_bps; ///< 0: none, or too old
    usec_t remb_at;
    uint64_t report_bps; ///< what the reports allow
    usec_t reported;     ///< when one came last; 0: never
    uint32_t fractions;  ///< sum of those not judged yet, of 256
    uint32_t reports;    ///< their number
    usec_t due;          ///< when they are judged
    usec_t judged;       ///< when others were
    double smoothed;     ///< share lost, for people
};

void fallback_init(struct fallback *f, uint64_t start_bps, usec_t now);

/** A receiver's own estimate; any number. */
void fallback_on_remb(struct fallback *f, uint64_t bps, usec_t now);

/** One report block: `fraction` of 256 was lost. */
void fallback_on_report(struct fallback *f, uint8_t fraction, usec_t now);

/**
 * The rate by what came in so far; the reports' part rises only as far as `sent_bps`, what is
 * really sent, gives proof.
 */
uint64_t fallback_update(struct fallback *f, uint64_t sent_bps, usec_t now);

#endif
