/* Who is heard where many microphones are open. */
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define LEVEL_ID 5
#define SILENCE  110
#define VOICE    30

/** Somebody with a microphone that gives levels, or not. */
static struct member *open_microphone(struct house *h, unsigned number, bool levels)
{
    char id[8];
    (void)snprintf(id, sizeof(id), "p%u", number);
    house_offer(h, 1);
    house_track(h, SOURCE_MICROPHONE)->ext[EXT_AUDIO_LEVEL] = levels ? LEVEL_ID : 0;
    house_track(h, SOURCE_SCREEN_AUDIO)->ext[EXT_AUDIO_LEVEL] = levels ? LEVEL_ID : 0;
    return house_agree(h, id);
}

static void open_many(struct house *h, struct member **m, unsigned n)
{
    house_open(h);
    for (unsigned i = 0; i < n; i++)
        m[i] = open_microphone(h, i, true);
    h->now += SPEAKER_INTERVAL;
    deadline_run(&h->deadlines, h->now);
}

/** A packet of a track with this level: is it forwarded? */
static bool passes(struct house *h, struct member *m, unsigned track, uint8_t level, bool voice)
{
    uint8_t bytes[] = {0x90,
                       111,
                       0,
                       1,
                       0,
                       0,
                       0,
                       0,
                       0,
                       0,
                       0,
                       1,
                       0xbe,
                       0xde,
                       0,
                       1,
                       LEVEL_ID << 4,
                       (uint8_t)((voice ? 0x80 : 0) | level),
                       0,
                       0,
                       1,
                       2,
                       3};
    struct rtp pkt;
    assert_int_equal(rtp_parse(&pkt, bytes, sizeof(bytes)), DROP_NONE);
    return voices_pass(h->room, &m->track[track]->stream[0], &pkt, h->now);
}

/** For `span`, the first `talkers` speak, each a dB less loud; returns who passed at the end.
 */
static uint64_t talk(struct house *h, struct member **m, unsigned n, unsigned talkers,
                     usec_t span)
{
    uint64_t heard = 0;
    for (const usec_t end = h->now + span; h->now < end; h->now += 20 * USEC_PER_MS) {
        heard = 0;
        for (unsigned i = 0; i < n; i++) {
            const bool voice = i < talkers;
            if (passes(h, m[i], 0, voice ? (uint8_t)(VOICE + i) : SILENCE, voice))
                heard |= UINT64_C(1) << i;
        }
        deadline_run(&h->deadlines, h->now);
    }
    return heard;
}

static void everybody_is_heard_where_there_are_few(void **state)
{
    (void)state;
    struct house h;
    struct member *m[ROOM_VOICES];
    open_many(&h, m, ROOM_VOICES);
    assert_int_equal(talk(&h, m, ROOM_VOICES, 0, 5 * SEC), (1u << ROOM_VOICES) - 1);
    assert_int_equal(talk(&h, m, ROOM_VOICES, ROOM_VOICES, 5 * SEC), (1u << ROOM_VOICES) - 1);
    house_close(&h);
}

static void only_the_loudest_few_of_a_crowd_are_heard(void **state)
{
    (void)state;
    struct house h;
    struct member *m[40];
    open_many(&h, m, 40);
    assert_int_equal(talk(&h, m, 40, 0, 5 * SEC), 0);
    assert_int_equal(talk(&h, m, 40, 2, 5 * SEC), 3);
    assert_int_equal(talk(&h, m, 40, 30, 5 * SEC) & 3, 3); // who speaks is not cut off
    const uint64_t heard = talk(&h, m, 40, 30, SEC);
    assert_int_equal(__builtin_popcountll(heard), ROOM_VOICES);
    // Five who are far louder than 35 others: but who has the floor keeps it.
    for (unsigned turn = 0; turn < 100; turn++, h.now += 20 * USEC_PER_MS) {
        for (unsigned i = 0; i < 40; i++)
            (void)passes(&h, m[i], 0, i < 35 ? 60 : 20, true);
        deadline_run(&h.deadlines, h.now);
    }
    unsigned loud = 0, others = 0;
    for (unsigned i = 0; i < 40; i++) {
        loud += m[i]->voice.heard && i >= 35;
        others += m[i]->voice.heard && i < 35 && m[i] != h.room->speaker;
    }
    assert_true(loud >= ROOM_VOICES - 1);
    assert_int_equal(others, 0);
    house_close(&h);
}

