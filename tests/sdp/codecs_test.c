#include "offers.h"

/** One video m-line with these payload types and attributes. */
#define ONE(pts, attributes) SESSION("0") M("video", pts) MUX("0") "a=sendonly\r\n" attributes
#define ONE_AUDIO(pts, attributes)                                                             \
    SESSION("0") M("audio", pts) MUX("0") "a=sendonly\r\n" attributes

static const struct agree_mline *first(const struct sdp_answered *a)
{
    return &a->agreement.mline[0];
}

static void names_of_codecs_are_the_same_in_any_case(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(ONE("96 97 98", "a=rtpmap:96 vP8/90000\r\n"
                                                         "a=rtpmap:97 av1/90000\r\n"
                                                         "a=rtpmap:98 RTX/90000\r\n"
                                                         "a=fmtp:98 APT=96\r\n"));
    assert_int_equal(first(&a)->codec_count, 2);
    assert_int_equal(first(&a)->codec[0].rtx_pt, 98);
    assert_true(has(&a, "a=rtpmap:96 vP8/90000\r\n"));
    assert_true(has(&a, "a=rtpmap:98 rtx/90000\r\na=fmtp:98 apt=96\r\n"));
    sdp_answered_fini(&a);
}

static void only_opus_at_48000_with_two_channels_is_opus(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(ONE_AUDIO("109 110 111 0", "a=rtpmap:109 opus/16000/2\r\n"
                                                "a=rtpmap:110 opus/48000\r\n"
                                                "a=rtpmap:111 opus/48000/2\r\n"
                                                "a=rtpmap:0 PCMU/8000\r\n"));
    assert_int_equal(first(&a)->codec_count, 1);
    assert_int_equal(first(&a)->codec[0].pt, 111);
    assert_int_equal(first(&a)->codec[0].rtx_pt, -1);
    assert_true(has(&a, "m=audio 40000 UDP/TLS/RTP/SAVPF 111\r\n"));
    sdp_answered_fini(&a);
}

#define RED "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"

static void voice_is_to_be_sent_as_red_if_that_is_offered(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(ONE_AUDIO("111 63 0", OPUS RED));
    assert_int_equal(first(&a)->codec_count, 1);
    assert_int_equal(first(&a)->codec[0].pt, 111);
    assert_int_equal(first(&a)->codec[0].red_pt, 63);
    assert_true(has(&a, "m=audio 40000 UDP/TLS/RTP/SAVPF 63 111\r\n"));
    assert_true(has(&a, RED));
    sdp_answered_fini(&a);
}

static void stereo_sound_and_that_of_a_screen_are_sent_plain(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(ONE_AUDIO("111 63", OPUS "a=fmtp:111 sprop-stereo=1\r\n" RED));
    assert_true(has(&a, "m=audio 40000 UDP/TLS/RTP/SAVPF 111 63\r\n"));
    sdp_answered_fini(&a);
    struct sdp_local local = test_local();
    local.hint_count = 1;
    const struct sdp_hint hint = {
        .mid = "0", .has_source = true, .source = SOURCE_SCREEN_AUDIO};
    local.hint = &hint;
    a = answer(ONE_AUDIO("111 63", OPUS RED), &local);
    assert_true(has(&a, "m=audio 40000 UDP/TLS/RTP/SAVPF 111 63\r\n"));
    sdp_answered_fini(&a);
}

static void slot_may_get_red_and_plain_packets(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(SESSION("0") M("audio", "63 111") MUX("0") "a=recvonly\r\n" OPUS RED);
    assert_int_equal(first(&a)->codec[0].red_pt, 63);
    assert_true(has(&a, "m=audio 40000 UDP/TLS/RTP/SAVPF 111 63\r\n"));
    assert_true(has(&a, RED));
    sdp_answered_fini(&a);
}

static void red_of_anything_but_opus_alone_is_not_agreed(void **state)
{
    (void)state;
    static const char *const red[] = {
        "a=rtpmap:63 red/48000/2\r\n", // no blocks named
        "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/0\r\n",
        "a=rtpmap:63 red/48000/2\r\na=fmtp:63 0/111\r\n",
        "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/x\r\n",
        "a=rtpmap:63 red/48000\r\na=fmtp:63 111/111\r\n",
        "a=rtpmap:63 red/8000/2\r\na=fmtp:63 111/111\r\n",
    };
    for (size_t i = 0; i < sizeof red / sizeof *red; i++) {
        char offer[2000];
        (void)snprintf(offer, sizeof offer, "%s%s", ONE_AUDIO("111 63 0", OPUS), red[i]);
        struct sdp_answered a = answer_plain(offer);
        assert_int_equal(first(&a)->codec_count, 1);
        assert_int_equal(first(&a)->codec[0].red_pt, 0);
        assert_false(has(&a, "red"));
        sdp_answered_fini(&a);
    }
}

