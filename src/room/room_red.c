/*
 * RED from a publisher: a lost packet comes once more, as a copy in one of the next.
 *
 * RFC 2198 gives a copy its time and no number. Senders put in the frames right before the
 * primary one, so copy k has the primary's number less k; but one that leaves frames out would
 * be misread. So the time must fit, too: between those of the neighbours that have come.
 */
#include "room/room.h"

#include "rtp/red.h"

#define NEIGHBOUR 16 ///< how many numbers back one before a hole is looked for

/** Is time `a` before time `b`? */
static bool before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

/** Does a packet that never came fit in as `seq`, by its time, before the one of `newest`? */
static bool fits(const struct repair *repair, uint16_t seq, uint32_t ts,
                 const struct rtp *newest)
{
    struct rtp near;
    for (uint16_t next = seq + 1; next != newest->seq; next++)
        if (repair_get(repair, next, &near)) {
            if (!before(ts, near.ts))
                return false;
            break;
        }
    for (unsigned back = 1; back <= NEIGHBOUR; back++)
        if (repair_get(repair, (uint16_t)(seq - back), &near))
            return before(near.ts, ts);
    return false; // the first ones, or ones from before a restart: nobody waits for them
}

/** How many of the copies, from the newest on, are of the numbers they seem to be. */
static unsigned credible(const struct repair *repair, const struct rtp *pkt,
                         const struct red *r)
{
    struct rtp there;
    for (unsigned k = 0; k < r->count; k++) {
        const struct red_block *b = &r->block[k];
        if (b->len && repair_get(repair, (uint16_t)(pkt->seq - 1 - k), &there) &&
            there.ts != pkt->ts - b->ts_offset)
            return k;
    }
    return r->count;
}

static void fill_hole(struct room *room, struct stream *st, const struct rtp *pkt,
                      const struct red *r, unsigned k, usec_t now)
{
    struct red_copy copy;
    struct rtp there;
    const uint16_t seq = (uint16_t)(pkt->seq - 1 - k);
    if (r->block[k].len == 0 || repair_get(&st->repair, seq, &there) ||
        !fits(&st->repair, seq, pkt->ts - r->block[k].ts_offset, pkt))
        return;
    red_recover(pkt, r, k, seq, &copy);
    if (room_on_packet(room, st, &copy.pkt, true, now) == DROP_NONE)
        room->env->count.red_recovered++;
}

enum drop room_undo_red(struct room *r, struct stream *st, struct rtp *pkt, usec_t now)
{
    bool rtx;
    struct red red;
    if (st->track->kind != KIND_AUDIO)
        return DROP_NONE;
    const struct agree_codec *c = track_codec(st->track, pkt->pt, &rtx);
    if (!c || c->red_pt != pkt->pt || pkt->payload_len == 0)
        return DROP_NONE;
    const enum drop why = red_parse(&red, rtp_payload(pkt), pkt->payload_len, c->pt);
    if (why)
        return why;
    for (unsigned k = credible(&st->repair, pkt, &red); k-- > 0;) // in the order of time
        fill_hole(r, st, pkt, &red, k, now);
    red_unwrap(pkt, &red);
    return DROP_NONE;
}
