/* What the worker says of layers and of quality, and who hears it. */
#include "call/world.h"

static const struct call_conf defaults;

static void letter_for(struct letter *l, enum letter_type type, const struct call_member *m)
{
    *l = (struct letter){.type = type, .room = "rm_1"};
    if (m)
        snprintf(l->member, sizeof(l->member), "%s", call_member_id(m));
}

/** The worker says that of the camera only these are watched. */
static void say_demand(struct world *w, const struct call_member *m, uint32_t generation,
                       const char *rid)
{
    struct letter_demand camera = {
        .mid = "1", .source = SOURCE_CAMERA, .rid_count = rid != NULL};
    struct letter l;
    letter_for(&l, LETTER_TRACK_DEMAND, m);
    if (rid)
        snprintf(camera.rid[0], sizeof(camera.rid[0]), "%s", rid);
    l.u.demand.generation = generation;
    l.u.demand.count = 1;
    l.u.demand.track = &camera;
    fake_say(&w->worker, &l);
}

static const char *first_rid(const json_t *layers)
{
    const json_t *track = json_array_get(json_object_get(layers, "tracks"), 0);
    assert_string_equal(str(track, "mid"), "1");
    assert_string_equal(str(track, "source"), "camera");
    const json_t *rid = json_array_get(json_object_get(track, "rids"), 0);
    return rid ? json_string_value(rid) : "(none)";
}

static void a_page_is_told_which_of_its_layers_are_watched(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    offer(&w, a, &ada, 1);
    json_t *kept = call_layers(a);
    assert_true(json_is_null(kept));
    say_demand(&w, a, 1, "q");
    TURN_UNTIL(&w, shell_heard(&ada, "layers", 0));
    const json_t *told = shell_heard(&ada, "layers", 0);
    assert_string_equal(first_rid(told), "q");
    assert_int_equal(json_integer_value(json_object_get(told, "generation")), 1);
    say_demand(&w, a, 1, NULL);
    TURN_UNTIL(&w, shell_heard(&ada, "layers", 1));
    assert_string_equal(first_rid(shell_heard(&ada, "layers", 1)), "(none)");
    assert_null(shell_heard(&bob, "layers", 0));
    kept = call_layers(a);
    assert_true(json_equal(kept, shell_heard(&ada, "layers", 1))); // for one who resumes
    json_decref(kept);
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
}

static void what_is_said_of_a_connection_before_is_not_passed_on(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    offer(&w, a, &ada, 1);
    say_demand(&w, a, 1, "q");
    TURN_UNTIL(&w, shell_heard(&ada, "layers", 0));
    offer(&w, a, &ada, 2);
    assert_int_equal(ada.generation, 2);
    json_t *kept = call_layers(a);
    assert_true(json_is_null(kept)); // in a new connection everything is on
    say_demand(&w, a, 1, "old");
    say_demand(&w, a, 2, "new");
    TURN_UNTIL(&w, shell_heard(&ada, "layers", 1));
    assert_string_equal(first_rid(shell_heard(&ada, "layers", 1)), "new");
    world_end(&w);
    shell_fini(&ada);
}

static void a_whip_publisher_is_not_told(void **state)
{
    (void)state;
    struct world w;
    struct shell pub = {0}, ada = {0};
    world_begin_up(&w, &defaults);
    struct call_member *p = enter(&w, "rm_1", "Camera", CLIENT_WHIP, &pub);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    offer(&w, p, &pub, 1);
    offer(&w, a, &ada, 1);
    say_demand(&w, p, 1, NULL);
    say_demand(&w, a, 1, "q");
    TURN_UNTIL(&w, shell_heard(&ada, "layers", 0));
    assert_null(shell_heard(&pub, "layers", 0));
    world_end(&w);
    shell_fini(&pub);
    shell_fini(&ada);
}

/* ---- quality ---- */

struct asker {
    unsigned replies;
    json_t *body; ///< owned; NULL: none came
};

static void on_quality(void *arg, const json_t *body)
{
    struct asker *a = arg;
    a->replies++;
    a->body = body ? json_deep_copy(body) : NULL;
}

static void quality_is_the_workers_word_with_names(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    struct asker one = {0}, two = {0}, gone = {0};
    world_begin_up(&w, &defaults);
    assert_null(call_quality_ask(w.call, "rm_1", on_quality, &one)); // nobody is there
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    assert_non_null(call_quality_ask(w.call, "rm_1", on_quality, &one));
    assert_non_null(call_quality_ask(w.call, "rm_1", on_quality, &two));
    struct call_quality *q = call_quality_ask(w.call, "rm_1", on_quality, &gone);
    assert_non_null(q);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_QUALITY_ASK, 0));
    assert_null(fake_got(&w.worker, LETTER_QUALITY_ASK, 1)); // one question for all of them
    call_quality_cancel(q);
    struct letter l;
    letter_for(&l, LETTER_QUALITY, NULL);
    const uint64_t seq = fake_got(&w.worker, LETTER_QUALITY_ASK, 0)->u.stats.seq;
    l.u.stats.seq = seq + 100; // of nobody's question
    l.u.stats.body = json_object();
    fake_say(&w.worker, &l);
    json_decref(l.u.stats.body);
    l.u.stats.seq = seq;
    l.u.stats.body =
        json_pack("{s:[{s:s, s:[{s:s}, {s:s}]}]}", "members", "participant", call_member_id(a),
                  "receives", "participant", call_member_id(a), "participant", "p_gone");
    fake_say(&w.worker, &l);
    json_decref(l.u.stats.body);
    TURN_UNTIL(&w, two.replies);
    assert_int_equal(one.replies, 1);
    assert_int_equal(gone.replies, 0);
    const json_t *member = json_array_get(json_object_get(one.body, "members"), 0);
    const json_t *receives = json_object_get(member, "receives");
    assert_string_equal(str(member, "name"), "Ada");
    assert_string_equal(str(json_array_get(receives, 0), "name"), "Ada");
    assert_string_equal(str(json_array_get(receives, 1), "name"), "(none)");
    assert_true(json_equal(one.body, two.body));
    world_end(&w);
    json_decref(one.body);
    json_decref(two.body);
    shell_fini(&ada);
}

static void nobody_waits_for_a_worker_that_is_gone(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    struct asker one = {0}, two = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    assert_non_null(call_quality_ask(w.call, "rm_1", on_quality, &one));
    fake_down(&w.worker);
    TURN_UNTIL(&w, one.replies);
    assert_null(one.body);
    assert_null(call_quality_ask(w.call, "rm_1", on_quality, &two));
    fake_up(&w.worker);
    while (!call_quality_ask(w.call, "rm_1", on_quality, &two))
        turn(&w);
    call_leave(a); // and the room with it
    assert_int_equal(two.replies, 1);
    assert_null(two.body);
    world_end(&w);
    shell_fini(&ada);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_told_which_of_its_layers_are_watched),
        cmocka_unit_test(what_is_said_of_a_connection_before_is_not_passed_on),
        cmocka_unit_test(a_whip_publisher_is_not_told),
        cmocka_unit_test(quality_is_the_workers_word_with_names),
        cmocka_unit_test(nobody_waits_for_a_worker_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
