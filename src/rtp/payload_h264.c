#include "payload_codecs.h"

#include "base/bytes.h"
#include "bits.h"

// RFC 6184 section 5.2, table 1, and H.264 table 7-1
enum {
    NAL_SLICE = 1,
    NAL_IDR = 5,
    NAL_SEI = 6,
    NAL_SPS = 7,
    NAL_PPS = 8,
    NAL_AUD = 9,
    NAL_LAST_SINGLE = 23,
    NAL_STAP_A = 24,
    NAL_FU_A = 28,
};

#define SPS_MAX 64 // bytes looked at: the size comes early

/** Notes one NAL unit of which `len` bytes (header included, at least 1) are here. */
static void see_nal(struct payload *out, uint8_t type, const uint8_t *nal, size_t len)
{
    switch (type) {
    case NAL_SLICE:
    case NAL_IDR:
        // H.264 section 7.3.3: first_mb_in_slice, ue(v); 0, a single 1 bit, starts a picture
        if (len > 1 && (nal[1] & 0x80)) {
            out->start_of_frame = true;
            out->keyframe = out->keyframe || type == NAL_IDR;
        }
        break;
    case NAL_SPS:
        out->keyframe = true;
        out->start_of_frame = true;
        h264_sps_size(nal, len, &out->width, &out->height);
        break;
    case NAL_SEI:
    case NAL_PPS:
    case NAL_AUD:
        out->start_of_frame = true;
        break;
    default:
        break;
    }
}

/** RFC 6184 section 5.7.1: several whole NAL units, each with its length before it. */
static enum drop stap_a(struct payload *out, const uint8_t *data, size_t len)
{
    size_t off = 1;

    if (len < 4)
        return DROP_SHORT;
    while (off < len) {
        if (off + 2 > len)
            return DROP_SHORT;
        const size_t nal_len = rd16(data + off);
        off += 2;
        if (nal_len == 0)
            return DROP_MALFORMED;
        if (off + nal_len > len)
            return DROP_SHORT;
        see_nal(out, data[off] & 0x1f, data + off, nal_len);
        off += nal_len;
    }
    return DROP_NONE;
}

enum drop payload_h264(struct payload *out, const uint8_t *data, size_t len)
{
    const uint8_t type = data[0] & 0x1f;

    if (type >= 1 && type <= NAL_LAST_SINGLE) {
        see_nal(out, type, data, len);
        return DROP_NONE;
    }
    if (type == NAL_STAP_A)
        return stap_a(out, data, len);
    if (type == NAL_FU_A) { // RFC 6184 section 5.8: indicator, |S|E|R|type|, fragment
        if (len < 3)
            return DROP_SHORT;
        if (data[1] & 0x80)
            see_nal(out, data[1] & 0x1f, data + 1, len - 1);
        return DROP_NONE;
    }
    return DROP_MALFORMED; // the interleaved mode is never agreed to, the rest has no meaning
}

/** Copies without the emulation prevention bytes (H.264 section 7.4.1). Returns the bytes. */
static size_t unescape(uint8_t *out, size_t cap, const uint8_t *in, size_t len)
{
    size_t n = 0;
    unsigned zeros = 0;

    for (size_t i = 0; i < len && n < cap; i++) {
        if (zeros == 2 && in[i] == 3) {
            zeros = 0;
            continue;
        }
        zeros = in[i] == 0 ? zeros + (zeros < 2) : 0;
        out[n++] = in[i];
    }
    return n;
}

static void skip_scaling_lists(struct bits *b, unsigned lists)
{
    for (unsigned i = 0; i < lists; i++) {
        if (!bits_one(b))
            continue;
        // H.264 section 7.3.2.1.1.1: deltas until one makes the next scale 0
        uint32_t last = 8, next = 8;
        for (unsigned j = 0; j < (i < 6 ? 16u : 64u) && !b->over; j++) {
            if (next != 0) {
                const uint32_t k = bits_golomb(b);
                const uint32_t delta = k & 1 ? (k + 1) / 2 : 0u - k / 2;
                next = (last + delta) & 0xff;
            }
            last = next ? next : last;
        }
    }
}

static bool has_chroma_info(uint32_t profile)
{
    static const uint8_t high[] = {100, 110, 122, 244, 44,  83, 86,
                                   118, 128, 138, 139, 134, 135};

    for (unsigned i = 0; i < sizeof(high); i++) {
        if (profile == high[i])
            return true;
    }
    return false;
}

/** chroma_format_idc and what belongs to it. Returns it: 0 monochrome, 1 4:2:0, ... */
static uint32_t chroma_info(struct bits *b)
{
    const uint32_t format = bits_golomb(b);

    if (format == 3)
        bits_one(b); // separate_colour_plane_flag
    bits_golomb(b);  // bit_depth_luma_minus8
    bits_golomb(b);  // bit_depth_chroma_minus8
    bits_one(b);     // qpprime_y_zero_transform_bypass_flag
    if (bits_one(b)) // seq_scaling_matrix_present_flag
        skip_scaling_lists(b, format == 3 ? 12 : 8);
    return format;
}

static void skip_order_count(struct bits *b)
{
    const uint32_t type = bits_golomb(b);

    if (type == 0) {
        bits_golomb(b);
    } else if (type == 1) {
        bits_one(b);
        bits_golomb(b);
        bits_golomb(b);
        for (uint32_t n = bits_golomb(b); n > 0 && !b->over; n--)
            bits_golomb(b);
    }
}

bool h264_sps_size(const uint8_t *sps, size_t len, uint16_t *width, uint16_t *height)
{
    uint8_t plain[SPS_MAX];

    // H.264 section 7.3.2.1.1
    struct bits b = {.p = plain, .len = unescape(plain, sizeof(plain), sps, len)};
    bits_read(&b, 8); // NAL header
    const uint32_t profile = bits_read(&b, 8);
    bits_read(&b, 16); // constraints, level
    bits_golomb(&b);   // seq_parameter_set_id
    const uint32_t chroma = has_chroma_info(profile) ? chroma_info(&b) : 1;
    bits_golomb(&b); // log2_max_frame_num_minus4
    skip_order_count(&b);
    bits_golomb(&b); // max_num_ref_frames
    bits_one(&b);    // gaps_in_frame_num_value_allowed_flag
    uint64_t w = 16 * ((uint64_t)bits_golomb(&b) + 1);
    uint64_t h = 16 * ((uint64_t)bits_golomb(&b) + 1);
    const unsigned fields = bits_one(&b) ? 1 : 2; // frame_mbs_only_flag
    h *= fields;
    if (fields == 2)
        bits_one(&b); // mb_adaptive_frame_field_flag
    bits_one(&b);     // direct_8x8_inference_flag
    if (bits_one(&b)) {
        const unsigned x = chroma == 1 || chroma == 2 ? 2 : 1;
        const unsigned y = (chroma == 1 ? 2 : 1) * fields;
        const uint64_t left = bits_golomb(&b), right = bits_golomb(&b);
        const uint64_t top = bits_golomb(&b), bottom = bits_golomb(&b);
        if (x * (left + right) >= w || y * (top + bottom) >= h)
            return false;
        w -= x * (left + right);
        h -= y * (top + bottom);
    }
    if (b.over || w > UINT16_MAX || h > UINT16_MAX)
        return false;
    *width = (uint16_t)w;
    *height = (uint16_t)h;
    return true;
}
