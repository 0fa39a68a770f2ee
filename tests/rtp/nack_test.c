#include "rtp/nack.h"

#include "make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS USEC_PER_MS

static void hole_is_asked_for_after_a_short_wait_and_again_after_a_round_trip(void **state)
{
    struct nack n;
    uint16_t seq[16];
    (void)state;
    nack_init(&n);
    nack_set_rtt(&n, 50 * MS);
    assert_false(nack_on_packet(&n, 65534, 0));
    assert_true(nack_deadline(&n) == USEC_NEVER);
    assert_false(nack_on_packet(&n, 2, 0));
    assert_true(nack_deadline(&n) == NACK_FIRST_WAIT);
    assert_int_equal(nack_tick(&n, NACK_FIRST_WAIT - 1, seq, 16), 0);
    assert_int_equal(nack_tick(&n, NACK_FIRST_WAIT, seq, 16), 3);
    assert_int_equal(seq[0], 65535);
    assert_int_equal(seq[1], 0);
    assert_int_equal(seq[2], 1);
    const usec_t again = nack_deadline(&n);
    assert_true(again >= NACK_FIRST_WAIT + 50 * MS);
    assert_int_equal(nack_tick(&n, again - 1, seq, 16), 0);
    assert_int_equal(nack_tick(&n, again, seq, 16), 3);
}

static void packet_out_of_order_is_never_asked_for(void **state)
{
    struct nack n;
    uint16_t seq[16];
    (void)state;
    nack_init(&n);
    nack_on_packet(&n, 1, 0);
    nack_on_packet(&n, 3, 0);
    assert_true(nack_on_packet(&n, 2, 5 * MS));
    assert_true(nack_deadline(&n) == USEC_NEVER);
    assert_int_equal(nack_tick(&n, 100 * MS, seq, 16), 0);
    assert_int_equal(n.recovered, 0);
    assert_false(nack_on_packet(&n, 2, 6 * MS)); // repeated
}

static void recovered_packet_leaves_the_list(void **state)
{
    struct nack n;
    uint16_t seq[16];
    (void)state;
    nack_init(&n);
    nack_on_packet(&n, 1, 0);
    nack_on_packet(&n, 4, 0);
    assert_int_equal(nack_tick(&n, 10 * MS, seq, 16), 2);
    assert_true(nack_on_packet(&n, 2, 60 * MS));
    assert_int_equal(n.recovered, 1);
    assert_int_equal(nack_tick(&n, 1000 * MS, seq, 16), 1);
    assert_int_equal(seq[0], 3);
}

static void nobody_asks_more_than_ten_times(void **state)
{
    struct nack n;
    uint16_t seq[16];
    unsigned asked = 0;
    (void)state;
    nack_init(&n);
    nack_set_rtt(&n, 10 * MS);
    nack_on_packet(&n, 1, 0);
    nack_on_packet(&n, 3, 0);
    for (unsigned i = 0; i < 100 && nack_deadline(&n) != USEC_NEVER; i++)
        asked += nack_tick(&n, nack_deadline(&n), seq, 16);
    assert_int_equal(asked, NACK_MAX_TRIES);
    assert_true(nack_deadline(&n) == USEC_NEVER);
    assert_int_equal(n.given_up, 1);
    assert_true(n.need_keyframe);
}

static void what_nobody_waits_for_any_more_is_given_up(void **state)
{
    struct nack n;
    uint16_t seq[16];
    usec_t now = 0;
    unsigned asked = 0;
    (void)state;
    nack_init(&n);
    nack_set_rtt(&n, 400 * MS);
    nack_on_packet(&n, 1, 0);
    nack_on_packet(&n, 3, 0);
    for (; nack_deadline(&n) != USEC_NEVER; asked += nack_tick(&n, now, seq, 16)) {
        assert_true(nack_awaits(&n, 2));
        now = nack_deadline(&n);
    }
    assert_in_range(asked, 3, 5);
    assert_in_range(now, NACK_MAX_AGE, NACK_MAX_AGE + 900 * MS);
    assert_false(nack_awaits(&n, 2));
    assert_true(n.need_keyframe);
}

static void ten_tries_outlast_a_short_outage(void **state)
{
    struct nack n;
    uint16_t seq[16];
    usec_t last = 0;
    (void)state;
    nack_init(&n);
    nack_set_rtt(&n, 5 * MS);
    nack_on_packet(&n, 1, 0);
    nack_on_packet(&n, 3, 0);
    for (unsigned i = 0; i < NACK_MAX_TRIES; i++) {
        last = nack_deadline(&n);
        assert_int_equal(nack_tick(&n, last, seq, 16), 1);
    }
    assert_in_range(last, 400 * MS, 900 * MS);
}

/** A publisher whose numbers jump and jump cannot make us ask without end. */
static void requests_a_second_are_bounded(void **state)
{
    struct nack n;
    uint16_t seq[NACK_MAX_MISSING], next = 0;
    unsigned asked = 0;
    (void)state;
    nack_init(&n);
    nack_set_rtt(&n, 1 * MS);
    for (usec_t now = 0; now < 10 * USEC_PER_SEC; now += 12 * MS) {
        nack_on_packet(&n, next = (uint16_t)(next + 200), now);
        asked += nack_tick(&n, now, seq, NACK_MAX_MISSING);
    }
    assert_in_range(asked, NACK_PER_SEC, 10 * NACK_PER_SEC + NACK_MAX_MISSING);
}

