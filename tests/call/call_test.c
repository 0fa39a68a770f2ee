#include "call/world.h"

static const struct call_conf defaults;

static void the_others_are_told_who_joins_and_who_leaves(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *b = enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    json_t *event = shell_heard(&ada, "participant", 0);
    assert_string_equal(str(event, "event"), "joined");
    assert_string_equal(str(json_object_get(event, "participant"), "name"), "Bob");
    assert_null(shell_heard(&bob, "participant", 0));
    json_t *others = others_of(b);
    assert_int_equal(json_array_size(others), 1);
    assert_string_equal(str(json_array_get(others, 0), "id"), call_member_id(a));
    json_decref(others);
    call_leave(b);
    event = shell_heard(&ada, "participant", 1);
    assert_string_equal(str(event, "event"), "left");
    assert_int_equal(json_object_size(json_object_get(event, "participant")), 1);
    world_end(&w);
    assert_string_equal(ada.closed, "shutdown");
    assert_string_equal(bob.closed, "");
    shell_fini(&ada);
    shell_fini(&bob);
}

static void a_room_is_open_on_its_worker_as_long_as_somebody_is_there(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    char id[LETTER_ID_SIZE];
    strcpy(id, call_member_id(a));
    assert_int_equal(call_room_count(w.call, "rm_1"), 1);
    call_leave(a);
    assert_int_equal(call_room_count(w.call, "rm_1"), 0);
    TURN_UNTIL(&w, w.worker.count == 4);
    static const enum letter_type order[] = {LETTER_ROOM_OPEN, LETTER_MEMBER_JOIN,
                                             LETTER_MEMBER_LEAVE, LETTER_ROOM_CLOSE};
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(w.worker.got[i].type, order[i]);
        assert_string_equal(w.worker.got[i].room, "rm_1");
    }
    assert_string_equal(w.worker.got[1].member, id);
    world_end(&w);
    shell_fini(&ada);
}

static void an_offer_is_answered_when_the_worker_has_agreed(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    assert_false(call_media_kept(a));
    offer(&w, a, &ada, 1);
    assert_string_equal(ada.reason, "");
    assert_int_equal(ada.generation, 1);
    assert_non_null(strstr(ada.sdp, "192.0.2.1 5000 typ host"));
    assert_non_null(strstr(ada.sdp, "00:11:22:33"));
    assert_true(call_media_kept(a));
    // The others are told what it publishes.
    json_t *event = shell_heard(&bob, "participant", 0);
    json_t *tracks = json_object_get(json_object_get(event, "participant"), "tracks");
    assert_string_equal(str(event, "event"), "changed");
    assert_int_equal(json_array_size(tracks), 2);
    assert_string_equal(str(json_array_get(tracks, 0), "source"), "microphone");
    assert_string_equal(str(json_array_get(tracks, 1), "source"), "camera");
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
}

static void a_refused_offer_changes_nothing(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    offer(&w, a, &ada, 1);
    const size_t told = json_array_size(ada.events);
    const unsigned letters = w.worker.count;

    const struct call_offer nonsense = {.sdp = "v=0\r\nx\r\n", .len = 8};
    assert_int_equal(call_offer(a, &nonsense, shell_answer), 0);
    TURN_UNTIL(&w, ada.answers == 2);
    assert_string_equal(ada.reason, "invalid_sdp");
    assert_int_equal(ada.line, 2);
    assert_int_equal(json_array_size(ada.events), told);
    assert_int_equal(w.worker.count, letters);
    assert_true(call_media_kept(a));

    w.worker.agree_error = "capacity"; // nor does one that the worker refuses
    offer(&w, a, &ada, 2);
    assert_string_equal(ada.reason, "capacity");
    assert_int_equal(json_array_size(ada.events), told);
    w.worker.agree_error = "unknown_member";
    offer(&w, a, &ada, 2);
    assert_string_equal(ada.reason, "internal");

    w.worker.agree_error = NULL;
    offer(&w, a, &ada, 1);
    assert_int_equal(ada.generation, 1); // still the first connection
    offer(&w, a, &ada, 2);
    assert_int_equal(ada.generation, 2);
    world_end(&w);
    shell_fini(&ada);
}

