/** One parser a codec. `*out` comes zeroed but for the codec; `len` is at least 1. */
#ifndef RTP_PAYLOAD_CODECS_H
#define RTP_PAYLOAD_CODECS_H

#include "rtp/payload.h"

enum drop payload_vp8(struct payload *out, const uint8_t *data, size_t len);
enum drop payload_vp9(struct payload *out, const uint8_t *data, size_t len);
enum drop payload_h264(struct payload *out, const uint8_t *data, size_t len);
enum drop payload_av1(struct payload *out, const uint8_t *data, size_t len);

/** The size in an H.264 sequence parameter set (with its NAL header). False if unreadable. */
bool h264_sps_size(const uint8_t *sps, size_t len, uint16_t *width, uint16_t *height);

/** The size in an AV1 sequence header OBU (without its OBU header). False if unreadable. */
bool av1_sequence_size(const uint8_t *obu, size_t len, uint16_t *width, uint16_t *height);

#endif
