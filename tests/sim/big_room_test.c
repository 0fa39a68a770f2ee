/* A room of a hundred: everybody with a camera and nine seats, screens, and who is heard. */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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
    camera->interval = 250000;
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

static void hundred(struct sim *s)
{
    for (unsigned i = 0; i < PEOPLE; i++) {
        (void)person(s);
        sim_run(s, 20000);
    }
    sim_settle(s);
    sim_run(s, 3 * SEC);
    for (unsigned i = 0; i < PEOPLE; i++)
        sim_check(s, pictures(s, s->client[i], SLOT_ANY) == PAIRS, "%s sees %u",
                  s->client[i]->id, pictures(s, s->client[i], SLOT_ANY));
}

static void hundred_people_see_nine_each(void **state)
{
    (void)state;
    sim_each_seed(__func__, hundred, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hundred_people_see_nine_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
