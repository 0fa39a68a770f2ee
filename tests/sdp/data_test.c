/** m=application: what is agreed, what is refused. */
#include "offers.h"

#define DATA(mid, more)                                                                        \
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:" mid "\r\n" more
#define PORT "a=sctp-port:5000\r\n"

static void connection_of_data_alone_is_answered(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0") DATA("0", PORT));
    const struct agree_data *d = &a.agreement.mline[0].data;
    assert_true(a.agreement.mline[0].active);
    assert_int_equal(d->port, 5000);
    assert_int_equal(d->max_message, 65536); // RFC 8841 section 6: the default
    assert_true(mline_has(&a, 0, "a=candidate:"));
    sdp_answered_fini(&a);
}

static void sizes_and_ports_are_the_clients(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(SESSION("0") DATA("0", "a=sctp-port:6000\r\na=max-message-size:0\r\n"));
    assert_int_equal(a.agreement.mline[0].data.port, 6000);
    assert_int_equal(a.agreement.mline[0].data.max_message, 0);
    sdp_answered_fini(&a);
    a = answer_plain(SESSION("0") DATA("0", PORT "a=max-message-size:99999999999\r\n"));
    assert_int_equal(a.agreement.mline[0].data.max_message, UINT32_MAX);
    sdp_answered_fini(&a);
}

static void what_we_do_not_speak_is_rejected_and_the_rest_goes_on(void **state)
{
    static const char *const offers[] = {
        SESSION("a 0") AUDIO("a", "sendonly") DATA("0", ""), // no port
        SESSION("a 0") AUDIO("a", "sendonly") DATA("0", "a=sctp-port:0\r\n"),
        SESSION("a 0") AUDIO("a", "sendonly") "m=application 9 DTLS/SCTP 5000\r\na=mid:0\r\n"
                                              "a=sctpmap:5000 webrtc-datachannel 1024\r\n",
        SESSION("a 0") AUDIO("a", "sendonly") "m=application 9 UDP/DTLS/SCTP other\r\n"
                                              "a=mid:0\r\n" PORT,
        SESSION("a 0") AUDIO("a", "sendonly") "m=application 9 UDP/BFCP webrtc-datachannel\r\n"
                                              "a=mid:0\r\n" PORT,
    };
    (void)state;
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        struct sdp_answered a = answer_plain(offers[i]);
        assert_true(a.agreement.mline[0].active);
        assert_false(a.agreement.mline[1].active);
        assert_true(mline_has(&a, 1, "m=application 0 "));
        sdp_answered_fini(&a);
    }
}

static void there_is_one_association_only(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0 1") DATA("0", PORT) DATA("1", PORT));
    assert_true(a.agreement.mline[0].active);
    assert_false(a.agreement.mline[1].active);
    sdp_answered_fini(&a);
}

static void watcher_receives_data_and_sends_none(void **state)
{
    (void)state;
    struct sdp_local local = test_local();
    local.subscribe_only = true;
    struct sdp_answered a =
        answer(SESSION("a 0") AUDIO("a", "recvonly") DATA("0", PORT), &local);
    assert_true(a.agreement.mline[1].active);
    assert_false(a.agreement.mline[1].data.may_send);
    sdp_answered_fini(&a);
}

static void numbers_that_are_none_are_refused_with_their_line(void **state)
{
    static const char *const bad[] = {
        SESSION("0") DATA("0", "a=sctp-port:x\r\n"),
        SESSION("0") DATA("0", "a=sctp-port:65536\r\n"),
        SESSION("0") DATA("0", "a=max-message-size:\r\n"),
        SESSION("0") DATA("0", "a=max-message-size:99999999999999999999999\r\n"),
    };
    const struct sdp_local local = test_local();
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse_with(bad[i], strlen(bad[i]), &local, "invalid_sdp", SESSION_LINES + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connection_of_data_alone_is_answered),
        cmocka_unit_test(sizes_and_ports_are_the_clients),
        cmocka_unit_test(what_we_do_not_speak_is_rejected_and_the_rest_goes_on),
        cmocka_unit_test(there_is_one_association_only),
        cmocka_unit_test(watcher_receives_data_and_sends_none),
        cmocka_unit_test(numbers_that_are_none_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
