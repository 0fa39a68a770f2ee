#include "base/bytes.h"
#include "sample.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/** Writes `l`, reads it back into `out`, and frees `l`. Both must write the same bytes. */
static void round_trip(struct letter *l, struct letter *out)
{
    uint8_t *frame = NULL;
    uint8_t *again = NULL;
    const char *where = NULL;
    int64_t size = letter_write(l, &frame);
    assert_true(size > 4);
    assert_int_equal(rd32(frame), size - 4);
    assert_int_equal(letter_parse((char *)frame + 4, (size_t)size - 4, out, &where), 0);
    assert_int_equal(letter_write(out, &again), size);
    assert_memory_equal(frame, again, (size_t)size);
    assert_int_equal(out->type, l->type);
    assert_string_equal(out->room, l->room);
    assert_string_equal(out->member, l->member);
    free(frame);
    free(again);
    letter_fini(l);
}

static struct letter letter_of(enum letter_type type)
{
    struct letter l = {.type = type, .room = "rm_1", .member = "mb_2"};
    return l;
}

static void letters_without_a_body_survive(void **state)
{
    (void)state;
    const enum letter_type types[] = {LETTER_ROOM_OPEN, LETTER_ROOM_CLOSE, LETTER_MEMBER_JOIN,
                                      LETTER_MEMBER_LEAVE, LETTER_QUIT};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct letter l = letter_of(types[i]);
        struct letter out;
        round_trip(&l, &out);
        letter_fini(&out);
    }
}

static void hello_survives(void **state)
{
    (void)state;
    struct letter l = {.type = LETTER_HELLO,
                       .u.hello = {.version = LETTER_VERSION,
                                   .worker = 3,
                                   .pid = 4194304,
                                   .port = 65535,
                                   .fingerprint = "sha-256 AB:CD",
                                   .room_count = 2,
                                   .member_count = 9}};
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.hello.version, LETTER_VERSION);
    assert_int_equal(out.u.hello.worker, 3);
    assert_int_equal(out.u.hello.pid, 4194304);
    assert_int_equal(out.u.hello.port, 65535);
    assert_string_equal(out.u.hello.fingerprint, "sha-256 AB:CD");
    assert_int_equal(out.u.hello.room_count, 2);
    assert_int_equal(out.u.hello.member_count, 9);
    letter_fini(&out);
}

static void an_agreement_travels_with_its_seq(void **state)
{
    (void)state;
    struct letter l = letter_of(LETTER_MEMBER_AGREE);
    l.u.agree.seq = INT64_MAX;
    l.u.agree.agreement = sample_agreement();
    struct letter out;
    round_trip(&l, &out);
    assert_true(out.u.agree.seq == INT64_MAX);
    assert_int_equal(out.u.agree.agreement.mline_count, 3);
    letter_fini(&out);
    l = letter_of(LETTER_MEMBER_AGREED);
    l.u.agreed.seq = 5;
    strcpy(l.u.agreed.error, "capacity");
    round_trip(&l, &out);
    assert_int_equal(out.u.agreed.seq, 5);
    assert_string_equal(out.u.agreed.error, "capacity");
    letter_fini(&out);
}

static void connected_and_gone_name_the_generation(void **state)
{
    (void)state;
    struct letter l = letter_of(LETTER_MEMBER_CONNECTED);
    l.u.gone.generation = 4;
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.gone.generation, 4);
    letter_fini(&out);
    l = letter_of(LETTER_MEMBER_GONE);
    l.u.gone.generation = 5;
    strcpy(l.u.gone.reason, "consent_expired");
    round_trip(&l, &out);
    assert_int_equal(out.u.gone.generation, 5);
    assert_string_equal(out.u.gone.reason, "consent_expired");
    letter_fini(&out);
}

