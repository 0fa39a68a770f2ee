/**
 * RTCP: compound and reduced-size packets taken apart, and our own put together.
 *
 * Reading: rtcp_open() checks the whole datagram's framing before anything in it has effect,
 * then rtcp_next() gives one packet after the other. Writing: each rtcp_write_*() puts one
 * packet into the caller's buffer and returns its bytes, 0 if it does not fit; several in a row
 * are a compound packet. RFC 3550 section 6, RFC 4585, RFC 5104, RFC 5506.
 */
#ifndef RTP_RTCP_H
#define RTP_RTCP_H

#include "base/drop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTCP_MAX_REPORTS 31 ///< report blocks in one SR or RR: the count has five bits

enum rtcp_type {
    RTCP_SR = 200,
    RTCP_RR = 201,
    RTCP_SDES = 202,
    RTCP_BYE = 203,
    RTCP_APP = 204,
    RTCP_RTPFB = 205, ///< RFC 4585 section 6.2
    RTCP_PSFB = 206,  ///< RFC 4585 section 6.3
    RTCP_XR = 207,
};

/** What a packet is. Only well-formed ones get a name: the readers below rely on it. */
enum rtcp_kind {
    RTCP_KIND_OTHER, ///< unknown, or known and malformed inside: skip it
    RTCP_KIND_SR,
    RTCP_KIND_RR,
    RTCP_KIND_SDES,
    RTCP_KIND_BYE,
    RTCP_KIND_NACK, ///< RFC 4585 section 6.2.1
    RTCP_KIND_PLI,  ///< RFC 4585 section 6.3.1
    RTCP_KIND_FIR,  ///< RFC 5104 section 4.3.1
    RTCP_KIND_REMB, ///< draft-alvestrand-rmcat-remb-03
    RTCP_KIND_XR,   ///< RFC 3611; read by rtp/xr.h
    RTCP_KIND_TWCC, ///< draft-holmer-rmcat-transport-wide-cc-extensions-01; read by cc/twcc.h
};

/** One packet of a compound. Owns nothing. */
struct rtcp {
    const uint8_t *data; ///< its first byte
    size_t len;          ///< bytes, header included, padding excluded
    enum rtcp_kind kind;
    uint8_t type;    ///< enum rtcp_type, or another number
    uint8_t count;   ///< report count, source count, or feedback format
    uint32_t sender; ///< SSRC of the sender; 0 if the packet has none (an empty BYE or SDES)
    uint32_t media;  ///< feedback: SSRC of the media source (0 in FIR and REMB); else 0
};

/** A walk through one datagram. */
struct rtcp_iter {
    const uint8_t *next;
    size_t left; ///< bytes
};

/**
 * Checks the framing of all packets in `len` bytes: versions, lengths, padding. A reduced-size
 * packet (RFC 5506) is fine. Returns DROP_NONE, DROP_SHORT or DROP_MALFORMED.
 */
enum drop rtcp_open(struct rtcp_iter *it, const uint8_t *data, size_t len);

/** The next packet. False at the end. Only after rtcp_open() said DROP_NONE. */
bool rtcp_next(struct rtcp_iter *it, struct rtcp *out);

/** Sender information, RFC 3550 section 6.4.1. */
struct rtcp_sr {
    uint32_t ssrc;
    uint64_t ntp;     ///< wall clock, 32.32 seconds since 1900
    uint32_t rtp;     ///< the same moment in ticks
    uint32_t packets; ///< sent so far
    uint32_t octets;  ///< payload bytes sent so far
};

/** Reads the sender information. Only if `kind` is RTCP_KIND_SR. */
void rtcp_read_sr(const struct rtcp *p, struct rtcp_sr *out);

/** One report block, RFC 3550 section 6.4.1. */
struct rtcp_report {
    uint32_t ssrc;     ///< of the stream reported on
    uint8_t fraction;  ///< lost since the report before, of 256
    int32_t lost;      ///< cumulative, 24 bits, signed
    uint32_t highest;  ///< extended highest sequence number received
    uint32_t jitter;   ///< ticks
    uint32_t last_sr;  ///< middle 32 bits of the NTP time of the last SR, 0: none
    uint32_t delay_sr; ///< since that SR, in 1/65536 s
};

