#include "offers.h"

static void one_mline_needs_no_group_and_no_mid(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(HEAD ICE FINGERPRINT M("audio", "111") "a=rtcp-mux\r\n" OPUS);
    assert_false(has(&a, "a=group:"));
    assert_false(has(&a, "a=mid:"));
    assert_string_equal(a.agreement.mline[0].mid, "0");
    assert_true(a.agreement.mline[0].client_sends && a.agreement.mline[0].client_receives);
    sdp_answered_fini(&a);
}

static void an_mline_without_a_mid_gets_one_that_no_other_has(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(HEAD ICE FINGERPRINT "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\n" M(
            "audio", "111") "a=rtcp-mux\r\n" OPUS "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n");
    assert_string_equal(a.agreement.mline[1].mid, "2");
    assert_string_equal(a.agreement.mline[2].mid, "");
    assert_int_equal(count_of(a.sdp, "a=mid:"), 1);
    sdp_answered_fini(&a);
}

static void rejected_mlines_beside_one_need_no_group(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(HEAD ICE FINGERPRINT "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n" AUDIO(
            "7", "sendonly") "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n");
    assert_false(a.agreement.mline[0].active);
    assert_true(a.agreement.mline[1].active);
    assert_string_equal(a.agreement.mline[1].mid, "7");
    assert_int_equal(count_of(a.sdp, "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"), 2);
    sdp_answered_fini(&a);
}

static void several_mlines_without_a_group_are_refused_at_the_second(void **state)
{
    (void)state;
    refuse(HEAD ICE FINGERPRINT AUDIO("0", "sendonly") AUDIO("1", "sendonly"), "no_bundle", 13);
}

static void mlines_outside_the_group_are_rejected(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("b") AUDIO("a", "sendonly")
                                             AUDIO("b", "sendonly") AUDIO("c", "sendonly"));
    assert_false(a.agreement.mline[0].active);
    assert_true(a.agreement.mline[1].active);
    assert_false(a.agreement.mline[2].active);
    assert_true(mline_has(&a, 0, "m=audio 0 "));
    assert_true(mline_has(&a, 1, "a=candidate:1 "));
    assert_true(has(&a, "a=group:BUNDLE b\r\n"));
    sdp_answered_fini(&a);
}

/** RFC 6544 section 4.5, and its priorities: UDP first, IPv6 before IPv4. */
static void a_worker_with_a_tcp_port_says_so_after_udp(void **state)
{
    (void)state;
    struct sdp_local local = test_local();
    local.tcp_port = 40001;
    struct sdp_answered a = answer(SESSION("a") AUDIO("a", "sendonly"), &local);
    assert_true(has(&a, "a=candidate:2 1 udp 2130706175 2001:db8::1 40000 typ host\r\n"
                        "a=candidate:17 1 tcp 1520431103 192.0.2.1 40001 typ host tcptype "
                        "passive\r\n"
                        "a=candidate:18 1 tcp 1520434943 2001:db8::1 40001 typ host tcptype "
                        "passive\r\na=end-of-candidates\r\n"));
    sdp_answered_fini(&a);
    a = answer_plain(SESSION("a") AUDIO("a", "sendonly"));
    assert_false(has(&a, " tcp "));
    sdp_answered_fini(&a);
}

static void a_group_of_nobody_is_refused(void **state)
{
    (void)state;
    refuse(SESSION("") AUDIO("a", "sendonly"), "no_bundle", SESSION_LINES + 1);
}

static void port_0_is_a_rejection_but_not_with_bundle_only(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        SESSION("0 1 2") AUDIO("0", "sendonly") "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n" MUX("1")
            VP8 "a=bundle-only\r\nm=video 0 UDP/TLS/RTP/SAVPF 96\r\n" MUX("2") VP8);
    assert_true(a.agreement.mline[1].active);
    assert_false(a.agreement.mline[2].active);
    assert_true(has(&a, "a=group:BUNDLE 0 1\r\n"));
    assert_true(mline_has(&a, 1, "m=video 40000 "));
    assert_true(mline_has(&a, 2, "m=video 0 "));
    sdp_answered_fini(&a);
}

static void the_group_keeps_the_offers_order(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("c a b") AUDIO("a", "sendonly") AUDIO(
        "b", "sendonly") "a=ice-ufrag:none\r\n" AUDIO("c", "sendonly") "a=ice-ufrag:mine\r\n");
    assert_true(has(&a, "a=group:BUNDLE c a b\r\n"));
    // The first of the group is the tagged one: its credentials count, it has the candidates.
    assert_string_equal(a.agreement.remote_ufrag, "mine");
    assert_true(mline_has(&a, 2, "a=candidate:1 "));
    assert_false(mline_has(&a, 0, "a=candidate:1 "));
    sdp_answered_fini(&a);
}

