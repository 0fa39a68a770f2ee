/**
 * One direction of a bad line: a queue with an end, a bottleneck, and the way behind it.
 *
 *   link_push ─▶ queue (drop-tail) ─▶ rate ─▶ loss ─▶ delay + jitter ─▶ link_pop
 *
 * Sans-I/O: packets and `now` in, packets out. What is lost and how late each packet is depends
 * only on the seed and on how many packets passed the bottleneck before it.
 */
#ifndef QUALITY_LINK_H
#define QUALITY_LINK_H

#include "rng.h"

#include "base/usec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINK_MTU 1600

/** What may be changed at any time. */
struct link_shape {
    uint64_t rate_bps; ///< of whole IP packets; 0: no bottleneck
    usec_t queue;      ///< what would wait longer at the bottleneck is dropped
    usec_t delay;      ///< one way
    usec_t jitter;     ///< each packet takes 0 .. jitter more
    bool reorder;      ///< jitter may put packets out of order; else later ones wait
    unsigned loss;     ///< of a million, behind the bottleneck
    unsigned burst;    ///< mean number of packets lost in a row; 0 and 1: each for itself
};

struct link_packet {
    struct link_packet *next;
    usec_t in, at; ///< when it came, when it arrives
    size_t len;
    uint8_t bytes[LINK_MTU];
};

/** A list in the order of leaving. */
struct link_list {
    struct link_packet *first, *last; ///< owned
    size_t count, bytes;
};

/** Since link_take_stats(). */
struct link_stats {
    uint64_t in_packets, out_packets, out_bytes;
    uint64_t dropped; ///< no room in the queue
    uint64_t lost;    ///< by chance
    usec_t queue_max; ///< longest time from coming to having left the bottleneck
    usec_t queue_sum; ///< of queue_count packets
    uint64_t queue_count;
};

struct link {
    struct link_shape shape;
    struct rng luck, lateness;
    bool bad;                      ///< in a burst of losses
    struct link_list waiting, way; ///< before and behind the bottleneck
    usec_t free_at;                ///< the bottleneck has sent the first of `waiting`
    usec_t newest;                 ///< arrival of the last packet in order
    struct link_stats stats;
};

/** No bottleneck, no delay, no loss. */
void link_init(struct link *l, uint64_t seed);
void link_fini(struct link *l);

/** Changes the line now. What has left the bottleneck arrives as it would have. */
void link_shape(struct link *l, const struct link_shape *shape, usec_t now);

/** A packet comes; copied. False: the queue had no room. `len` is at most LINK_MTU. */
bool link_push(struct link *l, const uint8_t *bytes, size_t len, usec_t now);

/** When link_pop() has something to do; USEC_NEVER when empty. */
usec_t link_next(const struct link *l);

/** The next packet that has arrived by `now`, NULL if there is none. The caller frees it. */
struct link_packet *link_pop(struct link *l, usec_t now);

/** How long a packet that came now would wait for the bottleneck. */
usec_t link_backlog(const struct link *l, usec_t now);

/** What happened since the last call. */
struct link_stats link_take_stats(struct link *l);

#endif
