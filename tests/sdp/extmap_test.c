#include "offers.h"

#define URI_MID   "urn:ietf:params:rtp-hdrext:sdes:mid"
#define URI_RID   "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
#define URI_RRID  "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
#define URI_LEVEL "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
#define URI_TWCC  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define URI_AST   "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
#define URI_TURN  "urn:3gpp:video-orientation"
#define URI_TIME  "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
#define URI_DD                                                                                 \
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
#define EXT(id, uri) "a=extmap:" id " " uri "\r\n"
#define ALL                                                                                    \
    EXT("1", URI_MID)                                                                          \
    EXT("2", URI_RID)                                                                          \
    EXT("3", URI_RRID)                                                                         \
    EXT("4", URI_LEVEL)                                                                        \
    EXT("5", URI_TWCC) EXT("6", URI_AST) EXT("7", URI_TURN) EXT("8", URI_TIME) EXT("9", URI_DD)

/** What is agreed on the first m-line; the answer repeats `repeated` more that nobody writes.
 */
static void expect_and(unsigned repeated, const char *offer, const uint8_t ext[EXT_COUNT])
{
    struct sdp_answered a = answer_plain(offer);
    assert_memory_equal(a.agreement.mline[0].ext, ext, EXT_COUNT);
    unsigned agreed = 0;
    for (unsigned i = 0; i < EXT_COUNT; i++)
        agreed += ext[i] != 0;
    assert_int_equal(count_of(a.sdp, "a=extmap:"), agreed + repeated);
    sdp_answered_fini(&a);
}

static void expect(const char *offer, const uint8_t ext[EXT_COUNT])
{
    expect_and(0, offer, ext);
}

static void a_track_has_what_we_use_of_senders(void **state)
{
    (void)state;
    expect(SESSION("0") VIDEO("0", "sendonly") ALL, (uint8_t[EXT_COUNT]){[EXT_MID] = 1,
                                                                         [EXT_RID] = 2,
                                                                         [EXT_RRID] = 3,
                                                                         [EXT_TWCC] = 5,
                                                                         [EXT_ORIENTATION] = 7,
                                                                         [EXT_CAPTURE_TIME] = 8,
                                                                         [EXT_DEPENDENCY] = 9});
    expect(SESSION("0") AUDIO("0", "sendonly") ALL,
           (uint8_t[EXT_COUNT]){
               [EXT_MID] = 1, [EXT_AUDIO_LEVEL] = 4, [EXT_TWCC] = 5, [EXT_CAPTURE_TIME] = 8});
}

static void absolute_send_time_stands_in_for_transport_wide_numbers(void **state)
{
    (void)state;
    expect(SESSION("0") VIDEO("0", "sendonly") EXT("6", URI_AST),
           (uint8_t[EXT_COUNT]){[EXT_ABS_SEND_TIME] = 6});
}

static void a_slot_has_no_rid_but_says_so_to_nobody(void **state)
{
    (void)state;
    expect_and(3, SESSION("0") VIDEO("0", "recvonly") ALL,
               (uint8_t[EXT_COUNT]){[EXT_MID] = 1,
                                    [EXT_ABS_SEND_TIME] = 6,
                                    [EXT_ORIENTATION] = 7,
                                    [EXT_CAPTURE_TIME] = 8,
                                    [EXT_DEPENDENCY] = 9});
    expect_and(1, SESSION("0") AUDIO("0", "recvonly") ALL,
               (uint8_t[EXT_COUNT]){[EXT_MID] = 1,
                                    [EXT_AUDIO_LEVEL] = 4,
                                    [EXT_ABS_SEND_TIME] = 6,
                                    [EXT_CAPTURE_TIME] = 8});
}

#define FEEDBACK "a=rtcp-fb:* transport-cc\r\n"

static void a_slot_has_numbers_where_the_client_answers_them(void **state)
{
    (void)state;
    expect_and(2, SESSION("0") VIDEO("0", "recvonly") ALL FEEDBACK,
               (uint8_t[EXT_COUNT]){[EXT_MID] = 1,
                                    [EXT_TWCC] = 5,
                                    [EXT_ORIENTATION] = 7,
                                    [EXT_CAPTURE_TIME] = 8,
                                    [EXT_DEPENDENCY] = 9});
    expect(SESSION("0") AUDIO("0", "recvonly") ALL FEEDBACK,
           (uint8_t[EXT_COUNT]){
               [EXT_MID] = 1, [EXT_AUDIO_LEVEL] = 4, [EXT_TWCC] = 5, [EXT_CAPTURE_TIME] = 8});
}

