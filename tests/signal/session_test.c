/* Joins, refusals and requests. */
#include "house.h"

static void a_join_is_answered_with_all_there_is_to_know(void **state)
{
    (void)state;
    struct house h;
    struct client ada, bob;
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    connect_client(&h, &bob);
    json_t *joined = join(&h, &ada, ",\"name\":\"Ada\"");
    assert_string_equal(str(joined, "type"), "joined");
    assert_int_equal(json_integer_value(json_object_get(joined, "re")), 1);
    assert_string_equal(str(joined, "name"), "Ada");
    assert_string_equal(str(joined, "role"), "guest");
    assert_string_equal(str(json_object_get(joined, "room"), "title"), "Réunion");
    assert_string_equal(str(json_object_get(joined, "room"), "kind"), "instant");
    assert_int_equal(json_array_size(json_object_get(joined, "participants")), 0);
    assert_true(json_is_null(json_object_get(joined, "speaker")));
    assert_true(json_is_array(json_object_get(joined, "ice_servers")));
    json_t *limits = json_object_get(joined, "limits");
    assert_int_equal(json_integer_value(json_object_get(limits, "mlines")), 160);
    assert_int_equal(json_integer_value(json_object_get(limits, "chat")), 4000);
    assert_int_equal(json_integer_value(json_object_get(limits, "message")), 614400);

    joined = join(&h, &bob, "");
    assert_string_equal(str(joined, "name"), "Guest");
    json_t *others = json_object_get(joined, "participants");
    assert_string_equal(str(json_array_get(others, 0), "id"),
                        str(heard(&ada, "joined", 0), "participant"));
    assert_string_equal(str(heard(&ada, "participant", 0), "event"), "joined");
    client_fini(&ada);
    client_fini(&bob);
    house_end(&h);
}

static void host_secret_and_personal_token_give_roles(void **state)
{
    (void)state;
    struct house h;
    struct client ada, bob, eve;
    char url[LINKS_URL_SIZE], more[LINKS_URL_SIZE];
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    connect_client(&h, &bob);
    connect_client(&h, &eve);
    links_host_url(h.links, &h.room, url);
    snprintf(more, sizeof(more), ",\"host\":\"%s\"", strstr(url, "#h=") + 3);
    assert_string_equal(str(join(&h, &ada, more), "role"), "host");
    const struct links_member member = {.ref = "u1", .name = "Bob Signed", .role = ROLE_MEMBER};
    char *signed_url = links_member_url(h.links, &h.room, &member, 60, (int64_t)time(NULL));
    snprintf(more, sizeof(more), ",\"name\":\"Mallory\",\"token\":\"%s\"",
             strstr(signed_url, "#t=") + 3);
    json_t *joined = join(&h, &bob, more);
    assert_string_equal(str(joined, "role"), "member");
    assert_string_equal(str(joined, "name"), "Bob Signed"); // the token wins
    free(signed_url);

    assert_string_equal(str(join(&h, &eve, ",\"host\":\"guess\""), "reason"), "invalid_token");
    assert_string_equal(str(last(&eve), "field"), "/host");
    assert_string_equal(str(join(&h, &eve, ",\"token\":\"a.b.c\""), "reason"), "invalid_token");
    assert_string_equal(str(last(&eve), "field"), "/token");
    client_fini(&ada);
    client_fini(&bob);
    client_fini(&eve);
    house_end(&h);
}

static void links_that_lead_nowhere_say_why(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    for (unsigned i = 0; i < 3; i++)
        expect_error(&c, "{\"type\":\"join\",\"link\":\"nothing\"}", "unknown_link", "/link");
    expect_error(&c, "{\"type\":\"join\",\"link\":\"nothing\"}", "rate_limited", "/link");
    assert_true(json_integer_value(json_object_get(last(&c), "retry_after")) > 0);

    assert_int_equal(links_room_rotate(h.links, &h.room, OLD_CLOSED), 0);
    assert_string_equal(str(join(&h, &c, ""), "reason"), "link_replaced");
    links_url(h.links, &h.room, h.url);
    h.room.expires_at = 1;
    assert_int_equal(links_room_change(h.links, &h.room), 0);
    assert_string_equal(str(join(&h, &c, ""), "reason"), "link_expired");
    h.room.expires_at = 0;
    h.room.closed = true;
    assert_int_equal(links_room_change(h.links, &h.room), 0);
    assert_string_equal(str(join(&h, &c, ""), "reason"), "room_closed");
    h.room.closed = false;
    h.room.access = ACCESS_MEMBERS;
    assert_int_equal(links_room_change(h.links, &h.room), 0);
    assert_string_equal(str(join(&h, &c, ""), "reason"), "members_only");
    client_fini(&c);
    house_end(&h);
}

