#include "cc/twcc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS USEC_PER_MS

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

/** Reads one written packet back. */
static struct twcc_iter opened(const uint8_t *buf, size_t len)
{
    struct rtcp_iter it;
    struct rtcp p;
    struct twcc_iter walk;
    assert_int_equal(len % 4, 0);
    assert_int_equal(rtcp_open(&it, buf, len), DROP_NONE);
    assert_true(rtcp_next(&it, &p));
    assert_int_equal(p.kind, RTCP_KIND_TWCC);
    assert_int_equal(p.sender, 1);
    assert_int_equal(p.media, 2);
    assert_int_equal(twcc_open(&walk, &p), DROP_NONE);
    return walk;
}

static void lost_and_late_packets_are_told_apart_from_those_in_time(void **state)
{
    struct twcc_recv r;
    struct twcc_status s;
    uint8_t buf[200];
    (void)state;
    twcc_recv_init(&r);
    assert_true(twcc_recv_deadline(&r) == USEC_NEVER);
    assert_int_equal(twcc_recv_write(&r, buf, sizeof(buf), 1, 2), 0);
    const usec_t t = 640 * MS;
    twcc_recv_on_packet(&r, 65535, t);
    twcc_recv_on_packet(&r, 1, t + 10 * MS);
    twcc_recv_on_packet(&r, 0, t + 90 * MS); // out of order, and more than 64 ms on
    assert_true(twcc_recv_deadline(&r) == t + TWCC_INTERVAL);
    twcc_recv_on_packet(&r, 3, t + 91 * MS);

    struct twcc_iter it = opened(buf, twcc_recv_write(&r, buf, sizeof(buf), 1, 2));
    const struct twcc_status want[] = {{65535, true, t},
                                       {0, true, t + 90 * MS},
                                       {1, true, t + 10 * MS},
                                       {2, false, 0},
                                       {3, true, t + 91 * MS}};
    for (unsigned i = 0; i < 5; i++) {
        assert_true(twcc_next(&it, &s));
        assert_int_equal(s.seq, want[i].seq);
        assert_int_equal(s.arrived, want[i].arrived);
        if (s.arrived)
            assert_int_equal(s.at_us, want[i].at_us);
    }
    assert_false(twcc_next(&it, &s));
    assert_int_equal(twcc_recv_write(&r, buf, sizeof(buf), 1, 2), 0);
    assert_true(twcc_recv_deadline(&r) == USEC_NEVER);
}

static void packet_reported_lost_is_reported_again_when_it_comes(void **state)
{
    struct twcc_recv r;
    struct twcc_status s;
    uint8_t buf[200];
    (void)state;
    twcc_recv_init(&r);
    twcc_recv_on_packet(&r, 10, 0);
    twcc_recv_on_packet(&r, 12, 1 * MS);
    twcc_recv_write(&r, buf, sizeof(buf), 1, 2);
    twcc_recv_on_packet(&r, 11, 60 * MS);
    struct twcc_iter it = opened(buf, twcc_recv_write(&r, buf, sizeof(buf), 1, 2));
    assert_true(twcc_next(&it, &s));
    assert_int_equal(s.seq, 11);
    assert_true(s.arrived);
    assert_int_equal(it.feedback, 1);
}

static void arrivals_too_far_apart_are_told_in_two_packets(void **state)
{
    struct twcc_recv r;
    struct twcc_status s;
    uint8_t buf[200];
    (void)state;
    twcc_recv_init(&r);
    twcc_recv_on_packet(&r, 1, 100 * MS);
    twcc_recv_on_packet(&r, 2, 100 * MS + 20 * USEC_PER_SEC);
    struct twcc_iter it = opened(buf, twcc_recv_write(&r, buf, sizeof(buf), 1, 2));
    assert_true(twcc_next(&it, &s));
    assert_false(twcc_next(&it, &s));
    it = opened(buf, twcc_recv_write(&r, buf, sizeof(buf), 1, 2));
    assert_true(twcc_next(&it, &s));
    assert_int_equal(s.seq, 2);
    assert_int_equal(s.at_us, 100 * MS + 20 * USEC_PER_SEC);
}

static void jump_beyond_the_window_starts_again(void **state)
{
    struct twcc_recv r;
    struct twcc_status s;
    uint8_t buf[200];
    (void)state;
    twcc_recv_init(&r);
    twcc_recv_on_packet(&r, 1, 0);
    twcc_recv_on_packet(&r, 30000, 0);
    twcc_recv_on_packet(&r, 30001, 0);
    struct twcc_iter it = opened(buf, twcc_recv_write(&r, buf, sizeof(buf), 1, 2));
    assert_true(twcc_next(&it, &s));
    assert_int_equal(s.seq, 30000);
    assert_int_equal(twcc_recv_write(&r, buf, sizeof(buf), 1, 2), 0);
}

