#include "shape.h"

#include "base/bytes.h"

#include <assert.h>
#include <string.h>

#define MARK_MAGIC 0x73616c6fu

/** Bits from the most significant on, as H.264 and AV1 write their headers. */
struct writer {
    uint8_t *p;
    size_t bits;
};

static void put(struct writer *w, uint32_t value, unsigned bits)
{
    while (bits-- > 0) {
        if (w->bits % 8 == 0)
            w->p[w->bits / 8] = 0;
        w->p[w->bits / 8] |= (uint8_t)((value >> bits & 1) << (7 - w->bits % 8));
        w->bits++;
    }
}

/** ue(v), H.264 section 9.1. */
static void put_golomb(struct writer *w, uint32_t value)
{
    unsigned bits = 0;
    for (uint32_t v = value + 1; v > 1; v >>= 1)
        bits++;
    put(w, 0, bits);
    put(w, value + 1, bits + 1);
}

static size_t vp8_descriptor(const struct shape *s, uint8_t *out)
{
    uint8_t *p = out;
    *p++ = (uint8_t)((s->ids ? 0x80 : 0) | (s->index == 0 ? 0x10 : 0));
    if (s->ids) {
        *p++ = 0xe0;
        wr16(p, 0x8000 | s->pid);
        p[2] = s->tl0;
        p[3] = (uint8_t)(s->tid << 6 | (s->sync ? 0x20 : 0));
        p += 4;
    }
    return (size_t)(p - out);
}

static size_t vp8(const struct shape *s, uint8_t *out)
{
    uint8_t *p = out + vp8_descriptor(s, out);
    if (s->index > 0) {
        *p++ = 0xaa;
    } else if (s->key) {
        static const uint8_t start[] = {0x10, 0, 0, 0x9d, 0x01, 0x2a};
        memcpy(p, start, sizeof(start));
        p += sizeof(start);
        *p++ = (uint8_t)s->width;
        *p++ = (uint8_t)(s->width >> 8);
        *p++ = (uint8_t)s->height;
        *p++ = (uint8_t)(s->height >> 8);
    } else {
        *p++ = 0x11;
        *p++ = 0;
        *p++ = 0;
    }
    return (size_t)(p - out);
}

static size_t vp9_descriptor(const struct shape *s, uint8_t *out)
{
    const bool structure = s->key && s->index == 0 && s->sid == 0;
    const bool inter_layer = s->key || !s->k_svc;
    const bool for_upper = inter_layer && s->sid + 1 < s->spatial;
    uint8_t *p = out;
    *p++ = (uint8_t)(0xa0 | (s->key ? 0 : 0x40) | (s->index == 0 ? 0x08 : 0) |
                     (s->index + 1 == s->count ? 0x04 : 0) | (structure ? 0x02 : 0) |
                     (for_upper ? 0 : 0x01));
    wr16(p, 0x8000 | s->pid);
    p[2] = (uint8_t)(s->tid << 5 | 0x10 | s->sid << 1 | (s->sid > 0 && inter_layer));
    p[3] = s->tl0;
    p += 4;
    if (structure) {
        *p++ = (uint8_t)((s->spatial - 1) << 5 | 0x10);
        for (unsigned i = 0; i < s->spatial; i++, p += 4) {
            wr16(p, (uint16_t)(s->width >> (s->spatial - 1 - i)));
            wr16(p + 2, (uint16_t)(s->height >> (s->spatial - 1 - i)));
        }
    }
    return (size_t)(p - out);
}

static size_t vp9(const struct shape *s, uint8_t *out)
{
    const size_t len = vp9_descriptor(s, out);
    out[len] = 0x86;
    return len + 1;
}

/** A sequence parameter set of the baseline profile with this size. Returns its bytes. */
static size_t sps(const struct shape *s, uint8_t *out)
{
    static const uint8_t head[] = {0x67, 0x42, 0xe0, 0x1f};
    memcpy(out, head, sizeof(head));
    struct writer w = {.p = out + sizeof(head)};
    const uint32_t rows = (s->height + 15u) / 16;
    put_golomb(&w, 0); // seq_parameter_set_id
    put_golomb(&w, 0); // log2_max_frame_num_minus4
    put_golomb(&w, 2); // pic_order_cnt_type
    put_golomb(&w, 1); // max_num_ref_frames
    put(&w, 0, 1);     // gaps_in_frame_num_value_allowed_flag
    put_golomb(&w, (s->width + 15u) / 16 - 1);
    put_golomb(&w, rows - 1);
    put(&w, 3, 2); // frame_mbs_only_flag, direct_8x8_inference_flag
    const uint32_t crop = (rows * 16 - s->height) / 2;
    put(&w, crop > 0, 1);
    if (crop > 0) {
        put_golomb(&w, 0);
        put_golomb(&w, 0);
        put_golomb(&w, 0);
        put_golomb(&w, crop);
    }
    put(&w, 0, 1); // vui_parameters_present_flag
    put(&w, 1, 1);
    return sizeof(head) + (w.bits + 7) / 8;
}