static void a_full_room_and_too_many_joins_are_refused(void **state)
{
    (void)state;
    struct house h;
    struct client c[4];
    house_begin(&h, &usual);
    for (unsigned i = 0; i < 4; i++)
        connect_client(&h, &c[i]);
    for (unsigned i = 0; i < 3; i++)
        assert_string_equal(str(join(&h, &c[i], ""), "type"), "joined");
    for (unsigned i = 3; i < 12; i++)
        assert_string_equal(str(join(&h, &c[3], ""), "reason"), "room_full");
    assert_string_equal(str(join(&h, &c[3], ""), "reason"), "rate_limited");
    assert_true(json_integer_value(json_object_get(last(&c[3]), "retry_after")) > 0);
    for (unsigned i = 0; i < 4; i++)
        client_fini(&c[i]);
    house_end(&h);
}

static void bad_messages_keep_the_connection(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    expect_error(&c, "not JSON", "invalid_message", NULL);
    signal_session_hear(c.session, "{\"type\":\"ping\"}", 15, true);
    assert_string_equal(str(last(&c), "reason"), "invalid_message");
    signal_session_oversized(c.session);
    assert_string_equal(str(last(&c), "reason"), "invalid_message");
    expect_error(&c, "{\"type\":\"jump\"}", "unknown_type", "/type");
    expect_error(&c, "{\"type\":\"join\"}", "missing_field", "/link");
    expect_error(&c, "{\"type\":\"offer\",\"sdp\":\"v=0\"}", "not_joined", NULL);
    expect_error(&c, "{\"type\":\"chat\",\"text\":\"x\",\"id\":5}", "not_joined", NULL);
    assert_int_equal(json_integer_value(json_object_get(last(&c), "re")), 5);
    assert_string_equal(str(ask(&c, "{\"type\":\"ping\",\"id\":6}"), "type"), "pong");
    assert_string_equal(str(join(&h, &c, ""), "type"), "joined");
    assert_string_equal(str(join(&h, &c, ""), "reason"), "already_joined");
    expect_error(&c, "{\"type\":\"resume\",\"participant\":\"p\",\"secret\":\"s\"}",
                 "already_joined", NULL);
    expect_error(&c, "{\"type\":\"chat\",\"text\":\"x\",\"to\":\"p_no\"}",
                 "unknown_participant", "/to");
    expect_error(&c, "{\"type\":\"want\",\"wants\":[{\"participant\":\"p_no\"}]}",
                 "unknown_participant", "/wants/0/participant");
    expect_error(&c, "{\"type\":\"mute\",\"source\":\"nose\",\"muted\":true}", "unknown_source",
                 "/source");
    client_fini(&c);
    house_end(&h);
}

static void details_are_in_the_language_of_the_join(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    ask(&c, "{\"type\":\"join\",\"link\":\"x\",\"lang\":\"fr-CA\"}");
    assert_string_equal(str(last(&c), "detail"), "Ce lien ne mène à aucune salle.");
    ask(&c, "{\"type\":\"join\",\"link\":\"x\",\"lang\":\"en\"}");
    assert_string_equal(str(last(&c), "detail"), "This link leads to no room.");
    client_fini(&c);
    house_end(&h);
}

static void fifty_errors_in_a_minute_are_too_many(void **state)
{
    (void)state;
    struct house h;
    struct client c, other;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    connect_client(&h, &other);
    join(&h, &other, "");
    join(&h, &c, "");
    for (unsigned i = 0; i < 49; i++)
        expect_error(&c, "{}", "missing_field", "/type");
    assert_string_equal(str(ask(&c, "{}"), "type"), "closed");
    assert_string_equal(str(last(&c), "reason"), "too_many_errors");
    assert_int_not_equal(c.code, 0);
    assert_string_equal(str(heard(&other, "participant", 1), "event"), "left");
    const size_t said = json_array_size(c.heard);
    ask(&c, "{\"type\":\"ping\"}"); // nothing is heard any more
    assert_int_equal(json_array_size(c.heard), said);
    client_fini(&c);
    client_fini(&other);
    house_end(&h);
}

