/* Who may come in, as a table; and the doors, without signalling before them. */
#include "call/lobby.h"
#include "call/moderate.h"
#include "world.h"

static const struct call_conf defaults = {.room_limit = 3, .away_ms = 60};

struct caller {
    char closed[32];
    unsigned waiting, admitted;
    struct call_knock *knock;
};

static void on_waiting(void *shell)
{
    ((struct caller *)shell)->waiting++;
}

static void on_admitted(void *shell)
{
    struct caller *c = shell;
    const char *reason;
    static struct shell inside;
    c->admitted++;
    if (!call_knock_enter(c->knock, &shell_ops, &inside, &reason))
        snprintf(c->closed, sizeof(c->closed), "%s", reason);
    c->knock = NULL;
    shell_fini(&inside);
}

static void on_closed(void *shell, const char *reason)
{
    struct caller *c = shell;
    snprintf(c->closed, sizeof(c->closed), "%s", reason);
    c->knock = NULL;
}

static const struct call_knock_ops knock_ops = {on_waiting, on_admitted, on_closed};

static struct call_member *enter_as(struct world *w, const struct links_room *room,
                                    enum links_role role, struct shell *shell)
{
    const struct call_who who = {room, CLIENT_WEB, role, "Somebody", NULL};
    const char *reason;
    return call_join(w->call, &who, &shell_ops, shell, &reason);
}

static void knock(struct world *w, const struct links_room *room, struct caller *c)
{
    const struct call_who who = {room, CLIENT_WEB, ROLE_GUEST, "Gus", NULL};
    const char *reason;
    *c = (struct caller){0};
    c->knock = call_knock(w->call, &who, call_entry(w->call, &who), &knock_ops, c, &reason);
    assert_non_null(c->knock);
}

static void who_may_come_in_follows_from_role_and_room(void **state)
{
    static const struct {
        enum links_access access;
        bool locked, personal, weak;
        enum call_entry guest, member, host, whip;
    } rows[] = {
        {.guest = ENTRY_OPEN, .member = ENTRY_OPEN, .whip = ENTRY_OPEN},
        {.access = ACCESS_LOBBY, .guest = ENTRY_LOBBY, .whip = ENTRY_LOBBY},
        {.access = ACCESS_MEMBERS, .guest = ENTRY_MEMBERS, .whip = ENTRY_MEMBERS},
        {.locked = true, .guest = ENTRY_LOCKED, .member = ENTRY_LOCKED, .whip = ENTRY_LOCKED},
        {.access = ACCESS_LOBBY,
         .locked = true,
         .guest = ENTRY_LOCKED,
         .member = ENTRY_LOCKED,
         .whip = ENTRY_LOCKED},
        {.access = ACCESS_MEMBERS,
         .locked = true,
         .guest = ENTRY_MEMBERS,
         .member = ENTRY_LOCKED,
         .whip = ENTRY_MEMBERS},
        {.personal = true, .guest = ENTRY_OWNER, .whip = ENTRY_OWNER},
        {.personal = true, .access = ACCESS_LOBBY, .guest = ENTRY_OWNER, .whip = ENTRY_OWNER},
        {.access = ACCESS_LOBBY, .weak = true, .guest = ENTRY_OPEN, .whip = ENTRY_LOBBY},
    };
    (void)state;
    struct world w;
    world_begin_up(&w, &defaults);
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct links_room room = {.id = "rm_1",
                                        .access = rows[i].access,
                                        .locked = rows[i].locked,
                                        .kind = rows[i].personal ? ROOM_PERSONAL : ROOM_INSTANT,
                                        .owner_first = rows[i].personal,
                                        .weak = rows[i].weak};
        struct call_who who = {&room, CLIENT_WEB, ROLE_GUEST, "Gus", NULL};
        assert_int_equal(call_entry(w.call, &who), rows[i].guest);
        who.role = ROLE_MEMBER;
        assert_int_equal(call_entry(w.call, &who), rows[i].member);
        who.role = ROLE_HOST;
        assert_int_equal(call_entry(w.call, &who), ENTRY_OPEN);
        who = (struct call_who){&room, CLIENT_WHIP, ROLE_GUEST, "Gus", NULL};
        assert_int_equal(call_entry(w.call, &who), rows[i].whip);
    }
    world_end(&w);
}

static void nobody_joins_past_the_door(void **state)
{
    (void)state;
    struct world w;
    struct shell gus = {0};
    world_begin_up(&w, &defaults);
    const struct links_room room = {.id = "rm_1", .access = ACCESS_LOBBY};
    for (enum call_client client = CLIENT_WEB; client <= CLIENT_WHEP; client++) {
        const struct call_who who = {&room, client, ROLE_GUEST, "Gus", NULL};
        const char *reason = NULL;
        assert_null(call_join(w.call, &who, &shell_ops, &gus, &reason));
        assert_string_equal(reason, "lobby");
    }
    assert_int_equal(call_room_count(w.call, "rm_1"), 0);
    assert_null(fake_got(&w.worker, LETTER_MEMBER_JOIN, 0));
    world_end(&w);
    shell_fini(&gus);
}

