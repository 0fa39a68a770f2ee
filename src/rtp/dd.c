#include "rtp/dd.h"

#include "bits.h"

#include <string.h>

// Names and order of the fields are those of the specification's section A.8.2.

/** ns(n): a value below `n`, in one bit less than n's own where that is enough. */
static unsigned bits_ns(struct bits *b, unsigned n)
{
    unsigned w = 0;
    for (unsigned x = n; x != 0; x >>= 1)
        w++;
    const unsigned m = (1u << w) - n;
    const unsigned v = bits_read(b, w - 1);
    return v < m ? v : (v << 1) - m + bits_one(b);
}

/** template_layers(): each template's layer, by steps from the one before. */
static bool template_layers(struct bits *b, struct dd_structure *st)
{
    enum { SAME, NEXT_TEMPORAL, NEXT_SPATIAL, END };
    unsigned sid = 0, tid = 0, next = SAME;

    do {
        if (st->template_count == DD_TEMPLATES || sid == DD_SPATIAL || tid == DD_TEMPORAL)
            return false;
        st->template[st->template_count++] =
            (struct dd_template){.sid = (uint8_t)sid, .tid = (uint8_t)tid};
        next = bits_read(b, 2);
        if (next == NEXT_TEMPORAL) {
            tid++;
        } else if (next == NEXT_SPATIAL) {
            tid = 0;
            sid++;
        }
    } while (next != END && !b->over);
    st->spatial = (uint8_t)(sid + 1);
    return true;
}

static uint64_t read_dtis(struct bits *b, unsigned targets)
{
    uint64_t dti = 0;
    for (unsigned i = 0; i < targets; i++)
        dti |= (uint64_t)bits_read(b, 2) << (2 * i);
    return dti;
}

static bool template_fdiffs(struct bits *b, struct dd_template *t)
{
    while (bits_one(b)) {
        if (t->fdiff_count == DD_FDIFFS)
            return false;
        t->fdiff[t->fdiff_count++] = (uint8_t)(bits_read(b, 4) + 1);
    }
    return true;
}

static void template_chains(struct bits *b, struct dd_structure *st)
{
    st->chain_count = (uint8_t)bits_ns(b, st->target_count + 1u);
    if (st->chain_count == 0)
        return;
    for (unsigned i = 0; i < st->target_count; i++)
        st->protected_by[i] = (uint8_t)bits_ns(b, st->chain_count);
    for (unsigned t = 0; t < st->template_count; t++)
        for (unsigned i = 0; i < st->chain_count; i++)
            st->template[t].chain[i / 2] |= (uint8_t)(bits_read(b, 4) << 4 * (i % 2));
}

/** decode_target_layers(): a target is as high as the highest template that belongs to it. */
static void target_layers(struct dd_structure *st)
{
    for (unsigned i = 0; i < st->target_count; i++) {
        for (unsigned t = 0; t < st->template_count; t++) {
            const struct dd_template *of = &st->template[t];
            if (dd_of(of->dti, i) == DD_NOT_PRESENT)
                continue;
            if (of->sid > st->target_sid[i])
                st->target_sid[i] = of->sid;
            if (of->tid > st->target_tid[i])
                st->target_tid[i] = of->tid;
        }
    }
}

/** template_dependency_structure() */
static bool structure(struct bits *b, struct dd_structure *st)
{
    memset(st, 0, sizeof(*st));
    st->offset = (uint8_t)bits_read(b, 6);
    st->target_count = (uint8_t)(bits_read(b, 5) + 1);
    if (!template_layers(b, st))
        return false;
    for (unsigned t = 0; t < st->template_count; t++)
        st->template[t].dti = read_dtis(b, st->target_count);
    for (unsigned t = 0; t < st->template_count; t++)
        if (!template_fdiffs(b, &st->template[t]))
            return false;
    template_chains(b, st);
    target_layers(st);
    st->has_sizes = bits_one(b);
    for (unsigned i = 0; st->has_sizes && i < st->spatial; i++) {
        const uint32_t width = bits_read(b, 16) + 1, height = bits_read(b, 16) + 1;
        st->width[i] = width > UINT16_MAX ? UINT16_MAX : (uint16_t)width;
        st->height[i] = height > UINT16_MAX ? UINT16_MAX : (uint16_t)height;
    }
    return true;
}

static void from_template(struct dd_frame *f, const struct dd_structure *st,
                          const struct dd_template *t)
{
    *f = (struct dd_frame){
        .sid = t->sid, .tid = t->tid, .dti = t->dti, .fdiff_count = t->fdiff_count};
    for (unsigned i = 0; i < t->fdiff_count; i++)
        f->fdiff[i] = t->fdiff[i];
    for (unsigned i = 0; i < st->chain_count; i++)
        f->chain[i] = t->chain[i / 2] >> 4 * (i % 2) & 15;
}

/** frame_fdiffs() */
static bool frame_fdiffs(struct bits *b, struct dd_frame *f)
{
    f->fdiff_count = 0;
    for (unsigned size; (size = bits_read(b, 2)) != 0;) {
        if (f->fdiff_count == DD_FDIFFS)
            return false;
        f->fdiff[f->fdiff_count++] = (uint16_t)(bits_read(b, 4 * size) + 1);
    }
    return true;
}

/** frame_dependency_definition(): the template, and what is different here. */
static bool definition(struct bits *b, const struct dd_structure *st, unsigned flags,
                       struct dd *out)
{
    enum { CUSTOM_CHAINS = 1, CUSTOM_FDIFFS = 2, CUSTOM_DTIS = 4 };
    const unsigned index = (out->template_id + 64u - st->offset) % 64;

    if (index >= st->template_count)
        return false;
    from_template(&out->frame, st, &st->template[index]);
    if (flags & CUSTOM_DTIS)
        out->frame.dti = read_dtis(b, st->target_count);
    if ((flags & CUSTOM_FDIFFS) && !frame_fdiffs(b, &out->frame))
        return false;
    for (unsigned i = 0; (flags & CUSTOM_CHAINS) && i < st->chain_count; i++)
        out->frame.chain[i] = (uint8_t)bits_read(b, 8);
    return true;
}

enum drop dd_parse(struct dd *out, struct dd_structure *st, const uint8_t *data, size_t len)
{
    struct bits b = {.p = data, .len = len};
    struct dd_structure fresh;
    const struct dd_structure *holds = st;
    unsigned flags = 0;

    if (len < 3)
        return DROP_SHORT;
    *out = (struct dd){0};
    out->start_of_frame = bits_one(&b);
    out->end_of_frame = bits_one(&b);
    out->template_id = (uint8_t)bits_read(&b, 6);
    out->number = (uint16_t)bits_read(&b, 16);
    if (len > 3) {
        out->has_structure = bits_one(&b);
        out->has_active = bits_one(&b);
        flags = bits_read(&b, 3);
    }
    if (out->has_structure) {
        if (!structure(&b, &fresh))
            return b.over ? DROP_SHORT : DROP_MALFORMED;
        holds = &fresh;
    }
    if (out->has_active)
        out->active = bits_read(&b, holds->target_count);
    else if (out->has_structure) // A.4: then all are
        out->active = (uint32_t)((UINT64_C(1) << holds->target_count) - 1);
    out->has_active = out->has_active || out->has_structure;
    if (!definition(&b, holds, flags, out))
        return b.over ? DROP_SHORT : DROP_MALFORMED;
    if (b.over)
        return DROP_SHORT;
    if (out->has_structure)
        *st = fresh;
    return DROP_NONE;
}
