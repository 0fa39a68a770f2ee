/* A receiver begins with a keyframe of the past: times of the past and of the present. */
#include "make.h"
#include "rtp/rewrite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS      USEC_PER_MS
#define NTP_SEC (UINT64_C(1) << 32)

struct bench {
    struct rewrite rw;
    struct made made;
    struct payload desc;
    struct rewrite_in in;
    struct rewritten out;
};

static void take(struct bench *b, uint32_t source, uint16_t seq, uint32_t ts)
{
    const uint8_t bytes[] = {
        0x90, 0xe0, (uint8_t)(0x80 | seq >> 8), (uint8_t)seq, (uint8_t)seq, 0, 1, 2};
    make_packet(&b->made, seq, ts, true, bytes, sizeof(bytes));
    assert_int_equal(payload_parse(&b->desc, CODEC_VP8, bytes, sizeof(bytes)), DROP_NONE);
    b->in = (struct rewrite_in){.source = source, .pkt = &b->made.pkt, .desc = &b->desc};
}

/** Maps a packet; returns its time. */
static uint32_t map(struct bench *b, uint32_t source, uint16_t seq, uint32_t ts, usec_t now)
{
    take(b, source, seq, ts);
    assert_int_equal(rewrite_map(&b->rw, &b->in, now, &b->out), DROP_NONE);
    return b->out.ts;
}

/** The first live one, as a slot does it. */
static uint32_t go_live(struct bench *b, const struct rewrite_sync *sync, uint32_t source,
                        uint16_t seq, uint32_t ts, usec_t now)
{
    uint32_t to = 0;
    take(b, source, seq, ts);
    assert_true(rewrite_is_news(&b->rw, &b->in));
    assert_true(rewrite_switch_ts(&b->rw, sync, ts, now, &to));
    rewrite_go_live(&b->rw, &b->in, to);
    assert_int_equal(rewrite_map(&b->rw, &b->in, now, &b->out), DROP_NONE);
    return b->out.ts;
}

static const struct rewrite_sync by_arrival = {.rate = 90000, .force = true};

static void frames_of_the_past_are_milliseconds_and_then_time_runs_as_ever(void **state)
{
    struct bench b;
    uint32_t sr = 0;
    (void)state;
    rewrite_init(&b.rw, 100, 7000);
    take(&b, 1, 10, 1000);
    rewrite_replay(&b.rw, &b.in);
    assert_true(rewrite_catching_up(&b.rw));
    for (unsigned i = 0; i < 90; i++) { // three seconds
        const uint32_t ts = map(&b, 1, (uint16_t)(10 + i), 1000 + i * 3000, 0);
        assert_int_equal(ts, 7000 + (i * 3000 >> REWRITE_CATCH_UP_SHIFT));
        assert_int_equal(b.out.seq, 100 + i);
        assert_false(rewrite_ts(&b.rw, 1, 0, &sr)); // no report can be true of them
    }
    const uint32_t last = b.out.ts;
    const uint32_t live = go_live(&b, &by_arrival, 1, 100, 1000 + 90 * 3000, 20 * MS);
    assert_int_equal(live - last, 3000);
    assert_int_equal(map(&b, 1, 101, 1000 + 91 * 3000, 0) - live, 3000);
    assert_true(rewrite_ts(&b.rw, 1, 1000 + 91 * 3000, &sr));
    assert_int_equal(sr, b.out.ts);
}

static void late_frame_of_the_past_stays_in_the_past(void **state)
{
    struct bench b;
    struct rewrite_at at;
    (void)state;
    rewrite_init(&b.rw, 100, 7000);
    take(&b, 1, 10, 0);
    rewrite_replay(&b.rw, &b.in);
    map(&b, 1, 10, 0, 0);
    map(&b, 1, 12, 6000, 0);
    const uint32_t last = b.out.ts;
    go_live(&b, &by_arrival, 1, 14, 12000, 50 * MS);
    const uint32_t live = b.out.ts;
    const uint32_t late = map(&b, 1, 13, 9000, 0);
    assert_true(late >= last && late < live);
    assert_int_equal(b.out.seq, 103);
    assert_true(map(&b, 1, 11, 3000, 0) < last);
    // And a resend of either is the same as it was.
    assert_true(rewrite_find(&b.rw, 103, &at));
    take(&b, 1, 13, 9000);
    assert_int_equal(rewrite_again(&b.rw, &at, &b.in, &b.out), DROP_NONE);
    assert_int_equal(b.out.ts, late);
    assert_true(rewrite_find(&b.rw, 104, &at));
    take(&b, 1, 14, 12000);
    assert_int_equal(rewrite_again(&b.rw, &at, &b.in, &b.out), DROP_NONE);
    assert_int_equal(b.out.ts, live);
}

