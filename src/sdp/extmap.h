/** Header extensions: which are agreed on an m-line, and how they are written. */
#ifndef SDP_EXTMAP_H
#define SDP_EXTMAP_H

#include "offer.h"

#include <stdio.h>

/** False, and `*out` unchanged, if the URI is none of ours. */
bool extmap_known(struct span uri, enum media_ext *out);

/**
 * Sets `m->ext` for an m-line on which the client will do `direction` (enum direction bits):
 * the extensions that it offers and that we use there, with its ids.
 */
void extmap_agree(const struct section *s, unsigned direction, struct agree_mline *m);

/**
 * One id shall mean one thing on all m-lines of the bundle that the client receives (RFC 9143
 * section 9.1 asks for that, aiortc does not do it and stops when it is held to its offer):
 * takes out what contradicts, absolute send times first.
 */
void extmap_settle(struct agreement *a);

void extmap_write(FILE *out, const struct section *s, const struct agree_mline *m);

#endif