static void a_mute_survives(void **state)
{
    (void)state;
    struct letter l = letter_of(LETTER_TRACK_MUTE);
    l.u.mute.source = SOURCE_SCREEN_AUDIO;
    l.u.mute.muted = true;
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.mute.source, SOURCE_SCREEN_AUDIO);
    assert_true(out.u.mute.muted);
    letter_fini(&out);
}

static void wants_survive(void **state)
{
    (void)state;
    struct letter l = letter_of(LETTER_SLOT_WANT);
    l.u.wants.count = 2;
    l.u.wants.want = calloc(2, sizeof *l.u.wants.want);
    l.u.wants.want[0] = (struct letter_want){
        .mid = "4", .width = 1280, .height = 720, .pinned = true, .source = SOURCE_CAMERA};
    l.u.wants.want[1] =
        (struct letter_want){.of = "mb_9", .source = SOURCE_SCREEN, .paused = true};
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.wants.count, 2);
    assert_string_equal(out.u.wants.want[0].mid, "4");
    assert_int_equal(out.u.wants.want[0].width, 1280);
    assert_int_equal(out.u.wants.want[0].height, 720);
    assert_true(out.u.wants.want[0].pinned);
    assert_false(out.u.wants.want[0].paused);
    assert_string_equal(out.u.wants.want[1].of, "mb_9");
    assert_int_equal(out.u.wants.want[1].source, SOURCE_SCREEN);
    assert_true(out.u.wants.want[1].paused);
    letter_fini(&out);
}

static void seats_survive(void **state)
{
    (void)state;
    struct letter l = letter_of(LETTER_SLOT_CHANGED);
    l.u.seats.count = 1;
    l.u.seats.seat = calloc(1, sizeof *l.u.seats.seat);
    l.u.seats.seat[0] = (struct letter_seat){.mid = "4",
                                             .of = "mb_9",
                                             .source = SOURCE_CAMERA,
                                             .rid = "q",
                                             .width = 320,
                                             .height = 180,
                                             .why = "source_limited"};
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.seats.count, 1);
    assert_string_equal(out.u.seats.seat[0].of, "mb_9");
    assert_string_equal(out.u.seats.seat[0].rid, "q");
    assert_int_equal(out.u.seats.seat[0].height, 180);
    assert_string_equal(out.u.seats.seat[0].why, "source_limited");
    letter_fini(&out);
}

static void the_speaker_can_be_nobody(void **state)
{
    (void)state;
    struct letter l = {.type = LETTER_SPEAKER, .room = "rm_1"};
    struct letter out;
    round_trip(&l, &out);
    assert_string_equal(out.u.speaker.member, "");
    letter_fini(&out);
    strcpy(l.u.speaker.member, "mb_2");
    round_trip(&l, &out);
    assert_string_equal(out.u.speaker.member, "mb_2");
    letter_fini(&out);
}

static void stats_carry_any_object(void **state)
{
    (void)state;
    struct letter l = {.type = LETTER_STATS_ASK, .room = "rm_1", .u.stats.seq = 8};
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.stats.seq, 8);
    assert_null(out.u.stats.body);
    letter_fini(&out);
    l = (struct letter){.type = LETTER_STATS,
                        .u.stats = {.seq = 8, .body = json_pack("{s:[i]}", "a", 1)}};
    round_trip(&l, &out);
    assert_int_equal(json_array_size(json_object_get(out.u.stats.body, "a")), 1);
    letter_fini(&out);
}