static void every_chunk_form_is_read(void **state)
{
    // run of 3 lost; vector of one bit: 1 0 1 ...; vector of two bits: small, large, lost ...
    const uint8_t wire[] = {0x8f,        205,  0,    7,    0,  0, 0, 1, 0,    0,    0,
                            2,           0xff, 0xfe, 0,    20, 0, 0, 2, 9,    0x00, 3,
                            0xa8 | 0x00, 0x00, 0xd8, 0x00, 1,  2, 3, 4, 0xff, 0xfc};
    struct rtcp_iter rtcp;
    struct rtcp p;
    struct twcc_iter it;
    struct twcc_status s;
    (void)state;
    assert_int_equal(rtcp_open(&rtcp, wire, sizeof(wire)), DROP_NONE);
    assert_true(rtcp_next(&rtcp, &p));
    assert_int_equal(twcc_open(&it, &p), DROP_NONE);
    assert_int_equal(it.feedback, 9);
    int64_t at = 0;
    unsigned arrived = 0, n = 0;
    uint16_t seq = 0xfffe;
    for (; twcc_next(&it, &s); n++, seq++) {
        assert_int_equal(s.seq, seq);
        if (s.arrived) {
            arrived++;
            at = s.at_us;
        }
    }
    assert_int_equal(n, 20);
    assert_int_equal(arrived, 4);
    // 2 * 64 ms, then deltas 1, 2, 3 of one byte, then 0x04ff of two
    assert_int_equal(at, 2 * 64000 + (1 + 2 + 3 + 0x04ff) * TWCC_TICK);
}

static void feedback_that_lies_about_its_size_is_dropped(void **state)
{
    uint8_t wire[24] = {0x8f, 205, 0, 5, 0, 0, 0, 1, 0,    0, 0, 2,
                        0,    1,   0, 1, 0, 0, 0, 0, 0x20, 1, 5};
    struct rtcp_iter rtcp;
    struct rtcp p;
    struct twcc_iter it;
    (void)state;
    assert_int_equal(rtcp_open(&rtcp, wire, sizeof(wire)), DROP_NONE);
    assert_true(rtcp_next(&rtcp, &p));
    assert_int_equal(twcc_open(&it, &p), DROP_NONE);
    wire[15] = 200;                                   // more statuses than the chunk has
    assert_int_equal(twcc_open(&it, &p), DROP_SHORT); // its delta is read as a chunk
    wire[15] = 1;
    wire[20] = 0x60; // the reserved symbol
    assert_int_equal(twcc_open(&it, &p), DROP_MALFORMED);
    wire[20] = 0x20;
    wire[21] = 0; // a run of none
    assert_int_equal(twcc_open(&it, &p), DROP_MALFORMED);
    wire[15] = 9;
    wire[21] = 9; // nine deltas, two bytes
    assert_int_equal(twcc_open(&it, &p), DROP_SHORT);
}

/** One history: loss, reordering, repeats, long pauses; small and large packets. */
static void one_history(uint64_t seed)
{
    enum { PACKETS = 1500, NUMBERS = 65536 };
    static int64_t came[NUMBERS]; // on our clock in ticks, -1: it did not
    static int64_t told[NUMBERS]; // -2: not at all, -1: lost
    struct twcc_recv *r = malloc(sizeof(*r));
    uint8_t buf[1200];
    usec_t now = rnd_below(&seed, 1000000);
    const size_t cap = TWCC_MIN_SIZE + rnd_below(&seed, sizeof(buf) - TWCC_MIN_SIZE);
    const uint16_t start = (uint16_t)rnd(&seed);
    uint8_t feedback = 0;
    assert_non_null(r);
    twcc_recv_init(r);
    for (unsigned i = 0; i < NUMBERS; i++) {
        came[i] = -1;
        told[i] = -2;
    }
    for (unsigned n = 0; n < PACKETS; n++) {
        const unsigned kind = rnd_below(&seed, 100);
        now += kind < 2 ? rnd_below(&seed, 10000000) : rnd_below(&seed, 3000);
        if (n > 0 && n + 1 < PACKETS && kind >= 2 && kind < 12)
            continue; // lost
        uint16_t seq = (uint16_t)(start + n);
        if (n > 50 && kind < 20)
            seq = (uint16_t)(seq - rnd_below(&seed, 50)); // late, or repeated
        twcc_recv_on_packet(r, seq, now);
        if (came[seq] < 0)
            came[seq] = now / TWCC_TICK;
        if (now < twcc_recv_deadline(r) && n + 1 < PACKETS)
            continue;
        for (size_t len; (len = twcc_recv_write(r, buf, cap, 1, 2)) > 0;) {
            assert_true(len <= cap);
            struct twcc_status s;
            struct twcc_iter it = opened(buf, len);
            assert_int_equal(it.feedback, feedback++);
            while (twcc_next(&it, &s))
                told[s.seq] = s.arrived ? s.at_us / TWCC_TICK : -1;
        }
        assert_true(twcc_recv_deadline(r) == USEC_NEVER);
    }
    // The first tick of all stands for "none" and is told as the second.
    for (unsigned i = 0; i < NUMBERS; i++) {
        if (told[i] != -2 || came[i] != -1)
            assert_int_equal(told[i], came[i] == 0 ? 1 : came[i]);
    }
    free(r);
}

static void what_is_written_is_read_again_for_every_history(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 1000; seed++)
        one_history(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_and_late_packets_are_told_apart_from_those_in_time),
        cmocka_unit_test(packet_reported_lost_is_reported_again_when_it_comes),
        cmocka_unit_test(arrivals_too_far_apart_are_told_in_two_packets),
        cmocka_unit_test(jump_beyond_the_window_starts_again),
        cmocka_unit_test(every_chunk_form_is_read),
        cmocka_unit_test(feedback_that_lies_about_its_size_is_dropped),
        cmocka_unit_test(what_is_written_is_read_again_for_every_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
