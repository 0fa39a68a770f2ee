#include "rtp/layers.h"

#include <assert.h>
#include <string.h>

#define WINDOW    (250 * USEC_PER_MS) ///< of a rate's measurement
#define SMOOTH    4                   ///< windows that a rate is smoothed over
#define STILL     USEC_PER_SEC        ///< a window that grows this long counts as it is
#define ALIVE     (2 * USEC_PER_SEC)  ///< a layer may pause for so long beside the others
#define ALL_BITS  UINT16_MAX
#define ROW_0     0x000f ///< all temporal layers of spatial layer 0
#define NO_LAYERS 0x0001

static_assert(LAYERS_SPATIAL * LAYERS_TEMPORAL == 16, "masks have 16 bits");
static_assert(sizeof(((struct layers *)0)->width) == sizeof(((struct payload *)0)->layer_width),
              "VP9's sizes fit");
static_assert(DD_SPATIAL <= LAYERS_SPATIAL, "a descriptor's spatial layers fit");

static unsigned at_most(unsigned value, unsigned limit)
{
    return value < limit ? value : limit;
}

static unsigned sid_of(unsigned sid)
{
    return at_most(sid, LAYERS_SPATIAL - 1);
}

static unsigned tid_of(unsigned tid)
{
    return at_most(tid, LAYERS_TEMPORAL - 1);
}

/** The layers of spatial layer `sid`, from `tid` on. */
static uint16_t row_from(unsigned sid, unsigned tid)
{
    return (uint16_t)((ROW_0 << tid & ROW_0) << sid * LAYERS_TEMPORAL);
}

/** The layers from `sid` and `tid` on, both ways. */
static uint16_t all_from(unsigned sid, unsigned tid)
{
    uint16_t bits = 0;
    for (; sid < LAYERS_SPATIAL; sid++)
        bits |= row_from(sid, tid);
    return bits;
}

/** RFC 7741 section 4.2: a frame is for its temporal layer and the higher ones. */
static void describe_vp8(struct layers *l, struct payload *d)
{
    d->part.fresh = d->keyframe;
    if (!d->has_tid) {
        l->exist = NO_LAYERS;
        return;
    }
    l->exist = ROW_0;
    d->part.tid = (uint8_t)tid_of(d->tid);
    d->part.needed = row_from(0, d->part.tid);
    // Y: it depends on the base layer alone, so whoever has all of the layer below may climb.
    d->part.opens = d->layer_sync ? layer_bit(0, d->part.tid) : 0;
}

/** RFC 9628 section 4.2.1: V brings how many spatial layers there are, and how large. */
static void take_structure(struct layers *l, const struct payload *d)
{
    const unsigned n = at_most(d->spatial, LAYERS_SPATIAL);

    l->exist = (uint16_t)(ALL_BITS >> LAYERS_TEMPORAL * (LAYERS_SPATIAL - n));
    memcpy(l->width, d->layer_width, sizeof(l->width));
    memcpy(l->height, d->layer_height, sizeof(l->height));
}

/** RFC 9628 section 4.2 */
static void describe_vp9(struct layers *l, struct payload *d, bool late)
{
    const unsigned sid = sid_of(d->sid), tid = tid_of(d->tid);

    if (d->spatial && !late)
        take_structure(l, d);
    if (!l->exist)
        l->exist = d->has_sid ? ALL_BITS : NO_LAYERS;
    d->part.fresh = !d->refers_back && d->sid == 0;
    if (!d->has_sid)
        return;
    d->part.layered = true;
    d->part.ends = d->end_of_frame;
    d->part.sid = (uint8_t)sid;
    d->part.tid = (uint8_t)tid;
    d->part.needed = d->not_for_upper ? row_from(sid, tid) : all_from(sid, tid);
    // U: later pictures of higher temporal layers need none of these before this picture.
    d->part.opens = d->layer_sync ? row_from(sid, tid) : 0;
}

/** Which layers are being sent, by the decode targets that are active. */
static uint16_t active_layers(const struct dd_structure *st, uint32_t active)
{
    uint16_t bits = 0;
    for (unsigned i = 0; i < st->target_count; i++)
        if (active >> i & 1)
            bits |= layer_bit(sid_of(st->target_sid[i]), tid_of(st->target_tid[i]));
    return bits ? bits : NO_LAYERS;
}

/** What a packet's descriptor says of the stream. */
static void take_news(struct layers *l, const struct dd *dd, uint32_t ts)
{
    for (unsigned i = 0; dd->has_structure && i < LAYERS_SPATIAL; i++) {
        l->width[i] = l->dd.width[i];
        l->height[i] = l->dd.height[i];
    }
    if (!dd->has_active)
        return;
    l->active = dd->active;
    l->exist = active_layers(&l->dd, l->active);
    l->told = ts;
}

