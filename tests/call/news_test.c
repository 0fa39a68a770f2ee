/* What a large room is told, and in which order; what one finds there. */
#include "call/world.h"

#include "call/moderate.h"

#define CROWD 60

/** Longer than any test takes: what waits, waits. */
static const struct call_conf patient = {.gather_ms = 600000};
static const struct call_conf brief = {.gather_ms = 400}; // 48 ms for so many
static const struct call_conf slow = {.gather_ms = 2500};

struct crowd {
    struct world w;
    struct shell shell[CROWD];
    struct call_member *m[CROWD];
};

static void forget(struct shell *s)
{
    if (s->events)
        json_array_clear(s->events);
    s->times = 0;
}

/** A large room in which everybody has heard all there was. */
static struct crowd *crowd_begin(const struct call_conf *conf)
{
    struct crowd *c = calloc(1, sizeof(*c));
    world_begin_up(&c->w, conf);
    for (unsigned i = 0; i < CROWD; i++) {
        c->m[i] = enter(&c->w, "rm_1", "Somebody", CLIENT_WEB, &c->shell[i]);
        assert_non_null(c->m[i]);
    }
    for (unsigned i = 0; i < CROWD; i++) {
        call_catch_up(c->m[i]);
        forget(&c->shell[i]);
    }
    return c;
}

static void crowd_end(struct crowd *c)
{
    world_end(&c->w);
    for (unsigned i = 0; i < CROWD; i++)
        shell_fini(&c->shell[i]);
    free(c);
}

static void raise_hand(struct call_member *m, bool hand)
{
    call_update(m, NULL, true, hand);
}

/** The `k`-th `participant` it heard, and whose: "joined", "changed", "left"; "" for none. */
static const char *news(const struct shell *s, unsigned k, const char *id)
{
    json_t *event = shell_heard(s, "participant", k);
    if (!event)
        return "";
    assert_string_equal(str(json_object_get(event, "participant"), "id"), id);
    return str(event, "event");
}

static bool hand_of(const struct shell *s, unsigned k)
{
    json_t *event = shell_heard(s, "participant", k);
    return json_is_true(json_object_get(json_object_get(event, "participant"), "hand"));
}

static void a_small_room_is_told_at_once(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    world_begin_up(&w, &patient);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    for (unsigned i = 0; i < 3; i++) {
        raise_hand(a, i % 2 == 0);
        assert_string_equal(news(&bob, i, call_member_id(a)), "changed");
        assert_int_equal(bob.times, i + 1);
    }
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
}

static void a_large_room_is_told_in_one_go(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&slow);
    for (unsigned i = 0; i < 5; i++)
        raise_hand(c->m[i], true);
    TURN_UNTIL(&c->w, shell_heard(&c->shell[9], "participant", 4));
    for (unsigned i = 0; i < 5; i++)
        assert_string_equal(news(&c->shell[9], i, call_member_id(c->m[i])), "changed");
    assert_true(c->shell[9].times <= 2); // the first may have found a quiet room
    crowd_end(c);
}

static void a_large_room_that_was_quiet_is_told_at_once(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&brief);
    uv_sleep(60);
    raise_hand(c->m[0], true);
    assert_string_equal(news(&c->shell[1], 0, call_member_id(c->m[0])), "changed");
    crowd_end(c);
}

static void what_one_is_told_comes_after_what_all_are_told(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&patient);
    unsigned retry;
    raise_hand(c->m[0], true);
    assert_null(shell_heard(&c->shell[1], "participant", 0));
    assert_null(call_chat(c->m[0], "psst", call_member_id(c->m[1]), &retry));
    assert_int_equal(json_array_size(c->shell[1].events), 2);
    assert_string_equal(str(json_array_get(c->shell[1].events, 0), "type"), "participant");
    assert_string_equal(str(json_array_get(c->shell[1].events, 1), "type"), "chat");
    assert_int_equal(json_array_size(c->shell[0].events), 2); // who said it hears it as well
    assert_int_equal(json_array_size(c->shell[2].events), 0);

    assert_null(call_react(c->m[2], "bravo", &retry)); // waits behind the hand
    assert_null(shell_heard(&c->shell[2], "reaction", 0));
    call_catch_up(c->m[2]);
    assert_string_equal(str(json_array_get(c->shell[2].events, 0), "type"), "participant");
    assert_string_equal(str(json_array_get(c->shell[2].events, 1), "type"), "reaction");
    assert_int_equal(c->shell[2].times, 1);
    crowd_end(c);
}

