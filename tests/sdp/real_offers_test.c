/**
 * Offers as Chromium 156, Firefox ESR 153, aiortc 1.4 and GStreamer 1.22 wrote them; all of
 * their answers were accepted by their clients when these files were made.
 */
#include "offers.h"

static const char *const names[] = {
    "aiortc_call",           "aiortc_call_more",       "aiortc_data",
    "aiortc_player",         "aiortc_publish",         "chromium_addtrack",
    "chromium_call",         "chromium_call_recycled", "chromium_call_restart",
    "chromium_call_screen",  "chromium_call_stopped",  "chromium_data",
    "chromium_player",       "chromium_publish",       "chromium_publish_desc",
    "firefox_addtrack",      "firefox_call",           "firefox_call_muted",
    "firefox_call_recycled", "firefox_call_restart",   "firefox_call_screen",
    "firefox_call_stopped",  "firefox_data",           "firefox_player",
    "firefox_publish",       "firefox_publish_desc",   "gstreamer_player",
    "gstreamer_publish",
};

static struct sdp_answered answer_file(const char *name)
{
    char *offer = load_offer(name);
    struct sdp_answered a = answer_plain(offer);
    free(offer);
    return a;
}

/** The word behind "m=" of each m-line, and its mid, are the offer's, in its order. */
static void assert_same_mlines(const char *offer, const struct sdp_answered *a)
{
    unsigned count = count_of(offer, "\r\nm=");
    assert_int_equal(count_of(a->sdp, "\r\nm="), count);
    assert_int_equal(a->agreement.mline_count, count);
    for (unsigned i = 0; i < count; i++) {
        char *theirs = mline_text(offer, i);
        char *ours = mline_text(a->sdp, i);
        char line[64];
        assert_memory_equal(theirs, ours, strcspn(theirs, " "));
        (void)snprintf(line, sizeof line, "\r\na=mid:%s\r\n", a->agreement.mline[i].mid);
        assert_non_null(strstr(theirs, line));
        assert_non_null(strstr(ours, line));
        free(theirs);
        free(ours);
    }
}

static void every_real_offer_gets_an_answer_with_its_mlines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *offer = load_offer(names[i]);
        struct sdp_answered a = answer_plain(offer);
        assert_same_mlines(offer, &a);
        assert_true(a.fresh);
        assert_int_equal(a.agreement.generation, 1);
        assert_int_equal(a.agreement.dtls_role, AGREE_DTLS_SERVER);
        assert_int_equal(a.agreement.fingerprint_len, 32);
        assert_true(has(&a, "a=ice-lite\r\n"));
        assert_int_equal(count_of(a.sdp, "a=end-of-candidates\r\n"), 1);
        free(offer);
        sdp_answered_fini(&a);
    }
}

static void every_agreement_goes_through_a_letter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct sdp_answered a = answer_file(names[i]);
        struct agreement copy;
        const char *where = NULL;
        json_t *json = agreement_to_json(&a.agreement);
        assert_int_equal(agreement_from_json(json, &copy, &where), 0);
        assert_int_equal(copy.mline_count, a.agreement.mline_count);
        json_decref(json);
        agreement_fini(&copy);
        sdp_answered_fini(&a);
    }
}

static void browsers_publish_simulcast_by_rid(void **state)
{
    (void)state;
    const char *const offers[] = {"chromium_publish", "firefox_publish", "chromium_call",
                                  "firefox_call"};
    for (size_t i = 0; i < 4; i++) {
        struct sdp_answered a = answer_file(offers[i]);
        const struct agree_mline *m = &a.agreement.mline[1];
        assert_true(a.agreement.mline[0].client_sends);
        assert_int_equal(a.agreement.mline[0].source, SOURCE_MICROPHONE);
        assert_true(m->client_sends && !m->client_receives);
        assert_int_equal(m->source, SOURCE_CAMERA);
        assert_int_equal(m->encoding_count, 3);
        assert_string_equal(m->encoding[0].rid, "q");
        assert_string_equal(m->encoding[2].rid, "f");
        assert_true(m->ext[EXT_MID] && m->ext[EXT_RID] && m->ext[EXT_RRID] && m->ext[EXT_TWCC]);
        assert_int_equal(m->ext[EXT_ABS_SEND_TIME], 0);
        assert_true(m->codec[0].twcc && !m->codec[0].remb && m->codec[0].rtx_pt > 0);
        assert_true(mline_has(&a, 1, "a=simulcast:recv q;h;f\r\n"));
        assert_true(mline_has(&a, 1, "a=recvonly\r\n"));
        sdp_answered_fini(&a);
    }
}

