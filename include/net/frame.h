/**
 * Packets on a stream: RFC 4571 section 2, two bytes of length before each. ICE-TCP sends STUN,
 * DTLS and SRTP so (RFC 6544 section 3). Pure: bytes in, packets out.
 */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER 2 ///< bytes

/**
 * The packet that begins at `*at` of `len` bytes. 1: `*packet` (inside `bytes`) and
 * `*packet_len`, 0 included, and `*at` is behind it; 0: it is not whole yet; -EMSGSIZE: its
 * length says more than `max`, and what follows cannot be read any more.
 */
int frame_next(const uint8_t *bytes, size_t len, size_t *at, size_t max, const uint8_t **packet,
               size_t *packet_len);

#endif
