/**
 * Who speaks: audio levels (RFC 6464) made into loudness and dominance.
 *
 * After Volfin and Cohen, "Dominant speaker identification for multipoint videoconferencing"
 * (2012): activity is scored over three spans, so that a cough is no speech and a "yes" takes
 * no floor; a challenger must beat the one who speaks now in all three.
 */
#ifndef RTP_SPEAKER_H
#define RTP_SPEAKER_H

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

#define SPEAKER_FRAME    (20 * USEC_PER_MS) ///< one level's span
#define SPEAKER_FRAMES   50                 ///< frames of history: the longest span is a second
#define SPEAKER_INTERVAL (300 * USEC_PER_MS) ///< how often to call speaker_pick()

/** One participant's voice. Rings are by frame number. */
struct speaker {
    bool started;
    bool flags_voice;               ///< the voice flag has been seen set: it is to be believed
    uint8_t floor;                  ///< the noise around, as estimated
    int64_t frame;                  ///< number of the newest frame
    uint8_t level[SPEAKER_FRAMES];  ///< 0 silent .. 127 loudest
    uint8_t active[SPEAKER_FRAMES]; ///< how far above the floor; 0: no voice
};

void speaker_init(struct speaker *s);

/**
 * A packet's level as the extension has it: 0 is the loudest, 127 silence. `vad` is its voice
 * flag; senders that set none are judged by the level alone. True if it is a voice, above the
 * noise.
 */
bool speaker_on_level(struct speaker *s, uint8_t level, bool vad, usec_t now);

/** Loudness over the last half second, 0 (silent) .. 127: for meters and the loudest few. */
uint8_t speaker_loudness(const struct speaker *s, usec_t now);

/**
 * Who dominates among `n` speakers (NULLs are passed over). `current` is the index of the one
 * before, -1 for none, and stays if nobody is clearly more active: also when all are silent.
 * Returns an index, or -1 if there was nobody and still nobody speaks.
 */
int speaker_pick(const struct speaker *const *all, unsigned n, int current, usec_t now);

#endif
