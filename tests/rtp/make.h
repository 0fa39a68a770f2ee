/** Packets and chance for the tests of this layer. */
#ifndef TESTS_RTP_MAKE_H
#define TESTS_RTP_MAKE_H

#include "base/bytes.h"
#include "rtp/packet.h"

#include <assert.h>
#include <string.h>

/** splitmix64: one seed, one sequence. */
static inline uint64_t rnd(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/** 0 .. n - 1 */
static inline unsigned rnd_below(uint64_t *seed, unsigned n)
{
    return (unsigned)(rnd(seed) % n);
}

/** A packet with its bytes. */
struct made {
    uint8_t bytes[1500];
    struct rtp pkt;
};

/** Without extensions; `payload` may be NULL for `len` bytes of 0. */
static inline void make_packet(struct made *m, uint16_t seq, uint32_t ts, bool marker,
                               const uint8_t *payload, size_t len)
{
    memset(m, 0, sizeof(*m));
    assert(len + RTP_MIN_HEADER <= sizeof(m->bytes));
    m->bytes[0] = 0x80;
    m->bytes[1] = (uint8_t)(96 | (marker ? 0x80 : 0));
    wr16(m->bytes + 2, seq);
    wr32(m->bytes + 4, ts);
    wr32(m->bytes + 8, 0x1234);
    if (payload)
        memcpy(m->bytes + RTP_MIN_HEADER, payload, len);
    const enum drop why = rtp_parse(&m->pkt, m->bytes, RTP_MIN_HEADER + len);
    assert(why == DROP_NONE);
    (void)why;
}

#endif
