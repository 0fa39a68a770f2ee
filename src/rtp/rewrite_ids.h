/** The rewriter's half that knows picture ids, TL0PICIDX and frame numbers. */
#ifndef RTP_REWRITE_IDS_H
#define RTP_REWRITE_IDS_H

#include "rtp/rewrite.h"

/** What went out with a packet. */
struct ids_placed {
    bool pid, tl0, wide;
    uint16_t pid_value; ///< as wide as it was sent
    uint8_t tl0_value;
};

/** Chooses how ids go on with the source of `in`. Returns the first span's pid_delta. */
uint16_t ids_switch(struct rewrite *rw, struct rewrite_generation *g,
                    const struct rewrite_in *in);

/** The pid_delta behind a skipped packet, given the one before it. `desc` may be NULL. */
uint16_t ids_skip(struct rewrite *rw, const struct rewrite_generation *g, uint16_t pid_delta,
                  const struct payload *desc);

/** The frame that `in` belongs to, a new one if need be; NULL if ids are not made or too late.
 */
const struct rewrite_frame *ids_frame(struct rewrite *rw, const struct rewrite_generation *g,
                                      const struct rewrite_in *in);

/** The frame of time `ts`, if it is known. */
const struct rewrite_frame *ids_known_frame(const struct rewrite *rw, uint32_t ts);

/** Writes the new payload descriptor into `out`. */
struct ids_placed ids_place(const struct rewrite_generation *g, const struct rewrite_span *s,
                            const struct rewrite_frame *frame, const struct rewrite_in *in,
                            struct rewritten *out);

/** Remembers the ids of the newest packet sent. */
void ids_note(struct rewrite *rw, const struct ids_placed *placed, const struct rewrite_in *in);

#endif
