#include "call/world.h"

static const struct call_conf defaults;

static void wants_reach_the_worker_and_the_next_one(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    unsigned bad = 99;
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *b = enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    offer(&w, a, &ada, 1);
    struct letter_want want[3] = {
        {.of = "p_nobody", .source = SOURCE_CAMERA},
        {.source = SOURCE_CAMERA, .width = 320, .height = 180},
        {.mid = "1", .source = SOURCE_CAMERA, .paused = true},
    };
    strcpy(want[1].of, call_member_id(b));
    assert_int_equal(call_want(a, 3, want, &bad), 1);
    assert_int_equal(bad, 0);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_SLOT_WANT, 0));
    const struct letter *l = fake_got(&w.worker, LETTER_SLOT_WANT, 0);
    assert_int_equal(l->u.wants.count, 2); // the others hold
    assert_int_equal(l->u.wants.want[0].width, 320);
    assert_true(l->u.wants.want[1].paused);

    want[1].width = 640; // replaces the one before
    assert_int_equal(call_want(a, 1, &want[1], &bad), 0);
    fake_hang_up(&w.worker);
    TURN_UNTIL(&w, shell_heard(&ada, "media", 0));
    fake_forget(&w.worker);
    offer(&w, a, &ada, 2);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_SLOT_WANT, 0));
    l = fake_got(&w.worker, LETTER_SLOT_WANT, 0);
    assert_int_equal(l->u.wants.count, 1); // the one by mid was of the old connection
    assert_string_equal(l->u.wants.want[0].of, call_member_id(b));
    assert_int_equal(l->u.wants.want[0].width, 640);
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
}

static void nobody_wants_one_who_has_left(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    unsigned bad;
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *b = enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    struct letter_want want = {.source = SOURCE_CAMERA};
    strcpy(want.of, call_member_id(b));
    assert_int_equal(call_want(a, 1, &want, &bad), 0);
    call_leave(b);
    offer(&w, a, &ada, 1);
    assert_null(fake_got(&w.worker, LETTER_SLOT_WANT, 0));
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
}

static void many_wants_go_in_several_letters_and_the_oldest_are_forgotten(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    unsigned bad;
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    enum { PEOPLE = 140 };
    struct letter_want want[4];
    memset(want, 0, sizeof(want));
    for (unsigned i = 0; i < PEOPLE; i++) {
        const struct call_member *b = enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
        for (unsigned s = 0; s < 4; s++) {
            strcpy(want[s].of, call_member_id(b));
            want[s].source = (enum media_source)s;
            want[s].width = (uint16_t)(i + 1);
        }
        assert_int_equal(call_want(a, 4, want, &bad), 0);
    }
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_MEMBER_JOIN, PEOPLE));
    fake_forget(&w.worker);
    offer(&w, a, &ada, 1);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_SLOT_WANT, 7));
    unsigned total = 0, oldest = PEOPLE;
    for (unsigned k = 0; k < 8; k++) {
        const struct letter *l = fake_got(&w.worker, LETTER_SLOT_WANT, k);
        for (unsigned i = 0; i < l->u.wants.count; i++) {
            total++;
            oldest = l->u.wants.want[i].width < oldest ? l->u.wants.want[i].width : oldest;
        }
    }
    assert_int_equal(total, 512);
    assert_int_equal(oldest, PEOPLE - 512 / 4 + 1);
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
}

static void a_player_of_one_shows_that_one_on_all_its_slots(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, play = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *p = enter(&w, "rm_1", "Player", CLIENT_WHEP, &play);
    assert_false(call_want_only(p, "p_nobody"));
    assert_true(call_want_only(p, call_member_id(a)));
    offer(&w, p, &play, 1);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_SLOT_WANT, 0));
    const struct letter *l = fake_got(&w.worker, LETTER_SLOT_WANT, 0);
    assert_int_equal(l->u.wants.count, 2);
    for (unsigned i = 0; i < 2; i++)
        assert_string_equal(l->u.wants.want[i].of, call_member_id(a));
    assert_string_equal(l->u.wants.want[0].mid, "0");
    assert_int_equal(l->u.wants.want[0].source, SOURCE_MICROPHONE);
    assert_int_equal(l->u.wants.want[1].source, SOURCE_CAMERA);
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&play);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wants_reach_the_worker_and_the_next_one),
        cmocka_unit_test(nobody_wants_one_who_has_left),
        cmocka_unit_test(many_wants_go_in_several_letters_and_the_oldest_are_forgotten),
        cmocka_unit_test(a_player_of_one_shows_that_one_on_all_its_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
