/** Links with delay, jitter, loss, reordering and a bottleneck, on one queue of events. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "rng.h"

#include "base/usec.h"

#include <stddef.h>

#define NET_LARGEST 1536

/** One direction of one client's access. */
struct link {
    usec_t delay, jitter; ///< jitter never reorders
    unsigned loss;        ///< permille
    unsigned reorder;     ///< permille of packets that take 5..30 ms more than the rest
    unsigned duplicate;   ///< permille
    uint64_t rate_bps;    ///< of the bottleneck, 0: none
    usec_t queue;         ///< what waits longer at the bottleneck is dropped
    usec_t free_at;       ///< the bottleneck has sent what it has
    usec_t last_at;       ///< arrival of the newest packet in order
    uint64_t sent, lost;
};

/** A datagram on its way. `who` and `tag` are the owner's. */
struct carried {
    usec_t at;
    uint64_t order; ///< first come, first served
    unsigned who;
    bool down; ///< to a client
    size_t len;
    uint8_t extra[64]; ///< the owner's: addresses
    uint8_t bytes[NET_LARGEST];
};

struct net {
    struct carried **heap; ///< owned
    size_t count, cap;
    uint64_t order;
    struct carried *spare; ///< owned list through `extra`
    uint64_t trace;        ///< of all that was sent: two runs with the same one were the same
};

void net_fini(struct net *n);

/** Puts a datagram on a link; what is lost there never comes. Copies `bytes` and `extra`. */
void net_send(struct net *n, struct link *l, struct rng *rng, const struct carried *f,
              const uint8_t *bytes, usec_t now);

/** When the next datagram arrives, or USEC_NEVER. */
usec_t net_next(const struct net *n);

/** Takes the next one; give it back with net_done(). NULL if there is none. */
struct carried *net_take(struct net *n);
void net_done(struct net *n, struct carried *f);

#endif
