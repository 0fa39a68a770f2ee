/**
 * Transport-wide congestion control feedback
 * (draft-holmer-rmcat-transport-wide-cc-extensions-01): the receiving side, which notes when
 * packets came and says so, and a reader of what it writes.
 *
 *   twcc_recv_on_packet() ... twcc_recv_deadline() -> twcc_recv_write() until it returns 0
 */
#ifndef CC_TWCC_H
#define CC_TWCC_H

#include "base/drop.h"
#include "base/usec.h"
#include "rtp/rtcp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TWCC_WINDOW   2048 ///< packets between two feedbacks, lost ones included
#define TWCC_INTERVAL (50 * USEC_PER_MS)
#define TWCC_TICK     250 ///< microseconds, section 3.1.5
#define TWCC_MIN_SIZE 64  ///< bytes twcc_recv_write() must be given

struct twcc_recv {
    bool started;
    uint8_t feedback; ///< count of feedback packets, section 3.1
    int64_t begin;    ///< first number not reported yet, extended
    int64_t end;      ///< one behind the newest
    usec_t deadline;
    uint32_t at[TWCC_WINDOW]; ///< ticks of 250 us, 0: not arrived
};

void twcc_recv_init(struct twcc_recv *r);

/** A packet with transport-wide number `seq` came. */
void twcc_recv_on_packet(struct twcc_recv *r, uint16_t seq, usec_t now);

/** When feedback is due; USEC_NEVER while there is nothing to report. */
static inline usec_t twcc_recv_deadline(const struct twcc_recv *r)
{
    return r->deadline;
}

/**
 * Writes one feedback packet about what came since the last one. Returns its bytes; 0 when
 * nothing is left to report. `sender` is our SSRC, `media` any SSRC of the peer.
 */
size_t twcc_recv_write(struct twcc_recv *r, uint8_t *out, size_t cap, uint32_t sender,
                       uint32_t media);

/** A walk through one feedback packet. */
struct twcc_iter {
    const uint8_t *chunk, *delta, *end; ///< not owned
    uint16_t seq;                       ///< of the next status
    uint16_t left;                      ///< statuses to come
    uint16_t bits;                      ///< the chunk being read
    uint16_t run;                       ///< statuses left in it
    int64_t at;                         ///< ticks of 250 us, of the last arrival
    uint8_t feedback;                   ///< count of feedback packets
};

/** One packet's fate. */
struct twcc_status {
    uint16_t seq;
    bool arrived;
    int64_t at_us; ///< if arrived: on the receiver's clock modulo 2^24 * 64 ms
};

/**
 * Checks a whole feedback packet: after DROP_NONE, twcc_next() gives every status. Only for
 * RTCP_KIND_TWCC. Returns DROP_NONE, DROP_SHORT or DROP_MALFORMED.
 */
enum drop twcc_open(struct twcc_iter *it, const struct rtcp *p);

/** Leaves out `n` statuses, or all that are left. A run of lost ones costs one step. */
void twcc_skip(struct twcc_iter *it, unsigned n);

/** The next status. False at the end. */
bool twcc_next(struct twcc_iter *it, struct twcc_status *out);

#endif