static void offers_are_answered_or_refused_with_the_line(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    json_t *answer = say_offer(&h, &c, 1, 7);
    assert_string_equal(str(answer, "type"), "answer");
    assert_int_equal(json_integer_value(json_object_get(answer, "generation")), 1);
    assert_ptr_equal(strstr(str(answer, "sdp"), "v=0"), str(answer, "sdp"));
    const struct letter *agree = fake_got(&h.world.worker, LETTER_MEMBER_AGREE, 0);
    assert_int_equal(agree->u.agree.agreement.mline[1].source, SOURCE_SCREEN); // by the hint

    const char *bad = "{\"type\":\"offer\",\"id\":8,\"sdp\":\"v=0\\r\\nx\"}";
    signal_session_hear(c.session, bad, strlen(bad), false);
    const char *more = "{\"type\":\"offer\",\"id\":9,\"sdp\":\"v=0\"}";
    assert_string_equal(str(ask(&c, more), "reason"), "offer_pending");
    TURN_UNTIL(&h.world, json_integer_value(json_object_get(last(&c), "re")) == 8);
    assert_string_equal(str(last(&c), "reason"), "invalid_sdp");
    assert_string_equal(str(last(&c), "field"), "/sdp");
    assert_int_equal(json_integer_value(json_object_get(last(&c), "line")), 2);

    fake_down(&h.world.worker);
    TURN_UNTIL(&h.world, heard(&c, "media", 0));
    answer = say_offer(&h, &c, 2, 10);
    assert_string_equal(str(answer, "reason"), "no_media_worker");
    assert_true(json_integer_value(json_object_get(answer, "retry_after")) > 0);
    fake_up(&h.world.worker);
    client_fini(&c);
    house_end(&h);
}

static void every_request_with_an_id_is_answered_once(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    static const char *const requests[] = {
        "{\"type\":\"mute\",\"id\":70,\"source\":\"camera\",\"muted\":true}",
        "{\"type\":\"want\",\"id\":71,\"wants\":[{\"mid\":\"0\",\"width\":10}]}",
        "{\"type\":\"candidate\",\"id\":72,\"candidate\":\"\"}",
        "{\"type\":\"chat\",\"id\":73,\"text\":\"hello\"}",
        "{\"type\":\"update\",\"id\":74,\"hand\":true}",
    };
    for (unsigned i = 0; i < 5; i++) {
        json_t *ok = ask(&c, requests[i]);
        assert_string_equal(str(ok, "type"), "ok");
        assert_int_equal(json_integer_value(json_object_get(ok, "re")), 70 + i);
    }
    const size_t said = json_array_size(c.heard);
    ask(&c, "{\"type\":\"candidate\",\"candidate\":\"\"}"); // without an id: silence
    assert_int_equal(json_array_size(c.heard), said);
    assert_string_equal(str(heard(&c, "chat", 0), "text"), "hello");
    client_fini(&c);
    house_end(&h);
}

static void chat_is_limited(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    for (unsigned i = 0; i < 10; i++)
        assert_string_equal(str(ask(&c, "{\"type\":\"chat\",\"text\":\"x\"}"), "type"), "chat");
    expect_error(&c, "{\"type\":\"chat\",\"text\":\"x\"}", "rate_limited", NULL);
    assert_true(json_integer_value(json_object_get(last(&c), "retry_after")) > 0);
    client_fini(&c);
    house_end(&h);
}

static void reactions_reach_everyone_and_are_limited(void **state)
{
    (void)state;
    struct house h;
    struct client a, b;
    house_begin(&h, &usual);
    connect_client(&h, &a);
    connect_client(&h, &b);
    join(&h, &a, "");
    join(&h, &b, "");
    char ada[LETTER_ID_SIZE];
    snprintf(ada, sizeof(ada), "%s", str(heard(&a, "joined", 0), "participant"));
    ask(&a, "{\"type\":\"react\",\"id\":5,\"reaction\":\"bravo\"}");
    assert_string_equal(str(last(&a), "type"), "ok");
    assert_string_equal(str(heard(&a, "reaction", 0), "reaction"), "bravo");
    assert_string_equal(str(heard(&b, "reaction", 0), "reaction"), "bravo");
    assert_string_equal(str(heard(&b, "reaction", 0), "participant"), ada);
    // A word that pages have no picture for could carry text: it goes nowhere.
    expect_error(&a, "{\"type\":\"react\",\"reaction\":\"<b>\"}", "invalid_field", "/reaction");
    assert_null(heard(&b, "reaction", 1));
    for (unsigned i = 0; i < 9; i++)
        ask(&a, "{\"type\":\"react\",\"reaction\":\"like\"}");
    assert_non_null(heard(&b, "reaction", 9));
    expect_error(&a, "{\"type\":\"react\",\"reaction\":\"like\"}", "rate_limited", NULL);
    assert_null(heard(&b, "reaction", 10));
    client_fini(&a);
    client_fini(&b);
    house_end(&h);
}

