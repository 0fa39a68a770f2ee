#include "rewrite_ids.h"

#include "base/bytes.h"

#include <string.h>

#define PID_MASK 0x7fff

static bool has_ids(const struct payload *desc)
{
    return desc->codec == CODEC_VP8 || desc->codec == CODEC_VP9;
}

static enum rewrite_ids choose(const struct rewrite *rw, const struct payload *desc)
{
    if (!has_ids(desc))
        return REWRITE_IDS_NONE;
    if (desc->codec == CODEC_VP8) {
        const bool shorter = desc->pid_bits < (rw->pid_wide ? 15 : rw->pid_used ? 7 : 0);
        const bool lacks_tl0 = rw->tl0_used && !desc->tl0_off;
        if (shorter || lacks_tl0)
            return REWRITE_IDS_MADE;
    }
    return desc->pid_bits || desc->tl0_off ? REWRITE_IDS_SHIFT : REWRITE_IDS_NONE;
}

uint16_t ids_switch(struct rewrite *rw, struct rewrite_generation *g,
                    const struct rewrite_in *in)
{
    rw->pid_mapped = rw->pid_skipped = false;
    rw->frame_count = 0;
    if (!in->desc)
        return 0;
    if (in->desc->codec != rw->codec) { // to the receiver another payload type: all new
        rw->pid_used = rw->tl0_used = rw->pid_wide = false;
        rw->codec = in->desc->codec;
    }
    g->ids = choose(rw, in->desc);
    g->tl0_made = rw->tl0_used;
    if (in->has_frame && rw->frame_used)
        g->frame_add = (uint16_t)(rw->last_frame + 1 - in->frame);
    if (g->ids != REWRITE_IDS_SHIFT)
        return 0;
    if (rw->tl0_used && in->desc->tl0_off)
        g->tl0_delta = (uint8_t)(in->desc->tl0 - (rw->last_tl0 + 1));
    return rw->pid_used ? (uint16_t)((in->desc->pid - (rw->last_pid + 1)) & PID_MASK) : 0;
}

uint16_t ids_skip(struct rewrite *rw, const struct rewrite_generation *g, uint16_t pid_delta,
                  const struct payload *desc)
{
    // VP9's reference and group arithmetic counts in picture ids: they keep their distances.
    if (!desc || desc->codec != CODEC_VP8 || g->ids != REWRITE_IDS_SHIFT || !desc->pid_bits)
        return pid_delta;
    const bool counted = (rw->pid_skipped && rw->skipped_pid == desc->pid) ||
                         (rw->pid_mapped && rw->mapped_pid == desc->pid);
    rw->pid_skipped = true;
    rw->skipped_pid = desc->pid;
    return counted ? pid_delta : (uint16_t)((pid_delta + 1) & PID_MASK);
}

const struct rewrite_frame *ids_known_frame(const struct rewrite *rw, uint32_t ts)
{
    for (unsigned age = 0; age < rw->frame_count; age++) {
        const struct rewrite_frame *f =
            &rw->frame[(rw->frame_newest + REWRITE_FRAMES - age) % REWRITE_FRAMES];
        if (f->ts == ts)
            return f;
    }
    return NULL;
}

const struct rewrite_frame *ids_frame(struct rewrite *rw, const struct rewrite_generation *g,
                                      const struct rewrite_in *in)
{
    if (g->ids != REWRITE_IDS_MADE || !in->desc)
        return NULL;
    const struct rewrite_frame *known = ids_known_frame(rw, in->pkt->ts);
    if (known)
        return known;

    const struct rewrite_frame *last = &rw->frame[rw->frame_newest];
    if (rw->frame_count > 0 && (int32_t)(in->pkt->ts - last->ts) < 0)
        return NULL; // a whole frame came late: no id is left for it between its neighbours
    const bool base = rw->frame_count == 0 || !in->desc->has_tid || in->desc->tid == 0;
    const struct rewrite_frame next = {
        .ts = in->pkt->ts,
        .pid = (uint16_t)(((rw->frame_count ? last->pid : rw->last_pid) + 1) & PID_MASK),
        .tl0 = (uint8_t)((rw->frame_count ? last->tl0 : rw->last_tl0) + base),
    };
    rw->frame_newest = (uint8_t)((rw->frame_newest + 1) % REWRITE_FRAMES);
    rw->frame[rw->frame_newest] = next;
    if (rw->frame_count < REWRITE_FRAMES)
        rw->frame_count++;
    return &rw->frame[rw->frame_newest];
}

