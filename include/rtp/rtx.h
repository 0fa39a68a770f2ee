/** Retransmission packets: what they wrap (RFC 4588 section 4). Written by rtp_copy(). */
#ifndef RTP_RTX_H
#define RTP_RTX_H

#include "rtp/packet.h"

/**
 * Turns the RTX packet `*pkt` in place into the one it repeats, of `pt` and `ssrc`: the header
 * moves over the OSN, so `pkt->data` moves on by two bytes. Extensions, timestamp and marker
 * are the RTX packet's. Returns DROP_NONE; or DROP_SHORT for one with no payload, which senders
 * use as padding: not an error, just nothing to recover.
 */
enum drop rtx_unwrap(struct rtp *pkt, uint8_t pt, uint32_t ssrc);

#endif
