/** Whole datagrams in a row: what waits for the network, or for dtls_read(). */
#ifndef DTLS_QUEUE_H
#define DTLS_QUEUE_H

#include "dtls/dtls.h"

/**
 * Adds one. With `join` it is appended to the newest datagram instead, if both fit into
 * DTLS_MTU: several records may share a datagram (RFC 6347 section 4.1.1). False if there is no
 * room (64 kB) or no memory: then it is lost, as the network might have lost it.
 */
bool queue_put(struct dtls_queue *q, const uint8_t *bytes, size_t len, bool join);

/** Takes the oldest; its length, cut to `cap`. 0: there is none. Frees the memory with the
 * last. */
size_t queue_take(struct dtls_queue *q, uint8_t *buf, size_t cap);

/** Room for one more datagram of `len` bytes. */
bool queue_has_room(const struct dtls_queue *q, size_t len);

void queue_fini(struct dtls_queue *q);

#endif
