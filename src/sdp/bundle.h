/** Which m-lines share our one transport (RFC 9143). */
#ifndef SDP_BUNDLE_H
#define SDP_BUNDLE_H

#include "offer.h"

/**
 * Checks the group and sets `bundled` of the m-lines that can be accepted at all. Returns 0, or
 * -EINVAL with `*err`: mids that stand twice or nowhere, or several m-lines without a group.
 */
int bundle_check(struct offer *o, struct sdp_error *err);

/**
 * The m-line whose transport attributes count: the first of the group that `a` accepts. -1 if
 * it accepts none.
 */
int bundle_tagged(const struct offer *o, const struct agreement *a);

/** The m-line that the offer tagged, whether or not we accept it; -1 without a group. */
int bundle_offered_tag(const struct offer *o);

#endif
