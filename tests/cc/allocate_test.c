#include "cc/allocate.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START (1000 * USEC_PER_SEC)
#define SLOTS 12

static uint64_t rnd(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static unsigned rnd_below(uint64_t *seed, unsigned n)
{
    return (unsigned)(rnd(seed) % n);
}

/** A simulcast camera with three frame rates each. */
static void camera(struct allocate_slot *s, enum allocate_taste taste)
{
    static const uint32_t area[] = {57600, 230400, 921600}, rate[] = {150000, 500000, 1700000};
    struct allocate_step all[9];
    for (unsigned i = 0; i < 9; i++)
        all[i] = (struct allocate_step){.stream = (uint8_t)(i / 3),
                                        .tid = (uint8_t)(i % 3),
                                        .area = area[i / 3],
                                        .rate_bps = rate[i / 3] / 100 *
                                                    (i % 3 == 0   ? 45
                                                     : i % 3 == 1 ? 70
                                                                  : 100)};
    allocate_ladder(s, all, 9, taste);
}

static void expect_ladder(const struct allocate_slot *s, const char *want)
{
    char text[100] = "";
    for (unsigned i = 0; i < s->step_count; i++)
        (void)sprintf(text + strlen(text), "%u%u ", s->step[i].stream, s->step[i].tid);
    assert_string_equal(text, want);
}

static void frame_rate_and_resolution_go_in_the_order_of_taste(void **state)
{
    struct allocate_slot s = {0};
    (void)state;
    camera(&s, ALLOCATE_BALANCED);
    expect_ladder(&s, "00 01 02 11 12 21 22 ");
    camera(&s, ALLOCATE_SHARP);
    expect_ladder(&s, "00 10 20 21 22 ");
    camera(&s, ALLOCATE_SMOOTH);
    expect_ladder(&s, "00 01 02 12 22 ");
}

static void a_step_that_costs_more_than_a_better_one_is_none(void **state)
{
    const struct allocate_step all[] = {{.stream = 2, .area = 900, .rate_bps = 800},
                                        {.stream = 0, .area = 100, .rate_bps = 100},
                                        {.stream = 1, .area = 400, .rate_bps = 900}};
    struct allocate_slot s = {0};
    (void)state;
    allocate_ladder(&s, all, 3, ALLOCATE_BALANCED);
    expect_ladder(&s, "00 20 ");
    allocate_ladder(&s, all, 0, ALLOCATE_BALANCED);
    assert_int_equal(s.step_count, 0);
}

static void what_is_sent_is_found_on_the_ladder_or_the_next_below(void **state)
{
    struct allocate_slot s = {0};
    (void)state;
    camera(&s, ALLOCATE_BALANCED);
    struct allocate_step now = {.stream = 1, .tid = 2, .area = 230400};
    assert_int_equal(allocate_place(&s, &now), 4);
    now.tid = 0; // of which the ladder knows nothing
    assert_int_equal(allocate_place(&s, &now), 2);
}

/** Cameras for everybody. */
static void people(struct allocate_slot *s, struct allocate_memory *m, unsigned n)
{
    memset(m, 0, n * sizeof(*m));
    memset(s, 0, n * sizeof(*s));
    for (unsigned i = 0; i < n; i++) {
        s[i].rank = ALLOCATE_REST;
        s[i].had = -1;
        s[i].memory = &m[i];
        camera(&s[i], ALLOCATE_BALANCED);
    }
}

static void expect_given(const struct allocate_slot *s, unsigned n, const int *want)
{
    for (unsigned i = 0; i < n; i++)
        assert_int_equal(s[i].given, want[i]);
}

static void everybody_gets_the_lowest_then_all_climb_by_rank(void **state)
{
    struct allocator a;
    struct allocate_slot s[4];
    struct allocate_memory m[4];
    (void)state;
    people(s, m, 4);
    s[2].rank = ALLOCATE_SPEAKER;
    s[3].rank = ALLOCATE_SCREEN;
    allocator_init(&a);
    allocator_run(&a, s, 4, 350000, START);
    expect_given(s, 4, (int[]){0, 0, 0, 1});
    allocator_init(&a);
    allocator_run(&a, s, 4, 2500000, START);
    expect_given(s, 4,
                 (int[]){1, 0, 3, 6}); // 1700 + 350 + 105 + 67.5 of 2250: a tenth stays free
    allocator_init(&a);
    allocator_run(&a, s, 4, 170000, START);
    expect_given(s, 4, (int[]){-1, -1, 0, 0});
}

static void a_screen_is_held_while_there_is_a_hundred_kilobit(void **state)
{
    struct allocator a;
    struct allocate_slot s[2];
    struct allocate_memory m[2];
    const struct allocate_step one = {.area = 2073600, .rate_bps = 2500000};
    (void)state;
    people(s, m, 2);
    s[1].rank = ALLOCATE_SCREEN;
    s[1].held = true;
    allocate_ladder(&s[1], &one, 1, ALLOCATE_SHARP);
    for (uint64_t bps = 100000; bps < 3000000; bps += 100000) {
        allocator_init(&a);
        allocator_run(&a, s, 2, bps, START);
        assert_int_equal(s[1].given, 0);
    }
    allocator_init(&a);
    allocator_run(&a, s, 2, 99999, START);
    expect_given(s, 2, (int[]){0, -1});
}

static void a_picture_outlives_a_short_fall_of_the_rate(void **state)
{
    struct allocator a;
    struct allocate_slot s[1];
    struct allocate_memory m[1];
    (void)state;
    people(s, m, 1);
    allocator_init(&a);
    allocator_run(&a, s, 1, 400000, START);
    s[0].had = s[0].given;
    allocator_run(&a, s, 1, 50000, START + USEC_PER_SEC);
    expect_given(s, 1, (int[]){0});
    s[0].had = 0;
    allocator_run(&a, s, 1, 50000, START + USEC_PER_SEC + ALLOCATE_GRACE);
    expect_given(s, 1, (int[]){-1});
    s[0].had = -1;
    allocator_run(&a, s, 1, 50000, START + 2 * USEC_PER_SEC + ALLOCATE_GRACE);
    expect_given(s, 1, (int[]){-1});
}

static void what_is_new_must_fit_the_lowest_of_the_last_seconds(void **state)
{
    struct allocator a;
    struct allocate_slot s[1];
    struct allocate_memory m[1];
    (void)state;
    people(s, m, 1);
    allocator_init(&a);
    usec_t now = START;
    for (; now < START + 10 * USEC_PER_SEC; now += 100000)
        allocator_note(&a, 600000, now);
    s[0].had = 4;
    allocator_run(&a, s, 1, 2000000, now); // it has risen right now
    assert_int_equal(s[0].given, 4);
    for (unsigned i = 0; i < 35; i++, now += 100000)
        allocator_note(&a, 2000000, now);
    allocator_run(&a, s, 1, 2000000, now);
    assert_int_equal(s[0].given, 6);
    s[0].had = 6;
    allocator_run(&a, s, 1, 1710000, now + USEC_PER_SEC); // what it has fits without a tenth
    assert_int_equal(s[0].given, 6);
    allocator_run(&a, s, 1, 1690000, now + 2 * USEC_PER_SEC);
    assert_int_equal(s[0].given, 5);
}

static void a_division_is_due_after_a_second_or_a_fall(void **state)
{
    struct allocator a;
    struct allocate_slot s[1];
    struct allocate_memory m[1];
    (void)state;
    people(s, m, 1);
    allocator_init(&a);
    assert_true(allocator_due(&a, 1000000, START));
    allocator_run(&a, s, 1, 1000000, START);
    assert_false(allocator_due(&a, 1000000, START + USEC_PER_SEC - 1));
    assert_false(allocator_due(&a, 9000000, START + USEC_PER_SEC - 1));
    assert_false(allocator_due(&a, 900000, START + 1));
    assert_true(allocator_due(&a, 899999, START + 1));
    assert_true(allocator_due(&a, 1000000, START + USEC_PER_SEC));
}

/** Ladders as they may come, with anything in them. */
static void random_room(uint64_t *r, struct allocate_slot *s, struct allocate_memory *m,
                        unsigned n)
{
    memset(m, 0, n * sizeof(*m));
    memset(s, 0, n * sizeof(*s));
    for (unsigned i = 0; i < n; i++) {
        struct allocate_step all[20];
        const unsigned ways = rnd_below(r, 20);
        for (unsigned k = 0; k < ways; k++)
            all[k] = (struct allocate_step){.stream = (uint8_t)rnd_below(r, 4),
                                            .sid = (uint8_t)rnd_below(r, 3),
                                            .tid = (uint8_t)rnd_below(r, 3),
                                            .area = rnd_below(r, 8) * 100000,
                                            .rate_bps = rnd_below(r, 3000000)};
        allocate_ladder(&s[i], all, ways, (enum allocate_taste)rnd_below(r, 3));
        for (unsigned k = 1; k < s[i].step_count; k++)
            assert_true(s[i].step[k].rate_bps > s[i].step[k - 1].rate_bps);
        s[i].rank = (enum allocate_rank)rnd_below(r, ALLOCATE_RANKS);
        s[i].held = s[i].rank == ALLOCATE_SCREEN;
        s[i].had = (int)rnd_below(r, s[i].step_count + 1) - 1;
        s[i].memory = &m[i];
    }
}

static uint64_t total(const struct allocate_slot *s, unsigned n)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < n; i++)
        sum += s[i].given >= 0 ? s[i].step[s[i].given].rate_bps : 0;
    return sum;
}

