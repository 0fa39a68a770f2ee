/** A read-write view of one RTP packet (RFC 3550 section 5.1, header extensions RFC 8285). */
#ifndef RTP_PACKET_H
#define RTP_PACKET_H

#include "base/drop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_MIN_HEADER 12

/** How the header extension names its elements (RFC 8285 section 4). */
enum rtp_ext_form {
    RTP_EXT_NONE,     ///< no extension, or one of a profile that is not RFC 8285's
    RTP_EXT_ONE_BYTE, ///< 0xBEDE: ids 1..14, 1..16 bytes each
    RTP_EXT_TWO_BYTE, ///< 0x100x: ids 1..255, 0..255 bytes each
};

/**
 * A parsed packet. It owns nothing: `data` is the datagram it was parsed from and must outlive
 * it. Fields are copies in host order; rtp_write() puts changed ones back on the wire.
 */
struct rtp {
    uint8_t *data;        ///< first byte of the fixed header
    uint16_t len;         ///< bytes in the packet, padding included
    uint16_t payload_off; ///< bytes from `data` to the payload
    uint16_t payload_len; ///< bytes of payload, padding excluded; 0: a padding-only packet
    uint16_t ext_off;     ///< bytes to the first extension element, 0 if there is none
    uint16_t ext_len;     ///< bytes of extension elements
    uint16_t ext_ids;     ///< which ids they have: bits 1 to 14, and bit 15 for all above
    enum rtp_ext_form ext_form;
    uint32_t ssrc;
    uint32_t ts; ///< media clock ticks
    uint16_t seq;
    uint8_t pt;
    uint8_t csrc_count;
    uint8_t padding; ///< bytes of padding, its count octet included
    bool marker;
};

/** One header extension element. `data` points into the packet. */
struct rtp_elem {
    const uint8_t *data; ///< not owned
    uint8_t id;          ///< 1..255
    uint8_t len;         ///< bytes, 0 only in the two-byte form
};

/**
 * Parses `len` bytes at `data` into `*pkt`. Reads no further than `len`, whatever the bytes
 * say. Returns DROP_NONE, DROP_SHORT or DROP_MALFORMED; on a drop `*pkt` is unspecified.
 */
enum drop rtp_parse(struct rtp *pkt, uint8_t *data, size_t len);

/** Writes pt, marker, seq, ts and ssrc back into `data`. Everything else stays as it was. */
void rtp_write(const struct rtp *pkt);

/** The bit of an extension's id in `ext_ids`. */
static inline uint16_t rtp_ext_bit(uint8_t id)
{
    return (uint16_t)(1u << (id < 15 ? id : 15));
}

/** The payload's first byte. */
static inline const uint8_t *rtp_payload(const struct rtp *pkt)
{
    return pkt->data + pkt->payload_off;
}

/**
 * The next header extension element from `*pos`, which starts at 0. False at the end, or where
 * the elements stop making sense.
 */
bool rtp_ext_next(const struct rtp *pkt, uint16_t *pos, struct rtp_elem *elem);

/**
 * Finds the first extension `id` (1..255) in either form. Returns its bytes inside the packet
 * and their number in `*len`; NULL if the packet has none, or if `id` is 0.
 */
const uint8_t *rtp_ext(const struct rtp *pkt, uint8_t id, uint8_t *len);

#endif
