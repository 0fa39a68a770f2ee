/* Sender reports, clocks, and what a viewer's lips and voice make of a switch. */
#include "make.h"
#include "rtp/rewrite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NTP_SEC (UINT64_C(1) << 32)

static uint64_t ntp_ms(uint64_t ms)
{
    return (ms / 1000) * NTP_SEC + (ms % 1000) * NTP_SEC / 1000;
}

static void mapping_goes_there_and_back_for_every_tick(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (unsigned n = 0; n < 20000; n++) {
        const unsigned rate = n % 2 ? 90000 : 48000;
        struct rtp_clock c;
        uint64_t ntp = 0;
        uint32_t back = 0;
        const uint32_t start = (uint32_t)rnd(&seed);
        const uint32_t ts = start + rnd_below(&seed, 20000000) - 10000000;
        rtp_clock_init(&c, rate);
        rtp_clock_on_sr(&c, rnd(&seed) | 1, start, 5);
        assert_true(rtp_clock_ntp(&c, ts, 6, &ntp));
        assert_true(rtp_clock_rtp(&c, ntp, 6, &back));
        assert_int_equal(back, ts);
    }
}

static void stale_absent_or_forgotten_reports_map_nothing(void **state)
{
    struct rtp_clock c;
    uint64_t ntp = 0;
    uint32_t ts = 0;
    (void)state;
    rtp_clock_init(&c, 90000);
    assert_false(rtp_clock_ntp(&c, 0, 0, &ntp));
    rtp_clock_on_sr(&c, 0, 7, 0); // "no wall clock"
    assert_false(rtp_clock_fresh(&c, 0));
    rtp_clock_on_sr(&c, NTP_SEC, 7, 0);
    assert_true(rtp_clock_now(&c, RTP_CLOCK_STALE, &ntp, &ts));
    assert_false(rtp_clock_now(&c, RTP_CLOCK_STALE + 1, &ntp, &ts));
    assert_false(rtp_clock_rtp(&c, NTP_SEC, RTP_CLOCK_STALE + 1, &ts));
    rtp_clock_forget(&c);
    assert_false(rtp_clock_ntp(&c, 0, 0, &ntp));
}

static void carried_forward_pair_stays_on_the_source_s_line(void **state)
{
    struct rtp_clock c;
    uint64_t ntp = 0, again = 0;
    uint32_t ts = 0;
    (void)state;
    rtp_clock_init(&c, 48000);
    rtp_clock_on_sr(&c, ntp_ms(1000000), 4294960000u, 0);
    for (usec_t now = 0; now < RTP_CLOCK_STALE; now += 123457) {
        assert_true(rtp_clock_now(&c, now, &ntp, &ts));
        assert_true(rtp_clock_ntp(&c, ts, now, &again));
        assert_true(again == ntp);
    }
}

/** A stream of one publisher: RTP time `ts0` at publisher's wall clock `ms0`. */
struct track {
    unsigned rate;
    uint32_t ts0;
    struct rtp_clock clock;
    struct rewrite rw;
};

static uint32_t at_ms(const struct track *t, uint64_t ms)
{
    return t->ts0 + (uint32_t)(ms * t->rate / 1000);
}

/** Its SR about wall clock `ms` arrives at `now`. */
static void report(struct track *t, uint64_t ms, usec_t now)
{
    rtp_clock_init(&t->clock, t->rate);
    rtp_clock_on_sr(&t->clock, ntp_ms(ms), at_ms(t, ms), now);
}

static void viewer_finds_lips_and_voice_together_through_both_rewriters(void **state)
{
    uint64_t seed = 7;
    (void)state;
    for (unsigned n = 0; n < 2000; n++) {
        // Two tracks of one publisher; SRs from different moments, over different delays.
        struct track track[2] = {{.rate = 48000, .ts0 = (uint32_t)rnd(&seed)},
                                 {.rate = 90000, .ts0 = (uint32_t)rnd(&seed)}};
        const uint64_t event_ms = 100000; // a clap, seen and heard
        int64_t clap[2] = {0};
        for (unsigned k = 0; k < 2; k++) {
            struct track *t = &track[k];
            struct made m;
            uint64_t ntp = 0;
            uint32_t ts = 0, out_ts = 0, event_ts = 0;
            const usec_t now = 10 * USEC_PER_SEC + rnd_below(&seed, 3000000);
            report(t, 98000 + rnd_below(&seed, 1900), now - rnd_below(&seed, 2000000));
            rewrite_init(&t->rw, 0, (uint32_t)rnd(&seed));
            make_packet(&m, 1, at_ms(t, 99000), true, NULL, 1);
            const struct rewrite_in in = {.source = 1, .pkt = &m.pkt};
            rewrite_switch(&t->rw, &in, (uint32_t)rnd(&seed));
            // Our SR to the viewer, and the event's packet
            assert_true(rtp_clock_now(&t->clock, now, &ntp, &ts));
            assert_true(rewrite_ts(&t->rw, 1, ts, &out_ts));
            assert_true(rewrite_ts(&t->rw, 1, at_ms(t, event_ms), &event_ts));
            // What the viewer concludes: the event's wall clock, in microseconds
            const int64_t ticks = (int32_t)(event_ts - out_ts);
            clap[k] =
                (int64_t)((ntp >> 16) * 1000000 >> 16) + ticks * 1000000 / (int64_t)t->rate;
        }
        assert_in_range(clap[0] - clap[1] + 100, 0, 200);
    }
}

