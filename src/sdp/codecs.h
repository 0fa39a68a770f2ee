/** Codecs: which payload types of an m-line are agreed, and how they are answered. */
#ifndef SDP_CODECS_H
#define SDP_CODECS_H

#include "offer.h"

#include <stdio.h>

/** Sets `m->codec`, in the order of the offer; none if we share none. */
void codecs_agree(const struct section *s, struct agree_mline *m);

/** Sets the feedback of each codec. To be called once `m->ext` is known. */
void codecs_agree_feedback(const struct section *s, struct agree_mline *m);

/** True if any codec has its RTX. */
bool codecs_have_rtx(const struct agree_mline *m);

/** " 96 97 98": the payload types for the m= line, the one to be sent first. */
void codecs_write_formats(FILE *out, const struct section *s, const struct agree_mline *m);

/** a=rtpmap, a=rtcp-fb and a=fmtp of each. */
void codecs_write(FILE *out, const struct section *s, const struct agree_mline *m);

#endif
