/**
 * When the packets for one viewer may leave: a frame that came as one burst must not stand as
 * one in the viewer's line.
 *
 *   audio ───────────────────────────────▶ sent at once, counted
 *   resends ──▶ queue ─┐
 *   pictures ─▶ queue ─┴─ by the budget ──▶ sent
 *   padding ─────────────────────────────▶ last, up to a rate of its own
 *
 * The budget is a time (the generic cell rate algorithm): `busy` is when the line, at the
 * pacing rate, would have carried all that was sent. While it is less than a burst ahead and
 * nobody queues, packets pass: one comparison and one multiplication each, no copy.
 *
 * Pure: it owns no packet and reads no clock. Queued packets lie in structs of the caller's.
 */
#ifndef CC_PACER_H
#define CC_PACER_H

#include "base/usec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACER_BURST       (8 * USEC_PER_MS)  ///< of the pacing rate that may leave at once
#define PACER_BURST_BYTES 4800               ///< and at least so much
#define PACER_TICK        (5 * USEC_PER_MS)  ///< pause between two looks at the queue
#define PACER_CATCH_UP    (20 * USEC_PER_MS) ///< of padding that was due and is sent later
#define PACER_MAX_AGE     USEC_PER_SEC       ///< what waited so long has usually lost its worth
#define PACER_MAX_BYTES   ((size_t)512 * 1024) ///< queued at most

/** Who goes first. */
enum pacer_queue { PACER_RESEND, PACER_PICTURE, PACER_QUEUES };

/** A queued packet: the head of a struct of the caller's. */
struct pacer_item {
    struct pacer_item *next; ///< not owned
    usec_t at;               ///< queued then
    size_t len;              ///< bytes on the wire
};

struct pacer {
    int64_t busy;     ///< nanoseconds: the line is free again then
    int64_t pad_busy; ///< likewise at the padding rate, all packets included
    int64_t burst;    ///< nanoseconds
    int64_t byte;     ///< nanoseconds of one byte at the rate in force, times 1024
    int64_t own_byte; ///< likewise at the pacing rate: what holds without padding
    int64_t pad_byte; ///< likewise of padding; 0: no padding
    usec_t looked_at; ///< the queue was last looked at
    usec_t patience;  ///< what waits longer has lost its worth; PACER_MAX_AGE at first
    unsigned count;   ///< queued
    size_t bytes;     ///< queued
    struct pacer_item *head[PACER_QUEUES], *tail[PACER_QUEUES]; ///< not owned
};

/** What decides how fast packets may leave. */
struct pace {
    bool trusted;        ///< the line was never seen to be too narrow
    uint64_t given_bps;  ///< what the allocator gave
    uint64_t target_bps; ///< the estimate
    uint64_t calm_bps;   ///< what may leave by the estimate now
};

/**
 * How fast that is, bits a second. What is sent on trust must not be held back by what is
 * known. A line that is known to be narrow gets no bursts; and if what is given is more than it
 * carries (a screen is held), the rest had better wait here than there.
 */
uint64_t pace_bps(const struct pace *p);

void pacer_init(struct pacer *p, uint64_t rate_bps, usec_t now);

/** Packets leave at this rate from now on; never 0. */
void pacer_set_rate(struct pacer *p, uint64_t rate_bps, usec_t now);

/** Fill up to `bps` with padding from now on, and never send slower than that; 0: no more. */
void pacer_set_padding(struct pacer *p, uint64_t bps, usec_t now);

/** May a packet go out right now, ahead of nobody? */
static inline bool pacer_passes(const struct pacer *p, usec_t now)
{
    return p->count == 0 && p->busy - now * 1000 <= p->burst;
}

/** `len` bytes leave now, whoever sent them. */
static inline void pacer_sent(struct pacer *p, size_t len, usec_t now)
{
    const int64_t at = now * 1000;
    p->busy = (p->busy > at ? p->busy : at) + (int64_t)len * p->byte / 1024;
    if (p->pad_byte) {
        const int64_t behind = at - PACER_CATCH_UP * 1000;
        p->pad_busy =
            (p->pad_busy > behind ? p->pad_busy : behind) + (int64_t)len * p->pad_byte / 1024;
    }
}

/** Queues `item`, whose `len` is filled in. */
void pacer_push(struct pacer *p, enum pacer_queue q, struct pacer_item *item, usec_t now);

/** The next one that may leave now, taken out; NULL: none. Say pacer_sent() of it. */
struct pacer_item *pacer_pop(struct pacer *p, usec_t now);

/** Takes out the oldest of a queue, whatever the budget says; NULL: none. */
struct pacer_item *pacer_take(struct pacer *p, enum pacer_queue q);

/** Would another `len` bytes of pictures wait too long, or be too many? */
bool pacer_full(const struct pacer *p, size_t len, usec_t now);

/** Is it time for a packet of padding? Never while something is queued. */
bool pacer_pads(const struct pacer *p, usec_t now);

/** When to look again; USEC_NEVER: there is nothing to wait for. */
usec_t pacer_deadline(const struct pacer *p);

#endif