static void one_offer_at_a_time(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    char sdp[4096];
    fake_offer(1, sdp, sizeof(sdp));
    const struct call_offer o = {.sdp = sdp, .len = strlen(sdp)};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    assert_int_equal(call_offer(a, &o, shell_answer), 0);
    assert_int_equal(call_offer(a, &o, shell_answer), -EBUSY);
    w.worker.silent = true;
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_MEMBER_AGREE, 0));
    assert_int_equal(call_offer(a, &o, shell_answer), -EBUSY);
    fake_agreed(&w.worker, fake_got(&w.worker, LETTER_MEMBER_AGREE, 0));
    TURN_UNTIL(&w, ada.answers == 1);
    w.worker.silent = false;
    offer(&w, a, &ada, 1);
    assert_int_equal(ada.answers, 2);
    world_end(&w);
    shell_fini(&ada);
}

static void a_worker_that_does_not_agree_in_time_is_not_waited_for(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    const struct call_conf conf = {.agree_ms = 30};
    world_begin_up(&w, &conf);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    w.worker.silent = true;
    offer(&w, a, &ada, 1);
    assert_string_equal(ada.reason, "no_media_worker");
    // If it agrees after all, that holds: the next offer goes on from there.
    w.worker.silent = false;
    fake_agreed(&w.worker, fake_got(&w.worker, LETTER_MEMBER_AGREE, 0));
    TURN_UNTIL(&w, call_media_kept(a));
    offer(&w, a, &ada, 1);
    assert_string_equal(ada.reason, "");
    assert_int_equal(ada.generation, 1);
    world_end(&w);
    shell_fini(&ada);
}

static void an_offer_waits_a_little_for_a_worker(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    const struct call_conf conf = {.wait_ms = 50};
    world_begin(&w, &conf);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    assert_non_null(a);
    offer(&w, a, &ada, 1);
    assert_string_equal(ada.reason, "no_media_worker");

    char sdp[4096];
    fake_offer(1, sdp, sizeof(sdp));
    const struct call_offer o = {.sdp = sdp, .len = strlen(sdp)};
    fake_up(&w.worker);
    TURN_UNTIL(&w, w.ready);
    fake_down(&w.worker);
    turn(&w);
    fake_up(&w.worker);
    assert_int_equal(call_offer(a, &o, shell_answer), 0);
    TURN_UNTIL(&w, ada.answers == 2);
    world_end(&w);
    shell_fini(&ada);
}

static void when_a_worker_is_lost_its_people_offer_anew(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *b = enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    offer(&w, a, &ada, 1);
    call_mute(a, SOURCE_CAMERA, true);
    fake_forget(&w.worker);
    fake_hang_up(&w.worker);
    TURN_UNTIL(&w, shell_heard(&ada, "media", 0));
    json_t *lost = shell_heard(&ada, "media", 0);
    assert_string_equal(str(lost, "state"), "lost");
    assert_string_equal(str(lost, "reason"), "worker_restarted");
    assert_false(call_media_kept(a));
    assert_null(shell_heard(&bob, "media", 0)); // it had no connection to lose

    // The room and its members are made known to the next worker, once each.
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_MEMBER_JOIN, 1));
    assert_int_equal(w.worker.got[0].type, LETTER_ROOM_OPEN);
    offer(&w, a, &ada, 1); // even from the same connection: it is a new one to the worker
    assert_string_equal(ada.reason, "");
    assert_int_equal(ada.generation, 2);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_TRACK_MUTE, 0)); // it is told again
    offer(&w, b, &bob, 7);
    assert_int_equal(bob.generation, 1);
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
}

