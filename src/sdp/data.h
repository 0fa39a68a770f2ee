/** Data channels in an offer and its answer (RFC 8841, RFC 8864). */
#ifndef SDP_DATA_H
#define SDP_DATA_H

#include "offer.h"

#include <stdio.h>

/**
 * Agrees on a data m-line: `m->active` and `m->data`. False, and nothing changed, if it is none
 * we speak: the old form "DTLS/SCTP 5000" with a=sctpmap, or one without a=sctp-port.
 */
bool data_agree(const struct section *s, const struct sdp_local *local, struct agree_mline *m);

/** What stands under such an m-line beside its transport. */
void data_write(FILE *out);

#endif
