/* Who sits where, as clients see it and as control is told. */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void hush(struct sim *s)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->client[i])
            s->client[i]->pub[0].silent = true;
}

static unsigned seat_changes(struct sim *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->count; i++)
        for (unsigned k = 0; k < CLIENT_SINKS; k++)
            n += s->told[i].seat_changes[k];
    return n;
}

static void room_for_all(struct sim *s)
{
    const unsigned n = 3 + rng_below(&s->rng, 4);
    for (unsigned i = 0; i < n; i++) {
        sim_person(s, NULL, CODEC_VP8, 1, 6);
        sim_run(s, rng_below(&s->rng, 500000));
    }
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    for (unsigned turn = 0; turn < 6; turn++) {
        hush(s);
        s->client[rng_below(&s->rng, n)]->pub[0].silent = false;
        sim_run(s, 1500 * USEC_PER_MS);
    }
    sim_check(s, seat_changes(s) == 0, "%u seats changed", seat_changes(s));
    sim_check(s, s->speaker_letters > 0, "nobody was said to speak");
    for (unsigned i = 0; i < n; i++) {
        for (unsigned k = 0; k < n; k++) {
            struct client *me = s->client[i], *other = s->client[k];
            if (me == other)
                continue;
            const struct sink *audio = sim_find(s, me, other, SOURCE_MICROPHONE);
            const struct sink *video = sim_find(s, me, other, SOURCE_CAMERA);
            sim_check(s, audio && video, "%s has no seat for %s", me->id, other->id);
            sim_check(s, audio->pair == video->pair, "%s: lips and voice of %s are apart",
                      me->id, other->id);
            sim_check(s, s->now - video->frame_at < 200000, "%s sees no %s", me->id, other->id);
        }
    }
}

static void seats_are_stable_when_there_is_room_for_all(void **state)
{
    (void)state;
    sim_each_seed(__func__, room_for_all, 10);
}

static void big_room(struct sim *s)
{
    for (unsigned i = 0; i < 30; i++) {
        struct client *c = sim_person(s, NULL, CODEC_VP8, 1, 4);
        c->pub[1].interval = 200000; // enough to see who is there
        c->pub[0].silent = true;
    }
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    for (unsigned turn = 0; turn < 3; turn++) {
        struct client *speaker = s->client[rng_below(&s->rng, 30)];
        hush(s);
        sim_run(s, 1500 * USEC_PER_MS);
        const unsigned before = seat_changes(s);
        speaker->pub[0].silent = false;
        sim_run(s, 3 * USEC_PER_SEC);
        sim_check(s, strcmp(s->speaker, speaker->id) == 0, "%s speaks, %s is said to",
                  speaker->id, s->speaker);
        for (unsigned i = 0; i < 30; i++) {
            struct client *c = s->client[i];
            const struct sink *k = sim_find(s, c, speaker, SOURCE_CAMERA);
            const struct sink *a = sim_find(s, c, speaker, SOURCE_MICROPHONE);
            sim_check(s, c == speaker || (k && a), "%s does not see who speaks", c->id);
            sim_check(s, c == speaker || s->now - a->frame_at < 100000, "nor hears them");
        }
        // At most one seat of each changes for one speaker: nobody else moves.
        sim_check(s, seat_changes(s) - before <= 2 * 30, "%u seats changed for one speaker",
                  seat_changes(s) - before);
    }
}

static void speaker_takes_a_seat_in_a_big_room(void **state)
{
    (void)state;
    sim_each_seed(__func__, big_room, 2);
}

