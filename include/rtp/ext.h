/**
 * Header extensions: what the known ones say, and the copy of a packet for one receiver.
 *
 * Ids are per m-line (RFC 8843 allows one id with two meanings in one bundle), so every packet
 * is written anew for the receiving m-line: ids are translated, what the receiver did not agree
 * to is left out, and what belongs to a hop (MID, transport-wide number, send time) is
 * replaced.
 */
#ifndef RTP_EXT_H
#define RTP_EXT_H

#include "base/media.h"
#include "base/usec.h"
#include "rtp/packet.h"

/** Room that rtp_copy() may need beyond the incoming packet's own bytes. */
#define RTP_COPY_GROWTH 96

#define RTP_MID_MAX  32 ///< bytes of a MID, without a NUL
#define RTP_HEAD_MAX 8  ///< bytes of a replaced payload descriptor

/** RFC 6464: `level` is 0 (loudest) to 127 dBov below overload. False without a valid one. */
bool rtp_ext_audio_level(const struct rtp *pkt, uint8_t id, uint8_t *level, bool *vad);

/** The text of a MID, RID or repaired RID, not NUL-terminated; NULL if absent or empty. */
const char *rtp_ext_text(const struct rtp *pkt, uint8_t id, uint8_t *len);

/** The transport-wide sequence number. False without one. */
bool rtp_ext_twcc(const struct rtp *pkt, uint8_t id, uint16_t *seq);

/** 3GPP TS 26.114 section 7.4.5. */
struct rtp_orientation {
    bool back;        ///< the camera points away from the user
    bool flip;        ///< mirrored horizontally
    uint16_t degrees; ///< 0, 90, 180, 270: to rotate by when shown
};

bool rtp_ext_orientation(const struct rtp *pkt, uint8_t id, struct rtp_orientation *out);

/** The AV1 dependency descriptor's frame number. False without one. */
bool rtp_ext_frame_number(const struct rtp *pkt, uint8_t id, uint16_t *frame);

/** `now` as abs-send-time has it: 24 bits, seconds in 6.18 fixed point. */
uint32_t rtp_abs_send_time(usec_t now);

/**
 * How one source's extensions become one slot's: made once when a source is seated, read for
 * every packet.
 */
struct rtp_ext_plan {
    uint8_t to[16]; ///< outgoing id of incoming ids 1..14, 0: strip
    uint8_t far_count;
    uint8_t far_in[EXT_COUNT]; ///< incoming ids of 15 and more
    uint8_t far_to[EXT_COUNT];
    uint8_t dependency_in; ///< incoming id of the dependency descriptor, 0 unless it is kept
    uint8_t twcc;          ///< outgoing ids of what we write ourselves, 0: not agreed
    uint8_t send_time;
    uint8_t mid_id;
    uint8_t mid_len;
    uint8_t mid[RTP_MID_MAX];
    uint16_t
        kept;   ///< incoming ids that are copied, as in struct rtp: else there is nothing to do
    bool mixed; ///< the receiver takes both forms (a=extmap-allow-mixed)
    bool two_byte; ///< an outgoing id is above 14: always the two-byte form
};

/**
 * Makes the plan. `in` and `out` have the ids of the sending and of the receiving m-line by
 * enum media_ext, 0 where not agreed. `mid` is the receiving m-line's, of `mid_len` bytes; a
 * longer one than RTP_MID_MAX is not sent. MID, TWCC and send time are written if `out` has an
 * id for them; RID and repaired RID never; of the rest each that both sides agreed to is
 * copied.
 */
void rtp_ext_plan_init(struct rtp_ext_plan *plan, const uint8_t in[EXT_COUNT],
                       const uint8_t out[EXT_COUNT], const char *mid, size_t mid_len,
                       bool mixed);

/** The new header. */
struct rtp_out {
    const struct rtp_ext_plan *plan; ///< not owned
    uint32_t ssrc;
    uint32_t ts;
    uint16_t seq;
    uint8_t pt;
    bool marker;
    bool rtx;           ///< write `osn` before the payload (RFC 4588 section 4)
    uint16_t osn;       ///< the number the packet had when it was sent first
    uint16_t twcc;      ///< transport-wide number, where agreed; may be stamped later
    uint32_t send_time; ///< abs-send-time, where agreed; may be stamped later

    /** Added to the dependency descriptor's frame number, modulo 2^16 (struct rewritten). */
    uint16_t frame_add;

    /** A new payload descriptor: `head_len` bytes instead of the payload's first `head_skip`.
     */
    uint8_t head_len, head_skip;
    uint8_t head[RTP_HEAD_MAX];
};

/** Where things are in the copy, in bytes from its start. */
struct rtp_copied {
    uint16_t len;           ///< of the whole copy
    uint16_t payload_off;   ///< of the original payload: behind the OSN if there is one
    uint16_t twcc_off;      ///< of the transport-wide number's 2 bytes, 0: none
    uint16_t send_time_off; ///< of the abs-send-time's 3 bytes, 0: none
};

/**
 * Writes packet `in` for one receiver into `out`, with a new header and without CSRCs, padding
 * and unknown extensions. Returns the bytes written, and the places in `*where`; 0 if it does
 * not fit into `cap`. The same arguments give the same bytes.
 */
size_t rtp_copy(uint8_t *out, size_t cap, const struct rtp *in, const struct rtp_out *how,
                struct rtp_copied *where);

#endif
