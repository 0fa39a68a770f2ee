#include "rtp/dd.h"

#include "dd_make.h"
#include "make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct dd_mode modes[] = {{1, 1, false}, {1, 2, false}, {1, 3, false},
                                       {2, 1, false}, {3, 3, false}, {2, 2, true},
                                       {3, 1, true},  {3, 3, true},  {4, 4, false}};

static void same_structure(const struct dd_structure *a, const struct dd_structure *b)
{
    assert_int_equal(a->offset, b->offset);
    assert_int_equal(a->template_count, b->template_count);
    assert_int_equal(a->target_count, b->target_count);
    assert_int_equal(a->chain_count, b->chain_count);
    assert_int_equal(a->spatial, b->spatial);
    assert_int_equal(a->has_sizes, b->has_sizes);
    assert_memory_equal(a->protected_by, b->protected_by, sizeof(a->protected_by));
    assert_memory_equal(a->target_sid, b->target_sid, sizeof(a->target_sid));
    assert_memory_equal(a->target_tid, b->target_tid, sizeof(a->target_tid));
    for (unsigned i = 0; i < a->template_count; i++)
        assert_memory_equal(&a->template[i], &b -> template[i], sizeof(a->template[i]));
    for (unsigned s = 0; a->has_sizes && s < a->spatial; s++)
        assert_true(a->width[s] == b->width[s] && a->height[s] == b->height[s]);
}

static void same_frame(const struct dd_frame *a, const struct dd_frame *b)
{
    assert_true(a->sid == b->sid && a->tid == b->tid && a->dti == b->dti);
    assert_int_equal(a->fdiff_count, b->fdiff_count);
    for (unsigned i = 0; i < a->fdiff_count; i++)
        assert_int_equal(a->fdiff[i], b->fdiff[i]);
    assert_memory_equal(a->chain, b->chain, sizeof(a->chain));
}

static void what_an_encoder_writes_is_read(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
        const struct dd_mode *m = &modes[i];
        static struct dd_structure st, read;
        dd_structure_of(m, (uint8_t)(7 * i), i % 2 ? 1280 : 0, 720, &st);
        read = (struct dd_structure){0};
        for (uint32_t p = 0; p < 20; p++) {
            for (unsigned s = 0; s < m->spatial; s++) {
                struct dd dd = {.start_of_frame = true,
                                .end_of_frame = p % 2,
                                .template_id = dd_template_of(&st, m, p, s),
                                .number = (uint16_t)(65530 + p * m->spatial + s),
                                .has_structure = p == 0 && s == 0,
                                .has_active = p == 7,
                                .active = 1};
                struct dd out;
                struct dd_bits b;
                dd_frame_of(m, p, s, &dd.frame);
                const size_t len = dd_make(&b, &dd, &st);
                assert_int_equal(dd_parse(&out, &read, b.byte, len), DROP_NONE);
                assert_int_equal(out.number, dd.number);
                assert_int_equal(out.end_of_frame, dd.end_of_frame);
                assert_int_equal(out.has_structure, dd.has_structure);
                assert_int_equal(out.has_active, dd.has_structure || dd.has_active);
                same_frame(&out.frame, &dd.frame);
                same_structure(&read, &st);
            }
        }
    }
}

/** Anything that the syntax can say. */
static void random_structure(uint64_t *seed, struct dd_structure *st)
{
    unsigned sid = 0, tid = 0;
    *st = (struct dd_structure){.offset = (uint8_t)rnd_below(seed, 64),
                                .target_count = (uint8_t)(1 + rnd_below(seed, 12)),
                                .has_sizes = rnd_below(seed, 2)};
    st->chain_count = (uint8_t)rnd_below(seed, st->target_count + 1u);
    const unsigned templates = 1 + rnd_below(seed, 12);
    for (unsigned i = 0; i < templates; i++) {
        struct dd_template *t = &st->template[st->template_count++];
        t->sid = (uint8_t)sid;
        t->tid = (uint8_t)tid;
        for (unsigned k = 0; k < st->target_count; k++)
            t->dti |= (uint64_t)rnd_below(seed, 4) << 2 * k;
        t->fdiff_count = (uint8_t)rnd_below(seed, 5);
        for (unsigned k = 0; k < t->fdiff_count; k++)
            t->fdiff[k] = (uint8_t)(1 + rnd_below(seed, 16));
        for (unsigned k = 0; k < st->chain_count; k++)
            t->chain[k / 2] |= (uint8_t)(rnd_below(seed, 16) << 4 * (k % 2));
        const unsigned step = rnd_below(seed, 3);
        if (step == 1 && tid + 1 < DD_TEMPORAL)
            tid++;
        else if (step == 2 && sid + 1 < DD_SPATIAL)
            sid++, tid = 0;
    }
    st->spatial = (uint8_t)(st->template[st->template_count - 1].sid + 1);
    for (unsigned i = 0; i < st->target_count; i++) {
        st->protected_by[i] = (uint8_t)(st->chain_count ? rnd_below(seed, st->chain_count) : 0);
        for (unsigned t = 0; t < st->template_count; t++) {
            const struct dd_template *of = &st->template[t];
            if (dd_of(of->dti, i) && of->sid > st->target_sid[i])
                st->target_sid[i] = of->sid;
            if (dd_of(of->dti, i) && of->tid > st->target_tid[i])
                st->target_tid[i] = of->tid;
        }
    }
    for (unsigned s = 0; s < st->spatial; s++) {
        st->width[s] = (uint16_t)(1 + rnd_below(seed, 65535));
        st->height[s] = (uint16_t)(1 + rnd_below(seed, 65535));
    }
}

