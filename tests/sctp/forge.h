/** Packets as a stranger might make them, with a tag and a checksum that are right. */
#ifndef TESTS_SCTP_FORGE_H
#define TESTS_SCTP_FORGE_H

#include "base/bytes.h"

#include <stdint.h>
#include <string.h>
#include <usrsctp.h>

#define FORGE_HEADER 12

/** The checksum stands in the packet least significant byte first (RFC 9260 appendix A). */
static inline void forge_seal(uint8_t *packet, size_t len)
{
    memset(packet + 8, 0, 4);
    const uint32_t sum = usrsctp_crc32c(packet, len);
    memcpy(packet + 8, &sum, sizeof(sum));
}

/** The common header; returns its length. */
static inline size_t forge_header(uint8_t *packet, uint32_t tag)
{
    wr16(packet, 5000);
    wr16(packet + 2, 5000);
    wr32(packet + 4, tag);
    return FORGE_HEADER;
}

/** One chunk at `at`; returns where the next begins (padded). */
static inline size_t forge_chunk(uint8_t *at, uint8_t type, uint8_t flags, const uint8_t *body,
                                 size_t len)
{
    at[0] = type;
    at[1] = flags;
    wr16(at + 2, (uint16_t)(4 + len));
    if (len > 0)
        memcpy(at + 4, body, len);
    memset(at + 4 + len, 0, (4 - len % 4) % 4);
    return 4 + (len + 3) / 4 * 4;
}

#endif