static void first_packet_of_who_begins_to_speak_is_heard(void **state)
{
    (void)state;
    struct house h;
    struct member *m[40];
    open_many(&h, m, 40);
    talk(&h, m, 40, ROOM_VOICES - 1, 5 * SEC);
    for (unsigned i = 20; i < 40; i++) { // one after the other, each for a second
        assert_false(passes(&h, m[i], 0, SILENCE, false));
        h.now += 20 * USEC_PER_MS;
        for (unsigned k = 0; k < 50; k++, h.now += 20 * USEC_PER_MS) {
            for (unsigned t = 0; t + 1 < ROOM_VOICES; t++)
                assert_true(passes(&h, m[t], 0, (uint8_t)(VOICE + t), true));
            assert_true(passes(&h, m[i], 0, VOICE, true));
            deadline_run(&h.deadlines, h.now);
        }
        talk(&h, m, 20, ROOM_VOICES - 1, VOICE_HOLD + SEC);
    }
    house_close(&h);
}

static void nobody_is_cut_off_between_two_words(void **state)
{
    (void)state;
    struct house h;
    struct member *m[20];
    open_many(&h, m, 20);
    talk(&h, m, 20, 1, 2 * SEC);
    for (unsigned i = 0; i < 90; i++, h.now += 20 * USEC_PER_MS) {
        assert_true(passes(&h, m[0], 0, SILENCE, false));
        deadline_run(&h.deadlines, h.now);
    }
    talk(&h, m, 20, 0, SEC);
    assert_false(passes(&h, m[0], 0, SILENCE, false));
    house_close(&h);
}

static void many_who_begin_at_once_are_bounded(void **state)
{
    (void)state;
    struct house h;
    struct member *m[60];
    unsigned heard = 0;
    open_many(&h, m, 60);
    talk(&h, m, 60, 0, 3 * SEC);
    for (unsigned i = 0; i < 60; i++)
        heard += passes(&h, m[i], 0, VOICE, true);
    assert_int_equal(heard, VOICES_AT_MOST);
    house_close(&h);
}

static void sound_of_a_screen_is_never_cut(void **state)
{
    (void)state;
    struct house h;
    struct member *m[20];
    open_many(&h, m, 20);
    talk(&h, m, 20, 10, 3 * SEC);
    for (unsigned i = 0; i < 20; i++)
        assert_true(passes(&h, m[i], 1, SILENCE, false));
    house_close(&h);
}

static void microphone_without_levels_is_always_heard(void **state)
{
    (void)state;
    struct house h;
    struct member *m[20];
    open_many(&h, m, 20);
    struct member *plain = open_microphone(&h, 99, false);
    talk(&h, m, 20, 10, 3 * SEC);
    assert_true(passes(&h, plain, 0, SILENCE, false));
    h.now += 3 * SEC; // has not come for long, and has a level: it is one of the others
    assert_false(passes(&h, m[15], 0, SILENCE, false));
    house_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everybody_is_heard_where_there_are_few),
        cmocka_unit_test(only_the_loudest_few_of_a_crowd_are_heard),
        cmocka_unit_test(first_packet_of_who_begins_to_speak_is_heard),
        cmocka_unit_test(nobody_is_cut_off_between_two_words),
        cmocka_unit_test(many_who_begin_at_once_are_bounded),
        cmocka_unit_test(sound_of_a_screen_is_never_cut),
        cmocka_unit_test(microphone_without_levels_is_always_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