static void a_picture_without_rtx_has_no_numbers_but_an_estimate_of_its_receiver(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0") M("video", "96") MUX("0") VP8
                                         "a=recvonly\r\n" EXT("5", URI_TWCC) EXT("6", URI_AST)
                                             FEEDBACK "a=rtcp-fb:96 goog-remb\r\n");
    const struct agree_mline *m = &a.agreement.mline[0];
    assert_int_equal(m->ext[EXT_TWCC], 0);
    assert_int_equal(m->ext[EXT_ABS_SEND_TIME], 6);
    assert_true(m->codec[0].remb && !m->codec[0].twcc);
    assert_true(has(&a, "a=rtcp-fb:96 goog-remb\r\n"));
    assert_true(has(&a, "a=extmap:5 " URI_TWCC "\r\n")); // for a camera that may come
    sdp_answered_fini(&a);
}

static void both_directions_have_the_union(void **state)
{
    (void)state;
    expect(SESSION("0") VIDEO("0", "sendrecv") ALL,
           (uint8_t[EXT_COUNT]){[EXT_MID] = 1,
                                [EXT_RID] = 2,
                                [EXT_RRID] = 3,
                                [EXT_TWCC] = 5,
                                [EXT_ABS_SEND_TIME] = 6,
                                [EXT_ORIENTATION] = 7,
                                [EXT_CAPTURE_TIME] = 8,
                                [EXT_DEPENDENCY] = 9});
}

static void of_two_ids_and_of_two_uris_the_first_counts(void **state)
{
    (void)state;
    expect(SESSION("0") AUDIO("0", "sendonly") EXT("3", URI_MID) EXT("4", URI_MID)
               EXT("3", URI_LEVEL),
           (uint8_t[EXT_COUNT]){[EXT_MID] = 3});
}

static void ids_belong_to_their_mline(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0 1") AUDIO("0", "sendonly") EXT(
        "2", URI_LEVEL) VIDEO("1", "sendonly") EXT("2", URI_AST) EXT("200", URI_MID));
    assert_int_equal(a.agreement.mline[0].ext[EXT_AUDIO_LEVEL], 2);
    assert_int_equal(a.agreement.mline[0].ext[EXT_MID], 0);
    assert_int_equal(a.agreement.mline[1].ext[EXT_ABS_SEND_TIME], 2);
    assert_int_equal(a.agreement.mline[1].ext[EXT_MID], 200);
    assert_true(mline_has(&a, 1, "a=extmap:200 " URI_MID "\r\n"));
    sdp_answered_fini(&a);
}

static void an_id_means_one_thing_on_all_that_the_client_receives(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(SESSION("0 1 2") VIDEO("0", "recvonly") EXT("2", URI_AST) EXT("3", URI_MID)
                         AUDIO("1", "recvonly") EXT("2", URI_LEVEL) EXT("5", URI_MID)
                             AUDIO("2", "recvonly") EXT("5", URI_LEVEL) EXT("3", URI_MID));
    assert_int_equal(a.agreement.mline[0].ext[EXT_ABS_SEND_TIME], 0); // gives way
    assert_int_equal(a.agreement.mline[0].ext[EXT_MID], 3);
    assert_int_equal(a.agreement.mline[1].ext[EXT_AUDIO_LEVEL], 2);
    assert_int_equal(a.agreement.mline[1].ext[EXT_MID], 5);
    assert_int_equal(a.agreement.mline[2].ext[EXT_AUDIO_LEVEL], 0); // 5 has a meaning
    assert_int_equal(a.agreement.mline[2].ext[EXT_MID], 3);
    sdp_answered_fini(&a);
}

static void an_extension_of_the_session_holds_for_all_mlines(void **state)
{
    (void)state;
    expect(SESSION("0") EXT("9", URI_MID) AUDIO("0", "sendonly"),
           (uint8_t[EXT_COUNT]){[EXT_MID] = 9});
}