static void describe_by_dd(const struct dd_structure *st, struct payload *d,
                           const struct dd *dd)
{
    uint16_t needed = 0, opens = 0, shut = 0;

    for (unsigned i = 0; i < st->target_count; i++) {
        const enum dd_indication is = dd_of(dd->frame.dti, i);
        const uint16_t bit = layer_bit(sid_of(st->target_sid[i]), tid_of(st->target_tid[i]));
        if (is == DD_NOT_PRESENT)
            continue;
        needed |= bit;
        if (is == DD_SWITCH)
            opens |= bit;
        else
            shut |= bit; // of two targets in one place the stricter counts
    }
    d->part.needed = needed;
    d->part.opens = opens & (uint16_t)~shut;
    d->part.fresh = dd->frame.fdiff_count == 0 && dd->frame.sid == 0;
    d->part.by_dd = d->part.layered = true;
    d->part.ends = dd->end_of_frame;
    d->part.sid = dd->frame.sid;
    d->part.tid = (uint8_t)tid_of(dd->frame.tid);
}

/** Reads the descriptor. What a late packet says of the stream does not hold any more: its own
 * structure is for itself alone. */
static bool read_dd(struct layers *l, struct payload *d, uint32_t ts, const uint8_t *bytes,
                    size_t len, bool late)
{
    struct dd_structure own;
    struct dd_structure *st = &l->dd;
    struct dd dd;

    if (late) {
        own = l->dd;
        st = &own;
    }
    if (dd_parse(&dd, st, bytes, len) != DROP_NONE)
        return false;
    if (!late)
        take_news(l, &dd, ts);
    describe_by_dd(st, d, &dd);
    return true;
}

bool layers_describe(struct layers *l, struct payload *d, uint32_t ts, const uint8_t *bytes,
                     size_t len)
{
    const bool structured = l->dd.template_count > 0;
    const bool late = l->exist && l->told != ts && !layer_later(ts, l->told);
    bool sense = true;

    memset(&d->part, 0, sizeof(d->part));
    d->part.needed = ALL_BITS;
    if (bytes)
        sense = read_dd(l, d, ts, bytes, len, late && structured);
    if (!d->part.by_dd) {
        if (d->codec == CODEC_VP8 && !structured)
            describe_vp8(l, d);
        else if (d->codec == CODEC_VP9 && !structured)
            describe_vp9(l, d, late);
        else // one that cannot be told of; H.264 and AV1 tell by the descriptor alone
            d->part.fresh = d->keyframe;
    }
    if (!l->exist)
        l->exist = NO_LAYERS;
    if (!structured && !d->part.by_dd && d->spatial && !late)
        l->told = ts;
    d->part.exist = l->exist;
    return sense;
}

// A memo: three masks of 16 bits, sid and tid in two bits each, flags.
enum {
    MEMO_OPENS = 16,
    MEMO_EXIST = 32,
    MEMO_SID = 48,
    MEMO_TID = 50,
    MEMO_ENDS = 52,
    MEMO_LAYERED,
    MEMO_FRESH,
    MEMO_BY_DD,
};

uint64_t layers_memo(const struct payload *d)
{
    return (uint64_t)d->part.needed | (uint64_t)d->part.opens << MEMO_OPENS |
           (uint64_t)d->part.exist << MEMO_EXIST | (uint64_t)d->part.sid << MEMO_SID |
           (uint64_t)d->part.tid << MEMO_TID | (uint64_t)d->part.ends << MEMO_ENDS |
           (uint64_t)d->part.layered << MEMO_LAYERED | (uint64_t)d->part.fresh << MEMO_FRESH |
           (uint64_t)d->part.by_dd << MEMO_BY_DD;
}

void layers_recall(struct payload *d, uint64_t memo)
{
    d->part.needed = (uint16_t)memo;
    d->part.opens = (uint16_t)(memo >> MEMO_OPENS);
    d->part.exist = (uint16_t)(memo >> MEMO_EXIST);
    d->part.sid = memo >> MEMO_SID & 3;
    d->part.tid = memo >> MEMO_TID & 3;
    d->part.ends = memo >> MEMO_ENDS & 1;
    d->part.layered = memo >> MEMO_LAYERED & 1;
    d->part.fresh = memo >> MEMO_FRESH & 1;
    d->part.by_dd = memo >> MEMO_BY_DD & 1;
}

