#include "rtp/rewrite.h"

#include "rewrite_ids.h"

#include <assert.h>

/** The extended number nearest to `ref` whose low 16 bits are `seq`. */
static uint32_t extend(uint32_t ref, uint16_t seq)
{
    return ref + (uint32_t)(int16_t)(uint16_t)(seq - (uint16_t)ref);
}

/** True if the extended number `a` is after `b`. */
static bool after(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

void rewrite_init(struct rewrite *rw, uint16_t seq, uint32_t ts)
{
    *rw = (struct rewrite){
        .last_marker = true,
        .last_out = UINT32_C(0x10000) + seq - 1,
        .last_ts = ts - 1,
    };
}

static struct rewrite_generation *current(struct rewrite *rw)
{
    return &rw->generation[rw->generation_newest];
}

static const struct rewrite_generation *seated(const struct rewrite *rw)
{
    return &rw->generation[rw->generation_newest];
}

/** The span that is `age` spans old: 0 is the newest. */
static const struct rewrite_span *span_of_age(const struct rewrite *rw, unsigned age)
{
    return &rw->span[(rw->span_newest + REWRITE_SPANS - age) % REWRITE_SPANS];
}

static void push_span(struct rewrite *rw, struct rewrite_span span)
{
    rw->span_newest = (uint8_t)((rw->span_newest + 1) % REWRITE_SPANS);
    rw->span[rw->span_newest] = span;
    if (rw->span_count < REWRITE_SPANS)
        rw->span_count++;
}

/** Makes room for a generation; the spans of the one that had its place go with it. */
static struct rewrite_generation *next_generation(struct rewrite *rw)
{
    const uint32_t number = rw->generation_count ? current(rw)->number + 1 : 0;

    if (rw->generation_count)
        rw->generation_newest = (uint8_t)((rw->generation_newest + 1) % REWRITE_GENERATIONS);
    if (rw->generation_count < REWRITE_GENERATIONS) {
        rw->generation_count++;
    } else {
        while (rw->span_count > 0 &&
               span_of_age(rw, rw->span_count - 1u)->generation == rw->generation_newest)
            rw->span_count--;
    }
    *current(rw) = (struct rewrite_generation){.number = number};
    return current(rw);
}

void rewrite_switch(struct rewrite *rw, const struct rewrite_in *in, uint32_t ts)
{
    struct rewrite_generation *g = next_generation(rw);
    const uint32_t first_in = UINT32_C(0x10000) + in->pkt->seq;

    // A frame cut off in the middle: the number left out tells the receiver so.
    if (!rw->last_marker)
        rw->last_out++;
    rw->last_marker = true;
    if (rw->started && !after(ts, rw->last_ts))
        ts = rw->last_ts + 1;

    g->source = in->source;
    g->ts_delta = in->pkt->ts - ts;
    g->last_out = rw->last_out;
    rw->last_in = first_in - 1;
    push_span(rw, (struct rewrite_span){
                      .from = first_in,
                      .delta = first_in - (rw->last_out + 1),
                      .pid_delta = ids_switch(rw, g, in),
                      .generation = rw->generation_newest,
                  });
}

/** Where a frame of the past goes. */
static uint32_t squeezed(const struct rewrite_generation *g, uint32_t ts)
{
    const uint32_t since = after(ts, g->key_in) ? ts - g->key_in : 0;
    return g->key_out + (since >> REWRITE_CATCH_UP_SHIFT);
}

static uint32_t ts_out(const struct rewrite_generation *g, uint32_t ts)
{
    if (g->past && (!g->live || after(g->live_in, ts)))
        return squeezed(g, ts);
    return ts - g->ts_delta;
}

bool rewrite_catching_up(const struct rewrite *rw)
{
    return rw->generation_count > 0 && seated(rw)->past && !seated(rw)->live;
}

void rewrite_replay(struct rewrite *rw, const struct rewrite_in *in)
{
    // One after the other: the anchor is still the last frame that had its own time.
    if (!rewrite_catching_up(rw))
        rw->anchor = (struct rewrite_anchor){
            .any = rw->started, .ts = rw->last_ts, .in_ts = rw->last_in_ts, .at = rw->last_at};
    rewrite_switch(rw, in, rw->last_ts + 1);
    struct rewrite_generation *g = current(rw);
    g->past = true;
    g->key_in = in->pkt->ts;
    g->key_out = rw->last_ts + 1;
}

bool rewrite_is_news(const struct rewrite *rw, const struct rewrite_in *in)
{
    return seated(rw)->source == in->source && after(in->pkt->ts, rw->last_in_ts) &&
           after(extend(rw->last_in, in->pkt->seq), rw->last_in);
}

void rewrite_go_live(struct rewrite *rw, const struct rewrite_in *in, uint32_t ts)
{
    struct rewrite_generation *g = current(rw);
    assert(rewrite_catching_up(rw) && g->source == in->source);

    // What comes late of the frames before it is squeezed in as well, and must find room.
    const uint32_t least = squeezed(g, in->pkt->ts);
    if (!after(ts, least))
        ts = least + 1;
    if (!after(ts, rw->last_ts))
        ts = rw->last_ts + 1;
    g->live = true;
    g->live_in = in->pkt->ts;
    g->ts_delta = in->pkt->ts - ts;
}

bool rewrite_skip(struct rewrite *rw, const struct rewrite_in *in)
{
    if (rw->generation_count == 0 || seated(rw)->source != in->source)
        return true;
    const uint32_t seq = extend(rw->last_in, in->pkt->seq);
    if (!after(seq, rw->last_in))
        return false;

    struct rewrite_span *newest = &rw->span[rw->span_newest];
    const struct rewrite_span next = {
        .from = seq + 1,
        .delta = newest->delta + 1,
        .pid_delta = ids_skip(rw, current(rw), newest->pid_delta, in->desc),
        .generation = newest->generation,
    };
    if (newest->from == seq) // a run of skipped packets: nothing was placed in between
        *newest = next;
    else
        push_span(rw, next);
    rw->last_in = seq;
    return true;
}

/** The span of input `seq` in generation `generation`; NULL if it is forgotten or was skipped.
 */
static const struct rewrite_span *find_span(const struct rewrite *rw, unsigned generation,
                                            uint32_t seq)
{
    const struct rewrite_span *newer = NULL;

    for (unsigned age = 0; age < rw->span_count; age++) {
        const struct rewrite_span *s = span_of_age(rw, age);
        if (s->generation != generation)
            continue;
        if (after(s->from, seq)) {
            newer = s;
            continue;
        }
        // What was skipped lies between this span's last number and the newer one's first.
        if (newer && !after(newer->from - newer->delta, seq - s->delta))
            return NULL;
        return s;
    }
    return NULL;
}

static void place(const struct rewrite_generation *g, const struct rewrite_span *s,
                  uint32_t seq, const struct rewrite_in *in, struct rewritten *out)
{
    *out = (struct rewritten){
        .seq = (uint16_t)(seq - s->delta),
        .ts = ts_out(g, in->pkt->ts),
        .frame_add = g->frame_add,
    };
}

enum drop rewrite_map(struct rewrite *rw, const struct rewrite_in *in, usec_t now,
                      struct rewritten *out)
{
    struct rewrite_generation *g = current(rw);
    if (rw->generation_count == 0 || g->source != in->source)
        return DROP_LATE;
    const uint32_t seq = extend(rw->last_in, in->pkt->seq);
    if ((int32_t)(rw->last_in - seq) > REWRITE_REACH)
        return DROP_LATE;
    const struct rewrite_span *s = find_span(rw, rw->generation_newest, seq);
    if (!s)
        return DROP_LATE;
    const struct rewrite_frame *frame = ids_frame(rw, g, in);
    if (g->ids == REWRITE_IDS_MADE && in->desc && !frame)
        return DROP_LATE;

    place(g, s, seq, in, out);
    const struct ids_placed placed = ids_place(g, s, frame, in, out);

    const uint32_t number = seq - s->delta;
    if (after(seq, rw->last_in))
        rw->last_in = seq;
    if (!rw->started || after(out->ts, rw->last_ts)) {
        rw->last_ts = out->ts;
        rw->last_in_ts = in->pkt->ts;
        rw->last_at = now;
    } else if (rewrite_catching_up(rw) && after(in->pkt->ts, rw->last_in_ts)) {
        rw->last_in_ts = in->pkt->ts; // frames so close that they were squeezed into one tick
    }
    if (after(number, rw->last_out)) {
        rw->last_out = g->last_out = number;
        rw->last_marker = !in->desc || in->desc->codec == CODEC_OPUS || in->pkt->marker;
        ids_note(rw, &placed, in);
    }
    rw->started = true;
    return DROP_NONE;
}

bool rewrite_find(const struct rewrite *rw, uint16_t seq, struct rewrite_at *at)
{
    const uint32_t number = extend(rw->last_out, seq);

    if (!rw->started || after(number, rw->last_out) || rw->last_out - number > REWRITE_REACH)
        return false;
    for (unsigned age = 0; age < rw->span_count; age++) {
        const struct rewrite_span *s = span_of_age(rw, age);
        if (after(s->from - s->delta, number))
            continue;
        const struct rewrite_generation *g = &rw->generation[s->generation];
        if (after(number, g->last_out)) // left out at a switch
            return false;
        *at = (struct rewrite_at){
            .source = g->source,
            .seq = (uint16_t)(number + s->delta),
            .in = number + s->delta,
            .number = g->number,
        };
        return true;
    }
    return false;
}

enum drop rewrite_again(const struct rewrite *rw, const struct rewrite_at *at,
                        const struct rewrite_in *in, struct rewritten *out)
{
    assert(in->pkt->seq == at->seq && in->source == at->source);
    for (unsigned i = 0; i < rw->generation_count; i++) {
        const struct rewrite_generation *g = &rw->generation[i];
        if (g->number != at->number)
            continue;
        const struct rewrite_span *s = find_span(rw, i, at->in);
        if (!s)
            return DROP_LATE;
        const bool made = g->ids == REWRITE_IDS_MADE && in->desc;
        const struct rewrite_frame *frame =
            made && i == rw->generation_newest ? ids_known_frame(rw, in->pkt->ts) : NULL;
        if (made && !frame)
            return DROP_LATE;
        place(g, s, at->in, in, out);
        ids_place(g, s, frame, in, out);
        return DROP_NONE;
    }
    return DROP_LATE;
}

bool rewrite_ts(const struct rewrite *rw, uint32_t source, uint32_t ts, uint32_t *out)
{
    const struct rewrite_generation *g = seated(rw);

    if (rw->generation_count == 0 || g->source != source || rewrite_catching_up(rw))
        return false;
    *out = ts - g->ts_delta;
    return true;
}
