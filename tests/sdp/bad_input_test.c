#include "offers.h"

#define GOOD      SESSION("0") AUDIO("0", "sendonly")
#define LAST_LINE (SESSION_LINES + 5)

static void a_megabyte_is_too_large(void **state)
{
    (void)state;
    struct sdp_local local = test_local();
    char *offer = malloc(1 << 20);
    memset(offer, '\n', 1 << 20);
    memcpy(offer, GOOD, strlen(GOOD));
    refuse_with(offer, 1 << 20, &local, "too_large", 0);
    refuse_with(offer, SDP_MAX_OFFER + 1, &local, "too_large", 0);
    struct sdp_answered a;
    struct sdp_error err;
    assert_int_equal(sdp_answer(offer, SDP_MAX_OFFER, &local, &a, &err), 0);
    sdp_answered_fini(&a);
    free(offer);
}

static void five_hundred_mlines_are_too_many_at_the_first_over_the_limit(void **state)
{
    (void)state;
    char *offer = calloc(1, 65536);
    strcat(offer, HEAD ICE FINGERPRINT);
    for (int i = 0; i < 500; i++)
        strcat(offer, M("audio", "111") "a=rtcp-mux\r\n");
    refuse(offer, "too_many_mlines", 7 + 2 * AGREE_MAX_MLINES + 1);
    free(offer);
}

static void as_many_mlines_as_are_allowed_are_answered(void **state)
{
    (void)state;
    char *offer = calloc(1, 1 << 17);
    strcat(offer, HEAD ICE FINGERPRINT "a=group:BUNDLE");
    for (int i = 0; i < AGREE_MAX_MLINES; i++)
        (void)snprintf(offer + strlen(offer), 8, " %d", i);
    strcat(offer, "\r\n");
    for (int i = 0; i < AGREE_MAX_MLINES; i++)
        (void)snprintf(offer + strlen(offer), 256,
                       M("video", "96 97") VP8_RTX "a=rtcp-mux\r\na=recvonly\r\na=mid:%d\r\n",
                       i);
    struct sdp_answered a = answer_plain(offer);
    assert_int_equal(a.agreement.mline_count, AGREE_MAX_MLINES);
    for (unsigned i = 0; i < AGREE_MAX_MLINES; i++)
        for (unsigned j = 0; j < i; j++)
            assert_int_not_equal(a.agreement.mline[i].slot_ssrc,
                                 a.agreement.mline[j].slot_ssrc);
    free(offer);
    sdp_answered_fini(&a);
}

static void an_offer_without_mlines_is_refused(void **state)
{
    (void)state;
    refuse("", "no_media", 0);
    refuse("v=0\r\n", "no_media", 0);
    refuse(HEAD, "no_media", 0);
}

static void no_shared_codec_names_the_mline(void **state)
{
    (void)state;
    refuse(SESSION("0 1") M("audio", "0 8") MUX("0") M("video", "99")
               MUX("1") "a=rtpmap:99 H265/90000\r\n",
           "no_common_codec", SESSION_LINES + 1);
    refuse(SESSION("0 1") "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n" M(
               "audio", "0 8") MUX("0"),
           "no_common_codec", SESSION_LINES + 3);
}

static void only_data_is_no_call(void **state)
{
    (void)state;
    refuse(HEAD ICE FINGERPRINT
           "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n",
           "no_media", 8);
}

static void a_nul_or_a_control_character_is_refused_where_it_stands(void **state)
{
    (void)state;
    struct sdp_local local = test_local();
    const char bad[] = {0, 1, 0x1b, 0x7f, '\r'};
    for (size_t i = 0; i < sizeof bad; i++) {
        char offer[] = GOOD "a=x:123\r\n";
        size_t len = sizeof offer - 1;
        offer[len - 4] = bad[i];
        refuse_with(offer, len, &local, "invalid_sdp", LAST_LINE + 1);
    }
}

static void lines_that_are_none_are_refused(void **state)
{
    (void)state;
    refuse(GOOD "nonsense\r\n", "invalid_sdp", LAST_LINE + 1);
    refuse(GOOD "=\r\n", "invalid_sdp", LAST_LINE + 1);
    refuse(GOOD "y=1\r\n", "invalid_sdp", LAST_LINE + 1);
    refuse(GOOD "\r\na=x\r\n", "invalid_sdp", LAST_LINE + 1);
    refuse("\xef\xbb\xbf" GOOD, "invalid_sdp", 1);
}

static void blank_lines_at_the_end_and_bare_newlines_are_forgiven(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(GOOD "\r\n\n\r\n");
    sdp_answered_fini(&a);
    char offer[] = GOOD;
    char *to = offer;
    for (const char *from = offer; *from; from++)
        if (*from != '\r')
            *to++ = *from;
    *to = '\0';
    a = answer_plain(offer);
    sdp_answered_fini(&a);
}

