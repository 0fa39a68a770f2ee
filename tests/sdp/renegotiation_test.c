#include "offers.h"

static struct sdp_answered answer_file_again(const char *client, const char *step,
                                             struct sdp_answered *before)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s_%s", client, step);
    char *offer = load_offer(name);
    struct sdp_answered a = before ? answer_again(offer, before) : answer_plain(offer);
    free(offer);
    return a;
}

/** A call: then a screen share, an ICE restart, the share stopped, and another in its place. */
static void run_call(const char *client)
{
    struct sdp_answered a = answer_file_again(client, "call", NULL);
    struct agree_mline slot = a.agreement.mline[5];
    char ufrag[AGREE_UFRAG_SIZE];
    strcpy(ufrag, a.agreement.local_ufrag);
    assert_int_equal(a.agreement.answers, 1);

    a = answer_file_again(client, "call_screen", &a);
    assert_false(a.fresh || a.ice_restart);
    assert_string_equal(a.agreement.local_ufrag, ufrag);
    assert_int_equal(a.agreement.mline[12].source, SOURCE_SCREEN);
    assert_true(a.agreement.mline[12].client_sends);
    assert_int_equal(a.agreement.answers, 2);

    a = answer_file_again(client, "call_restart", &a);
    assert_false(a.fresh);
    assert_true(a.ice_restart);
    assert_string_not_equal(a.agreement.local_ufrag, ufrag);
    assert_int_equal(a.agreement.mline[12].source, SOURCE_SCREEN);

    a = answer_file_again(client, "call_stopped", &a);
    assert_false(a.agreement.mline[12].active);
    assert_true(mline_has(&a, 12, "m=video 0 "));
    assert_false(a.ice_restart);

    a = answer_file_again(client, "call_recycled", &a);
    assert_int_equal(a.agreement.mline_count, 13);
    assert_string_equal(a.agreement.mline[12].mid, "13");
    assert_true(a.agreement.mline[12].active);
    assert_int_equal(a.agreement.mline[12].source, SOURCE_SCREEN);
    assert_int_equal(a.agreement.mline[1].source, SOURCE_CAMERA);
    assert_int_equal(a.agreement.generation, 1);
    assert_int_equal(a.agreement.answers, 5);
    assert_int_equal(a.agreement.mline[5].slot_ssrc, slot.slot_ssrc);
    assert_int_equal(a.agreement.mline[5].slot_rtx_ssrc, slot.slot_rtx_ssrc);
    assert_int_equal(a.agreement.mline[5].slot_pair, slot.slot_pair);
    sdp_answered_fini(&a);
}

static void a_chromium_call_goes_through_its_life(void **state)
{
    (void)state;
    run_call("chromium");
}

static void a_firefox_call_goes_through_its_life(void **state)
{
    (void)state;
    run_call("firefox");
}

static void the_answers_version_rises_and_its_id_stays(void **state)
{
    (void)state;
    const char *offer = SESSION("0") AUDIO("0", "sendonly");
    struct sdp_answered a = answer_plain(offer);
    char first[64];
    char second[64];
    char rest[64];
    unsigned long long id = 0;
    unsigned version = 0;
    assert_int_equal(sscanf(a.sdp, "v=0 o=- %llu %u", &id, &version), 2);
    assert_int_equal(version, 1);
    (void)snprintf(first, sizeof first, "o=- %llu 1 IN IP4 0.0.0.0\r\n", id);
    (void)snprintf(second, sizeof second, "o=- %llu 2 IN IP4 0.0.0.0\r\n", id);
    (void)snprintf(rest, sizeof rest, "o=- %llu ", id);
    assert_true(id > 1 && has(&a, first));
    a = answer_again(offer, &a);
    assert_true(has(&a, second));
    char *other = replaced(offer, "7805966335439622408", "5");
    char *offer_of_new = replaced(other, "a=ice-ufrag:yOxz", "a=ice-ufrag:other");
    a = answer_again(offer_of_new, &a);
    assert_true(a.fresh);
    assert_false(has(&a, rest));
    free(other);
    free(offer_of_new);
    sdp_answered_fini(&a);
}

static void another_session_id_is_another_peer_connection(void **state)
{
    (void)state;
    const char *offer = SESSION("0") VIDEO("0", "recvonly");
    struct sdp_answered a = answer_plain(offer);
    uint32_t ssrc = a.agreement.mline[0].slot_ssrc;
    char cname[33];
    strcpy(cname, a.agreement.cname);
    assert_true(a.session == UINT64_C(7805966335439622408));
    char *other = replaced(offer, "7805966335439622408", "5");
    char *fresh = replaced(other, "a=ice-ufrag:yOxz", "a=ice-ufrag:other");
    a = answer_again(fresh, &a);
    assert_true(a.fresh && !a.ice_restart);
    assert_int_equal(a.session, 5);
    assert_int_equal(a.agreement.generation, 2);
    assert_int_equal(a.agreement.answers, 1);
    assert_int_not_equal(a.agreement.mline[0].slot_ssrc, ssrc);
    assert_string_not_equal(a.agreement.cname, cname);
    free(other);
    free(fresh);
    sdp_answered_fini(&a);
}

