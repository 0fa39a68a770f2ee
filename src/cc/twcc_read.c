#include "cc/twcc.h"

#include "base/bytes.h"
#include "twcc_wire.h"

/** Reads the next chunk if the one before is used up. False if there is none. */
static bool refill(struct twcc_iter *it, const uint8_t *chunks_end)
{
    if (it->run > 0)
        return true;
    if (chunks_end - it->chunk < 2)
        return false;
    it->bits = rd16(it->chunk);
    it->chunk += 2;
    if (!(it->bits & 0x8000)) // section 3.1.3: |0| S | run length |
        it->run = it->bits & 0x1fff;
    else // section 3.1.4: |1|S| 14 symbols of one bit, or 7 of two |
        it->run = it->bits & 0x4000 ? 7 : 14;
    return true;
}

/** The next symbol of the chunk, of which `run` are left. */
static enum twcc_symbol symbol(struct twcc_iter *it)
{
    it->run--;
    if (!(it->bits & 0x8000))
        return (enum twcc_symbol)(it->bits >> 13 & 3);
    if (it->bits & 0x4000)
        return (enum twcc_symbol)(it->bits >> (2 * it->run) & 3);
    return it->bits >> it->run & 1 ? TWCC_SMALL : TWCC_LOST;
}

static unsigned delta_size(enum twcc_symbol s)
{
    return s == TWCC_SMALL ? 1 : s == TWCC_LARGE ? 2 : 0;
}

enum drop twcc_open(struct twcc_iter *it, const struct rtcp *p)
{
    if (p->len < TWCC_HEADER)
        return DROP_SHORT;
    *it = (struct twcc_iter){
        .chunk = p->data + TWCC_HEADER,
        .end = p->data + p->len,
        .seq = rd16(p->data + TWCC_OFF_BASE),
        .left = rd16(p->data + TWCC_OFF_N),
        .feedback = p->data[TWCC_OFF_FB],
        .at = (int64_t)(rd32(p->data + TWCC_OFF_TIME) >> 8) * TWCC_REF_TICKS,
    };

    // A first walk finds where the chunks end and whether all the deltas are there.
    struct twcc_iter walk = *it;
    size_t deltas = 0;
    while (walk.left > 0) {
        if (!refill(&walk, it->end))
            return DROP_SHORT;
        if (walk.run == 0)
            return DROP_MALFORMED;   // a run of none: bytes that say nothing, without end
        if (!(walk.bits & 0x8000)) { // all alike: 16 bytes may tell of 65535 packets
            const unsigned n = walk.run < walk.left ? walk.run : walk.left;
            const enum twcc_symbol s = symbol(&walk);
            if (s == TWCC_RESERVED)
                return DROP_MALFORMED;
            deltas += (size_t)n * delta_size(s);
            walk.left -= (uint16_t)n;
            walk.run = 0;
            continue;
        }
        for (; walk.run > 0 && walk.left > 0; walk.left--) {
            const enum twcc_symbol s = symbol(&walk);
            if (s == TWCC_RESERVED)
                return DROP_MALFORMED;
            deltas += delta_size(s);
        }
    }
    if (deltas > (size_t)(it->end - walk.chunk))
        return DROP_SHORT;
    it->delta = walk.chunk;
    return DROP_NONE;
}

void twcc_skip(struct twcc_iter *it, unsigned n)
{
    struct twcc_status s;

    while (n > 0 && it->left > 0 && refill(it, it->delta)) {
        unsigned step = 1;
        if (!(it->bits & 0x8000) && it->bits >> 13 == TWCC_LOST) {
            step = it->run < it->left ? it->run : it->left;
            step = step < n ? step : n;
            it->run = (uint16_t)(it->run - step);
            it->left = (uint16_t)(it->left - step);
            it->seq = (uint16_t)(it->seq + step);
        } else {
            twcc_next(it, &s);
        }
        n -= step;
    }
}

bool twcc_next(struct twcc_iter *it, struct twcc_status *out)
{
    if (it->left == 0 || !refill(it, it->delta))
        return false;

    const enum twcc_symbol s = symbol(it);
    *out = (struct twcc_status){.seq = it->seq++, .arrived = s != TWCC_LOST};
    it->left--;
    if (s == TWCC_SMALL)
        it->at += *it->delta;
    else if (s == TWCC_LARGE)
        it->at += (int16_t)rd16(it->delta);
    it->delta += delta_size(s);
    if (out->arrived)
        out->at_us = it->at * TWCC_TICK;
    return true;
}