static void who_comes_is_not_told_what_it_finds(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&patient);
    struct shell dan = {0};
    raise_hand(c->m[0], true);
    struct call_member *d = enter(&c->w, "rm_1", "Dan", CLIENT_WEB, &dan);
    raise_hand(c->m[1], true);
    call_catch_up(d);
    assert_int_equal(json_array_size(dan.events), 1); // neither the first hand nor itself
    assert_string_equal(news(&dan, 0, call_member_id(c->m[1])), "changed");
    call_catch_up(c->m[2]);
    assert_int_equal(json_array_size(c->shell[2].events), 3);
    assert_string_equal(news(&c->shell[2], 1, call_member_id(d)), "joined");
    crowd_end(c);
    shell_fini(&dan);
}

static void changes_of_one_become_one(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&patient);
    const char *id = call_member_id(c->m[0]);
    raise_hand(c->m[0], true);
    call_catch_up(c->m[1]); // hears the first …
    raise_hand(c->m[0], false);
    raise_hand(c->m[0], true);
    raise_hand(c->m[0], false);
    call_catch_up(c->m[1]); // … and the last
    assert_int_equal(json_array_size(c->shell[1].events), 2);
    assert_string_equal(news(&c->shell[1], 1, id), "changed");
    assert_true(hand_of(&c->shell[1], 0));
    assert_false(hand_of(&c->shell[1], 1));
    call_catch_up(c->m[2]);
    assert_int_equal(json_array_size(c->shell[2].events), 1);
    assert_false(hand_of(&c->shell[2], 0));
    call_catch_up(c->m[0]);
    assert_int_equal(json_array_size(c->shell[0].events), 1); // it, too
    crowd_end(c);
}

static void who_joins_and_changes_has_joined_so(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&patient);
    struct shell dan = {0}, eve = {0};
    struct call_member *d = enter(&c->w, "rm_1", "Dan", CLIENT_WEB, &dan);
    const char *id = call_member_id(d);
    call_catch_up(c->m[1]); // has heard that Dan joined …
    struct call_member *e = enter(&c->w, "rm_1", "Eve", CLIENT_WEB, &eve);
    raise_hand(d, true);
    raise_hand(d, false);
    raise_hand(d, true);
    call_catch_up(c->m[1]);
    call_catch_up(c->m[2]);
    call_catch_up(e);
    call_catch_up(d);
    assert_string_equal(news(&c->shell[1], 0, id), "joined");
    assert_string_equal(news(&c->shell[1], 1, call_member_id(e)), "joined");
    assert_string_equal(news(&c->shell[1], 2, id), "changed"); // … so this is news
    assert_false(hand_of(&c->shell[1], 0));
    assert_true(hand_of(&c->shell[1], 2));
    assert_int_equal(json_array_size(c->shell[2].events), 2);
    assert_string_equal(news(&c->shell[2], 0, id), "joined");
    assert_true(hand_of(&c->shell[2], 0));
    assert_string_equal(news(&c->shell[2], 1, call_member_id(e)), "joined");
    assert_int_equal(json_array_size(eve.events), 1); // she found Dan there
    assert_string_equal(news(&eve, 0, id), "changed");
    assert_string_equal(news(&dan, 0, call_member_id(e)), "joined");
    assert_string_equal(news(&dan, 1, id), "changed");
    crowd_end(c);
    shell_fini(&dan);
    shell_fini(&eve);
}

static void who_leaves_takes_no_news_along(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&patient);
    struct shell dan = {0};
    char first[LETTER_ID_SIZE], second[LETTER_ID_SIZE];
    snprintf(first, sizeof(first), "%s", call_member_id(c->m[0]));
    raise_hand(c->m[0], true);
    call_leave(c->m[0]); // as a reader, and as whose hand it is
    struct call_member *d = enter(&c->w, "rm_1", "Dan", CLIENT_WEB, &dan);
    snprintf(second, sizeof(second), "%s", call_member_id(d));
    raise_hand(d, true);
    call_leave(d);
    raise_hand(c->m[1], true);
    call_catch_up(c->m[2]);
    assert_int_equal(json_array_size(c->shell[2].events), 4);
    assert_string_equal(news(&c->shell[2], 0, first), "left");
    assert_string_equal(news(&c->shell[2], 1, second), "joined");
    assert_string_equal(news(&c->shell[2], 2, second), "left");
    assert_string_equal(news(&c->shell[2], 3, call_member_id(c->m[1])), "changed");
    assert_int_equal(json_array_size(c->shell[0].events), 0);
    assert_int_equal(json_array_size(dan.events), 0);
    crowd_end(c);
    shell_fini(&dan);
}

static void who_is_away_finds_all_when_it_is_back(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&patient);
    struct shell again = {0};
    const char *secret = call_new_secret(c->m[1]);
    raise_hand(c->m[0], true); // told to a socket that is lost meanwhile
    call_detach(c->m[1]);
    raise_hand(c->m[2], true);
    struct call_member *m =
        call_resume(c->w.call, call_member_id(c->m[1]), secret, &shell_ops, &again);
    assert_ptr_equal(m, c->m[1]);
    raise_hand(c->m[3], true);
    call_catch_up(m);
    assert_int_equal(json_array_size(c->shell[1].events), 0);
    assert_int_equal(json_array_size(again.events), 1);
    assert_string_equal(news(&again, 0, call_member_id(c->m[3])), "changed");
    crowd_end(c);
    shell_fini(&again);
}

