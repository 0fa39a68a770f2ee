/* Sockets that are lost, left and taken up again. */
#include "house.h"

static void a_lost_socket_resumes_where_it_was(void **state)
{
    (void)state;
    struct house h;
    struct client c, again, third;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    say_offer(&h, &c, 1, 7);
    ask(&c, "{\"type\":\"chat\",\"text\":\"one\"}");
    ask(&c, "{\"type\":\"chat\",\"text\":\"two\"}");
    char *text = resume_text(heard(&c, "joined", 0), 1);
    hang_up(&c);
    connect_client(&h, &again);
    json_t *resumed = ask(&again, text);
    assert_string_equal(str(resumed, "type"), "resumed");
    assert_string_equal(str(resumed, "media"), "kept");
    assert_string_not_equal(str(resumed, "resume"), str(heard(&c, "joined", 0), "resume"));
    json_t *chat = json_object_get(resumed, "chat");
    assert_int_equal(json_array_size(chat), 1);
    assert_string_equal(str(json_array_get(chat, 0), "text"), "two");
    assert_true(json_is_array(json_object_get(resumed, "seats")));
    assert_int_equal(json_array_size(again.heard), 1); // nothing came before

    // The old secret is dead; the new one takes over a socket that still lives.
    connect_client(&h, &third);
    expect_error(&third, text, "unknown_session", NULL);
    free(text);
    text = resume_text(resumed, 2);
    assert_string_equal(str(ask(&third, text), "type"), "resumed");
    assert_string_equal(str(last(&again), "reason"), "resumed_elsewhere");
    assert_int_not_equal(again.code, 0);
    hang_up(&again); // its socket's end is not the participant's
    assert_string_equal(str(ask(&third, "{\"type\":\"update\",\"id\":4}"), "type"), "ok");
    free(text);
    client_fini(&c);
    client_fini(&again);
    client_fini(&third);
    house_end(&h);
}

static void who_comes_back_too_late_joins_anew(void **state)
{
    (void)state;
    struct house h;
    struct client c, again;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    char *text = resume_text(heard(&c, "joined", 0), 0);
    hang_up(&c);
    TURN_UNTIL(&h.world, call_room_count(h.world.call, h.room.id) == 0);
    connect_client(&h, &again);
    expect_error(&again, text, "unknown_session", NULL);
    assert_string_equal(str(join(&h, &again, ""), "type"), "joined");
    free(text);
    client_fini(&c);
    client_fini(&again);
    house_end(&h);
}

static void who_does_not_join_in_time_is_closed(void **state)
{
    (void)state;
    struct house h;
    struct client c;
    const struct signal_conf times = {.join_ms = 20};
    house_begin(&h, &times);
    connect_client(&h, &c);
    ask(&c, "{\"type\":\"ping\"}"); // talking is not joining
    TURN_UNTIL(&h.world, c.code);
    assert_string_equal(str(last(&c), "reason"), "join_timeout");
    client_fini(&c);
    house_end(&h);
}

static void who_leaves_the_page_is_gone_at_once(void **state)
{
    (void)state;
    struct house h;
    struct client c, again;
    house_begin(&h, &usual);
    connect_client(&h, &c);
    join(&h, &c, "");
    char *text = resume_text(heard(&c, "joined", 0), 1);
    signal_session_left(c.session);
    c.session = NULL;
    connect_client(&h, &again);
    expect_error(&again, text, "unknown_session", NULL);
    free(text);
    client_fini(&c);
    client_fini(&again);
    house_end(&h);
}

static void who_says_nothing_is_taken_for_lost_and_may_resume(void **state)
{
    (void)state;
    struct house h;
    struct client c, again;
    const struct signal_conf times = {.idle_ms = 20};
    house_begin(&h, &times);
    connect_client(&h, &c);
    join(&h, &c, "");
    char *text = resume_text(heard(&c, "joined", 0), 0);
    TURN_UNTIL(&h.world, c.code);
    assert_string_equal(str(last(&c), "reason"), "idle_timeout");
    connect_client(&h, &again);
    assert_string_equal(str(ask(&again, text), "type"), "resumed");
    assert_string_equal(str(last(&again), "media"), "lost"); // it never had any
    free(text);
    client_fini(&c);
    client_fini(&again);
    house_end(&h);
}

static void leaving_removal_and_the_end_are_told(void **state)
{
    (void)state;
    struct house h;
    struct client a, b, c;
    house_begin(&h, &usual);
    connect_client(&h, &a);
    connect_client(&h, &b);
    connect_client(&h, &c);
    join(&h, &a, "");
    join(&h, &b, "");
    join(&h, &c, "");
    assert_string_equal(str(ask(&a, "{\"type\":\"leave\"}"), "reason"), "left");
    assert_int_equal(a.code, 1000);
    assert_int_equal(call_room_count(h.world.call, h.room.id), 2);
    call_room_remove(h.world.call, h.room.id, str(heard(&b, "joined", 0), "participant"));
    assert_string_equal(str(last(&b), "reason"), "removed");
    call_room_close(h.world.call, h.room.id);
    assert_string_equal(str(last(&c), "reason"), "room_closed");
    client_fini(&a);
    client_fini(&b);
    client_fini(&c);
    house_end(&h);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_socket_resumes_where_it_was),
        cmocka_unit_test(who_comes_back_too_late_joins_anew),
        cmocka_unit_test(who_does_not_join_in_time_is_closed),
        cmocka_unit_test(who_leaves_the_page_is_gone_at_once),
        cmocka_unit_test(who_says_nothing_is_taken_for_lost_and_may_resume),
        cmocka_unit_test(leaving_removal_and_the_end_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