static size_t h264(const struct shape *s, uint8_t *out, size_t len)
{
    uint8_t *p = out;
    const bool last = s->index + 1 == s->count;
    if (s->key && s->index == 0) { // STAP-A: SPS, PPS, and an SEI around the rest
        static const uint8_t pps[] = {0, 4, 0x68, 0xce, 0x38, 0x80};
        *p++ = 0x78;
        const size_t n = sps(s, p + 2);
        wr16(p, (uint16_t)n);
        p += 2 + n;
        memcpy(p, pps, sizeof(pps));
        p += sizeof(pps);
        wr16(p, (uint16_t)(len - (size_t)(p - out) - 2));
        p[2] = 0x06;
        p += 3;
        return (size_t)(p - out);
    }
    if (!s->key && s->count == 1) {
        *p++ = 0x61;
        *p++ = 0x88;
        return 2;
    }
    const bool first = s->index == (s->key ? 1 : 0);
    *p++ = 0x7c;
    *p++ = (uint8_t)((first ? 0x80 : 0) | (last ? 0x40 : 0) | (s->key ? 5 : 1));
    *p++ = 0x88;
    return (size_t)(p - out);
}

static size_t av1(const struct shape *s, uint8_t *out)
{
    uint8_t *p = out;
    const bool opens = s->key && s->index == 0 && s->sid == 0;
    *p++ = (uint8_t)((s->index > 0 ? 0x80 : 0) | (s->index + 1 < s->count ? 0x40 : 0) |
                     (opens ? 0x28 : 0x10));
    if (opens) { // a sequence header with a reduced still picture header: the shortest
        uint8_t *size = p++;
        *p = 0x08;
        struct writer w = {.p = p + 1};
        put(&w, 1, 4);
        put(&w, 1, 1);
        put(&w, 0, 5);
        put(&w, 0xff, 8);
        put(&w, s->width - 1u, 16);
        put(&w, s->height - 1u, 16);
        *size = (uint8_t)(1 + (w.bits + 7) / 8);
        p += *size;
    }
    if (s->index == 0)
        *p++ = 0x30;
    return (size_t)(p - out);
}

static uint8_t filler(const struct mark *m, size_t i)
{
    return (uint8_t)(m->client * 7u + m->frame * 31u + m->index * 13u + i);
}

/** The mark behind `body` bytes of filler. */
static void mark_write(const struct mark *m, size_t body, uint8_t *p)
{
    wr32(p, MARK_MAGIC);
    wr16(p + 4, m->client);
    p[6] = m->pub;
    p[7] = m->layer;
    wr16(p + 8, m->incarnation);
    wr32(p + 10, m->frame);
    p[14] = m->index;
    p[15] = m->count;
    p[16] = m->key;
    p[17] = m->level;
    wr16(p + 18, (uint16_t)body);
    wr32(p + 20, (uint32_t)((uint64_t)m->at >> 32));
    wr32(p + 24, (uint32_t)m->at);
    p[28] = m->sid;
    p[29] = m->mode.spatial;
    p[30] = m->mode.temporal;
    p[31] = m->mode.key;
    wr32(p + 32, m->since);
    uint32_t sum = 0;
    for (unsigned i = 0; i < 36; i++)
        sum = sum * 31 + p[i];
    wr32(p + 36, sum);
    wr32(p + 40, ~sum);
}

void shape_write(const struct shape *s, const struct mark *m, uint8_t *out, size_t len)
{
    assert(len >= SHAPE_HEAD_MAX + MARK_SIZE);
    size_t head = 0;
    switch (s->codec) {
    case CODEC_VP8:
        head = vp8(s, out);
        break;
    case CODEC_VP9:
        head = vp9(s, out);
        break;
    case CODEC_H264:
        head = h264(s, out, len);
        break;
    case CODEC_AV1:
        head = av1(s, out);
        break;
    case CODEC_OPUS:
    case CODEC_COUNT:
        break;
    }
    const size_t body = len - head - MARK_SIZE;
    for (size_t i = 0; i < body; i++)
        out[head + i] = filler(m, i);
    mark_write(m, body, out + head + body);
}

size_t shape_wrap(const struct shape *s, const struct mark *m, const uint8_t *bytes, size_t len,
                  uint8_t *out)
{
    size_t head = 0; // sound has none
    if (s->codec == CODEC_VP8)
        head = vp8_descriptor(s, out);
    else if (s->codec == CODEC_VP9)
        head = vp9_descriptor(s, out);
    memcpy(out + head, bytes, len);
    mark_write(m, 0, out + head + len);
    return head + len + MARK_SIZE;
}

bool mark_read(const uint8_t *payload, size_t len, struct mark *m)
{
    if (len < MARK_SIZE)
        return false;
    const uint8_t *p = payload + len - MARK_SIZE;
    uint32_t sum = 0;
    for (unsigned i = 0; i < 36; i++)
        sum = sum * 31 + p[i];
    if (rd32(p) != MARK_MAGIC || rd32(p + 36) != sum || rd32(p + 40) != ~sum)
        return false;
    *m = (struct mark){.client = rd16(p + 4),
                       .pub = p[6],
                       .layer = p[7],
                       .incarnation = rd16(p + 8),
                       .frame = rd32(p + 10),
                       .index = p[14],
                       .count = p[15],
                       .key = p[16],
                       .level = p[17],
                       .sid = p[28],
                       .mode = {.spatial = p[29], .temporal = p[30], .key = p[31]},
                       .since = rd32(p + 32),
                       .at = (usec_t)((uint64_t)rd32(p + 20) << 32 | rd32(p + 24))};
    const size_t body = rd16(p + 18);
    if (body > len - MARK_SIZE)
        return false;
    for (size_t i = 0; i < body; i++)
        if ((p - body)[i] != filler(m, i)) // the text stands before the mark
            return false;
    return true;
}
