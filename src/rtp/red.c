#include "rtp/red.h"

#include "base/bytes.h"

#include <assert.h>
#include <string.h>

#define BLOCK_HEADER 4
#define LAST_HEADER  1
#define FOLLOWED     0x80 ///< the F bit: another header follows

/** The headers as they stand, oldest first. Returns their bytes; 0 and `*why` if they are bad.
 */
static size_t read_headers(struct red *r, const uint8_t *p, size_t len, uint8_t pt,
                           enum drop *why)
{
    size_t at = 0;
    for (; at < len && (p[at] & FOLLOWED); at += BLOCK_HEADER) {
        *why = DROP_SHORT;
        if (len - at < BLOCK_HEADER + LAST_HEADER)
            return 0;
        const uint32_t word = rd32(p + at); // RFC 2198 section 3: F, PT 7, offset 14, length 10
        *why = DROP_MALFORMED;
        if ((word >> 24 & 0x7f) != pt || r->count == RED_MAX_BLOCKS)
            return 0;
        r->block[r->count++] = (struct red_block){.ts_offset = (uint16_t)(word >> 10 & 0x3fff),
                                                  .len = (uint16_t)(word & 0x3ff)};
    }
    *why = at < len ? DROP_MALFORMED : DROP_SHORT;
    return at < len && p[at] == pt ? at + LAST_HEADER : 0;
}

enum drop red_parse(struct red *out, const uint8_t *payload, size_t len, uint8_t pt)
{
    enum drop why;
    *out = (struct red){.pt = pt};
    if (len > UINT16_MAX)
        return DROP_MALFORMED;
    size_t at = read_headers(out, payload, len, pt, &why);
    if (at == 0)
        return why;
    unsigned newer = RED_MAX_OFFSET + 1u;
    for (unsigned i = 0; i < out->count; i++) {
        struct red_block *b = &out->block[i];
        if (b->len > len - at)
            return DROP_SHORT;
        if (b->len > 0) { // an empty block is a place holder, of whatever time
            if (b->ts_offset >= newer || b->ts_offset == 0)
                return DROP_MALFORMED;
            newer = b->ts_offset;
        }
        b->off = (uint16_t)at;
        at += b->len;
    }
    if (at == len)
        return DROP_SHORT;
    out->primary = (uint16_t)at;
    out->primary_len = (uint16_t)(len - at);
    for (unsigned i = 0; i < out->count / 2u; i++) { // the newest first
        const struct red_block swap = out->block[i];
        out->block[i] = out->block[out->count - 1u - i];
        out->block[out->count - 1u - i] = swap;
    }
    return DROP_NONE;
}

void red_unwrap(struct rtp *pkt, const struct red *r)
{
    assert(r->primary + r->primary_len == pkt->payload_len);
    memmove(pkt->data + r->primary, pkt->data, pkt->payload_off);
    pkt->data += r->primary;
    pkt->len = (uint16_t)(pkt->len - r->primary);
    pkt->payload_len = r->primary_len;
    pkt->pt = r->pt;
    rtp_write(pkt);
}

void red_recover(const struct rtp *pkt, const struct red *r, unsigned k, uint16_t seq,
                 struct red_copy *out)
{
    assert(k < r->count);
    const struct red_block *b = &r->block[k];
    memset(out->bytes, 0, RTP_MIN_HEADER);
    out->bytes[0] = 0x80;
    memcpy(out->bytes + RTP_MIN_HEADER, rtp_payload(pkt) + b->off, b->len);
    out->pkt = (struct rtp){.data = out->bytes,
                            .len = (uint16_t)(RTP_MIN_HEADER + b->len),
                            .payload_off = RTP_MIN_HEADER,
                            .payload_len = b->len,
                            .ssrc = pkt->ssrc,
                            .ts = pkt->ts - b->ts_offset,
                            .seq = seq,
                            .pt = r->pt};
    rtp_write(&out->pkt);
}

/** How many of the frames can go along, and the bytes they add. */
static unsigned fitting(const struct red_frames *frames, size_t len, size_t cap, size_t *added)
{
    const struct red_frame *frame = frames->frame;
    unsigned fit = 0;
    *added = LAST_HEADER;
    for (; fit < frames->count && fit < RED_MAX_BLOCKS; fit++) {
        const struct red_frame *f = &frame[fit];
        const size_t more = *added + BLOCK_HEADER + f->len;
        const unsigned newer = fit ? frame[fit - 1].ts_offset : 0;
        if (f->len > RED_MAX_LENGTH || f->ts_offset > RED_MAX_OFFSET || f->ts_offset <= newer ||
            len + more > cap || len + more > RED_MAX_PACKET)
            break;
        *added = more;
    }
    return fit;
}

size_t red_wrap(uint8_t *packet, size_t len, size_t cap, size_t payload_off,
                const struct red_frames *frames)
{
    size_t added;
    const unsigned fit = fitting(frames, len, cap, &added);
    if (fit == 0 || payload_off >= len)
        return len;
    uint8_t *header = packet + payload_off;
    uint8_t *block = header + (size_t)fit * BLOCK_HEADER + LAST_HEADER;
    memmove(header + added, header, len - payload_off);
    for (unsigned i = fit; i-- > 0;) {
        const struct red_frame *f = &frames->frame[i];
        wr32(header,
             (uint32_t)(FOLLOWED | frames->pt) << 24 | (uint32_t)f->ts_offset << 10 | f->len);
        memcpy(block, f->data, f->len);
        header += BLOCK_HEADER;
        block += f->len;
    }
    *header = frames->pt;
    return len + added;
}

/** From which loss on a distance is taken, of 65536; half of it is where it is left. */
static const uint16_t enough[RED_MAX_DISTANCE + 1] = {0, 65536 * 2 / 100, 65536 * 8 / 100,
                                                      65536 * 20 / 100};

void red_aim_on_loss(struct red_aim *a, uint16_t loss, usec_t now)
{
    const int away = (int)loss - (int)a->loss;
    // One lost packet of fifty is nothing yet; that it goes on, or is many, is.
    a->loss = (uint16_t)((int)a->loss + (away > 0 ? (away + 1) / 2 : away / 4));
    unsigned wanted = 0;
    while (wanted < RED_MAX_DISTANCE && a->loss >= enough[wanted + 1])
        wanted++;
    if (wanted > a->distance)
        a->distance = (uint8_t)wanted;
    if (a->distance == 0 || a->loss >= enough[a->distance] / 2) {
        a->calm_at = 0;
    } else if (a->calm_at == 0) {
        a->calm_at = now;
    } else if (now - a->calm_at >= RED_CALM) {
        a->distance--;
        a->calm_at = 0;
    }
}
