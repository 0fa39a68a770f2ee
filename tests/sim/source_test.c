/* What encoders and strangers do to their own stream in the middle of it. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/** Turned phones and adapting encoders: another size with the next keyframe, and no new SSRC.
 */
static void change_size(struct sim *s)
{
    struct client *p = sim_person(s, NULL, scene_codec(s), 1, 0);
    struct client *v = scene_viewer(s, NULL, 1);
    struct pub_layer *l = &p->pub[1].layer[0];
    struct sink *k = scene_picture(v);
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    for (unsigned i = 0; i < 8; i++) {
        l->width = (uint16_t)(16 * (10 + rng_below(&s->rng, 70)));
        l->height = (uint16_t)(16 * (10 + rng_below(&s->rng, 70)));
        l->key_due = true;
        const uint64_t frames = k->frames, switches = k->switches;
        sim_run(s, 700 * USEC_PER_MS);
        const struct letter_seat *seat = sim_seat(s, v, k);
        sim_check(s, seat->width == l->width && seat->height == l->height,
                  "control is told of %u x %u, it is %u x %u", seat->width, seat->height,
                  l->width, l->height);
        sim_check(s, k->frames > frames + 15, "only %d frames", (int)(k->frames - frames));
        sim_check(s, k->switches == switches, "it became another stream");
        struct client *late = scene_viewer(s, NULL, 1); // begins with the new size
        sim_settle(s);
        sim_run(s, 300 * USEC_PER_MS);
        seat = sim_seat(s, late, scene_picture(late));
        sim_check(s, seat->width == l->width, "a joiner is told of %u", seat->width);
        sim_leave(s, late);
    }
}

static void other_size_in_mid_stream_is_told_and_shown(void **state)
{
    (void)state;
    sim_each_seed(__func__, change_size, 20);
}

/** A restart while others catch up: nothing of the old numbers may come through as the new. */
static void restart_while_joining(struct sim *s)
{
    struct client *p = sim_person(s, NULL, scene_codec(s), 1, 0);
    sim_settle(s);
    for (unsigned i = 0; i < 8; i++) {
        sim_run(s, 1500 * USEC_PER_MS);
        struct client *v = scene_viewer(s, NULL, 1);
        while (!v->up || scene_picture(v)->packets == 0)
            sim_run(s, 2 * USEC_PER_MS);
        sim_run(s, rng_below(&s->rng, 40000));
        pub_restart(&p->pub[1], CODEC_VP8 + rng_below(&s->rng, 4), rng_chance(&s->rng, 500));
        sim_run(s, 1500 * USEC_PER_MS);
        const struct sink *k = scene_picture(v);
        sim_check(s, k->seen.incarnation == p->pub[1].incarnation, "the restart is not seen");
        sim_check(s, s->now - k->frame_at < 200 * USEC_PER_MS, "no frame for %d ms",
                  (int)((s->now - k->frame_at) / USEC_PER_MS));
        sim_leave(s, v);
    }
}

static void restart_in_the_middle_of_catching_up_is_a_new_stream(void **state)
{
    (void)state;
    sim_each_seed(__func__, restart_while_joining, 30);
}

/** Twenty times what was agreed: who does not watch it loses nothing, and joiners are not
 * flooded out of the cache. */
static void flood(struct sim *s)
{
    struct client *p = sim_person(s, NULL, scene_codec(s), 1, 0);
    struct client *other = sim_person(s, NULL, scene_codec(s), 1, 0);
    const struct client *v = scene_viewer(s, NULL, 1);
    (void)scene_viewer(s, NULL, 2); // has both
    sim_settle(s);
    scene_show(s, v, other);
    sim_run(s, 2 * USEC_PER_SEC);
    p->pub[1].layer[0].packets_per_frame = 60;
    p->pub[1].payload = 1000; // 14 Mbit/s
    p->pub[1].key_every = 100 * USEC_PER_MS;
    const struct sink *calm = scene_picture(v);
    const int64_t replayed = sim_stat(s, "replayed");
    const uint64_t frames = calm->frames;
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, calm->frames - frames > 50, "the other's picture has %d frames",
              (int)(calm->frames - frames));
    for (unsigned i = 0; i < 5; i++) {
        (void)scene_viewer(s, NULL, 2);
        sim_run(s, 300 * USEC_PER_MS);
    }
    // Five joiners, at most what one may have to catch up with each.
    sim_check(s, sim_stat(s, "replayed") - replayed < 5 * 2 * 900, "%d packets came again",
              (int)(sim_stat(s, "replayed") - replayed));
}

/** … nor starve the other's picture where both are shown. */
static void flood_beside(struct sim *s)
{
    struct client *p = sim_person(s, NULL, scene_codec(s), 1, 0);
    struct client *other = sim_person(s, NULL, scene_codec(s), 1, 0);
    const struct client *v = scene_viewer(s, NULL, 2);
    sim_settle(s);
    scene_show(s, v, other);
    sim_run(s, 2 * USEC_PER_SEC);
    p->pub[1].layer[0].packets_per_frame = 60;
    p->pub[1].payload = 1000;
    p->pub[1].key_every = 100 * USEC_PER_MS;
    sim_run(s, USEC_PER_SEC);
    const struct sink *calm = scene_picture(v);
    const uint64_t frames = calm->frames;
    sim_run(s, 4 * USEC_PER_SEC);
    sim_check(s, calm->frames - frames > 40, "the other's picture has %d frames in 4 s",
              (int)(calm->frames - frames));
}

static void flood_does_not_starve_who_is_shown_beside_it(void **state)
{
    (void)state;
    sim_each_seed(__func__, flood_beside, 6);
}

static void flood_above_the_agreed_rate_stays_with_its_viewers(void **state)
{
    (void)state;
    sim_each_seed(__func__, flood, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_size_in_mid_stream_is_told_and_shown),
        cmocka_unit_test(restart_in_the_middle_of_catching_up_is_a_new_stream),
        cmocka_unit_test(flood_above_the_agreed_rate_stays_with_its_viewers),
        cmocka_unit_test(flood_does_not_starve_who_is_shown_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