static void opus_keeps_stereo_and_dtx_if_they_are_offered(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        ONE_AUDIO("111", OPUS "a=fmtp:111 minptime=20; stereo=1;sprop-stereo=1;usedtx=1\r\n"));
    assert_true(
        has(&a, "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;usedtx=1\r"));
    sdp_answered_fini(&a);
    a = answer_plain(ONE_AUDIO("111", OPUS "a=fmtp:111 stereo=0\r\n"));
    assert_true(has(&a, "a=fmtp:111 minptime=10;useinbandfec=1\r\n"));
    sdp_answered_fini(&a);
}

static void vp9_profile_0_comes_before_profile_2_and_others_not_at_all(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        ONE("100 101 102 98 96", "a=rtpmap:100 VP9/90000\r\na=fmtp:100 profile-id=2\r\n"
                                 "a=rtpmap:101 VP9/90000\r\na=fmtp:101 profile-id=1\r\n"
                                 "a=rtpmap:102 VP9/90000\r\na=fmtp:102 profile-id=3\r\n"
                                 "a=rtpmap:98 VP9/90000\r\n" VP8));
    assert_int_equal(first(&a)->codec_count, 3);
    assert_int_equal(first(&a)->codec[0].pt, 98);
    assert_int_equal(first(&a)->codec[0].profile, 0);
    assert_int_equal(first(&a)->codec[1].pt, 100);
    assert_int_equal(first(&a)->codec[1].profile, 2);
    assert_int_equal(first(&a)->codec[2].pt, 96);
    assert_true(has(&a, "a=fmtp:100 profile-id=2\r\n"));
    sdp_answered_fini(&a);
}

static void h264_is_answered_with_the_offers_profile_and_mode(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(ONE(
        "102 103 104 105 106 107 108",
        "a=rtpmap:102 H264/90000\r\n"
        "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42E01F\r\n"
        "a=rtpmap:103 H264/90000\r\na=fmtp:103 profile-level-id=640c1f\r\n"
        "a=rtpmap:104 H264/90000\r\na=fmtp:104 packetization-mode=2;profile-level-id=42e01f\r\n"
        "a=rtpmap:105 H264/90000\r\na=fmtp:105 packetization-mode=1;profile-level-id=f4001f\r\n"
        "a=rtpmap:106 H264/90000\r\na=fmtp:106 profile-level-id=42e01\r\n"
        "a=rtpmap:107 H264/90000\r\na=fmtp:107 profile-level-id=42e0zz\r\n"
        "a=rtpmap:108 H264/90000\r\n"));
    assert_int_equal(first(&a)->codec_count, 3);
    assert_int_equal(first(&a)->codec[0].profile, 0x42e01f);
    assert_int_equal(first(&a)->codec[0].packetization, 1);
    assert_int_equal(first(&a)->codec[1].profile, 0x640c1f);
    assert_int_equal(first(&a)->codec[1].packetization, 0);
    assert_int_equal(first(&a)->codec[2].pt, 108);
    assert_int_equal(first(&a)->codec[2].profile, 0x42000a); // RFC 6184: Baseline, level 1
    assert_true(has(&a, "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;"
                        "profile-level-id=42e01f\r\n"));
    assert_true(has(&a, "a=fmtp:103 packetization-mode=0;profile-level-id=640c1f\r\n"));
    sdp_answered_fini(&a);
}

static void av1_of_the_main_profile_is_answered_as_offered(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        ONE("45 46 47", "a=rtpmap:45 AV1/90000\r\na=fmtp:45 level-idx=5;profile=0;tier=0\r\n"
                        "a=rtpmap:46 AV1/90000\r\na=fmtp:46 profile=1\r\n"
                        "a=rtpmap:47 AV1/90000\r\n"));
    assert_int_equal(first(&a)->codec_count, 2);
    assert_true(has(&a, "a=fmtp:45 level-idx=5;profile=0;tier=0\r\n"));
    assert_false(has(&a, "a=fmtp:47"));
    sdp_answered_fini(&a);
}

static void fec_red_and_tones_are_left_out(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(ONE("96 97 116 117 118", VP8_RTX "a=rtpmap:116 red/90000\r\n"
                                                      "a=rtpmap:117 ulpfec/90000\r\n"
                                                      "a=rtpmap:118 flexfec-03/90000\r\n"));
    assert_true(has(&a, "m=video 40000 UDP/TLS/RTP/SAVPF 96 97\r\n"));
    sdp_answered_fini(&a);
}

static void attributes_may_stand_in_any_order(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(ONE("96 97", "a=rtcp-fb:96 nack\r\na=fmtp:97 apt=96\r\n"
                                  "a=rtpmap:97 rtx/90000\r\na=rtpmap:96 VP8/90000\r\n"));
    assert_int_equal(first(&a)->codec[0].rtx_pt, 97);
    assert_true(first(&a)->codec[0].nack);
    sdp_answered_fini(&a);
}