static void a_list_from_high_to_low_is_turned_but_answered_as_listed(void **state)
{
    (void)state;
    const char *const offers[] = {"chromium_publish_desc", "firefox_publish_desc"};
    for (size_t i = 0; i < 2; i++) {
        struct sdp_answered a = answer_file(offers[i]);
        assert_string_equal(a.agreement.mline[0].encoding[0].rid, "q");
        assert_string_equal(a.agreement.mline[0].encoding[1].rid, "h");
        assert_string_equal(a.agreement.mline[0].encoding[2].rid, "f");
        assert_true(has(&a, "a=simulcast:recv f;h;q\r\n"));
        sdp_answered_fini(&a);
    }
}

static void browsers_codecs_are_ours_in_their_order(void **state)
{
    (void)state;
    struct sdp_answered a = answer_file("chromium_publish");
    const struct agree_mline *m = &a.agreement.mline[1];
    const enum media_codec order[] = {CODEC_VP8,  CODEC_H264, CODEC_H264, CODEC_H264,
                                      CODEC_H264, CODEC_H264, CODEC_H264, CODEC_AV1,
                                      CODEC_VP9,  CODEC_VP9};
    assert_int_equal(m->codec_count, 10);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(m->codec[i].codec, order[i]);
    assert_true(mline_has(
        &a, 1,
        "SAVPF 96 97 102 103 104 107 108 109 114 115 116 117 39 40 45 46 98 99 100 101"));
    sdp_answered_fini(&a);
    a = answer_file("firefox_publish");
    assert_int_equal(a.agreement.mline[1].codec_count, 3);
    assert_int_equal(a.agreement.mline[1].codec[2].codec, CODEC_AV1);
    assert_true(mline_has(&a, 1, "m=video 40000 UDP/TLS/RTP/SAVPF 120 124 121 125 99 100\r\n"));
    assert_true(mline_has(&a, 0, "a=fmtp:109 minptime=10;useinbandfec=1;stereo=1\r\n"));
    sdp_answered_fini(&a);
}

static void a_call_has_its_slots_in_pairs(void **state)
{
    (void)state;
    const char *const offers[] = {"chromium_call", "firefox_call"};
    for (size_t i = 0; i < 2; i++) {
        struct sdp_answered a = answer_file(offers[i]);
        for (unsigned m = 2; m < 12; m++) {
            assert_true(a.agreement.mline[m].client_receives);
            assert_false(a.agreement.mline[m].client_sends);
            assert_int_equal(a.agreement.mline[m].slot_pair, (m - 2) / 2);
            assert_true(a.agreement.mline[m].ext[EXT_TWCC]);
            assert_true(a.agreement.mline[m].codec[0].twcc);
            assert_true(a.agreement.mline[m].ext[EXT_MID]);
        }
        assert_true(mline_has(&a, 2, "a=msid:slot0 slot0-audio\r\n"));
        assert_true(mline_has(&a, 3, "a=msid:slot0 slot0-video\r\n"));
        assert_true(mline_has(&a, 9, "a=msid:slot3 slot3-video\r\n"));
        assert_true(mline_has(&a, 3, "a=ssrc-group:FID "));
        assert_false(mline_has(&a, 2, "a=ssrc-group:FID "));
        sdp_answered_fini(&a);
    }
}

