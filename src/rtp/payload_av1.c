#include "payload_codecs.h"

#include "bits.h"

#define OBU_SEQUENCE_HEADER 1 // AV1 section 6.2.2

/** leb128() of AV1 section 4.10.5. False if it does not end. */
static bool leb128(const uint8_t *data, size_t len, size_t *off, size_t *value)
{
    *value = 0;
    for (unsigned i = 0; i < 8; i++) {
        if (*off >= len)
            return false;
        const uint8_t byte = data[(*off)++];
        *value |= (size_t)(byte & 0x7f) << (7 * i);
        if (!(byte & 0x80))
            return *value <= UINT32_MAX;
    }
    return false;
}

/** Notes an OBU of which `len` bytes from its header on are here. */
static void see_obu(struct payload *out, const uint8_t *obu, size_t len)
{
    if (len == 0)
        return;
    const unsigned type = obu[0] >> 3 & 15;
    const bool extended = obu[0] & 0x04;
    const bool sized = obu[0] & 0x02;
    size_t off = extended ? 2 : 1;
    size_t size = 0;

    if (off > len)
        return;
    if (extended && !out->has_tid) {
        out->has_tid = out->has_sid = true;
        out->tid = obu[1] >> 5;
        out->sid = obu[1] >> 3 & 3;
    }
    if (sized && !leb128(obu, len, &off, &size))
        return;
    if (type == OBU_SEQUENCE_HEADER)
        av1_sequence_size(obu + off, len - off, &out->width, &out->height);
}

/*
 *   0 1 2 3 4 5 6 7
 *  |Z|Y| W |N|-|-|-|   Z: the first element goes on from the packet before, Y: the last one
 * goes on in the next, W: how many elements (0: each has its length), N: a coded video sequence
 * starts
 */
enum drop payload_av1(struct payload *out, const uint8_t *data, size_t len)
{
    const bool continued = data[0] & 0x80;
    const unsigned count = data[0] >> 4 & 3;
    size_t off = 1;

    if (len < 2)
        return DROP_SHORT;
    out->head_len = 1;
    out->start_of_frame = !continued;
    out->keyframe = data[0] & 0x08;
    if (out->keyframe && continued)
        return DROP_MALFORMED;

    for (unsigned i = 1; off < len; i++) {
        size_t size = len - off;
        if (count != 0 && i > count)
            return DROP_MALFORMED;
        if (i != count && !leb128(data, len, &off, &size))
            return DROP_SHORT;
        if (size > len - off)
            return DROP_SHORT;
        if (i > 1 || !continued)
            see_obu(out, data + off, size);
        off += size;
    }
    return DROP_NONE;
}

/** What decoder_model_info() told: needed to skip the operating points' parameters. */
struct decoder_model {
    bool present;
    unsigned delay_bits;
};

/** timing_info() and decoder_model_info(), AV1 sections 5.5.3 and 5.5.4. */
static struct decoder_model skip_timing(struct bits *b)
{
    struct decoder_model model = {0};

    if (!bits_one(b)) // timing_info_present_flag
        return model;
    bits_read(b, 32);
    bits_read(b, 32);
    if (bits_one(b)) // equal_picture_interval
        bits_golomb(b);
    model.present = bits_one(b);
    if (model.present) {
        model.delay_bits = bits_read(b, 5) + 1;
        bits_read(b, 32);
        bits_read(b, 10);
    }
    return model;
}

static void skip_operating_points(struct bits *b, struct decoder_model model)
{
    const bool display_delay = bits_one(b);

    for (unsigned n = bits_read(b, 5) + 1; n > 0; n--) {
        bits_read(b, 12);        // operating_point_idc
        if (bits_read(b, 5) > 7) // seq_level_idx
            bits_one(b);         // seq_tier
        if (model.present && bits_one(b)) {
            bits_read(b, model.delay_bits);
            bits_read(b, model.delay_bits);
            bits_one(b);
        }
        if (display_delay && bits_one(b))
            bits_read(b, 4);
    }
}

bool av1_sequence_size(const uint8_t *obu, size_t len, uint16_t *width, uint16_t *height)
{
    struct bits b = {.p = obu, .len = len};

    // AV1 section 5.5.1
    bits_read(&b, 4); // seq_profile, still_picture
    if (bits_one(&b)) // reduced_still_picture_header
        bits_read(&b, 5);
    else
        skip_operating_points(&b, skip_timing(&b));
    const unsigned width_bits = bits_read(&b, 4) + 1;
    const unsigned height_bits = bits_read(&b, 4) + 1;
    const uint32_t w = bits_read(&b, width_bits) + 1;
    const uint32_t h = bits_read(&b, height_bits) + 1;
    if (b.over || w > UINT16_MAX || h > UINT16_MAX)
        return false;
    *width = (uint16_t)w;
    *height = (uint16_t)h;
    return true;
}