static void the_budget_is_never_exceeded_where_the_lowest_fit(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5000; seed++) {
        uint64_t r = seed, lowest = 0;
        struct allocate_slot s[SLOTS];
        struct allocate_memory m[SLOTS];
        struct allocator a;
        const unsigned n = 1 + rnd_below(&r, SLOTS);
        random_room(&r, s, m, n);
        allocator_init(&a);
        usec_t now = START;
        for (unsigned turn = 0; turn < 10; turn++) {
            const uint64_t bps = 50000 + rnd_below(&r, 8000000);
            allocator_run(&a, s, n, bps, now);
            now += rnd_below(&r, 3000000);
            lowest = 0;
            for (unsigned i = 0; i < n; i++) {
                const uint64_t rate = s[i].step_count ? s[i].step[0].rate_bps : 0;
                lowest += rate;
                assert_true(s[i].given < (int)s[i].step_count);
                s[i].had = s[i].given;
            }
            if (lowest <= bps && total(s, n) > bps) {
                (void)fprintf(stderr, "seed %u\n", (unsigned)seed);
                fail();
            }
            assert_true(total(s, n) <= bps + lowest);
        }
    }
}

static void of_two_alike_the_more_important_has_no_less(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t r = seed;
        struct allocate_slot s[SLOTS];
        struct allocate_memory m[SLOTS];
        struct allocator a;
        const unsigned n = 2 + rnd_below(&r, SLOTS - 2);
        people(s, m, n);
        for (unsigned i = 0; i < n; i++)
            s[i].rank = (enum allocate_rank)rnd_below(&r, ALLOCATE_RANKS);
        allocator_init(&a);
        allocator_run(&a, s, n, 50000 + rnd_below(&r, 9000000), START);
        for (unsigned i = 0; i < n; i++)
            for (unsigned k = 0; k < n; k++)
                if (s[i].rank < s[k].rank)
                    assert_true(s[i].given >= s[k].given);
    }
}

