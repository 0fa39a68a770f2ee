/**
 * The dependency descriptor: a header extension that says which frame a packet is of, which
 * frames that one needs, and which receivers need it (AV1 RTP specification, appendix A; it is
 * used with other codecs too).
 *
 * A *structure* comes with a keyframe and holds for what follows. It names the decode targets
 * (a spatial and a temporal layer each) and templates of frames; a packet names a template and
 * tells only what differs from it.
 */
#ifndef RTP_DD_H
#define RTP_DD_H

#include "base/drop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DD_TEMPLATES 64 ///< ids have six bits
#define DD_TARGETS   32
#define DD_CHAINS    32
#define DD_SPATIAL   4  ///< layers; AV1 has no more
#define DD_TEMPORAL  8  ///< likewise
#define DD_FDIFFS    16 ///< frames one refers to; H.264 has 16, the others fewer

/** What a frame is to a decode target (table A.1). */
enum dd_indication {
    DD_NOT_PRESENT, ///< not a part of it
    DD_DISCARDABLE, ///< a part that no other of its frames refers to
    DD_SWITCH,      ///< who can decode this one can decode all that follow
    DD_REQUIRED,    ///< a part, and neither of the two
};

/** One frame's layer and dependencies. */
struct dd_frame {
    uint8_t sid, tid;
    uint8_t fdiff_count;
    uint16_t fdiff[DD_FDIFFS]; ///< frames back to one it refers to, 1..4096
    uint64_t dti;              ///< enum dd_indication of target i in bits 2i and 2i + 1
    uint8_t chain[DD_CHAINS];  ///< frames back to the chain's last one, 0: the chain is whole
};

/** The same as a structure has it, in small. */
struct dd_template {
    uint8_t sid, tid;
    uint8_t fdiff_count;
    uint8_t fdiff[DD_FDIFFS];     ///< 1..16
    uint8_t chain[DD_CHAINS / 2]; ///< chain i in the low (even i) or high half of [i / 2]
    uint64_t dti;
};

struct dd_structure {
    uint8_t offset;         ///< id of the first template
    uint8_t template_count; ///< 0: there is no structure
    uint8_t target_count;   ///< 1..DD_TARGETS
    uint8_t chain_count;    ///< 0: chains are not used
    uint8_t spatial;        ///< layers, 1..DD_SPATIAL
    bool has_sizes;
    uint16_t width[DD_SPATIAL], height[DD_SPATIAL]; ///< pixels, if `has_sizes`
    uint8_t protected_by[DD_TARGETS];               ///< the target's chain
    uint8_t target_sid[DD_TARGETS], target_tid[DD_TARGETS];
    struct dd_template template[DD_TEMPLATES];
};

/** One packet's descriptor. */
struct dd {
    bool start_of_frame, end_of_frame;
    bool has_structure; ///< it brought one
    bool has_active;    ///< `active` holds: with a structure always
    uint8_t template_id;
    uint16_t number; ///< of the frame
    uint32_t active; ///< bit i: target i is being sent
    struct dd_frame frame;
};

/**
 * Reads the `len` bytes at `data`. `*st` is the stream's structure (template_count 0: none
 * yet) and becomes the new one if the packet brings one. Returns DROP_NONE; DROP_SHORT; or
 * DROP_MALFORMED if it contradicts itself, or points outside of the structure: then `*st` is as
 * it was and `*out` is unspecified.
 */
enum drop dd_parse(struct dd *out, struct dd_structure *st, const uint8_t *data, size_t len);

/** What the frame is to target `i`. */
static inline enum dd_indication dd_of(uint64_t dti, unsigned i)
{
    return (enum dd_indication)(dti >> (2 * i) & 3);
}

#endif
