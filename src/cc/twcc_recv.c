#include "cc/twcc.h"

#include "base/bytes.h"
#include "base/seq.h"
#include "twcc_wire.h"

#include <assert.h>
#include <string.h>

void twcc_recv_init(struct twcc_recv *r)
{
    *r = (struct twcc_recv){.deadline = USEC_NEVER};
}

static uint32_t *slot(struct twcc_recv *r, int64_t seq)
{
    return &r->at[(uint64_t)seq % TWCC_WINDOW];
}

static void start_at(struct twcc_recv *r, int64_t seq)
{
    memset(r->at, 0, sizeof(r->at));
    r->started = true;
    r->begin = r->end = seq;
}

void twcc_recv_on_packet(struct twcc_recv *r, uint16_t seq, usec_t now)
{
    const uint32_t ticks = (uint32_t)(now / TWCC_TICK);

    // Extended numbers start high enough to go back from.
    if (!r->started)
        start_at(r, INT64_C(0x10000) + seq);
    int64_t ext = seq_extend(r->end, seq);
    if (ext >= r->end + TWCC_WINDOW || ext < r->end - TWCC_WINDOW) {
        ext = INT64_C(0x10000) + seq; // a sender that starts again, or nonsense
        start_at(r, ext);
    }
    while (r->end <= ext) {
        *slot(r, r->end) = 0;
        r->end++;
    }
    if (r->begin < r->end - TWCC_WINDOW)
        r->begin = r->end - TWCC_WINDOW;
    if (*slot(r, ext) != 0)
        return; // repeated
    *slot(r, ext) = ticks ? ticks : 1;
    if (ext < r->begin)
        r->begin = ext; // reported lost before: all from here on is said once more
    if (r->deadline == USEC_NEVER)
        r->deadline = now + TWCC_INTERVAL;
}

/** A feedback packet being put together. */
struct report {
    unsigned count;
    size_t delta_bytes;
    uint8_t symbol[TWCC_WINDOW];
    int16_t delta[TWCC_WINDOW]; ///< of those that arrived, in order
    unsigned delta_count;
};

/** Bytes of the whole packet if it had `count` statuses: a chunk tells of at least seven. */
static size_t largest(unsigned count, size_t delta_bytes)
{
    return (TWCC_HEADER + 2 * ((size_t)(count + 6) / 7) + delta_bytes + 3) & ~(size_t)3;
}

/** The reference time: the first arrival's. The newest number always has arrived. */
static uint32_t reference_time(struct twcc_recv *r)
{
    int64_t seq = r->begin;

    for (; *slot(r, seq) == 0; seq++)
        assert(seq < r->end);
    return *slot(r, seq) / TWCC_REF_TICKS;
}

/** Takes statuses from `begin` on, as many as fit. */
static void collect(struct twcc_recv *r, struct report *rep, uint32_t reference, size_t cap)
{
    uint32_t last = reference * TWCC_REF_TICKS;

    for (int64_t seq = r->begin; seq < r->end; seq++) {
        const uint32_t at = *slot(r, seq);
        int32_t delta = 0;
        if (at != 0) {
            delta = (int32_t)(at - last);
            if (delta < INT16_MIN || delta > INT16_MAX)
                break; // more than 8 s apart: the next packet has a reference of its own
        }
        const enum twcc_symbol s = at == 0                            ? TWCC_LOST
                                   : delta >= 0 && delta <= UINT8_MAX ? TWCC_SMALL
                                                                      : TWCC_LARGE;
        if (largest(rep->count + 1, rep->delta_bytes + s) > cap)
            break;
        rep->symbol[rep->count++] = (uint8_t)s;
        rep->delta_bytes += s; // the symbol's value is the delta's size
        if (at != 0) {
            rep->delta[rep->delta_count++] = (int16_t)delta;
            last = at;
        }
    }
}

static unsigned run_at(const struct report *rep, unsigned i)
{
    unsigned n = 1;

    while (i + n < rep->count && n < TWCC_MAX_RUN && rep->symbol[i + n] == rep->symbol[i])
        n++;
    return n;
}

/** True if the next 14 statuses (or all that are left) need one bit each. */
static bool narrow_at(const struct report *rep, unsigned i)
{
    for (unsigned n = 0; n < 14 && i + n < rep->count; n++) {
        if (rep->symbol[i + n] == TWCC_LARGE)
            return false;
    }
    return true;
}

/** Writes the chunk for the statuses from `*i` on, and moves `*i` behind them. */
static void write_chunk(uint8_t *out, const struct report *rep, unsigned *i)
{
    const unsigned left = rep->count - *i;
    const unsigned run = run_at(rep, *i);
    const bool narrow = narrow_at(rep, *i);
    const unsigned per_vector = narrow ? 14 : 7;
    unsigned chunk;

    if (run >= per_vector || run == left) { // section 3.1.3
        chunk = (unsigned)rep->symbol[*i] << 13 | run;
        *i += run;
    } else { // section 3.1.4
        const unsigned width = narrow ? 1 : 2;
        chunk = narrow ? 0x8000 : 0xC000;
        for (unsigned n = 0; n < per_vector && n < left; n++)
            chunk |= (unsigned)rep->symbol[*i + n] << (width * (per_vector - 1 - n));
        *i += per_vector < left ? per_vector : left;
    }
    wr16(out, (uint16_t)chunk);
}

static size_t write_report(uint8_t *out, const struct report *rep)
{
    size_t len = TWCC_HEADER;

    for (unsigned i = 0; i < rep->count; len += 2)
        write_chunk(out + len, rep, &i);
    for (unsigned i = 0; i < rep->delta_count; i++) {
        if (rep->delta[i] >= 0 && rep->delta[i] <= UINT8_MAX) {
            out[len++] = (uint8_t)rep->delta[i];
        } else {
            wr16(out + len, (uint16_t)rep->delta[i]);
            len += 2;
        }
    }
    const size_t padding = (4 - len % 4) % 4;
    memset(out + len, 0, padding);
    len += padding;
    if (padding) { // RFC 3550 section 6.4.1: the last byte counts it
        out[len - 1] = (uint8_t)padding;
        out[0] |= 0x20;
    }
    return len;
}

size_t twcc_recv_write(struct twcc_recv *r, uint8_t *out, size_t cap, uint32_t sender,
                       uint32_t media)
{
    assert(cap >= TWCC_MIN_SIZE);
    if (r->begin == r->end)
        return 0;

    struct report rep;
    rep.count = rep.delta_count = 0;
    rep.delta_bytes = 0;
    const int64_t base = r->begin;
    const uint32_t reference = reference_time(r);
    collect(r, &rep, reference, cap);
    r->begin += rep.count;
    if (r->begin == r->end)
        r->deadline = USEC_NEVER;

    out[0] = 0x80 | 15;
    out[1] = RTCP_RTPFB;
    wr32(out + 4, sender);
    wr32(out + 8, media);
    wr16(out + TWCC_OFF_BASE, (uint16_t)base);
    wr16(out + TWCC_OFF_N, (uint16_t)rep.count);
    wr32(out + TWCC_OFF_TIME, reference << 8 | r->feedback++);
    const size_t len = write_report(out, &rep);
    wr16(out + 2, (uint16_t)(len / 4 - 1));
    return len;
}
