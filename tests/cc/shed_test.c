#include "cc/shed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define START (1000 * USEC_PER_SEC)
#define TURN  (10 * USEC_PER_MS)

static void behind_for_a_while_halves_it_and_calm_brings_all_back(void **state)
{
    struct shed s;
    usec_t now = START;
    (void)state;
    shed_init(&s);
    assert_false(shed_note(&s, false, now));
    for (; now < START + USEC_PER_SEC; now += TURN)
        (void)shed_note(&s, true, now);
    assert_int_equal(s.steps_down, 3); // at once, and every 400 ms
    assert_true(s.share < SHED_ALL / 2 && s.share > SHED_ALL / 3);

    const unsigned low = s.share;
    const usec_t calm = now;
    for (; now < calm + SHED_CALM - 2 * TURN; now += TURN)
        assert_false(shed_note(&s, false, now));
    for (; now < calm + 20 * USEC_PER_SEC; now += TURN)
        (void)shed_note(&s, false, now);
    assert_true(s.share > low + SHED_ALL / 8);
    for (; now < calm + 90 * USEC_PER_SEC; now += TURN)
        (void)shed_note(&s, false, now);
    assert_int_equal(s.share, SHED_ALL);
    assert_false(shed_note(&s, false, now + USEC_PER_SEC));
}

/** A machine that carries a part: how often is it behind in ten minutes, and how much is used?
 */
static void at_its_limit_it_is_seldom_behind(void **state)
{
    const unsigned carries = SHED_ALL * 6 / 10;
    struct shed s;
    uint64_t used = 0, turns = 0;
    usec_t now = START;
    (void)state;
    shed_init(&s);
    for (; now < START + 600 * USEC_PER_SEC; now += TURN, turns++) {
        (void)shed_note(&s, s.share > carries, now);
        used += s.share;
    }
    assert_true(s.steps_down < 30); // every twenty seconds
    assert_true(used / turns > carries * 8 / 10);
    assert_true(used / turns <= carries * 101 / 100);
}

static void it_never_ends_at_nothing(void **state)
{
    struct shed s;
    (void)state;
    shed_init(&s);
    for (usec_t now = START; now < START + 60 * USEC_PER_SEC; now += TURN)
        (void)shed_note(&s, true, now);
    assert_true(s.share > 0);
}

static void who_speaks_is_seen_longer_than_the_others(void **state)
{
    (void)state;
    assert_int_equal(shed_rank(SHED_ALL, ALLOCATE_REST), SHED_ALL);
    for (unsigned share = 0; share <= SHED_ALL; share += 16) {
        const unsigned rest = shed_rank(share, ALLOCATE_REST);
        for (unsigned rank = ALLOCATE_SCREEN; rank < ALLOCATE_REST; rank++) {
            assert_true(shed_rank(share, (enum allocate_rank)rank) >= rest);
            if (rest > 0)
                assert_int_equal(shed_rank(share, (enum allocate_rank)rank), SHED_ALL);
        }
    }
    assert_int_equal(shed_rank(SHED_ALL / 2, ALLOCATE_REST), 0);
    assert_int_equal(shed_rank(SHED_ALL / 4, ALLOCATE_SCREEN), SHED_ALL / 2);
}

static void of_many_viewers_the_share_is_left(void **state)
{
    static const uint32_t rate[] = {150000, 500000, 1700000};
    (void)state;
    for (unsigned steps = 0; steps <= 3; steps++) {
        for (unsigned share = 0; share <= SHED_ALL; share += 31) {
            uint64_t sum = 0;
            for (unsigned turn = 0; turn < SHED_ALL; turn++) {
                struct allocate_slot a = {.step_count = steps};
                for (unsigned i = 0; i < steps; i++)
                    a.step[i].rate_bps = rate[i];
                const bool cut = shed_ladder(&a, share, turn);
                assert_true(a.step_count <= steps);
                assert_int_equal(cut, a.step_count < steps);
                sum += a.step_count ? rate[a.step_count - 1] : 0;
            }
            const uint64_t all = steps ? (uint64_t)rate[steps - 1] * share : 0;
            assert_true(sum + 2 * rate[2] > all && sum < all + 2 * rate[2]);
        }
    }
}

static void what_costs_nothing_stays(void **state)
{
    struct allocate_slot a = {.step_count = 2};
    (void)state;
    assert_false(shed_ladder(&a, 1, SHED_ALL - 1));
    assert_int_equal(a.step_count, 2);
}

static void layers_whose_rates_are_unknown_go_from_the_top(void **state)
{
    unsigned before = 3, sum = 0;
    (void)state;
    for (unsigned turn = 0; turn < SHED_ALL; turn += 64)
        assert_int_equal(shed_layers(3, SHED_ALL, turn), 3);
    for (unsigned share = SHED_ALL; share > 0; share--) {
        const unsigned now = shed_layers(3, share, SHED_ALL / 2);
        assert_true(now <= before && before - now <= 1);
        before = now;
    }
    assert_int_equal(before, 0);
    for (unsigned turn = 0; turn < SHED_ALL; turn++) // of one layer, the share of viewers
        sum += shed_layers(1, SHED_ALL / 4, turn);
    assert_int_equal(sum, SHED_ALL / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behind_for_a_while_halves_it_and_calm_brings_all_back),
        cmocka_unit_test(at_its_limit_it_is_seldom_behind),
        cmocka_unit_test(it_never_ends_at_nothing),
        cmocka_unit_test(who_speaks_is_seen_longer_than_the_others),
        cmocka_unit_test(of_many_viewers_the_share_is_left),
        cmocka_unit_test(what_costs_nothing_stays),
        cmocka_unit_test(layers_whose_rates_are_unknown_go_from_the_top),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
