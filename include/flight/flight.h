/**
 * The flight recorder: what came, what was decided and what went in a room, for about the last
 * minute. Of packets their headers and sizes, of RTCP the feedback; no payload, no address, no
 * name.
 *
 * A pool of blocks belongs to the worker, so that memory is bounded however many rooms there
 * are; a room's recording is a chain of them. A block that is older than a minute, or if none
 * is free the pool's oldest, is written anew. Each can be read by itself: docs/flight.md says
 * how. Every few seconds what congestion control knows of each viewer is written down whole,
 * so that the decisions can be repeated from there (flight/replay.h).
 *
 *   pool  [ ][ ][ ][ ][ ][ ][ ][ ][ ]
 *   room A  7──8──9 <- written     oldest first, numbered on and on
 *   room B  0──1──2──3 <-
 */
#ifndef FLIGHT_FLIGHT_H
#define FLIGHT_FLIGHT_H

#include "base/usec.h"

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FLIGHT_BLOCK 32768               ///< bytes of records in one block
#define FLIGHT_SPAN  (60 * USEC_PER_SEC) ///< what is older is not kept
#define FLIGHT_EACH  (10 * USEC_PER_SEC) ///< between two times that a state is written whole
#define FLIGHT_HEAD  56                  ///< bytes before a block that was given out

/** What a record says; its bytes are in docs/flight.md. */
enum flight_type {
    FLIGHT_TIME = 1, ///< what follows happened then
    FLIGHT_SENT,     ///< a packet to a viewer, by enum sent_kind: these four have 8 bytes
    FLIGHT_SENT_LAST = FLIGHT_SENT + 3,
    FLIGHT_CAME, ///< a packet of a publisher: 16 bytes
    // All that follow have a length.
    FLIGHT_MEMBER,
    FLIGHT_LEFT,
    FLIGHT_PEER, ///< connected, or gone
    FLIGHT_TRACK,
    FLIGHT_SLOT,
    FLIGHT_MUTE,
    FLIGHT_UPLINK,  ///< what a publisher's line lost
    FLIGHT_ASKED,   ///< a viewer asked for packets or a keyframe
    FLIGHT_WISHED,  ///< we asked a publisher for packets or a keyframe
    FLIGHT_BEGAN,   ///< a slot goes on with a stream
    FLIGHT_GAVE_UP, ///< a viewer's queue was given up
    // What the estimator is told ...
    FLIGHT_STATE,
    FLIGHT_TWCC,
    FLIGHT_REMB,
    FLIGHT_REPORT,
    FLIGHT_DEMAND,
    FLIGHT_TICK,
    FLIGHT_MOVED,
    FLIGHT_PROBE_END,
    // ... and decisions, with what they were made of.
    FLIGHT_PROBE,
    FLIGHT_ESTIMATE,
    FLIGHT_SHARE,
    FLIGHT_DIVIDE,
    FLIGHT_CHOICE,
    FLIGHT_TYPES
};

struct flight_block;

/** The worker's. */
struct flight_pool {
    unsigned count;             ///< blocks
    unsigned used;              ///< of these, from the first on, were ever written on
    struct flight_block *block; ///< owned
    struct flight_block *spare; ///< of `block`: in no recording
    unsigned spared;            ///< how many these are
};

/** One room's. Zeroed, it records nothing. */
struct flight {
    uint8_t *at, *end;        ///< of the newest block; NULL: nothing is recorded
    usec_t now;               ///< of what was written last
    struct flight_pool *pool; ///< not owned
    struct flight_block *first, *last;
    uint64_t number; ///< of the next block
};

/** Room for `bytes` of blocks, none of them touched yet. 0 or -ENOMEM. */
int flight_pool_init(struct flight_pool *p, size_t bytes);
void flight_pool_fini(struct flight_pool *p);

/** A recording that is empty; `pool` NULL, or without a block: nothing will be recorded. */
void flight_init(struct flight *f, struct flight_pool *pool);

/** Gives its blocks back. */
void flight_fini(struct flight *f);

/** A place for `n` bytes (at most FLIGHT_BLOCK - 16) of `now`, where there was none; or NULL.
 */
uint8_t *flight_more(struct flight *f, size_t n, usec_t now);

/** A place for `n` bytes that are written at once; NULL if nothing is recorded. */
static inline uint8_t *flight_place(struct flight *f, size_t n, usec_t now)
{
    if (now != f->now || (size_t)(f->end - f->at) < n)
        return flight_more(f, n, now);
    uint8_t *at = f->at;
    f->at += n;
    return at;
}

static inline bool flight_on(const struct flight *f)
{
    return f->pool != NULL;
}

/** A packet of `len` bytes goes to viewer `who`, with the transport-wide number `seq`. */
static inline void flight_sent(struct flight *f, uint16_t who, unsigned kind, size_t len,
                               uint16_t seq, usec_t now)
{
    uint8_t *at = f->pool ? flight_place(f, 8, now) : NULL;
    if (!at)
        return;
    const uint64_t all = (uint64_t)(FLIGHT_SENT + kind) | (uint64_t)who << 16 |
                         (uint64_t)(uint16_t)len << 32 | (uint64_t)seq << 48;
    const uint64_t lowest_first = htole64(all);
    memcpy(at, &lowest_first, sizeof(lowest_first));
}

/** A packet of a publisher. */
struct flight_came {
    uint16_t who, len, seq;
    uint32_t ts;
    uint8_t track, stream; ///< by their places
    uint8_t sid, tid;
    bool marker, keyframe, repaired;
};

void flight_came(struct flight *f, const struct flight_came *c, usec_t now);

/** A record of another type, of `len` bytes, 1 to FLIGHT_BLOCK - 16. */
void flight_write(struct flight *f, enum flight_type type, const uint8_t *body, size_t len,
                  usec_t now);

/** A block as it is given out: FLIGHT_HEAD bytes, then records. */
struct flight_given {
    uint64_t number; ///< its own; it is the first that is there from the one asked for on
    uint64_t newest; ///< of the block being written
    size_t len;      ///< bytes
    uint8_t bytes[FLIGHT_HEAD + FLIGHT_BLOCK];
};

/** Writes out the first block from number `from` on. False if there is none. */
bool flight_give(const struct flight *f, uint64_t from, struct flight_given *out);

#endif