static void another_session_id_with_the_same_credentials_is_the_same(void **state)
{
    (void)state;
    // aiortc writes the time of each offer as its session id.
    char *first = load_offer("aiortc_call");
    char *more = load_offer("aiortc_call_more");
    const char *origin = strstr(more, "o=- ") + 4;
    char id[32] = "";
    memcpy(id, origin, strcspn(origin, " "));
    char *later = replaced(more, id, "4004999999");
    struct sdp_answered a = answer_plain(first);
    uint32_t ssrc = a.agreement.mline[3].slot_ssrc;
    a = answer_again(later, &a);
    assert_false(a.fresh || a.ice_restart);
    assert_int_equal(a.session, UINT64_C(4004999999));
    assert_int_equal(a.agreement.mline[3].slot_ssrc, ssrc);
    assert_true(a.agreement.mline[6].client_receives);
    free(first);
    free(more);
    free(later);
    sdp_answered_fini(&a);
}

static void another_certificate_is_another_peer_connection(void **state)
{
    (void)state;
    const char *offer = SESSION("0") VIDEO("0", "recvonly");
    struct sdp_answered a = answer_plain(offer);
    char *other = replaced(offer, "F9:0F", "F9:0E");
    a = answer_again(other, &a);
    assert_true(a.fresh);
    assert_int_equal(a.agreement.generation, 2);
    free(other);
    sdp_answered_fini(&a);
}

static void new_credentials_of_the_client_are_an_ice_restart(void **state)
{
    (void)state;
    const char *offer = SESSION("0") VIDEO("0", "recvonly");
    struct sdp_answered a = answer_plain(offer);
    char pwd[AGREE_PWD_SIZE];
    strcpy(pwd, a.agreement.local_pwd);
    char *other = replaced(offer, "a=ice-pwd:Bcf", "a=ice-pwd:Abc");
    a = answer_again(other, &a);
    assert_true(a.ice_restart && !a.fresh);
    assert_string_not_equal(a.agreement.local_pwd, pwd);
    assert_string_equal(a.agreement.remote_pwd, "Abc+L+zqCeGZaCoV7lp0Tsza");
    assert_int_equal(a.agreement.generation, 1);
    free(other);
    sdp_answered_fini(&a);
}

static void a_role_of_dtls_once_agreed_stays(void **state)
{
    (void)state;
    const char *offer = SESSION("0") VIDEO("0", "recvonly") "a=setup:passive\r\n";
    struct sdp_answered a = answer_plain(offer);
    assert_int_equal(a.agreement.dtls_role, AGREE_DTLS_CLIENT);
    assert_true(has(&a, "a=setup:active\r\n"));
    char *again = replaced(offer, "a=setup:passive", "a=setup:actpass");
    a = answer_again(again, &a);
    assert_false(a.fresh);
    assert_true(has(&a, "a=setup:active\r\n"));
    char *turned = replaced(offer, "a=setup:passive", "a=setup:active");
    a = answer_again(turned, &a);
    assert_true(a.fresh); // other roles are another association
    assert_true(has(&a, "a=setup:passive\r\n"));
    free(again);
    free(turned);
    sdp_answered_fini(&a);
}

static void a_client_may_stop_everything(void **state)
{
    (void)state;
    const char *offer = SESSION("0") VIDEO("0", "recvonly");
    const char *stopped = SESSION("") "m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n";
    struct sdp_answered a = answer_plain(offer);
    char ufrag[AGREE_UFRAG_SIZE];
    strcpy(ufrag, a.agreement.local_ufrag);
    a = answer_again(stopped, &a);
    assert_false(a.fresh || a.agreement.mline[0].active);
    assert_string_equal(a.agreement.local_ufrag, ufrag);
    a = answer_again(offer, &a);
    assert_false(a.fresh || a.ice_restart);
    assert_true(a.agreement.mline[0].active);
    sdp_answered_fini(&a);
    refuse(stopped, "no_media", SESSION_LINES + 1);
}

static void a_muted_track_keeps_its_source_layers_and_extensions(void **state)
{
    (void)state;
#define LAYERS                                                                                 \
    "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"                            \
    "a=rid:q send\r\na=rid:f send\r\na=simulcast:send q;f\r\n"
    struct sdp_answered a =
        answer_plain(SESSION("0 1") VIDEO("0", "sendonly") LAYERS VIDEO("1", "sendonly"));
    assert_int_equal(a.agreement.mline[1].source, SOURCE_SCREEN);
    a = answer_again(SESSION("0 1") VIDEO("0", "inactive") LAYERS VIDEO("1", "inactive"), &a);
    assert_true(a.agreement.mline[0].active && !a.agreement.mline[0].client_sends);
    assert_true(mline_has(&a, 0, "a=inactive\r\n"));
    assert_true(mline_has(&a, 0, "a=simulcast:recv q;f\r\n"));
    assert_true(mline_has(&a, 0, "a=extmap:10 "));
    a = answer_again(SESSION("0 1") VIDEO("0", "inactive") LAYERS VIDEO("1", "sendonly"), &a);
    assert_int_equal(a.agreement.mline[1].source, SOURCE_SCREEN);
    sdp_answered_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chromium_call_goes_through_its_life),
        cmocka_unit_test(a_firefox_call_goes_through_its_life),
        cmocka_unit_test(the_answers_version_rises_and_its_id_stays),
        cmocka_unit_test(another_session_id_is_another_peer_connection),
        cmocka_unit_test(another_session_id_with_the_same_credentials_is_the_same),
        cmocka_unit_test(another_certificate_is_another_peer_connection),
        cmocka_unit_test(new_credentials_of_the_client_are_an_ice_restart),
        cmocka_unit_test(a_role_of_dtls_once_agreed_stays),
        cmocka_unit_test(a_client_may_stop_everything),
        cmocka_unit_test(a_muted_track_keeps_its_source_layers_and_extensions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
