#include "rtp/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct payload parsed(enum media_codec codec, const uint8_t *data, size_t len)
{
    struct payload p;
    assert_int_equal(payload_parse(&p, codec, data, len), DROP_NONE);
    return p;
}

static void vp8_keyframe_tells_its_size(void **state)
{
    // X, S; I L T; picture id 0x1234 (15 bits), TL0PICIDX 7, TID 0 with Y; 640x360
    const uint8_t data[] = {0x90, 0xe0, 0x92, 0x34, 7,    0x20, 0x50, 0x01,
                            0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0x68, 0x01};
    (void)state;
    const struct payload p = parsed(CODEC_VP8, data, sizeof(data));
    assert_true(p.keyframe && p.start_of_frame && p.has_tid && p.layer_sync);
    assert_int_equal(p.tid, 0);
    assert_int_equal(p.head_len, 6);
    assert_int_equal(p.pid, 0x1234);
    assert_int_equal(p.pid_bits, 15);
    assert_int_equal(p.pid_off, 2);
    assert_int_equal(p.tl0, 7);
    assert_int_equal(p.tl0_off, 4);
    assert_int_equal(p.width, 640);
    assert_int_equal(p.height, 360);
}

static void vp8_keyframe_starts_only_with_its_first_packet(void **state)
{
    const uint8_t no_start[] = {0x00, 0x50, 1, 0, 0x9d, 1, 0x2a, 0, 0, 0, 0};
    const uint8_t partition[] = {0x11, 0x50, 1, 0, 0x9d, 1, 0x2a, 0, 0, 0, 0};
    const uint8_t delta[] = {0x10, 0x51, 1, 0};
    const uint8_t bad[] = {0x10, 0x50, 1, 0, 0x9d, 1, 0x2b, 0, 0, 0, 0};
    struct payload p;
    (void)state;
    assert_false(parsed(CODEC_VP8, no_start, sizeof(no_start)).keyframe);
    assert_false(parsed(CODEC_VP8, partition, sizeof(partition)).keyframe);
    assert_false(parsed(CODEC_VP8, delta, sizeof(delta)).keyframe);
    assert_true(parsed(CODEC_VP8, delta, sizeof(delta)).start_of_frame);
    assert_int_equal(payload_parse(&p, CODEC_VP8, bad, sizeof(bad)), DROP_MALFORMED);
}

static void vp8_short_picture_id_and_upper_layer(void **state)
{
    const uint8_t data[] = {0xb0, 0xa0, 0x7f, 0x80, 0x01}; // N; picture id 127; TID 2 without Y
    (void)state;
    const struct payload p = parsed(CODEC_VP8, data, sizeof(data));
    assert_int_equal(p.pid_bits, 7);
    assert_int_equal(p.pid, 127);
    assert_int_equal(p.tid, 2);
    assert_true(p.discardable);
    assert_false(p.layer_sync);
    assert_int_equal(p.tl0_off, 0);
}

static void vp9_keyframe_with_a_structure_tells_the_largest_size(void **state)
{
    // I L B V; picture id 0x0102; TID 0 U SID 0; TL0 9; two layers with sizes, one picture with
    // R 2
    const uint8_t data[] = {0xaa, 0x81, 0x02, 0x10, 9,    0x38, 0x01, 0x40, 0x00, 0xb4,
                            0x02, 0x80, 0x01, 0x68, 0x01, 0x08, 1,    2,    'x'};
    (void)state;
    const struct payload p = parsed(CODEC_VP9, data, sizeof(data));
    assert_true(p.keyframe && p.start_of_frame && p.has_tid && p.has_sid && p.layer_sync);
    assert_int_equal(p.pid, 0x0102);
    assert_int_equal(p.tl0, 9);
    assert_int_equal(p.tl0_off, 4);
    assert_int_equal(p.width, 640);
    assert_int_equal(p.height, 360);
    assert_int_equal(p.head_len, sizeof(data) - 1);
}

