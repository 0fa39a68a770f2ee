/** The answer as text. */
#ifndef SDP_WRITE_H
#define SDP_WRITE_H

#include "offer.h"

#include <stdio.h>

/** The whole answer, allocated; NULL without memory. `tagged` as bundle_tagged() gives it. */
char *answer_write(const struct offer *o, const struct agreement *a,
                   const struct sdp_local *local, int tagged);

/** a=candidate for each of our addresses, and a=end-of-candidates. */
void write_candidates(FILE *out, const struct sdp_local *local);

#endif
