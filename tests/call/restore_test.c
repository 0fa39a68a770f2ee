/* Control ends without a word, and another takes its place: the worker gives back what it was
 * told to keep. */
#include "live.h"

#include "call/world.h"

struct story {
    struct world w; ///< the second control's
    struct letter note[FAKE_LETTERS];
    unsigned note_count;
    char id[2][LETTER_ID_SIZE], secret[2][CALL_SECRET_SIZE];
    uint32_t generation;
};

static bool is_noted(const struct fake_worker *f, const char *text)
{
    for (unsigned i = 0; i < f->note_count; i++)
        if (strstr(f->note[i].u.note.text, text))
            return true;
    return false;
}

/** A call of two: Ada publishes, is muted, has her hand up; two messages. Then control ends. */
static void first_control(struct story *s, const char *public_text)
{
    struct world w;
    struct shell shell[2] = {{0}, {0}};
    struct call_member *m[2];
    unsigned later;
    memset(s, 0, sizeof(*s));
    world_begin_up(&w, &(struct call_conf){0});
    for (unsigned i = 0; i < 2; i++) {
        m[i] = enter(&w, "rm_1", i ? "Blaise" : "Ada", CLIENT_WEB, &shell[i]);
        snprintf(s->id[i], sizeof(s->id[i]), "%s", call_member_id(m[i]));
        snprintf(s->secret[i], sizeof(s->secret[i]), "%s", call_new_secret(m[i]));
    }
    offer(&w, m[0], &shell[0], 1);
    s->generation = shell[0].generation;
    call_mute(m[0], SOURCE_MICROPHONE, true);
    call_update(m[0], "Ada L.", true, true);
    assert_null(call_chat(m[1], public_text, NULL, &later));
    assert_null(call_chat(m[1], "private", s->id[0], &later));
    TURN_UNTIL(&w, w.worker.note_count == 6); // the room, chat, chat, who, who, media
    // They come one after the other: the last one that is sent has come when this one has.
    call_update(m[1], "Blaise P.", false, false);
    TURN_UNTIL(&w, is_noted(&w.worker, "Blaise P."));
    memcpy(s->note, w.worker.note, sizeof(s->note));
    s->note_count = w.worker.note_count;
    w.worker.note_count = 0;
    world_end(&w);
    for (unsigned i = 0; i < 2; i++)
        shell_fini(&shell[i]);
}

static void hear(struct story *s, const struct letter *l)
{
    call_on_held(s->w.call, 0, l);
}

static void hear_notes(struct story *s, const char *member)
{
    for (unsigned i = 0; i < s->note_count; i++)
        if (strcmp(s->note[i].member, member) == 0)
            hear(s, &s->note[i]);
}

/** The next control adopts a worker that stands as it is said here. */
static void second_control(struct story *s, const struct letter_held *ada)
{
    world_begin_up(&s->w, &(struct call_conf){.away_ms = 60000});
    hear(s, &(struct letter){.type = LETTER_ROOM_HELD, .room = "rm_1"});
    hear_notes(s, "");
    for (unsigned i = 0; i < 2; i++) {
        struct letter held = {.type = LETTER_MEMBER_HELD, .room = "rm_1"};
        memcpy(held.member, s->id[i], sizeof(held.member));
        if (i == 0)
            held.u.held = *ada;
        hear(s, &held);
        hear_notes(s, s->id[i]);
    }
    struct letter_seat seat = {.mid = "1", .of = "p_x", .source = SOURCE_CAMERA};
    struct letter seats = {.type = LETTER_SLOT_CHANGED, .room = "rm_1"};
    memcpy(seats.member, s->id[0], sizeof(seats.member));
    seats.u.seats.count = 1;
    seats.u.seats.seat = &seat;
    hear(s, &seats);
    call_restored(s->w.call, 0);
}

static void end(struct story *s)
{
    for (unsigned i = 0; i < s->note_count; i++)
        letter_fini(&s->note[i]);
    world_end(&s->w);
}

static void who_was_there_resumes_with_media_seats_mutes_and_chat(void **state)
{
    (void)state;
    static struct story s;
    struct shell shell = {0}, other = {0};
    first_control(&s, "hello");
    second_control(&s, &(struct letter_held){.generation = s.generation, .connected = true});
    assert_int_equal(call_room_count(s.w.call, "rm_1"), 2);
    assert_null(call_resume(s.w.call, s.id[0], s.secret[1], &shell_ops, &shell));
    struct call_member *m = call_resume(s.w.call, s.id[0], s.secret[0], &shell_ops, &shell);
    assert_non_null(m);
    assert_true(call_media_kept(m));
    assert_string_equal(call_member_name(m), "Ada L.");

    json_t *seats = call_seats(m);
    assert_int_equal(json_array_size(seats), 1);
    assert_string_equal(str(json_array_get(seats, 0), "participant"), "p_x");
    json_decref(seats);
    json_t *chat = call_chat_after(m, 0);
    assert_int_equal(json_array_size(chat), 2);
    assert_string_equal(str(json_array_get(chat, 0), "text"), "hello");
    assert_string_equal(str(json_array_get(chat, 1), "text"), "private");
    json_decref(chat);

    // The other sees her with what she publishes, muted, and her hand.
    struct call_member *b = call_resume(s.w.call, s.id[1], s.secret[1], &shell_ops, &other);
    json_t *others = others_of(b);
    const json_t *ada = json_array_get(others, 0);
    assert_true(json_is_true(json_object_get(ada, "hand")));
    const json_t *tracks = json_object_get(ada, "tracks");
    assert_int_equal(json_array_size(tracks), 2);
    assert_true(json_is_true(json_object_get(json_array_get(tracks, 0), "muted")));
    json_decref(others);
    end(&s); // which tells them, too
    shell_fini(&shell);
    shell_fini(&other);
}