static void ids_that_no_packet_can_have_are_passed_over(void **state)
{
    (void)state;
    expect(SESSION("0") AUDIO("0", "sendonly") EXT("15", URI_MID) EXT("256", URI_LEVEL)
               EXT("4096", URI_TWCC),
           (uint8_t[EXT_COUNT]){0});
}

static void directions_are_turned_around(void **state)
{
    (void)state;
    struct sdp_answered a =
        answer_plain(SESSION("0") VIDEO("0", "sendonly") "a=extmap:1/sendonly " URI_MID "\r\n"
                                                         "a=extmap:2/recvonly " URI_TWCC "\r\n"
                                                         "a=extmap:3/inactive " URI_TURN "\r\n"
                                                         "a=extmap:4/sendrecv " URI_RID "\r\n");
    const uint8_t *ext = a.agreement.mline[0].ext;
    assert_int_equal(ext[EXT_MID], 1);
    assert_int_equal(ext[EXT_TWCC], 0);
    assert_int_equal(ext[EXT_ORIENTATION], 0);
    assert_int_equal(ext[EXT_RID], 4);
    assert_true(has(&a, "a=extmap:1/recvonly " URI_MID "\r\n"));
    assert_true(has(&a, "a=extmap:4 " URI_RID "\r\n"));
    sdp_answered_fini(&a);
}

static void the_dependency_descriptor_goes_only_where_it_is_offered(void **state)
{
    (void)state;
    // As Firefox has it: it writes descriptors, and reads none.
    struct sdp_answered a = answer_plain(SESSION("0 1") VIDEO(
        "0", "sendonly") "a=extmap:8/sendonly " URI_DD
                         "\r\n" VIDEO("1", "recvonly") "a=extmap:8/sendonly " URI_DD "\r\n");
    assert_int_equal(a.agreement.mline[0].ext[EXT_DEPENDENCY], 8);
    assert_true(mline_has(&a, 0, "a=extmap:8/recvonly " URI_DD "\r\n"));
    assert_int_equal(a.agreement.mline[1].ext[EXT_DEPENDENCY], 0);
    assert_false(mline_has(&a, 1, URI_DD));
    sdp_answered_fini(&a);
}

static void mixed_headers_are_allowed_where_they_are_offered(void **state)
{
    (void)state;
    struct sdp_answered a = answer_plain(SESSION("0") AUDIO("0", "sendonly"));
    assert_false(has(&a, "a=extmap-allow-mixed"));
    assert_false(a.agreement.mline[0].ext_mixed);
    sdp_answered_fini(&a);
    a = answer_plain(SESSION("0") "a=extmap-allow-mixed\r\n" AUDIO("0", "sendonly"));
    assert_int_equal(count_of(a.sdp, "a=extmap-allow-mixed\r\n"), 1);
    assert_false(mline_has(&a, 0, "a=extmap-allow-mixed\r\n"));
    assert_true(a.agreement.mline[0].ext_mixed);
    sdp_answered_fini(&a);
    a = answer_plain(SESSION("0") AUDIO("0", "sendonly") "a=extmap-allow-mixed\r\n");
    assert_true(mline_has(&a, 0, "a=extmap-allow-mixed\r\n"));
    assert_true(a.agreement.mline[0].ext_mixed);
    sdp_answered_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_track_has_what_we_use_of_senders),
        cmocka_unit_test(absolute_send_time_stands_in_for_transport_wide_numbers),
        cmocka_unit_test(a_slot_has_no_rid_but_says_so_to_nobody),
        cmocka_unit_test(a_slot_has_numbers_where_the_client_answers_them),
        cmocka_unit_test(a_picture_without_rtx_has_no_numbers_but_an_estimate_of_its_receiver),
        cmocka_unit_test(both_directions_have_the_union),
        cmocka_unit_test(of_two_ids_and_of_two_uris_the_first_counts),
        cmocka_unit_test(ids_belong_to_their_mline),
        cmocka_unit_test(an_id_means_one_thing_on_all_that_the_client_receives),
        cmocka_unit_test(an_extension_of_the_session_holds_for_all_mlines),
        cmocka_unit_test(ids_that_no_packet_can_have_are_passed_over),
        cmocka_unit_test(directions_are_turned_around),
        cmocka_unit_test(the_dependency_descriptor_goes_only_where_it_is_offered),
        cmocka_unit_test(mixed_headers_are_allowed_where_they_are_offered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