static void random_frame(uint64_t *seed, const struct dd_structure *st, struct dd *dd)
{
    const unsigned index = rnd_below(seed, st->template_count);
    const struct dd_template *t = &st->template[index];
    struct dd_frame *f = &dd->frame;
    *dd = (struct dd){.start_of_frame = rnd_below(seed, 2),
                      .end_of_frame = rnd_below(seed, 2),
                      .template_id = (uint8_t)((st->offset + index) % 64),
                      .number = (uint16_t)rnd(seed),
                      .has_active = rnd_below(seed, 3) == 0,
                      .frame = {.sid = t->sid, .tid = t->tid, .dti = t->dti}};
    dd->active = dd->has_active ? rnd_below(seed, 1u << st->target_count) : 0;
    f->fdiff_count = t->fdiff_count;
    for (unsigned k = 0; k < t->fdiff_count; k++)
        f->fdiff[k] = t->fdiff[k];
    for (unsigned c = 0; c < st->chain_count; c++)
        f->chain[c] = t->chain[c / 2] >> 4 * (c % 2) & 15;
    if (rnd_below(seed, 3) == 0)
        f->dti = rnd(seed) & ((UINT64_C(1) << 2 * st->target_count) - 1);
    if (rnd_below(seed, 3) == 0) {
        f->fdiff_count = (uint8_t)rnd_below(seed, DD_FDIFFS + 1);
        for (unsigned k = 0; k < f->fdiff_count; k++)
            f->fdiff[k] = (uint16_t)(1 + (rnd(seed) & (0xfffu >> 4 * rnd_below(seed, 3))));
    }
    for (unsigned c = 0; rnd_below(seed, 2) && c < st->chain_count; c++)
        f->chain[c] = (uint8_t)rnd(seed);
}

static void whatever_the_syntax_can_say_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t r = seed;
        static struct dd_structure st, read;
        struct dd dd, out;
        struct dd_bits b;
        random_structure(&r, &st);
        read = (struct dd_structure){0};
        for (unsigned i = 0; i < 4; i++) {
            random_frame(&r, &st, &dd);
            dd.has_structure = i == 0;
            const size_t len = dd_make(&b, &dd, &st);
            assert_int_equal(dd_parse(&out, &read, b.byte, len), DROP_NONE);
            assert_true(out.start_of_frame == dd.start_of_frame && out.number == dd.number);
            same_frame(&out.frame, &dd.frame);
            same_structure(&read, &st);
            if (dd.has_active)
                assert_int_equal(out.active, dd.active);
            else if (dd.has_structure)
                assert_int_equal(out.active, (1u << st.target_count) - 1);
            // A piece of it is never taken for the whole.
            const struct dd_structure before = read;
            // (But three bytes of it may be: they are one that uses a template as it is.)
            const size_t cut = rnd_below(&r, (unsigned)len);
            assert_int_not_equal(dd_parse(&out, &read, b.byte, cut == 3 ? 2 : cut), DROP_NONE);
            assert_memory_equal(&read, &before, sizeof(read));
        }
    }
}

static void outside_of_the_structure_is_refused(void **state)
{
    (void)state;
    const struct dd_mode m = {1, 3, false};
    static struct dd_structure st, read;
    struct dd dd = {.has_structure = true, .template_id = 10};
    struct dd out;
    struct dd_bits b;
    const uint8_t early[] = {0xc0, 0, 1};
    read = (struct dd_structure){0};
    assert_int_equal(dd_parse(&out, &read, early, sizeof(early)), DROP_MALFORMED);
    dd_structure_of(&m, 10, 0, 0, &st);
    dd_frame_of(&m, 0, 0, &dd.frame);
    assert_int_equal(dd_parse(&out, &read, b.byte, dd_make(&b, &dd, &st)), DROP_NONE);
    for (unsigned id = 0; id < 64; id++) {
        const uint8_t plain[] = {(uint8_t)(0xc0 | id), 0, 1};
        const bool inside = id >= 10 && id < 10u + st.template_count;
        assert_int_equal(dd_parse(&out, &read, plain, sizeof(plain)),
                         inside ? DROP_NONE : DROP_MALFORMED);
    }
    // A new structure that does not hold its own packet's template is not taken over.
    dd_structure_of(&m, 40, 0, 0, &st);
    dd_make(&b, &dd, &st);
    b.byte[0] = (uint8_t)((b.byte[0] & 0xc0) | 39);
    assert_int_equal(dd_parse(&out, &read, b.byte, sizeof(b.byte)), DROP_MALFORMED);
    assert_int_equal(read.offset, 10);
}

static void layers_and_references_without_end_are_refused(void **state)
{
    (void)state;
    static struct dd_structure read;
    struct dd out;
    uint8_t bytes[255];
    read = (struct dd_structure){0};
    // After the structure's head: only "next spatial", "next temporal" or "the same" for ever
    for (unsigned fill = 0; fill < 4; fill++) {
        static const uint8_t same[] = {0x00, 0x55, 0xaa, 0xff};
        memset(bytes, same[fill], sizeof(bytes));
        bytes[0] = 0xc0;
        bytes[3] = 0x80;
        bytes[4] = 0;
        assert_int_not_equal(dd_parse(&out, &read, bytes, sizeof(bytes)), DROP_NONE);
        assert_int_equal(read.template_count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_encoder_writes_is_read),
        cmocka_unit_test(whatever_the_syntax_can_say_is_read_as_it_was_written),
        cmocka_unit_test(outside_of_the_structure_is_refused),
        cmocka_unit_test(layers_and_references_without_end_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
