#include "rtp/recv_stats.h"

#include "make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS USEC_PER_MS

static enum recv_event packet(struct recv_stats *s, uint16_t seq, uint32_t ts, usec_t now)
{
    struct made m;
    make_packet(&m, seq, ts, false, NULL, 100 - RTP_MIN_HEADER);
    return recv_stats_on_packet(s, &m.pkt, now);
}

static void report_counts_loss_across_the_wrap(void **state)
{
    struct recv_stats s;
    struct rtcp_report r;
    (void)state;
    recv_stats_init(&s, 90000);
    for (unsigned i = 0; i < 100; i++) {
        if (i % 4 != 1)
            assert_int_equal(packet(&s, (uint16_t)(65500 + i), i * 900, i * 10 * MS),
                             RECV_NEXT);
    }
    recv_stats_report(&s, 77, 0, &r);
    assert_int_equal(r.ssrc, 77);
    assert_int_equal(r.lost, 25);
    assert_int_equal(r.fraction, 64);
    assert_int_equal(r.highest, 65500 + 99);
    assert_int_equal(recv_stats_lost(&s), 25);

    for (unsigned i = 100; i < 150; i++)
        packet(&s, (uint16_t)(65500 + i), i * 900, i * 10 * MS);
    recv_stats_report(&s, 77, 0, &r);
    assert_int_equal(r.lost, 25);
    assert_int_equal(r.fraction, 0);
}

static void repeated_packets_make_the_loss_negative_but_never_the_fraction(void **state)
{
    struct recv_stats s;
    struct rtcp_report r;
    (void)state;
    recv_stats_init(&s, 90000);
    packet(&s, 1, 0, 0);
    assert_int_equal(packet(&s, 1, 0, 0), RECV_OLD);
    recv_stats_report(&s, 1, 0, &r);
    assert_int_equal(r.lost, -1);
    assert_int_equal(r.fraction, 0);
    assert_int_equal(recv_stats_lost(&s), 0);
}

static void restart_needs_two_in_a_row_and_counts_anew(void **state)
{
    struct recv_stats s;
    struct rtcp_report r;
    const struct rtcp_sr sr = {.ntp = 1, .rtp = 1};
    (void)state;
    recv_stats_init(&s, 90000);
    packet(&s, 100, 0, 0);
    recv_stats_on_sr(&s, &sr, 0);
    assert_int_equal(packet(&s, 30000, 0, 1), RECV_SUSPECT); // a stray
    assert_int_equal(packet(&s, 101, 0, 2), RECV_NEXT);
    assert_int_equal(packet(&s, 30001, 0, 3), RECV_SUSPECT); // not in a row with the stray
    assert_int_equal(packet(&s, 30002, 0, 4), RECV_RESTARTED);
    assert_int_equal(packet(&s, 30003, 0, 5), RECV_NEXT);
    recv_stats_report(&s, 1, 0, &r);
    assert_int_equal(r.lost, 0);
    assert_int_equal(r.highest, 30003);
    assert_int_equal(r.last_sr, 0);
    assert_false(rtp_clock_fresh(&s.clock, 0));
}

static void even_arrival_has_no_jitter_and_uneven_has(void **state)
{
    struct recv_stats s;
    struct rtcp_report r;
    (void)state;
    recv_stats_init(&s, 48000);
    for (unsigned i = 0; i < 500; i++)
        packet(&s, (uint16_t)i, i * 960, i * 20 * MS);
    recv_stats_report(&s, 1, 0, &r);
    assert_int_equal(r.jitter, 0);
    for (unsigned i = 500; i < 1000; i++) // 5 ms early, 5 ms late: 10 ms from one to the next
        packet(&s, (uint16_t)i, i * 960, i * 20 * MS + (i % 2 ? 5 : -5) * MS);
    recv_stats_report(&s, 1, 0, &r);
    assert_in_range(r.jitter, 470, 480);
}

