#include "rtp/speaker.h"

#include "make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define PEOPLE 3
#define QUIET  70 // dB below overload: a room's noise
#define VOICE  35

/** A room in which everybody's packets come every 20 ms. */
struct meeting {
    struct speaker who[PEOPLE];
    const struct speaker *all[PEOPLE];
    int dominant;
    usec_t now;
};

static void begin(struct meeting *m)
{
    *m = (struct meeting){.dominant = -1, .now = 1000 * USEC_PER_SEC};
    for (unsigned i = 0; i < PEOPLE; i++) {
        speaker_init(&m->who[i]);
        m->all[i] = &m->who[i];
    }
}

/** For `ms` those in `talking` (a bit each) talk, the others are quiet. */
static void pass(struct meeting *m, unsigned talking, unsigned ms)
{
    static uint64_t unused;
    uint64_t seed = ++unused; // speech comes in syllables
    for (unsigned t = 0; t < ms; t += 20) {
        for (unsigned i = 0; i < PEOPLE; i++) {
            const bool voice = talking >> i & 1 && rnd_below(&seed, 10) < 8;
            speaker_on_level(&m->who[i], voice ? VOICE : QUIET, voice, m->now);
        }
        m->now += SPEAKER_FRAME;
        if (t % 300 == 0)
            m->dominant = speaker_pick(m->all, PEOPLE, m->dominant, m->now);
    }
}

static void nobody_dominates_a_silent_room(void **state)
{
    struct meeting m;
    (void)state;
    begin(&m);
    pass(&m, 0, 3000);
    assert_int_equal(m.dominant, -1);
}

static void first_to_speak_has_the_floor_and_keeps_it_in_silence(void **state)
{
    struct meeting m;
    (void)state;
    begin(&m);
    pass(&m, 0, 1000);
    pass(&m, 2, 600);
    assert_int_equal(m.dominant, 1);
    pass(&m, 0, 5000);
    assert_int_equal(m.dominant, 1);
}

static void cough_takes_no_floor(void **state)
{
    struct meeting m;
    (void)state;
    begin(&m);
    pass(&m, 1, 2000);
    pass(&m, 1 | 4, 160);
    pass(&m, 1, 1000);
    assert_int_equal(m.dominant, 0);
    pass(&m, 0, 2000);
    pass(&m, 4, 160); // nor into a silence
    pass(&m, 0, 2000);
    assert_int_equal(m.dominant, 0);
}

static void who_goes_on_speaking_after_another_has_ended_takes_over(void **state)
{
    struct meeting m;
    (void)state;
    begin(&m);
    pass(&m, 1, 3000);
    pass(&m, 4, 1800);
    assert_int_equal(m.dominant, 2);
}

static void two_who_speak_at_once_do_not_alternate(void **state)
{
    struct meeting m;
    unsigned changes = 0;
    (void)state;
    begin(&m);
    pass(&m, 1, 1000);
    for (unsigned i = 0; i < 60; i++) {
        const int before = m.dominant;
        pass(&m, 1 | 2, 300);
        changes += m.dominant != before;
    }
    assert_true(changes <= 2);
}

static void voice_flag_once_seen_decides_over_the_level(void **state)
{
    struct speaker typist;
    const struct speaker *all[] = {&typist, NULL};
    (void)state;
    speaker_init(&typist);
    usec_t now = USEC_PER_SEC;
    speaker_on_level(&typist, QUIET, true, now);
    for (unsigned i = 0; i < 100; i++) // loud, but the sender knows that it is a keyboard
        speaker_on_level(&typist, VOICE, false, now += SPEAKER_FRAME);
    assert_int_equal(speaker_pick(all, 2, -1, now), -1);
    assert_int_equal(speaker_loudness(&typist, now), 127 - VOICE);

    speaker_init(&typist); // one who sets no flags at all
    for (unsigned i = 0; i < 100; i++)
        speaker_on_level(&typist, VOICE, false, now += SPEAKER_FRAME);
    assert_int_equal(speaker_pick(all, 2, -1, now), 0);
}

static void steady_noise_becomes_the_floor(void **state)
{
    struct speaker fan;
    const struct speaker *all[] = {&fan};
    (void)state;
    speaker_init(&fan);
    usec_t now = USEC_PER_SEC;
    for (unsigned i = 0; i < 3000; i++)
        speaker_on_level(&fan, 127 - 75, false, now += SPEAKER_FRAME);
    assert_int_equal(speaker_pick(all, 1, -1, now), -1);
}

static void loudness_fades_when_packets_stop(void **state)
{
    struct speaker s;
    (void)state;
    speaker_init(&s);
    usec_t now = USEC_PER_SEC;
    assert_int_equal(speaker_loudness(&s, now), 0);
    for (unsigned i = 0; i < 20; i++) // 60 ms packets: each lasts three frames
        speaker_on_level(&s, VOICE, true, now += 3 * SPEAKER_FRAME);
    assert_int_equal(speaker_loudness(&s, now), 127 - VOICE);
    const uint8_t later = speaker_loudness(&s, now + 250 * USEC_PER_MS);
    assert_true(later > 0 && later < 127 - VOICE);
    assert_int_equal(speaker_loudness(&s, now + USEC_PER_SEC), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_dominates_a_silent_room),
        cmocka_unit_test(first_to_speak_has_the_floor_and_keeps_it_in_silence),
        cmocka_unit_test(cough_takes_no_floor),
        cmocka_unit_test(who_goes_on_speaking_after_another_has_ended_takes_over),
        cmocka_unit_test(two_who_speak_at_once_do_not_alternate),
        cmocka_unit_test(voice_flag_once_seen_decides_over_the_level),
        cmocka_unit_test(steady_noise_becomes_the_floor),
        cmocka_unit_test(loudness_fades_when_packets_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
