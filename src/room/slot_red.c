/*
 * RED towards a viewer whose line loses: each packet of audio carries the one to three before
 * it once more. They come from the source's own repair cache, as it sent them: nothing is
 * decoded, DTX and in-band FEC go through. On a clean line packets are plain; the payload type
 * says packet by packet which it is.
 */
#include "room/downlink.h"
#include "room/member.h"

bool slot_loss_is_noted(const struct slot *s)
{
    const struct downlink *d = s->owner->down;
    return d && d->numbered && d->estimate.source == ESTIMATE_TWCC;
}

void slot_note_loss(struct member *m, usec_t now)
{
    for (unsigned i = 0; i < m->slot_count; i++)
        if (m->slot[i]->kind == KIND_AUDIO && slot_loss_is_noted(m->slot[i]))
            red_aim_on_loss(&m->slot[i]->red, m->down->estimate.loss, now);
}

/** The packet that went out `back` numbers before `to`, if it is of the same source since the
 * same switch, and still there. */
static bool sent_before(const struct slot *s, const struct rewritten *to, unsigned back,
                        struct rtp *out)
{
    const struct rewrite *rw = &s->rewrite;
    struct rewrite_at at;
    return rewrite_find(rw, (uint16_t)(to->seq - back), &at) &&
           at.number == rw->generation[rw->generation_newest].number &&
           repair_get(&s->current->repair, at.seq, out) && out->payload_len > 0;
}

size_t slot_add_red(struct slot *s, const struct rtp *pkt, const struct rewritten *to,
                    uint8_t *bytes, size_t len, size_t payload_off)
{
    struct red_frames frames = {.pt = s->out->pt};
    struct rtp old;
    if (s->kind != KIND_AUDIO || s->out->red_pt == 0)
        return len;
    for (unsigned back = 1; back <= s->red.distance; back++) {
        // One that never came to us leaves a gap: receivers go by the time of a copy.
        if (!sent_before(s, to, back, &old))
            continue;
        const uint32_t offset = pkt->ts - old.ts;
        if (offset > RED_MAX_OFFSET) // a pause lies between: nobody plays it any more
            break;
        frames.frame[frames.count++] = (struct red_frame){
            .data = rtp_payload(&old), .len = old.payload_len, .ts_offset = (uint16_t)offset};
    }
    const size_t wrapped = red_wrap(bytes, len, PEER_MAX_CLEAR, payload_off, &frames);
    if (wrapped == len)
        return len;
    bytes[1] = (uint8_t)((bytes[1] & 0x80) | s->out->red_pt);
    s->owner->env->count.red_out++;
    return wrapped;
}
