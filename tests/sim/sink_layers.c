/* What a decoder needs: whole pictures in order, and of each layer all that its frames refer
 * to. */
#include "../rtp/dd_make.h"
#include "client.h"
#include "sink.h"

#define COMPLAIN(s, format, ...)                                                               \
    client_complain((s)->owner, "slot %s: " format, (s)->mid, __VA_ARGS__)

static bool same_source(const struct mark *a, const struct mark *b)
{
    return a->client == b->client && a->pub == b->pub && a->layer == b->layer &&
           a->incarnation == b->incarnation;
}

/** Has the frame number `to`, counted from the key picture, been decoded? */
static bool has(const struct sink *s, uint32_t to, uint32_t spatial)
{
    return s->got[to / spatial % SINK_PICTURES] & 1u << to % spatial;
}

bool sink_decode(struct sink *s, const struct mark *m)
{
    const struct dd_mode mode = {m->mode.spatial, m->mode.temporal, m->mode.key};
    const uint32_t n = mode.spatial, number = m->since * n + m->sid;
    struct dd_frame f;

    if (s->awaits_key && m->since > 0)
        return false;
    if (m->since == 0 && m->sid == 0)
        memset(s->got, 0, sizeof(s->got));
    if (s->got_picture < m->since && m->since - s->got_picture < SINK_PICTURES)
        for (uint32_t p = s->got_picture + 1; p <= m->since; p++)
            s->got[p % SINK_PICTURES] = 0;
    s->got_picture = m->since;
    dd_frame_of(&mode, m->since, m->sid, &f);
    for (unsigned i = 0; i < f.fdiff_count; i++) {
        const uint32_t to = number - f.fdiff[i];
        if (has(s, to, n))
            continue;
        if (s->awaits_key)
            return false;
        s->undecodable++;
        COMPLAIN(s, "picture %u, layer %u refers to picture %u, layer %u, that was left out",
                 m->since, m->sid, to / n, to % n);
        return false;
    }
    s->got[m->since % SINK_PICTURES] |= (uint8_t)(1u << m->sid);
    return true;
}

/** By how much an id that counts in steps of `n` a picture may rise from `m` to `n`. */
static bool goes_on(const struct mark *m, const struct mark *n, uint32_t rise, uint32_t by)
{
    const bool same = same_source(m, n);
    return (same && rise == by) || ((!same || n->key) && rise == 1);
}

/** The ids of two pictures in a row. */
static void check_ids(struct sink *s, const struct sink_packet *a, const struct sink_packet *b)
{
    if (a->pid_here && !b->pid_here)
        COMPLAIN(s, "picture ids stopped at frame %u", b->mark.frame);
    if (!a->pid_here || !b->pid_here)
        return;
    // Those of VP9 keep their distances: its references count in them.
    const uint16_t rise = (b->pid - a->pid) & 0x7fff;
    const uint32_t by = b->codec == CODEC_VP9 ? b->mark.frame - a->mark.frame : 1;
    if (!goes_on(&a->mark, &b->mark, rise, by) && !(s->thinned_late && rise < 100))
        COMPLAIN(s, "picture id %u follows %u", b->pid, a->pid);
    const uint8_t tl0 = (uint8_t)(a->tl0 + (b->tid == 0));
    if (b->tl0 != tl0)
        COMPLAIN(s, "TL0PICIDX %u follows %u at layer %u", b->tl0, a->tl0, b->tid);
}

/** Two packets of one picture. */
static void check_inside(struct sink *s, const struct sink_packet *a,
                         const struct sink_packet *b)
{
    const struct mark *m = &a->mark, *n = &b->mark;
    if (n->sid == m->sid && n->index != m->index + 1)
        COMPLAIN(s, "packet %u of frame %u follows %u", n->index, n->frame, m->index);
    if (n->sid != m->sid && (n->sid < m->sid || n->index != 0 || m->index + 1 != m->count))
        COMPLAIN(s, "packet %u of layer %u follows packet %u of %u of layer %u", n->index,
                 n->sid, m->index, m->count, m->sid);
    if (a->marker)
        COMPLAIN(s, "picture %u goes on behind its marker", n->frame);
    if (a->ts != b->ts || a->pid != b->pid || a->tl0 != b->tl0)
        COMPLAIN(s, "one picture, two times or ids: %u", n->frame);
}

void sink_check_neighbours(struct sink *s, const struct sink_packet *a,
                           const struct sink_packet *b)
{
    const struct mark *m = &a->mark, *n = &b->mark;
    const bool same = same_source(m, n);
    // Out of the server's cache a keyframe may come again: as a frame of its own.
    const bool again = n->key && n->index == 0 && m->index + 1 == m->count && a->ts != b->ts;
    if (same && n->frame == m->frame && !again) {
        check_inside(s, a, b);
        return;
    }
    if ((int32_t)(b->ts - a->ts) <= 0)
        COMPLAIN(s, "time went back by %d ticks", (int32_t)(a->ts - b->ts));
    if (s->kind == KIND_AUDIO)
        return;
    if (m->index + 1 != m->count || !a->marker)
        COMPLAIN(s, "picture %u was cut off at layer %u, packet %u of %u without a hole",
                 m->frame, m->sid, m->index, m->count);
    if (n->index != 0)
        COMPLAIN(s, "frame %u begins with packet %u", n->frame, n->index);
    if (!(same && n->frame > m->frame) && !n->key)
        COMPLAIN(s, "frame %u of %u/%u/%u follows %u of %u/%u/%u and is no keyframe", n->frame,
                 n->client, n->layer, n->incarnation, m->frame, m->client, m->layer,
                 m->incarnation);
    if (a->codec == b->codec)
        check_ids(s, a, b);
    const uint32_t apart = (n->frame - m->frame) * n->mode.spatial + n->sid - (uint32_t)m->sid;
    if (a->has_frame && b->has_frame &&
        !goes_on(m, n, (uint16_t)(b->dd_frame - a->dd_frame), (uint16_t)apart))
        COMPLAIN(s, "frame number %u follows %u", b->dd_frame, a->dd_frame);
}
