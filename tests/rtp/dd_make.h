/**
 * Dependency descriptors for tests: a bit writer that shares no code with the reader, and the
 * structures that encoders use (LxTy and LxTy_KEY, temporal layers in the usual dyadic order).
 */
#ifndef TESTS_RTP_DD_MAKE_H
#define TESTS_RTP_DD_MAKE_H

#include "rtp/dd.h"

#include <assert.h>
#include <string.h>

#define DD_MAKE_MAX 255 ///< bytes of the longest

struct dd_bits {
    uint8_t byte[DD_MAKE_MAX];
    size_t count;
};

static inline void dd_put(struct dd_bits *b, uint32_t value, unsigned bits)
{
    assert((b->count + bits + 7) / 8 <= sizeof(b->byte));
    for (unsigned i = 0; i < bits; i++, b->count++)
        if (value >> (bits - 1 - i) & 1)
            b->byte[b->count / 8] |= (uint8_t)(0x80 >> b->count % 8);
}

/** write_ns() of section A.8.2. */
static inline void dd_put_ns(struct dd_bits *b, unsigned n, unsigned v)
{
    unsigned w = 0;
    if (n == 1)
        return;
    while (n >> w)
        w++;
    const unsigned m = (1u << w) - n;
    if (v < m)
        dd_put(b, v, w - 1);
    else
        dd_put(b, v + m, w);
}

static inline void dd_put_templates(struct dd_bits *b, const struct dd_structure *st)
{
    for (unsigned i = 0; i < st->template_count; i++) {
        unsigned step = 3;
        if (i + 1 < st->template_count)
            step = st->template[i + 1].sid != st->template[i].sid   ? 2
                   : st->template[i + 1].tid != st->template[i].tid ? 1
                                                                    : 0;
        dd_put(b, step, 2);
    }
    for (unsigned i = 0; i < st->template_count; i++)
        for (unsigned t = 0; t < st->target_count; t++)
            dd_put(b, dd_of(st->template[i].dti, t), 2);
    for (unsigned i = 0; i < st->template_count; i++) {
        for (unsigned k = 0; k < st->template[i].fdiff_count; k++)
            dd_put(b, 0x10u | (st->template[i].fdiff[k] - 1u), 5);
        dd_put(b, 0, 1);
    }
}

static inline void dd_put_structure(struct dd_bits *b, const struct dd_structure *st)
{
    dd_put(b, st->offset, 6);
    dd_put(b, st->target_count - 1u, 5);
    dd_put_templates(b, st);
    dd_put_ns(b, st->target_count + 1u, st->chain_count);
    for (unsigned t = 0; st->chain_count && t < st->target_count; t++)
        dd_put_ns(b, st->chain_count, st->protected_by[t]);
    for (unsigned i = 0; i < st->template_count; i++)
        for (unsigned c = 0; c < st->chain_count; c++)
            dd_put(b, st->template[i].chain[c / 2] >> 4 * (c % 2) & 15u, 4);
    dd_put(b, st->has_sizes, 1);
    for (unsigned s = 0; st->has_sizes && s < st->spatial; s++) {
        dd_put(b, st->width[s] - 1u, 16);
        dd_put(b, st->height[s] - 1u, 16);
    }
}

static inline void dd_put_fdiffs(struct dd_bits *b, const struct dd_frame *f)
{
    for (unsigned k = 0; k < f->fdiff_count; k++) {
        const unsigned v = f->fdiff[k] - 1u, size = v < 16 ? 1 : v < 256 ? 2 : 3;
        dd_put(b, size, 2);
        dd_put(b, v, 4 * size);
    }
    dd_put(b, 0, 2);
}

/** Writes a descriptor: what is not as the template has it is custom. Returns its bytes. */
static inline size_t dd_make(struct dd_bits *b, const struct dd *dd,
                             const struct dd_structure *st)
{
    const struct dd_frame *f = &dd->frame;
    const struct dd_template *t = &st->template[(dd->template_id + 64u - st->offset) % 64];
    bool fdiffs = f->fdiff_count != t->fdiff_count, chains = false;
    for (unsigned k = 0; k < f->fdiff_count && !fdiffs; k++)
        fdiffs = f->fdiff[k] != t->fdiff[k];
    for (unsigned c = 0; c < st->chain_count; c++)
        chains |= f->chain[c] != (t->chain[c / 2] >> 4 * (c % 2) & 15);
    const bool dtis = f->dti != t->dti;

    memset(b, 0, sizeof(*b));
    dd_put(b, dd->start_of_frame, 1);
    dd_put(b, dd->end_of_frame, 1);
    dd_put(b, dd->template_id, 6);
    dd_put(b, dd->number, 16);
    if (!(dd->has_structure || dd->has_active || dtis || fdiffs || chains))
        return 3;
    dd_put(b, dd->has_structure, 1);
    dd_put(b, dd->has_active, 1);
    dd_put(b, dtis, 1);
    dd_put(b, fdiffs, 1);
    dd_put(b, chains, 1);
    if (dd->has_structure)
        dd_put_structure(b, st);
    if (dd->has_active)
        dd_put(b, dd->active, st->target_count);
    for (unsigned i = 0; dtis && i < st->target_count; i++)
        dd_put(b, dd_of(f->dti, i), 2);
    if (fdiffs)
        dd_put_fdiffs(b, f);
    for (unsigned c = 0; chains && c < st->chain_count; c++)
        dd_put(b, f->chain[c], 8);
    return (b->count + 7) / 8;
}

