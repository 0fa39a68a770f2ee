#include "rtp/xr.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/** Opens a datagram of one packet and reads it. */
static struct rtcp only(const uint8_t *data, size_t len)
{
    struct rtcp_iter it;
    struct rtcp p, more;
    assert_int_equal(rtcp_open(&it, data, len), DROP_NONE);
    assert_true(rtcp_next(&it, &p));
    assert_false(rtcp_next(&it, &more));
    return p;
}

static void what_is_written_is_read_again(void **state)
{
    uint8_t buf[300];
    size_t len = 0;
    const struct rtcp_sr sr = {1, UINT64_C(0x1122334455667788), 9, 10, 11};
    const struct rtcp_report report[2] = {{21, 22, -5, 0x12345678, 24, 25, 26},
                                          {31, 255, 70, 33, 34, 35, 36}};
    const uint32_t gone[2] = {41, 42};
    struct rtcp_iter it;
    struct rtcp p;
    struct rtcp_sr sr2;
    struct rtcp_report report2;
    struct rtcp_sdes_item item;
    struct rtcp_sdes_iter sdes = {0};
    uint32_t ssrc = 0;
    (void)state;
    len += rtcp_write_sr(buf + len, sizeof(buf) - len, &sr, report, 2);
    len += rtcp_write_cname(buf + len, sizeof(buf) - len, 1, "somebody");
    len += rtcp_write_rr(buf + len, sizeof(buf) - len, 5, report + 1, 1);
    len += rtcp_write_bye(buf + len, sizeof(buf) - len, gone, 2);
    assert_int_equal(rtcp_open(&it, buf, len), DROP_NONE);

    assert_true(rtcp_next(&it, &p));
    assert_int_equal(p.kind, RTCP_KIND_SR);
    rtcp_read_sr(&p, &sr2);
    assert_int_equal(sr2.ssrc, 1);
    assert_true(sr2.ntp == sr.ntp);
    assert_int_equal(sr2.rtp, 9);
    assert_int_equal(sr2.packets, 10);
    assert_int_equal(sr2.octets, 11);
    assert_true(rtcp_read_report(&p, 0, &report2));
    assert_int_equal(report2.ssrc, 21);
    assert_int_equal(report2.fraction, 22);
    assert_int_equal(report2.lost, -5);
    assert_int_equal(report2.highest, 0x12345678);
    assert_int_equal(report2.jitter, 24);
    assert_int_equal(report2.last_sr, 25);
    assert_int_equal(report2.delay_sr, 26);
    assert_true(rtcp_read_report(&p, 1, &report2));
    assert_int_equal(report2.lost, 70);
    assert_false(rtcp_read_report(&p, 2, &report2));

    assert_true(rtcp_next(&it, &p));
    assert_int_equal(p.kind, RTCP_KIND_SDES);
    assert_true(rtcp_next_sdes(&p, &sdes, &item));
    assert_int_equal(item.ssrc, 1);
    assert_int_equal(item.type, RTCP_SDES_CNAME);
    assert_int_equal(item.len, 8);
    assert_memory_equal(item.text, "somebody", 8);
    assert_false(rtcp_next_sdes(&p, &sdes, &item));

    assert_true(rtcp_next(&it, &p));
    assert_int_equal(p.kind, RTCP_KIND_RR);
    assert_int_equal(p.sender, 5);
    assert_true(rtcp_read_report(&p, 0, &report2));
    assert_int_equal(report2.ssrc, 31);

    assert_true(rtcp_next(&it, &p));
    assert_int_equal(p.kind, RTCP_KIND_BYE);
    assert_true(rtcp_read_bye(&p, 1, &ssrc));
    assert_int_equal(ssrc, 42);
    assert_false(rtcp_read_bye(&p, 2, &ssrc));
    assert_false(rtcp_next(&it, &p));
}

static void nack_packs_neighbours_and_unpacks_them_across_the_wrap(void **state)
{
    const uint16_t seq[] = {65530, 65531, 65535, 0, 10, 11, 27, 28};
    uint8_t buf[64];
    unsigned written = 8, n = 0;
    struct rtcp_nack_iter it = {0};
    uint16_t got = 0;
    (void)state;
    const size_t len = rtcp_write_nack(buf, sizeof(buf), 1, 2, seq, &written);
    assert_int_equal(written, 8);
    assert_int_equal(len, 12 + 3 * 4); // 65530..10, 11..27, 28
    const struct rtcp p = only(buf, len);
    assert_int_equal(p.kind, RTCP_KIND_NACK);
    assert_int_equal(p.sender, 1);
    assert_int_equal(p.media, 2);
    while (rtcp_next_nack(&p, &it, &got))
        assert_int_equal(got, seq[n++]);
    assert_int_equal(n, 8);

    assert_int_equal(rtcp_write_nack(buf, 16, 1, 2, seq, &written), 16);
    assert_int_equal(written, 5);
    assert_int_equal(rtcp_write_nack(buf, 15, 1, 2, seq, &written), 0);
    assert_int_equal(written, 0);
}

