/* What hosts may do over the socket: lock, mute, remove. */
#include "visitors.h"

static void a_locked_room_lets_hosts_in_and_others_knock(void **state)
{
    (void)state;
    struct house h;
    struct client host, inside, guest, member, second;
    begin(&h, ACCESS_OPEN);
    join_host(&h, &host);
    connect_client(&h, &inside);
    assert_string_equal(str(join(&h, &inside, ""), "type"), "joined");
    assert_string_equal(
        str(ask(&inside, "{\"type\":\"lock\",\"id\":2,\"locked\":true}"), "reason"),
        "not_allowed");
    ask(&host, "{\"type\":\"lock\",\"id\":2,\"locked\":true}");
    assert_string_equal(str(last(&host), "type"), "ok");
    assert_true(json_is_true(
        json_object_get(json_object_get(heard(&inside, "room", 0), "room"), "locked")));
    knock(&h, &guest, "Gus", "locked");
    assert_string_equal(str(join_signed(&h, &member, "u1", ROLE_MEMBER), "reason"), "locked");
    join_host(&h, &second);
    assert_int_equal(json_array_size(json_object_get(heard(&second, "joined", 0), "knocking")),
                     2);
    client_fini(&second);

    // Unlocked: nothing stands in the way of those who wait. (The room holds three.)
    ask(&inside, "{\"type\":\"leave\"}");
    ask(&member, "{\"type\":\"leave\"}");
    ask(&host, "{\"type\":\"lock\",\"locked\":false}");
    TURN_UNTIL(&h.world, heard(&guest, "joined", 0));
    client_fini(&host);
    client_fini(&inside);
    client_fini(&guest);
    client_fini(&member);
    house_end(&h);
}

static void a_host_mutes_and_the_one_is_told_by_whom(void **state)
{
    (void)state;
    struct house h;
    struct client host, guest;
    begin(&h, ACCESS_OPEN);
    join_host(&h, &host);
    connect_client(&h, &guest);
    join(&h, &guest, ",\"name\":\"Gus\"");
    char gus[LETTER_ID_SIZE];
    snprintf(gus, sizeof(gus), "%s", id_of(&guest, "joined"));
    static const char mic[] = ",\"source\":\"microphone\",\"muted\":true";
    assert_string_equal(str(ask_about(&host, "mute", mic, gus), "reason"), "unknown_source");
    say_offer(&h, &guest, 1, 30);
    say_offer(&h, &host, 2, 31);
    assert_string_equal(str(ask_about(&guest, "mute", mic, id_of(&host, "joined")), "reason"),
                        "not_allowed");
    assert_string_equal(
        str(ask_about(&host, "mute", ",\"source\":\"microphone\",\"muted\":false", gus),
            "field"),
        "/muted"); // nobody's microphone is opened by another
    ask_about(&host, "mute", mic, gus);
    json_t *muted = heard(&guest, "muted", 0);
    assert_string_equal(str(muted, "source"), "microphone");
    assert_string_equal(str(json_object_get(muted, "by"), "name"), "Host");
    TURN_UNTIL(&h.world, fake_got(&h.world.worker, LETTER_TRACK_MUTE, 0));
    const struct letter *l = fake_got(&h.world.worker, LETTER_TRACK_MUTE, 0);
    assert_string_equal(l->member, gus);
    assert_true(l->u.mute.muted);
    assert_int_equal(l->u.mute.source, SOURCE_MICROPHONE);

    // Whose socket was lost meanwhile finds out when it is back.
    char *text = resume_text(heard(&guest, "joined", 0), 0);
    hang_up(&guest);
    client_fini(&guest);
    connect_client(&h, &guest);
    json_t *resumed = ask(&guest, text);
    free(text);
    assert_string_equal(json_string_value(json_array_get(json_object_get(resumed, "muted"), 0)),
                        "microphone");
    ask(&guest, "{\"type\":\"mute\",\"source\":\"microphone\",\"muted\":false}"); // its right
    TURN_UNTIL(&h.world, fake_got(&h.world.worker, LETTER_TRACK_MUTE, 1));
    assert_false(fake_got(&h.world.worker, LETTER_TRACK_MUTE, 1)->u.mute.muted);
    ask(&host,
        "{\"type\":\"mute\",\"everyone\":true,\"source\":\"microphone\",\"muted\":true}");
    TURN_UNTIL(&h.world, fake_got(&h.world.worker, LETTER_TRACK_MUTE, 2));
    assert_string_equal(fake_got(&h.world.worker, LETTER_TRACK_MUTE, 2)->member, gus);
    assert_null(heard(&host, "muted", 0)); // all others
    client_fini(&host);
    client_fini(&guest);
    house_end(&h);
}

static void who_is_removed_cannot_resume(void **state)
{
    (void)state;
    struct house h;
    struct client host, guest, again;
    begin(&h, ACCESS_OPEN);
    join_host(&h, &host);
    connect_client(&h, &guest);
    join(&h, &guest, "");
    char *text = resume_text(heard(&guest, "joined", 0), 0);
    assert_string_equal(str(ask_about(&host, "remove", "", id_of(&host, "joined")), "reason"),
                        "unknown_participant"); // oneself: that is leaving
    ask_about(&host, "remove", "", id_of(&guest, "joined"));
    assert_string_equal(str(last(&guest), "reason"), "removed");
    connect_client(&h, &again); // the other socket may have been dead, and nobody knew
    ask(&again, text);
    assert_string_equal(str(last(&again), "type"), "closed");
    assert_string_equal(str(last(&again), "reason"), "removed");
    free(text);
    client_fini(&again);
    client_fini(&guest);

    // Removed while the socket was lost: its page must not join anew by itself.
    connect_client(&h, &guest);
    join(&h, &guest, "");
    text = resume_text(heard(&guest, "joined", 0), 0);
    hang_up(&guest);
    ask_about(&host, "remove", "", id_of(&guest, "joined"));
    connect_client(&h, &again);
    ask(&again, text);
    assert_string_equal(str(last(&again), "type"), "closed");
    assert_string_equal(str(last(&again), "reason"), "removed");
    free(text);
    client_fini(&again);
    client_fini(&guest);
    client_fini(&host);
    house_end(&h);
}

static void a_lock_goes_to_and_fro_only_so_often(void **state)
{
    (void)state;
    struct house h;
    struct client host;
    begin(&h, ACCESS_OPEN);
    join_host(&h, &host);
    for (unsigned i = 0; i < 10; i++) {
        ask(&host, i % 2 ? "{\"type\":\"lock\",\"id\":2,\"locked\":false}"
                         : "{\"type\":\"lock\",\"id\":2,\"locked\":true}");
        assert_string_equal(str(last(&host), "type"), "ok");
    }
    ask(&host, "{\"type\":\"lock\",\"id\":2,\"locked\":true}");
    assert_string_equal(str(last(&host), "reason"), "rate_limited");
    assert_true(json_integer_value(json_object_get(last(&host), "retry_after")) > 0);
    assert_null(heard(&host, "room", 10));
    client_fini(&host);
    house_end(&h);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_locked_room_lets_hosts_in_and_others_knock),
        cmocka_unit_test(a_host_mutes_and_the_one_is_told_by_whom),
        cmocka_unit_test(who_is_removed_cannot_resume),
        cmocka_unit_test(a_lock_goes_to_and_fro_only_so_often),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
