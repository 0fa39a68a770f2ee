#include "rtp/rewrite.h"

#include "make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/** A rewriter, and the packet in hand. */
struct bench {
    struct rewrite rw;
    struct made made;
    struct payload desc;
    struct rewrite_in in;
    struct rewritten out;
};

/** Takes up a packet of `source` with payload `bytes` of `codec` (NULL: sound). */
static void take(struct bench *b, uint32_t source, uint16_t seq, uint32_t ts, bool marker,
                 enum media_codec codec, const uint8_t *bytes, size_t len)
{
    make_packet(&b->made, seq, ts, marker, bytes, len);
    b->in = (struct rewrite_in){.source = source, .pkt = &b->made.pkt};
    if (bytes) {
        assert_int_equal(payload_parse(&b->desc, codec, bytes, len), DROP_NONE);
        b->in.desc = &b->desc;
    }
}

static void sound(struct bench *b, uint32_t source, uint16_t seq, uint32_t ts)
{
    take(b, source, seq, ts, false, CODEC_OPUS, NULL, 0);
}

/** VP8 with a 15-bit picture id, TL0PICIDX and TID. */
static void vp8(struct bench *b, uint32_t source, uint16_t seq, uint16_t pid, uint8_t tid,
                bool marker)
{
    const uint8_t bytes[] = {0x90,
                             0xe0,
                             (uint8_t)(0x80 | pid >> 8),
                             (uint8_t)pid,
                             (uint8_t)(pid / 4),
                             (uint8_t)(tid << 6),
                             1,
                             2};
    take(b, source, seq, pid * 3000u, marker, CODEC_VP8, bytes, sizeof(bytes));
}

static enum drop map(struct bench *b)
{
    return rewrite_map(&b->rw, &b->in, 0, &b->out);
}

/** The outgoing payload as the receiver reads it. */
static struct payload seen(const struct bench *b, enum media_codec codec)
{
    uint8_t bytes[64];
    struct payload p;
    const size_t rest = b->made.pkt.payload_len - b->out.head_skip;
    memcpy(bytes, b->out.head, b->out.head_len);
    memcpy(bytes + b->out.head_len, rtp_payload(&b->made.pkt) + b->out.head_skip, rest);
    assert_int_equal(payload_parse(&p, codec, bytes, b->out.head_len + rest), DROP_NONE);
    return p;
}

static void first_packet_gets_the_first_numbers(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 500, 70000);
    sound(&b, 1, 9, 42);
    assert_int_equal(map(&b), DROP_LATE); // nobody is seated
    rewrite_switch(&b.rw, &b.in, 70000);
    assert_int_equal(map(&b), DROP_NONE);
    assert_int_equal(b.out.seq, 500);
    assert_int_equal(b.out.ts, 70000);
    assert_int_equal(b.out.head_len, 0);
}

static void skipping_leaves_no_hole_across_the_wrap(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 65534, 0);
    sound(&b, 1, 65534, 0);
    rewrite_switch(&b.rw, &b.in, 0);
    assert_int_equal(map(&b), DROP_NONE);
    assert_int_equal(b.out.seq, 65534);
    sound(&b, 1, 65535, 0);
    assert_true(rewrite_skip(&b.rw, &b.in));
    assert_int_equal(map(&b), DROP_LATE); // what was skipped stays skipped
    sound(&b, 1, 0, 0);
    assert_int_equal(map(&b), DROP_NONE);
    assert_int_equal(b.out.seq, 65535);
}

static void packet_lost_before_us_keeps_its_gap(void **state)
{
    struct bench b;
    struct rewrite_at at;
    (void)state;
    rewrite_init(&b.rw, 100, 0);
    sound(&b, 1, 10, 0);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    sound(&b, 1, 13, 3);
    map(&b);
    assert_int_equal(b.out.seq, 103);
    assert_true(rewrite_find(&b.rw, 101, &at));
    assert_int_equal(at.seq, 11);
    sound(&b, 1, 11, 1);
    assert_int_equal(map(&b), DROP_NONE);
    assert_int_equal(b.out.seq, 101);
    assert_false(rewrite_find(&b.rw, 104, &at)); // not sent yet
    assert_false(rewrite_find(&b.rw, 99, &at));  // before the first
}

static void late_packet_keeps_its_old_number(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 10, 0);
    sound(&b, 1, 10, 0);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    sound(&b, 1, 12, 0);
    rewrite_skip(&b.rw, &b.in);
    sound(&b, 1, 13, 0);
    map(&b);
    assert_int_equal(b.out.seq, 12);
    sound(&b, 1, 11, 0); // sent before the skip, arrives after it
    assert_int_equal(map(&b), DROP_NONE);
    assert_int_equal(b.out.seq, 11);
}

