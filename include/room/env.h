/** What the worker lends to its rooms: the way out, the clock's heap, randomness, counters. */
#ifndef ROOM_ENV_H
#define ROOM_ENV_H

#include "base/deadline.h"
#include "base/drop.h"
#include "letter/letter.h"
#include "net/udp.h"
#include "peer/peer.h"

#include <stdint.h>

/** What happened, for the metrics; all since the start. */
struct room_counters {
    uint64_t packets_in, packets_out, bytes_in, bytes_out;
    uint64_t resent;        ///< packets sent again because a viewer asked
    uint64_t recovered;     ///< packets we asked for and got
    uint64_t red_recovered; ///< lost packets of audio that came as copies in later ones
    uint64_t red_out;       ///< packets with copies of earlier ones sent
    uint64_t nacks_out, nacks_in;
    uint64_t keyframes_asked;    ///< PLI and FIR sent to publishers
    uint64_t keyframe_wishes;    ///< PLI and FIR that came, and switches that need one
    uint64_t replays;            ///< times a viewer began with a keyframe out of the cache
    uint64_t replayed;           ///< packets sent so
    uint64_t switches;           ///< of a slot to another stream
    uint64_t unsent[DROP_COUNT]; ///< packets out that were not sent, by reason
};

struct room_env {
    struct peer_env peer;
    struct udp_batch *tx;            ///< not owned
    struct deadline_heap *deadlines; ///< not owned
    /** Takes a letter for control; copies what it keeps. */
    void (*post)(void *ctx, const struct letter *letter);
    void *ctx;            ///< not owned
    uint64_t rng;         ///< seeded by the owner, so that a simulated run can be repeated
    uint32_t incarnation; ///< counts streams: the rewriter's name for a source
    struct room_counters count;
};

/** 32 random bits from the environment's own generator: numbers, never secrets. */
uint32_t env_random(struct room_env *env);

#endif
