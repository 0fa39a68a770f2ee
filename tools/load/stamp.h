/**
 * What every frame carries behind its own bytes: whose it is, and when it was sent. VP8 reads
 * no further than its last partition needs, Opus steps over its padding; so a server that
 * forwards payloads as they are brings it to the viewer.
 */
#ifndef LOAD_STAMP_H
#define LOAD_STAMP_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STAMP_SCREEN 7u ///< as layer: a shared screen has none
#define STAMP_SIZE   28u
#define STAMP_MAGIC  0x53414c4fu

struct stamp {
    uint32_t member; ///< who published it
    uint8_t layer;   ///< 0: the smallest
    uint8_t tid;     ///< temporal layer
    uint16_t clip;   ///< which picture of the clip
    uint32_t frame;  ///< counts since the publisher began
    int64_t wall_us; ///< when it was sent, µs since 1970
};

static inline void stamp_write(uint8_t *out, const struct stamp *s)
{
    wr32(out, STAMP_MAGIC);
    wr32(out + 4, s->member);
    out[8] = s->layer;
    out[9] = s->tid;
    wr16(out + 10, s->clip);
    wr32(out + 12, s->frame);
    wr32(out + 16, (uint32_t)((uint64_t)s->wall_us >> 32));
    wr32(out + 20, (uint32_t)s->wall_us);
    wr32(out + 24, STAMP_MAGIC);
}

/** Reads the one at the end of `len` bytes. False if there is none. */
static inline bool stamp_read(struct stamp *s, const uint8_t *bytes, size_t len)
{
    if (len < STAMP_SIZE)
        return false;
    const uint8_t *p = bytes + len - STAMP_SIZE;
    if (rd32(p) != STAMP_MAGIC || rd32(p + 24) != STAMP_MAGIC)
        return false;
    *s = (struct stamp){.member = rd32(p + 4),
                        .layer = p[8],
                        .tid = p[9],
                        .clip = rd16(p + 10),
                        .frame = rd32(p + 12),
                        .wall_us = (int64_t)((uint64_t)rd32(p + 16) << 32 | rd32(p + 20))};
    return true;
}

#endif