static void skip_that_comes_too_late_leaves_a_hole_and_says_so(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 10, 0);
    sound(&b, 1, 10, 0);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    sound(&b, 1, 12, 0);
    map(&b);
    sound(&b, 1, 11, 0);
    assert_false(rewrite_skip(&b.rw, &b.in));
    sound(&b, 1, 13, 0);
    map(&b);
    assert_int_equal(b.out.seq, 13);
}

static void more_skips_than_are_remembered_make_old_packets_late(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 0, 0);
    sound(&b, 1, 0, 0);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    for (uint16_t seq = 2; seq <= 2 * REWRITE_SPANS; seq += 2) {
        sound(&b, 1, seq, 0);
        rewrite_skip(&b.rw, &b.in);
        sound(&b, 1, (uint16_t)(seq + 1), 0);
        map(&b);
    }
    sound(&b, 1, 1, 0);
    assert_int_equal(map(&b), DROP_LATE);
    sound(&b, 1, 5, 0);
    assert_int_equal(map(&b), DROP_NONE);
    assert_int_equal(b.out.seq, 3); // 2 and 4 were left out
}

static void one_span_may_last_longer_than_half_the_numbers(void **state)
{
    struct bench b;
    struct rewrite_at at;
    (void)state;
    rewrite_init(&b.rw, 7, 0);
    sound(&b, 1, 0, 0);
    rewrite_switch(&b.rw, &b.in, 0);
    for (unsigned n = 0; n < 200000; n++) {
        sound(&b, 1, (uint16_t)n, n);
        assert_int_equal(map(&b), DROP_NONE);
        assert_int_equal(b.out.seq, (uint16_t)(n + 7));
    }
    assert_true(rewrite_find(&b.rw, (uint16_t)(199000 + 7), &at));
    assert_int_equal(at.seq, (uint16_t)199000);
    sound(&b, 1, (uint16_t)(199999 - REWRITE_REACH - 1), 0);
    assert_int_equal(map(&b), DROP_LATE);
}

static void switch_continues_and_the_old_source_is_late(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 100, 0);
    sound(&b, 1, 100, 5000);
    rewrite_switch(&b.rw, &b.in, 1000);
    map(&b);
    sound(&b, 2, 40000, 77);
    rewrite_switch(&b.rw, &b.in, 4000);
    assert_int_equal(map(&b), DROP_NONE);
    assert_int_equal(b.out.seq, 101);
    assert_int_equal(b.out.ts, 4000);
    sound(&b, 1, 101, 5960);
    assert_int_equal(map(&b), DROP_LATE);
    assert_true(rewrite_skip(&b.rw, &b.in)); // nor does it leave anything out
    sound(&b, 2, 39999, 0);                  // of the new one, but from before the switch
    assert_int_equal(map(&b), DROP_LATE);
    sound(&b, 2, 40001, 1037);
    map(&b);
    assert_int_equal(b.out.seq, 102);
    assert_int_equal(b.out.ts, 4960);
}

static void switch_never_goes_back_in_time(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 100, 0);
    sound(&b, 1, 100, 0);
    rewrite_switch(&b.rw, &b.in, 50000);
    map(&b);
    sound(&b, 2, 1, 0);
    rewrite_switch(&b.rw, &b.in, 49000);
    map(&b);
    assert_int_equal(b.out.ts, 50001);
}

static void frame_cut_off_by_a_switch_leaves_one_number_out(void **state)
{
    struct bench b;
    struct rewrite_at at;
    (void)state;
    rewrite_init(&b.rw, 100, 0);
    vp8(&b, 1, 10, 40, 0, false);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    vp8(&b, 2, 70, 500, 0, true);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    assert_int_equal(b.out.seq, 102);
    assert_false(rewrite_find(&b.rw, 101, &at)); // nobody's
    vp8(&b, 1, 11, 41, 0, true);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    assert_int_equal(b.out.seq, 103);
}

