#include "offers.h"

/** RFC 9725 section 4.3.1, the example of a PATCH, with a second candidate. */
#define TRICKLE                                                                                \
    "a=group:BUNDLE 0 1\r\n"                                                                   \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"                                                      \
    "a=mid:0\r\n"                                                                              \
    "a=ice-ufrag:EsAw\r\n"                                                                     \
    "a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n"                                                   \
    "a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag "     \
    "EsAw "                                                                                    \
    "network-id 1\r\n"                                                                         \
    "a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ host\r\n"                  \
    "a=end-of-candidates\r\n"

static void a_fragment_gives_credentials_and_counts_candidates(void **state)
{
    (void)state;
    struct sdp_fragment f;
    struct sdp_error err;
    assert_int_equal(sdp_fragment_parse(TRICKLE, strlen(TRICKLE), &f, &err), 0);
    assert_string_equal(f.ufrag, "EsAw");
    assert_string_equal(f.pwd, "P2uYro0UCOQ4zxjKXaWCBui1");
    assert_int_equal(f.candidate_count, 2);
    assert_true(f.end_of_candidates);
    assert_null(err.reason);
}

static void a_fragment_may_be_next_to_nothing(void **state)
{
    (void)state;
    struct sdp_fragment f;
    struct sdp_error err;
    assert_int_equal(sdp_fragment_parse("", 0, &f, &err), 0);
    assert_string_equal(f.ufrag, "");
    assert_false(f.end_of_candidates);
    const char *end = "m=audio 9 RTP/AVP 0\na=mid:0\na=end-of-candidates\n";
    assert_int_equal(sdp_fragment_parse(end, strlen(end), &f, &err), 0);
    assert_true(f.end_of_candidates);
    assert_string_equal(f.pwd, "");
}

static void the_first_credentials_count(void **state)
{
    (void)state;
    struct sdp_fragment f;
    struct sdp_error err;
    const char *two = "a=ice-ufrag:one1\r\nm=audio 9 RTP/AVP 0\r\na=ice-ufrag:two2\r\n";
    assert_int_equal(sdp_fragment_parse(two, strlen(two), &f, &err), 0);
    assert_string_equal(f.ufrag, "one1");
}

static void bad_fragments_name_their_line(void **state)
{
    (void)state;
    const struct {
        const char *text;
        unsigned line;
    } bad[] = {{"a=ice-ufrag:abc\r\n", 1},
               {"a=mid:0\r\na=ice-pwd:short\r\n", 2},
               {"a=mid:0\r\na=candidate:1 1 udp\r\n", 2},
               {"a=mid:0\r\nv=0\r\n", 2},
               {"{\"candidate\":\"\"}", 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sdp_fragment f;
        struct sdp_error err;
        assert_int_equal(sdp_fragment_parse(bad[i].text, strlen(bad[i].text), &f, &err),
                         -EINVAL);
        assert_string_equal(err.reason, "invalid_sdp");
        assert_int_equal(err.line, bad[i].line);
        assert_int_equal(f.candidate_count, 0);
    }
    char *big = calloc(1, 1 << 17);
    memset(big, '\n', 1 << 17);
    struct sdp_fragment f;
    struct sdp_error err;
    assert_int_equal(sdp_fragment_parse(big, 1 << 17, &f, &err), -EINVAL);
    assert_string_equal(err.reason, "too_large");
    free(big);
}

static void a_restart_changes_credentials_and_nothing_else(void **state)
{
    (void)state;
    struct sdp_local local = test_local();
    struct sdp_answered a =
        answer_plain(SESSION("0 1") AUDIO("0", "sendonly") VIDEO("1", "sendonly"));
    struct sdp_fragment theirs;
    struct sdp_error err;
    char *fragment = NULL;
    char before[AGREE_UFRAG_SIZE];
    char expected[700];
    strcpy(before, a.agreement.local_ufrag);
    assert_int_equal(sdp_fragment_parse(TRICKLE, strlen(TRICKLE), &theirs, &err), 0);
    assert_int_equal(sdp_restart(&a.agreement, &theirs, &local, &fragment), 0);
    assert_string_not_equal(a.agreement.local_ufrag, before);
    assert_string_equal(a.agreement.remote_ufrag, "EsAw");
    assert_string_equal(a.agreement.remote_pwd, "P2uYro0UCOQ4zxjKXaWCBui1");
    assert_int_equal(a.agreement.generation, 1);
    assert_int_equal(a.agreement.mline_count, 2);
    (void)snprintf(expected, sizeof expected,
                   "a=ice-lite\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
                   "a=mid:0\r\na=ice-ufrag:%s\r\na=ice-pwd:%s\r\n"
                   "a=candidate:1 1 udp 2130702335 192.0.2.1 40000 typ host\r\n",
                   a.agreement.local_ufrag, a.agreement.local_pwd);
    assert_memory_equal(fragment, expected, strlen(expected));
    assert_int_equal(sdp_fragment_parse(fragment, strlen(fragment), &theirs, &err), 0);
    assert_int_equal(theirs.candidate_count, 2);
    assert_true(theirs.end_of_candidates);
    free(fragment);
    sdp_answered_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fragment_gives_credentials_and_counts_candidates),
        cmocka_unit_test(a_fragment_may_be_next_to_nothing),
        cmocka_unit_test(the_first_credentials_count),
        cmocka_unit_test(bad_fragments_name_their_line),
        cmocka_unit_test(a_restart_changes_credentials_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
