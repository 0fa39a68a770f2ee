#include "ice/ice.h"

#include "client.h"

#include "base/bytes.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct ice_path wifi, mobile, other_local;

static int make_paths(void **state)
{
    (void)state;
    wifi = path("::ffff:192.0.2.7", 40000, "::ffff:198.51.100.1");
    mobile = path("2001:db8::7", 50000, "2001:db8::1");
    other_local = path("::ffff:192.0.2.7", 40000, "::ffff:198.51.100.2");
    return 0;
}

static struct ice started(void)
{
    struct ice ice;
    assert_int_equal(0, ice_init(&ice, &first_creds, 0));
    return ice;
}

static struct ice connected(usec_t now)
{
    struct ice ice = started();
    struct check k;
    assert_int_equal(DROP_NONE, check_run(&k, &ice, &first_creds, &wifi, 100, true, now));
    return ice;
}

/** The client accepts the answer and learns from it that address. */
static void assert_answers(struct check *k, const char *address, uint16_t port)
{
    StunMessage msg;
    assert_int_equal(STUN_VALIDATION_SUCCESS, stun_agent_validate(&k->agent, &msg, k->ev.reply,
                                                                  k->ev.reply_len, NULL, NULL));
    struct sockaddr_storage mapped = {0};
    socklen_t len = sizeof(mapped);
    assert_int_equal(STUN_USAGE_ICE_RETURN_SUCCESS,
                     stun_usage_ice_conncheck_process(&msg, &mapped, &len,
                                                      STUN_USAGE_ICE_COMPATIBILITY_RFC5245));
    char text[INET6_ADDRSTRLEN];
    const bool v4 = mapped.ss_family == AF_INET;
    const void *addr = v4 ? (const void *)&((struct sockaddr_in *)&mapped)->sin_addr
                          : (const void *)&((struct sockaddr_in6 *)&mapped)->sin6_addr;
    assert_string_equal(address, inet_ntop(v4 ? AF_INET : AF_INET6, addr, text, sizeof(text)));
    assert_int_equal(port, ntohs(((struct sockaddr_in *)&mapped)->sin_port));
}

static void the_first_valid_check_gives_a_provisional_path(void **state)
{
    (void)state;
    struct ice ice = started();
    struct check k;
    assert_int_equal(DROP_NONE, check_run(&k, &ice, &first_creds, &wifi, 100, false, 1 * SEC));
    assert_true(k.ev.first_valid && k.ev.selected_changed && !k.ev.restarted);
    assert_int_equal(ICE_CONNECTED, ice.state);
    assert_true(ice.has_path && !ice.nominated && ice_path_equal(&wifi, &ice.selected));
    assert_answers(&k, "192.0.2.7", 40000);

    // Another one without USE-CANDIDATE is answered and moves nothing.
    assert_int_equal(DROP_NONE,
                     check_run(&k, &ice, &first_creds, &mobile, 900, false, 1 * SEC));
    assert_true(!k.ev.first_valid && !k.ev.selected_changed);
    assert_true(ice_path_equal(&wifi, &ice.selected));
    assert_answers(&k, "2001:db8::7", 50000);
}

static void use_candidate_moves_the_peer_to_a_new_address(void **state)
{
    (void)state;
    struct ice ice = connected(1 * SEC);
    struct check k;
    assert_int_equal(DROP_NONE,
                     check_run(&k, &ice, &first_creds, &mobile, 50, true, 60 * SEC / 2));
    assert_true(k.ev.selected_changed && !k.ev.first_valid);
    assert_true(ice_path_equal(&mobile, &ice.selected));

    // The same remote address towards another address of ours is another path.
    check_run(&k, &ice, &first_creds, &wifi, 50, true, 31 * SEC);
    check_run(&k, &ice, &first_creds, &other_local, 50, true, 32 * SEC);
    assert_true(k.ev.selected_changed);
    check_run(&k, &ice, &first_creds, &other_local, 50, true, 33 * SEC);
    assert_false(k.ev.selected_changed);
}

/** RFC 8445 section 19.5: whoever forges a sender's address must gain nothing. */
static void an_answer_is_not_longer_than_its_check(void **state)
{
    (void)state;
    struct ice ice = started();
    struct check k;
    assert_int_equal(DROP_NONE, check_run(&k, &ice, &first_creds, &wifi, 100, false, 0));
    assert_in_range(k.ev.reply_len, 1, k.len);
    assert_int_equal(DROP_NONE, check_run(&k, &ice, &first_creds, &mobile, 100, true, 1));
    assert_in_range(k.ev.reply_len, 1, k.len);
}