static void report_tells_the_last_sr_and_how_long_ago_it_was(void **state)
{
    struct recv_stats s;
    struct rtcp_report r;
    const struct rtcp_sr sr = {.ntp = UINT64_C(0x1122334455667788), .rtp = 9};
    (void)state;
    recv_stats_init(&s, 90000);
    packet(&s, 1, 0, 0);
    recv_stats_on_sr(&s, &sr, 1000 * MS);
    recv_stats_report(&s, 1, 1500 * MS, &r);
    assert_int_equal(r.last_sr, 0x33445566);
    assert_int_equal(r.delay_sr, 32768);
}

static void clock_that_stood_still_loses_its_mapping(void **state)
{
    struct recv_stats s;
    const struct rtcp_sr sr = {.ntp = 99, .rtp = 0};
    (void)state;
    recv_stats_init(&s, 48000);
    packet(&s, 1, 960, 20 * MS);
    recv_stats_on_sr(&s, &sr, 20 * MS);
    // DTX: nothing for 3 s, and the clock went on
    packet(&s, 2, 960 + 3 * 48000, 3020 * MS);
    assert_true(rtp_clock_fresh(&s.clock, 3020 * MS));
    // Muted for 3 s: it did not
    packet(&s, 3, 2 * 960 + 3 * 48000, 6020 * MS);
    assert_false(rtp_clock_fresh(&s.clock, 6020 * MS));
}

static void bitrate_is_of_the_last_second(void **state)
{
    struct recv_stats s;
    (void)state;
    recv_stats_init(&s, 90000);
    usec_t now = 0;
    for (unsigned i = 0; i < 300; i++) { // 100 bytes every 10 ms
        now = i * 10 * MS;
        packet(&s, (uint16_t)i, i, now);
    }
    assert_in_range(recv_stats_rate_bps(&s, now), 79000, 81000);
    recv_stats_on_repaired(&s, 900, now - 200 * MS);
    assert_int_equal(s.repaired, 1);
    assert_in_range(recv_stats_rate_bps(&s, now + 500 * MS), 45000, 55000);
    assert_int_equal(recv_stats_rate_bps(&s, now + 1100 * MS), 0);
    packet(&s, 301, 0, now + 100 * USEC_PER_SEC);
    assert_int_equal(recv_stats_rate_bps(&s, now + 100 * USEC_PER_SEC), 0);
    assert_in_range(recv_stats_rate_bps(&s, now + 100 * USEC_PER_SEC + 100 * MS), 800, 900);
}

static void totals_hold_for_every_order_of_arrival(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 2000; round++) {
        uint64_t seed = round;
        struct recv_stats s;
        struct rtcp_report r;
        const uint16_t start = (uint16_t)rnd(&seed);
        unsigned received = 0, lost = 0, seen[300] = {0};
        int64_t fraction_sum = 0;
        recv_stats_init(&s, 90000);
        for (unsigned i = 0; i < 300; i++) {
            if (i > 0 && i < 299 && rnd_below(&seed, 10) == 0)
                continue;
            // Swapped with a neighbour now and then, but the first and the last stay in place.
            const unsigned k = i > 1 && i < 298 && rnd_below(&seed, 8) == 0 ? i + 1 : i;
            packet(&s, (uint16_t)(start + k), k, i * MS);
            received++;
            seen[k]++;
        }
        for (unsigned i = 0; i < 300; i++)
            lost += !seen[i];
        recv_stats_report(&s, 1, 0, &r);
        fraction_sum = r.fraction;
        assert_int_equal(r.highest, start + 299u);
        assert_int_equal(r.lost, 300 - (int)received);
        assert_true(received <= 300 && fraction_sum == (300 - (int64_t)received) * 256 / 300);
        assert_true(lost >= 300 - received);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(report_counts_loss_across_the_wrap),
        cmocka_unit_test(repeated_packets_make_the_loss_negative_but_never_the_fraction),
        cmocka_unit_test(restart_needs_two_in_a_row_and_counts_anew),
        cmocka_unit_test(even_arrival_has_no_jitter_and_uneven_has),
        cmocka_unit_test(report_tells_the_last_sr_and_how_long_ago_it_was),
        cmocka_unit_test(clock_that_stood_still_loses_its_mapping),
        cmocka_unit_test(bitrate_is_of_the_last_second),
        cmocka_unit_test(totals_hold_for_every_order_of_arrival),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
