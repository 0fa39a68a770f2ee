#include "rtp/packet.h"

#include "rtp/rtx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parses_every_field(void **state)
{
    // V=2 X=1, M=1 PT=111, one-byte extensions: id 1 (1 byte), id 3 (2 bytes), payload "hi".
    uint8_t wire[] = {0x90, 0xef, 0x12, 0x34, 0,    0, 0,   9,    0xca,
                      0xfe, 0xba, 0xbe, 0xbe, 0xde, 0, 2,   0x10, 0x7f,
                      0x31, 0xab, 0xcd, 0,    0,    0, 'h', 'i'};
    struct rtp p;
    (void)state;
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_NONE);
    assert_int_equal(p.pt, 111);
    assert_true(p.marker);
    assert_int_equal(p.seq, 0x1234);
    assert_int_equal(p.ts, 9);
    assert_int_equal(p.ssrc, 0xcafebabe);
    assert_int_equal(p.ext_form, RTP_EXT_ONE_BYTE);
    assert_int_equal(p.payload_len, 2);
    assert_memory_equal(rtp_payload(&p), "hi", 2);

    uint8_t len = 0;
    const uint8_t *twcc = rtp_ext(&p, 3, &len);
    assert_non_null(twcc);
    assert_int_equal(len, 2);
    assert_int_equal(twcc[0], 0xab);
    assert_null(rtp_ext(&p, 2, &len));
    assert_null(rtp_ext(&p, 0, &len));
}

static void two_byte_form_has_long_and_empty_elements(void **state)
{
    // Appbits 5; id 20 empty, padding, id 200 of 17 bytes, id 3 of 1 byte.
    uint8_t wire[12 + 4 + 28] = {0x90, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0x10, 0x05, 0, 7};
    uint8_t *e = wire + 16;
    uint8_t len = 0;
    struct rtp p;
    (void)state;
    e[0] = 20;
    e[3] = 200;
    e[4] = 17;
    e[21] = 0x77;
    e[22] = 3;
    e[23] = 1;
    e[24] = 0x55;
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_NONE);
    assert_int_equal(p.ext_form, RTP_EXT_TWO_BYTE);
    assert_non_null(rtp_ext(&p, 20, &len));
    assert_int_equal(len, 0);
    const uint8_t *data = rtp_ext(&p, 200, &len);
    assert_ptr_equal(data, e + 5);
    assert_int_equal(len, 17);
    assert_int_equal(data[16], 0x77);
    data = rtp_ext(&p, 3, &len);
    assert_non_null(data);
    assert_int_equal(*data, 0x55);
}

static void id_15_and_id_0_with_a_length_end_the_one_byte_form(void **state)
{
    uint8_t wire[] = {0x90, 0x60, 0, 1, 0, 0,    0, 2,    0, 0,    0, 3,
                      0xbe, 0xde, 0, 2, 0, 0x10, 9, 0xf0, 1, 0x20, 9, 0};
    uint8_t len = 0;
    struct rtp p;
    (void)state;
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_NONE);
    assert_non_null(rtp_ext(&p, 1, &len));
    assert_null(rtp_ext(&p, 2, &len));
    wire[19] = 0x01; // id 0 that claims two bytes
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_NONE);
    assert_null(rtp_ext(&p, 2, &len));
    wire[19] = wire[20] = 0; // padding
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_NONE);
    assert_non_null(rtp_ext(&p, 2, &len));
}

static void foreign_extension_is_skipped_but_not_read(void **state)
{
    uint8_t wire[] = {0x90, 0x60, 0,    1, 0, 0,    0, 2, 0, 0,  0,
                      3,    0xab, 0xcd, 0, 1, 0x10, 9, 0, 0, 'x'};
    uint8_t len = 0;
    struct rtp p;
    (void)state;
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_NONE);
    assert_int_equal(p.ext_form, RTP_EXT_NONE);
    assert_null(rtp_ext(&p, 1, &len));
    assert_int_equal(p.payload_len, 1);
    assert_int_equal(*rtp_payload(&p), 'x');
}

