/* What goes by the data channel "salon", and what one reads of the chat. */
#include "house.h"

/** As the worker tells it of a participant's data channels. */
static void from_worker(struct house *h, const struct client *c, enum letter_data_what what,
                        const char *text)
{
    struct letter l = {.type = LETTER_DATA_IN};
    struct call_member *m = c->session->member;
    snprintf(l.room, sizeof(l.room), "%s", call_member_room(m));
    snprintf(l.member, sizeof(l.member), "%s", call_member_id(m));
    l.u.data.what = what;
    l.u.data.text = strdup(text);
    fake_say(&h->world.worker, &l);
    letter_fini(&l);
}

/** The `k`-th text that control sent by a data channel to this participant. */
static json_t *by_data(struct house *h, const struct client *c, unsigned k)
{
    const struct fake_worker *f = &h->world.worker;
    const char *id = call_member_id(c->session->member);
    for (unsigned i = 0; i < f->count; i++)
        if (f->got[i].type == LETTER_DATA_OUT && strcmp(f->got[i].member, id) == 0 && k-- == 0)
            return json_loads(f->got[i].u.data.text, 0, NULL);
    return NULL;
}

static void chat_goes_by_the_data_channel_while_it_is_open(void **state)
{
    (void)state;
    struct house h;
    struct client ada, bob;
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    connect_client(&h, &bob);
    join(&h, &ada, "");
    join(&h, &bob, "");
    from_worker(&h, &ada, DATA_OPEN, "");
    from_worker(&h, &ada, DATA_TEXT, "{\"type\":\"chat\",\"id\":7,\"text\":\"by data\"}");
    TURN_UNTIL(&h.world, heard(&bob, "chat", 0) != NULL);
    json_t *chat = NULL, *ok = NULL;
    TURN_UNTIL(&h.world, (ok = by_data(&h, &ada, 1)) != NULL);
    chat = by_data(&h, &ada, 0);
    assert_string_equal(str(chat, "text"), "by data");
    assert_string_equal(str(ok, "type"), "ok");
    assert_int_equal(json_integer_value(json_object_get(ok, "re")), 7);
    assert_null(heard(&ada, "chat", 0)); // once, and not by the socket as well
    assert_null(by_data(&h, &bob, 0));
    json_decref(chat);
    json_decref(ok);

    ask(&bob, "{\"type\":\"chat\",\"text\":\"by socket\"}");
    TURN_UNTIL(&h.world, (chat = by_data(&h, &ada, 2)) != NULL);
    assert_string_equal(str(chat, "text"), "by socket");
    assert_int_equal(json_integer_value(json_object_get(chat, "n")), 2);
    assert_null(heard(&ada, "chat", 0));
    assert_non_null(heard(&bob, "chat", 1));
    json_decref(chat);

    // What could not be sent comes back, and the socket has it.
    from_worker(&h, &ada, DATA_RETURNED, "{\"type\":\"chat\",\"n\":2,\"text\":\"by socket\"}");
    TURN_UNTIL(&h.world, heard(&ada, "chat", 0) != NULL);
    from_worker(&h, &ada, DATA_CLOSED, "");
    from_worker(&h, &ada, DATA_TOO_SLOW, "label");
    TURN_UNTIL(&h.world, heard(&ada, "channel", 0) != NULL);
    assert_string_equal(str(heard(&ada, "channel", 0), "reason"), "too_slow");
    ask(&bob, "{\"type\":\"chat\",\"text\":\"closed again\"}");
    assert_string_equal(str(heard(&ada, "chat", 1), "text"), "closed again");
    client_fini(&ada);
    client_fini(&bob);
    house_end(&h);
}

static void data_channel_takes_chat_alone_with_the_same_checks(void **state)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"{\"type\":\"leave\",\"id\":1}", "unknown_type"},
        {"{\"type\":\"update\",\"name\":\"x\",\"id\":1}", "unknown_type"},
        {"{\"type\":\"join\",\"link\":\"x\",\"id\":1}", "unknown_type"},
        {"{\"type\":\"odd\",\"id\":1}", "unknown_type"},
        {"no json", "invalid_message"},
        {"{\"type\":\"chat\",\"id\":1,\"text\":\"\"}", "invalid_field"},
        {"{\"type\":\"chat\",\"id\":1,\"text\":\"x\",\"to\":\"nobody\"}",
         "unknown_participant"},
    };
    (void)state;
    struct house h;
    struct client ada;
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    join(&h, &ada, "");
    from_worker(&h, &ada, DATA_OPEN, "");
    const size_t before = json_array_size(ada.heard);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *error = NULL;
        from_worker(&h, &ada, DATA_TEXT, cases[i].text);
        TURN_UNTIL(&h.world, (error = by_data(&h, &ada, i)) != NULL);
        assert_string_equal(str(error, "type"), "error");
        assert_string_equal(str(error, "reason"), cases[i].reason);
        json_decref(error);
    }
    assert_int_equal(json_array_size(ada.heard), before);
    assert_int_equal(ada.code, 0);
    // Ten in ten seconds, by whichever way.
    for (unsigned i = 0; i < 10; i++)
        from_worker(&h, &ada, DATA_TEXT, "{\"type\":\"chat\",\"text\":\"x\"}");
    json_t *last_one = NULL;
    TURN_UNTIL(&h.world, (last_one = by_data(&h, &ada, 16)) != NULL);
    json_decref(last_one);
    expect_error(&ada, "{\"type\":\"chat\",\"text\":\"x\"}", "rate_limited", NULL);
    client_fini(&ada);
    house_end(&h);
}

static void history_is_what_it_may_read(void **state)
{
    (void)state;
    struct house h;
    struct client ada, bob;
    house_begin(&h, &usual);
    connect_client(&h, &ada);
    connect_client(&h, &bob);
    join(&h, &ada, "");
    join(&h, &bob, "");
    for (unsigned i = 0; i < 3; i++)
        ask(&ada, "{\"type\":\"chat\",\"text\":\"x\"}");
    char private[100];
    snprintf(private, sizeof(private), "{\"type\":\"chat\",\"text\":\"x\",\"to\":\"%s\"}",
             call_member_id(ada.session->member));
    ask(&ada, private); // to herself
    json_t *answer = ask(&bob, "{\"type\":\"history\",\"id\":4,\"after\":1}");
    assert_string_equal(str(answer, "type"), "history");
    assert_int_equal(json_integer_value(json_object_get(answer, "re")), 4);
    assert_int_equal(json_array_size(json_object_get(answer, "chat")), 2);
    answer = ask(&ada, "{\"type\":\"history\",\"id\":4,\"after\":1}");
    assert_int_equal(json_array_size(json_object_get(answer, "chat")), 3);
    expect_error(&bob, "{\"type\":\"history\",\"id\":4,\"after\":\"x\"}", "invalid_field",
                 "/after");
    client_fini(&ada);
    client_fini(&bob);
    house_end(&h);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chat_goes_by_the_data_channel_while_it_is_open),
        cmocka_unit_test(data_channel_takes_chat_alone_with_the_same_checks),
        cmocka_unit_test(history_is_what_it_may_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