static void packets_of_earlier_sources_can_be_sent_again(void **state)
{
    struct bench b;
    struct rewrite_at at;
    struct rewritten first;
    (void)state;
    rewrite_init(&b.rw, 100, 9);
    vp8(&b, 1, 10, 40, 0, true);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    vp8(&b, 1, 12, 42, 0, true);
    map(&b);
    first = b.out;
    for (uint32_t source = 2; source <= REWRITE_GENERATIONS; source++) {
        vp8(&b, source, 1000, 7, 0, true);
        rewrite_switch(&b.rw, &b.in, 0);
        map(&b);
    }
    assert_true(rewrite_find(&b.rw, 102, &at));
    assert_int_equal(at.source, 1);
    assert_int_equal(at.seq, 12);
    vp8(&b, 1, 12, 42, 0, true);
    assert_int_equal(rewrite_again(&b.rw, &at, &b.in, &b.out), DROP_NONE);
    assert_int_equal(b.out.seq, first.seq);
    assert_int_equal(b.out.ts, first.ts);
    assert_int_equal(b.out.head_len, first.head_len);
    assert_memory_equal(b.out.head, first.head, first.head_len);

    vp8(&b, 9, 1000, 7, 0, true); // one switch too many
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    vp8(&b, 1, 12, 42, 0, true);
    assert_int_equal(rewrite_again(&b.rw, &at, &b.in, &b.out), DROP_LATE);
    assert_false(rewrite_find(&b.rw, 102, &at));
}

static void dropped_layers_make_vp8_picture_ids_dense(void **state)
{
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 0, 0);
    vp8(&b, 1, 0, 32766, 0, true);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    assert_int_equal(seen(&b, CODEC_VP8).pid, 32766);
    vp8(&b, 1, 1, 32767, 2, false); // two packets of one frame, then another frame
    rewrite_skip(&b.rw, &b.in);
    vp8(&b, 1, 2, 32767, 2, true);
    rewrite_skip(&b.rw, &b.in);
    vp8(&b, 1, 3, 0, 1, true);
    rewrite_skip(&b.rw, &b.in);
    vp8(&b, 1, 4, 1, 0, true);
    map(&b);
    assert_int_equal(b.out.seq, 1);
    assert_int_equal(seen(&b, CODEC_VP8).pid, 32767);
    assert_int_equal(seen(&b, CODEC_VP8).pid_bits, 15);
}

static void vp9_picture_ids_keep_their_distances(void **state)
{
    // I, L, B, E: picture id 15 bits, TID/SID, TL0PICIDX
    uint8_t bytes[] = {0xac, 0x81, 0x00, 0x00, 5, 'x'};
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 0, 0);
    take(&b, 1, 0, 0, true, CODEC_VP9, bytes, sizeof(bytes));
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    bytes[2] = 1;
    take(&b, 1, 1, 0, true, CODEC_VP9, bytes, sizeof(bytes));
    rewrite_skip(&b.rw, &b.in);
    bytes[2] = 2;
    take(&b, 1, 2, 3000, true, CODEC_VP9, bytes, sizeof(bytes));
    map(&b);
    assert_int_equal(b.out.seq, 1);
    assert_int_equal(seen(&b, CODEC_VP9).pid, 0x102);
    bytes[1] = 0x90;
    bytes[4] = 77;
    take(&b, 2, 2, 3000, true, CODEC_VP9, bytes, sizeof(bytes));
    rewrite_switch(&b.rw, &b.in, 9000);
    map(&b);
    assert_int_equal(seen(&b, CODEC_VP9).pid, 0x103);
    assert_int_equal(seen(&b, CODEC_VP9).tl0, 6);
}

static void source_without_picture_ids_gets_some_once_they_were_used(void **state)
{
    const uint8_t start[] = {0x10, 1, 2}, rest[] = {0x00, 1, 2};
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 0, 0);
    vp8(&b, 1, 0, 32766, 0, true); // TL0PICIDX 32766 / 4, in 8 bits 255
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);

    take(&b, 2, 50, 1000, false, CODEC_VP8, start, sizeof(start));
    rewrite_switch(&b.rw, &b.in, 3000);
    assert_int_equal(map(&b), DROP_NONE);
    struct payload p = seen(&b, CODEC_VP8);
    assert_int_equal(p.pid_bits, 15);
    assert_int_equal(p.pid, 32767);
    assert_int_equal(p.tl0, 0);
    assert_true(p.has_tid && p.start_of_frame);
    assert_int_equal(p.tid, 0);

    take(&b, 2, 52, 4000, true, CODEC_VP8, start, sizeof(start));
    map(&b);
    p = seen(&b, CODEC_VP8);
    assert_int_equal(p.pid, 0);
    assert_int_equal(p.tl0, 1);
    take(&b, 2, 51, 1000, true, CODEC_VP8, rest, sizeof(rest)); // late, of a known frame
    assert_int_equal(map(&b), DROP_NONE);
    assert_int_equal(seen(&b, CODEC_VP8).pid, 32767);
    assert_int_equal(b.out.seq, 2);
    assert_false(seen(&b, CODEC_VP8).start_of_frame);

    struct rewrite_at at;
    const struct rewritten first = b.out;
    assert_true(rewrite_find(&b.rw, 2, &at));
    assert_int_equal(rewrite_again(&b.rw, &at, &b.in, &b.out), DROP_NONE);
    assert_int_equal(b.out.head_len, first.head_len);
    assert_memory_equal(b.out.head, first.head, first.head_len);
}