static void an_offer_under_way_survives_its_worker(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    char sdp[4096];
    fake_offer(1, sdp, sizeof(sdp));
    const struct call_offer o = {.sdp = sdp, .len = strlen(sdp)};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WHIP, &ada);
    w.worker.silent = true;
    assert_int_equal(call_offer(a, &o, shell_answer), 0);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_MEMBER_AGREE, 0));
    w.worker.silent = false;
    fake_hang_up(&w.worker);
    TURN_UNTIL(&w, ada.answers == 1);
    assert_string_equal(ada.reason, "");
    assert_string_equal(ada.closed, "");
    world_end(&w);
    shell_fini(&ada);
}

static void whip_sessions_end_with_their_worker(void **state)
{
    (void)state;
    struct world w;
    struct shell pub = {0}, ada = {0};
    world_begin_up(&w, &defaults);
    enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *p = enter(&w, "rm_1", "Camera", CLIENT_WHIP, &pub);
    offer(&w, p, &pub, 1);
    assert_string_equal(pub.reason, "");
    fake_hang_up(&w.worker);
    TURN_UNTIL(&w, pub.closed[0]);
    assert_string_equal(pub.closed, "worker_restarted");
    assert_int_equal(call_room_count(w.call, "rm_1"), 1);
    world_end(&w);
    shell_fini(&pub);
    shell_fini(&ada);
}

static void a_whip_publisher_is_announced_once_it_is_agreed(void **state)
{
    (void)state;
    struct world w;
    struct shell pub = {0}, ada = {0};
    world_begin_up(&w, &defaults);
    enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *p = enter(&w, "rm_1", "Camera", CLIENT_WHIP, &pub);
    assert_null(shell_heard(&ada, "participant", 0));
    const struct call_offer nonsense = {.sdp = "no", .len = 2};
    assert_int_equal(call_offer(p, &nonsense, shell_answer), 0);
    TURN_UNTIL(&w, pub.answers == 1);
    call_leave(p);
    assert_null(shell_heard(&ada, "participant", 0));

    p = enter(&w, "rm_1", "Camera", CLIENT_WHIP, &pub);
    offer(&w, p, &pub, 1);
    json_t *event = shell_heard(&ada, "participant", 0);
    assert_string_equal(str(event, "event"), "joined");
    assert_string_equal(str(json_object_get(event, "participant"), "client"), "whip");
    // It sends and is sent nothing, whatever it offered.
    const struct letter *agree = fake_got(&w.worker, LETTER_MEMBER_AGREE, 0);
    for (unsigned i = 0; i < agree->u.agree.agreement.mline_count; i++) {
        assert_true(agree->u.agree.agreement.mline[i].client_sends);
        assert_false(agree->u.agree.agreement.mline[i].client_receives);
    }
    world_end(&w);
    shell_fini(&pub);
    shell_fini(&ada);
}

static void a_lost_transport_is_told_to_the_web_and_ends_the_others(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, play = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *p = enter(&w, "rm_1", "Player", CLIENT_WHEP, &play);
    offer(&w, a, &ada, 1);
    offer(&w, p, &play, 1);
    struct letter gone = {.type = LETTER_MEMBER_GONE, .room = "rm_1"};
    strcpy(gone.member, call_member_id(a));
    strcpy(gone.u.gone.reason, "consent_expired");
    gone.u.gone.generation = 9; // of another connection: old news
    fake_say(&w.worker, &gone);
    gone.u.gone.generation = 1;
    fake_say(&w.worker, &gone);
    strcpy(gone.member, call_member_id(p));
    fake_say(&w.worker, &gone);
    TURN_UNTIL(&w, play.closed[0]);
    assert_string_equal(play.closed, "consent_expired");
    assert_string_equal(str(shell_heard(&ada, "media", 0), "reason"), "consent_expired");
    assert_null(shell_heard(&ada, "media", 1));
    offer(&w, a, &ada, 2);
    assert_int_equal(ada.generation, 2);
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&play);
}

