/** What was sent and is waiting to be told of: transport-wide number → packet. */
#ifndef CC_HISTORY_H
#define CC_HISTORY_H

#include "base/usec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTORY_FIRST 128  ///< packets remembered by a viewer who gets little
#define HISTORY_MAX   4096 ///< and at most: 64 KiB, 0.8 s of 50 Mbit/s

enum fate { FATE_OPEN, FATE_LOST, FATE_ARRIVED };

struct sent {
    usec_t at;
    uint16_t len;
    uint8_t kind;  ///< enum sent_kind
    uint8_t probe; ///< cluster; 0: none
    uint8_t fate;  ///< enum fate: as told by feedback; LOST may still become ARRIVED
};

struct history {
    struct sent *ring;  ///< `first`, or owned
    uint32_t size;      ///< a power of two
    int64_t next;       ///< number of the next packet, extended
    int64_t oldest;     ///< that was ever sent
    int64_t settled;    ///< all before it are told of, or given up
    int64_t counted;    ///< all before it have been counted as lost or arrived
    uint64_t in_flight; ///< bytes from `settled` on
    struct sent first[HISTORY_FIRST];
};

void history_init(struct history *h);
void history_finish(struct history *h);

/** Notes a packet. Its number is the low 16 bits of what `next` was. */
void history_add(struct history *h, const struct sent *s);

/** Asks memory for the place of the next few packets. */
void history_fetch_next(const struct history *h);

/** The packet with number `ext`; NULL if it is forgotten or was never sent. */
struct sent *history_find(struct history *h, int64_t ext);

/** Feedback told of numbers up to and with `ext`: nothing before it is in flight any more. */
void history_settle(struct history *h, int64_t ext);

/** When the oldest packet in flight was sent; USEC_NEVER if there is none. */
usec_t history_waiting_since(const struct history *h);

/**
 * Grows if what is in flight fills more than half, up to HISTORY_MAX. Without memory it stays
 * as it is. Not part of history_add(): that one never allocates.
 */
void history_grow(struct history *h);

/** Gives all memory back. What is in flight is forgotten. */
void history_shrink(struct history *h);

#endif
