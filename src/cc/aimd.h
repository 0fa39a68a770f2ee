/**
 * The delay-based rate: up by a share far from what the line carried before, up by a packet
 * near it, down to a share of what arrives when the queue grows (draft-ietf-rmcat-gcc-02
 * section 5.5).
 */
#ifndef CC_AIMD_H
#define CC_AIMD_H

#include "trend.h"

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

struct aimd {
    uint64_t target_bps;
    enum { AIMD_HOLD, AIMD_RISE } state;
    usec_t updated;
    usec_t cut;         ///< when the last cut was; 0: never
    uint64_t cut_to;    ///< the target it left
    uint64_t cut_acked; ///< what arrived then
    double mean;        ///< what the line carried when its queue grew, kbit/s; 0: unknown
    double deviation;   ///< its normalised variance, kbit/s
};

/** What is known at one feedback. */
struct aimd_in {
    enum usage usage;
    uint64_t acked_bps; ///< over ACKED_LONG; 0: unknown
    uint64_t short_bps; ///< over ACKED_SHORT
    usec_t rtt;
    bool standing;         ///< a queue stands, more than usual
    bool empty;            ///< none does
    bool contested;        ///< a queue stands that others keep
    uint64_t draining_bps; ///< a cut is being worked off that took the line for this; 0: none
    bool jittery;          ///< delays vary of themselves
    bool app_limited;
    uint64_t enough_bps; ///< more is not wanted
};

void aimd_init(struct aimd *a, uint64_t start_bps, usec_t now);

/** Takes one feedback in. True if the rate was cut. */
bool aimd_update(struct aimd *a, const struct aimd_in *in, usec_t now);

/** Something else knows better (a probe, a loss): goes on from there. */
void aimd_set(struct aimd *a, uint64_t target_bps, usec_t now);

/** Likewise, where what was learned of the line's capacity was wrong. */
void aimd_restore(struct aimd *a, uint64_t target_bps, usec_t now);

#endif
