/** What the worker lends to its rooms: the way out, the clock's heap, randomness, counters. */
#ifndef ROOM_ENV_H
#define ROOM_ENV_H

#include "base/deadline.h"
#include "base/drop.h"
#include "letter/letter.h"
#include "net/udp.h"
#include "peer/peer.h"
#include "room/forward.h"

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
    uint64_t paced;              ///< packets that had to wait for their turn
    uint64_t overflows;          ///< times a viewer's queue was given up
    uint64_t probes, padding;    ///< probes begun; packets of padding
    uint64_t unsent[DROP_COUNT]; ///< packets out that were not sent, by reason
};

/** Messages of data channels, since the start. */
struct data_counters {
    uint64_t in, out;     ///< messages that came, and that went to receivers
    uint64_t over_rate;   ///< unreliable ones from a sender over its rate: dropped
    uint64_t held_back;   ///< times that reading from a sender stopped for its rate
    uint64_t no_room;     ///< not sent: unreliable, and the receiver is slow
    uint64_t too_slow;    ///< channels closed because reliable messages would pile up
    uint64_t no_channel;  ///< not sent: the receiver has no channel left
    uint64_t not_allowed; ///< messages and channels that the sender has no right to
    uint64_t refused; ///< messages and channels against a rule or a bound, by the layer below
};

struct flight_pool;

struct room_env {
    struct peer_env peer;
    struct udp_batch *tx;            ///< not owned
    struct deadline_heap *deadlines; ///< not owned
    /** Takes a letter for control; copies what it keeps. */
    void (*post)(void *ctx, const struct letter *letter);
    void *ctx;                  ///< not owned
    struct flight_pool *flight; ///< for recordings; NULL: none are made; not owned
    unsigned left_out;    ///< of SHED_ALL: of pictures, what there is no time for (cc/shed.h)
    uint64_t rng;         ///< seeded by the owner, so that a simulated run can be repeated
    uint32_t incarnation; ///< counts streams: the rewriter's name for a source
    struct room_counters count;
    struct data_counters data; ///< of data channels
    struct forward_train train;
};

/** 32 random bits from the environment's own generator: numbers, never secrets. */
uint32_t env_random(struct room_env *env);

#endif