/** A slot that has just sent the picture of wall clock `ms` (arrived at `now`) as output 5000.
 */
static void sent(struct track *t, uint64_t ms, usec_t now)
{
    struct made m;
    struct rewritten out;
    rewrite_init(&t->rw, 0, 5000);
    make_packet(&m, 1, at_ms(t, ms), true, NULL, 1);
    const struct rewrite_in in = {.source = 1, .pkt = &m.pkt};
    rewrite_switch(&t->rw, &in, 5000);
    assert_int_equal(rewrite_map(&t->rw, &in, now, &out), DROP_NONE);
}

static void layers_of_one_publisher_are_aligned_by_their_reports(void **state)
{
    struct track low = {.rate = 90000, .ts0 = 111}, high = {.rate = 90000, .ts0 = 4000000000u};
    uint32_t ts = 0;
    (void)state;
    const usec_t now = 5 * USEC_PER_SEC;
    report(&low, 1000, now - 400000);
    report(&high, 1500, now - 100000);
    sent(&low, 2000, now);
    const struct rewrite_sync sync = {
        .old = &low.clock, .next = &high.clock, .same_wall_clock = true, .rate = 90000};
    // The keyframe is of 33 ms later and arrives after 90 ms, being big.
    assert_true(rewrite_switch_ts(&low.rw, &sync, at_ms(&high, 2033), now + 90000, &ts));
    assert_in_range(ts, 5000 + 2969, 5000 + 2971);
    // The same picture in the other layer: one tick on.
    assert_true(rewrite_switch_ts(&low.rw, &sync, at_ms(&high, 2000), now + 20000, &ts));
    assert_int_equal(ts, 5001);
}

static void keyframe_that_lies_too_far_back_is_not_taken_unless_forced(void **state)
{
    struct track low = {.rate = 90000, .ts0 = 111}, high = {.rate = 90000, .ts0 = 222};
    uint32_t ts = 0;
    (void)state;
    const usec_t now = 5 * USEC_PER_SEC;
    report(&low, 1000, now);
    report(&high, 1000, now);
    sent(&low, 2000, now);
    struct rewrite_sync sync = {
        .old = &low.clock, .next = &high.clock, .same_wall_clock = true, .rate = 90000};
    assert_true(rewrite_switch_ts(&low.rw, &sync, at_ms(&high, 1930), now, &ts));
    assert_int_equal(ts, 5001);
    assert_false(rewrite_switch_ts(&low.rw, &sync, at_ms(&high, 1900), now, &ts));
    sync.force = true;
    assert_true(rewrite_switch_ts(&low.rw, &sync, at_ms(&high, 1900), now, &ts));
    assert_int_equal(ts, 5001);
}

static void sources_of_different_clocks_are_aligned_by_arrival(void **state)
{
    struct track old = {.rate = 90000, .ts0 = 111}, next = {.rate = 90000, .ts0 = 222};
    uint32_t ts = 0;
    (void)state;
    const usec_t now = 5 * USEC_PER_SEC;
    report(&old, 1000, now);
    report(&next, 900000, now);
    sent(&old, 2000, now);
    struct rewrite_sync sync = {.old = &old.clock, .next = &next.clock, .rate = 90000};
    assert_true(rewrite_switch_ts(&old.rw, &sync, at_ms(&next, 900500), now + 40000, &ts));
    assert_int_equal(ts, 5000 + 3600);
    // One publisher whose reports cannot be true
    sync.same_wall_clock = true;
    assert_true(rewrite_switch_ts(&old.rw, &sync, at_ms(&next, 900500), now + 40000, &ts));
    assert_int_equal(ts, 5000 + 3600);
    // Nobody left, and a very long silence
    const struct rewrite_sync alone = {.rate = 90000};
    assert_true(rewrite_switch_ts(&old.rw, &alone, 0, now + 100000 * USEC_PER_SEC, &ts));
    assert_true((int32_t)(ts - 5000) > 0);
}

static void first_switch_takes_the_first_timestamp(void **state)
{
    struct rewrite rw;
    const struct rewrite_sync sync = {.rate = 48000};
    uint32_t ts = 0;
    (void)state;
    rewrite_init(&rw, 0, 777);
    assert_true(rewrite_switch_ts(&rw, &sync, 1, 99, &ts));
    assert_int_equal(ts, 777);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mapping_goes_there_and_back_for_every_tick),
        cmocka_unit_test(stale_absent_or_forgotten_reports_map_nothing),
        cmocka_unit_test(carried_forward_pair_stays_on_the_source_s_line),
        cmocka_unit_test(viewer_finds_lips_and_voice_together_through_both_rewriters),
        cmocka_unit_test(layers_of_one_publisher_are_aligned_by_their_reports),
        cmocka_unit_test(keyframe_that_lies_too_far_back_is_not_taken_unless_forced),
        cmocka_unit_test(sources_of_different_clocks_are_aligned_by_arrival),
        cmocka_unit_test(first_switch_takes_the_first_timestamp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