static void connection_seats_and_speaker_are_passed_on(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    offer(&w, a, &ada, 1);
    struct letter l = {.type = LETTER_MEMBER_CONNECTED, .room = "rm_1"};
    strcpy(l.member, call_member_id(a));
    l.u.gone.generation = 1;
    fake_say(&w.worker, &l);
    struct letter_seat seat = {.mid = "1",
                               .of = "p_x",
                               .source = SOURCE_CAMERA,
                               .rid = "h",
                               .width = 640,
                               .height = 360,
                               .why = "bandwidth_limited"};
    l.type = LETTER_SLOT_CHANGED;
    l.u.seats.count = 1;
    l.u.seats.seat = &seat;
    fake_say(&w.worker, &l);
    l.type = LETTER_SPEAKER;
    l.member[0] = '\0';
    strcpy(l.u.speaker.member, call_member_id(a));
    fake_say(&w.worker, &l);
    TURN_UNTIL(&w, shell_heard(&ada, "speaker", 0));
    assert_string_equal(str(shell_heard(&ada, "media", 0), "state"), "connected");
    json_t *told = json_object_get(shell_heard(&ada, "seat", 0), "seats");
    json_t *want = json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:s}", "mid", "1", "participant",
                             "p_x", "source", "camera", "rid", "h", "width", 640, "height", 360,
                             "why", "bandwidth_limited");
    assert_true(json_equal(json_array_get(told, 0), want));
    json_t *kept = call_seats(a);
    assert_true(json_equal(kept, told));
    json_decref(kept);
    json_decref(want);
    json_t *speaker = call_speaker(a);
    assert_string_equal(json_string_value(speaker), call_member_id(a));
    json_decref(speaker);
    offer(&w, a, &ada, 2); // a new connection has new slots
    kept = call_seats(a);
    assert_int_equal(json_array_size(kept), 0);
    json_decref(kept);
    world_end(&w);
    shell_fini(&ada);
}

static void one_whose_socket_is_lost_can_come_back(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, again = {0}, bob = {0};
    char id[LETTER_ID_SIZE], secret[CALL_SECRET_SIZE];
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    offer(&w, a, &ada, 1);
    strcpy(id, call_member_id(a));
    assert_null(call_resume(w.call, id, "", &shell_ops, &again)); // no secret yet, none will do
    strcpy(secret, call_new_secret(a));
    call_detach(a);
    json_t *event = shell_heard(&bob, "participant", 1);
    assert_true(json_is_true(json_object_get(json_object_get(event, "participant"), "away")));
    assert_null(call_resume(w.call, id, "wrong", &shell_ops, &again));
    assert_null(call_resume(w.call, "p_nobody", secret, &shell_ops, &again));
    assert_ptr_equal(call_resume(w.call, id, secret, &shell_ops, &again), a);
    assert_null(call_resume(w.call, id, secret, &shell_ops, &again)); // it is used up
    assert_true(call_media_kept(a));
    event = shell_heard(&bob, "participant", 2);
    assert_false(json_is_true(json_object_get(json_object_get(event, "participant"), "away")));
    assert_string_equal(ada.closed, "");
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&again);
    shell_fini(&bob);
}

static void the_old_socket_is_told_that_another_took_over(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, again = {0};
    char secret[CALL_SECRET_SIZE], sdp[4096];
    fake_offer(1, sdp, sizeof(sdp));
    const struct call_offer o = {.sdp = sdp, .len = strlen(sdp)};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    strcpy(secret, call_new_secret(a));
    w.worker.silent = true;
    assert_int_equal(call_offer(a, &o, shell_answer), 0);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_MEMBER_AGREE, 0));
    assert_ptr_equal(call_resume(w.call, call_member_id(a), secret, &shell_ops, &again), a);
    assert_string_equal(ada.closed, "resumed_elsewhere");
    // The new socket may offer at once, though the worker still thinks about the old offer.
    w.worker.silent = false;
    assert_int_equal(call_offer(a, &o, shell_answer), 0);
    fake_agreed(&w.worker, fake_got(&w.worker, LETTER_MEMBER_AGREE, 0));
    TURN_UNTIL(&w, again.answers == 1);
    assert_int_equal(ada.answers, 0);
    assert_string_equal(again.reason, "");
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&again);
}

