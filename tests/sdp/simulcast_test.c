#include "offers.h"

#define RID_EXT "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"
#define OFFER   SESSION("0") VIDEO("0", "sendonly") RID_EXT

/** Expects these rids, lowest first, separated by spaces, and this list in the answer. */
static void expect(const char *offer, const char *rids, const char *answered)
{
    struct sdp_answered a = answer_plain(offer);
    const struct agree_mline *m = &a.agreement.mline[0];
    char found[128] = "";
    char line[128];
    for (unsigned i = 0; i < m->encoding_count; i++) {
        strcat(strcat(found, i ? " " : ""), m->encoding[i].rid);
        (void)snprintf(line, sizeof line, "a=rid:%s recv\r\n", m->encoding[i].rid);
        assert_true(has(&a, line));
    }
    assert_string_equal(found, rids);
    assert_int_equal(count_of(a.sdp, "a=rid:"), m->encoding_count);
    (void)snprintf(line, sizeof line, "a=simulcast:recv %s\r\n", answered);
    assert_true(has(&a, line));
    sdp_answered_fini(&a);
}

static void well_known_rids_are_ranked_by_their_names(void **state)
{
    (void)state;
    expect(OFFER "a=rid:f send\r\na=rid:q send\r\na=rid:h send\r\na=simulcast:send f;h;q\r\n",
           "q h f", "f;h;q");
    expect(OFFER "a=rid:h send\r\na=rid:m send\r\na=rid:l send\r\na=simulcast:send h;m;l\r\n",
           "l m h", "h;m;l");
    expect(OFFER "a=rid:HIGH send\r\na=rid:low send\r\na=simulcast:send HIGH;low\r\n",
           "low HIGH", "HIGH;low");
    expect(OFFER "a=rid:h send\r\na=rid:l send\r\na=simulcast:send h;l\r\n", "l h", "h;l");
    expect(OFFER "a=rid:l send\r\na=rid:m send\r\na=rid:s send\r\na=simulcast:send l;m;s\r\n",
           "s m l", "l;m;s");
}

static void numbers_are_ranked_by_value(void **state)
{
    (void)state;
    expect(OFFER "a=rid:2 send\r\na=rid:1 send\r\na=rid:0 send\r\na=simulcast:send 2;1;0\r\n",
           "0 1 2", "2;1;0");
    expect(OFFER "a=rid:r10 send\r\na=rid:r9 send\r\na=simulcast:send r10;r9\r\n", "r9 r10",
           "r10;r9");
}

static void sizes_say_more_than_names(void **state)
{
    (void)state;
    expect(OFFER "a=rid:q send max-width=1280;max-height=720\r\n"
                 "a=rid:f send pt=96;max-width=320\r\na=simulcast:send q;f\r\n",
           "f q", "q;f");
    expect(OFFER "a=rid:q send max-height=720\r\na=rid:f send max-height=720\r\n"
                 "a=simulcast:send f;q\r\n",
           "q f", "f;q");
}

static void unknown_rids_keep_the_order_of_the_list(void **state)
{
    (void)state;
    expect(OFFER "a=rid:b send\r\na=rid:a send\r\na=rid:c send\r\na=simulcast:send c;a;b\r\n",
           "c a b", "c;a;b");
    expect(OFFER "a=rid:x1 send\r\na=rid:y0 send\r\na=simulcast:send x1;y0\r\n", "x1 y0",
           "x1;y0");
}

static void restrictions_are_kept(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        OFFER "a=rid:q send max-width=320;max-height=180\r\na=rid:f send max-width=70000\r\n"
              "a=simulcast:send q;f\r\n");
    assert_int_equal(a.agreement.mline[0].encoding[0].max_width, 320);
    assert_int_equal(a.agreement.mline[0].encoding[0].max_height, 180);
    assert_int_equal(a.agreement.mline[0].encoding[1].max_width, UINT16_MAX);
    assert_int_equal(a.agreement.mline[0].encoding[1].max_height, 0);
    sdp_answered_fini(&a);
}

static void of_alternatives_the_first_known_is_taken_and_a_pause_is_no_matter(void **state)
{
    (void)state;
    expect(OFFER "a=rid:1 send\r\na=rid:2 send\r\na=rid:3 send\r\n"
                 "a=simulcast:send 9,1,2;~3 recv 4\r\n",
           "1 3", "1;3");
    expect(OFFER "a=rid:1 send\r\na=rid:2 send\r\na=simulcast:recv 7 send 1;1;~2;8\r\n", "1 2",
           "1;2");
}

