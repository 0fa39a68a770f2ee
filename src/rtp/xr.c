#include "rtp/xr.h"

#include "base/bytes.h"

#define HEADER   8 ///< with the sender's SSRC
#define BLOCK    4 ///< a block's own header
#define RRTR     4
#define DLRR     5
#define SUBBLOCK 12

/** Bytes of the block at `off`, its header included; 0 if it is cut off. */
static size_t block_size(const struct rtcp *p, size_t off)
{
    if (off + BLOCK > p->len)
        return 0;
    const size_t size = BLOCK + 4 * (size_t)rd16(p->data + off + 2);
    return off + size <= p->len ? size : 0;
}

bool xr_framed(const struct rtcp *p)
{
    size_t off = HEADER;
    while (off < p->len) {
        const size_t size = block_size(p, off);
        if (size == 0)
            return false;
        off += size;
    }
    return off == p->len;
}

bool xr_next_dlrr(const struct rtcp *p, struct xr_iter *it, struct xr_dlrr *out)
{
    if (it->next == 0)
        it->next = HEADER;
    while (it->off + SUBBLOCK > it->end) {
        const size_t size = block_size(p, it->next);
        if (size == 0)
            return false;
        const bool dlrr = p->data[it->next] == DLRR;
        it->off = it->next + BLOCK;
        it->end = dlrr ? it->next + size : it->off;
        it->next += size;
    }
    const uint8_t *d = p->data + it->off;
    it->off += SUBBLOCK;
    *out = (struct xr_dlrr){.ssrc = rd32(d), .last_rr = rd32(d + 4), .delay_rr = rd32(d + 8)};
    return true;
}

/** Headers of a packet of `len` bytes with one block. */
static void begin(uint8_t *out, size_t len, uint32_t ssrc, uint8_t type)
{
    out[0] = 0x80;
    out[1] = RTCP_XR;
    wr16(out + 2, (uint16_t)(len / 4 - 1));
    wr32(out + 4, ssrc);
    out[HEADER] = type;
    out[HEADER + 1] = 0;
    wr16(out + HEADER + 2, (uint16_t)((len - HEADER - BLOCK) / 4));
}

size_t xr_write_rrtr(uint8_t *out, size_t cap, uint32_t ssrc, uint64_t ntp)
{
    const size_t len = HEADER + BLOCK + 8;
    if (len > cap)
        return 0;
    begin(out, len, ssrc, RRTR);
    wr32(out + HEADER + BLOCK, (uint32_t)(ntp >> 32));
    wr32(out + HEADER + BLOCK + 4, (uint32_t)ntp);
    return len;
}

size_t xr_write_dlrr(uint8_t *out, size_t cap, uint32_t ssrc, const struct xr_dlrr *answer)
{
    const size_t len = HEADER + BLOCK + SUBBLOCK;
    if (len > cap)
        return 0;
    begin(out, len, ssrc, DLRR);
    wr32(out + HEADER + BLOCK, answer->ssrc);
    wr32(out + HEADER + BLOCK + 4, answer->last_rr);
    wr32(out + HEADER + BLOCK + 8, answer->delay_rr);
    return len;
}
