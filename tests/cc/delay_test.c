#include "acked.h"
#include "arrival.h"
#include "groups.h"
#include "queue.h"
#include "rtt.h"
#include "trend.h"

#include "sim/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS USEC_PER_MS

static void clock_of_24_bits_is_counted_on_when_it_wraps(void **state)
{
    struct arrival a = {0};
    const int64_t last = (INT64_C(1) << 32) - 256; // the last reference time there is
    (void)state;
    assert_true(arrival_open(&a, last, 1000 * MS));
    const usec_t before = last * 250 + a.offset;
    assert_true(arrival_open(&a, 0, 1064 * MS));
    assert_int_equal(0 + a.offset - before, 64 * MS);
    // Feedback that was overtaken goes back, not round.
    assert_true(arrival_open(&a, last, 1070 * MS));
    assert_int_equal(last * 250 + a.offset, before);
}

static void clock_that_jumps_is_noticed_and_begins_anew(void **state)
{
    struct arrival a = {0};
    (void)state;
    assert_true(arrival_open(&a, 256 * 1000, 0));
    assert_true(arrival_open(&a, 256 * 1001, 64 * MS));
    assert_false(arrival_open(&a, 256 * 100000, 128 * MS));
    assert_true(arrival_open(&a, 256 * 100001, 192 * MS));
    assert_false(arrival_open(&a, 0, 256 * MS));
    // One that waited for four seconds on a line that stood still has not jumped.
    assert_true(arrival_open(&a, 256, 4320 * MS));
    assert_false(arrival_absurd(&a, 256 * 250 + 9 * USEC_PER_SEC));
    assert_true(arrival_absurd(&a, 256 * 250 + 11 * USEC_PER_SEC));
}

static void packets_of_one_burst_are_one_group(void **state)
{
    struct groups g = {0};
    struct group_delta d;
    (void)state;
    assert_false(groups_add(&g, 0, 100 * MS, &d));
    assert_false(groups_add(&g, 4 * MS, 107 * MS, &d));
    assert_false(groups_add(&g, 20 * MS, 121 * MS, &d)); // the first has none before it
    assert_false(groups_add(&g, 22 * MS, 130 * MS, &d));
    assert_true(groups_add(&g, 40 * MS, 141 * MS, &d));
    assert_int_equal(d.sent, 18 * MS);
    assert_int_equal(d.arrived, 23 * MS);
    assert_int_equal(d.at, 130 * MS);
}

static void packets_that_waited_together_are_one_group(void **state)
{
    struct groups g = {0};
    struct group_delta d;
    (void)state;
    groups_add(&g, 0, 100 * MS, &d);
    // A radio slept: five packets sent 10 ms apart come within a millisecond each.
    for (unsigned i = 1; i <= 5; i++)
        assert_false(groups_add(&g, i * 10 * MS, 150 * MS + i * MS, &d) && i > 2);
    assert_true(groups_add(&g, 70 * MS, 171 * MS, &d));
    assert_int_equal(d.at, 155 * MS);
}

static void late_packet_belongs_to_no_group(void **state)
{
    struct groups g = {0};
    struct group_delta d;
    (void)state;
    groups_add(&g, 0, 100 * MS, &d);
    groups_add(&g, 20 * MS, 120 * MS, &d);
    groups_add(&g, 40 * MS, 140 * MS, &d);
    assert_false(groups_add(&g, 10 * MS, 145 * MS, &d));
    assert_true(groups_add(&g, 60 * MS, 160 * MS, &d));
    assert_int_equal(d.arrived, 20 * MS);
}

/** `n` groups 20 ms apart, each `more` later than the one before, with noise. */
static enum usage fed(struct trend *t, unsigned n, double more, usec_t noise, struct rng *r)
{
    static usec_t at;
    usec_t off = 0;
    enum usage worst = USAGE_NORMAL;
    for (unsigned i = 0; i < n; i++) {
        const usec_t was = off;
        off = noise ? rng_below(r, (uint32_t)noise) : 0;
        const usec_t arrived = 20 * MS + (usec_t)(more * 1000) + off - was;
        at += arrived;
        const struct group_delta d = {.sent = 20 * MS, .arrived = arrived, .at = at};
        trend_add(t, &d);
        if (t->usage == USAGE_OVER)
            worst = USAGE_OVER;
    }
    return worst == USAGE_OVER ? worst : t->usage;
}

