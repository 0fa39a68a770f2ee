/* Members of a room hear and see each other, come, go and change what they send. */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void hear_and_see(struct sim *s)
{
    const struct client_conf conf = {.no_rtx = rng_chance(&s->rng, 300),
                                     .no_mid = rng_chance(&s->rng, 200),
                                     .name_ssrcs = rng_chance(&s->rng, 300),
                                     .ids_per_mline = rng_chance(&s->rng, 300),
                                     .two_byte = rng_chance(&s->rng, 200),
                                     .dtls_server = rng_chance(&s->rng, 200)};
    const enum media_codec codec = CODEC_VP8 + rng_below(&s->rng, 4);
    struct client *a = sim_person(s, &conf, codec, 1, 1);
    struct client *b = sim_person(s, NULL, CODEC_VP8, 1, 1);
    sim_settle(s);
    sim_run(s, 10 * USEC_PER_SEC);
    for (int i = 0; i < 2; i++) {
        struct client *me = i ? a : b, *other = i ? b : a;
        const struct sink *audio = sim_find(s, me, other, SOURCE_MICROPHONE);
        const struct sink *video = sim_find(s, me, other, SOURCE_CAMERA);
        sim_check(s, audio && video, "%s is not told of a seat of %s", me->id, other->id);
        sim_check(s, audio->frames > 480, "%s heard only %d packets", me->id,
                  (int)audio->frames);
        sim_check(s, video->frames > 285, "%s saw only %d frames", me->id, (int)video->frames);
        sim_check(s, audio->lost + video->lost == 0, "%s lost packets", me->id);
        sim_check(s, other->twcc_arrived > 700, "%s got no transport-wide feedback", other->id);
        sim_check(s, sim_told(s, me)->connected == 1, "control does not know %s", me->id);
    }
}

static void two_members_hear_and_see_each_other(void **state)
{
    (void)state;
    sim_each_seed(__func__, hear_and_see, 40);
}

/** A call on bad lines: timers, repairs and probes all take part. */
static uint64_t bad_call(uint64_t seed)
{
    struct sim *s = sim_begin("a_seed_is_one_run", seed);
    struct client *a = sim_person(s, NULL, CODEC_VP8, 3, 1);
    struct client *b = sim_person(s, NULL, CODEC_VP8, 3, 1);
    const struct link bad = {.delay = 40000,
                             .jitter = 20000,
                             .loss = 50,
                             .reorder = 20,
                             .rate_bps = 600000,
                             .queue = 300000};
    sim_links(s, a, &bad);
    sim_links(s, b, &bad);
    sim_settle(s);
    sim_run(s, 10 * USEC_PER_SEC);
    const uint64_t trace = s->net.trace;
    sim_end(s);
    return trace;
}

static void a_seed_is_one_run(void **state)
{
    (void)state;
    const uint64_t first = bad_call(7), other = bad_call(8);
    assert_true(first != other);
    assert_true(bad_call(7) == first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_members_hear_and_see_each_other),
        cmocka_unit_test(a_seed_is_one_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
