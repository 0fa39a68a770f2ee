/**
 * The repair cache: a source's last packets, as they were received, for receivers that ask
 * again.
 *
 * It belongs to the source; receivers hold only a map of numbers. Bounded in packets and in
 * bytes; all memory is taken at the start. The packets lie one after the other in a ring of
 * bytes.
 */
#ifndef RTP_REPAIR_H
#define RTP_REPAIR_H

#include "rtp/packet.h"

#define REPAIR_MAX_PACKET 2048 ///< bytes; a longer one is not kept

struct repair_index {
    uint32_t off; ///< of the packet's bytes in the ring, UINT32_MAX: not there any more
    uint16_t len; ///< bytes, 0: not received
    uint16_t seq;
    uint64_t memo; ///< the caller's, see repair_note()
};

struct repair {
    unsigned count;             ///< of the index, a power of two
    uint32_t size;              ///< of the ring, bytes
    uint32_t head;              ///< where the next packet is written
    uint32_t tail;              ///< the oldest packet's record
    bool any;                   ///< something was put
    int64_t newest;             ///< extended sequence number
    uint32_t used;              ///< bytes between tail and head, waste at the wrap included
    uint8_t *ring;              ///< owned
    struct repair_index *index; ///< owned, by sequence number modulo `count`
};

/**
 * Takes memory for `count` packets (a power of two, at most 16384) in `bytes` bytes (at least 2
 * * REPAIR_MAX_PACKET). Good values: audio 64 and 64 * 200; video as much as a receiver may
 * have to catch up with (rtp/gop.h). Returns 0, -EINVAL or -ENOMEM.
 */
int repair_init(struct repair *r, unsigned count, size_t bytes);

void repair_fini(struct repair *r);

/** Empties it: the source started again with other numbers. */
void repair_clear(struct repair *r);

/**
 * Keeps a copy of the packet. Returns false if it has that number already, or if it is older
 * than what the cache reaches: then it was forwarded before, or nobody waits for it any more,
 * and it must not be forwarded (again).
 */
bool repair_put(struct repair *r, const struct rtp *pkt);

/** Finds a packet. `*out` points into the cache, for reading, until the next repair_put(). */
bool repair_get(const struct repair *r, uint16_t seq, struct rtp *out);

/** Keeps something of the caller's beside the packet that was put under this number. */
void repair_note(struct repair *r, uint16_t seq, uint64_t memo);

/** What was kept there; 0 if nothing. */
uint64_t repair_noted(const struct repair *r, uint16_t seq);

/** True if repair_get() would find it. */
bool repair_has(const struct repair *r, uint16_t seq);

#endif
