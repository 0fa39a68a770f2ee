/**
 * Handshakes wait for media: one costs as much as some hundred packets, and a crowd that comes
 * must not be felt by those who talk. One datagram of them is gone on with in a turn of the
 * loop, the others are put aside, in their order.
 */
#ifndef WORKER_HANDSHAKES_H
#define WORKER_HANDSHAKES_H

#include "worker/worker.h"

/** A turn begins. */
void handshakes_turn(struct worker *w);

/**
 * A DTLS datagram of `m`: goes on with its handshake, or puts it aside. DROP_LIMIT: too many
 * wait; the client will send it again (RFC 6347 section 4.2.4).
 */
enum drop handshakes_on_dtls(struct worker *w, struct member *m, const struct udp_datagram *d,
                             usec_t now);

/** To be called once, before anything else. */
void handshakes_init(struct worker *w);

void handshakes_fini(struct worker *w);

#endif
