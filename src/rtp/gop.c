#include "rtp/gop.h"

#include "base/seq.h"

static void begin(struct gop *g, const struct rtp *pkt, int64_t seq, usec_t now)
{
    *g = (struct gop){
        .known = true, .first = seq, .ts = pkt->ts, .top_ts = pkt->ts, .frames = 1, .at = now};
}

/** A keyframe ends with its marker, or at the latest where the next frame begins. */
static void find_end(struct gop *g, const struct rtp *pkt, int64_t seq)
{
    const bool inside = pkt->ts == g->ts;
    if (inside && !pkt->marker)
        return;
    const int64_t end = inside ? seq : seq - 1;
    if (!g->ended || end < g->end)
        g->end = end;
    g->ended = true;
}

void gop_note(struct gop *g, const struct repair *r, const struct rtp *pkt, bool keyframe,
              usec_t now)
{
    const int64_t seq = seq_extend(r->newest, pkt->seq);
    // An older one than ours came late; a second beginning of the same one is none.
    if (keyframe && (!g->known || (seq > g->first && pkt->ts != g->ts)))
        begin(g, pkt, seq, now);
    if (!g->known || seq < g->first)
        return;
    g->bytes += pkt->len;
    if ((int32_t)(pkt->ts - g->top_ts) > 0) {
        g->top_ts = pkt->ts;
        g->frames++;
    }
    if (!g->ended || seq <= g->end)
        find_end(g, pkt, seq);
}

bool gop_warm(const struct gop *g, const struct repair *r, size_t max_bytes, usec_t now)
{
    if (!g->known || now - g->at > GOP_MAX_AGE || g->frames > GOP_MAX_FRAMES ||
        g->bytes > max_bytes || r->newest - g->first >= GOP_MAX_PACKETS)
        return false;
    const int64_t end = g->ended && g->end < r->newest ? g->end : r->newest;
    for (int64_t seq = g->first; seq <= end; seq++)
        if (!repair_has(r, (uint16_t)seq))
            return false;
    return true;
}
