/** libvpx's coders as the simulation uses them: real time, no threads, two temporal layers. */
#ifndef SIM_CODER_H
#define SIM_CODER_H

#include "picture.h"

#include "base/media.h"

#include <stddef.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

struct encoder {
    vpx_codec_ctx_t ctx;
    vpx_image_t image;
    unsigned width, height;
    int64_t count; ///< frames
};

/** Of VP8 or VP9; aborts if libvpx refuses. */
void encoder_init(struct encoder *e, enum media_codec codec, unsigned width, unsigned height,
                  unsigned kbps);
void encoder_fini(struct encoder *e);

/**
 * Codes one picture. Nothing refers to one of temporal layer 1. The bytes hold until the next
 * call.
 */
const uint8_t *encoder_code(struct encoder *e, const struct picture *p, bool key, unsigned tid,
                            size_t *len);

struct decoder {
    bool open;
    enum media_codec codec;
    vpx_codec_ctx_t ctx;
};

void decoder_fini(struct decoder *d);

/**
 * Decodes one frame (with another codec than the one before: by another decoder). NULL, or the
 * picture, valid until the next call; NULL with `*why` set: it failed.
 */
const vpx_image_t *decoder_decode(struct decoder *d, enum media_codec codec,
                                  const uint8_t *bytes, size_t len, const char **why);

#endif
