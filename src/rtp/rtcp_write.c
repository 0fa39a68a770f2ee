#include "rtp/rtcp.h"

#include "base/bytes.h"

#include <assert.h>
#include <string.h>

#define REPORT 24

/** Writes the common header of a packet of `len` bytes (whole words). */
static void header(uint8_t *out, enum rtcp_type type, unsigned count, size_t len)
{
    out[0] = (uint8_t)(0x80 | count);
    out[1] = (uint8_t)type;
    wr16(out + 2, (uint16_t)(len / 4 - 1));
}

static void write_reports(uint8_t *out, const struct rtcp_report *report, unsigned n)
{
    for (unsigned i = 0; i < n; i++, out += REPORT) {
        const struct rtcp_report *r = &report[i];
        int32_t lost = r->lost; // RFC 3550 appendix A.3: clamped, not wrapped
        if (lost > 0x7fffff)
            lost = 0x7fffff;
        if (lost < -0x800000)
            lost = -0x800000;
        wr32(out, r->ssrc);
        wr32(out + 4, (uint32_t)r->fraction << 24 | ((uint32_t)lost & 0xffffff));
        wr32(out + 8, r->highest);
        wr32(out + 12, r->jitter);
        wr32(out + 16, r->last_sr);
        wr32(out + 20, r->delay_sr);
    }
}

size_t rtcp_write_sr(uint8_t *out, size_t cap, const struct rtcp_sr *sr,
                     const struct rtcp_report *report, unsigned n)
{
    const size_t len = 28 + REPORT * (size_t)n;

    assert(n <= RTCP_MAX_REPORTS);
    if (len > cap)
        return 0;
    header(out, RTCP_SR, n, len);
    wr32(out + 4, sr->ssrc);
    wr32(out + 8, (uint32_t)(sr->ntp >> 32));
    wr32(out + 12, (uint32_t)sr->ntp);
    wr32(out + 16, sr->rtp);
    wr32(out + 20, sr->packets);
    wr32(out + 24, sr->octets);
    write_reports(out + 28, report, n);
    return len;
}

size_t rtcp_write_rr(uint8_t *out, size_t cap, uint32_t ssrc, const struct rtcp_report *report,
                     unsigned n)
{
    const size_t len = 8 + REPORT * (size_t)n;

    assert(n <= RTCP_MAX_REPORTS);
    if (len > cap)
        return 0;
    header(out, RTCP_RR, n, len);
    wr32(out + 4, ssrc);
    write_reports(out + 8, report, n);
    return len;
}

size_t rtcp_write_cname(uint8_t *out, size_t cap, uint32_t ssrc, const char *cname)
{
    const size_t text = strlen(cname);
    const size_t len = (4 + 4 + 2 + text + 4) & ~(size_t)3; // at least one zero ends the list

    assert(text >= 1 && text <= UINT8_MAX);
    if (len > cap)
        return 0;
    memset(out, 0, len);
    header(out, RTCP_SDES, 1, len);
    wr32(out + 4, ssrc);
    out[8] = RTCP_SDES_CNAME;
    out[9] = (uint8_t)text;
    memcpy(out + 10, cname, text + 1);
    return len;
}

size_t rtcp_write_bye(uint8_t *out, size_t cap, const uint32_t *ssrc, unsigned n)
{
    const size_t len = 4 + 4 * (size_t)n;

    assert(n >= 1 && n <= RTCP_MAX_REPORTS);
    if (len > cap)
        return 0;
    header(out, RTCP_BYE, n, len);
    for (unsigned i = 0; i < n; i++)
        wr32(out + 4 + 4 * (size_t)i, ssrc[i]);
    return len;
}

size_t rtcp_write_nack(uint8_t *out, size_t cap, uint32_t sender, uint32_t media,
                       const uint16_t *seq, unsigned *n)
{
    size_t len = 12;
    unsigned i = 0;

    while (i < *n && len + 4 <= cap) {
        // RFC 4585 section 6.2.1: the number itself, and a bit for each of the 16 behind it
        const uint16_t pid = seq[i++];
        unsigned mask = 0;
        for (uint16_t ahead; i < *n; i++) {
            ahead = (uint16_t)(seq[i] - pid);
            if (ahead < 1 || ahead > 16)
                break;
            mask |= 1u << (ahead - 1);
        }
        wr16(out + len, pid);
        wr16(out + len + 2, (uint16_t)mask);
        len += 4;
    }
    *n = i;
    if (i == 0)
        return 0;
    header(out, RTCP_RTPFB, 1, len);
    wr32(out + 4, sender);
    wr32(out + 8, media);
    return len;
}

size_t rtcp_write_pli(uint8_t *out, size_t cap, uint32_t sender, uint32_t media)
{
    const size_t len = 12;

    if (len > cap)
        return 0;
    header(out, RTCP_PSFB, 1, len);
    wr32(out + 4, sender);
    wr32(out + 8, media);
    return len;
}

size_t rtcp_write_fir(uint8_t *out, size_t cap, uint32_t sender, uint32_t media, uint8_t seq_nr)
{
    const size_t len = 20;

    if (len > cap)
        return 0;
    header(out, RTCP_PSFB, 4, len);
    wr32(out + 4, sender);
    wr32(out + 8, 0); // RFC 5104 section 4.3.1.2: the media source is in the entry
    wr32(out + 12, media);
    wr32(out + 16, (uint32_t)seq_nr << 24);
    return len;
}
