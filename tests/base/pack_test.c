#include "base/pack.h"
#include "base/usec.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct things {
    uint64_t big;
    uint16_t small;
    bool yes, no;
    int64_t below, at, never;
    int place;
    double part;
    char name[8];
    enum { RED, GREEN, BLUE } colour;
};

static void pack_things(struct pack *p, struct things *t)
{
    pack_u64(p, &t->big, UINT64_MAX);
    pack_u16(p, &t->small, 1000);
    pack_bool(p, &t->yes);
    pack_bool(p, &t->no);
    pack_i64(p, &t->below, INT64_MIN, INT64_MAX);
    pack_time(p, &t->at);
    pack_time(p, &t->never);
    pack_int(p, &t->place, -1, 3);
    pack_f64(p, &t->part);
    pack_text(p, t->name, sizeof(t->name));
    pack_enum(p, &t->colour, BLUE);
}

static const struct things sample = {.big = UINT64_MAX,
                                     .small = 1000,
                                     .yes = true,
                                     .below = INT64_MIN,
                                     .at = -5,
                                     .never = USEC_NEVER,
                                     .place = -1,
                                     .part = -0.1,
                                     .name = "seven77",
                                     .colour = BLUE};

static size_t written(uint8_t *bytes, size_t size, const struct things *of)
{
    struct things t = *of;
    struct pack w = pack_writer(bytes, size);
    pack_things(&w, &t);
    assert_memory_equal(&t, of, sizeof(t)); // writing changes nothing
    return w.bad ? 0 : (size_t)(w.at - bytes);
}

static void what_is_written_is_read(void **state)
{
    uint8_t bytes[100];
    struct things t;
    (void)state;
    memset(&t, 0, sizeof(t));
    const size_t len = written(bytes, sizeof(bytes), &sample);
    assert_true(len > 0);
    struct pack r = pack_reader(bytes, len);
    pack_things(&r, &t);
    assert_false(r.bad);
    assert_ptr_equal(r.at, bytes + len);
    assert_int_equal(t.big, sample.big);
    assert_int_equal(t.small, sample.small);
    assert_true(t.yes && !t.no);
    assert_int_equal(t.below, sample.below);
    assert_int_equal(t.at, sample.at);
    assert_int_equal(t.never, sample.never);
    assert_int_equal(t.place, sample.place);
    assert_true(fabs(t.part - sample.part) == 0);
    assert_string_equal(t.name, sample.name);
    assert_int_equal(t.colour, sample.colour);
}

static void every_place_too_small_is_bad_and_nothing_is_written_behind_it(void **state)
{
    uint8_t bytes[100];
    (void)state;
    const size_t len = written(bytes, sizeof(bytes), &sample);
    for (size_t size = 0; size < len; size++) {
        memset(bytes, 0xa5, sizeof(bytes));
        assert_int_equal(written(bytes, size, &sample), 0);
        for (size_t i = size; i < sizeof(bytes); i++)
            assert_int_equal(bytes[i], 0xa5);
        struct things t;
        (void)written(bytes, sizeof(bytes), &sample);
        struct pack r = pack_reader(bytes, size);
        pack_things(&r, &t);
        assert_true(r.bad);
    }
}

static void what_is_out_of_its_bounds_is_bad_and_zero(void **state)
{
    static const uint8_t long_number[] = {0xff, 0xff, 0xff, 0xff, 0xff,
                                          0xff, 0xff, 0xff, 0xff, 0x02};
    static const uint8_t infinite[] = {0, 0, 0, 0, 0, 0, 0xf0, 0x7f};
    static const uint8_t with_nul[] = {2, 'a', 0};
    uint64_t wide = 7;
    double d = 7;
    bool b = true;
    char text[8];
    (void)state;
    struct pack p = pack_reader(long_number, sizeof(long_number));
    pack_u64(&p, &wide, UINT64_MAX);
    assert_true(p.bad && wide == 0);
    p = pack_reader(infinite, sizeof(infinite));
    pack_f64(&p, &d);
    assert_true(p.bad && fabs(d) == 0);
    p = pack_reader((const uint8_t[]){2}, 1);
    pack_bool(&p, &b);
    assert_true(p.bad && !b);
    p = pack_reader(with_nul, sizeof(with_nul));
    pack_text(&p, text, sizeof(text));
    assert_true(p.bad);
    p = pack_reader((const uint8_t[]){8, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}, 9);
    pack_text(&p, text, sizeof(text));
    assert_true(p.bad && *text == 0);
}

static void nothing_is_read_after_the_first_that_is_bad(void **state)
{
    uint64_t a = 1, b = 1;
    (void)state;
    struct pack p = pack_reader((const uint8_t[]){9, 3}, 2);
    pack_u64(&p, &a, 8);
    pack_u64(&p, &b, 8);
    assert_true(p.bad && a == 0 && b == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(every_place_too_small_is_bad_and_nothing_is_written_behind_it),
        cmocka_unit_test(what_is_out_of_its_bounds_is_bad_and_zero),
        cmocka_unit_test(nothing_is_read_after_the_first_that_is_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