static void one_who_is_away_too_long_has_left(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    char id[LETTER_ID_SIZE], secret[CALL_SECRET_SIZE];
    const struct call_conf conf = {.away_ms = 20};
    world_begin_up(&w, &conf);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    strcpy(id, call_member_id(a));
    strcpy(secret, call_new_secret(a));
    call_detach(a);
    TURN_UNTIL(&w, call_room_count(w.call, "rm_1") == 1);
    assert_string_equal(str(shell_heard(&bob, "participant", 1), "event"), "left");
    assert_null(call_resume(w.call, id, secret, &shell_ops, &ada));
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
}

static void chat_reaches_whom_it_is_for_and_can_be_caught_up(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0}, eve = {0};
    unsigned retry = 0;
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    struct call_member *b = enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    struct call_member *e = enter(&w, "rm_1", "Eve", CLIENT_WEB, &eve);
    assert_null(call_chat(a, "hello", NULL, &retry));
    assert_null(call_chat(a, "psst", call_member_id(b), &retry));
    assert_string_equal(call_chat(a, "who?", "p_nobody", &retry), "unknown_participant");
    assert_string_equal(str(shell_heard(&ada, "chat", 1), "text"), "psst");
    assert_string_equal(str(shell_heard(&bob, "chat", 1), "to"), call_member_id(b));
    assert_string_equal(str(shell_heard(&eve, "chat", 0), "text"), "hello");
    assert_null(shell_heard(&eve, "chat", 1));
    json_t *mine = call_chat_after(b, 0), *hers = call_chat_after(e, 0),
           *later = call_chat_after(b, 1), *none = call_chat_after(b, 2),
           *beyond = call_chat_after(b, UINT64_MAX);
    assert_int_equal(json_array_size(mine), 2);
    assert_int_equal(json_array_size(hers), 1);
    assert_int_equal(json_array_size(later), 1);
    assert_int_equal(json_array_size(none), 0);
    assert_int_equal(json_array_size(beyond), 0);
    json_decref(mine);
    json_decref(hers);
    json_decref(later);
    json_decref(none);
    json_decref(beyond);
    for (unsigned i = 2; i < 10; i++)
        assert_null(call_chat(a, "more", NULL, &retry));
    assert_string_equal(call_chat(a, "too much", NULL, &retry), "rate_limited");
    assert_in_range(retry, 1, 10);
    assert_null(call_chat(b, "I may", NULL, &retry));
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
    shell_fini(&eve);
}

static void only_the_last_messages_are_kept(void **state)
{
    (void)state;
    struct world w;
    struct shell shell[30] = {0};
    struct call_member *m[30];
    unsigned retry;
    world_begin_up(&w, &defaults);
    for (unsigned i = 0; i < 30; i++)
        m[i] = enter(&w, "rm_1", "Ada", CLIENT_WEB, &shell[i]);
    for (unsigned i = 0; i < 250; i++)
        assert_null(call_chat(m[i / 10], "x", NULL, &retry));
    json_t *all = call_chat_after(m[29], 0);
    assert_int_equal(json_array_size(all), CALL_CHAT_KEPT);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(all, 0), "n")), 51);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(all, 199), "n")), 250);
    json_decref(all);
    world_end(&w);
    for (unsigned i = 0; i < 30; i++)
        shell_fini(&shell[i]);
}