static void growing_queue_is_overuse_and_a_shrinking_one_underuse(void **state)
{
    struct rng r;
    struct trend t;
    (void)state;
    rng_init(&r, 1);
    trend_init(&t);
    assert_int_equal(fed(&t, 100, 0, 2 * MS, &r), USAGE_NORMAL);
    assert_int_equal(fed(&t, 20, 5, 2 * MS, &r), USAGE_OVER);
    fed(&t, 20, -5, 2 * MS, &r);
    assert_int_equal(t.usage, USAGE_UNDER);
    fed(&t, 100, 0, 2 * MS, &r);
    assert_int_equal(t.usage, USAGE_NORMAL);
}

static void line_that_falls_to_a_third_is_noticed_within_six_groups(void **state)
{
    struct rng r;
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct trend t;
        rng_init(&r, seed);
        trend_init(&t);
        fed(&t, 60, 0, 3 * MS, &r);
        assert_int_equal(fed(&t, 6, 40, 3 * MS, &r), USAGE_OVER);
    }
}

static void jitter_is_no_trend(void **state)
{
    struct rng r;
    unsigned over = 0;
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct trend t;
        rng_init(&r, seed);
        trend_init(&t);
        t.jittery = true; // as its owner notices
        over += fed(&t, 500, 0, 200 * MS, &r) == USAGE_OVER;
    }
    assert_in_range(over, 0, 20); // of 200 times ten seconds
}

static void threshold_rises_with_the_unevenness_of_the_line_and_falls_again(void **state)
{
    struct rng r;
    struct trend t;
    (void)state;
    rng_init(&r, 3);
    trend_init(&t);
    fed(&t, 300, 0, 0, &r);
    const double calm = t.threshold;
    double most = 0;
    for (unsigned i = 0; i < 100; i++) {
        fed(&t, 25, i % 2 ? 1.2 : -1.2, 0, &r);
        most = t.threshold > most ? t.threshold : most;
    }
    assert_true(most > 1.5 * calm);
    fed(&t, 300, 0, 0, &r);
    assert_true(t.threshold < most / 1.5);
}

static void acked_rate_is_what_arrived_in_complete_bins(void **state)
{
    struct acked a;
    (void)state;
    acked_reset(&a);
    assert_int_equal(acked_rate(&a, ACKED_LONG), 0);
    for (usec_t t = 0; t < 90 * MS; t += 10 * MS)
        acked_add(&a, t, 1250);
    assert_int_equal(acked_rate(&a, ACKED_LONG), 0); // too little is known
    for (usec_t t = 90 * MS; t < 1000 * MS; t += 10 * MS)
        acked_add(&a, t, 1250);
    assert_int_equal(acked_rate(&a, ACKED_LONG), 1000000);
    for (usec_t t = 1000 * MS; t <= 1150 * MS; t += 10 * MS)
        acked_add(&a, t, 125);
    assert_int_equal(acked_rate(&a, ACKED_SHORT), 100000);
    assert_true(acked_rate(&a, ACKED_LONG) > 600000);
    acked_add(&a, 9000 * MS, 125); // after a long silence
    assert_int_equal(acked_rate(&a, ACKED_LONG), 0);
    acked_add(&a, 2000 * MS, 125); // and one of long ago
    acked_add(&a, -2000 * MS, 125);
    assert_int_equal(acked_rate(&a, ACKED_SHORT), 0);
}

static void tell(struct queue *q, usec_t delay, usec_t now)
{
    queue_add(q, delay + 3 * MS);
    queue_add(q, delay);
    queue_close(q, now);
}

