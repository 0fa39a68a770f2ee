/**
 * ICE-TCP, the passive side (RFC 6544): for clients whose network lets no UDP out.
 *
 * A connection is one 5-tuple that carries the packets of one peer, framed (frame.h). To the
 * worker they are datagrams like any other: their `addr` has the connection's number in
 * `sin6_flowinfo`, which is 0 for UDP, and an answer to that address goes back on it.
 *
 * Everything is bounded. Until a check on it has authenticated a connection is a *stranger*: it
 * has 10 s and a few packets, and of too many the oldest goes. What the far end does not read
 * is held up to TCP_QUEUE bytes; then packets are lost, as on a full line.
 */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "net/udp.h"

#include <stdbool.h>
#include <uv.h>

#define TCP_MOST          4096        ///< connections of one worker
#define TCP_STRANGERS     512         ///< of them that have not authenticated
#define TCP_FROM_ONE      64          ///< strangers from one address (IPv6: one /64)
#define TCP_STRANGER_SAYS 16          ///< packets a stranger may send
#define TCP_STRANGER_MS   10000       ///< time it has
#define TCP_IDLE_MS       60000       ///< a connection that says nothing for so long is closed
#define TCP_QUEUE         (128 << 10) ///< bytes that wait for a slow reader

struct tcp_ops {
    /** Packets of one connection; they may be changed in place. */
    void (*packets)(void *ctx, struct udp_batch *rx);
    /** Has this address authenticated as somebody's? */
    bool (*known)(void *ctx, const struct sockaddr_in6 *addr);
    void *ctx; ///< handed to both; not owned
};

struct tcp_counters {
    uint64_t accepted, closed;
    uint64_t refused; ///< strangers that were shut out or ran out of time
    uint64_t lost;    ///< packets a slow reader did not get
};

struct tcp;

/** Listens on `port` of all addresses. Returns the descriptor, or -errno. */
int tcp_open(uint16_t port);

/**
 * Takes connections from `fd` on `loop` from now on. Takes ownership of `fd`. NULL without
 * memory.
 */
struct tcp *tcp_create(uv_loop_t *loop, int fd, const struct tcp_ops *ops);

/** Closes all; memory goes as the loop runs on. NULL is fine. */
void tcp_destroy(struct tcp *t);

/** Takes out of `b` what belongs to connections and sends it. The rest is for UDP. */
void tcp_send(struct tcp *t, struct udp_batch *b);

const struct tcp_counters *tcp_count(const struct tcp *t);

#endif
