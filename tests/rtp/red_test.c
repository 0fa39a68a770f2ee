#include "rtp/red.h"

#include "make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define OPUS 111
#define RED  63

/** RFC 2198 section 4's picture with other numbers: two blocks and a primary. */
static const uint8_t two_blocks[] = {0x80 | OPUS, 1920 >> 6, (1920 & 0x3f) << 2,
                                     2, // 14 bits of offset, 10 of length
                                     0x80 | OPUS, 960 >> 6,  (960 & 0x3f) << 2,
                                     3, //
                                     OPUS,        'o',       'l',
                                     'n',         'e',       'w',
                                     'p',         'r',       'i',
                                     'm'};

static void packet_with_two_blocks_is_read_newest_first(void **state)
{
    (void)state;
    struct red r;
    assert_int_equal(red_parse(&r, two_blocks, sizeof(two_blocks), OPUS), DROP_NONE);
    assert_int_equal(r.count, 2);
    assert_int_equal(r.block[0].ts_offset, 960);
    assert_memory_equal(two_blocks + r.block[0].off, "new", 3);
    assert_int_equal(r.block[1].ts_offset, 1920);
    assert_memory_equal(two_blocks + r.block[1].off, "ol", 2);
    assert_int_equal(r.primary_len, 4);
    assert_memory_equal(two_blocks + r.primary, "prim", 4);
}

static void no_shorter_packet_is_read(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof(two_blocks) - 3; len++) {
        struct red r;
        uint8_t *exact = malloc(len ? len : 1); // ASan sees a byte too far
        memcpy(exact, two_blocks, len);
        assert_int_equal(red_parse(&r, exact, len, OPUS), DROP_SHORT);
        free(exact);
    }
}

static void blocks_of_another_type_are_refused(void **state)
{
    (void)state;
    struct red r;
    for (unsigned i = 0; i <= 8; i += 4) {
        uint8_t bytes[sizeof(two_blocks)];
        memcpy(bytes, two_blocks, sizeof(bytes));
        bytes[i] ^= 1;
        assert_int_equal(red_parse(&r, bytes, sizeof(bytes), OPUS), DROP_MALFORMED);
    }
}

static void blocks_out_of_order_are_refused(void **state)
{
    (void)state;
    struct red r;
    uint8_t bytes[sizeof(two_blocks)];
    memcpy(bytes, two_blocks, sizeof(bytes));
    memcpy(bytes + 5, two_blocks + 1, 2); // both of one time
    assert_int_equal(red_parse(&r, bytes, sizeof(bytes), OPUS), DROP_MALFORMED);
    memset(bytes + 5, 0, 2); // of the packet's own time
    bytes[7] = 3;
    assert_int_equal(red_parse(&r, bytes, sizeof(bytes), OPUS), DROP_MALFORMED);
}

static void more_blocks_than_anybody_sends_are_refused(void **state)
{
    (void)state;
    struct red r;
    uint8_t bytes[4 * (RED_MAX_BLOCKS + 1) + 2];
    for (unsigned n = RED_MAX_BLOCKS; n <= RED_MAX_BLOCKS + 1; n++) {
        for (unsigned i = 0; i < n; i++)
            wr32(bytes + 4 * (size_t)i, (uint32_t)(0x80 | OPUS) << 24 | (n - i) * 960 << 10);
        bytes[4 * n] = OPUS;
        bytes[4 * n + 1] = 1;
        assert_int_equal(red_parse(&r, bytes, 4 * (size_t)n + 2, OPUS),
                         n > RED_MAX_BLOCKS ? DROP_MALFORMED : DROP_NONE);
    }
}

static void unwrapped_packet_is_the_plain_one(void **state)
{
    (void)state;
    struct made m;
    struct rtp again;
    struct red r;
    make_packet(&m, 7, 5000, true, two_blocks, sizeof(two_blocks));
    assert_int_equal(red_parse(&r, rtp_payload(&m.pkt), m.pkt.payload_len, OPUS), DROP_NONE);
    red_unwrap(&m.pkt, &r);
    assert_int_equal(rtp_parse(&again, m.pkt.data, m.pkt.len), DROP_NONE);
    assert_int_equal(again.pt, OPUS);
    assert_int_equal(again.seq, 7);
    assert_int_equal(again.ts, 5000);
    assert_true(again.marker);
    assert_int_equal(again.payload_len, 4);
    assert_memory_equal(rtp_payload(&again), "prim", 4);
}

static void recovered_packet_has_the_time_of_its_frame(void **state)
{
    (void)state;
    struct made m;
    struct red_copy copy;
    struct rtp again;
    struct red r;
    make_packet(&m, 0, 1000, true, two_blocks, sizeof(two_blocks));
    assert_int_equal(red_parse(&r, rtp_payload(&m.pkt), m.pkt.payload_len, OPUS), DROP_NONE);
    red_recover(&m.pkt, &r, 1, 0xfffe, &copy);
    assert_int_equal(rtp_parse(&again, copy.pkt.data, copy.pkt.len), DROP_NONE);
    assert_int_equal(again.seq, 0xfffe);
    assert_int_equal(again.ts, (uint32_t)(1000 - 1920));
    assert_int_equal(again.ssrc, m.pkt.ssrc);
    assert_int_equal(again.pt, OPUS);
    assert_false(again.marker);
    assert_memory_equal(rtp_payload(&again), "ol", 2);
}