static void the_demand_for_each_track_survives(void **state)
{
    (void)state;
    struct letter l = letter_of(LETTER_TRACK_DEMAND);
    l.u.demand.generation = 3;
    l.u.demand.count = 3;
    l.u.demand.track = calloc(3, sizeof *l.u.demand.track);
    l.u.demand.track[0] = (struct letter_demand){
        .mid = "1", .source = SOURCE_CAMERA, .rid_count = 2, .rid = {"q", "h"}};
    l.u.demand.track[1] =
        (struct letter_demand){.mid = "5", .source = SOURCE_SCREEN, .rid_count = 1};
    l.u.demand.track[2] = (struct letter_demand){.mid = "6", .source = SOURCE_SCREEN};
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.demand.generation, 3);
    assert_int_equal(out.u.demand.count, 3);
    assert_int_equal(out.u.demand.track[0].rid_count, 2);
    assert_string_equal(out.u.demand.track[0].rid[1], "h");
    assert_int_equal(out.u.demand.track[1].source, SOURCE_SCREEN);
    assert_int_equal(out.u.demand.track[1].rid_count, 1);
    assert_string_equal(out.u.demand.track[1].rid[0], "");
    assert_int_equal(out.u.demand.track[2].rid_count, 0);
    letter_fini(&out);
}

static void the_quality_of_a_room_is_asked_by_seq(void **state)
{
    (void)state;
    struct letter l = {.type = LETTER_QUALITY_ASK, .room = "rm_1", .u.stats.seq = 9};
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.stats.seq, 9);
    letter_fini(&out);
    l = (struct letter){.type = LETTER_QUALITY,
                        .room = "rm_1",
                        .u.stats = {.seq = 9, .body = json_pack("{s:[]}", "members")}};
    round_trip(&l, &out);
    assert_int_equal(out.u.stats.seq, 9);
    assert_true(json_is_array(json_object_get(out.u.stats.body, "members")));
    letter_fini(&out);
}

static void a_block_of_a_recording_survives(void **state)
{
    (void)state;
    uint8_t bytes[1000];
    struct letter l = {
        .type = LETTER_FLIGHT_ASK, .room = "rm_1", .u.flight = {.seq = 9, .number = 70}};
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.flight.seq, 9);
    assert_int_equal(out.u.flight.number, 70);
    letter_fini(&out);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7);
    for (size_t len = 0; len < sizeof(bytes); len += len < 5 ? 1 : 331) {
        uint8_t *copy = malloc(sizeof(bytes)); // the letter's
        assert_non_null(copy);
        memcpy(copy, bytes, sizeof(bytes));
        l = (struct letter){
            .type = LETTER_FLIGHT,
            .room = "rm_1",
            .u.flight = {.seq = 9, .number = 71, .newest = 75, .bytes = copy, .len = len}};
        round_trip(&l, &out);
        assert_int_equal(out.u.flight.number, 71);
        assert_int_equal(out.u.flight.newest, 75);
        assert_int_equal(out.u.flight.len, len);
        if (len)
            assert_memory_equal(out.u.flight.bytes, bytes, len);
        letter_fini(&out);
    }
}

static void a_log_level_crosses_by_name(void **state)
{
    (void)state;
    struct letter l = {.type = LETTER_LOG_LEVEL, .u.log_level = LEVEL_DEBUG};
    struct letter out;
    round_trip(&l, &out);
    assert_int_equal(out.u.log_level, LEVEL_DEBUG);
    letter_fini(&out);
}

