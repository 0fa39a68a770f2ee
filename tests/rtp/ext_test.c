#include "rtp/ext.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** A publisher's packet: extensions by (id, length, bytes), one-byte form; payload "payload".
 */
static struct rtp incoming(uint8_t *wire, const uint8_t *elems, size_t len)
{
    struct rtp p;
    const size_t words = (len + 3) / 4;
    memset(wire, 0, 400);
    wire[0] = 0xb1; // padding, extension, one CSRC
    wire[1] = 0xe0;
    wr16(wire + 2, 1000);
    wr32(wire + 4, 5000);
    wr32(wire + 8, 0xabcdef01);
    wr16(wire + 16, 0xbede);
    wr16(wire + 18, (uint16_t)words);
    memcpy(wire + 20, elems, len);
    memcpy(wire + 20 + 4 * words, "payload\0\0\3", 10);
    assert_int_equal(rtp_parse(&p, wire, 20 + 4 * words + 10), DROP_NONE);
    return p;
}

static void readers_take_what_the_specifications_say(void **state)
{
    // 1: level 30 with voice; 2: "v0"; 3: twcc 0xabcd; 4: orientation; 5: dependency descriptor
    const uint8_t elems[] = {0x10, 0x80 | 30, 0x21, 'v',  '0',  0x31, 0xab,
                             0xcd, 0x40,      0x0e, 0x52, 0xc0, 0x12, 0x34};
    uint8_t wire[400], level = 0, len = 0;
    uint16_t n = 0;
    bool vad = false;
    struct rtp_orientation turn;
    (void)state;
    const struct rtp p = incoming(wire, elems, sizeof(elems));

    assert_true(rtp_ext_audio_level(&p, 1, &level, &vad));
    assert_int_equal(level, 30);
    assert_true(vad);
    assert_false(rtp_ext_audio_level(&p, 2, &level, &vad)); // two bytes: something else
    assert_memory_equal(rtp_ext_text(&p, 2, &len), "v0", 2);
    assert_int_equal(len, 2);
    assert_null(rtp_ext_text(&p, 9, &len));
    assert_true(rtp_ext_twcc(&p, 3, &n));
    assert_int_equal(n, 0xabcd);
    assert_false(rtp_ext_twcc(&p, 1, &n));
    assert_true(rtp_ext_orientation(&p, 4, &turn));
    assert_true(turn.back && turn.flip);
    assert_int_equal(turn.degrees, 180);
    assert_true(rtp_ext_frame_number(&p, 5, &n));
    assert_int_equal(n, 0x1234);
    assert_false(rtp_ext_frame_number(&p, 3, &n));
}

static void abs_send_time_is_seconds_in_6_18(void **state)
{
    (void)state;
    assert_int_equal(rtp_abs_send_time(0), 0);
    assert_int_equal(rtp_abs_send_time(USEC_PER_SEC), 1 << 18);
    assert_int_equal(rtp_abs_send_time(65 * USEC_PER_SEC + USEC_PER_SEC / 2), 3 << 17);
}

