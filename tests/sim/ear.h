/**
 * Sound that says when it was made: libopus codes a beep at every quarter of a second of the
 * publisher's clock, and who decodes it hears when that was.
 */
#ifndef SIM_EAR_H
#define SIM_EAR_H

#include "pub.h"
#include "sink.h"

#include <opus.h>

/** A publisher's microphone. */
struct mouth {
    OpusEncoder *coder; ///< owned
    int lookahead;      ///< samples by which what is decoded comes late
    uint8_t bytes[400];
};

/** From now on `p`, a microphone, sends beeps. Aborts if libopus refuses. */
void mouth_open(struct mouth *m, struct pub *p);
void mouth_close(struct mouth *m);

/** A viewer's ear on one slot of sound. */
struct ear {
    OpusDecoder *coder; ///< owned
    int lookahead;      ///< as the mouth's
    unsigned quiet;     ///< samples without sound
    bool any;           ///< `last` holds
    struct mark last;   ///< decoded last: the next one may be of another source, or later
    bool has_skew;
    unsigned client; ///< whose the last beep was
    int64_t skew_us; ///< when it seemed to be, by the sender reports, less when it was
    unsigned beeps;  ///< heard in all
};

void ear_open(struct ear *e, struct sink *s);
void ear_close(struct ear *e);

#endif
