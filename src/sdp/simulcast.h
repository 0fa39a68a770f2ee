/** The encodings a client sends on one m-line (RFC 8851, RFC 8853, RFC 5576). */
#ifndef SDP_SIMULCAST_H
#define SDP_SIMULCAST_H

#include "offer.h"

#include <stdio.h>

bool rid_valid(struct span id);

/** Sets `m->encoding`, lowest quality first. To be called once `m->ext` is known. */
void simulcast_agree(const struct section *s, struct agree_mline *m);

/** a=rid and a=simulcast, in the order of the offer. */
void simulcast_write(FILE *out, const struct section *s, const struct agree_mline *m);

#endif