static void every_type_has_its_own_name(void **state)
{
    (void)state;
    for (int i = 0; i < LETTER_TYPE_COUNT; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(letter_name((enum letter_type)i),
                                    letter_name((enum letter_type)j));
    assert_string_equal(letter_name(LETTER_TYPE_COUNT), "?");
}

static void refuse(const char *text, const char *named)
{
    struct letter out;
    const char *where = NULL;
    assert_int_equal(letter_parse(text, strlen(text), &out, &where), -EINVAL);
    assert_string_equal(where, named);
    assert_int_equal(out.type, 0);
    assert_string_equal(out.room, "");
}

static void what_is_no_letter_is_refused_by_field(void **state)
{
    (void)state;
    refuse("{\"type\":\"log.level\",\"level\":\"loud\"}", "level");
    refuse("", "json");
    refuse("[]", "json");
    refuse("{\"type\":\"quit\",\"type\":\"quit\"}", "json");
    refuse("{}", "type");
    refuse("{\"type\":\"room.opened\"}", "type");
    refuse("{\"type\":\"room.open\"}", "room");
    refuse("{\"type\":\"room.open\",\"room\":\"\"}", "room");
    refuse("{\"type\":\"room.open\",\"room\":\"a b\"}", "room");
    refuse("{\"type\":\"room.open\",\"room\":\"0123456789012345678901234567890123456789\"}",
           "room");
    refuse("{\"type\":\"member.join\",\"room\":\"r\"}", "member");
    refuse("{\"type\":\"member.agree\",\"room\":\"r\",\"member\":\"m\",\"seq\":1}",
           "agreement");
    refuse("{\"type\":\"member.agree\",\"room\":\"r\",\"member\":\"m\",\"agreement\":{}}",
           "seq");
    refuse("{\"type\":\"member.agree\",\"room\":\"r\",\"member\":\"m\",\"seq\":1,"
           "\"agreement\":{}}",
           "generation");
    refuse("{\"type\":\"slot.want\",\"room\":\"r\",\"member\":\"m\",\"wants\":[{\"mid\":1}]}",
           "mid");
    refuse("{\"type\":\"slot.changed\",\"room\":\"r\",\"member\":\"m\",\"seats\":[1]}", "mid");
    refuse("{\"type\":\"quality.ask\",\"seq\":1}", "room");
    refuse("{\"type\":\"quality\",\"room\":\"r\",\"seq\":1}", "body");
    refuse("{\"type\":\"flight.ask\",\"room\":\"r\",\"seq\":1}", "number");
    refuse("{\"type\":\"flight\",\"room\":\"r\",\"seq\":1,\"number\":1,\"newest\":1}", "bytes");
    refuse("{\"type\":\"flight\",\"room\":\"r\",\"seq\":1,\"number\":1,\"newest\":1,"
           "\"bytes\":\"AAA\"}",
           "bytes");
    refuse("{\"type\":\"flight\",\"room\":\"r\",\"seq\":1,\"number\":1,\"newest\":1,"
           "\"bytes\":\" AAAA   \"}",
           "bytes");
    refuse("{\"type\":\"track.demand\",\"room\":\"r\",\"member\":\"m\",\"tracks\":[]}",
           "generation");
    refuse("{\"type\":\"track.demand\",\"room\":\"r\",\"member\":\"m\",\"generation\":1,"
           "\"tracks\":[{\"mid\":\"1\",\"source\":\"camera\",\"rids\":[\"a b\"]}]}",
           "rids");
    refuse("{\"type\":\"track.demand\",\"room\":\"r\",\"member\":\"m\",\"generation\":1,"
           "\"tracks\":[{\"mid\":\"1\",\"source\":\"camera\",\"rids\":[\"a\",\"b\",\"c\","
           "\"d\",\"e\"]}]}",
           "rids");
    refuse("{\"type\":\"stats\",\"seq\":1,\"body\":[]}", "body");
    refuse("{\"type\":\"stats\",\"seq\":-1,\"body\":{}}", "seq");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_without_a_body_survive),
        cmocka_unit_test(hello_survives),
        cmocka_unit_test(an_agreement_travels_with_its_seq),
        cmocka_unit_test(connected_and_gone_name_the_generation),
        cmocka_unit_test(a_mute_survives),
        cmocka_unit_test(wants_survive),
        cmocka_unit_test(seats_survive),
        cmocka_unit_test(the_speaker_can_be_nobody),
        cmocka_unit_test(stats_carry_any_object),
        cmocka_unit_test(the_demand_for_each_track_survives),
        cmocka_unit_test(the_quality_of_a_room_is_asked_by_seq),
        cmocka_unit_test(a_block_of_a_recording_survives),
        cmocka_unit_test(a_log_level_crosses_by_name),
        cmocka_unit_test(every_type_has_its_own_name),
        cmocka_unit_test(what_is_no_letter_is_refused_by_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