static void the_head_must_be_one(void **state)
{
    (void)state;
    refuse("v=1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "invalid_sdp", 1);
    refuse("o=- 1 1 IN IP4 0.0.0.0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "invalid_sdp", 1);
    refuse("v=0\r\no=- x 1 IN IP4 0.0.0.0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
           "invalid_sdp", 2);
    refuse("v=0\r\no=- 99999999999999999999 1 IN IP4 0.0.0.0\r\nm=audio 9 RTP/SAVPF 111\r\n",
           "invalid_sdp", 2);
    refuse("v=0\r\ns=-\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", "invalid_sdp", 3);
}

static void bad_mlines_are_refused(void **state)
{
    (void)state;
    const char *const bad[] = {
        "m=audio 65536 UDP/TLS/RTP/SAVPF 111\r\n",
        "m=audio -1 UDP/TLS/RTP/SAVPF 111\r\n",
        "m=audio 9x UDP/TLS/RTP/SAVPF 111\r\n",
        "m=audio  \r\n",
        "m=audio 9 UDP/TLS/RTP/SAVPF 128\r\n",
        "m=audio 9 UDP/TLS/RTP/SAVPF x\r\n",
        "m=audio 9 UDP/TLS/RTP/SAVPF\r\n",
        "m=audio 9/2 UDP/TLS/RTP/SAVPF 111\r\n",
        "m=au(dio 9 UDP/TLS/RTP/SAVPF 111\r\n",
        "m=audio 9 UDP//RTP 111\r\n",
        "m=audio 9 UDP/ 111\r\n",
        "m=\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char offer[2048];
        (void)snprintf(offer, sizeof offer, "%s%s", GOOD, bad[i]);
        refuse(offer, "invalid_sdp", LAST_LINE + 1);
    }
}

static void bad_attributes_are_refused(void **state)
{
    (void)state;
    const char *const bad[] = {
        "a=mid:1\r\n", // the second one
        "a=ice-ufrag:abc\r\n",
        "a=ice-ufrag:ab d\r\n",
        "a=ice-pwd:123456789012345678901\r\n",
        "a=ice-pwd:1234567890123456789012_\r\n",
        "a=fingerprint:sha-256 " PRINT ":00\r\n",
        "a=fingerprint:sha-256 \r\n",
        "a=fingerprint:sha-1 01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:1g\r\n",
        "a=setup:holdconn\r\n",
        "a=setup\r\n",
        "a=rtpmap:111\r\n",
        "a=rtpmap:256 opus/48000/2\r\n",
        "a=rtpmap:111 opus\r\n",
        "a=rtpmap:111 opus/fast\r\n",
        "a=rtpmap:111 opus/48000/two\r\n",
        "a=fmtp:x y=1\r\n",
        "a=rtcp-fb:nack\r\n",
        "a=extmap:0 urn:x\r\n",
        "a=extmap:x urn:x\r\n",
        "a=extmap:1/both urn:x\r\n",
        "a=extmap:1\r\n",
        "a=rid:a.b send\r\n",
        "a=rid:01234567890123456 send\r\n",
        "a=rid:q\r\n",
        "a=rid:q send\r\na=rid:q send\r\n",
        "a=simulcast:q;h;f\r\n",
        "a=simulcast:send\r\n",
        "a=ssrc:x cname:y\r\n",
        "a=ssrc:4294967296 cname:y\r\n",
        "a=ssrc-group:FID 1 x\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char offer[2048];
        (void)snprintf(offer, sizeof offer, "%s%s", GOOD, bad[i]);
        refuse(offer, "invalid_sdp", LAST_LINE + count_of(bad[i], "\n"));
    }
    refuse(SESSION("0") M("audio", "111") "a=mid:\r\n", "invalid_sdp", SESSION_LINES + 2);
    refuse(SESSION("0") M("audio", "111") "a=mid:012345678901234567890123456789012\r\n",
           "invalid_sdp", SESSION_LINES + 2);
    refuse(SESSION("0") M("audio", "111") "a=mid:a b\r\n", "invalid_sdp", SESSION_LINES + 2);
}

static void what_nobody_knows_is_passed_over(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        GOOD
        "i=title\r\nb=AS:100\r\nk=clear:x\r\na=\r\na=x-unknown:1\r\na=candidate:nonsense\r\n"
        "a=ssrc:0 cname:x\r\na=ssrc-group:SIM\r\na=rtpmap:99 X/1\r\na=rtcp-fb:99 nack\r\n");
    assert_true(a.agreement.mline[0].active);
    sdp_answered_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_megabyte_is_too_large),
        cmocka_unit_test(five_hundred_mlines_are_too_many_at_the_first_over_the_limit),
        cmocka_unit_test(as_many_mlines_as_are_allowed_are_answered),
        cmocka_unit_test(an_offer_without_mlines_is_refused),
        cmocka_unit_test(no_shared_codec_names_the_mline),
        cmocka_unit_test(only_data_is_no_call),
        cmocka_unit_test(a_nul_or_a_control_character_is_refused_where_it_stands),
        cmocka_unit_test(lines_that_are_none_are_refused),
        cmocka_unit_test(blank_lines_at_the_end_and_bare_newlines_are_forgiven),
        cmocka_unit_test(the_head_must_be_one),
        cmocka_unit_test(bad_mlines_are_refused),
        cmocka_unit_test(bad_attributes_are_refused),
        cmocka_unit_test(what_nobody_knows_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