static void keyframe_requests_name_their_stream(void **state)
{
    uint8_t buf[32], seq_nr = 0;
    uint32_t ssrc = 0;
    (void)state;
    struct rtcp p = only(buf, rtcp_write_pli(buf, sizeof(buf), 1, 2));
    assert_int_equal(p.kind, RTCP_KIND_PLI);
    assert_int_equal(p.media, 2);
    p = only(buf, rtcp_write_fir(buf, sizeof(buf), 1, 2, 200));
    assert_int_equal(p.kind, RTCP_KIND_FIR);
    assert_true(rtcp_read_fir(&p, 0, &ssrc, &seq_nr));
    assert_int_equal(ssrc, 2);
    assert_int_equal(seq_nr, 200);
    assert_false(rtcp_read_fir(&p, 1, &ssrc, &seq_nr));
}

static void remb_of_any_size_is_read_without_overflow(void **state)
{
    uint8_t wire[] = {0x8f, 206, 0,   5,   0, 0, 0, 1, 0, 0, 0, 0,
                      'R',  'E', 'M', 'B', 1, 0, 0, 0, 0, 0, 0, 9};
    struct rtcp_remb remb;
    (void)state;
    wire[17] = 2 << 2 | 1; // exponent 2, mantissa 0x10003
    wire[19] = 3;
    struct rtcp p = only(wire, sizeof(wire));
    assert_int_equal(p.kind, RTCP_KIND_REMB);
    rtcp_read_remb(&p, &remb);
    assert_int_equal(remb.rate_bps, 0x10003 * 4);
    assert_int_equal(remb.ssrc_count, 1);

    memset(wire + 17, 0xff, 3);
    rtcp_read_remb(&p, &remb);
    assert_true(remb.rate_bps == UINT64_MAX);
    wire[17] = 0xfc; // exponent 63, mantissa 0
    wire[18] = wire[19] = 0;
    rtcp_read_remb(&p, &remb);
    assert_true(remb.rate_bps == 0);

    wire[16] = 2; // claims an SSRC more than there are
    p = only(wire, sizeof(wire));
    assert_int_equal(p.kind, RTCP_KIND_OTHER);
}

static void reduced_size_feedback_alone_is_fine(void **state)
{
    uint8_t twcc[24] = {0x8f, 205, 0, 5};
    (void)state;
    assert_int_equal(only(twcc, sizeof(twcc)).kind, RTCP_KIND_TWCC);
}

static void false_framing_drops_the_whole_datagram(void **state)
{
    uint8_t buf[64];
    struct rtcp_iter it;
    (void)state;
    const size_t one = rtcp_write_pli(buf, sizeof(buf), 1, 2);
    const size_t two = one + rtcp_write_pli(buf + one, sizeof(buf) - one, 1, 2);
    for (size_t len = 0; len < two; len++)
        assert_int_equal(rtcp_open(&it, buf, len), len == one ? DROP_NONE : DROP_SHORT);
    buf[one] = 0x41; // version 1
    assert_int_equal(rtcp_open(&it, buf, two), DROP_MALFORMED);
    buf[one] = 0xa1; // padding of 0 bytes
    buf[two - 1] = 0;
    assert_int_equal(rtcp_open(&it, buf, two), DROP_MALFORMED);
    buf[two - 1] = 9;
    assert_int_equal(rtcp_open(&it, buf, two), DROP_MALFORMED);
    buf[two - 1] = 3; // as transport-wide feedback has it
    assert_int_equal(rtcp_open(&it, buf, two), DROP_NONE);
}

static void counts_that_lie_make_a_packet_unknown(void **state)
{
    uint8_t rr[32] = {0x82, 201, 0, 7}; // two blocks, room for one
    uint8_t sr[28] = {0x81, 200, 0, 6};
    uint8_t bye[8] = {0x82, 203, 0, 1};
    uint8_t sdes[12] = {0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 'x', 0};
    uint8_t fir[12] = {0x84, 206, 0, 2};
    uint8_t nack[12] = {0x81, 205, 0, 2};
    (void)state;
    assert_int_equal(only(rr, sizeof(rr)).kind, RTCP_KIND_OTHER);
    assert_int_equal(only(sr, sizeof(sr)).kind, RTCP_KIND_OTHER);
    assert_int_equal(only(bye, sizeof(bye)).kind, RTCP_KIND_OTHER);
    assert_int_equal(only(sdes, sizeof(sdes)).kind, RTCP_KIND_OTHER);
    assert_int_equal(only(fir, sizeof(fir)).kind, RTCP_KIND_OTHER);
    assert_int_equal(only(nack, sizeof(nack)).kind, RTCP_KIND_OTHER);
    sdes[9] = 1;
    assert_int_equal(only(sdes, sizeof(sdes)).kind, RTCP_KIND_SDES);
}