static void vp9_upper_spatial_layer_is_no_place_to_begin(void **state)
{
    const uint8_t upper[] = {0xa8, 0x01, 0x03, 9, 'x'};             // SID 1, D
    const uint8_t inter[] = {0xe8, 0x01, 0x00, 9, 'x'};             // P
    const uint8_t flexible[] = {0xf8, 0x01, 0x40, 0x03, 0x04, 'x'}; // two P_DIFFs, TID 2
    (void)state;
    assert_false(parsed(CODEC_VP9, upper, sizeof(upper)).keyframe);
    assert_int_equal(parsed(CODEC_VP9, upper, sizeof(upper)).sid, 1);
    assert_false(parsed(CODEC_VP9, inter, sizeof(inter)).keyframe);
    const struct payload p = parsed(CODEC_VP9, flexible, sizeof(flexible));
    assert_int_equal(p.tid, 2);
    assert_int_equal(p.tl0_off, 0);
    assert_int_equal(p.head_len, 5);
}

static void h264_keyframe_is_an_idr_or_a_parameter_set_in_any_packet_form(void **state)
{
    const uint8_t idr[] = {0x65, 0x88};
    const uint8_t later_idr[] = {0x65, 0x40};
    const uint8_t slice[] = {0x41, 0x9a};
    const uint8_t later_slice[] = {0x41, 0x40};
    const uint8_t stap[] = {0x78, 0, 2, 0x67, 0x42, 0, 1, 0x68};
    const uint8_t fu_start[] = {0x7c, 0x85, 0x88};
    const uint8_t fu_middle[] = {0x7c, 0x05, 0x88};
    const uint8_t fu_delta[] = {0x5c, 0x81, 0x9a};
    (void)state;
    assert_true(parsed(CODEC_H264, idr, sizeof(idr)).keyframe);
    assert_false(parsed(CODEC_H264, later_idr, sizeof(later_idr)).keyframe);
    assert_false(parsed(CODEC_H264, slice, sizeof(slice)).keyframe);
    assert_true(parsed(CODEC_H264, slice, sizeof(slice)).start_of_frame);
    assert_false(parsed(CODEC_H264, later_slice, sizeof(later_slice)).start_of_frame);
    assert_true(parsed(CODEC_H264, stap, sizeof(stap)).keyframe);
    assert_true(parsed(CODEC_H264, fu_start, sizeof(fu_start)).keyframe);
    assert_false(parsed(CODEC_H264, fu_middle, sizeof(fu_middle)).keyframe);
    assert_false(parsed(CODEC_H264, fu_delta, sizeof(fu_delta)).keyframe);
}

static void h264_parameter_sets_tell_their_size(void **state)
{
    // As x264 writes them: baseline, main with cropping, high; all with emulation prevention.
    const uint8_t baseline[] = {0x67, 0x42, 0xc0, 0x1f, 0xd9, 0x00, 0x50, 0x05,
                                0xba, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00,
                                0x00, 0x03, 0x03, 0xc8, 0xf1, 0x83, 0x24};
    const uint8_t cropped[] = {0x67, 0x4d, 0x40, 0x1e, 0xec, 0xa0, 0x52, 0x17, 0xf1,
                               0x12, 0x42, 0x00, 0x00, 0x03, 0x00, 0x02, 0x00, 0x00,
                               0x03, 0x00, 0x78, 0x1e, 0x2c, 0x5b, 0x2c};
    const uint8_t high[] = {0x67, 0x64, 0x00, 0x28, 0xac, 0xd9, 0x40, 0x78, 0x02,
                            0x27, 0xe5, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04, 0x00,
                            0x00, 0x03, 0x00, 0xf0, 0x3c, 0x60, 0xc6, 0x58};
    const uint8_t cut_short[] = {0x67, 0x42, 0xc0, 0x1e, 0xd9, 0x00};
    (void)state;
    struct payload p = parsed(CODEC_H264, baseline, sizeof(baseline));
    assert_int_equal(p.width, 1280);
    assert_int_equal(p.height, 720);
    p = parsed(CODEC_H264, cropped, sizeof(cropped));
    assert_int_equal(p.width, 642);
    assert_int_equal(p.height, 362);
    p = parsed(CODEC_H264, high, sizeof(high));
    assert_int_equal(p.width, 1920);
    assert_int_equal(p.height, 1080);
    p = parsed(CODEC_H264, cut_short, sizeof(cut_short));
    assert_true(p.keyframe);
    assert_int_equal(p.width, 0);
}