/** Who has more to divide gives nobody of the highest rank less. */
static void more_to_divide_is_never_less_for_the_first(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        uint64_t r = seed;
        struct allocate_slot s[1];
        struct allocate_memory m[1];
        random_room(&r, s, m, 1);
        int before = -1;
        for (uint64_t bps = 10000; bps < 4000000; bps += 50000) {
            struct allocator a;
            memset(m, 0, sizeof(m));
            allocator_init(&a);
            allocator_run(&a, s, 1, bps, START);
            assert_true(s[0].given >= before);
            before = s[0].given;
        }
    }
}

/** An hour's worth of an estimate that wobbles: fast, slow, or at random. */
static void a_wobble_of_five_percent_changes_nothing_twice_a_minute(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t r = seed;
        struct allocate_slot s[SLOTS];
        struct allocate_memory m[SLOTS];
        struct allocator a;
        const unsigned n = 1 + rnd_below(&r, SLOTS);
        const unsigned period = 2 + rnd_below(&r, 60), kind = rnd_below(&r, 3);
        const uint64_t base = 100000 + rnd_below(&r, 6000000);
        random_room(&r, s, m, n);
        allocator_init(&a);
        unsigned changes[SLOTS] = {0};
        for (unsigned second = 0; second < 600; second++) {
            const int64_t swing = (int64_t)base / 20;
            const unsigned phase = second % period;
            int64_t off = phase < period / 2 ? swing : -swing;
            if (kind == 1)
                off = -swing + 2 * swing * (int64_t)phase / (int64_t)period;
            if (kind == 2)
                off = -swing + (int64_t)rnd_below(&r, (unsigned)(2 * swing));
            const usec_t now = START + second * USEC_PER_SEC;
            if (second % 60 == 0)
                memset(changes, 0, sizeof(changes));
            allocator_run(&a, s, n, base + (uint64_t)off, now);
            for (unsigned i = 0; i < n; i++) {
                changes[i] += second > 10 && s[i].given != s[i].had;
                s[i].had = s[i].given;
                if (changes[i] > 2) {
                    (void)fprintf(stderr, "seed %u\n", (unsigned)seed);
                    fail();
                }
            }
        }
    }
}