/** Report block `i`. False if there are not so many. Only if `kind` is SR or RR. */
bool rtcp_read_report(const struct rtcp *p, unsigned i, struct rtcp_report *out);

enum { RTCP_SDES_CNAME = 1 }; ///< RFC 3550 section 6.5.1

/** One SDES item. `text` is not NUL-terminated. */
struct rtcp_sdes_item {
    uint32_t ssrc;
    uint8_t type; ///< RTCP_SDES_CNAME or another
    uint8_t len;  ///< bytes
    const char *text;
};

/** A walk through the items of all chunks of one SDES packet. */
struct rtcp_sdes_iter {
    size_t off;
    unsigned chunks; ///< still to come
    bool inside;     ///< of a chunk
    uint32_t ssrc;
};

/** Starts with a zeroed `*it`. False at the end. Only if `kind` is RTCP_KIND_SDES. */
bool rtcp_next_sdes(const struct rtcp *p, struct rtcp_sdes_iter *it,
                    struct rtcp_sdes_item *out);

/** SSRC number `i` that leaves. False if there are not so many. Only for RTCP_KIND_BYE. */
bool rtcp_read_bye(const struct rtcp *p, unsigned i, uint32_t *ssrc);

/** A walk through the sequence numbers of one NACK. */
struct rtcp_nack_iter {
    size_t off;    ///< of the next pair
    uint16_t pid;  ///< of the pair being read
    uint32_t mask; ///< bit 0: pid itself; bit k: pid + k
};

/** Starts with a zeroed `*it`. False at the end. Only if `kind` is RTCP_KIND_NACK. */
bool rtcp_next_nack(const struct rtcp *p, struct rtcp_nack_iter *it, uint16_t *seq);

/** FIR entry `i`. False if there are not so many. Only if `kind` is RTCP_KIND_FIR. */
bool rtcp_read_fir(const struct rtcp *p, unsigned i, uint32_t *ssrc, uint8_t *seq_nr);

/** A receiver's estimate of what it can take. */
struct rtcp_remb {
    uint64_t rate_bps;
    uint8_t ssrc_count;
};

/** Reads the estimate. Only if `kind` is RTCP_KIND_REMB. */
void rtcp_read_remb(const struct rtcp *p, struct rtcp_remb *out);

/** An SR with `n` (0..31) report blocks. */
size_t rtcp_write_sr(uint8_t *out, size_t cap, const struct rtcp_sr *sr,
                     const struct rtcp_report *report, unsigned n);

/** An RR of `ssrc` with `n` (0..31) report blocks. */
size_t rtcp_write_rr(uint8_t *out, size_t cap, uint32_t ssrc, const struct rtcp_report *report,
                     unsigned n);

/** An SDES packet with one chunk that has only the CNAME, of 1..255 bytes. */
size_t rtcp_write_cname(uint8_t *out, size_t cap, uint32_t ssrc, const char *cname);

/** A BYE of `n` (1..31) SSRCs without a reason. */
size_t rtcp_write_bye(uint8_t *out, size_t cap, const uint32_t *ssrc, unsigned n);

/**
 * A NACK for `*n` sequence numbers in ascending order, as nack_tick() gives them. If not all
 * fit, those that do are written: `*n` becomes their number. 0 bytes if none.
 */
size_t rtcp_write_nack(uint8_t *out, size_t cap, uint32_t sender, uint32_t media,
                       const uint16_t *seq, unsigned *n);

size_t rtcp_write_pli(uint8_t *out, size_t cap, uint32_t sender, uint32_t media);

/** A FIR for one stream. `seq_nr` grows by one with every new request, not with a repeated one.
 */
size_t rtcp_write_fir(uint8_t *out, size_t cap, uint32_t sender, uint32_t media,
                      uint8_t seq_nr);

/** The middle 32 bits of an NTP time: what LSR holds. */
static inline uint32_t rtcp_ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

#endif