static void h264_lengths_that_lie_are_dropped(void **state)
{
    const uint8_t long_unit[] = {0x78, 0, 5, 0x67, 0x42};
    const uint8_t empty_unit[] = {0x78, 0, 0, 0x67};
    const uint8_t bare_fu[] = {0x7c, 0x85};
    const uint8_t fu_b[] = {0x7d, 0x85, 0, 0};
    struct payload p;
    (void)state;
    assert_int_equal(payload_parse(&p, CODEC_H264, long_unit, sizeof(long_unit)), DROP_SHORT);
    assert_int_equal(payload_parse(&p, CODEC_H264, empty_unit, sizeof(empty_unit)),
                     DROP_MALFORMED);
    assert_int_equal(payload_parse(&p, CODEC_H264, bare_fu, sizeof(bare_fu)), DROP_SHORT);
    assert_int_equal(payload_parse(&p, CODEC_H264, fu_b, sizeof(fu_b)), DROP_MALFORMED);
}

static void av1_new_sequence_is_a_keyframe_and_tells_its_size(void **state)
{
    // N, W 2: a sequence header as libaom (640x360) and SVT-AV1 (1280x720) write it, then a
    // frame; the second one keeps its OBU size field
    const uint8_t aom[] = {0x28, 12,   0x08, 0x00, 0x00, 0x00, 0x0c, 0xc4,
                           0xff, 0x67, 0x36, 0xbe, 0x40, 0x10, 0x30, 1};
    const uint8_t svt[] = {0x28, 13,   0x0a, 11,   0x00, 0x00, 0x00, 0x2d, 0x4c,
                           0xff, 0xb3, 0xcf, 0xbf, 0x90, 0x04, 0x30, 1};
    (void)state;
    struct payload p = parsed(CODEC_AV1, aom, sizeof(aom));
    assert_true(p.keyframe && p.start_of_frame);
    assert_int_equal(p.width, 640);
    assert_int_equal(p.height, 360);
    p = parsed(CODEC_AV1, svt, sizeof(svt));
    assert_int_equal(p.width, 1280);
    assert_int_equal(p.height, 720);
}

static void av1_layers_come_from_the_first_obu_that_starts_here(void **state)
{
    const uint8_t start[] = {0x10, 0x34, 0x48, 1};        // W 1: a frame, TID 2, SID 1
    const uint8_t middle[] = {0xa0, 1, 9, 0x34, 0x28, 1}; // Z, W 2: the rest of one, then TID 1
    const uint8_t plain[] = {0x10, 0x30, 1};
    (void)state;
    struct payload p = parsed(CODEC_AV1, start, sizeof(start));
    assert_true(p.has_tid && p.start_of_frame && !p.keyframe);
    assert_int_equal(p.tid, 2);
    assert_int_equal(p.sid, 1);
    p = parsed(CODEC_AV1, middle, sizeof(middle));
    assert_false(p.start_of_frame);
    assert_int_equal(p.tid, 1);
    assert_false(parsed(CODEC_AV1, plain, sizeof(plain)).has_tid);
}

