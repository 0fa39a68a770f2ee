/* A room of a hundred: everybody with a camera and nine seats, screens, and who is heard. */
#include "sim.h"

#include "room/voices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SEC    USEC_PER_SEC
#define PEOPLE 100
#define PAIRS  9
#define VOICES 3 ///< audio slots beyond the pairs, as the page has them

/** Somebody with a camera of few frames, who is silent, and sees all kinds of things. */
static struct client *person(struct sim *s)
{
    struct client *c = sim_client(s, NULL);
    client_publish(c, SOURCE_MICROPHONE, CODEC_OPUS, 1)->silent = true;
    struct pub *camera = client_publish(c, SOURCE_CAMERA, CODEC_VP8, 1);
    camera->interval = 400000;
    camera->layer[0].packets_per_frame = 1;
    client_receive_pairs(c, PAIRS);
    for (uint16_t i = 0; i < VOICES; i++)
        client_receive(c, KIND_AUDIO, SLOT_ANY, PAIRS + i);
    for (uint16_t i = 0; i < 2; i++) {
        client_receive(c, KIND_AUDIO, SLOT_SCREEN, i);
        client_receive(c, KIND_VIDEO, SLOT_SCREEN, i);
    }
    sim_join(s, c);
    return c;
}

static unsigned pictures(const struct sim *s, const struct client *c, enum slot_role role)
{
    unsigned n = 0;
    for (unsigned k = 0; k < c->sink_count; k++)
        n += c->sink[k]->kind == KIND_VIDEO && c->sink[k]->role == role &&
             c->sink[k]->frame_at && s->now - c->sink[k]->frame_at < SEC;
    return n;
}

/** Voices that this one hears now. */
static unsigned voices(const struct sim *s, const struct client *c)
{
    unsigned n = 0;
    for (unsigned k = 0; k < c->sink_count; k++)
        n += c->sink[k]->kind == KIND_AUDIO && c->sink[k]->role == SLOT_ANY &&
             c->sink[k]->last_at && s->now - c->sink[k]->last_at < 200000;
    return n;
}

static bool heard(const struct client *c, const struct client *of, uint32_t frame)
{
    for (unsigned k = 0; k < c->sink_count; k++) {
        const struct sink_heard *h = &c->sink[k]->heard;
        if (h->any && h->of.client == of->number && h->of.pub == 0 &&
            (int32_t)(frame - h->of.frame) >= 0 && h->came[frame % SINK_HEARD])
            return true;
    }
    return false;
}

/** One after the other begins to speak: everybody hears the first frame, and all that follow.
 */
static void first_words(struct sim *s)
{
    for (unsigned turn = 0; turn < 4; turn++) {
        struct client *speaker = s->client[rng_below(&s->rng, PEOPLE)];
        sim_run(s, 200000);
        const uint32_t first = speaker->pub[0].layer[0].frame;
        speaker->pub[0].silent = false;
        sim_run(s, 600000);
        for (unsigned i = 0; i < PEOPLE; i++)
            for (uint32_t f = first; f < first + 20 && s->client[i] != speaker; f++)
                sim_check(s, heard(s->client[i], speaker, f), "%s lacks frame %u of %s",
                          s->client[i]->id, f - first, speaker->id);
        speaker->pub[0].silent = true;
    }
}

static void everybody_talks(struct sim *s)
{
    for (unsigned i = 0; i < PEOPLE; i += 4)
        s->client[i]->pub[0].silent = false;
    sim_run(s, 1500000);
    for (unsigned i = 0; i < PEOPLE; i++) {
        const unsigned n = voices(s, s->client[i]);
        // Those who are heard and sit nowhere here share the slots that are left.
        sim_check(s, n <= ROOM_VOICES && n >= VOICES, "%s hears %u at once", s->client[i]->id,
                  n);
        s->client[i]->pub[0].silent = true;
    }
}

/** Three share their screens, for which there are two seats. */
static void screens(struct sim *s)
{
    for (unsigned i = 10; i < 40; i += 10) {
        client_publish(s->client[i], SOURCE_SCREEN, CODEC_VP8, 1)->interval = 100000;
        client_publish(s->client[i], SOURCE_SCREEN_AUDIO, CODEC_OPUS, 1)->silent = true;
        s->client[i]->pub[2].next_at = s->client[i]->pub[3].next_at = s->now;
        sim_agree(s, s->client[i]);
    }
    sim_run(s, SEC);
    struct client *v = s->client[5];
    struct letter_want w = {.source = SOURCE_SCREEN, .pinned = true};
    memcpy(w.of, s->client[30]->id, sizeof(w.of));
    sim_want(s, v, &w);
    sim_run(s, SEC);
    for (unsigned i = 0; i < PEOPLE; i++) {
        const struct client *c = s->client[i], *second = s->client[c == v ? 30 : 20];
        if (i % 10 == 0 && i >= 10 && i < 40)
            continue; // nobody sees his own
        const struct sink *a = sim_find(s, c, s->client[10], SOURCE_SCREEN);
        const struct sink *b = sim_find(s, c, second, SOURCE_SCREEN);
        const struct sink *sound = sim_find(s, c, second, SOURCE_SCREEN_AUDIO);
        sim_check(s, a && b && pictures(s, c, SLOT_SCREEN) == 2, "%s sees %u screens", c->id,
                  pictures(s, c, SLOT_SCREEN));
        sim_check(s, sound && sound->pair == b->pair && s->now - sound->last_at < 200000,
                  "%s does not hear the screen it sees", c->id);
    }
}

static void hundred(struct sim *s)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        (void)person(s);
        sim_run(s, 10000);
    }
    sim_settle(s);
    sim_run(s, 2 * SEC);
    for (unsigned i = 0; i < PEOPLE; i++) {
        sim_check(s, pictures(s, s->client[i], SLOT_ANY) == PAIRS, "%s sees %u",
                  s->client[i]->id, pictures(s, s->client[i], SLOT_ANY));
        sim_check(s, voices(s, s->client[i]) == 0, "%s hears silence", s->client[i]->id);
    }
    first_words(s);
    everybody_talks(s);
    screens(s);
}

static void hundred_people_see_nine_and_hear_who_speaks(void **state)
{
    (void)state;
    sim_each_seed(__func__, hundred, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hundred_people_see_nine_and_hear_who_speaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