static void browsers_get_their_data_channels(void **state)
{
    (void)state;
    const char *const offers[] = {"chromium_data", "firefox_data"};
    for (size_t i = 0; i < 2; i++) {
        struct sdp_answered a = answer_file(offers[i]);
        const struct agree_mline *m = &a.agreement.mline[2];
        assert_int_equal(m->kind, KIND_DATA);
        assert_true(m->active && !m->client_sends && !m->client_receives);
        assert_int_equal(m->data.port, 5000);
        assert_int_equal(m->data.max_message, i == 0 ? 262144 : 1073741823);
        assert_true(m->data.may_send);
        assert_true(
            mline_has(&a, 2, "m=application 40000 UDP/DTLS/SCTP webrtc-datachannel\r\n"));
        assert_true(mline_has(&a, 2, "a=sctp-port:5000\r\na=max-message-size:65536\r\n"));
        assert_true(has(&a, "a=group:BUNDLE 0 1 2\r\n"));
        sdp_answered_fini(&a);
    }
}

static void data_channels_of_the_old_form_are_rejected_alone(void **state)
{
    (void)state;
    struct sdp_answered a = answer_file("aiortc_data");
    assert_int_equal(a.agreement.mline[2].kind, KIND_DATA);
    assert_false(a.agreement.mline[2].active);
    assert_true(mline_has(&a, 2, "m=application 0 DTLS/SCTP 5000\r\n"));
    assert_true(has(&a, "a=group:BUNDLE 0 1\r\n"));
    sdp_answered_fini(&a);
}

static void aiortc_is_addressed_by_its_first_mline(void **state)
{
    (void)state;
    char *offer = load_offer("aiortc_call");
    struct sdp_answered a = answer_plain(offer);
    char ufrag[300];
    (void)snprintf(ufrag, sizeof ufrag, "a=ice-ufrag:%s\r\n", a.agreement.remote_ufrag);
    const char *second = strstr(strstr(offer, "\r\nm=") + 1, "\r\nm=");
    assert_true(strstr(offer, ufrag) < second);
    const struct agree_mline *m = &a.agreement.mline[1];
    assert_true(m->client_sends && m->client_receives);
    assert_int_equal(m->encoding_count, 1);
    assert_true(m->encoding[0].ssrc != 0 && m->encoding[0].rtx_ssrc != 0);
    assert_true(m->codec[0].remb && !m->codec[0].twcc); // it knows no transport-wide numbers
    assert_int_equal(m->ext[EXT_ABS_SEND_TIME], 0);     // its id means another thing above
    assert_int_equal(a.agreement.mline[0].ext[EXT_AUDIO_LEVEL], 2);
    free(offer);
    sdp_answered_fini(&a);
}

static void gstreamer_is_answered_in_its_own_words(void **state)
{
    (void)state;
    struct sdp_answered a = answer_file("gstreamer_publish");
    assert_string_equal(a.agreement.mline[0].mid, "video0");
    assert_string_equal(a.agreement.mline[1].mid, "audio1");
    assert_true(a.agreement.mline[1].active); // port 0 with bundle-only
    assert_true(mline_has(&a, 1, "a=rtpmap:97 OPUS/48000/2\r\n"));
    assert_false(a.agreement.mline[0].codec[0].nack);
    assert_true(a.agreement.mline[0].codec[0].pli && a.agreement.mline[0].codec[0].fir);
    assert_false(a.agreement.mline[0].codec[0].twcc); // no extension that would carry numbers
    sdp_answered_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_real_offer_gets_an_answer_with_its_mlines),
        cmocka_unit_test(every_agreement_goes_through_a_letter),
        cmocka_unit_test(browsers_publish_simulcast_by_rid),
        cmocka_unit_test(a_list_from_high_to_low_is_turned_but_answered_as_listed),
        cmocka_unit_test(browsers_codecs_are_ours_in_their_order),
        cmocka_unit_test(a_call_has_its_slots_in_pairs),
        cmocka_unit_test(browsers_get_their_data_channels),
        cmocka_unit_test(data_channels_of_the_old_form_are_rejected_alone),
        cmocka_unit_test(aiortc_is_addressed_by_its_first_mline),
        cmocka_unit_test(gstreamer_is_answered_in_its_own_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
