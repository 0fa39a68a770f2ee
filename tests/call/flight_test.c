/* What a worker has recorded of a room, fetched block by block. */
#include "call/world.h"

static const struct call_conf defaults;

struct asker {
    unsigned replies;
    bool came;
    size_t len;
    char bytes[32];
};

static void on_flight(void *arg, const uint8_t *bytes, size_t len)
{
    struct asker *a = arg;
    a->replies++;
    a->came = bytes != NULL;
    a->len = len;
    assert_true(len < sizeof(a->bytes));
    if (len)
        memcpy(a->bytes, bytes, len);
}

/** Answers the k-th question. */
static void give(struct world *w, unsigned k, uint64_t number, uint64_t newest,
                 const char *text)
{
    struct letter l = {.type = LETTER_FLIGHT, .room = "rm_1"};
    uint8_t bytes[64];
    memcpy(bytes, text, strlen(text));
    l.u.flight =
        (struct letter_flight){.seq = fake_got(&w->worker, LETTER_FLIGHT_ASK, k)->u.flight.seq,
                               .number = number,
                               .newest = newest,
                               .bytes = bytes,
                               .len = strlen(text)};
    fake_say(&w->worker, &l);
}

static uint64_t asked_for(struct world *w, unsigned k)
{
    TURN_UNTIL(w, fake_got(&w->worker, LETTER_FLIGHT_ASK, k));
    return fake_got(&w->worker, LETTER_FLIGHT_ASK, k)->u.flight.number;
}

static void blocks_are_asked_for_one_by_one_up_to_the_newest_of_the_beginning(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    struct asker one = {0}, two = {0};
    world_begin_up(&w, &defaults);
    assert_int_equal(call_flight_fetch(w.call, "rm_1", on_flight, &one), -ENOENT);
    enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    assert_int_equal(call_flight_fetch(w.call, "rm_1", on_flight, &one), 0);
    assert_int_equal(call_flight_fetch(w.call, "rm_1", on_flight, &two), -EBUSY);
    assert_int_equal(asked_for(&w, 0), 0);
    give(&w, 0, 7, 9, "seven "); // what was before is gone
    assert_int_equal(asked_for(&w, 1), 8);
    give(&w, 0, 8, 9, "of an old question");
    give(&w, 1, 8, 12, "eight ");
    assert_int_equal(asked_for(&w, 2), 9);
    assert_int_equal(one.replies, 0);
    give(&w, 2, 9, 12, "nine");
    TURN_UNTIL(&w, one.replies);
    assert_int_equal(one.len, strlen("seven eight nine"));
    assert_memory_equal(one.bytes, "seven eight nine", one.len);
    assert_int_equal(call_flight_fetch(w.call, "rm_1", on_flight, &two), 0);
    assert_int_equal(asked_for(&w, 3), 0);
    give(&w, 3, 0, 0, ""); // it records nothing
    TURN_UNTIL(&w, two.replies);
    assert_true(two.came && two.len == 0);
    assert_int_equal(one.replies, 1);
    world_end(&w);
    shell_fini(&ada);
}

static void what_is_written_anew_meanwhile_ends_it(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    struct asker one = {0};
    world_begin_up(&w, &defaults);
    enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    assert_int_equal(call_flight_fetch(w.call, "rm_1", on_flight, &one), 0);
    assert_int_equal(asked_for(&w, 0), 0);
    give(&w, 0, 3, 5, "three");
    assert_int_equal(asked_for(&w, 1), 4);
    give(&w, 1, 6, 20, "much later");
    TURN_UNTIL(&w, one.replies);
    assert_memory_equal(one.bytes, "three", 5);
    assert_int_equal(one.len, 5);
    world_end(&w);
    shell_fini(&ada);
}

static void nobody_waits_for_a_worker_or_a_room_that_is_gone(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    struct asker one = {0}, two = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    assert_int_equal(call_flight_fetch(w.call, "rm_1", on_flight, &one), 0);
    fake_down(&w.worker);
    TURN_UNTIL(&w, one.replies);
    assert_false(one.came);
    fake_up(&w.worker);
    while (call_flight_fetch(w.call, "rm_1", on_flight, &two) != 0)
        turn(&w);
    call_leave(a); // and the room with it
    assert_int_equal(two.replies, 1);
    assert_false(two.came);
    world_end(&w);
    shell_fini(&ada);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_asked_for_one_by_one_up_to_the_newest_of_the_beginning),
        cmocka_unit_test(what_is_written_anew_meanwhile_ends_it),
        cmocka_unit_test(nobody_waits_for_a_worker_or_a_room_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
