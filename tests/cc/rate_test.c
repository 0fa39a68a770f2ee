#include "aimd.h"
#include "alr.h"
#include "cluster.h"
#include "drain.h"
#include "fallback.h"
#include "loss.h"
#include "probe.h"

#include "cc/estimator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS  USEC_PER_MS
#define SEC USEC_PER_SEC

/** Feedback every 50 ms for `time`; returns how often the rate was cut. */
static unsigned told(struct aimd *a, struct aimd_in in, usec_t *now, usec_t time)
{
    unsigned cuts = 0;
    for (const usec_t end = *now + time; *now < end; *now += 50 * MS)
        cuts += aimd_update(a, &in, *now);
    return cuts;
}

static struct aimd_in calm(uint64_t acked)
{
    return (struct aimd_in){.usage = USAGE_NORMAL,
                            .acked_bps = acked,
                            .short_bps = acked,
                            .rtt = 50 * MS,
                            .empty = true,
                            .enough_bps = ESTIMATOR_MAX_BPS};
}

static void
rate_rises_by_a_share_where_the_line_is_unknown_and_by_a_packet_near_it(void **state)
{
    struct aimd a;
    usec_t now = SEC;
    (void)state;
    aimd_init(&a, 1000000, now);
    told(&a, calm(1000000), &now, SEC);
    assert_in_range(a.target_bps, 1060000, 1085000); // 8 % a second

    struct aimd_in over = calm(1080000);
    over.usage = USAGE_OVER;
    over.standing = true;
    over.empty = false;
    assert_int_equal(told(&a, over, &now, 50 * MS), 1);
    assert_in_range(a.target_bps, 915000, 920000); // 85 % of what arrives
    const uint64_t was = a.target_bps;
    told(&a, calm(a.target_bps), &now, SEC);
    assert_in_range(a.target_bps - was, 40000, 70000); // a packet each 150 ms
}

static void rate_is_cut_once_a_response_time(void **state)
{
    struct aimd a;
    usec_t now = SEC;
    struct aimd_in over = calm(1000000);
    (void)state;
    over.usage = USAGE_OVER;
    over.standing = true;
    aimd_init(&a, 2000000, now);
    assert_int_equal(told(&a, over, &now, 150 * MS), 1);
    // But at once again if the line turns out to be much slower still.
    over.short_bps = 500000;
    assert_int_equal(told(&a, over, &now, 50 * MS), 1);
    assert_int_equal(a.target_bps, 425000);
}

static void rate_rests_while_little_is_sent_or_a_queue_stands(void **state)
{
    struct aimd a;
    usec_t now = SEC;
    struct aimd_in in = calm(50000);
    (void)state;
    aimd_init(&a, 2000000, now);
    in.app_limited = true;
    told(&a, in, &now, 60 * SEC);
    assert_int_equal(a.target_bps, 2000000);
    in.usage = USAGE_OVER; // growth that is not of our making
    assert_int_equal(told(&a, in, &now, 10 * SEC), 0);
    in.standing = true; // a queue is seen: half at most at once, for who knows
    assert_int_equal(told(&a, in, &now, 50 * MS), 1);
    assert_int_equal(a.target_bps, 1000000);
    in = calm(1000000);
    in.empty = false;
    told(&a, in, &now, 10 * SEC);
    assert_int_equal(a.target_bps, 1000000);
}

static void rate_goes_not_far_beyond_what_arrives_nor_what_is_wanted(void **state)
{
    struct aimd a;
    usec_t now = SEC;
    struct aimd_in in = calm(1000000);
    (void)state;
    aimd_init(&a, 1000000, now);
    told(&a, in, &now, 60 * SEC);
    assert_int_equal(a.target_bps, 1310000);
    in.acked_bps = 9000000;
    in.enough_bps = 1500000;
    told(&a, in, &now, 60 * SEC);
    assert_in_range(a.target_bps, 1500000, 1520000);
}