/** Ends the window: rates go a step towards what it showed. */
static void close_window(struct layers *l, usec_t now)
{
    const usec_t span = now - l->window_at;

    for (unsigned s = 0; s < LAYERS_SPATIAL; s++) {
        for (unsigned t = 0; t < LAYERS_TEMPORAL; t++) {
            const int64_t all = 8 * (int64_t)l->at[s][t].bytes * USEC_PER_SEC / span;
            const int64_t shared = 8 * (int64_t)l->at[s][t].shared * USEC_PER_SEC / span;
            const int64_t share = span > STILL || !l->measured ? 1 : SMOOTH;
            l->at[s][t].rate_bps += (uint32_t)((all - l->at[s][t].rate_bps) / share);
            l->at[s][t].shared_bps += (uint32_t)((shared - l->at[s][t].shared_bps) / share);
            l->at[s][t].bytes = l->at[s][t].shared = 0;
        }
    }
    l->measured = true;
    l->window_at = now;
}

/** How many layers the stream says there are; what it does not say is what was seen. */
static void count_layers(struct layers *l, const struct payload *d)
{
    const bool told = d->part.by_dd || (d->codec == CODEC_VP9 && l->exist != ALL_BITS);

    if (told) {
        l->spatial = 1;
        while (l->spatial < LAYERS_SPATIAL && l->exist & all_from(l->spatial, 0))
            l->spatial++;
    }
    if (d->part.by_dd) {
        l->temporal = 1;
        for (unsigned t = 1; t < LAYERS_TEMPORAL; t++)
            if (l->exist & 0x1111 << t)
                l->temporal = (uint8_t)(t + 1);
    }
    if (l->spatial <= d->part.sid)
        l->spatial = (uint8_t)(d->part.sid + 1);
    if (l->temporal <= d->part.tid)
        l->temporal = (uint8_t)(d->part.tid + 1);
}

void layers_note(struct layers *l, const struct payload *d, size_t len, usec_t now)
{
    const unsigned sid = d->part.sid, tid = d->part.tid;

    if (l->window_at == 0)
        l->window_at = l->began_at = now;
    else if (now - l->window_at >= WINDOW)
        close_window(l, now);
    l->at[sid][tid].bytes += (uint32_t)len;
    if (sid + 1 < LAYERS_SPATIAL && d->part.needed & all_from(sid + 1, 0))
        l->at[sid][tid].shared += (uint32_t)len;
    l->at[sid][tid].seen_at = l->seen_at = now;
    count_layers(l, d);
}

uint64_t layers_rate(const struct layers *l, struct layer top, usec_t now)
{
    const usec_t span = now - l->window_at;
    const bool still = l->window_at && span > STILL; // nothing has come to end the window
    uint64_t sum = 0;

    if (top.sid >= l->spatial)
        top.sid = l->spatial ? (uint8_t)(l->spatial - 1) : 0;
    for (unsigned s = 0; s <= top.sid; s++) {
        for (unsigned t = 0; t <= top.tid && t < LAYERS_TEMPORAL; t++) {
            const uint64_t bytes = s == top.sid ? l->at[s][t].bytes : l->at[s][t].shared;
            const uint32_t rate = s == top.sid ? l->at[s][t].rate_bps : l->at[s][t].shared_bps;
            sum += still ? bytes * 8 * (uint64_t)USEC_PER_SEC / (uint64_t)span : rate;
        }
    }
    return sum;
}

struct layer layers_top(const struct layers *l, usec_t now)
{
    struct layer top = {0};
    (void)now;

    for (unsigned s = 0; s < l->spatial; s++) {
        for (unsigned t = 0; t < l->temporal; t++) {
            // Beside its neighbours: all of a still screen is silent, and alive.
            const usec_t seen = l->at[s][t].seen_at ? l->at[s][t].seen_at : l->began_at;
            if (l->seen_at - seen > ALIVE)
                continue;
            if (s > top.sid)
                top.sid = (uint8_t)s;
            if (t > top.tid)
                top.tid = (uint8_t)t;
        }
    }
    return top;
}

void layers_size(const struct layers *l, unsigned sid, uint16_t *width, uint16_t *height)
{
    if (l->spatial < 2 || sid + 1u >= l->spatial)
        return;
    if (l->width[sid]) {
        *width = l->width[sid];
        *height = l->height[sid];
        return;
    }
    // The usual ones of WebRTC's modes (W3C, "Scalable Video Coding (SVC) Extension").
    *width = (uint16_t)(*width >> (l->spatial - 1u - sid));
    *height = (uint16_t)(*height >> (l->spatial - 1u - sid));
}
