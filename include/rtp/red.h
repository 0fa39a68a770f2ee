/**
 * Redundant audio (RFC 2198): a packet carries, before its own frame, copies of the frames
 * before it. Read, undone and written here; and when a receiver is to get it.
 *
 *   1 PT offset length  1 PT offset length  0 PT │ oldest … │ … newest │ primary
 *   └── 4 bytes a block, oldest first ─────────┘
 *
 * The payload of Opus is never touched: in-band FEC and DTX frames go through as they came.
 */
#ifndef RTP_RED_H
#define RTP_RED_H

#include "base/usec.h"
#include "rtp/packet.h"

#define RED_MAX_BLOCKS   8     ///< redundant ones in a packet; browsers send 1 to 3
#define RED_MAX_OFFSET   16383 ///< ticks: 14 bits
#define RED_MAX_LENGTH   1023  ///< bytes of a block: 10 bits
#define RED_MAX_PACKET   1200  ///< bytes of an RTP packet that we write: more is not added
#define RED_MAX_DISTANCE 3     ///< frames back that we send again

/** A copy of an earlier frame, inside the payload. */
struct red_block {
    uint16_t ts_offset; ///< ticks before the packet's own time; 0 only of an empty block
    uint16_t off, len;  ///< bytes from the payload's start; nothing if `len` is 0
};

/** What a payload holds. */
struct red {
    uint8_t pt;                             ///< of all blocks
    uint8_t count;                          ///< of redundant blocks
    struct red_block block[RED_MAX_BLOCKS]; ///< the newest first: block k is k + 1 frames back
    uint16_t primary;                       ///< where the packet's own frame begins
    uint16_t primary_len;                   ///< bytes, at least 1
};

/**
 * Reads a RED payload of `len` bytes whose blocks must all be of payload type `pt`. Returns
 * DROP_NONE; DROP_SHORT if it ends before what its headers say; DROP_MALFORMED if blocks are of
 * another type, not in order of time, too many, or the primary is empty. Linear, reads no
 * further than `len`.
 */
enum drop red_parse(struct red *out, const uint8_t *payload, size_t len, uint8_t pt);

/**
 * Turns the RED packet `*pkt` in place into the plain one: the header moves over the
 * redundancy, so `pkt->data` moves on. `r` is what red_parse() said of it; its blocks are gone
 * afterwards.
 */
void red_unwrap(struct rtp *pkt, const struct red *r);

/** A packet made of a copy. `pkt` points into `bytes`: not to be moved. */
struct red_copy {
    struct rtp pkt;
    uint8_t bytes[RTP_MIN_HEADER + RED_MAX_LENGTH];
};

/**
 * Makes the plain packet with number `seq` that block `k` of `pkt` is a copy of, without header
 * extensions: what they said of that frame is lost.
 */
void red_recover(const struct rtp *pkt, const struct red *r, unsigned k, uint16_t seq,
                 struct red_copy *out);

/** A frame to send again. */
struct red_frame {
    const uint8_t *data; ///< not owned
    uint16_t len;        ///< bytes
    uint16_t ts_offset;  ///< ticks before the packet it is added to
};

/** Frames to send again, the newest first. */
struct red_frames {
    uint8_t pt; ///< of all of them, and of the packet they are added to
    unsigned count;
    struct red_frame frame[RED_MAX_BLOCKS];
};

/**
 * Makes the plain packet at `packet` (`len` bytes, its payload from `payload_off` on to its
 * end) a RED one: headers and the frames are put before its payload. The packet's own payload
 * type is the caller's to set. Frames from the first that does not fit on (block limits, `cap`,
 * RED_MAX_PACKET) are left out. Returns the new length; `len`, changing nothing, if no frame
 * fits.
 */
size_t red_wrap(uint8_t *packet, size_t len, size_t cap, size_t payload_off,
                const struct red_frames *frames);

/**
 * How many frames back a receiver gets: by its loss. More at once, less only after a calm time,
 * so that a line at a threshold does not swing.
 *
 *   loss   2 %      8 %      20 %          frames with all copies lost, if losses are random
 *     0 ───┼── 1 ───┼── 2 ───┼── 3         d copies and the frame itself: loss^(d + 1)
 *      ◀── 1 %  ◀── 4 %  ◀── 10 %          for RED_CALM
 */
struct red_aim {
    uint8_t distance; ///< 0: plain packets
    uint16_t loss;    ///< of 65536, smoothed
    usec_t calm_at;   ///< since when the loss is below what the distance is for; 0 it is not
};

#define RED_CALM (10 * USEC_PER_SEC)

/** A word about the loss on a receiver's line, of 65536; about once a second. */
void red_aim_on_loss(struct red_aim *a, uint16_t loss, usec_t now);

#endif
