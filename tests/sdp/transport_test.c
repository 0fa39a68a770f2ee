#include "offers.h"

static void credentials_of_an_mline_go_before_the_sessions(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0") AUDIO("0", "sendonly"));
    assert_string_equal(a.agreement.remote_ufrag, "yOxz");
    assert_string_equal(a.agreement.remote_pwd, "Bcf+L+zqCeGZaCoV7lp0Tsza");
    sdp_answered_fini(&a);
    a = answer_plain(SESSION("0")
                         AUDIO("0", "sendonly") "a=ice-ufrag:own1\r\n"
                                                "a=ice-pwd:0123456789012345678901\r\n");
    assert_string_equal(a.agreement.remote_ufrag, "own1");
    assert_string_equal(a.agreement.remote_pwd, "0123456789012345678901");
    sdp_answered_fini(&a);
}

static void our_credentials_are_long_and_on_each_mline(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(SESSION("0 1") AUDIO("0", "sendonly") AUDIO("1", "sendonly"));
    char line[600];
    assert_int_equal(strlen(a.agreement.local_ufrag), 12);
    assert_int_equal(strlen(a.agreement.local_pwd), 32);
    (void)snprintf(line, sizeof line,
                   "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\na=fingerprint:sha-256 " PRINT
                   "\r\na=setup:passive\r\n",
                   a.agreement.local_ufrag, a.agreement.local_pwd);
    assert_int_equal(count_of(a.sdp, line), 2);
    sdp_answered_fini(&a);
}

static void each_address_is_one_candidate_and_the_first_is_the_default(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0") AUDIO("0", "sendonly"));
    assert_true(has(&a, "m=audio 40000 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 192.0.2.1\r\n"));
    // RFC 8445 section 5.1.2.1: 126 * 2^24 + local * 2^8 + 255; IPv6 above IPv4
    assert_true(has(&a, "a=candidate:1 1 udp 2130702335 192.0.2.1 40000 typ host\r\n"
                        "a=candidate:2 1 udp 2130706175 2001:db8::1 40000 typ host\r\n"
                        "a=end-of-candidates\r\n"));
    sdp_answered_fini(&a);
    struct sdp_local local = test_local();
    local.address[0] = "2001:db8::9";
    a = answer(SESSION("0") AUDIO("0", "sendonly"), &local);
    assert_true(has(&a, "c=IN IP6 2001:db8::9\r\n"));
    sdp_answered_fini(&a);
}

static void the_role_in_dtls_follows_setup(void **state)
{
    (void)state;
    const struct {
        const char *offered;
        enum agree_dtls_role role;
    } cases[] = {{"", AGREE_DTLS_SERVER},
                 {"a=setup:actpass\r\n", AGREE_DTLS_SERVER},
                 {"a=setup:active\r\n", AGREE_DTLS_SERVER},
                 {"a=setup:passive\r\n", AGREE_DTLS_CLIENT}};
    for (size_t i = 0; i < 4; i++) {
        char offer[2048];
        (void)snprintf(offer, sizeof offer, "%s%s", SESSION("0") AUDIO("0", "sendonly"),
                       cases[i].offered);
        struct sdp_answered a = answer_plain(offer);
        assert_int_equal(a.agreement.dtls_role, cases[i].role);
        assert_true(has(&a, cases[i].role == AGREE_DTLS_SERVER ? "a=setup:passive\r\n"
                                                               : "a=setup:active\r\n"));
        sdp_answered_fini(&a);
    }
    struct sdp_answered a =
        answer_plain(SESSION("0") "a=setup:passive\r\n" AUDIO("0", "sendonly"));
    assert_int_equal(a.agreement.dtls_role, AGREE_DTLS_CLIENT);
    sdp_answered_fini(&a);
}

static void the_strongest_fingerprint_counts(void **state)
{
    (void)state;
#define SHA1 "01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14"
    struct sdp_answered a =
        answer_plain(SESSION("0") AUDIO("0", "sendonly") "a=fingerprint:sha-1 " SHA1 "\r\n");
    assert_string_equal(a.agreement.fingerprint_hash, "sha-1"); // the m-line's own goes first
    assert_int_equal(a.agreement.fingerprint_len, 20);
    assert_int_equal(a.agreement.fingerprint[19], 0x14);
    sdp_answered_fini(&a);
    a = answer_plain(SESSION("0") AUDIO("0", "sendonly") "a=fingerprint:SHA-256 " PRINT "\r\n"
                                                         "a=fingerprint:sha-1 " SHA1 "\r\n"
                                                         "a=fingerprint:md7 00\r\n");
    assert_string_equal(a.agreement.fingerprint_hash, "sha-256");
    assert_int_equal(a.agreement.fingerprint[0], 0xf9);
    assert_int_equal(a.agreement.fingerprint[31], 0x6c);
    sdp_answered_fini(&a);
}

static void without_ice_or_fingerprint_the_mline_is_named(void **state)
{
    (void)state;
    const unsigned line = 6; // v, o, s, t, group; m
    refuse(HEAD "a=group:BUNDLE 0\r\n" AUDIO("0", "sendonly") FINGERPRINT, "no_ice", line);
    refuse(HEAD "a=group:BUNDLE 0\r\n" AUDIO("0", "sendonly") FINGERPRINT
           "a=ice-ufrag:yOxz\r\n",
           "no_ice", line);
    refuse(HEAD "a=group:BUNDLE 0\r\n" AUDIO("0", "sendonly") ICE, "no_fingerprint", line);
    refuse(HEAD "a=group:BUNDLE 0\r\n" AUDIO("0", "sendonly") ICE "a=fingerprint:md5 00:01\r\n",
           "no_fingerprint", line);
}

static void an_ice_lite_client_is_refused(void **state)
{
    (void)state;
    refuse(SESSION("0") "a=ice-lite\r\n" AUDIO("0", "sendonly"), "no_ice", SESSION_LINES + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credentials_of_an_mline_go_before_the_sessions),
        cmocka_unit_test(our_credentials_are_long_and_on_each_mline),
        cmocka_unit_test(each_address_is_one_candidate_and_the_first_is_the_default),
        cmocka_unit_test(the_role_in_dtls_follows_setup),
        cmocka_unit_test(the_strongest_fingerprint_counts),
        cmocka_unit_test(without_ice_or_fingerprint_the_mline_is_named),
        cmocka_unit_test(an_ice_lite_client_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
