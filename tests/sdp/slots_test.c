#include "offers.h"

static void directions_are_answered_by_their_mirror(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0 1 2 3") AUDIO("0", "sendonly") AUDIO(
        "1", "recvonly") AUDIO("2", "sendrecv") AUDIO("3", "inactive"));
    const char *const answers[] = {"a=recvonly\r\n", "a=sendonly\r\n", "a=sendrecv\r\n",
                                   "a=inactive\r\n"};
    for (unsigned i = 0; i < 4; i++) {
        assert_true(mline_has(&a, i, answers[i]));
        assert_true(a.agreement.mline[i].active);
        assert_int_equal(a.agreement.mline[i].client_sends, i == 0 || i == 2);
        assert_int_equal(a.agreement.mline[i].client_receives, i == 1 || i == 2);
    }
    sdp_answered_fini(&a);
}

static void a_direction_of_the_session_is_the_default(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(SESSION("0") "a=recvonly\r\n" M("audio", "111") MUX("0") OPUS);
    assert_true(mline_has(&a, 0, "a=sendonly\r\n"));
    sdp_answered_fini(&a);
}

static void whip_is_sent_nothing_and_whep_sends_nothing(void **state)
{
    (void)state;
    const char *offer = SESSION("0 1") AUDIO("0", "sendrecv") VIDEO("1", "sendrecv");
    struct sdp_local local = test_local();
    local.publish_only = true;
    struct sdp_answered a = answer(offer, &local);
    assert_int_equal(count_of(a.sdp, "a=recvonly\r\n"), 2);
    assert_int_equal(a.agreement.mline[1].slot_ssrc, 0);
    assert_false(has(&a, "a=msid:"));
    sdp_answered_fini(&a);
    local.publish_only = false;
    local.subscribe_only = true;
    a = answer(offer, &local);
    assert_int_equal(count_of(a.sdp, "a=sendonly\r\n"), 2);
    assert_false(a.agreement.mline[0].client_sends);
    assert_int_equal(count_of(a.sdp, "a=msid:slot0 "), 2);
    sdp_answered_fini(&a);
}

static void an_offer_that_goes_the_wrong_way_is_refused(void **state)
{
    (void)state;
    const char *sends = SESSION("0") AUDIO("0", "sendonly");
    const char *receives = SESSION("0") AUDIO("0", "recvonly");
    struct sdp_local whip = test_local();
    struct sdp_local whep = test_local();
    whip.publish_only = true;
    whep.subscribe_only = true;
    refuse_with(receives, strlen(receives), &whip, "wrong_direction", SESSION_LINES + 1);
    refuse_with(sends, strlen(sends), &whep, "wrong_direction", SESSION_LINES + 1);
}

static void sources_follow_hints_and_else_the_order(void **state)
{
    (void)state;
    const char *offer = SESSION("a b c d e f") AUDIO("a", "sendonly") AUDIO("b", "sendonly")
        VIDEO("c", "sendonly") VIDEO("d", "sendonly") VIDEO("e", "recvonly")
            AUDIO("f", "sendonly");
    struct sdp_answered a = answer_plain(offer);
    const enum media_source plain[] = {SOURCE_MICROPHONE, SOURCE_SCREEN_AUDIO, SOURCE_CAMERA,
                                       SOURCE_SCREEN};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(a.agreement.mline[i].source, plain[i]);
    sdp_answered_fini(&a);
    const struct sdp_hint hints[] = {
        {.mid = "a", .has_source = true, .source = SOURCE_SCREEN_AUDIO},
        {.mid = "d", .has_source = true, .source = SOURCE_CAMERA},
        {.mid = "zz", .has_source = true, .source = SOURCE_CAMERA},
    };
    struct sdp_local local = test_local();
    local.hint = hints;
    local.hint_count = 3;
    a = answer(offer, &local);
    const enum media_source hinted[] = {SOURCE_SCREEN_AUDIO, SOURCE_MICROPHONE, SOURCE_SCREEN,
                                        SOURCE_CAMERA};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(a.agreement.mline[i].source, hinted[i]);
    sdp_answered_fini(&a);
}

static void a_screen_keeps_its_detail_until_its_publisher_says_otherwise(void **state)
{
    (void)state;
    const char *offer = SESSION("c s") VIDEO("c", "sendonly") VIDEO("s", "sendonly");
    struct sdp_answered a = answer_plain(offer);
    assert_int_equal(a.agreement.mline[0].content, CONTENT_MOTION);
    assert_int_equal(a.agreement.mline[1].content, CONTENT_DETAIL);
    const struct sdp_hint hint = {.mid = "s", .has_content = true, .content = CONTENT_TEXT};
    struct sdp_local local = test_local();
    local.hint = &hint;
    local.hint_count = 1;
    local.previous = &a.agreement;
    local.previous_session = a.session;
    struct sdp_answered b = answer(offer, &local);
    assert_int_equal(b.agreement.mline[1].content, CONTENT_TEXT);
    local.hint_count = 0;
    local.previous = &b.agreement;
    struct sdp_answered c = answer(offer, &local);
    assert_int_equal(c.agreement.mline[0].content, CONTENT_MOTION);
    assert_int_equal(c.agreement.mline[1].content, CONTENT_TEXT);
    sdp_answered_fini(&a);
    sdp_answered_fini(&b);
    sdp_answered_fini(&c);
}

static void a_hint_of_the_wrong_kind_is_refused(void **state)
{
    (void)state;
    const char *offer = SESSION("0") AUDIO("0", "sendonly");
    const struct sdp_hint hint = {.mid = "0", .has_source = true, .source = SOURCE_CAMERA};
    struct sdp_local local = test_local();
    local.hint = &hint;
    local.hint_count = 1;
    refuse_with(offer, strlen(offer), &local, "bad_hint", SESSION_LINES + 1);
}