static void mutes_are_told_to_everyone_and_to_the_worker(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    call_mute(a, SOURCE_MICROPHONE, true); // before it is published: it holds then
    offer(&w, a, &ada, 1);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_TRACK_MUTE, 0));
    assert_int_equal(fake_got(&w.worker, LETTER_TRACK_MUTE, 0)->u.mute.source,
                     SOURCE_MICROPHONE);
    json_t *event = shell_heard(&bob, "participant", 1);
    json_t *tracks = json_object_get(json_object_get(event, "participant"), "tracks");
    assert_true(json_is_true(json_object_get(json_array_get(tracks, 0), "muted")));
    assert_true(json_is_false(json_object_get(json_array_get(tracks, 1), "muted")));

    const enum media_source screen = SOURCE_SCREEN, camera = SOURCE_CAMERA;
    assert_int_equal(call_room_mute(w.call, "rm_1", "p_nobody", NULL), -ENOENT);
    assert_int_equal(call_room_mute(w.call, "rm_1", call_member_id(a), &screen), -ESRCH);
    assert_int_equal(call_room_mute(w.call, "rm_1", call_member_id(a), &camera), 0);
    TURN_UNTIL(&w, fake_got(&w.worker, LETTER_TRACK_MUTE, 1));
    assert_non_null(shell_heard(&ada, "participant", 2)); // it hears that it was muted
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
}

static void name_and_hand_are_told_to_everyone(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    call_update(a, "Ada L.", true, true);
    json_t *who = json_object_get(shell_heard(&ada, "participant", 0), "participant");
    assert_string_equal(str(who, "name"), "Ada L.");
    assert_true(json_is_true(json_object_get(who, "hand")));
    call_update(a, NULL, false, false);
    who = json_object_get(shell_heard(&ada, "participant", 1), "participant");
    assert_string_equal(str(who, "name"), "Ada L.");
    assert_true(json_is_true(json_object_get(who, "hand")));
    world_end(&w);
    shell_fini(&ada);
}

static void a_full_room_takes_nobody(void **state)
{
    (void)state;
    struct world w;
    struct shell shell[3] = {0};
    const struct call_conf conf = {.room_limit = 2};
    world_begin_up(&w, &conf);
    assert_non_null(enter(&w, "rm_1", "A", CLIENT_WEB, &shell[0]));
    assert_non_null(enter(&w, "rm_1", "B", CLIENT_WEB, &shell[1]));
    struct links_room room = {.id = "rm_1"};
    const struct call_who who = {&room, CLIENT_WEB, ROLE_GUEST, "C", NULL};
    const char *reason = NULL;
    assert_null(call_join(w.call, &who, &shell_ops, &shell[2], &reason));
    assert_string_equal(reason, "room_full");
    assert_non_null(enter(&w, "rm_2", "C", CLIENT_WEB, &shell[2]));
    world_end(&w);
    for (unsigned i = 0; i < 3; i++)
        shell_fini(&shell[i]);
}

static void the_api_sees_removes_and_closes(void **state)
{
    (void)state;
    struct world w;
    struct shell ada = {0}, bob = {0}, eve = {0};
    world_begin_up(&w, &defaults);
    struct call_member *a = enter(&w, "rm_1", "Ada", CLIENT_WEB, &ada);
    enter(&w, "rm_1", "Bob", CLIENT_WEB, &bob);
    enter(&w, "rm_2", "Eve", CLIENT_WEB, &eve);
    json_t *list = call_room_participants(w.call, "rm_1");
    assert_int_equal(json_array_size(list), 2);
    assert_true(json_integer_value(json_object_get(json_array_get(list, 0), "joined_at")) > 0);
    json_decref(list);
    list = call_room_participants(w.call, "rm_unknown");
    assert_int_equal(json_array_size(list), 0);
    json_decref(list);
    assert_false(call_room_remove(w.call, "rm_2", call_member_id(a))); // of another room
    assert_true(call_room_remove(w.call, "rm_1", call_member_id(a)));
    assert_string_equal(ada.closed, "removed");
    call_room_close(w.call, "rm_1");
    assert_string_equal(bob.closed, "room_closed");
    assert_string_equal(eve.closed, "");
    unsigned rooms, people;
    call_totals(w.call, &rooms, &people);
    assert_int_equal(rooms, 1);
    assert_int_equal(people, 1);
    world_end(&w);
    shell_fini(&ada);
    shell_fini(&bob);
    shell_fini(&eve);
}