static void a_rejected_tag_passes_to_the_next(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        SESSION("0 1 2") "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n"
                         "a=ice-ufrag:data\r\n" AUDIO(
                             "1", "sendonly") "a=ice-ufrag:mine\r\n" AUDIO("2", "sendonly"));
    assert_string_equal(a.agreement.remote_ufrag, "mine");
    assert_true(mline_has(&a, 1, "a=candidate:1 "));
    assert_true(has(&a, "a=group:BUNDLE 1 2\r\n"));
    sdp_answered_fini(&a);
}

static void a_rejected_tag_may_be_the_only_one_with_credentials(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        HEAD "a=group:BUNDLE 0 1\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
             "a=mid:0\r\na=setup:passive\r\n" ICE FINGERPRINT AUDIO("1", "sendonly"));
    assert_string_equal(a.agreement.remote_ufrag, "yOxz");
    assert_int_equal(a.agreement.fingerprint_len, 32);
    assert_int_equal(a.agreement.dtls_role, AGREE_DTLS_CLIENT);
    sdp_answered_fini(&a);
}

static void mids_may_be_any_token(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(SESSION("!#$%&'*+-.^_`{|}~ 0123456789abcdefghijABCDEFGHIJ~~")
                         AUDIO("!#$%&'*+-.^_`{|}~", "sendonly")
                             AUDIO("0123456789abcdefghijABCDEFGHIJ~~", "sendonly"));
    assert_string_equal(a.agreement.mline[0].mid, "!#$%&'*+-.^_`{|}~");
    assert_true(a.agreement.mline[1].active);
    assert_ptr_equal(agreement_mline(&a.agreement, "0123456789abcdefghijABCDEFGHIJ~~"),
                     &a.agreement.mline[1]);
    sdp_answered_fini(&a);
}

static void wrong_groups_are_refused(void **state)
{
    (void)state;
    refuse(SESSION("0 1") AUDIO("0", "sendonly"), "no_bundle", SESSION_LINES);
    refuse(SESSION("0 0") AUDIO("0", "sendonly"), "no_bundle", SESSION_LINES);
    refuse(SESSION("0") AUDIO("0", "sendonly") AUDIO("0", "sendonly"), "no_bundle",
           SESSION_LINES + 6);
}

static void unknown_kinds_and_protocols_are_rejected(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        SESSION("0 1 2 3") "m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:0\r\n"
                           "m=audio 9 RTP/AVP 111\r\n" MUX("1") OPUS AUDIO(
                               "2", "sendonly") "m=image 9 udptl t38\r\na=mid:3\r\n");
    assert_true(mline_has(&a, 0, "m=text 0 UDP/TLS/RTP/SAVPF 98\r\n"));
    assert_true(mline_has(&a, 1, "m=audio 0 RTP/AVP 111\r\n"));
    assert_true(mline_has(&a, 3, "m=image 0 udptl t38\r\n"));
    assert_true(has(&a, "a=group:BUNDLE 2\r\n"));
    sdp_answered_fini(&a);
    refuse(SESSION("0") "m=text 9 UDP/TLS/RTP/SAVPF 98\r\na=mid:0\r\n", "no_bundle",
           SESSION_LINES + 1);
}

static void rtcp_mux_is_required_in_one_of_its_forms(void **state)
{
    (void)state;
    refuse(SESSION("0") M("audio", "111") "a=mid:0\r\n" OPUS, "no_rtcp_mux", SESSION_LINES + 1);
    struct sdp_answered a =
        answer_plain(SESSION("0") M("audio", "111") "a=mid:0\r\n" OPUS "a=rtcp-mux-only\r\n");
    assert_true(has(&a, "a=rtcp-mux\r\n"));
    sdp_answered_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_mline_needs_no_group_and_no_mid),
        cmocka_unit_test(an_mline_without_a_mid_gets_one_that_no_other_has),
        cmocka_unit_test(rejected_mlines_beside_one_need_no_group),
        cmocka_unit_test(several_mlines_without_a_group_are_refused_at_the_second),
        cmocka_unit_test(mlines_outside_the_group_are_rejected),
        cmocka_unit_test(a_worker_with_a_tcp_port_says_so_after_udp),
        cmocka_unit_test(a_group_of_nobody_is_refused),
        cmocka_unit_test(port_0_is_a_rejection_but_not_with_bundle_only),
        cmocka_unit_test(the_group_keeps_the_offers_order),
        cmocka_unit_test(a_rejected_tag_passes_to_the_next),
        cmocka_unit_test(a_rejected_tag_may_be_the_only_one_with_credentials),
        cmocka_unit_test(mids_may_be_any_token),
        cmocka_unit_test(wrong_groups_are_refused),
        cmocka_unit_test(unknown_kinds_and_protocols_are_rejected),
        cmocka_unit_test(rtcp_mux_is_required_in_one_of_its_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
