#include "rtp/rtcp.h"

#include "base/bytes.h"
#include "rtp/xr.h"

#include <string.h>

#define VERSION   2
#define HEADER    4
#define SR_INFO   24 ///< sender information with its SSRC
#define REPORT    24
#define FEEDBACK  8 ///< SSRCs of sender and media source
#define FIR_ENTRY 8

enum { // RFC 4585 section 6.2 and 6.3, RFC 5104 section 4.3, the drafts of REMB and TWCC
    FMT_NACK = 1,
    FMT_TWCC = 15,
    FMT_PLI = 1,
    FMT_FIR = 4,
    FMT_AFB = 15,
};

static size_t packet_len(const uint8_t *p)
{
    return 4 * ((size_t)rd16(p + 2) + 1);
}

enum drop rtcp_open(struct rtcp_iter *it, const uint8_t *data, size_t len)
{
    *it = (struct rtcp_iter){.next = data, .left = len};
    if (len < HEADER)
        return DROP_SHORT;

    for (size_t off = 0; off < len;) {
        if (len - off < HEADER)
            return DROP_SHORT;
        const uint8_t *p = data + off;
        const size_t size = packet_len(p);
        if (p[0] >> 6 != VERSION)
            return DROP_MALFORMED;
        if (size > len - off)
            return DROP_SHORT;
        off += size;
        if (!(p[0] & 0x20))
            continue;
        // RFC 3550 section 6.4.1: its last byte counts it. Whole words and only in the last
        // packet, says the RFC; but transport-wide feedback is padded by one to three bytes.
        const size_t padding = data[off - 1];
        if (padding == 0 || padding > size - HEADER)
            return DROP_MALFORMED;
    }
    return DROP_NONE;
}

static bool is_sdes(const struct rtcp *p)
{
    struct rtcp_sdes_iter it = {0};
    struct rtcp_sdes_item item;

    while (rtcp_next_sdes(p, &it, &item))
        ;
    return it.chunks == p->count && !it.inside;
}

static bool is_remb(const struct rtcp *p)
{
    const uint8_t *fci = p->data + HEADER + FEEDBACK;

    return p->len >= HEADER + FEEDBACK + 8 && memcmp(fci, "REMB", 4) == 0 &&
           p->len >= HEADER + FEEDBACK + 8 + 4 * (size_t)fci[4];
}

static enum rtcp_kind feedback_kind(const struct rtcp *p)
{
    const size_t fci = p->len - HEADER - FEEDBACK;

    if (p->type == RTCP_RTPFB && p->count == FMT_NACK && fci >= 4)
        return RTCP_KIND_NACK;
    if (p->type == RTCP_RTPFB && p->count == FMT_TWCC && fci >= 8)
        return RTCP_KIND_TWCC;
    if (p->type == RTCP_PSFB && p->count == FMT_PLI)
        return RTCP_KIND_PLI;
    if (p->type == RTCP_PSFB && p->count == FMT_FIR && fci >= FIR_ENTRY)
        return RTCP_KIND_FIR;
    if (p->type == RTCP_PSFB && p->count == FMT_AFB && is_remb(p))
        return RTCP_KIND_REMB;
    return RTCP_KIND_OTHER;
}

static enum rtcp_kind kind_of(const struct rtcp *p)
{
    const size_t body = p->len - HEADER;

    switch (p->type) {
    case RTCP_SR:
        return body >= SR_INFO + REPORT * (size_t)p->count ? RTCP_KIND_SR : RTCP_KIND_OTHER;
    case RTCP_RR:
        return body >= 4 + REPORT * (size_t)p->count ? RTCP_KIND_RR : RTCP_KIND_OTHER;
    case RTCP_SDES:
        return is_sdes(p) ? RTCP_KIND_SDES : RTCP_KIND_OTHER;
    case RTCP_BYE:
        return body >= 4 * (size_t)p->count ? RTCP_KIND_BYE : RTCP_KIND_OTHER;
    case RTCP_RTPFB:
    case RTCP_PSFB:
        return body >= FEEDBACK ? feedback_kind(p) : RTCP_KIND_OTHER;
    case RTCP_XR:
        return body >= 4 && xr_framed(p) ? RTCP_KIND_XR : RTCP_KIND_OTHER;
    default:
        return RTCP_KIND_OTHER;
    }
}

bool rtcp_next(struct rtcp_iter *it, struct rtcp *out)
{
    if (it->left == 0)
        return false;

    const uint8_t *p = it->next;
    const size_t size = packet_len(p);
    *out = (struct rtcp){
        .data = p,
        .len = size - (p[0] & 0x20 ? p[size - 1] : 0u),
        .type = p[1],
        .count = p[0] & 0x1f,
    };
    const size_t body = out->len - HEADER;
    if (body >= 4)
        out->sender = rd32(p + HEADER);
    if (body >= FEEDBACK && (out->type == RTCP_RTPFB || out->type == RTCP_PSFB))
        out->media = rd32(p + HEADER + 4);
    out->kind = kind_of(out);
    it->next += size;
    it->left -= size;
    return true;
}