static void who_shares_a_queue_with_others_yields_slowly(void **state)
{
    struct aimd a;
    usec_t now = SEC;
    struct aimd_in in = calm(1000000);
    (void)state;
    in.usage = USAGE_OVER;
    in.standing = in.contested = true;
    aimd_init(&a, 1000000, now);
    assert_in_range(told(&a, in, &now, 5 * SEC), 4, 6);
    assert_true(a.target_bps > 500000);
    in.short_bps = a.target_bps / 3; // not they take it: the line fell
    told(&a, in, &now, 300 * MS);
    assert_true(a.target_bps < 200000);
}

static void queue_is_drained_and_the_test_tells_whose_it_is(void **state)
{
    struct drain d = {0};
    struct drain_in in = {400 * MS, 100 * MS, 40 * MS};
    usec_t now = SEC;
    (void)state;
    assert_int_equal(drain_target(&d, 850000), 850000);
    drain_begin(&d, 2000000, 1000000, &in, now);
    assert_int_equal(drain_target(&d, 850000), 600000);
    assert_int_equal(drain_pace(&d, 850000), 250000);
    for (int q = 380; q >= 40; q -= 20) {
        in.queue = q * MS;
        // What was sent before the cut is told of first.
        in.seen = q > 220 ? 500 * MS - in.queue : in.queue + 60 * MS;
        assert_int_equal(drain_update(&d, &in, now += 50 * MS), DRAIN_GOES_ON);
    }
    in.queue = in.seen = 10 * MS;
    assert_int_equal(drain_update(&d, &in, now += 50 * MS), DRAIN_DONE);
    assert_int_equal(drain_pace(&d, 850000), 850000);

    in = (struct drain_in){150 * MS, 150 * MS, 40 * MS};
    drain_begin(&d, 2000000, 1000000, &in, now);
    enum drain_end end = DRAIN_GOES_ON;
    for (unsigned i = 0; i < 40 && end == DRAIN_GOES_ON; i++)
        end = drain_update(&d, &in, now += 50 * MS);
    assert_int_equal(end, DRAIN_FOREIGN);
    assert_false(d.on);
}

static void line_that_lets_go_at_once_what_it_held_was_no_slower(void **state)
{
    struct drain d = {0};
    const struct drain_in in = {150 * MS, 150 * MS, 40 * MS};
    (void)state;
    assert_false(drain_was_stall(&d, 3000000, SEC)); // nothing was cut
    drain_begin(&d, 3000000, 1000000, &in, SEC);
    drain_begin(&d, 1000000, 500000, &in, SEC + 100 * MS); // and less at another look
    drain_begin(&d, 900000, 800000, &in, SEC + 200 * MS);
    assert_int_equal(d.before_bps, 3000000);
    assert_false(drain_was_stall(&d, 999999, SEC + 250 * MS));
    assert_true(d.on);
    assert_true(drain_was_stall(&d, 1000000, SEC + 250 * MS));
    assert_false(d.on);
    drain_begin(&d, 2000000, 900000, &in, 9 * SEC); // another one knows nothing of the first
    assert_int_equal(d.before_bps, 2000000);
    assert_false(drain_was_stall(&d, 1700000, 9 * SEC));
    d.on = false; // a packet each 200 ms: nothing in the short time is no rate
    drain_begin(&d, 60000, 0, &in, 19 * SEC);
    assert_false(drain_was_stall(&d, 60000, 19 * SEC));
    drain_begin(&d, 50000, 40000, &in, 19 * SEC + 100 * MS);
    assert_false(drain_was_stall(&d, 79999, 19 * SEC + 100 * MS));
    assert_true(drain_was_stall(&d, 80000, 19 * SEC + 100 * MS));
}

static void still_screen_is_app_limited_and_a_moving_one_is_not(void **state)
{
    struct alr a;
    usec_t now = SEC;
    (void)state;
    alr_init(&a, now);
    alr_update(&a, 1000000, now += 50 * MS);
    assert_true(a.limited);
    for (unsigned i = 0; i < 20; i++) {
        alr_on_sent(&a, 1000000 / 8 / 20);
        alr_update(&a, 1000000, now += 50 * MS);
    }
    assert_false(a.limited);
    for (unsigned i = 0; i < 20; i++) {
        alr_on_sent(&a, 500);
        alr_update(&a, 1000000, now += 50 * MS);
    }
    assert_true(a.limited);
}