static void no_prefix_is_read_past_its_end(void **state)
{
    // Padding, extension and three CSRCs: every length field there is.
    const uint8_t wire[] = {0xb3, 0x60, 0, 1, 0,    0, 0, 2, 0,   0, 0, 3,
                            1,    1,    1, 1, 2,    2, 2, 2, 3,   3, 3, 3,
                            0xbe, 0xde, 0, 1, 0x12, 1, 2, 3, 'x', 0, 0, 3};
    (void)state;
    for (size_t len = 0; len <= sizeof(wire); len++) {
        uint8_t *exact = malloc(len + 1); // ASan watches the byte after
        struct rtp p;
        assert_non_null(exact);
        memcpy(exact + 1, wire, len);
        const enum drop why = rtp_parse(&p, exact + 1, len);
        if (why == DROP_NONE)
            assert_true(p.payload_off + p.payload_len + p.padding == (int)len);
        if (len == sizeof(wire)) {
            assert_int_equal(why, DROP_NONE);
            assert_int_equal(p.csrc_count, 3);
            assert_int_equal(p.payload_len, 1);
            assert_int_equal(p.padding, 3);
        }
        free(exact);
    }
}

static void padding_longer_than_the_packet_is_malformed(void **state)
{
    uint8_t wire[] = {0xa0, 0x60, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 200};
    struct rtp p;
    (void)state;
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_MALFORMED);
    wire[12] = 0;
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_MALFORMED);
    wire[12] = 1;
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_NONE);
    assert_int_equal(p.payload_len, 0);
    wire[0] = 0x60; // version 1
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_MALFORMED);
}

static void rtx_becomes_the_packet_it_repeats(void **state)
{
    // One-byte extension, OSN 0x0102, payload "abc", one byte of padding.
    uint8_t wire[] = {0xb0, 0xe1, 0x55, 0x55, 0,    0, 0, 9, 0xca, 0xfe, 0xba, 0xbe, 0xbe,
                      0xde, 0,    1,    0x10, 0x7f, 0, 0, 1, 2,    'a',  'b',  'c',  1};
    struct rtp p, again;
    uint8_t len = 0;
    (void)state;
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_NONE);
    assert_int_equal(rtx_unwrap(&p, 96, 0x11223344), DROP_NONE);
    assert_int_equal(rtp_parse(&again, p.data, p.len), DROP_NONE);
    assert_int_equal(again.payload_off, p.payload_off);
    assert_int_equal(again.padding, 1);
    assert_int_equal(again.seq, 0x0102);
    assert_int_equal(again.pt, 96);
    assert_int_equal(again.ssrc, 0x11223344);
    assert_true(again.marker);
    assert_int_equal(again.ts, 9);
    assert_int_equal(again.payload_len, 3);
    assert_memory_equal(rtp_payload(&again), "abc", 3);
    assert_non_null(rtp_ext(&again, 1, &len));
}

static void rtx_of_nothing_but_padding_repeats_nothing(void **state)
{
    uint8_t wire[] = {0xa0, 0x61, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 3};
    struct rtp p;
    (void)state;
    assert_int_equal(rtp_parse(&p, wire, sizeof(wire)), DROP_NONE);
    assert_int_equal(rtx_unwrap(&p, 96, 1), DROP_SHORT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_every_field),
        cmocka_unit_test(two_byte_form_has_long_and_empty_elements),
        cmocka_unit_test(id_15_and_id_0_with_a_length_end_the_one_byte_form),
        cmocka_unit_test(foreign_extension_is_skipped_but_not_read),
        cmocka_unit_test(no_prefix_is_read_past_its_end),
        cmocka_unit_test(padding_longer_than_the_packet_is_malformed),
        cmocka_unit_test(rtx_becomes_the_packet_it_repeats),
        cmocka_unit_test(rtx_of_nothing_but_padding_repeats_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