static void slots_pair_up_within_their_role(void **state)
{
    (void)state;
    const struct sdp_hint hints[] = {{.mid = "2", .has_role = true, .role = SLOT_SCREEN},
                                     {.mid = "3", .has_role = true, .role = SLOT_SCREEN}};
    struct sdp_local local = test_local();
    local.hint = hints;
    local.hint_count = 2;
    struct sdp_answered a =
        answer(SESSION("0 1 2 3 4 5") AUDIO("0", "recvonly") VIDEO("1", "recvonly")
                   VIDEO("2", "recvonly") AUDIO("3", "recvonly") VIDEO("4", "recvonly")
                       AUDIO("5", "sendrecv"),
               &local);
    const char *const msids[] = {"slot0 slot0-audio",     "slot0 slot0-video",
                                 "screen0 screen0-video", "screen0 screen0-audio",
                                 "slot1 slot1-video",     "slot1 slot1-audio"};
    for (unsigned i = 0; i < 6; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "a=msid:%s\r\n", msids[i]);
        assert_true(mline_has(&a, i, line));
    }
    assert_int_equal(a.agreement.mline[2].role, SLOT_SCREEN);
    assert_int_equal(a.agreement.mline[4].role, SLOT_ANY);
    sdp_answered_fini(&a);
}

static void a_slot_announces_its_ssrcs(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0") VIDEO("0", "recvonly"));
    const struct agree_mline *m = &a.agreement.mline[0];
    char lines[256];
    assert_true(m->slot_ssrc && m->slot_rtx_ssrc && m->slot_ssrc != m->slot_rtx_ssrc);
    (void)snprintf(lines, sizeof lines,
                   "a=ssrc-group:FID %u %u\r\na=ssrc:%u cname:%s\r\na=ssrc:%u cname:%s\r\n",
                   m->slot_ssrc, m->slot_rtx_ssrc, m->slot_ssrc, a.agreement.cname,
                   m->slot_rtx_ssrc, a.agreement.cname);
    assert_true(has(&a, lines));
    assert_int_equal(strlen(a.agreement.cname), 32);
    sdp_answered_fini(&a);
}

static void zeroes(void *buf, size_t len)
{
    memset(buf, 0, len);
}

static void ssrcs_are_unique_even_if_chance_repeats_itself(void **state)
{
    (void)state;
    struct sdp_local local = test_local();
    local.rand = zeroes;
    struct sdp_answered a =
        answer(SESSION("0 1 2") VIDEO("0", "recvonly") VIDEO("1", "recvonly")
                   VIDEO("2", "sendonly") "a=ssrc:2 cname:x\r\n",
               &local);
    const struct agree_mline *m = a.agreement.mline;
    assert_int_equal(m[0].slot_ssrc, 1);
    assert_int_equal(m[0].slot_rtx_ssrc, 3); // 2 is the client's
    assert_int_equal(m[1].slot_ssrc, 4);
    assert_int_equal(m[1].slot_rtx_ssrc, 5);
    sdp_answered_fini(&a);
}

static void slots_keep_ssrcs_and_pairs_while_others_come_and_go(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0 1 2") VIDEO("0", "recvonly")
                                             VIDEO("1", "recvonly") VIDEO("2", "recvonly"));
    uint32_t ssrc[3];
    for (unsigned i = 0; i < 3; i++)
        ssrc[i] = a.agreement.mline[i].slot_ssrc;
    // The first goes, the second pauses: the third stays what it was.
    a = answer_again(SESSION("1 2") "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n" VIDEO(
                         "1", "inactive") VIDEO("2", "recvonly"),
                     &a);
    assert_int_equal(a.agreement.mline[2].slot_ssrc, ssrc[2]);
    assert_true(mline_has(&a, 2, "a=msid:slot2 "));
    assert_false(mline_has(&a, 1, "a=msid:"));
    // Another takes the place of the first, the second comes back.
    a = answer_again(SESSION("9 1 2") VIDEO("9", "recvonly") VIDEO("1", "recvonly")
                         VIDEO("2", "recvonly"),
                     &a);
    assert_int_equal(a.agreement.mline[1].slot_ssrc, ssrc[1]);
    assert_int_equal(a.agreement.mline[2].slot_ssrc, ssrc[2]);
    assert_int_not_equal(a.agreement.mline[0].slot_ssrc, ssrc[0]);
    assert_true(mline_has(&a, 0, "a=msid:slot0 "));
    assert_true(mline_has(&a, 1, "a=msid:slot1 "));
    assert_true(mline_has(&a, 2, "a=msid:slot2 "));
    sdp_answered_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_are_answered_by_their_mirror),
        cmocka_unit_test(a_direction_of_the_session_is_the_default),
        cmocka_unit_test(whip_is_sent_nothing_and_whep_sends_nothing),
        cmocka_unit_test(an_offer_that_goes_the_wrong_way_is_refused),
        cmocka_unit_test(sources_follow_hints_and_else_the_order),
        cmocka_unit_test(a_screen_keeps_its_detail_until_its_publisher_says_otherwise),
        cmocka_unit_test(a_hint_of_the_wrong_kind_is_refused),
        cmocka_unit_test(slots_pair_up_within_their_role),
        cmocka_unit_test(a_slot_announces_its_ssrcs),
        cmocka_unit_test(ssrcs_are_unique_even_if_chance_repeats_itself),
        cmocka_unit_test(slots_keep_ssrcs_and_pairs_while_others_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