static void copy_translates_replaces_and_strips(void **state)
{
    const uint8_t in[EXT_COUNT] = {[EXT_MID] = 2,
                                   [EXT_RID] = 6,
                                   [EXT_TWCC] = 3,
                                   [EXT_AUDIO_LEVEL] = 1,
                                   [EXT_ORIENTATION] = 4};
    const uint8_t out[EXT_COUNT] = {[EXT_MID] = 9,
                                    [EXT_RID] = 10,
                                    [EXT_TWCC] = 5,
                                    [EXT_AUDIO_LEVEL] = 4,
                                    [EXT_ABS_SEND_TIME] = 7};
    // level, mid "a", rid "hi", twcc, an unknown id 8, orientation that the receiver did not
    // agree to
    const uint8_t elems[] = {0x10, 30,   0x20, 'a',  0x61, 'h',  'i',
                             0x31, 0xab, 0xcd, 0x80, 1,    0x40, 1};
    uint8_t wire[400], buf[400], len = 0, level = 0;
    bool vad = true;
    uint16_t twcc = 0;
    struct rtp_ext_plan plan;
    struct rtp_copied where;
    struct rtp p;
    (void)state;
    const struct rtp src = incoming(wire, elems, sizeof(elems));
    rtp_ext_plan_init(&plan, in, out, "v12", 3, false);

    const struct rtp_out how = {.plan = &plan,
                                .ssrc = 7,
                                .ts = 8,
                                .seq = 9,
                                .pt = 100,
                                .marker = true,
                                .twcc = 0x1122,
                                .send_time = 0x345678};
    const size_t n = rtp_copy(buf, sizeof(buf), &src, &how, &where);
    assert_int_equal(rtp_parse(&p, buf, n), DROP_NONE);
    assert_int_equal(where.len, n);
    assert_int_equal(p.ssrc, 7);
    assert_int_equal(p.ts, 8);
    assert_int_equal(p.seq, 9);
    assert_int_equal(p.pt, 100);
    assert_true(p.marker);
    assert_int_equal(p.csrc_count, 0);
    assert_int_equal(p.padding, 0);
    assert_int_equal(p.payload_len, 7);
    assert_int_equal(p.payload_off, where.payload_off);
    assert_memory_equal(rtp_payload(&p), "payload", 7);

    unsigned count = 0;
    struct rtp_elem elem;
    for (uint16_t pos = 0; rtp_ext_next(&p, &pos, &elem);)
        count++;
    assert_int_equal(count, 4); // mid, twcc, send time, level
    assert_memory_equal(rtp_ext_text(&p, 9, &len), "v12", 3);
    assert_true(rtp_ext_twcc(&p, 5, &twcc));
    assert_int_equal(twcc, 0x1122);
    assert_int_equal(rd16(buf + where.twcc_off), 0x1122);
    assert_true(rtp_ext_audio_level(&p, 4, &level, &vad));
    assert_int_equal(level, 30);
    assert_false(vad);
    assert_non_null(rtp_ext(&p, 7, &len));
    assert_memory_equal(buf + where.send_time_off, "\x34\x56\x78", 3);
}

static void copy_without_extensions_has_no_extension_header(void **state)
{
    const uint8_t none[EXT_COUNT] = {0};
    const uint8_t elems[] = {0x10, 30};
    uint8_t wire[400], buf[400];
    struct rtp_ext_plan plan;
    struct rtp_copied where;
    (void)state;
    const struct rtp src = incoming(wire, elems, sizeof(elems));
    rtp_ext_plan_init(&plan, none, none, "v", 1, true);
    const struct rtp_out how = {.plan = &plan};
    assert_int_equal(rtp_copy(buf, sizeof(buf), &src, &how, &where), 12 + 7);
    assert_int_equal(buf[0], 0x80);
    assert_int_equal(where.twcc_off, 0);
}

static void rtx_copy_unwraps_to_the_plain_copy(void **state)
{
    const uint8_t ids[EXT_COUNT] = {[EXT_AUDIO_LEVEL] = 1};
    const uint8_t elems[] = {0x10, 30};
    uint8_t wire[400], plain[400], rtx[400];
    struct rtp_ext_plan plan;
    struct rtp_copied where;
    (void)state;
    const struct rtp src = incoming(wire, elems, sizeof(elems));
    rtp_ext_plan_init(&plan, ids, ids, "", 0, false);
    struct rtp_out how = {.plan = &plan,
                          .ssrc = 7,
                          .ts = 8,
                          .seq = 9,
                          .pt = 100,
                          .head_len = 2,
                          .head_skip = 3,
                          .head = "PA"};
    const size_t n = rtp_copy(plain, sizeof(plain), &src, &how, &where);
    assert_memory_equal(plain + where.payload_off, "PAload", 6);
    how.rtx = true;
    how.osn = 9;
    how.seq = 77;
    how.ssrc = 70;
    how.pt = 101;
    assert_int_equal(rtp_copy(rtx, sizeof(rtx), &src, &how, &where), n + 2);
    assert_int_equal(rd16(rtx + where.payload_off - 2), 9);
    assert_memory_equal(rtx + where.payload_off, "PAload", 6);
}

