/** Tracks and slots: sources, roles, pairs and SSRCs of the m-lines. */
#ifndef SDP_SLOTS_H
#define SDP_SLOTS_H

#include "offer.h"

/**
 * Sets source, role, pair and SSRCs of each m-line whose directions and codecs are known. What
 * `previous` (NULL for a fresh peer connection) had for a mid stays. Returns 0, or -EINVAL with
 * `*err` for a hint that does not fit its m-line.
 */
int slots_agree(const struct offer *o, const struct sdp_local *local,
                const struct agreement *previous, struct agreement *a, struct sdp_error *err);

#endif