/** Windows of 100 packets, `lost` of them lost; returns how often the bound fell. */
static unsigned lose(struct loss *l, unsigned lost, unsigned windows, struct loss_in in,
                     usec_t *now)
{
    unsigned fell = 0;
    for (unsigned w = 0; w < windows; w++) {
        for (unsigned i = 0; i < 100; i++)
            loss_count(l, i < lost);
        fell += loss_update(l, &in, *now += 600 * MS);
    }
    return fell;
}

static void loss_that_goes_on_after_a_cut_was_not_our_doing(void **state)
{
    struct loss l;
    usec_t now = SEC;
    const struct loss_in in = {.target_bps = 1000000, .acked_bps = 850000, .rtt = 50 * MS};
    (void)state;
    loss_init(&l, now);
    assert_int_equal(lose(&l, 5, 50, in, &now), 0); // below a tenth nothing is tried
    assert_int_equal(lose(&l, 18, 1, in, &now), 1);
    assert_int_equal(l.bound_bps, 807500);
    assert_int_equal(lose(&l, 18, 2, in, &now), 0);
    assert_true(l.bound_bps == LOSS_NO_BOUND);
    assert_int_equal(lose(&l, 18, 100, in, &now), 0); // and that is remembered
    assert_true(l.smoothed > 0.17 && l.smoothed < 0.19);
    lose(&l, 0, 20, in, &now);
    assert_int_equal(lose(&l, 18, 1, in, &now), 1); // but not for ever
}

static void loss_that_goes_with_the_rate_holds_it(void **state)
{
    struct loss l;
    usec_t now = SEC;
    const struct loss_in in = {.target_bps = 1000000, .acked_bps = 700000, .rtt = 50 * MS};
    (void)state;
    loss_init(&l, now);
    assert_int_equal(lose(&l, 30, 1, in, &now), 1);
    lose(&l, 1, 1, in, &now);
    assert_int_equal(l.state, LOSS_HELD);
    const uint64_t held = l.bound_bps;
    assert_int_equal(held, 665000);
    lose(&l, 5, 10, in, &now); // more than a little is lost: no further
    assert_int_equal(l.bound_bps, held);
    lose(&l, 0, 5, in, &now);
    assert_true(l.bound_bps > held && l.bound_bps < held * 2);
    loss_raise(&l, 5000000); // a probe went through
    assert_int_equal(l.bound_bps, 5000000);
}

static void queue_that_drops_is_full(void **state)
{
    struct loss l;
    usec_t now = SEC;
    const struct loss_in in = {1000000, 950000, .queue = 200 * MS, .rtt = 50 * MS};
    (void)state;
    loss_init(&l, now);
    assert_int_equal(lose(&l, 5, 1, in, &now), 1);
    assert_in_range(l.bound_bps, 929000, 931000);
}

/** Sends cluster `id` at `sent_bps` over a line of `line_bps`. */
static void carry(struct clusters *c, const struct cluster *k, uint64_t sent_bps,
                  uint64_t line_bps, unsigned percent)
{
    usec_t at = 0, arrival = 0;
    for (uint32_t bytes = 0; bytes * 100 < k->plan.bytes * percent; bytes += 500) {
        clusters_on_arrived(c, k->plan.id, 500, at, arrival);
        at += (usec_t)(500 * 8 * SEC / sent_bps);
        arrival += (usec_t)(500 * 8 * SEC / (sent_bps < line_bps ? sent_bps : line_bps));
    }
}