static void time_of_a_repair_is_told_once(void **state)
{
    struct nack n;
    uint16_t seq[16];
    (void)state;
    nack_init(&n);
    nack_on_packet(&n, 1, 0);
    nack_on_packet(&n, 4, 0);
    assert_true(nack_on_packet(&n, 3, 5 * MS)); // was only late
    assert_int_equal(n.took, 0);
    assert_int_equal(nack_tick(&n, 10 * MS, seq, 16), 1);
    assert_true(nack_on_packet(&n, 2, 47 * MS));
    assert_int_equal(n.took, 37 * MS);
    nack_on_packet(&n, 5, 48 * MS);
    assert_int_equal(n.took, 0);
}

static void hole_too_big_for_the_list_wants_a_keyframe_instead(void **state)
{
    struct nack n;
    uint16_t seq[NACK_MAX_MISSING];
    (void)state;
    nack_init(&n);
    nack_on_packet(&n, 0, 0);
    nack_on_packet(&n, NACK_MAX_MISSING + 1, 0);
    assert_false(n.need_keyframe);
    assert_int_equal(n.count, NACK_MAX_MISSING);
    nack_on_packet(&n, NACK_MAX_MISSING + 3, 0); // one more: the oldest goes
    assert_true(n.need_keyframe);
    assert_int_equal(n.count, NACK_MAX_MISSING);
    assert_int_equal(n.missing[0].seq, 2);
    nack_on_packet(&n, 5000, 0);
    assert_int_equal(n.count, 0);
    assert_int_equal(nack_tick(&n, 1000 * MS, seq, NACK_MAX_MISSING), 0);
}

static void keyframe_ends_the_wait_for_what_was_before_it(void **state)
{
    struct nack n;
    uint16_t seq[16];
    (void)state;
    nack_init(&n);
    nack_forget_before(&n, 7);
    nack_on_packet(&n, 65534, 0);
    nack_on_packet(&n, 2, 0);
    nack_forget_before(&n, 1);
    assert_int_equal(nack_tick(&n, 10 * MS, seq, 16), 1);
    assert_int_equal(seq[0], 1);
}

static void what_does_not_fit_comes_with_the_next_call(void **state)
{
    struct nack n;
    uint16_t seq[4];
    (void)state;
    nack_init(&n);
    nack_on_packet(&n, 0, 0);
    nack_on_packet(&n, 7, 0);
    assert_int_equal(nack_tick(&n, 10 * MS, seq, 4), 4);
    assert_true(nack_deadline(&n) <= 10 * MS);
    assert_int_equal(nack_tick(&n, 10 * MS, seq, 4), 2);
    assert_int_equal(seq[1], 6);
}

/** Over a lossy, reordering line with an honest sender of repairs. */
static void everything_repairable_is_asked_for_and_nothing_else(void **state)
{
    enum { PACKETS = 400, AHEAD = 40 };
    (void)state;
    for (uint64_t round = 0; round < 2000; round++) {
        uint64_t seed = round;
        const uint16_t start = (uint16_t)rnd(&seed);
        bool here[PACKETS + AHEAD] = {false};
        unsigned tries[PACKETS + AHEAD] = {0};
        usec_t asked_at[PACKETS + AHEAD] = {0};
        unsigned due[PACKETS + AHEAD];
        struct nack n;
        nack_init(&n);
        nack_set_rtt(&n, 20 * MS);
        for (unsigned i = 0; i < PACKETS; i++) {
            const unsigned fate = rnd_below(&seed, 100);
            due[i] =
                fate < 10 && i > 0 ? UINT32_MAX : i + (fate < 25 ? rnd_below(&seed, 8) : 0);
        }
        due[0] = 0;
        due[PACKETS - 1] = PACKETS - 1;
        for (unsigned t = 0; t < PACKETS + AHEAD; t++) { // a packet a millisecond
            const usec_t now = t * MS;
            uint16_t seq[NACK_MAX_MISSING];
            for (unsigned i = 0; i <= t && i < PACKETS; i++) {
                const bool repaired = tries[i] && now >= asked_at[i] + 20 * MS && !here[i];
                if ((due[i] == t && !here[i]) || repaired) {
                    here[i] = true;
                    nack_on_packet(&n, (uint16_t)(start + i), now);
                }
            }
            const unsigned count = nack_tick(&n, now, seq, NACK_MAX_MISSING);
            for (unsigned k = 0; k < count; k++) {
                const uint16_t i = (uint16_t)(seq[k] - start);
                assert_true(i < PACKETS && !here[i]);
                if (k > 0)
                    assert_true((int16_t)(uint16_t)(seq[k] - seq[k - 1]) > 0);
                if (tries[i])
                    assert_true(now - asked_at[i] >= 20 * MS);
                asked_at[i] = now;
                assert_true(++tries[i] <= NACK_MAX_TRIES);
            }
        }
        for (unsigned i = 0; i < PACKETS; i++)
            assert_true(here[i]);
        assert_int_equal(n.count, 0);
        assert_int_equal(n.given_up, 0);
        assert_true(nack_deadline(&n) == USEC_NEVER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hole_is_asked_for_after_a_short_wait_and_again_after_a_round_trip),
        cmocka_unit_test(packet_out_of_order_is_never_asked_for),
        cmocka_unit_test(recovered_packet_leaves_the_list),
        cmocka_unit_test(nobody_asks_more_than_ten_times),
        cmocka_unit_test(what_nobody_waits_for_any_more_is_given_up),
        cmocka_unit_test(ten_tries_outlast_a_short_outage),
        cmocka_unit_test(requests_a_second_are_bounded),
        cmocka_unit_test(time_of_a_repair_is_told_once),
        cmocka_unit_test(hole_too_big_for_the_list_wants_a_keyframe_instead),
        cmocka_unit_test(keyframe_ends_the_wait_for_what_was_before_it),
        cmocka_unit_test(what_does_not_fit_comes_with_the_next_call),
        cmocka_unit_test(everything_repairable_is_asked_for_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
