/**
 * Synthetic media in the shape of real codecs: payload descriptors and frame headers as
 * browsers send them, and in the last bytes of every payload a mark that says which frame of
 * whom it is. A receiver can so check order, completeness and content without decoding.
 */
#ifndef SIM_SHAPE_H
#define SIM_SHAPE_H

#include "base/media.h"
#include "base/usec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHAPE_HEAD_MAX 64 ///< bytes of descriptor and codec headers at most
#define MARK_SIZE      44 ///< bytes of a mark

/** One packet of one frame. */
struct shape {
    enum media_codec codec;
    bool key;
    bool ids; ///< VP8: with picture id, TL0PICIDX and TID
    uint8_t index, count;
    uint8_t sid, spatial; ///< layer of this frame, and how many there are (VP9)
    bool k_svc;           ///< they refer to each other in key pictures only
    uint8_t tid, tl0;
    bool sync; ///< VP8: it refers to the base layer alone
    uint16_t pid;
    uint16_t width, height; ///< of the largest layer
};

/** How an encoder layers its pictures, as in rtp/dd_make.h. */
struct shape_mode {
    uint8_t spatial, temporal;
    bool key;
};

/** Which packet this is. */
struct mark {
    uint16_t client;      ///< number of the publisher
    uint8_t pub, layer;   ///< place among what it publishes, and encoding
    uint16_t incarnation; ///< counts restarts of the publisher's encoder
    uint32_t frame;       ///< the picture's number
    uint8_t index, count; ///< packet of the frame: of the picture's layer
    bool key;
    uint8_t level; ///< audio level sent with it
    uint8_t sid;
    struct shape_mode mode; ///< how its pictures are layered
    uint32_t since;         ///< pictures since the key picture
    usec_t at;              ///< captured
};

/**
 * Writes a payload of `len` bytes (at least SHAPE_HEAD_MAX + MARK_SIZE): headers, filler, mark.
 * Opus has no headers.
 */
void shape_write(const struct shape *s, const struct mark *m, uint8_t *out, size_t len);

/**
 * Writes a payload of `len` bytes of a real frame: the payload descriptor, `bytes`, mark. VP8
 * and VP9. Returns its bytes; `out` has SHAPE_HEAD_MAX + len + MARK_SIZE.
 */
size_t shape_wrap(const struct shape *s, const struct mark *m, const uint8_t *bytes, size_t len,
                  uint8_t *out);

/** Reads the mark of a payload. False if it is none of ours or was damaged on the way. */
bool mark_read(const uint8_t *payload, size_t len, struct mark *m);

#endif
