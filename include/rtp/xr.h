/**
 * Extended reports, RFC 3611: how a receiver that sends nothing measures its round trip.
 *
 *   we:       RRTR, our time T            (section 4.4)
 *   sender:   DLRR, T and how long it kept it   (section 4.5)
 *   we:       round trip = now - T - that
 */
#ifndef RTP_XR_H
#define RTP_XR_H

#include "rtp/rtcp.h"

/** One sub-block of a DLRR. */
struct xr_dlrr {
    uint32_t ssrc;     ///< of the receiver it answers
    uint32_t last_rr;  ///< middle 32 bits of the time in its last RRTR, 0: none came
    uint32_t delay_rr; ///< since that came, in 1/65536 s
};

/** A walk through the DLRRs of one packet. */
struct xr_iter {
    size_t off, end; ///< bytes; the sub-blocks left of the block being read
    size_t next;     ///< the next block
};

/** Do all its blocks lie inside the packet? */
bool xr_framed(const struct rtcp *p);

/** Starts with a zeroed `*it`. False at the end. Only if `kind` is RTCP_KIND_XR. */
bool xr_next_dlrr(const struct rtcp *p, struct xr_iter *it, struct xr_dlrr *out);

/** An XR with a receiver reference time. */
size_t xr_write_rrtr(uint8_t *out, size_t cap, uint32_t ssrc, uint64_t ntp);

/** An XR with one answer to such a time. */
size_t xr_write_dlrr(uint8_t *out, size_t cap, uint32_t ssrc, const struct xr_dlrr *answer);

#endif
