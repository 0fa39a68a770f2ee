#include "rtp/repair.h"

#include "base/seq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COUNT 16384u
#define GONE      UINT32_MAX // repair_index.off: seen, but its bytes are not here

/*
 * The ring of bytes. A record is the sequence number and length of its packet and then the
 * packet, padded to four bytes. A record does not wrap: what is left at the end is a record of
 * waste.
 *
 *     tail ->|seq len packet|seq len packet| ... |waste|       head -> free
 */
struct record {
    uint16_t seq;
    uint16_t len; ///< bytes of packet, 0: waste to the end of the ring
};

static uint32_t record_size(uint16_t len)
{
    return (uint32_t)((sizeof(struct record) + len + 3u) & ~3u);
}

int repair_init(struct repair *r, unsigned count, size_t bytes)
{
    *r = (struct repair){0};
    if (count == 0 || count > MAX_COUNT || (count & (count - 1)) != 0)
        return -EINVAL;
    if (bytes < 2 * (size_t)REPAIR_MAX_PACKET || bytes > UINT32_MAX / 2)
        return -EINVAL;

    r->count = count;
    r->size = (uint32_t)bytes & ~3u;
    r->ring = malloc(r->size);
    r->index = calloc(count, sizeof(*r->index));
    if (!r->ring || !r->index) {
        repair_fini(r);
        return -ENOMEM;
    }
    return 0;
}

void repair_fini(struct repair *r)
{
    free(r->ring);
    free(r->index);
    *r = (struct repair){0};
}

void repair_clear(struct repair *r)
{
    r->head = r->tail = r->used = 0;
    r->any = false;
    r->newest = 0;
    memset(r->index, 0, r->count * sizeof(*r->index));
}

static struct repair_index *entry(const struct repair *r, uint16_t seq)
{
    return &r->index[seq & (r->count - 1)];
}

/** Frees the oldest record. */
static void drop_tail(struct repair *r)
{
    struct record rec;
    memcpy(&rec, r->ring + r->tail, sizeof(rec));

    if (rec.len == 0) {
        r->used -= r->size - r->tail;
        r->tail = 0;
        return;
    }
    // The index may have gone on to a newer packet since.
    struct repair_index *e = entry(r, rec.seq);
    if (e->len && e->off == r->tail + sizeof(rec))
        e->off = GONE;
    r->used -= record_size(rec.len);
    r->tail += record_size(rec.len);
    if (r->tail == r->size)
        r->tail = 0;
}

/** Makes `need` bytes free in one piece at the head. */
static void make_room(struct repair *r, uint32_t need)
{
    if (r->size - r->head < need) {
        const uint32_t waste = r->size - r->head;
        while (r->used && r->size - r->used < waste)
            drop_tail(r);
        if (r->used == 0) {
            r->head = r->tail = 0;
        } else {
            const struct record rec = {0};
            memcpy(r->ring + r->head, &rec, sizeof(rec));
            r->used += waste;
            r->head = 0;
        }
    }
    while (r->used && r->size - r->used < need)
        drop_tail(r);
}

/** Moves on to `seq`: what the index still has for the numbers in between is a lap old. */
static void advance(struct repair *r, int64_t seq)
{
    const int64_t lap = seq - (int64_t)r->count;
    int64_t missing = r->newest + 1;

    if (missing < lap)
        missing = lap;
    for (; missing < seq; missing++)
        entry(r, (uint16_t)missing)->len = 0;
    r->newest = seq;
}

/** Copies the packet to the ring's head. Returns where it is. */
static uint32_t append(struct repair *r, const struct rtp *pkt)
{
    const uint32_t need = record_size(pkt->len);
    make_room(r, need);

    const struct record rec = {.seq = pkt->seq, .len = pkt->len};
    const uint32_t off = r->head + (uint32_t)sizeof(rec);
    memcpy(r->ring + r->head, &rec, sizeof(rec));
    memcpy(r->ring + off, pkt->data, pkt->len);
    r->used += need;
    r->head += need;
    if (r->head == r->size)
        r->head = 0;
    return off;
}

bool repair_put(struct repair *r, const struct rtp *pkt)
{
    const int64_t seq = r->any ? seq_extend(r->newest, pkt->seq) : pkt->seq;
    struct repair_index *e = entry(r, pkt->seq);

    if (r->any && seq + (int64_t)r->count <= r->newest)
        return false;
    if (e->len && e->seq == pkt->seq)
        return false;

    if (!r->any)
        r->newest = seq;
    else if (seq > r->newest)
        advance(r, seq);
    r->any = true;
    // First the index, then the bytes: making room must not take this entry for an older one's.
    *e = (struct repair_index){.off = GONE, .len = pkt->len, .seq = pkt->seq};
    if (pkt->len <= REPAIR_MAX_PACKET)
        e->off = append(r, pkt);
    return true;
}

bool repair_has(const struct repair *r, uint16_t seq)
{
    const struct repair_index *e = entry(r, seq);

    return e->len && e->seq == seq && e->off != GONE;
}

bool repair_get(const struct repair *r, uint16_t seq, struct rtp *out)
{
    const struct repair_index *e = entry(r, seq);

    return repair_has(r, seq) && rtp_parse(out, r->ring + e->off, e->len) == DROP_NONE;
}

void repair_note(struct repair *r, uint16_t seq, uint64_t memo)
{
    struct repair_index *e = entry(r, seq);

    if (e->len && e->seq == seq)
        e->memo = memo;
}

uint64_t repair_noted(const struct repair *r, uint16_t seq)
{
    const struct repair_index *e = entry(r, seq);

    return e->len && e->seq == seq ? e->memo : 0;
}