static void long_elements_take_the_two_byte_form_where_both_are_allowed(void **state)
{
    const uint8_t in[EXT_COUNT] = {[EXT_DEPENDENCY] = 5, [EXT_AUDIO_LEVEL] = 200};
    const uint8_t out[EXT_COUNT] = {
        [EXT_DEPENDENCY] = 6, [EXT_AUDIO_LEVEL] = 1, [EXT_TWCC] = 3};
    uint8_t wire[400] = {0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0x00, 0, 6};
    uint8_t buf[400], len = 0, level = 0;
    bool vad = false;
    struct rtp_ext_plan plan;
    struct rtp_copied where;
    struct rtp src, p;
    uint16_t frame = 0;
    (void)state;
    wire[16] = 5; // 19 bytes, frame number 0x0102
    wire[17] = 19;
    wire[19] = 1;
    wire[20] = 2;
    wire[37] = 200;
    wire[38] = 1;
    wire[39] = 0x85;
    assert_int_equal(rtp_parse(&src, wire, 41), DROP_NONE);

    rtp_ext_plan_init(&plan, in, out, "", 0, true);
    struct rtp_out how = {.plan = &plan, .frame_add = 0x1000};
    size_t n = rtp_copy(buf, sizeof(buf), &src, &how, &where);
    assert_int_equal(rtp_parse(&p, buf, n), DROP_NONE);
    assert_int_equal(p.ext_form, RTP_EXT_TWO_BYTE);
    assert_non_null(rtp_ext(&p, 6, &len));
    assert_int_equal(len, 19);
    assert_true(rtp_ext_frame_number(&p, 6, &frame));
    assert_int_equal(frame, 0x1102);
    assert_true(rtp_ext_audio_level(&p, 1, &level, &vad));
    assert_int_equal(level, 5);
    assert_true(where.twcc_off > 16 && rd16(buf + where.twcc_off) == 0);

    rtp_ext_plan_init(&plan, in, out, "", 0, false);
    n = rtp_copy(buf, sizeof(buf), &src, &how, &where);
    assert_int_equal(rtp_parse(&p, buf, n), DROP_NONE);
    assert_int_equal(p.ext_form, RTP_EXT_ONE_BYTE);
    assert_null(rtp_ext(&p, 6, &len));
    assert_non_null(rtp_ext(&p, 1, &len));
}

static void ids_above_14_are_written_in_the_two_byte_form(void **state)
{
    const uint8_t in[EXT_COUNT] = {[EXT_AUDIO_LEVEL] = 1};
    const uint8_t out[EXT_COUNT] = {[EXT_AUDIO_LEVEL] = 40, [EXT_MID] = 3};
    const uint8_t elems[] = {0x10, 30};
    uint8_t wire[400], buf[400], len = 0;
    struct rtp_ext_plan plan;
    struct rtp_copied where;
    struct rtp p;
    (void)state;
    const struct rtp src = incoming(wire, elems, sizeof(elems));
    rtp_ext_plan_init(&plan, in, out, "a-mid-of-more-than-sixteen", 26, false);
    const struct rtp_out how = {.plan = &plan};
    assert_int_equal(rtp_parse(&p, buf, rtp_copy(buf, sizeof(buf), &src, &how, &where)),
                     DROP_NONE);
    assert_int_equal(p.ext_form, RTP_EXT_TWO_BYTE);
    assert_non_null(rtp_ext(&p, 40, &len));
    assert_memory_equal(rtp_ext_text(&p, 3, &len), "a-mid-of-more-than-sixteen", 26);
}

static void copy_never_writes_past_its_room(void **state)
{
    const uint8_t ids[EXT_COUNT] = {[EXT_MID] = 2, [EXT_TWCC] = 3, [EXT_AUDIO_LEVEL] = 1};
    const uint8_t elems[] = {0x10, 30};
    uint8_t wire[400];
    struct rtp_ext_plan plan;
    struct rtp_copied where;
    (void)state;
    const struct rtp src = incoming(wire, elems, sizeof(elems));
    rtp_ext_plan_init(&plan, ids, ids, "0", 1, false);
    const struct rtp_out how = {.plan = &plan, .rtx = true};
    const size_t need = 12 + 4 + 8 + 2 + 7;
    for (size_t cap = 0; cap <= need; cap++) {
        uint8_t *exact = malloc(cap + 1);
        assert_non_null(exact);
        assert_int_equal(rtp_copy(exact + 1, cap, &src, &how, &where), cap == need ? need : 0);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_take_what_the_specifications_say),
        cmocka_unit_test(abs_send_time_is_seconds_in_6_18),
        cmocka_unit_test(copy_translates_replaces_and_strips),
        cmocka_unit_test(copy_without_extensions_has_no_extension_header),
        cmocka_unit_test(rtx_copy_unwraps_to_the_plain_copy),
        cmocka_unit_test(long_elements_take_the_two_byte_form_where_both_are_allowed),
        cmocka_unit_test(ids_above_14_are_written_in_the_two_byte_form),
        cmocka_unit_test(copy_never_writes_past_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
