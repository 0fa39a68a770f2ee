/** The bytes of a recording: docs/flight.md. The lowest byte of a number comes first. */
#ifndef FLIGHT_WIRE_H
#define FLIGHT_WIRE_H

#include "base/digest.h"
#include "flight/flight.h"

#include <string.h>

#define WIRE_BLOCK 0x4b4c4246u ///< "FBLK"
#define WIRE_SENT  8           ///< bytes of a record
#define WIRE_CAME  16
#define WIRE_SUM   24 ///< where in a block's head the digest of all the rest begins

static inline void wire_put(uint8_t *at, uint64_t v, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(v >> 8 * i);
}

static inline uint64_t wire_get(const uint8_t *at, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)at[i] << 8 * i;
    return v;
}

/** The digest of a block: of its head before it, and of its records. */
static inline void wire_digest(const uint8_t *block, size_t len, uint8_t out[SHA256_SIZE])
{
    uint8_t both[SHA256_SIZE + WIRE_SUM];
    memcpy(both, block, WIRE_SUM);
    digest_sha256(block + FLIGHT_HEAD, len - FLIGHT_HEAD, both + WIRE_SUM);
    digest_sha256(both, sizeof(both), out);
}

#endif