static void a_participant_asks_for_its_own_quality(void **state)
{
    (void)state;
    struct house h;
    struct client a, b;
    house_begin(&h, &usual);
    connect_client(&h, &a);
    connect_client(&h, &b);
    join(&h, &a, "");
    join(&h, &b, "");
    struct fake_worker *worker = &h.world.worker;
    ask(&a, "{\"type\":\"quality\",\"id\":80}");
    TURN_UNTIL(&h.world, fake_got(worker, LETTER_QUALITY_ASK, 0));
    expect_error(&a, "{\"type\":\"quality\",\"id\":81}", "rate_limited", NULL);
    ask(&b, "{\"type\":\"quality\"}"); // and hangs up before the answer
    client_fini(&b);
    struct letter l = {.type = LETTER_QUALITY};
    const struct letter *asked = fake_got(worker, LETTER_QUALITY_ASK, 0);
    memcpy(l.room, asked->room, sizeof(l.room));
    l.u.stats.seq = asked->u.stats.seq;
    l.u.stats.body =
        json_pack("{s:[{s:s}, {s:s, s:b}]}", "members", "participant", "p_other", "participant",
                  str(heard(&a, "joined", 0), "participant"), "connected", true);
    fake_say(worker, &l);
    letter_fini(&l);
    TURN_UNTIL(&h.world, heard(&a, "quality", 0));
    const json_t *q = heard(&a, "quality", 0);
    assert_int_equal(json_integer_value(json_object_get(q, "re")), 80);
    assert_true(json_is_true(json_object_get(q, "connected")));
    assert_string_equal(str(q, "participant"), str(heard(&a, "joined", 0), "participant"));
    expect_error(&a, "{\"type\":\"quality\",\"id\":82}", "rate_limited", NULL);
    client_fini(&a);
    house_end(&h);
}

/** As the worker tells it of a participant's data channels. */
/** The `k`-th text that control sent by a data channel to this participant. */
static void an_answer_comes_after_what_was_told_before_in_a_crowd_too(void **state)
{
    (void)state;
    struct house h;
    struct client ada;
    struct shell crowd[100] = {{0}};
    house_begin(&h, &usual);
    assert_int_equal(call_set(h.world.call, 200, NULL), 0);
    connect_client(&h, &ada);
    (void)join(&h, &ada, "");
    for (unsigned i = 0; i < 100; i++)
        assert_non_null(enter(&h.world, h.room.id, "Somebody", CLIENT_WEB, &crowd[i]));
    for (unsigned i = 0; i < 10; i++) {
        const bool hand = i % 2 == 0;
        (void)ask(&ada, hand ? "{\"type\":\"update\",\"id\":7,\"hand\":true}"
                             : "{\"type\":\"update\",\"id\":7,\"hand\":false}");
        assert_string_equal(str(last(&ada), "type"), "ok");
        json_t *before = json_array_get(ada.heard, json_array_size(ada.heard) - 2);
        assert_string_equal(str(before, "event"), "changed");
        json_t *who = json_object_get(before, "participant");
        assert_int_equal(json_is_true(json_object_get(who, "hand")), hand);
    }
    client_fini(&ada);
    house_end(&h);
    for (unsigned i = 0; i < 100; i++)
        shell_fini(&crowd[i]);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_join_is_answered_with_all_there_is_to_know),
        cmocka_unit_test(host_secret_and_personal_token_give_roles),
        cmocka_unit_test(links_that_lead_nowhere_say_why),
        cmocka_unit_test(a_full_room_and_too_many_joins_are_refused),
        cmocka_unit_test(bad_messages_keep_the_connection),
        cmocka_unit_test(details_are_in_the_language_of_the_join),
        cmocka_unit_test(fifty_errors_in_a_minute_are_too_many),
        cmocka_unit_test(offers_are_answered_or_refused_with_the_line),
        cmocka_unit_test(every_request_with_an_id_is_answered_once),
        cmocka_unit_test(chat_is_limited),
        cmocka_unit_test(reactions_reach_everyone_and_are_limited),
        cmocka_unit_test(a_participant_asks_for_its_own_quality),
        cmocka_unit_test(an_answer_comes_after_what_was_told_before_in_a_crowd_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