/** A line that carries a step only now and then: each try waits longer. */
static void who_falls_again_and_again_tries_less_and_less(void **state)
{
    struct allocator a;
    struct allocate_slot s[1];
    struct allocate_memory m[1];
    unsigned changes = 0;
    (void)state;
    people(s, m, 1);
    allocator_init(&a);
    for (unsigned second = 0; second < 600; second++) {
        const uint64_t bps = s[0].had == 6 && second % 5 == 4 ? 1500000 : 2000000;
        allocator_run(&a, s, 1, bps, START + second * USEC_PER_SEC);
        changes += s[0].given != s[0].had;
        s[0].had = s[0].given;
    }
    assert_in_range(changes, 10, 32);
}

/** Runs one camera on a line for so many seconds; how many until it got the top, if it did. */
static unsigned seconds_to_the_top(struct allocator *a, struct allocate_slot *s, uint64_t bps,
                                   unsigned seconds, usec_t *now)
{
    unsigned until = UINT_MAX;
    for (unsigned i = 0; i < seconds; i++, *now += USEC_PER_SEC) {
        allocator_run(a, s, 1, bps, *now);
        s->had = s->given;
        if (until == UINT_MAX && s->given == (int)s->step_count - 1)
            until = i;
    }
    return until;
}

static void a_clearly_better_line_is_used_at_once(void **state)
{
    struct allocator a;
    struct allocate_slot s[1];
    struct allocate_memory m[1];
    usec_t now = START;
    (void)state;
    people(s, m, 1);
    allocator_init(&a);
    (void)seconds_to_the_top(&a, s, 400000, 40, &now);
    (void)seconds_to_the_top(&a, s, 600000, 5, &now);
    (void)seconds_to_the_top(&a, s, 200000, 2, &now); // that was too much: it waits
    const int kept = s[0].had;
    (void)seconds_to_the_top(&a, s, 600000, 3, &now);
    assert_int_equal(s[0].had, kept);
    assert_in_range(seconds_to_the_top(&a, s, 3000000, 10, &now), 1, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_rate_and_resolution_go_in_the_order_of_taste),
        cmocka_unit_test(a_step_that_costs_more_than_a_better_one_is_none),
        cmocka_unit_test(what_is_sent_is_found_on_the_ladder_or_the_next_below),
        cmocka_unit_test(everybody_gets_the_lowest_then_all_climb_by_rank),
        cmocka_unit_test(a_screen_is_held_while_there_is_a_hundred_kilobit),
        cmocka_unit_test(a_picture_outlives_a_short_fall_of_the_rate),
        cmocka_unit_test(what_is_new_must_fit_the_lowest_of_the_last_seconds),
        cmocka_unit_test(a_division_is_due_after_a_second_or_a_fall),
        cmocka_unit_test(the_budget_is_never_exceeded_where_the_lowest_fit),
        cmocka_unit_test(of_two_alike_the_more_important_has_no_less),
        cmocka_unit_test(more_to_divide_is_never_less_for_the_first),
        cmocka_unit_test(a_wobble_of_five_percent_changes_nothing_twice_a_minute),
        cmocka_unit_test(who_falls_again_and_again_tries_less_and_less),
        cmocka_unit_test(a_clearly_better_line_is_used_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