void rtcp_read_sr(const struct rtcp *p, struct rtcp_sr *out)
{
    const uint8_t *d = p->data + HEADER;

    *out = (struct rtcp_sr){
        .ssrc = rd32(d),
        .ntp = (uint64_t)rd32(d + 4) << 32 | rd32(d + 8),
        .rtp = rd32(d + 12),
        .packets = rd32(d + 16),
        .octets = rd32(d + 20),
    };
}

bool rtcp_read_report(const struct rtcp *p, unsigned i, struct rtcp_report *out)
{
    if (i >= p->count)
        return false;

    const uint8_t *d =
        p->data + HEADER + (p->type == RTCP_SR ? SR_INFO : 4) + REPORT * (size_t)i;
    const uint32_t lost = rd32(d + 4) & 0xffffff;
    *out = (struct rtcp_report){
        .ssrc = rd32(d),
        .fraction = d[4],
        .lost = (int32_t)lost - (lost & 0x800000 ? 0x1000000 : 0),
        .highest = rd32(d + 8),
        .jitter = rd32(d + 12),
        .last_sr = rd32(d + 16),
        .delay_sr = rd32(d + 20),
    };
    return true;
}

/** Enters the next chunk. False at the end, or if its SSRC is cut off. */
static bool enter_chunk(const struct rtcp *p, struct rtcp_sdes_iter *it)
{
    if (it->off == 0)
        it->off = HEADER;
    if (it->chunks == p->count || it->off + 4 > p->len)
        return false;
    it->ssrc = rd32(p->data + it->off);
    it->off += 4;
    it->inside = true;
    return true;
}

bool rtcp_next_sdes(const struct rtcp *p, struct rtcp_sdes_iter *it, struct rtcp_sdes_item *out)
{
    while (it->inside || enter_chunk(p, it)) {
        if (it->off >= p->len)
            return false;
        const uint8_t *d = p->data + it->off;
        if (d[0] == 0) { // RFC 3550 section 6.5: the list ends; zeros up to the next word
            it->off = (it->off + 4) & ~(size_t)3;
            it->inside = false;
            it->chunks++;
            continue;
        }
        if (it->off + 2 > p->len || it->off + 2 + d[1] > p->len)
            return false;
        *out = (struct rtcp_sdes_item){
            .ssrc = it->ssrc, .type = d[0], .len = d[1], .text = (const char *)d + 2};
        it->off += 2u + d[1];
        return true;
    }
    return false;
}

bool rtcp_read_bye(const struct rtcp *p, unsigned i, uint32_t *ssrc)
{
    if (i >= p->count)
        return false;
    *ssrc = rd32(p->data + HEADER + 4 * (size_t)i);
    return true;
}

bool rtcp_next_nack(const struct rtcp *p, struct rtcp_nack_iter *it, uint16_t *seq)
{
    if (it->off == 0)
        it->off = HEADER + FEEDBACK;
    if (it->mask == 0) {
        if (it->off + 4 > p->len)
            return false;
        it->pid = rd16(p->data + it->off);
        it->mask = (uint32_t)rd16(p->data + it->off + 2) << 1 | 1;
        it->off += 4;
    }
    const int bit = __builtin_ctz(it->mask);
    it->mask &= it->mask - 1;
    *seq = (uint16_t)(it->pid + bit);
    return true;
}

bool rtcp_read_fir(const struct rtcp *p, unsigned i, uint32_t *ssrc, uint8_t *seq_nr)
{
    const size_t off = HEADER + FEEDBACK + FIR_ENTRY * (size_t)i;

    if (off + FIR_ENTRY > p->len)
        return false;
    *ssrc = rd32(p->data + off);
    *seq_nr = p->data[off + 4];
    return true;
}

void rtcp_read_remb(const struct rtcp *p, struct rtcp_remb *out)
{
    const uint8_t *fci = p->data + HEADER + FEEDBACK;
    const unsigned exponent = fci[5] >> 2;
    const uint64_t mantissa = (uint64_t)(fci[5] & 3) << 16 | rd16(fci + 6);

    // 18 bits shifted by up to 63: what does not fit is as good as no limit
    const bool fits = mantissa == 0 || exponent <= (unsigned)__builtin_clzll(mantissa);
    *out = (struct rtcp_remb){
        .rate_bps = fits ? mantissa << exponent : UINT64_MAX,
        .ssrc_count = fci[4],
    };
}
