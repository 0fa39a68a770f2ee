/**
 * What a packet's payload says about the frame it belongs to, without decoding it.
 *
 * VP8: RFC 7741. VP9: RFC 9628. H.264: RFC 6184. AV1: the AV1 RTP specification of AOMedia.
 */
#ifndef RTP_PAYLOAD_H
#define RTP_PAYLOAD_H

#include "base/drop.h"
#include "base/media.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAYLOAD_SPATIAL 4 ///< spatial layers whose sizes are kept

struct payload {
    enum media_codec codec;
    bool start_of_frame; ///< VP8, VP9: of a (layer) frame. H.264, AV1: a unit starts here
    bool keyframe;       ///< a keyframe starts with this packet: a receiver may begin here
    bool has_tid;        ///< `tid` and `layer_sync` were on the wire
    bool has_sid;        ///< VP9, AV1: `sid` was on the wire
    bool layer_sync;     ///< VP8's Y, VP9's U: one may climb to `tid` here
    bool discardable;    ///< VP8's N: no other frame refers to this one
    bool end_of_frame;   ///< the last packet of a layer's frame, where that is told (VP9's E)
    bool refers_back;    ///< VP9's P: the frame refers to a picture before its own
    bool not_for_upper;  ///< VP9's Z: no higher spatial layer refers to this frame
    uint8_t tid;         ///< temporal layer, 0 is the base
    uint8_t sid;         ///< spatial layer, 0 is the base
    uint8_t head_len;    ///< bytes of payload descriptor before the codec's own
    uint8_t pid_bits;    ///< VP8, VP9: 0 (no picture id), 7 or 15
    uint8_t pid_off;     ///< bytes from the payload's start to the picture id
    uint8_t tl0_off;     ///< likewise to TL0PICIDX, 0: none
    uint8_t tl0;         ///< TL0PICIDX
    uint16_t pid;        ///< picture id, `pid_bits` wide
    uint16_t width;      ///< pixels, of the largest spatial layer; 0: not told in this packet
    uint16_t height;
    uint8_t spatial; ///< VP9's structure: how many spatial layers there are; 0: not told here
    uint16_t layer_width[PAYLOAD_SPATIAL], layer_height[PAYLOAD_SPATIAL]; ///< likewise, 0: no

    /// What the frame is to whom. From layers_describe(), not from payload_parse().
    struct {
        bool layered;     ///< sid, tid and ends are known
        bool ends;        ///< the last packet of a layer's frame
        bool fresh;       ///< of a picture that needs none before it
        bool by_dd;       ///< from a dependency descriptor
        uint8_t sid, tid; ///< bounded
        uint16_t needed;  ///< layers that this frame is a part of; bits as by layer_bit()
        uint16_t opens;   ///< layers that one who can decode this frame may go on with
        uint16_t exist;   ///< layers that are being sent
    } part;
};

/**
 * Reads the `len` bytes at `data`. Returns DROP_NONE; DROP_SHORT for one that ends within its
 * descriptor, an empty one included; or DROP_MALFORMED. On a drop `*out` is unspecified. For
 * Opus every packet is a frame and a keyframe.
 */
enum drop payload_parse(struct payload *out, enum media_codec codec, const uint8_t *data,
                        size_t len);

#endif