static void more_layers_than_fit_are_cut_off(void **state)
{
    (void)state;
    expect(OFFER "a=rid:0 send\r\na=rid:1 send\r\na=rid:2 send\r\na=rid:3 send\r\n"
                 "a=rid:4 send\r\na=simulcast:send 0;1;2;3;4\r\n",
           "0 1 2 3", "0;1;2;3");
}

static void a_rid_alone_is_answered_without_simulcast(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(OFFER "a=rid:x send\r\na=rid:y recv\r\n");
    assert_int_equal(a.agreement.mline[0].encoding_count, 1);
    assert_string_equal(a.agreement.mline[0].encoding[0].rid, "x");
    assert_true(has(&a, "a=rid:x recv\r\n"));
    assert_false(has(&a, "a=rid:y"));
    assert_false(has(&a, "a=simulcast"));
    sdp_answered_fini(&a);
}

static void rids_that_no_packet_could_name_are_not_agreed(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        SESSION("0") VIDEO("0", "sendonly") "a=rid:q send\r\na=rid:f send\r\n"
                                            "a=simulcast:send q;f\r\na=ssrc:5 cname:x\r\n");
    assert_int_equal(a.agreement.mline[0].encoding_count, 1);
    assert_string_equal(a.agreement.mline[0].encoding[0].rid, "");
    assert_int_equal(a.agreement.mline[0].encoding[0].ssrc, 5);
    assert_false(has(&a, "a=rid:"));
    assert_false(has(&a, "a=simulcast"));
    sdp_answered_fini(&a);
}

static void old_clients_name_their_layers_by_ssrc(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        OFFER
        "a=ssrc-group:SIM 11 12 13\r\na=ssrc-group:FID 11 21\r\na=ssrc-group:FID 12 22\r\n"
        "a=ssrc-group:FID 13 23\r\na=ssrc:11 cname:x\r\na=ssrc:21 cname:x\r\n");
    const struct agree_mline *m = &a.agreement.mline[0];
    assert_int_equal(m->encoding_count, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_string_equal(m->encoding[i].rid, "");
        assert_int_equal(m->encoding[i].ssrc, 11 + i);
        assert_int_equal(m->encoding[i].rtx_ssrc, 21 + i);
    }
    sdp_answered_fini(&a);
}

static void a_single_encoding_has_its_ssrc_and_that_of_its_rtx(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        OFFER "a=ssrc:4294967295 cname:x\r\na=ssrc:21 cname:x\r\na=ssrc:9 msid:a b\r\n"
              "a=ssrc-group:FID 9 21\r\na=ssrc-group:FID 8 4294967295\r\n");
    const struct agree_mline *m = &a.agreement.mline[0];
    assert_int_equal(m->encoding_count, 1);
    assert_int_equal(m->encoding[0].ssrc, 9);
    assert_int_equal(m->encoding[0].rtx_ssrc, 21);
    sdp_answered_fini(&a);
    a = answer_plain(OFFER);
    assert_int_equal(a.agreement.mline[0].encoding_count, 0);
    sdp_answered_fini(&a);
}

static void what_is_not_sent_has_no_encodings(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(SESSION("0") VIDEO("0", "recvonly") "a=ssrc:9 cname:x\r\n");
    assert_int_equal(a.agreement.mline[0].encoding_count, 0);
    sdp_answered_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_known_rids_are_ranked_by_their_names),
        cmocka_unit_test(numbers_are_ranked_by_value),
        cmocka_unit_test(sizes_say_more_than_names),
        cmocka_unit_test(unknown_rids_keep_the_order_of_the_list),
        cmocka_unit_test(restrictions_are_kept),
        cmocka_unit_test(of_alternatives_the_first_known_is_taken_and_a_pause_is_no_matter),
        cmocka_unit_test(more_layers_than_fit_are_cut_off),
        cmocka_unit_test(a_rid_alone_is_answered_without_simulcast),
        cmocka_unit_test(rids_that_no_packet_could_name_are_not_agreed),
        cmocka_unit_test(old_clients_name_their_layers_by_ssrc),
        cmocka_unit_test(a_single_encoding_has_its_ssrc_and_that_of_its_rtx),
        cmocka_unit_test(what_is_not_sent_has_no_encodings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
