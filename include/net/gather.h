/**
 * When to let packets gather in the socket before they are read, so that more of them leave
 * together.
 *
 * A frame comes as several packets, one after the other; a worker that wakes at the first
 * sends it alone to every viewer, and the rest a moment later. Under load it is worth a quarter
 * of a millisecond to have them all: then each viewer's are one burst (net/udp.h), and there is
 * one wake-up instead of several. With little to do nothing is ever held.
 *
 * Sans-I/O: the loop asks, and sleeps itself.
 */
#ifndef NET_GATHER_H
#define NET_GATHER_H

#include "base/usec.h"

#include <stdbool.h>
#include <stdint.h>

#define GATHER_HOLD   250   ///< usec that packets are held at most
#define GATHER_LOADED 10000 ///< packets sent a second from which on it is worth it

struct gather {
    bool loaded;
    usec_t since; ///< when `sent_then` was
    uint64_t sent_then;
    usec_t began, ended; ///< the last turn of reading
};

/** The socket became readable at `now`; `sent` packets have been sent since the start. Returns
 * for how long to let more come, usec; 0: read now. */
usec_t gather_hold(struct gather *g, uint64_t sent, usec_t now);

/** Reading begins, and ends. */
static inline void gather_begin(struct gather *g, usec_t now)
{
    g->began = now;
}

static inline void gather_end(struct gather *g, usec_t now)
{
    g->ended = now;
}

#endif