static void packet_of_a_frame_caught_up_with_is_no_news(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 100, 7000);
    take(&b, 1, 10, 0);
    rewrite_replay(&b.rw, &b.in);
    map(&b, 1, 10, 0, 0);
    map(&b, 1, 12, 3000, 0);
    take(&b, 1, 13, 3000);
    assert_false(rewrite_is_news(&b.rw, &b.in)); // the rest of it
    take(&b, 1, 11, 9000);
    assert_false(rewrite_is_news(&b.rw, &b.in)); // late
    take(&b, 2, 14, 9000);
    assert_false(rewrite_is_news(&b.rw, &b.in)); // another's
    take(&b, 1, 14, 6000);
    assert_true(rewrite_is_news(&b.rw, &b.in));
}

/** Two layers of one publisher, whose reports tie them to one wall clock. */
static void live_part_is_aligned_with_what_was_live_before(void **state)
{
    struct bench b;
    struct rtp_clock low, high;
    (void)state;
    rtp_clock_init(&low, 90000);
    rtp_clock_init(&high, 90000);
    rtp_clock_on_sr(&low, 50 * NTP_SEC, 1000, 0);
    rtp_clock_on_sr(&high, 50 * NTP_SEC, 500000, 0);
    const struct rewrite_sync sync = {
        .old = &low, .next = &high, .same_wall_clock = true, .rate = 90000, .force = true};
    rewrite_init(&b.rw, 0, 42);
    take(&b, 1, 0, 1000 + 9000);
    rewrite_switch(&b.rw, &b.in, 42);
    map(&b, 1, 0, 1000 + 9000, 130 * MS);
    const uint32_t before = b.out.ts; // captured 100 ms behind the reports
    take(&b, 2, 70, 500000 - 90000);
    rewrite_replay(&b.rw, &b.in);
    for (unsigned i = 0; i < 34; i++)
        map(&b, 2, (uint16_t)(70 + i), 500000 - 90000 + i * 3000, 140 * MS);
    const uint32_t live = go_live(&b, &sync, 2, 104, 500000 + 12000, 230 * MS);
    assert_in_range(live - before, 2999, 3001); // whatever the arrival

    // A second replay before the first one went live: still by the one from before.
    take(&b, 3, 0, 0);
    rewrite_replay(&b.rw, &b.in);
    map(&b, 3, 0, 0, 240 * MS);
    take(&b, 2, 200, 500000 - 9000);
    rewrite_replay(&b.rw, &b.in);
    map(&b, 2, 200, 500000 - 9000, 240 * MS);
    const struct rewrite_sync again = {
        .old = &high, .next = &high, .same_wall_clock = true, .rate = 90000, .force = true};
    assert_in_range(go_live(&b, &again, 2, 210, 500000 + 24000, 260 * MS) - live, 11999, 12001);
}

static void live_part_without_room_is_pushed_by_a_few_milliseconds(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 0, 42);
    take(&b, 1, 0, 0);
    rewrite_switch(&b.rw, &b.in, 42);
    map(&b, 1, 0, 0, 100 * MS);
    const uint32_t before = b.out.ts;
    take(&b, 2, 70, 0);
    rewrite_replay(&b.rw, &b.in);
    for (unsigned i = 0; i < 120; i++)
        map(&b, 2, (uint16_t)(70 + i), i * 3000, 101 * MS);
    const uint32_t last = b.out.ts;
    const uint32_t live = go_live(&b, &by_arrival, 2, 190, 360000, 101 * MS);
    assert_true(live > last && live - before < 90 * 10);
}