/** How an encoder layers its pictures. */
struct dd_mode {
    unsigned spatial, temporal;
    bool key; ///< spatial layers refer to each other in key pictures only
};

/** The temporal layer of picture `p` behind the key picture 0. */
static inline unsigned dd_tid(const struct dd_mode *m, uint32_t p)
{
    unsigned tid = m->temporal - 1;
    for (; tid > 0 && p % 2 == 0; p /= 2)
        tid--;
    return tid;
}

/** The picture that picture `p` refers to. */
static inline uint32_t dd_refers_to(const struct dd_mode *m, uint32_t p)
{
    const unsigned tid = dd_tid(m, p), back = m->temporal - 1 - tid;
    return p - (1u << back);
}

/** What the frame of `sid` in picture `p` is to a target. */
static inline enum dd_indication dd_is(const struct dd_mode *m, uint32_t p, unsigned sid,
                                       unsigned to_sid, unsigned to_tid)
{
    const unsigned tid = dd_tid(m, p);
    if (sid > to_sid || tid > to_tid || (m->key && p > 0 && sid != to_sid))
        return DD_NOT_PRESENT;
    if (p == 0)
        return DD_SWITCH;
    if (sid < to_sid)
        return DD_REQUIRED;
    return m->temporal > 1 && tid == m->temporal - 1 ? DD_DISCARDABLE : DD_SWITCH;
}

/** The frame of `sid` in picture `p`; its number is p * spatial + sid. */
static inline void dd_frame_of(const struct dd_mode *m, uint32_t p, unsigned sid,
                               struct dd_frame *f)
{
    const unsigned n = m->spatial;
    *f = (struct dd_frame){.sid = (uint8_t)sid, .tid = (uint8_t)dd_tid(m, p)};
    if (p > 0)
        f->fdiff[f->fdiff_count++] = (uint16_t)((p - dd_refers_to(m, p)) * n);
    if (sid > 0 && (p == 0 || !m->key))
        f->fdiff[f->fdiff_count++] = 1;
    for (unsigned s = 0; s < n; s++)
        for (unsigned t = 0; t < m->temporal; t++)
            f->dti |= (uint64_t)dd_is(m, p, sid, s, t) << 2 * (s * m->temporal + t);
    // Chain c: the frames of tid 0 that spatial layer c needs.
    const uint32_t number = p * n + sid, step = 1u << (m->temporal - 1);
    for (unsigned c = 0; c < n; c++) {
        uint32_t at = number;
        while (at-- > 0) {
            const unsigned s = at % n;
            const uint32_t q = at / n;
            if (q % step == 0 && s <= c && (s == c || q == 0 || !m->key))
                break;
        }
        f->chain[c] = number == 0 || at == UINT32_MAX ? 0 : (uint8_t)(number - at);
    }
}

static inline void dd_add_template(struct dd_structure *st, const struct dd_frame *f)
{
    struct dd_template *t = &st->template[st->template_count++];
    *t = (struct dd_template){
        .sid = f->sid, .tid = f->tid, .dti = f->dti, .fdiff_count = f->fdiff_count};
    for (unsigned k = 0; k < f->fdiff_count; k++)
        t->fdiff[k] = (uint8_t)(f->fdiff[k] <= 16 ? f->fdiff[k] : 16);
    for (unsigned c = 0; c < st->chain_count; c++)
        t->chain[c / 2] |= (uint8_t)((f->chain[c] & 15) << 4 * (c % 2));
}

/** The structure of a mode: for each layer a template of the key picture (tid 0) and of others.
 */
static inline void dd_structure_of(const struct dd_mode *m, uint8_t offset, uint16_t width,
                                   uint16_t height, struct dd_structure *st)
{
    struct dd_frame f;
    *st = (struct dd_structure){.offset = offset,
                                .target_count = (uint8_t)(m->spatial * m->temporal),
                                .chain_count = (uint8_t)m->spatial,
                                .spatial = (uint8_t)m->spatial,
                                .has_sizes = width > 0};
    for (unsigned s = 0; s < m->spatial; s++) {
        for (unsigned t = 0; t < m->temporal; t++) {
            st->target_sid[s * m->temporal + t] = (uint8_t)s;
            st->target_tid[s * m->temporal + t] = (uint8_t)t;
            st->protected_by[s * m->temporal + t] = (uint8_t)s;
            if (t == 0) {
                dd_frame_of(m, 0, s, &f);
                dd_add_template(st, &f);
            }
            dd_frame_of(m, (1u << (m->temporal - 1)) + (t ? 1u << (m->temporal - 1 - t) : 0), s,
                        &f);
            dd_add_template(st, &f);
        }
        st->width[s] = (uint16_t)(width >> (m->spatial - 1 - s));
        st->height[s] = (uint16_t)(height >> (m->spatial - 1 - s));
    }
}

/** The id of the template for the frame of `sid` in picture `p`. */
static inline uint8_t dd_template_of(const struct dd_structure *st, const struct dd_mode *m,
                                     uint32_t p, unsigned sid)
{
    const unsigned index = sid * (m->temporal + 1) + (p == 0 ? 0 : 1 + dd_tid(m, p));
    return (uint8_t)((st->offset + index) % 64);
}

#endif