static void the_connection_goes_on_with_its_generation(void **state)
{
    (void)state;
    static struct story s;
    struct shell shell = {0};
    first_control(&s, "hello");
    second_control(&s, &(struct letter_held){.generation = s.generation, .connected = true});
    struct call_member *m = call_resume(s.w.call, s.id[0], s.secret[0], &shell_ops, &shell);
    offer(&s.w, m, &shell, 1);
    assert_string_equal(shell.reason, "");
    assert_int_equal(shell.generation, s.generation);
    end(&s); // which tells them, too
    shell_fini(&shell);
}

static void what_was_lost_meanwhile_is_told_as_lost(void **state)
{
    (void)state;
    static struct story s;
    struct shell shell = {0};
    first_control(&s, "hello");
    second_control(
        &s, &(struct letter_held){.generation = s.generation, .gone = "consent_expired"});
    struct call_member *m = call_resume(s.w.call, s.id[0], s.secret[0], &shell_ops, &shell);
    assert_false(call_media_kept(m));
    end(&s); // which tells them, too
    shell_fini(&shell);
}

static void a_connection_nobody_has_answered_for_starts_over(void **state)
{
    (void)state;
    static struct story s;
    struct shell shell = {0};
    first_control(&s, "hello");
    second_control(&s, &(struct letter_held){.generation = s.generation + 1});
    struct call_member *m = call_resume(s.w.call, s.id[0], s.secret[0], &shell_ops, &shell);
    assert_false(call_media_kept(m));
    TURN_UNTIL(&s.w, fake_got(&s.w.worker, LETTER_MEMBER_JOIN, 0));
    assert_string_equal(fake_got(&s.w.worker, LETTER_MEMBER_LEAVE, 0)->member, s.id[0]);
    assert_string_equal(fake_got(&s.w.worker, LETTER_MEMBER_JOIN, 0)->member, s.id[0]);
    offer(&s.w, m, &shell, 1);
    assert_string_equal(shell.reason, "");
    assert_true(shell.generation > s.generation);
    end(&s); // which tells them, too
    shell_fini(&shell);
}

static void who_does_not_come_back_leaves_and_an_empty_room_closes(void **state)
{
    (void)state;
    static struct story s;
    first_control(&s, "hello");
    second_control(&s, &(struct letter_held){.generation = s.generation});
    assert_true(call_room_remove(s.w.call, "rm_1", s.id[0]));
    assert_true(call_room_remove(s.w.call, "rm_1", s.id[1]));
    TURN_UNTIL(&s.w, fake_got(&s.w.worker, LETTER_ROOM_CLOSE, 0));
    assert_int_equal(call_room_count(s.w.call, "rm_1"), 0);
    end(&s);
}

static void notes_that_are_not_ours_bring_nobody_back(void **state)
{
    (void)state;
    static const char *const texts[] = {"",           "{}",     "[1,2",
                                        "{\"v\":99}", "5:AAAA", "9999999999:A"};
    static struct story s;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        first_control(&s, "hello");
        for (unsigned k = 0; k < s.note_count; k++) {
            free(s.note[k].u.note.text);
            s.note[k].u.note.text = strdup(texts[i]);
        }
        second_control(&s, &(struct letter_held){.generation = s.generation});
        assert_int_equal(call_room_count(s.w.call, "rm_1"), 0);
        TURN_UNTIL(&s.w, fake_got(&s.w.worker, LETTER_ROOM_CLOSE, 0));
        end(&s);
    }
}

static void a_long_agreement_comes_back_as_it_was(void **state)
{
    (void)state;
    static struct story s;
    first_control(&s, "hello");
    for (unsigned i = 0; i < s.note_count; i++) {
        if (strcmp(s.note[i].u.note.key, "media") != 0)
            continue;
        size_t len;
        char *text = call_unpack(s.note[i].u.note.text, &len);
        assert_non_null(text);
        assert_int_equal(strlen(text), len);
        assert_true(strlen(s.note[i].u.note.text) < len);
        json_t *what = json_loadb(text, len, 0, NULL);
        assert_non_null(json_object_get(what, "agreement"));
        json_decref(what);
        free(text);
    }
    second_control(&s, &(struct letter_held){.generation = s.generation});
    end(&s);
}

int main(int argc, char **argv)
{
    if (fake_worker_is_child(argc, argv))
        return 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_was_there_resumes_with_media_seats_mutes_and_chat),
        cmocka_unit_test(the_connection_goes_on_with_its_generation),
        cmocka_unit_test(what_was_lost_meanwhile_is_told_as_lost),
        cmocka_unit_test(a_connection_nobody_has_answered_for_starts_over),
        cmocka_unit_test(who_does_not_come_back_leaves_and_an_empty_room_closes),
        cmocka_unit_test(notes_that_are_not_ours_bring_nobody_back),
        cmocka_unit_test(a_long_agreement_comes_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