#define TWCC_EXT                                                                               \
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"

static void feedback_is_what_is_offered_and_used(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        ONE("96", VP8 TWCC_EXT "a=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\n"
                               "a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 nack\r\n"
                               "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 nack sli\r\n"));
    const struct agree_codec *c = &first(&a)->codec[0];
    assert_true(c->twcc && c->fir && c->nack && c->pli && !c->remb);
    assert_int_equal(count_of(a.sdp, "a=rtcp-fb:"), 4);
    sdp_answered_fini(&a);
    a = answer_plain(
        ONE("96", VP8 TWCC_EXT "a=rtcp-fb:* nack pli\r\na=rtcp-fb:* goog-remb\r\n"));
    c = &first(&a)->codec[0];
    assert_true(!c->twcc && !c->fir && !c->nack && c->pli && c->remb);
    assert_true(has(&a, "a=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 nack pli\r\n"));
    sdp_answered_fini(&a);
}

static void transport_feedback_without_numbers_falls_back_to_remb(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(ONE("96", VP8 "a=rtcp-fb:96 goog-remb\r\na=rtcp-fb:96 transport-cc\r\n"));
    assert_true(first(&a)->codec[0].remb && !first(&a)->codec[0].twcc);
    sdp_answered_fini(&a);
}

static void audio_gets_transport_feedback_and_no_other(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(
        ONE_AUDIO("111", OPUS TWCC_EXT "a=rtcp-fb:111 transport-cc\r\na=rtcp-fb:111 nack\r\n"
                                       "a=rtcp-fb:111 goog-remb\r\n"));
    const struct agree_codec *c = &first(&a)->codec[0];
    assert_true(c->twcc && !c->nack && !c->remb);
    sdp_answered_fini(&a);
}

static void more_codecs_than_fit_are_cut_off(void **state)
{
    (void)state;
    char offer[4096] = SESSION("0") "m=video 9 UDP/TLS/RTP/SAVPF";
    for (int pt = 96; pt < 126; pt++)
        (void)snprintf(offer + strlen(offer), 8, " %d", pt);
    strcat(offer, "\r\n" MUX("0"));
    for (int pt = 96; pt < 126; pt++)
        (void)snprintf(offer + strlen(offer), 32, "a=rtpmap:%d VP8/90000\r\n", pt);
    struct sdp_answered a = answer_plain(offer);
    assert_int_equal(first(&a)->codec_count, AGREE_MAX_CODECS);
    assert_int_equal(first(&a)->codec[AGREE_MAX_CODECS - 1].pt, 96 + AGREE_MAX_CODECS - 1);
    sdp_answered_fini(&a);
}

static void an_mline_without_a_codec_of_ours_is_rejected_alone(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0 1") M("video", "99 100") MUX(
        "0") "a=rtpmap:99 H265/90000\r\na=rtpmap:100 VP8/8000\r\n" AUDIO("1", "sendonly"));
    assert_false(a.agreement.mline[0].active);
    assert_true(mline_has(&a, 0, "m=video 0 UDP/TLS/RTP/SAVPF 99 100\r\n"));
    assert_true(mline_has(&a, 0, "a=mid:0\r\n"));
    assert_true(a.agreement.mline[1].active);
    assert_true(has(&a, "a=group:BUNDLE 1\r\n"));
    sdp_answered_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_codecs_are_the_same_in_any_case),
        cmocka_unit_test(only_opus_at_48000_with_two_channels_is_opus),
        cmocka_unit_test(voice_is_to_be_sent_as_red_if_that_is_offered),
        cmocka_unit_test(stereo_sound_and_that_of_a_screen_are_sent_plain),
        cmocka_unit_test(slot_may_get_red_and_plain_packets),
        cmocka_unit_test(red_of_anything_but_opus_alone_is_not_agreed),
        cmocka_unit_test(opus_keeps_stereo_and_dtx_if_they_are_offered),
        cmocka_unit_test(vp9_profile_0_comes_before_profile_2_and_others_not_at_all),
        cmocka_unit_test(h264_is_answered_with_the_offers_profile_and_mode),
        cmocka_unit_test(av1_of_the_main_profile_is_answered_as_offered),
        cmocka_unit_test(fec_red_and_tones_are_left_out),
        cmocka_unit_test(attributes_may_stand_in_any_order),
        cmocka_unit_test(feedback_is_what_is_offered_and_used),
        cmocka_unit_test(transport_feedback_without_numbers_falls_back_to_remb),
        cmocka_unit_test(audio_gets_transport_feedback_and_no_other),
        cmocka_unit_test(more_codecs_than_fit_are_cut_off),
        cmocka_unit_test(an_mline_without_a_codec_of_ours_is_rejected_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
