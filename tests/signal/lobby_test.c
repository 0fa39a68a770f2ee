/* Before the door: who knocks, who lets in, and what reaches neither. */
#include "visitors.h"

#include "call/lobby.h"
#include "links/events.h"
#include "links/invitations.h"
#include "links/settings.h"

static void a_guest_knocks_and_a_host_lets_him_in(void **state)
{
    (void)state;
    struct house h;
    struct client host, guest;
    begin(&h, ACCESS_LOBBY);
    join_host(&h, &host);
    assert_int_equal(json_array_size(json_object_get(heard(&host, "joined", 0), "knocking")),
                     0);
    knock(&h, &guest, "Gus", "lobby");
    assert_true(json_is_true(json_object_get(last(&guest), "host")));
    json_t *told = heard(&host, "knocking", 0);
    json_t *who = json_array_get(json_object_get(told, "participants"), 0);
    assert_string_equal(str(who, "name"), "Gus");
    assert_string_equal(str(who, "id"), id_of(&guest, "lobby"));
    assert_int_equal(call_room_count(h.world.call, h.room.id), 1);

    assert_string_equal(str(ask_about(&host, "admit", "", "k_nobody"), "reason"),
                        "unknown_participant");
    ask_about(&host, "admit", "", str(who, "id"));
    assert_string_equal(str(last(&host), "type"), "ok");
    json_t *joined = last(&guest);
    assert_string_equal(str(joined, "type"), "joined");
    assert_string_equal(str(joined, "name"), "Gus");
    assert_null(json_object_get(joined, "knocking")); // a guest opens no door
    assert_int_equal(json_array_size(json_object_get(joined, "participants")), 1);
    assert_non_null(heard(&host, "participant", 0));
    assert_int_equal(knocking(&host), 0);
    client_fini(&host);
    client_fini(&guest);
    house_end(&h);
}

static void who_is_denied_is_told_and_gone(void **state)
{
    (void)state;
    struct house h;
    struct client host, one, two;
    begin(&h, ACCESS_LOBBY);
    join_host(&h, &host);
    knock(&h, &one, "One", "lobby");
    knock(&h, &two, "Two", "lobby");
    assert_int_equal(knocking(&host), 2);
    ask_about(&host, "deny", "", id_of(&one, "lobby"));
    assert_string_equal(str(last(&one), "type"), "closed");
    assert_string_equal(str(last(&one), "reason"), "denied");
    assert_int_equal(one.code, 1008);
    assert_int_equal(knocking(&host), 1);
    assert_string_equal(str(ask(&two, "{\"type\":\"leave\"}"), "reason"), "left");
    assert_int_equal(knocking(&host), 0);
    assert_int_equal(call_lobby_count(h.world.call, h.room.id), 0);
    client_fini(&host);
    client_fini(&one);
    client_fini(&two);
    house_end(&h);
}