static void cluster_shows_the_line_or_its_own_rate(void **state)
{
    struct clusters c = {0};
    struct cluster_result r;
    (void)state;
    assert_false(clusters_result(&c, &r));
    carry(&c, clusters_plan(&c, 2000000, false, 0), 2000000, 9000000, 100);
    assert_true(clusters_result(&c, &r));
    assert_false(r.saturated);
    assert_in_range(r.rate_bps, 1990000, 2010000);
    assert_false(clusters_result(&c, &r)); // told once
    carry(&c, clusters_plan(&c, 2000000, false, 0), 2000000, 1000000, 100);
    assert_true(clusters_result(&c, &r));
    assert_true(r.saturated);
    assert_in_range(r.rate_bps, 940000, 960000);
    carry(&c, clusters_plan(&c, 2000000, false, 0), 2000000, 9000000, 50); // half of it is lost
    assert_false(clusters_result(&c, &r));
    carry(&c, clusters_plan(&c, 2000000, false, 0), 90000000, 90000000, 100); // sent too fast
    assert_true(clusters_result(&c, &r));
    assert_in_range(r.rate_bps, 0, 2200000);
    clusters_on_arrived(&c, 77, 500, 0, 0); // never planned
    assert_false(clusters_result(&c, &r));
}

static void cluster_of_uneven_packets_is_no_full_line(void **state)
{
    static const uint32_t len[] = {926, 500, 700, 360, 43};
    struct clusters c = {0};
    struct cluster_result r;
    usec_t at = 0;
    (void)state;
    const struct cluster *k = clusters_plan(&c, 548000, false, 0);
    for (unsigned i = 0; i < 5; i++) {
        clusters_on_arrived(&c, k->plan.id, len[i], at, 40 * MS + at);
        at += 6 * MS;
    }
    assert_true(clusters_result(&c, &r));
    assert_false(r.saturated);
}

/** Updates every 100 ms; true if a probe was planned within `time`. */
static bool planned(struct probe *p, struct clusters *c, uint64_t target, usec_t *now,
                    usec_t time)
{
    const struct probe_in in = {.target_bps = target, .calm = true};
    for (const usec_t end = *now + time; *now < end; *now += 100 * MS) {
        probe_update(p, c, &in, *now);
        if (p->pending) {
            p->pending = false;
            return true;
        }
    }
    return false;
}

static void probes_go_up_to_what_is_wanted_and_no_further(void **state)
{
    struct probe p;
    struct clusters c = {0};
    usec_t now = 100 * SEC;
    (void)state;
    probe_init(&p);
    assert_false(planned(&p, &c, 600000, &now, 10 * SEC)); // nobody said what is wanted
    p.told = true;
    p.wanted_bps = 4000000;
    assert_true(planned(&p, &c, 600000, &now, SEC));
    assert_int_equal(clusters_newest(&c)->plan.rate_bps, 1800000);
    assert_false(planned(&p, &c, 600000, &now, 500 * MS)); // the result first
    const struct cluster_result r = {1800000, false, 1800000};
    assert_int_equal(probe_on_result(&p, &r, 600000, now), 1800000);
    assert_true(planned(&p, &c, 1800000, &now, 200 * MS)); // and on, at once
    assert_int_equal(clusters_newest(&c)->plan.rate_bps, 3600000);
    const struct cluster_result full = {2000000, true, 3600000};
    assert_int_equal(probe_on_result(&p, &full, 1800000, now), 2000000);
    assert_false(planned(&p, &c, 2000000, &now, SEC));
    assert_true(planned(&p, &c, 2000000, &now, 3 * SEC)); // while more is wanted, now and then
    p.awaited = false;
    p.given_bps = 4000000;
    assert_false(planned(&p, &c, 2000000, &now, 20 * SEC)); // all that is wanted is given
    p.given_bps = 0;
    assert_false(planned(&p, &c, 4500000, &now, 20 * SEC)); // or would be
}

static void line_that_fell_is_tried_at_what_it_was(void **state)
{
    struct probe p;
    struct clusters c = {0};
    usec_t now = 100 * SEC;
    (void)state;
    probe_init(&p);
    p.told = p.started = true;
    p.wanted_bps = 9000000;
    p.planned = now;
    probe_on_fall(&p, 3000000, 2200000, now);
    probe_on_fall(&p, 2200000, 850000, now += 200 * MS); // the same fall
    assert_false(planned(&p, &c, 850000, &now, SEC));    // it drains first
    assert_true(planned(&p, &c, 850000, &now, 2 * SEC));
    assert_int_equal(clusters_newest(&c)->plan.rate_bps, 2550000);
}