static void queue_is_the_delay_above_the_shortest(void **state)
{
    struct queue q = {0};
    (void)state;
    queue_close(&q, 0); // nothing came: nothing is known
    assert_false(q.known);
    tell(&q, -500 * MS, 1 * MS); // clocks are strangers
    assert_int_equal(q.waits, 0);
    tell(&q, -380 * MS, 50 * MS);
    assert_int_equal(q.waits, 120 * MS);
    assert_int_equal(queue_excess(&q), 120 * MS);
    tell(&q, -510 * MS, 100 * MS);
    assert_int_equal(q.waits, 0);
}

static void longer_route_is_forgiven_after_a_while(void **state)
{
    struct queue q = {0};
    usec_t now = 0;
    (void)state;
    for (; now < 5 * USEC_PER_SEC; now += 50 * MS)
        tell(&q, 20 * MS, now);
    tell(&q, 90 * MS, now);
    assert_int_equal(q.waits, 70 * MS);
    for (; now < 3 * QUEUE_MEMORY; now += 50 * MS)
        tell(&q, 90 * MS, now);
    assert_int_equal(q.waits, 0);
}

static void what_usually_waits_is_no_excess(void **state)
{
    struct queue q = {0};
    struct rng r;
    (void)state;
    rng_init(&r, 5);
    tell(&q, 0, 0);
    unsigned over = 0;
    for (unsigned i = 0; i < 2000; i++) {
        tell(&q, rng_below(&r, 100000), i * 50 * MS);
        queue_settle(&q);
        over += i > 500 && queue_excess(&q) >= QUEUE_STANDING;
    }
    assert_int_equal(over, 0);
    tell(&q, 400 * MS, 0);
    assert_true(queue_excess(&q) >= 200 * MS);
    queue_accept(&q);
    tell(&q, 310 * MS, 0);
    assert_int_equal(queue_excess(&q), 0);
}

static void reports_tell_the_round_trip_better_than_feedback(void **state)
{
    struct rtt r = {0};
    (void)state;
    assert_int_equal(rtt_or_default(&r), RTT_DEFAULT);
    rtt_on_feedback(&r, 90 * MS, 0);
    rtt_on_feedback(&r, 45 * MS, 50 * MS); // held back for less
    for (usec_t t = 100 * MS; t < 900 * MS; t += 50 * MS)
        rtt_on_feedback(&r, 95 * MS, t);
    assert_in_range(r.smoothed, 45 * MS, 52 * MS);
    rtt_on_report(&r, 0, 900 * MS); // unknown
    for (unsigned i = 0; i < 30; i++)
        rtt_on_report(&r, 40 * MS, 900 * MS);
    assert_in_range(r.smoothed, 40 * MS, 41 * MS);
    rtt_on_feedback(&r, 300 * MS, 950 * MS);
    assert_in_range(r.smoothed, 40 * MS, 41 * MS);
    for (usec_t t = 12000 * MS; t < 20000 * MS; t += 50 * MS) // no more reports
        rtt_on_feedback(&r, 300 * MS, t);
    assert_in_range(r.smoothed, 290 * MS, 300 * MS);
    rtt_on_report(&r, INT64_MAX, 20000 * MS);
    assert_true(r.smoothed < 2 * USEC_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clock_of_24_bits_is_counted_on_when_it_wraps),
        cmocka_unit_test(clock_that_jumps_is_noticed_and_begins_anew),
        cmocka_unit_test(packets_of_one_burst_are_one_group),
        cmocka_unit_test(packets_that_waited_together_are_one_group),
        cmocka_unit_test(late_packet_belongs_to_no_group),
        cmocka_unit_test(growing_queue_is_overuse_and_a_shrinking_one_underuse),
        cmocka_unit_test(line_that_falls_to_a_third_is_noticed_within_six_groups),
        cmocka_unit_test(jitter_is_no_trend),
        cmocka_unit_test(threshold_rises_with_the_unevenness_of_the_line_and_falls_again),
        cmocka_unit_test(acked_rate_is_what_arrived_in_complete_bins),
        cmocka_unit_test(queue_is_the_delay_above_the_shortest),
        cmocka_unit_test(longer_route_is_forgiven_after_a_while),
        cmocka_unit_test(what_usually_waits_is_no_excess),
        cmocka_unit_test(reports_tell_the_round_trip_better_than_feedback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