/** All that a client may ask, right and wrong, with the ids of those inside. */
static void try_everything(struct house *h, struct client *c, const char *inside)
{
    char sdp[4096], text[9000];
    fake_offer(1, sdp, sizeof(sdp));
    json_t *offer_message = json_pack("{s:s, s:s}", "type", "offer", "sdp", sdp);
    char *offer_text = json_dumps(offer_message, 0);
    static const char *const about[] = {"admit", "deny", "remove"};
    static const char *const plain[] = {
        "{\"type\":\"candidate\",\"candidate\":\"\"}",
        "{\"type\":\"mute\",\"source\":\"microphone\",\"muted\":true}",
        "{\"type\":\"mute\",\"source\":\"microphone\",\"muted\":true,\"everyone\":true}",
        "{\"type\":\"chat\",\"text\":\"let me in\"}",
        "{\"type\":\"history\",\"after\":0}",
        "{\"type\":\"quality\"}",
        "{\"type\":\"update\",\"name\":\"Host\",\"hand\":true}",
        "{\"type\":\"lock\",\"locked\":false}",
        "{\"type\":\"admit\",\"all\":true}",
        "{\"type\":\"want\",\"wants\":[{\"mid\":\"1\"}]}",
        "{\"type\":\"ping\",\"id\":3}",
        "{\"type\":\"knocking\"}",
        "{\"type\":\"joined\"}",
        "[]",
    };
    signal_session_hear(c->session, offer_text, strlen(offer_text), false);
    for (unsigned i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        signal_session_hear(c->session, plain[i], strlen(plain[i]), i % 7 == 6);
    for (unsigned i = 0; i < 3; i++) {
        ask_about(c, about[i], "", inside);
        ask_about(c, about[i], "", id_of(c, "lobby"));
    }
    snprintf(text, sizeof(text), "{\"type\":\"chat\",\"text\":\"x\",\"to\":\"%s\"}", inside);
    ask(c, text);
    snprintf(text, sizeof(text),
             "{\"type\":\"resume\",\"participant\":\"%s\",\"secret\":\"guess\"}", inside);
    ask(c, text);
    snprintf(text, sizeof(text),
             "{\"type\":\"resume\",\"participant\":\"%s\",\"secret\":\"%s\"}",
             id_of(c, "lobby"), str(heard(c, "lobby", 0), "resume"));
    ask(c, text);
    join(h, c, ",\"name\":\"Again\"");
    free(offer_text);
    json_decref(offer_message);
}

/** Whatever it asks, in whatever order, while the others do whatever they do. */
static void nothing_of_a_room_reaches_who_knocks(void **state)
{
    (void)state;
    struct house h;
    struct client host, guest, friend;
    begin(&h, ACCESS_LOBBY);
    join_host(&h, &host);
    join_signed(&h, &friend, "u1", ROLE_MEMBER);
    ask(&host, "{\"type\":\"chat\",\"text\":\"before\"}");
    knock(&h, &guest, "Mallory", "lobby");
    const char *inside = id_of(&host, "joined");
    {
        try_everything(&h, &guest, inside);
        ask(&host, "{\"type\":\"chat\",\"text\":\"secret\"}");
        ask(&friend, "{\"type\":\"update\",\"hand\":true}");
        say_offer(&h, &host, 1, 20);
        struct letter speaker = {.type = LETTER_SPEAKER};
        snprintf(speaker.room, sizeof(speaker.room), "%s", h.room.id);
        snprintf(speaker.u.speaker.member, sizeof(speaker.u.speaker.member), "%s", inside);
        fake_say(&h.world.worker, &speaker);
        TURN_UNTIL(&h.world, heard(&host, "speaker", 0));
    }
    assert_int_equal(guest.code, 0);
    for (size_t i = 0; i < json_array_size(guest.heard); i++) {
        const json_t *m = json_array_get(guest.heard, i);
        const char *type = str(m, "type");
        assert_true(strcmp(type, "lobby") == 0 || strcmp(type, "error") == 0 ||
                    strcmp(type, "pong") == 0);
        char *text = json_dumps(m, 0);
        assert_null(strstr(text, inside));
        assert_null(strstr(text, "secret\""));
        assert_null(strstr(text, "Signed"));
        free(text);
    }
    // The worker has never heard of it: no media can reach it.
    unsigned joins = 0;
    const struct letter *l;
    while ((l = fake_got(&h.world.worker, LETTER_MEMBER_JOIN, joins)))
        joins++;
    assert_int_equal(joins, 2);
    assert_int_equal(call_room_count(h.world.call, h.room.id), 2);
    assert_null(heard(&host, "closed", 0));
    client_fini(&host);
    client_fini(&guest);
    client_fini(&friend);
    house_end(&h);
}

static void who_waits_hears_that_a_host_has_come_and_gone(void **state)
{
    (void)state;
    struct house h;
    struct client host, guest;
    begin(&h, ACCESS_LOBBY);
    knock(&h, &guest, "Gus", "lobby");
    assert_true(json_is_false(json_object_get(last(&guest), "host")));
    join_host(&h, &host);
    json_t *waiting = json_object_get(heard(&host, "joined", 0), "knocking");
    assert_int_equal(json_array_size(waiting), 1);
    TURN_UNTIL(&h.world, heard(&guest, "lobby", 1));
    assert_true(json_is_true(json_object_get(heard(&guest, "lobby", 1), "host")));
    ask(&host, "{\"type\":\"leave\"}");
    TURN_UNTIL(&h.world, heard(&guest, "lobby", 2));
    assert_true(json_is_false(json_object_get(heard(&guest, "lobby", 2), "host")));
    client_fini(&host);
    client_fini(&guest);
    house_end(&h);
}

static void a_knock_outlives_its_socket_for_a_moment(void **state)
{
    (void)state;
    struct house h;
    struct client host, guest, again;
    begin(&h, ACCESS_LOBBY);
    join_host(&h, &host);
    knock(&h, &guest, "Gus", "lobby");
    char *text = resume_text(heard(&guest, "lobby", 0), 0);
    hang_up(&guest);
    assert_int_equal(knocking(&host), 1);
    connect_client(&h, &again);
    json_t *lobby = ask(&again, text);
    assert_string_equal(str(lobby, "type"), "lobby");
    assert_int_equal(json_integer_value(json_object_get(lobby, "re")), 3);
    free(text);

    // Let in while the socket is lost: in the room as soon as it is back.
    text = resume_text(lobby, 0);
    hang_up(&again);
    ask(&host, "{\"type\":\"admit\",\"all\":true}");
    assert_int_equal(call_room_count(h.world.call, h.room.id), 1);
    client_fini(&again);
    connect_client(&h, &again);
    json_t *joined = ask(&again, text);
    assert_string_equal(str(joined, "type"), "joined");
    assert_int_equal(json_integer_value(json_object_get(joined, "re")), 3);
    free(text);
    client_fini(&again);
    client_fini(&guest);

    // Sent away meanwhile: told when it is back.
    knock(&h, &guest, "Gus", "lobby");
    text = resume_text(heard(&guest, "lobby", 0), 0);
    hang_up(&guest);
    ask(&host, "{\"type\":\"deny\",\"all\":true}");
    connect_client(&h, &again);
    assert_string_equal(str(ask(&again, text), "reason"), "denied");
    free(text);
    client_fini(&again);
    client_fini(&guest);

    // Never back: nobody waits any more.
    knock(&h, &guest, "Gus", "lobby");
    text = resume_text(heard(&guest, "lobby", 0), 0);
    hang_up(&guest);
    TURN_UNTIL(&h.world, call_lobby_count(h.world.call, h.room.id) == 0);
    assert_int_equal(knocking(&host), 0);
    connect_client(&h, &again);
    assert_string_equal(str(ask(&again, text), "reason"), "unknown_session");
    free(text);
    client_fini(&again);
    client_fini(&guest);
    client_fini(&host);
    house_end(&h);
}

static void members_need_not_knock_and_may_open_no_door(void **state)
{
    (void)state;
    struct house h;
    struct client member, guest, other;
    begin(&h, ACCESS_LOBBY);
    json_t *joined = join_signed(&h, &member, "u1", ROLE_MEMBER);
    assert_string_equal(str(joined, "type"), "joined");
    assert_null(json_object_get(joined, "knocking"));
    knock(&h, &guest, "Gus", "lobby");
    assert_string_equal(str(join_signed(&h, &other, "u2", ROLE_GUEST), "type"), "lobby");
    assert_null(heard(&member, "knocking", 0));
    assert_string_equal(str(ask_about(&member, "admit", "", id_of(&guest, "lobby")), "reason"),
                        "not_allowed");
    assert_string_equal(str(ask_about(&member, "deny", "", id_of(&guest, "lobby")), "reason"),
                        "not_allowed");
    client_fini(&other);

    // For members alone from now on: guests cannot even wait.
    set_access(&h, ACCESS_MEMBERS);
    call_room_changed(h.world.call, &h.room);
    TURN_UNTIL(&h.world, guest.code);
    assert_string_equal(str(last(&guest), "reason"), "members_only");
    connect_client(&h, &other);
    assert_string_equal(str(join(&h, &other, ""), "reason"), "members_only");
    client_fini(&member);
    client_fini(&guest);
    client_fini(&other);
    house_end(&h);
}

static void a_personal_room_waits_for_its_owner(void **state)
{
    (void)state;
    struct house h;
    struct client owner, guest;
    struct links_settings settings;
    bool made;
    house_begin(&h, &usual);
    links_settings_default(&settings);
    settings.personal_lobby = true;
    assert_int_equal(links_settings_put(h.links, &h.tenant, &settings), 0);
    h.room = (struct links_room){.kind = ROOM_PERSONAL, .owner_ref = "zoe"};
    strcpy(h.room.tenant, h.tenant.id);
    assert_int_equal(links_personal_room(h.links, &h.room, &made, (int64_t)time(NULL)), 0);
    links_url(h.links, &h.room, h.url);

    knock(&h, &guest, "Gus", "owner");
    json_t *joined = join_signed(&h, &owner, "zoe", ROLE_MEMBER);
    assert_string_equal(str(joined, "role"), "host"); // it is her room
    TURN_UNTIL(&h.world, heard(&guest, "joined", 0));
    client_fini(&guest);
    client_fini(&owner);
    TURN_UNTIL(&h.world, call_room_count(h.world.call, h.room.id) == 0);

    // With a lobby as well he knocks when she has come.
    set_access(&h, ACCESS_LOBBY);
    knock(&h, &guest, "Gus", "owner");
    join_signed(&h, &owner, "zoe", ROLE_MEMBER);
    TURN_UNTIL(&h.world, heard(&guest, "lobby", 1));
    assert_string_equal(str(heard(&guest, "lobby", 1), "reason"), "lobby");
    assert_int_equal(knocking(&owner), 1);
    client_fini(&guest);
    client_fini(&owner);
    house_end(&h);
}

static void a_link_that_can_be_guessed_belongs_to_who_is_inside(void **state)
{
    (void)state;
    struct house h;
    struct client first, second, third;
    house_begin(&h, &usual);
    strcpy(h.url, "/b/test/weekly");
    connect_client(&h, &first);
    assert_string_equal(str(join(&h, &first, ",\"name\":\"First\""), "type"), "joined");
    assert_string_equal(str(last(&first), "role"), "guest");
    knock(&h, &second, "Second", "lobby");
    assert_int_equal(knocking(&first), 1);
    ask(&first, "{\"type\":\"admit\",\"all\":true}");
    assert_non_null(heard(&second, "joined", 0));
    knock(&h, &third, "Third", "lobby");
    assert_int_equal(knocking(&second), 1); // whoever is inside opens
    // Yet nobody is a host.
    assert_string_equal(
        str(ask_about(&second, "remove", "", id_of(&first, "joined")), "reason"),
        "not_allowed");
    assert_string_equal(str(ask(&second, "{\"type\":\"lock\",\"locked\":true}"), "reason"),
                        "not_allowed");
    // Nobody is left to open: who waits longest comes in.
    ask(&first, "{\"type\":\"leave\"}");
    ask(&second, "{\"type\":\"leave\"}");
    TURN_UNTIL(&h.world, heard(&third, "joined", 0));
    client_fini(&first);
    client_fini(&second);
    client_fini(&third);
    house_end(&h);
}

static void of_those_who_knock_with_one_invitation_one_comes_in(void **state)
{
    (void)state;
    struct house h;
    struct client host, one, two;
    struct store_invitation invitation = {.email = true, .max_uses = 1};
    begin(&h, ACCESS_LOBBY);
    strcpy(invitation.tenant, h.tenant.id);
    strcpy(invitation.room, h.room.id);
    strcpy(invitation.to_name, "Gus");
    assert_int_equal(links_invite(h.links, &invitation, false, (int64_t)time(NULL)), 0);
    join_host(&h, &host);
    links_invitation_url(h.links, &invitation, h.url);
    knock(&h, &one, "Gus", "lobby");
    knock(&h, &two, "Gus", "lobby");
    ask(&host, "{\"type\":\"admit\",\"all\":true}");
    assert_non_null(heard(&one, "joined", 0));
    assert_null(heard(&two, "joined", 0));
    assert_string_equal(str(last(&two), "reason"), "link_expired");
    assert_int_equal(call_lobby_count(h.world.call, h.room.id), 0);
    client_fini(&host);
    client_fini(&one);
    client_fini(&two);
    house_end(&h);
}

static void knocks_are_limited_by_address(void **state)
{
    (void)state;
    struct house h;
    struct client c[6];
    begin(&h, ACCESS_LOBBY);
    for (unsigned i = 0; i < 5; i++)
        knock(&h, &c[i], "Gus", "lobby");
    connect_client(&h, &c[5]);
    assert_string_equal(str(join(&h, &c[5], ""), "reason"), "rate_limited");
    assert_true(json_integer_value(json_object_get(last(&c[5]), "retry_after")) >= 1);
    assert_int_equal(c[5].code, 0);
    assert_int_equal(call_lobby_count(h.world.call, h.room.id), 5);
    for (unsigned i = 0; i < 6; i++)
        client_fini(&c[i]);
    house_end(&h);
}

static void a_closed_room_and_the_end_are_told_to_who_waits(void **state)
{
    (void)state;
    struct house h;
    struct client one, two;
    begin(&h, ACCESS_LOBBY);
    knock(&h, &one, "One", "lobby");
    call_room_close(h.world.call, h.room.id);
    assert_string_equal(str(last(&one), "reason"), "room_closed");
    knock(&h, &two, "Two", "lobby");
    call_stop(h.world.call);
    assert_string_equal(str(last(&two), "reason"), "shutdown");
    client_fini(&one);
    client_fini(&two);
    house_end(&h);
}

static void an_invitation_to_a_personal_room_waits_for_its_owner_too(void **state)
{
    (void)state;
    struct house h;
    struct client owner, guest;
    struct links_settings settings;
    struct store_invitation invitation = {.email = true};
    bool made;
    house_begin(&h, &usual);
    links_settings_default(&settings);
    settings.personal_lobby = true;
    assert_int_equal(links_settings_put(h.links, &h.tenant, &settings), 0);
    h.room = (struct links_room){.kind = ROOM_PERSONAL, .owner_ref = "zoe"};
    strcpy(h.room.tenant, h.tenant.id);
    assert_int_equal(links_personal_room(h.links, &h.room, &made, (int64_t)time(NULL)), 0);
    strcpy(invitation.tenant, h.tenant.id);
    strcpy(invitation.room, h.room.id);
    assert_int_equal(links_invite(h.links, &invitation, false, (int64_t)time(NULL)), 0);
    links_invitation_url(h.links, &invitation, h.url);

    knock(&h, &guest, "Gus", "owner");
    links_url(h.links, &h.room, h.url);
    join_signed(&h, &owner, "zoe", ROLE_MEMBER);
    TURN_UNTIL(&h.world, heard(&guest, "joined", 0));
    client_fini(&guest);
    client_fini(&owner);

    // Switched off for the organisation: for this way in as well.
    settings.personal_rooms = false;
    assert_int_equal(links_settings_put(h.links, &h.tenant, &settings), 0);
    links_invitation_url(h.links, &invitation, h.url);
    connect_client(&h, &guest);
    assert_string_equal(str(join(&h, &guest, ""), "reason"), "link_disabled");
    client_fini(&guest);
    house_end(&h);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_knocks_and_a_host_lets_him_in),
        cmocka_unit_test(who_is_denied_is_told_and_gone),
        cmocka_unit_test(nothing_of_a_room_reaches_who_knocks),
        cmocka_unit_test(who_waits_hears_that_a_host_has_come_and_gone),
        cmocka_unit_test(a_knock_outlives_its_socket_for_a_moment),
        cmocka_unit_test(members_need_not_knock_and_may_open_no_door),
        cmocka_unit_test(a_personal_room_waits_for_its_owner),
        cmocka_unit_test(a_link_that_can_be_guessed_belongs_to_who_is_inside),
        cmocka_unit_test(of_those_who_knock_with_one_invitation_one_comes_in),
        cmocka_unit_test(an_invitation_to_a_personal_room_waits_for_its_owner_too),
        cmocka_unit_test(knocks_are_limited_by_address),
        cmocka_unit_test(a_closed_room_and_the_end_are_told_to_who_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