static void av1_lengths_that_lie_are_dropped(void **state)
{
    const uint8_t endless[] = {0x00, 0x80, 0x80, 0x80};
    const uint8_t too_long[] = {0x00, 5, 1, 2};
    const uint8_t new_but_continued[] = {0x98, 0x30, 1};
    struct payload p;
    (void)state;
    assert_int_equal(payload_parse(&p, CODEC_AV1, endless, sizeof(endless)), DROP_SHORT);
    assert_int_equal(payload_parse(&p, CODEC_AV1, too_long, sizeof(too_long)), DROP_SHORT);
    assert_int_equal(payload_parse(&p, CODEC_AV1, new_but_continued, 3), DROP_MALFORMED);
}

static void every_opus_packet_is_a_beginning(void **state)
{
    struct payload p;
    (void)state;
    assert_true(parsed(CODEC_OPUS, (const uint8_t *)"x", 1).keyframe);
    assert_int_equal(payload_parse(&p, CODEC_OPUS, (const uint8_t *)"x", 0), DROP_SHORT);
}

static void no_descriptor_is_read_past_its_end(void **state)
{
    // Every announced field of each codec; every prefix in memory of exactly its size.
    static const uint8_t vp8[] = {0x90, 0xf0, 0x92, 0x34, 7, 0x20, 0x50, 1,
                                  0,    0x9d, 1,    0x2a, 0, 0,    0,    0};
    static const uint8_t vp9[] = {0xaa, 0x81, 0x02, 0x10, 9, 0x38, 1, 0x40, 0,  0xb4,
                                  2,    0x80, 1,    0x68, 1, 0x08, 1, 2,    'x'};
    static const uint8_t h264[] = {0x78, 0,    9,    0x67, 0x42, 0xc0, 0x1e, 0xd9,
                                   0,    0xa0, 0x3d, 0xa1, 0,    1,    0x68};
    static const uint8_t av1[] = {0x28, 12,   0x08, 0x00, 0x00, 0x00, 0x0c, 0xc4,
                                  0xff, 0x67, 0x36, 0xbe, 0x40, 0x10, 0x30, 1};
    static const struct {
        enum media_codec codec;
        const uint8_t *data;
        size_t len;
    } sample[] = {{CODEC_VP8, vp8, sizeof(vp8)},
                  {CODEC_VP9, vp9, sizeof(vp9)},
                  {CODEC_H264, h264, sizeof(h264)},
                  {CODEC_AV1, av1, sizeof(av1)}};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        for (size_t len = 0; len <= sample[i].len; len++) {
            uint8_t *exact = malloc(len + 1);
            struct payload p;
            assert_non_null(exact);
            memcpy(exact + 1, sample[i].data, len);
            const enum drop why = payload_parse(&p, sample[i].codec, exact + 1, len);
            if (len == 0)
                assert_int_equal(why, DROP_SHORT);
            if (len == sample[i].len)
                assert_int_equal(why, DROP_NONE);
            if (why == DROP_NONE)
                assert_true(p.head_len <= len);
            free(exact);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vp8_keyframe_tells_its_size),
        cmocka_unit_test(vp8_keyframe_starts_only_with_its_first_packet),
        cmocka_unit_test(vp8_short_picture_id_and_upper_layer),
        cmocka_unit_test(vp9_keyframe_with_a_structure_tells_the_largest_size),
        cmocka_unit_test(vp9_upper_spatial_layer_is_no_place_to_begin),
        cmocka_unit_test(h264_keyframe_is_an_idr_or_a_parameter_set_in_any_packet_form),
        cmocka_unit_test(h264_parameter_sets_tell_their_size),
        cmocka_unit_test(h264_lengths_that_lie_are_dropped),
        cmocka_unit_test(av1_new_sequence_is_a_keyframe_and_tells_its_size),
        cmocka_unit_test(av1_layers_come_from_the_first_obu_that_starts_here),
        cmocka_unit_test(av1_lengths_that_lie_are_dropped),
        cmocka_unit_test(every_opus_packet_is_a_beginning),
        cmocka_unit_test(no_descriptor_is_read_past_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
