#include "rtp/payload.h"

#include "base/bytes.h"
#include "payload_codecs.h"

enum drop payload_parse(struct payload *out, enum media_codec codec, const uint8_t *data,
                        size_t len)
{
    *out = (struct payload){.codec = codec};
    if (len == 0)
        return DROP_SHORT;

    switch (codec) {
    case CODEC_VP8:
        return payload_vp8(out, data, len);
    case CODEC_VP9:
        return payload_vp9(out, data, len);
    case CODEC_H264:
        return payload_h264(out, data, len);
    case CODEC_AV1:
        return payload_av1(out, data, len);
    case CODEC_OPUS:
        out->start_of_frame = out->keyframe = true;
        return DROP_NONE;
    case CODEC_COUNT:
        break;
    }
    return DROP_MALFORMED;
}

/** A picture id of 7 or 15 bits at `*off`: the same in RFC 7741 and RFC 9628. */
static bool picture_id(struct payload *out, const uint8_t *data, size_t len, size_t *off)
{
    if (*off >= len)
        return false;
    const bool wide = data[*off] & 0x80;
    if (wide && *off + 2 > len)
        return false;
    out->pid_off = (uint8_t)*off;
    out->pid_bits = wide ? 15 : 7;
    out->pid = wide ? rd16(data + *off) & 0x7fff : data[*off];
    *off += wide ? 2 : 1;
    return true;
}

/** RFC 7741 section 4.2: the fields that the X bit announces. */
static bool vp8_extended(struct payload *out, const uint8_t *data, size_t len, size_t *off)
{
    if (*off >= len)
        return false;
    const uint8_t flags = data[(*off)++];

    if ((flags & 0x80) && !picture_id(out, data, len, off))
        return false;
    if (flags & 0x40) {
        if (*off >= len)
            return false;
        out->tl0_off = (uint8_t)*off;
        out->tl0 = data[(*off)++];
    }
    if (flags & 0x30) { // T or K: one byte for both
        if (*off >= len)
            return false;
        if (flags & 0x20) {
            out->has_tid = true;
            out->tid = data[*off] >> 6;
            out->layer_sync = data[*off] & 0x20;
        }
        (*off)++;
    }
    return true;
}

/*
 *   0 1 2 3 4 5 6 7
 *  |X|R|N|S|R| PID |   then, if X:  |I|L|T|K| RSV |, picture id, TL0PICIDX, |TID|Y| KEYIDX |
 */
enum drop payload_vp8(struct payload *out, const uint8_t *data, size_t len)
{
    size_t off = 1;

    if ((data[0] & 0x80) && !vp8_extended(out, data, len, &off))
        return DROP_SHORT;
    if (off >= len)
        return DROP_SHORT;
    out->head_len = (uint8_t)off;
    out->discardable = data[0] & 0x20;
    out->start_of_frame = (data[0] & 0x17) == 0x10; // S, and partition 0

    // RFC 6386 section 9.1: the frame tag's lowest bit is 0 in a keyframe; a start code and the
    // size follow the three bytes of the tag.
    const uint8_t *frame = data + off;
    out->keyframe = out->start_of_frame && !(frame[0] & 1);
    if (out->keyframe && len - off >= 10) {
        if (frame[3] != 0x9d || frame[4] != 0x01 || frame[5] != 0x2a)
            return DROP_MALFORMED;
        out->width = (uint16_t)((frame[6] | frame[7] << 8) & 0x3fff);
        out->height = (uint16_t)((frame[8] | frame[9] << 8) & 0x3fff);
    }
    return DROP_NONE;
}

/** RFC 9628 section 4.2.1: the scalability structure. Its picture group is passed over. */
static bool vp9_structure(struct payload *out, const uint8_t *data, size_t len, size_t *off)
{
    if (*off >= len)
        return false;
    const uint8_t head = data[(*off)++];
    const unsigned layers = (head >> 5) + 1u;

    out->spatial = (uint8_t)layers;
    if (head & 0x10) { // Y: sizes
        if (*off + 4 * (size_t)layers > len)
            return false;
        for (unsigned i = 0; i < layers && i < PAYLOAD_SPATIAL; i++) {
            out->layer_width[i] = rd16(data + *off + 4 * (size_t)i);
            out->layer_height[i] = rd16(data + *off + 4 * (size_t)i + 2);
        }
        *off += 4 * (size_t)layers;
        out->width = rd16(data + *off - 4);
        out->height = rd16(data + *off - 2);
    }
    if (head & 0x08) { // G: the picture group
        if (*off >= len)
            return false;
        for (unsigned pictures = data[(*off)++]; pictures > 0; pictures--) {
            if (*off >= len)
                return false;
            *off += 1u + (data[*off] >> 2 & 3); // and as many P_DIFFs as R says
        }
    }
    return *off <= len;
}

/** RFC 9628 section 4.2: layer indices and reference indices. */
static bool vp9_layers(struct payload *out, const uint8_t *data, size_t len, size_t *off)
{
    const bool flexible = data[0] & 0x10;

    if (data[0] & 0x20) { // L
        if (*off >= len)
            return false;
        const uint8_t layer = data[(*off)++];
        out->has_tid = out->has_sid = true;
        out->tid = layer >> 5;
        out->layer_sync = layer & 0x10;
        out->sid = layer >> 1 & 7;
        if (!flexible) {
            if (*off >= len)
                return false;
            out->tl0_off = (uint8_t)*off;
            out->tl0 = data[(*off)++];
        }
    }
    if (flexible && (data[0] & 0x40)) {
        // Up to three P_DIFFs, each of which says whether another one follows.
        bool more = true;
        for (int n = 0; more; n++) {
            if (n == 3 || *off >= len)
                return false;
            more = data[(*off)++] & 1;
        }
    }
    return true;
}

/*
 *   0 1 2 3 4 5 6 7
 *  |I|P|L|F|B|E|V|Z|   picture id (I), |TID|U|SID|D| and TL0PICIDX (L), P_DIFF (F and P),
 *                      scalability structure (V)
 */
enum drop payload_vp9(struct payload *out, const uint8_t *data, size_t len)
{
    size_t off = 1;

    if ((data[0] & 0x80) && !picture_id(out, data, len, &off))
        return DROP_SHORT;
    if (!vp9_layers(out, data, len, &off))
        return DROP_SHORT;
    if ((data[0] & 0x02) && !vp9_structure(out, data, len, &off))
        return DROP_SHORT;
    if (off >= len)
        return DROP_SHORT;

    // A picture group can make the descriptor long; nobody replaces all of it.
    out->head_len = (uint8_t)(off < UINT8_MAX ? off : UINT8_MAX);
    out->start_of_frame = data[0] & 0x08;
    out->end_of_frame = data[0] & 0x04;
    out->refers_back = data[0] & 0x40;
    out->not_for_upper = data[0] & 0x01;
    out->keyframe = out->start_of_frame && !(data[0] & 0x40) && out->sid == 0;
    return DROP_NONE;
}