static void an_ice_restart_by_fragment_keeps_the_connection(void **state)
{
    (void)state;
    struct world w;
    struct shell pub = {0};
    world_begin_up(&w, &defaults);
    struct call_member *p = enter(&w, "rm_1", "Camera", CLIENT_WHIP, &pub);
    struct sdp_fragment fragment = {.ufrag = "wxyz", .pwd = "9876543210987654321098"};
    assert_int_equal(call_restart(p, &fragment, shell_answer), -ENOTCONN);
    offer(&w, p, &pub, 1);
    assert_string_equal(call_remote_ufrag(p), "ab01");
    assert_int_equal(call_restart(p, &fragment, shell_answer), 0);
    TURN_UNTIL(&w, pub.answers == 2);
    assert_string_equal(pub.reason, "");
    assert_int_equal(pub.generation, 1);
    assert_string_equal(call_remote_ufrag(p), "wxyz");
    const struct letter *asked[] = {fake_got(&w.worker, LETTER_MEMBER_AGREE, 0),
                                    fake_got(&w.worker, LETTER_MEMBER_AGREE, 1)};
    if (!asked[0] || !asked[1])
        abort(); // gcc takes an assertion for something one may pass
    const struct agreement *first = &asked[0]->u.agree.agreement;
    const struct agreement *next = &asked[1]->u.agree.agreement;
    assert_string_equal(next->remote_pwd, "9876543210987654321098");
    assert_string_not_equal(next->local_ufrag, first->local_ufrag);
    assert_non_null(strstr(pub.sdp, next->local_ufrag));
    assert_int_equal(next->mline_count, first->mline_count);
    world_end(&w);
    shell_fini(&pub);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_others_are_told_who_joins_and_who_leaves),
        cmocka_unit_test(a_room_is_open_on_its_worker_as_long_as_somebody_is_there),
        cmocka_unit_test(an_offer_is_answered_when_the_worker_has_agreed),
        cmocka_unit_test(a_refused_offer_changes_nothing),
        cmocka_unit_test(one_offer_at_a_time),
        cmocka_unit_test(a_worker_that_does_not_agree_in_time_is_not_waited_for),
        cmocka_unit_test(an_offer_waits_a_little_for_a_worker),
        cmocka_unit_test(when_a_worker_is_lost_its_people_offer_anew),
        cmocka_unit_test(an_offer_under_way_survives_its_worker),
        cmocka_unit_test(whip_sessions_end_with_their_worker),
        cmocka_unit_test(a_whip_publisher_is_announced_once_it_is_agreed),
        cmocka_unit_test(a_lost_transport_is_told_to_the_web_and_ends_the_others),
        cmocka_unit_test(connection_seats_and_speaker_are_passed_on),
        cmocka_unit_test(one_whose_socket_is_lost_can_come_back),
        cmocka_unit_test(the_old_socket_is_told_that_another_took_over),
        cmocka_unit_test(one_who_is_away_too_long_has_left),
        cmocka_unit_test(chat_reaches_whom_it_is_for_and_can_be_caught_up),
        cmocka_unit_test(only_the_last_messages_are_kept),
        cmocka_unit_test(mutes_are_told_to_everyone_and_to_the_worker),
        cmocka_unit_test(name_and_hand_are_told_to_everyone),
        cmocka_unit_test(a_full_room_takes_nobody),
        cmocka_unit_test(the_api_sees_removes_and_closes),
        cmocka_unit_test(an_ice_restart_by_fragment_keeps_the_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