/** What is written is read back the same, whatever the sizes; what does not fit is left out. */
static void what_is_wrapped_is_read_back(void **state)
{
    (void)state;
    static uint8_t noise[2048];
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t s = seed;
        struct made m;
        const unsigned n = rnd_below(&s, RED_MAX_DISTANCE + 1);
        struct red_frames frames = {.pt = OPUS, .count = n};
        struct red_frame *frame = frames.frame;
        for (size_t i = 0; i < sizeof(noise); i++)
            noise[i] = (uint8_t)rnd(&s);
        const size_t own = 1 + rnd_below(&s, 300);
        unsigned offset = 0;
        for (unsigned i = 0; i < n; i++)
            frame[i] = (struct red_frame){
                .data = noise + rnd_below(&s, 600),
                .len = (uint16_t)rnd_below(&s, rnd_below(&s, 4) ? 200 : 1200),
                .ts_offset = (uint16_t)(offset += 1 + rnd_below(&s, 7000))};
        make_packet(&m, 1, 90000, false, noise + 700, own);
        const size_t before = m.pkt.len, cap = 200 + rnd_below(&s, 1200);
        const size_t len = red_wrap(m.bytes, before, cap, m.pkt.payload_off, &frames);
        assert_true(len == before || (len <= cap && len <= RED_MAX_PACKET));
        if (len == before) {
            assert_memory_equal(m.bytes + RTP_MIN_HEADER, noise + 700, own);
            continue;
        }
        struct red r;
        assert_int_equal(red_parse(&r, m.bytes + 12, len - 12, OPUS), DROP_NONE);
        assert_in_range(r.count, 1, n);
        for (unsigned i = 0; i < r.count; i++) {
            assert_int_equal(r.block[i].len, frame[i].len);
            if (frame[i].len)
                assert_int_equal(r.block[i].ts_offset, frame[i].ts_offset);
            assert_memory_equal(m.bytes + 12 + r.block[i].off, frame[i].data, frame[i].len);
        }
        assert_int_equal(r.primary_len, own);
        assert_memory_equal(m.bytes + 12 + r.primary, noise + 700, own);
        // One frame more would not have fitted.
        if (r.count < n) {
            const struct red_frame *f = &frame[r.count];
            assert_true(f->len > RED_MAX_LENGTH || f->ts_offset > RED_MAX_OFFSET ||
                        len + 4 + f->len > cap || len + 4 + f->len > RED_MAX_PACKET);
        }
    }
}

static uint16_t percent(unsigned p)
{
    return (uint16_t)(65535 * p / 100);
}

static void clean_line_gets_no_redundancy(void **state)
{
    (void)state;
    struct red_aim a = {0};
    for (unsigned i = 0; i < 100; i++) { // a packet of fifty now and then is weather
        red_aim_on_loss(&a, i % 10 == 0 ? percent(2) : 0, i * USEC_PER_SEC);
        assert_int_equal(a.distance, 0);
    }
}

static void distance_follows_the_loss(void **state)
{
    (void)state;
    const unsigned loss[] = {1, 3, 12, 30, 100}, distance[] = {0, 1, 2, 3, 3};
    for (unsigned k = 0; k < 5; k++) {
        struct red_aim a = {0};
        for (unsigned i = 0; i < 8; i++)
            red_aim_on_loss(&a, percent(loss[k]), i * USEC_PER_SEC);
        assert_int_equal(a.distance, distance[k]);
    }
}

static void half_of_all_lost_is_answered_at_the_first_word(void **state)
{
    (void)state;
    struct red_aim a = {0};
    red_aim_on_loss(&a, percent(50), USEC_PER_SEC);
    assert_int_equal(a.distance, 3);
}

static void redundancy_goes_step_by_step_when_the_line_is_calm(void **state)
{
    (void)state;
    struct red_aim a = {0};
    usec_t now = 0;
    for (unsigned i = 0; i < 5; i++)
        red_aim_on_loss(&a, percent(30), now += USEC_PER_SEC);
    unsigned steps = 0;
    for (unsigned i = 0; i < 60; i++) {
        const uint8_t before = a.distance;
        red_aim_on_loss(&a, 0, now += USEC_PER_SEC);
        assert_true(a.distance == before || a.distance == before - 1);
        steps += a.distance != before;
        assert_true(i > 9 || steps == 0);
    }
    assert_int_equal(a.distance, 0);
    assert_int_equal(steps, 3);
}

static void line_at_a_threshold_does_not_swing(void **state)
{
    (void)state;
    struct red_aim a = {0};
    unsigned changes = 0;
    uint64_t seed = 5;
    for (unsigned i = 0; i < 300; i++) {
        const uint8_t before = a.distance;
        red_aim_on_loss(&a, percent(1 + rnd_below(&seed, 4)), (usec_t)i * USEC_PER_SEC);
        changes += a.distance != before;
    }
    assert_int_equal(changes, 1);
    assert_int_equal(a.distance, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packet_with_two_blocks_is_read_newest_first),
        cmocka_unit_test(no_shorter_packet_is_read),
        cmocka_unit_test(blocks_of_another_type_are_refused),
        cmocka_unit_test(blocks_out_of_order_are_refused),
        cmocka_unit_test(more_blocks_than_anybody_sends_are_refused),
        cmocka_unit_test(unwrapped_packet_is_the_plain_one),
        cmocka_unit_test(recovered_packet_has_the_time_of_its_frame),
        cmocka_unit_test(what_is_wrapped_is_read_back),
        cmocka_unit_test(clean_line_gets_no_redundancy),
        cmocka_unit_test(distance_follows_the_loss),
        cmocka_unit_test(half_of_all_lost_is_answered_at_the_first_word),
        cmocka_unit_test(redundancy_goes_step_by_step_when_the_line_is_calm),
        cmocka_unit_test(line_at_a_threshold_does_not_swing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