static void share_screen(struct sim *s)
{
    struct client *a = sim_person(s, NULL, CODEC_VP8, 1, 2);
    struct client *b = sim_person(s, NULL, CODEC_VP8, 1, 2);
    struct client *v = sim_client(s, NULL);
    struct client *player = sim_client(s, NULL);
    client_receive_pairs(v, 2);
    client_receive(v, KIND_AUDIO, SLOT_SCREEN, 0);
    struct sink *screen = client_receive(v, KIND_VIDEO, SLOT_SCREEN, 0);
    sim_join(s, v);
    client_receive_pairs(player, 1); // no slot for screens
    sim_join(s, player);
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, screen->packets == 0, "a screen before there is one");

    client_publish(a, SOURCE_SCREEN, CODEC_VP9, 1);
    client_publish(a, SOURCE_SCREEN_AUDIO, CODEC_OPUS, 1);
    a->pub[2].next_at = a->pub[3].next_at = s->now;
    sim_agree(s, a);
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, screen->frames > 40 && screen->seen.client == a->number,
              "%d frames of the screen", (int)screen->frames);
    const struct sink *sound = sim_find(s, v, a, SOURCE_SCREEN_AUDIO);
    sim_check(s, sound && sound->frames > 80, "no sound of it");
    sim_check(s, sim_find(s, v, a, SOURCE_CAMERA) && sim_find(s, v, b, SOURCE_CAMERA),
              "the cameras lost their seats");
    for (unsigned k = 0; k < 4; k++)
        sim_check(s, sim_told(s, v)->seat_changes[k] == 0, "the camera at %u moved", k);

    a->pub_count = 2; // stopped sharing: the m-lines are gone
    sim_agree(s, a);
    pub_fini(&a->pub[2]);
    pub_fini(&a->pub[3]);
    sim_run(s, USEC_PER_SEC);
    sim_check(s, *sim_seat(s, v, screen)->of == 0, "the seat of the screen is not free");
}

static void screen_has_its_own_slot(void **state)
{
    (void)state;
    sim_each_seed(__func__, share_screen, 10);
}

static void pin(struct sim *s)
{
    for (unsigned i = 0; i < 6; i++)
        sim_person(s, NULL, CODEC_VP8, 1, 0)->pub[0].silent = true;
    struct client *v = sim_client(s, NULL);
    client_receive_pairs(v, 2);
    sim_join(s, v);
    sim_settle(s);
    for (unsigned turn = 0; turn < 4; turn++) {
        struct client *pinned = s->client[rng_below(&s->rng, 6)];
        struct letter_want w = {.source = SOURCE_CAMERA, .pinned = true};
        memcpy(w.of, pinned->id, sizeof(w.of));
        sim_want(s, v, &w);
        hush(s);
        for (unsigned i = 0; i < 3; i++) { // whoever speaks meanwhile
            hush(s);
            s->client[rng_below(&s->rng, 6)]->pub[0].silent = false;
            sim_run(s, USEC_PER_SEC);
        }
        const struct sink *k = sim_find(s, v, pinned, SOURCE_CAMERA);
        sim_check(s, k && s->now - k->frame_at < 200000, "%s is pinned and not seen",
                  pinned->id);
        w.pinned = false;
        sim_want(s, v, &w);
    }
}

static void pinned_member_is_always_seen(void **state)
{
    (void)state;
    sim_each_seed(__func__, pin, 6);
}

static void come_and_go(struct sim *s)
{
    for (unsigned i = 0; i < 8; i++)
        sim_person(s, NULL, CODEC_VP8, 1, 3);
    sim_settle(s);
    for (unsigned turn = 0; turn < 12; turn++) {
        struct client *c = s->client[rng_below(&s->rng, s->count)];
        if (c && rng_chance(&s->rng, 700))
            sim_leave(s, c);
        if (s->count < SIM_CLIENTS && rng_chance(&s->rng, 700))
            sim_person(s, NULL, CODEC_VP8, 1 + rng_below(&s->rng, 3), 3);
        sim_run(s, rng_below(&s->rng, 700000));
    }
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    unsigned left = 0;
    for (unsigned i = 0; i < s->count; i++)
        left += s->client[i] != NULL;
    for (unsigned i = 0; i < s->count; i++) {
        if (!s->client[i])
            continue;
        unsigned pictures = 0;
        for (unsigned k = 0; k < s->client[i]->sink_count; k++)
            pictures += s->client[i]->sink[k]->kind == KIND_VIDEO &&
                        s->now - s->client[i]->sink[k]->frame_at < 300000;
        sim_check(s, pictures == (left - 1 < 3 ? left - 1 : 3), "%s sees %u of %u others",
                  s->client[i]->id, pictures, left - 1);
    }
}

static void whoever_is_left_sees_each_other(void **state)
{
    (void)state;
    sim_each_seed(__func__, come_and_go, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seats_are_stable_when_there_is_room_for_all),
        cmocka_unit_test(speaker_takes_a_seat_in_a_big_room),
        cmocka_unit_test(screen_has_its_own_slot),
        cmocka_unit_test(pinned_member_is_always_seen),
        cmocka_unit_test(whoever_is_left_sees_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