static void lost_is_clamped_to_24_bits(void **state)
{
    uint8_t buf[64];
    struct rtcp_report report = {.lost = INT32_MAX}, got;
    (void)state;
    struct rtcp p = only(buf, rtcp_write_rr(buf, sizeof(buf), 1, &report, 1));
    assert_true(rtcp_read_report(&p, 0, &got));
    assert_int_equal(got.lost, 0x7fffff);
    report.lost = INT32_MIN;
    p = only(buf, rtcp_write_rr(buf, sizeof(buf), 1, &report, 1));
    assert_true(rtcp_read_report(&p, 0, &got));
    assert_int_equal(got.lost, -0x800000);
}

static void cname_of_every_length_ends_with_a_zero(void **state)
{
    char name[256] = "";
    uint8_t buf[300];
    (void)state;
    for (size_t n = 1; n < sizeof(name); n++) {
        name[n - 1] = 'n';
        struct rtcp_sdes_iter it = {0};
        struct rtcp_sdes_item item;
        const struct rtcp p = only(buf, rtcp_write_cname(buf, sizeof(buf), 1, name));
        assert_int_equal(p.kind, RTCP_KIND_SDES);
        assert_true(rtcp_next_sdes(&p, &it, &item));
        assert_int_equal(item.len, n);
        assert_int_equal(p.data[p.len - 1], 0);
    }
}

static void reference_time_and_its_answer_are_extended_reports(void **state)
{
    uint8_t buf[64];
    struct xr_dlrr got, answer = {.ssrc = 7, .last_rr = 0x55667788, .delay_rr = 65536};
    struct xr_iter it = {0};
    (void)state;
    struct rtcp p = only(buf, xr_write_rrtr(buf, sizeof(buf), 3, UINT64_C(0x1122334455667788)));
    assert_int_equal(p.kind, RTCP_KIND_XR);
    assert_int_equal(p.sender, 3);
    assert_int_equal(rd32(p.data + 12), 0x11223344);
    assert_false(xr_next_dlrr(&p, &it, &got)); // it is no answer
    it = (struct xr_iter){0};
    p = only(buf, xr_write_dlrr(buf, sizeof(buf), 3, &answer));
    assert_int_equal(p.kind, RTCP_KIND_XR);
    assert_true(xr_next_dlrr(&p, &it, &got));
    assert_int_equal(got.ssrc, 7);
    assert_int_equal(got.last_rr, 0x55667788);
    assert_int_equal(got.delay_rr, 65536);
    assert_false(xr_next_dlrr(&p, &it, &got));
    assert_int_equal(xr_write_dlrr(buf, 23, 3, &answer), 0);
    assert_int_equal(xr_write_rrtr(buf, 19, 3, 1), 0);
}

static void extended_reports_in_a_row_and_cut_off(void **state)
{
    // Unknown block of one word, DLRR with two answers and a stray word, RRTR.
    uint8_t buf[] = {0x80, 207, 0, 14, 0, 0, 0, 9, 77, 0, 0, 1, 1, 2, 3, 4, 5, 0, 0, 7,
                     0,    0,   0, 1,  0, 0, 0, 2, 0,  0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5,
                     0,    0,   0, 6,  9, 9, 9, 9, 4,  0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8};
    struct xr_iter it = {0};
    struct xr_dlrr d;
    (void)state;
    struct rtcp p = only(buf, sizeof(buf));
    assert_int_equal(p.kind, RTCP_KIND_XR);
    assert_true(xr_next_dlrr(&p, &it, &d));
    assert_int_equal(d.delay_rr, 3);
    assert_true(xr_next_dlrr(&p, &it, &d));
    assert_int_equal(d.ssrc, 4);
    assert_false(xr_next_dlrr(&p, &it, &d));
    buf[11] = 60;
    assert_int_equal(only(buf, sizeof(buf)).kind, RTCP_KIND_OTHER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_again),
        cmocka_unit_test(nack_packs_neighbours_and_unpacks_them_across_the_wrap),
        cmocka_unit_test(keyframe_requests_name_their_stream),
        cmocka_unit_test(remb_of_any_size_is_read_without_overflow),
        cmocka_unit_test(reduced_size_feedback_alone_is_fine),
        cmocka_unit_test(false_framing_drops_the_whole_datagram),
        cmocka_unit_test(counts_that_lie_make_a_packet_unknown),
        cmocka_unit_test(lost_is_clamped_to_24_bits),
        cmocka_unit_test(reference_time_and_its_answer_are_extended_reports),
        cmocka_unit_test(extended_reports_in_a_row_and_cut_off),
        cmocka_unit_test(cname_of_every_length_ends_with_a_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