static void a_publisher_is_no_host_to_wait_for(void **state)
{
    (void)state;
    struct world w;
    struct shell live = {0};
    struct caller gus;
    world_begin_up(&w, &defaults);
    const struct links_room room = {
        .id = "rm_1", .kind = ROOM_PERSONAL, .owner_first = true, .access = ACCESS_LOBBY};
    const struct call_who who = {&room, CLIENT_WHIP, ROLE_HOST, "Live", "zoe"};
    const char *reason;
    struct call_member *m = call_join(w.call, &who, &shell_ops, &live, &reason);
    assert_non_null(m);
    offer(&w, m, &live, 1);
    knock(&w, &room, &gus);
    json_t *view = call_knock_view(gus.knock);
    assert_string_equal(str(view, "reason"), "owner");
    assert_true(json_is_false(json_object_get(view, "host")));
    json_decref(view);
    assert_string_equal(call_admit(m, NULL), "not_allowed");
    call_knock_leave(gus.knock);
    world_end(&w);
    shell_fini(&live);
}

static void a_room_has_space_for_a_hundred_who_wait(void **state)
{
    (void)state;
    struct world w;
    struct caller c[101];
    world_begin_up(&w, &defaults);
    const struct links_room room = {.id = "rm_1", .access = ACCESS_LOBBY};
    for (unsigned i = 0; i < 100; i++)
        knock(&w, &room, &c[i]);
    const struct call_who who = {&room, CLIENT_WEB, ROLE_GUEST, "Gus", NULL};
    const char *reason;
    assert_null(call_knock(w.call, &who, ENTRY_LOBBY, &knock_ops, &c[100], &reason));
    assert_string_equal(reason, "room_full");
    assert_int_equal(call_lobby_count(w.call, "rm_1"), 100);
    call_room_close(w.call, "rm_1");
    for (unsigned i = 0; i < 100; i++)
        assert_string_equal(c[i].closed, "room_closed");
    assert_int_equal(call_lobby_count(w.call, "rm_1"), 0);
    world_end(&w);
}

static void who_is_let_into_a_full_room_is_told(void **state)
{
    (void)state;
    struct world w;
    struct shell inside[3] = {0};
    struct caller gus;
    world_begin_up(&w, &defaults);
    const struct links_room room = {.id = "rm_1", .access = ACCESS_LOBBY};
    struct call_member *host = enter_as(&w, &room, ROLE_HOST, &inside[0]);
    for (unsigned i = 1; i < 3; i++)
        assert_non_null(enter_as(&w, &room, ROLE_MEMBER, &inside[i]));
    knock(&w, &room, &gus);
    assert_null(call_admit(host, NULL));
    assert_int_equal(gus.admitted, 1);
    assert_string_equal(gus.closed, "room_full");
    assert_int_equal(call_lobby_count(w.call, "rm_1"), 0);
    world_end(&w);
    for (unsigned i = 0; i < 3; i++)
        shell_fini(&inside[i]);
}

static void an_answer_reaches_the_room_it_is_for(void **state)
{
    (void)state;
    struct world w;
    struct shell shell = {0};
    struct caller gus;
    world_begin_up(&w, &defaults);
    const struct links_room one = {.id = "rm_1", .access = ACCESS_LOBBY};
    const struct links_room two = {.id = "rm_2", .access = ACCESS_LOBBY};
    struct call_member *host = enter_as(&w, &two, ROLE_HOST, &shell);
    knock(&w, &one, &gus);
    json_t *view = call_knock_json(gus.knock);
    const char *id = str(view, "id");
    assert_string_equal(call_admit(host, id), "unknown_participant");
    assert_string_equal(call_deny(host, id), "unknown_participant");
    assert_null(call_admit(host, NULL)); // all who knock there: nobody
    assert_false(call_lobby_answer(w.call, "rm_2", id, true));
    assert_int_equal(gus.admitted, 0);
    assert_true(call_lobby_answer(w.call, "rm_1", id, true));
    assert_int_equal(gus.admitted, 1);
    json_decref(view);
    world_end(&w);
    shell_fini(&shell);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_come_in_follows_from_role_and_room),
        cmocka_unit_test(nobody_joins_past_the_door),
        cmocka_unit_test(a_publisher_is_no_host_to_wait_for),
        cmocka_unit_test(a_room_has_space_for_a_hundred_who_wait),
        cmocka_unit_test(who_is_let_into_a_full_room_is_told),
        cmocka_unit_test(an_answer_reaches_the_room_it_is_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