static void probes_that_promised_too_much_become_rarer(void **state)
{
    struct probe p;
    usec_t now = 100 * SEC;
    const struct cluster_result r = {3000000, false, 3000000};
    (void)state;
    probe_init(&p);
    const usec_t first = p.interval;
    for (unsigned i = 0; i < 10; i++) {
        probe_on_result(&p, &r, 1000000, now += SEC);
        probe_on_fall(&p, 3000000, 900000, now += SEC);
    }
    assert_true(p.interval > 2 * first);
    assert_true(p.interval <= 10 * SEC);
    probe_on_result(&p, &r, 1000000, now += 60 * SEC);
    assert_int_equal(p.interval, first);
}

static void remb_is_followed_within_bounds_while_it_comes(void **state)
{
    struct fallback f;
    usec_t now = SEC;
    (void)state;
    fallback_init(&f, 600000, now);
    fallback_on_remb(&f, 1234567, now);
    assert_int_equal(fallback_update(&f, 0, now), 1234567);
    fallback_on_remb(&f, 0, now);
    assert_int_equal(fallback_update(&f, 0, now), ESTIMATOR_MIN_BPS);
    fallback_on_remb(&f, UINT64_C(1000000000000), now);
    assert_int_equal(fallback_update(&f, 0, now), ESTIMATOR_MAX_BPS);
    assert_int_equal(fallback_update(&f, 0, now + 20 * SEC), 600000);
}

static void reports_raise_and_lower_the_rate_once_a_second(void **state)
{
    struct fallback f;
    usec_t now = SEC;
    (void)state;
    fallback_init(&f, 600000, now);
    for (unsigned i = 0; i < 10; i++, now += SEC) {
        for (unsigned streams = 0; streams < 5; streams++)
            fallback_on_report(&f, 0, now);
        fallback_update(&f, 9000000, now + 50 * MS);
    }
    assert_in_range(f.report_bps, 1200000, 1350000); // 1.08 to the tenth
    const uint64_t was = f.report_bps;
    fallback_on_report(&f, 128, now); // half is lost
    assert_in_range(fallback_update(&f, 9000000, now + SEC), was * 74 / 100, was * 76 / 100);
    for (unsigned i = 0; i < 300; i++, now += SEC) {
        fallback_on_report(&f, 255, now);
        fallback_update(&f, 9000000, now + 50 * MS);
    }
    assert_int_equal(f.report_bps, ESTIMATOR_MIN_BPS);
    for (unsigned i = 0; i < 300; i++, now += SEC) { // no further than is proved by sending
        fallback_on_report(&f, 0, now);
        fallback_update(&f, 100000, now + 50 * MS);
    }
    assert_in_range(f.report_bps, 200000, 220000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            rate_rises_by_a_share_where_the_line_is_unknown_and_by_a_packet_near_it),
        cmocka_unit_test(rate_is_cut_once_a_response_time),
        cmocka_unit_test(rate_rests_while_little_is_sent_or_a_queue_stands),
        cmocka_unit_test(rate_goes_not_far_beyond_what_arrives_nor_what_is_wanted),
        cmocka_unit_test(who_shares_a_queue_with_others_yields_slowly),
        cmocka_unit_test(queue_is_drained_and_the_test_tells_whose_it_is),
        cmocka_unit_test(line_that_lets_go_at_once_what_it_held_was_no_slower),
        cmocka_unit_test(still_screen_is_app_limited_and_a_moving_one_is_not),
        cmocka_unit_test(loss_that_goes_on_after_a_cut_was_not_our_doing),
        cmocka_unit_test(loss_that_goes_with_the_rate_holds_it),
        cmocka_unit_test(queue_that_drops_is_full),
        cmocka_unit_test(cluster_shows_the_line_or_its_own_rate),
        cmocka_unit_test(cluster_of_uneven_packets_is_no_full_line),
        cmocka_unit_test(probes_go_up_to_what_is_wanted_and_no_further),
        cmocka_unit_test(line_that_fell_is_tried_at_what_it_was),
        cmocka_unit_test(probes_that_promised_too_much_become_rarer),
        cmocka_unit_test(remb_is_followed_within_bounds_while_it_comes),
        cmocka_unit_test(reports_raise_and_lower_the_rate_once_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