/** The incoming descriptor with other values in the same places. */
static struct ids_placed shift(const struct rewrite_generation *g, const struct rewrite_span *s,
                               const struct rewrite_in *in, struct rewritten *out)
{
    const struct payload *d = in->desc;
    struct ids_placed placed = {
        .pid = d->pid_bits != 0, .wide = d->pid_bits == 15, .tl0 = d->tl0_off != 0};
    unsigned end = 0;

    if (placed.pid)
        end = d->pid_off + (placed.wide ? 2u : 1u);
    if (placed.tl0)
        end = d->tl0_off + 1u; // it lies behind the picture id
    out->head_len = out->head_skip = (uint8_t)end;
    memcpy(out->head, rtp_payload(in->pkt), end);
    if (placed.wide) {
        placed.pid_value = (uint16_t)((d->pid - s->pid_delta) & PID_MASK);
        wr16(out->head + d->pid_off, (uint16_t)(0x8000 | placed.pid_value));
    } else if (placed.pid) {
        placed.pid_value = (uint16_t)((d->pid - s->pid_delta) & 0x7f);
        out->head[d->pid_off] = (uint8_t)placed.pid_value;
    }
    if (placed.tl0) {
        placed.tl0_value = (uint8_t)(d->tl0 - g->tl0_delta);
        out->head[d->tl0_off] = placed.tl0_value;
    }
    return placed;
}

/** A VP8 descriptor of our own (RFC 7741 section 4.2). */
static struct ids_placed make(const struct rewrite_generation *g,
                              const struct rewrite_frame *frame, const struct rewrite_in *in,
                              struct rewritten *out)
{
    const struct payload *d = in->desc;
    const bool layers = g->tl0_made || d->has_tid;
    uint8_t *p = out->head;

    *p++ = rtp_payload(in->pkt)[0] | 0x80;
    *p++ = (uint8_t)(0x80 | (g->tl0_made ? 0x40 : 0) | (layers ? 0x20 : 0));
    wr16(p, 0x8000 | frame->pid);
    p += 2;
    if (g->tl0_made)
        *p++ = frame->tl0;
    if (layers)
        *p++ = (uint8_t)(d->tid << 6 | (d->layer_sync ? 0x20 : 0));
    out->head_len = (uint8_t)(p - out->head);
    out->head_skip = d->head_len;
    return (struct ids_placed){.pid = true,
                               .wide = true,
                               .tl0 = g->tl0_made,
                               .pid_value = frame->pid,
                               .tl0_value = frame->tl0};
}

struct ids_placed ids_place(const struct rewrite_generation *g, const struct rewrite_span *s,
                            const struct rewrite_frame *frame, const struct rewrite_in *in,
                            struct rewritten *out)
{
    if (!in->desc || !has_ids(in->desc) || g->ids == REWRITE_IDS_NONE)
        return (struct ids_placed){0};
    if (g->ids == REWRITE_IDS_MADE)
        return make(g, frame, in, out);
    return shift(g, s, in, out);
}

void ids_note(struct rewrite *rw, const struct ids_placed *placed, const struct rewrite_in *in)
{
    if (in->has_frame) {
        const struct rewrite_generation *g = &rw->generation[rw->generation_newest];
        rw->frame_used = true;
        rw->last_frame = (uint16_t)(in->frame + g->frame_add);
    }
    if (placed->tl0) {
        rw->tl0_used = true;
        rw->last_tl0 = placed->tl0_value;
    }
    if (!placed->pid)
        return;
    if (placed->wide || !rw->pid_used) {
        rw->last_pid = placed->pid_value;
    } else {
        // Seven bits: the 15-bit number nearest to the last one
        const unsigned ahead = (placed->pid_value - rw->last_pid) & 0x7f;
        rw->last_pid = (uint16_t)((rw->last_pid + ahead - (ahead < 64 ? 0 : 128)) & PID_MASK);
    }
    rw->pid_used = true;
    rw->pid_wide = rw->pid_wide || placed->wide;
    rw->pid_mapped = true;
    rw->mapped_pid = in->desc->pid;
}