static void short_picture_ids_go_on_as_long_ones_once_these_were_used(void **state)
{
    uint8_t bytes[] = {0x90, 0x80, 126, 1, 2};
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 0, 0);
    take(&b, 1, 0, 0, true, CODEC_VP8, bytes, sizeof(bytes));
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    assert_int_equal(seen(&b, CODEC_VP8).pid_bits,
                     7); // as they come while nothing else was sent
    assert_int_equal(seen(&b, CODEC_VP8).pid, 126);
    bytes[2] = 1; // 129
    take(&b, 1, 1, 1, true, CODEC_VP8, bytes, sizeof(bytes));
    map(&b);
    assert_int_equal(seen(&b, CODEC_VP8).pid, 1);

    vp8(&b, 2, 0, 9, 0, true);
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    assert_int_equal(seen(&b, CODEC_VP8).pid, 130);
    bytes[2] = 44;
    take(&b, 1, 9, 9, true, CODEC_VP8, bytes, sizeof(bytes));
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    assert_int_equal(seen(&b, CODEC_VP8).pid_bits, 15);
    assert_int_equal(seen(&b, CODEC_VP8).pid, 131);
}

static void frame_numbers_of_the_dependency_descriptor_continue(void **state)
{
    const uint8_t av1[] = {0x18, 0x30, 1};
    struct bench b;
    (void)state;
    rewrite_init(&b.rw, 0, 0);
    take(&b, 1, 0, 0, true, CODEC_AV1, av1, sizeof(av1));
    b.in.has_frame = true;
    b.in.frame = 65535;
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    assert_int_equal(b.out.frame_add, 0);
    take(&b, 2, 0, 0, true, CODEC_AV1, av1, sizeof(av1));
    b.in.has_frame = true;
    b.in.frame = 40;
    rewrite_switch(&b.rw, &b.in, 0);
    map(&b);
    assert_int_equal((uint16_t)(b.in.frame + b.out.frame_add), 0);
}

static void output_time_is_told_for_the_seated_source_only(void **state)
{
    struct bench b;
    uint32_t ts = 0;
    (void)state;
    rewrite_init(&b.rw, 0, 0);
    assert_false(rewrite_ts(&b.rw, 0, 1, &ts));
    sound(&b, 5, 0, 1000);
    rewrite_switch(&b.rw, &b.in, 400);
    assert_true(rewrite_ts(&b.rw, 5, 1480, &ts));
    assert_int_equal(ts, 880);
    assert_false(rewrite_ts(&b.rw, 6, 1480, &ts));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_packet_gets_the_first_numbers),
        cmocka_unit_test(skipping_leaves_no_hole_across_the_wrap),
        cmocka_unit_test(packet_lost_before_us_keeps_its_gap),
        cmocka_unit_test(late_packet_keeps_its_old_number),
        cmocka_unit_test(skip_that_comes_too_late_leaves_a_hole_and_says_so),
        cmocka_unit_test(more_skips_than_are_remembered_make_old_packets_late),
        cmocka_unit_test(one_span_may_last_longer_than_half_the_numbers),
        cmocka_unit_test(switch_continues_and_the_old_source_is_late),
        cmocka_unit_test(switch_never_goes_back_in_time),
        cmocka_unit_test(frame_cut_off_by_a_switch_leaves_one_number_out),
        cmocka_unit_test(packets_of_earlier_sources_can_be_sent_again),
        cmocka_unit_test(dropped_layers_make_vp8_picture_ids_dense),
        cmocka_unit_test(vp9_picture_ids_keep_their_distances),
        cmocka_unit_test(source_without_picture_ids_gets_some_once_they_were_used),
        cmocka_unit_test(short_picture_ids_go_on_as_long_ones_once_these_were_used),
        cmocka_unit_test(frame_numbers_of_the_dependency_descriptor_continue),
        cmocka_unit_test(output_time_is_told_for_the_seated_source_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