static void while_nomination_settles_a_lower_priority_does_not_win(void **state)
{
    (void)state;
    struct ice ice = connected(10 * SEC); // priority 100
    struct check k;
    check_run(&k, &ice, &first_creds, &mobile, 99, true, 10 * SEC + 1);
    assert_false(k.ev.selected_changed);
    check_run(&k, &ice, &first_creds, &mobile, 101, true, 10 * SEC + 2);
    assert_true(k.ev.selected_changed);
    check_run(&k, &ice, &first_creds, &wifi, 100, true, 12 * SEC - 1);
    assert_false(k.ev.selected_changed);
    check_run(&k, &ice, &first_creds, &wifi, 100, true, 12 * SEC);
    assert_true(k.ev.selected_changed);
}

static void a_nomination_replaces_the_provisional_path_of_higher_priority(void **state)
{
    (void)state;
    struct ice ice = started();
    struct check k;
    check_run(&k, &ice, &first_creds, &wifi, 1000, false, 0);
    check_run(&k, &ice, &first_creds, &mobile, 10, true, 1);
    assert_true(k.ev.selected_changed && ice_path_equal(&mobile, &ice.selected));
}

static void assert_ignored(struct check *k, struct ice *ice, enum drop why)
{
    const struct ice before = *ice;
    assert_int_equal(why, check_deliver(k, ice, &mobile, 1));
    assert_int_equal(0, k->ev.reply_len);
    assert_memory_equal(&before, ice, sizeof(before));
}

static void a_check_with_a_wrong_password_is_dropped_without_an_answer(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    struct ice_credentials wrong = first_creds;
    wrong.local_pwd = "ourpasswordourpassword12";
    struct check k;
    check_make(&k, &wrong, 100, true);
    assert_ignored(&k, &ice, DROP_AUTH);
}

static void a_check_for_another_username_is_dropped_without_an_answer(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    struct check k;
    const struct ice_credentials wrong[] = {
        {"OurFrag2", first_creds.local_pwd, first_creds.remote_ufrag},
        {first_creds.local_ufrag, first_creds.local_pwd, "TheirFrag2"},
        {first_creds.local_ufrag, first_creds.local_pwd, "TheirFrag"},
        {first_creds.local_ufrag, first_creds.local_pwd, ""},
        {"OurFrag", first_creds.local_pwd, first_creds.remote_ufrag},
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        check_make(&k, &wrong[i], 100, true);
        assert_ignored(&k, &ice, DROP_AUTH);
    }
}

