/**
 * The layers inside one stream: temporal ones of every codec, spatial ones of VP9 and AV1
 * (SVC). Which there are, what they cost, and which packets a receiver of a lower one is
 * spared.
 *
 *   layers        belongs to a stream: what its packets showed (sizes, bit rates)
 *   layer_filter  belongs to a slot: what it gets now, what it shall get, what passes
 */
#ifndef RTP_LAYERS_H
#define RTP_LAYERS_H

#include "base/usec.h"
#include "rtp/payload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAYERS_SPATIAL  4
#define LAYERS_TEMPORAL 4

/** One place in a stream: everything up to and including these two. */
struct layer {
    uint8_t sid, tid;
};

/** What a stream's packets have shown. Zero it to begin; again when the stream begins anew. */
struct layers {
    uint8_t spatial, temporal; ///< how many there are, at least 1 once a frame was seen
    uint16_t width[LAYERS_SPATIAL], height[LAYERS_SPATIAL]; ///< pixels, 0 unknown
    struct {
        uint32_t bytes;    ///< of this layer alone, in the window being filled
        uint32_t rate_bps; ///< of this layer alone, smoothed over about a second
        usec_t seen_at;    ///< its newest packet came; 0 never
    } at[LAYERS_SPATIAL][LAYERS_TEMPORAL];
    usec_t window_at; ///< the window being filled began then; 0 none
};

/** A packet of the stream, `len` bytes. `desc` is complete (the dependency descriptor is in
 * it). */
void layers_note(struct layers *l, const struct payload *desc, size_t len, usec_t now);

/** Bits a second of everything up to `top`; 0 if nothing is known. */
uint64_t layers_rate(const struct layers *l, struct layer top, usec_t now);

/** The highest layer that is alive. */
struct layer layers_top(const struct layers *l, usec_t now);

/** What one receiver gets of the stream. */
struct layer_filter {
    struct layer now;  ///< passes
    struct layer goal; ///< shall pass, from the next packet at which that is possible
    bool started;
};

/** A stream is seated at a keyframe: everything up to `goal` passes at once. */
void layer_filter_start(struct layer_filter *f, struct layer goal);

/** Up or down. Down takes effect at the next frame, up where the codec allows it. */
void layer_filter_aim(struct layer_filter *f, struct layer goal);

/** True if going up spatially needs a keyframe that has to be asked for. */
bool layer_filter_needs_key(const struct layer_filter *f);

/**
 * Does this packet pass? Moves `now` towards `goal` where the packet allows. `*marker` comes as
 * the packet has it and leaves as the receiver must see it: the end of the highest spatial
 * layer that passes ends the picture.
 */
bool layer_filter_pass(struct layer_filter *f, const struct payload *desc, bool *marker);

#endif
