/**
 * The layers inside one stream: temporal ones of every codec, spatial ones of VP9 and AV1
 * (SVC). Which there are, what they cost, and which packets a receiver of a lower one is
 * spared.
 *
 *   layers        belongs to a stream: what its packets showed (structure, sizes, bit rates)
 *   layer_filter  belongs to a slot: what it gets now, what it shall get, what passes
 *
 * All codecs are brought to one form: a frame is *needed* by some layers, and *opens* some. A
 * filter leaves out the frames that its layer does not need, and remembers which layers have
 * lost a frame by that: these are *broken*, until a frame that opens them, or a keyframe. It
 * changes to any layer that is not broken, at the beginning of a picture.
 *
 *            tid 0 1 2 3        e.g. S1 T0 of VP9's L3T3 is needed by  . . . .
 *    sid 0       . . . .        all layers from it on:                 x x x x
 *    sid 1       . . . .                                               x x x x
 *    ...
 */
#ifndef RTP_LAYERS_H
#define RTP_LAYERS_H

#include "base/usec.h"
#include "rtp/dd.h"
#include "rtp/payload.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAYERS_SPATIAL  4 ///< what is higher counts as the highest of these
#define LAYERS_TEMPORAL 4
#define LAYERS_CHANGES  16 ///< changes of a filter's layer back that are remembered

/** One place in a stream: everything up to and including these two. */
struct layer {
    uint8_t sid, tid;
};

/** All there is. */
#define LAYER_ALL ((struct layer){LAYERS_SPATIAL - 1, LAYERS_TEMPORAL - 1})

/** The layer's place in the masks of struct payload's `part`. */
static inline uint16_t layer_bit(unsigned sid, unsigned tid)
{
    return (uint16_t)(1u << (sid * LAYERS_TEMPORAL + tid));
}

/** What a stream's packets have shown. Zero it to begin; again when the stream begins anew. */
struct layers {
    uint8_t spatial, temporal; ///< how many there are, at least 1 once a frame was seen
    uint16_t width[LAYERS_SPATIAL], height[LAYERS_SPATIAL]; ///< pixels, 0 unknown
    struct {
        uint32_t bytes;      ///< of this layer alone, in the window being filled
        uint32_t shared;     ///< of these, what higher spatial layers need too
        uint32_t rate_bps;   ///< of this layer alone, smoothed over about a second
        uint32_t shared_bps; ///< likewise
        usec_t seen_at;      ///< its newest packet came; 0 never
    } at[LAYERS_SPATIAL][LAYERS_TEMPORAL];
    usec_t window_at; ///< the window being filled began then; 0 none
    usec_t began_at;  ///< the first packet came
    usec_t seen_at;   ///< the newest packet came
    bool measured;    ///< rates hold

    uint16_t exist;  ///< layers that are being sent, as the stream itself says; 0: not yet
    uint32_t active; ///< decode targets that are being sent
    uint32_t told;   ///< time stamp of the packet that said so
    struct dd_structure dd;
};

/** Is the picture of time `ts` after the one of time `ref`? What is 10 s older is not late, but
 * of a source whose clock began anew. */
static inline bool layer_later(uint32_t ts, uint32_t ref)
{
    const int32_t ahead = (int32_t)(ts - ref);
    return ahead > 0 || ahead < -10 * 90000;
}

/**
 * Completes the description of a packet of time `ts`: fills `desc->part`, from its dependency
 * descriptor `dd` of `dd_len` bytes (NULL: it has none) or else from the codec's own. Keeps the
 * structure that comes with it. Returns false if the descriptor makes no sense (it points
 * outside of the structure, or that is missing): the packet then counts as needed by everybody.
 */
bool layers_describe(struct layers *l, struct payload *desc, uint32_t ts, const uint8_t *dd,
                     size_t dd_len);

/** What layers_describe() found, small enough to be kept with a packet that may be sent again.
 */
uint64_t layers_memo(const struct payload *desc);

/** Puts it back into a description that payload_parse() made of the same packet. */
void layers_recall(struct payload *desc, uint64_t memo);

/** A packet of the stream, `len` bytes, described by layers_describe(). */
void layers_note(struct layers *l, const struct payload *desc, size_t len, usec_t now);

/**
 * Bits a second of what a receiver of `top` gets: everything up to it, without the frames of
 * lower spatial layers that the higher ones do not need. 0 if nothing is known.
 */
uint64_t layers_rate(const struct layers *l, struct layer top, usec_t now);

/** The highest layer that is alive: one that pauses while others go on is not. */
struct layer layers_top(const struct layers *l, usec_t now);

/** `width` and `height` come as the whole stream's and leave as spatial layer `sid`'s. */
void layers_size(const struct layers *l, unsigned sid, uint16_t *width, uint16_t *height);

/** From the picture at time `ts` on, this layer (its number in a mask). */
struct layer_change {
    uint32_t ts; ///< media ticks, as they came
    uint8_t layer;
};

/** What one receiver gets of the stream. */
struct layer_filter {
    struct layer now;  ///< passes
    struct layer goal; ///< shall pass, from the next packet at which that is possible
    bool started;
    bool past_lost;  ///< the source's clock began anew: what was decided before is not known
    uint8_t waited;  ///< pictures for which the goal was not to be had
    uint16_t broken; ///< layers that lost a frame because it was left out
    uint16_t exist;  ///< layers that are being sent
    uint32_t ts;     ///< of the newest picture
    uint32_t fresh;  ///< of the newest one that needs nothing before it
    uint8_t newest, count;
    struct layer_change change[LAYERS_CHANGES];
};

/** A stream is seated at a keyframe: everything up to `goal` passes at once. */
void layer_filter_start(struct layer_filter *f, struct layer goal);

/** Up or down, from the next picture at which that is possible without harm: down mostly at
 * once, up where the codec allows it. */
void layer_filter_aim(struct layer_filter *f, struct layer goal);

/**
 * True if the goal needs a keyframe that has to be asked for: going up spatially, and, where
 * the lower spatial layers' frames are not part of the higher ones (K-SVC), going down too.
 */
bool layer_filter_needs_key(const struct layer_filter *f);

/**
 * Does this packet pass? Moves `now` towards `goal` where its picture, of time `ts`, allows.
 * `*marker` comes as the packet has it and leaves as the receiver must see it: the end of the
 * highest spatial layer that passes ends the picture.
 */
bool layer_filter_pass(struct layer_filter *f, const struct payload *desc, uint32_t ts,
                       bool *marker);

/** What became of a packet that came before. */
enum layer_fate {
    LAYER_UNKNOWN, ///< so long ago that it is forgotten: it must not be sent again
    LAYER_LEFT_OUT,
    LAYER_PASSED,
};

/** For a resend: the same decision again, and the same `*marker`. */
enum layer_fate layer_filter_again(const struct layer_filter *f, const struct payload *desc,
                                   uint32_t ts, bool *marker);

#endif