static void any_flipped_bit_makes_a_check_worthless(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    struct check k;
    check_make(&k, &first_creds, 100, true);
    for (size_t bit = 0; bit < k.len * 8; bit++) {
        k.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        const struct ice before = ice;
        check_deliver(&k, &ice, &mobile, 1);
        assert_memory_equal(&before, &ice, sizeof(before));
        assert_int_equal(0, k.ev.reply_len);
        k.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(DROP_NONE, check_deliver(&k, &ice, &mobile, 1));
}

static void truncated_and_foreign_messages_are_dropped(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    struct check k;
    check_make(&k, &first_creds, 100, true);
    for (size_t len = 0; len < k.len; len++) {
        struct check cut = k;
        cut.len = len;
        assert_false(ice_is_stun(cut.bytes, len));
        assert_ignored(&cut, &ice, len < 20 ? DROP_SHORT : DROP_MALFORMED);
    }
    struct check response = k;
    wr16(response.bytes, 0x0101);
    assert_ignored(&response, &ice, DROP_MALFORMED);
    struct check allocate = k; // TURN
    wr16(allocate.bytes, 0x0003);
    assert_ignored(&allocate, &ice, DROP_MALFORMED);
}

static void use_candidate_behind_the_integrity_does_not_count(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    struct check k;
    // An attribute inserted between MESSAGE-INTEGRITY and FINGERPRINT, the FINGERPRINT made
    // right.
    check_make(&k, &first_creds, 200, false);
    wr16(k.bytes + k.len - 8, STUN_ATTRIBUTE_USE_CANDIDATE);
    wr16(k.bytes + k.len - 6, 0);
    k.len -= 4;
    wr16(k.bytes + 2, (uint16_t)(k.len - 20));
    StunMessage msg = {.buffer = k.bytes, .buffer_len = sizeof(k.bytes), .agent = &k.agent};
    k.len = stun_agent_finish_message(&k.agent, &msg, NULL, 0);
    assert_true(k.len > 0);
    check_deliver(&k, &ice, &mobile, 5 * SEC);
    assert_true(ice_path_equal(&wifi, &ice.selected));
}

static void a_check_without_fingerprint_is_malformed(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    struct check k;
    check_make(&k, &first_creds, 100, true);
    k.len -= 8;
    wr16(k.bytes + 2, (uint16_t)(k.len - 20));
    assert_ignored(&k, &ice, DROP_MALFORMED);
}

static void make_with_unknown_attribute(struct check *k, const char *pwd)
{
    check_agent(k);
    assert_true(
        stun_agent_init_request(&k->agent, &k->msg, k->bytes, sizeof(k->bytes), STUN_BINDING));
    stun_message_append_string(&k->msg, STUN_ATTRIBUTE_USERNAME, "OurFrag1:TheirFrag1");
    stun_message_append32(&k->msg, STUN_ATTRIBUTE_PRIORITY, 100);
    stun_message_append_flag(&k->msg, STUN_ATTRIBUTE_USE_CANDIDATE);
    stun_message_append32(&k->msg, (StunAttribute)0x7f01, 1);
    k->len = stun_agent_finish_message(&k->agent, &k->msg, (const uint8_t *)pwd, strlen(pwd));
}

static void an_unknown_required_attribute_gets_a_420_once_the_integrity_holds(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    struct check k;
    make_with_unknown_attribute(&k, first_creds.local_pwd);
    assert_int_equal(DROP_MALFORMED, check_deliver(&k, &ice, &mobile, 5 * SEC));
    assert_true(ice_path_equal(&wifi, &ice.selected));
    StunMessage msg;
    assert_int_equal(STUN_VALIDATION_SUCCESS, stun_agent_validate(&k.agent, &msg, k.ev.reply,
                                                                  k.ev.reply_len, NULL, NULL));
    int code = 0;
    stun_message_find_error(&msg, &code);
    assert_int_equal(420, code);
    uint16_t size = 0;
    const uint8_t *list = stun_message_find(&msg, STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES, &size);
    assert_int_equal(2, size);
    assert_int_equal(0x7f01, rd16(list));

    make_with_unknown_attribute(&k, "some other password 123");
    assert_ignored(&k, &ice, DROP_AUTH);
}

static void an_unknown_optional_attribute_is_nothing(void **state)
{
    (void)state;
    struct ice ice = started();
    struct check k;
    check_agent(&k);
    stun_agent_init_request(&k.agent, &k.msg, k.bytes, sizeof(k.bytes), STUN_BINDING);
    stun_message_append_string(&k.msg, STUN_ATTRIBUTE_USERNAME, "OurFrag1:TheirFrag1");
    stun_message_append32(&k.msg, (StunAttribute)0xc057, 1); // GOOG-NETWORK-INFO
    k.len = stun_agent_finish_message(&k.agent, &k.msg, (const uint8_t *)first_creds.local_pwd,
                                      strlen(first_creds.local_pwd));
    assert_int_equal(DROP_NONE, check_deliver(&k, &ice, &wifi, 0));
    assert_answers(&k, "192.0.2.7", 40000);
}

static void a_client_that_believes_to_be_controlled_is_answered_not_refused(void **state)
{
    (void)state;
    struct ice ice = started();
    struct check k;
    check_agent(&k);
    const char *name = "OurFrag1:TheirFrag1";
    k.len = stun_usage_ice_conncheck_create(
        &k.agent, &k.msg, k.bytes, sizeof(k.bytes), (const uint8_t *)name, strlen(name),
        (const uint8_t *)first_creds.local_pwd, strlen(first_creds.local_pwd), false, false, 1,
        UINT64_MAX, NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    assert_int_equal(DROP_NONE, check_deliver(&k, &ice, &wifi, 0));
    assert_answers(&k, "192.0.2.7", 40000);
}

static void an_indication_is_accepted_and_keeps_nothing_alive(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    struct check k;
    check_agent(&k);
    assert_true(
        stun_agent_init_indication(&k.agent, &k.msg, k.bytes, sizeof(k.bytes), STUN_BINDING));
    k.len = stun_agent_finish_message(&k.agent, &k.msg, NULL, 0);
    assert_ignored(&k, &ice, DROP_NONE);
}

static void after_a_restart_both_generations_are_good_until_the_new_one_checks(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    struct check k;
    assert_int_equal(0, ice_restart(&ice, &second_creds, 1 * SEC));
    assert_int_equal(ICE_CONNECTED, ice.state);
    assert_true(ice_path_equal(&wifi, &ice.selected));
    assert_int_equal(DROP_NONE, check_run(&k, &ice, &first_creds, &wifi, 100, true, 2 * SEC));
    assert_false(k.ev.restarted);

    assert_int_equal(DROP_NONE, check_run(&k, &ice, &second_creds, &mobile, 1, false, 3 * SEC));
    assert_true(k.ev.restarted && !k.ev.first_valid && !k.ev.selected_changed);
    assert_true(ice_path_equal(&wifi, &ice.selected)); // media goes on where it was
    assert_int_equal(DROP_AUTH, check_run(&k, &ice, &first_creds, &wifi, 100, true, 4 * SEC));

    assert_int_equal(DROP_NONE, check_run(&k, &ice, &second_creds, &mobile, 1, true, 5 * SEC));
    assert_true(k.ev.selected_changed && !k.ev.restarted);
}

static void a_new_generation_nominates_anew_at_once(void **state)
{
    (void)state;
    struct ice ice = connected(0); // nominated with priority 100
    struct check k;
    assert_int_equal(0, ice_restart(&ice, &second_creds, 1));
    check_run(&k, &ice, &second_creds, &mobile, 1, true, 2);
    assert_true(k.ev.selected_changed && ice_path_equal(&mobile, &ice.selected));
}

static void of_two_restarts_in_a_row_the_proven_generation_stays_good(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    const struct ice_credentials third = {"OurFrag3", "ourpasswordourpassword33", "TheirFrag3"};
    assert_int_equal(0, ice_restart(&ice, &second_creds, 1 * SEC));
    assert_int_equal(0, ice_restart(&ice, &third, 1 * SEC));
    struct check k;
    assert_int_equal(DROP_NONE, check_run(&k, &ice, &first_creds, &wifi, 1, true, 2 * SEC));
    assert_int_equal(DROP_AUTH, check_run(&k, &ice, &second_creds, &wifi, 1, true, 2 * SEC));
    assert_int_equal(DROP_NONE, check_run(&k, &ice, &third, &wifi, 1, true, 2 * SEC));
    assert_true(k.ev.restarted);
    assert_int_equal(DROP_AUTH, check_run(&k, &ice, &first_creds, &wifi, 1, true, 2 * SEC));
}

static void a_restart_with_the_same_credentials_is_none(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    const struct ice before = ice;
    assert_int_equal(0, ice_restart(&ice, &first_creds, 1 * SEC));
    assert_memory_equal(&before, &ice, sizeof(before));
}

static void consent_ends_30_s_after_the_last_check(void **state)
{
    (void)state;
    struct ice ice = connected(5 * SEC);
    assert_int_equal(35 * SEC, ice_deadline(&ice));
    struct check k;
    check_run(&k, &ice, &first_creds, &mobile, 1, false, 20 * SEC); // on any path
    assert_int_equal(50 * SEC, ice_deadline(&ice));
    assert_false(ice_tick(&ice, 50 * SEC - 1));
    assert_true(ice_tick(&ice, 50 * SEC) && ice_expired(&ice));
    assert_int_equal(USEC_NEVER, ice_deadline(&ice));
    assert_int_equal(DROP_UNKNOWN_PEER,
                     check_run(&k, &ice, &first_creds, &wifi, 1, true, 51 * SEC));
    assert_int_equal(0, k.ev.reply_len);
}

static void set_up_ends_after_30_s_without_a_check(void **state)
{
    (void)state;
    struct ice ice = started();
    assert_false(ice_tick(&ice, 30 * SEC - 1));
    assert_true(ice_tick(&ice, 30 * SEC));
}

static void a_restart_revives_an_expired_agent(void **state)
{
    (void)state;
    struct ice ice = connected(0);
    assert_true(ice_tick(&ice, 30 * SEC));
    assert_int_equal(0, ice_restart(&ice, &second_creds, 40 * SEC));
    assert_int_equal(ICE_WAITING, ice.state);
    struct check k;
    assert_int_equal(DROP_AUTH, check_run(&k, &ice, &first_creds, &wifi, 1, true, 41 * SEC));
    assert_int_equal(DROP_NONE, check_run(&k, &ice, &second_creds, &wifi, 1, true, 41 * SEC));
    assert_true(k.ev.first_valid && k.ev.selected_changed);
}

static void the_username_names_our_fragment(void **state)
{
    (void)state;
    struct check k;
    check_make(&k, &first_creds, 1, false);
    const char *ufrag = NULL;
    size_t len = 0;
    assert_true(ice_is_stun(k.bytes, k.len));
    assert_true(ice_username(k.bytes, k.len, &ufrag, &len));
    assert_int_equal(8, len);
    assert_memory_equal("OurFrag1", ufrag, 8);
    assert_false(ice_username(k.bytes, k.len - 1, &ufrag, &len));

    const char *bad[] = {"nocolon", ":theirs", ""};
    for (size_t i = 0; i < 3; i++) {
        check_agent(&k);
        stun_agent_init_request(&k.agent, &k.msg, k.bytes, sizeof(k.bytes), STUN_BINDING);
        stun_message_append_string(&k.msg, STUN_ATTRIBUTE_USERNAME, bad[i]);
        k.len = stun_agent_finish_message(&k.agent, &k.msg, NULL, 0);
        assert_false(ice_username(k.bytes, k.len, &ufrag, &len));
    }
}

static void credentials_of_a_wrong_length_are_refused(void **state)
{
    (void)state;
    char longest[ICE_PWD_MAX + 2];
    memset(longest, 'a', sizeof(longest));
    longest[ICE_PWD_MAX] = 0;
    struct ice ice;
    const struct ice_credentials longest_creds = {longest, longest, longest};
    assert_int_equal(0, ice_init(&ice, &longest_creds, 0));
    struct check k;
    assert_int_equal(DROP_NONE, check_run(&k, &ice, &longest_creds, &mobile, 1, true, 0));
    assert_true(k.ev.reply_len <= ICE_REPLY_MAX);

    longest[ICE_PWD_MAX] = 'a';
    longest[ICE_PWD_MAX + 1] = 0;
    const struct ice before = ice;
    const struct ice_credentials bad[] = {
        {"abc", first_creds.local_pwd, "theirs"},
        {"ours", "twenty-one characters", "theirs"},
        {"ours", first_creds.local_pwd, "abc"},
        {longest, first_creds.local_pwd, "theirs"},
        {"ours", longest, "theirs"},
        {"ours", first_creds.local_pwd, longest},
        {"ours", NULL, "theirs"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(-EINVAL, ice_restart(&ice, &bad[i], 1));
        assert_memory_equal(&before, &ice, sizeof(before));
        struct ice fresh;
        assert_int_equal(-EINVAL, ice_init(&fresh, &bad[i], 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_valid_check_gives_a_provisional_path),
        cmocka_unit_test(use_candidate_moves_the_peer_to_a_new_address),
        cmocka_unit_test(an_answer_is_not_longer_than_its_check),
        cmocka_unit_test(while_nomination_settles_a_lower_priority_does_not_win),
        cmocka_unit_test(a_nomination_replaces_the_provisional_path_of_higher_priority),
        cmocka_unit_test(a_check_with_a_wrong_password_is_dropped_without_an_answer),
        cmocka_unit_test(a_check_for_another_username_is_dropped_without_an_answer),
        cmocka_unit_test(any_flipped_bit_makes_a_check_worthless),
        cmocka_unit_test(truncated_and_foreign_messages_are_dropped),
        cmocka_unit_test(use_candidate_behind_the_integrity_does_not_count),
        cmocka_unit_test(a_check_without_fingerprint_is_malformed),
        cmocka_unit_test(an_unknown_required_attribute_gets_a_420_once_the_integrity_holds),
        cmocka_unit_test(an_unknown_optional_attribute_is_nothing),
        cmocka_unit_test(a_client_that_believes_to_be_controlled_is_answered_not_refused),
        cmocka_unit_test(an_indication_is_accepted_and_keeps_nothing_alive),
        cmocka_unit_test(after_a_restart_both_generations_are_good_until_the_new_one_checks),
        cmocka_unit_test(a_new_generation_nominates_anew_at_once),
        cmocka_unit_test(of_two_restarts_in_a_row_the_proven_generation_stays_good),
        cmocka_unit_test(a_restart_with_the_same_credentials_is_none),
        cmocka_unit_test(consent_ends_30_s_after_the_last_check),
        cmocka_unit_test(set_up_ends_after_30_s_without_a_check),
        cmocka_unit_test(a_restart_revives_an_expired_agent),
        cmocka_unit_test(the_username_names_our_fragment),
        cmocka_unit_test(credentials_of_a_wrong_length_are_refused),
    };
    return cmocka_run_group_tests(tests, make_paths, NULL);
}