static void switch_in_the_middle_of_catching_up_goes_on_from_what_was_live(void **state)
{
    struct bench b;
    uint32_t to = 0;
    (void)state;
    rewrite_init(&b.rw, 0, 42);
    take(&b, 1, 0, 0);
    rewrite_switch(&b.rw, &b.in, 42);
    map(&b, 1, 0, 0, 100 * MS);
    const uint32_t before = b.out.ts;
    take(&b, 2, 70, 0);
    rewrite_replay(&b.rw, &b.in);
    map(&b, 2, 70, 0, 120 * MS);
    map(&b, 2, 71, 3000, 120 * MS);
    take(&b, 2, 99, 90000); // a new keyframe is there: nobody needs what is before it
    assert_true(rewrite_switch_ts(&b.rw, &by_arrival, 90000, 200 * MS, &to));
    rewrite_switch(&b.rw, &b.in, to);
    assert_false(rewrite_catching_up(&b.rw));
    assert_int_equal(map(&b, 2, 99, 90000, 200 * MS) - before, 9000);
    assert_int_equal(b.out.seq, 3);
    take(&b, 2, 72, 6000);
    assert_int_equal(rewrite_map(&b.rw, &b.in, 0, &b.out), DROP_LATE);
}

/** Time never goes back, resends are what was sent, whatever the order of things. */
static void time_goes_on_and_resends_are_equal_for_every_history(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 1000; round++) {
        uint64_t seed = round;
        struct bench b;
        struct rewritten sent[256];
        uint32_t in_ts[256], ts = (uint32_t)rnd(&seed), newest = 0;
        usec_t now = USEC_PER_SEC;
        rewrite_init(&b.rw, (uint16_t)rnd(&seed) & 0x7fff, (uint32_t)rnd(&seed));
        for (uint32_t source = 1; source < 6; source++) {
            const uint16_t first = (uint16_t)rnd(&seed);
            const unsigned cached = 1 + rnd_below(&seed, 120), all = cached + 100;
            bool here[256] = {false};
            ts += (uint32_t)rnd(&seed);
            for (unsigned i = 0; i < all; i++)
                in_ts[i] = ts + i * 3000;
            take(&b, source, first, in_ts[0]);
            rewrite_replay(&b.rw, &b.in);
            uint32_t top = b.rw.last_ts;
            for (unsigned i = 0; i < all; i++) {
                const bool late = i > 4 && rnd_below(&seed, 8) == 0;
                const unsigned k = late ? i - 1 - rnd_below(&seed, 4) : i;
                if ((!late && i > 0 && rnd_below(&seed, 8) == 0) || here[k])
                    continue;
                now += 33 * MS;
                here[k] = true;
                take(&b, source, (uint16_t)(first + k), in_ts[k]);
                const bool news = rewrite_is_news(&b.rw, &b.in);
                if (i >= cached && news && rewrite_catching_up(&b.rw)) {
                    uint32_t to = 0;
                    (void)rewrite_switch_ts(&b.rw, &by_arrival, in_ts[k], now, &to);
                    rewrite_go_live(&b.rw, &b.in, to);
                }
                assert_int_equal(rewrite_map(&b.rw, &b.in, now, &sent[k]), DROP_NONE);
                if (news || i == 0) {
                    assert_true((int32_t)(sent[k].ts - top) > 0);
                    top = sent[k].ts;
                    newest = k;
                } else {
                    assert_true((int32_t)(sent[k].ts - top) < 0);
                }
            }
            assert_true(here[newest]);
            for (unsigned k = 0; k < all; k++) {
                struct rewrite_at at;
                if (!here[k])
                    continue;
                assert_true(rewrite_find(&b.rw, sent[k].seq, &at));
                take(&b, source, (uint16_t)(first + k), in_ts[k]);
                assert_int_equal(rewrite_again(&b.rw, &at, &b.in, &b.out), DROP_NONE);
                assert_int_equal(b.out.ts, sent[k].ts);
                assert_int_equal(b.out.seq, sent[k].seq);
                assert_memory_equal(b.out.head, sent[k].head, sent[k].head_len);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_of_the_past_are_milliseconds_and_then_time_runs_as_ever),
        cmocka_unit_test(late_frame_of_the_past_stays_in_the_past),
        cmocka_unit_test(packet_of_a_frame_caught_up_with_is_no_news),
        cmocka_unit_test(live_part_is_aligned_with_what_was_live_before),
        cmocka_unit_test(live_part_without_room_is_pushed_by_a_few_milliseconds),
        cmocka_unit_test(switch_in_the_middle_of_catching_up_goes_on_from_what_was_live),
        cmocka_unit_test(time_goes_on_and_resends_are_equal_for_every_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