static void a_worker_that_is_lost_keeps_the_order(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&patient);
    offer(&c->w, c->m[0], &c->shell[0], 1);
    raise_hand(c->m[1], true);
    fake_down(&c->w.worker);
    TURN_UNTIL(&c->w, shell_heard(&c->shell[0], "media", 0));
    const size_t count = json_array_size(c->shell[0].events);
    assert_string_equal(str(json_array_get(c->shell[0].events, count - 1), "type"), "media");
    json_t *before = json_array_get(c->shell[0].events, count - 2);
    assert_string_equal(str(json_object_get(before, "participant"), "id"),
                        call_member_id(c->m[1]));
    fake_up(&c->w.worker);
    crowd_end(c);
}

static void a_room_that_is_closed_is_told_nothing_more(void **state)
{
    (void)state;
    struct crowd *c = crowd_begin(&brief);
    raise_hand(c->m[0], true);
    raise_hand(c->m[1], true);
    forget(&c->shell[2]);
    call_room_close(c->w.call, "rm_1"); // what waits, and when it was due, goes with it
    assert_string_equal(c->shell[2].closed, "room_closed");
    assert_int_equal(call_room_count(c->w.call, "rm_1"), 0);
    uv_sleep(60);
    uv_run(&c->w.loop, UV_RUN_NOWAIT);
    crowd_end(c);
}

/** What `reader` would find of the others is what they are. */
static void expect_current(struct world *w, const struct call_member *reader)
{
    json_t *found = others_of(reader), *all = call_room_participants(w->call, "rm_1");
    json_t *is, *one;
    size_t i, k;
    assert_int_equal(json_array_size(found) + 1, json_array_size(all));
    json_array_foreach(all, i, is)
    {
        json_object_del(is, "joined_at");
        json_object_del(is, "ref");
        bool same = strcmp(str(is, "id"), call_member_id(reader)) == 0;
        json_array_foreach(found, k, one) same = same || json_equal(one, is);
        assert_true(same);
    }
    json_decref(found);
    json_decref(all);
}

static void what_is_found_of_one_is_never_old(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0}, again = {0}, whip = {0};
    struct links_room about = {.kind = ROOM_INSTANT, .id = "rm_1"};
    const struct call_who who = {&about, CLIENT_WEB, ROLE_HOST, "Bob", NULL};
    const char *reason;
    world_begin_up(&w, &patient);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *b = call_join(w.call, &who, &shell_ops, &bob, &reason);
    expect_current(&w, b);
    call_mute(a, SOURCE_MICROPHONE, true); // before it is published
    offer(&w, a, &ada, 1);
    expect_current(&w, b);
    call_mute(a, SOURCE_MICROPHONE, false);
    expect_current(&w, b);
    assert_null(call_mute_other(b, call_member_id(a), SOURCE_MICROPHONE));
    expect_current(&w, b);
    call_mute(a, SOURCE_MICROPHONE, true);
    expect_current(&w, b);
    call_mute(a, SOURCE_MICROPHONE, false);
    expect_current(&w, b);
    call_update(a, "Ada \"Lovelace\"", true, true);
    expect_current(&w, b);
    const char *secret = call_new_secret(a);
    call_detach(a);
    expect_current(&w, b);
    a = call_resume(w.call, call_member_id(a), secret, &shell_ops, &again);
    expect_current(&w, b);
    struct call_member *p = enter(&w, "rm_1", "Film", CLIENT_WHIP, &whip);
    offer(&w, p, &whip, 2);
    expect_current(&w, b);
    fake_down(&w.worker);
    TURN_UNTIL(&w, !call_media_kept(a));
    fake_up(&w.worker);
    expect_current(&w, b);
    expect_current(&w, a);
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
    shell_fini(&again);
    shell_fini(&whip);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_room_is_told_at_once),
        cmocka_unit_test(a_large_room_is_told_in_one_go),
        cmocka_unit_test(a_large_room_that_was_quiet_is_told_at_once),
        cmocka_unit_test(what_one_is_told_comes_after_what_all_are_told),
        cmocka_unit_test(who_comes_is_not_told_what_it_finds),
        cmocka_unit_test(changes_of_one_become_one),
        cmocka_unit_test(who_joins_and_changes_has_joined_so),
        cmocka_unit_test(who_leaves_takes_no_news_along),
        cmocka_unit_test(who_is_away_finds_all_when_it_is_back),
        cmocka_unit_test(a_worker_that_is_lost_keeps_the_order),
        cmocka_unit_test(a_room_that_is_closed_is_told_nothing_more),
        cmocka_unit_test(what_is_found_of_one_is_never_old),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
