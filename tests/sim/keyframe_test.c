/* The economy of keyframes: who begins with the cache, and when a publisher is asked. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/** A publisher whose encoder makes a keyframe of its own each `every`, 0: when asked only. */
static struct client *publisher(struct sim *s, unsigned layers, usec_t every)
{
    struct client *p = sim_person(s, NULL, scene_codec(s), layers, 0);
    p->pub[1].key_every = every;
    return p;
}

static void check_joiner(struct sim *s, const struct client *v)
{
    const struct sink *k = scene_picture(v);
    sim_check(s, k->keys > 0 && k->frames > 0, "%s sees nothing", v->id);
    sim_check(s, k->plis == 0, "%s had to ask for a keyframe", v->id);
    sim_check(s, k->first_at - v->up_at < 200 * USEC_PER_MS, "%s waited %d ms", v->id,
              (int)((k->first_at - v->up_at) / USEC_PER_MS));
    sim_check(s, s->now - k->frame_at < 100 * USEC_PER_MS, "%s has no picture now", v->id);
}

static void join_warm(struct sim *s)
{
    struct client *p = publisher(s, 1 + rng_below(&s->rng, 3), 2500 * USEC_PER_MS);
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    struct client *v[50];
    unsigned at_once = 0;
    for (unsigned i = 0; i < 50; i++) {
        v[i] = scene_viewer(s, NULL, 1);
        sim_run(s, 200 * USEC_PER_MS);
    }
    sim_run(s, 2 * USEC_PER_SEC);
    for (unsigned i = 0; i < 50; i++) {
        check_joiner(s, v[i]);
        // In the turn in which the handshake ended: its seat was given meanwhile.
        at_once += scene_picture(v[i])->first_at - v[i]->up_at < 3 * USEC_PER_MS;
    }
    sim_check(s, at_once > 45, "only %u were shown the picture at once", at_once);
    sim_check(s, scene_requests(p) == 0, "the publisher was asked %u times", scene_requests(p));
    sim_check(s, sim_stat(s, "replays") >= 50, "only %d began with the cache",
              (int)sim_stat(s, "replays"));
}

static void joiner_needs_no_pli_when_warm(void **state)
{
    (void)state;
    sim_each_seed(__func__, join_warm, 6);
}

/** An encoder that makes keyframes when asked only: one request serves four seconds. */
static void join_cold(struct sim *s)
{
    struct client *p = publisher(s, 1, 0);
    sim_settle(s);
    sim_run(s, 6 * USEC_PER_SEC);
    struct client *v[40];
    const unsigned n = 38;
    for (unsigned i = 0; i < n; i++) {
        v[i] = scene_viewer(s, NULL, 1);
        sim_run(s, 260 * USEC_PER_MS);
    }
    sim_run(s, 2 * USEC_PER_SEC);
    for (unsigned i = 0; i < n; i++)
        check_joiner(s, v[i]);
    sim_check(s, scene_requests(p) >= 2 && scene_requests(p) <= 3,
              "%u joiners in ten seconds were %u requests", n, scene_requests(p));
}

static void one_request_serves_the_joiners_of_four_seconds(void **state)
{
    (void)state;
    sim_each_seed(__func__, join_cold, 8);
}

static void switch_warm(struct sim *s)
{
    struct client *p = publisher(s, 3, 500 * USEC_PER_MS);
    struct client *v = scene_viewer(s, NULL, 1), *w[2];
    struct sink *k = scene_picture(v);
    for (unsigned i = 0; i < 2; i++) // somebody keeps the lower layers alive
        w[i] = scene_viewer(s, NULL, 1);
    sim_settle(s);
    for (unsigned i = 0; i < 2; i++)
        scene_size(s, w[i], (uint16_t)(320 << i), (uint16_t)(180 << i));
    sim_run(s, 3 * USEC_PER_SEC);
    const uint16_t width[] = {320, 640};
    const unsigned before = scene_requests(p);
    for (unsigned i = 0; i < 20; i++) {
        const uint16_t to = width[(i + rng_below(&s->rng, 2)) % 2];
        scene_size(s, v, to, (uint16_t)(to * 9 / 16));
        sim_run(s, 400 * USEC_PER_MS + rng_below(&s->rng, 700000));
        sim_check(s, p->pub[1].layer[k->seen.layer].width == to, "for %u it is layer %u", to,
                  k->seen.layer);
    }
    sim_check(s, k->layer_switches > 2, "only %d switches", (int)k->layer_switches);
    sim_check(s, scene_requests(p) == before, "a layer was asked for a keyframe %u times",
              scene_requests(p) - before);
    sim_check(s, k->longest_pause < 200 * USEC_PER_MS, "no picture for %d ms",
              (int)(k->longest_pause / USEC_PER_MS));
}

static void switch_to_a_warm_layer_needs_no_pli(void **state)
{
    (void)state;
    sim_each_seed(__func__, switch_warm, 30);
}

static void all_turn_to_the_speaker(struct sim *s)
{
    struct client *p[3], *v[10];
    for (unsigned i = 0; i < 3; i++)
        p[i] = publisher(s, 1 + rng_below(&s->rng, 3), 0);
    for (unsigned i = 0; i < 10; i++)
        v[i] = scene_viewer(s, NULL, 1);
    sim_settle(s);
    for (unsigned i = 0; i < 10; i++)
        scene_show(s, v[i], p[0]);
    sim_run(s, 6 * USEC_PER_SEC);
    const unsigned before = scene_requests(p[1]);
    for (unsigned i = 0; i < 10; i++) { // not quite at once
        scene_show(s, v[i], p[1]);
        sim_run(s, 50000 + rng_below(&s->rng, 150000));
    }
    sim_run(s, USEC_PER_SEC);
    for (unsigned i = 0; i < 10; i++) {
        sim_check(s, scene_picture(v[i])->seen.client == p[1]->number, "%s sees another",
                  v[i]->id);
        sim_check(s, scene_picture(v[i])->plis == 0, "%s had to ask", v[i]->id);
    }
    // The first one finds nothing warm; the keyframe made for him is everybody's.
    sim_check(s, scene_requests(p[1]) - before == 1, "ten viewers were %u requests",
              scene_requests(p[1]) - before);
}

static void ten_viewers_turning_to_a_speaker_are_one_request(void **state)
{
    (void)state;
    sim_each_seed(__func__, all_turn_to_the_speaker, 40);
}

static void ask_all(struct client **v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        client_send_pli(v[i], scene_picture(v[i])->ssrc);
}

static void storm(struct sim *s)
{
    struct client *p = publisher(s, 1, 0);
    struct client *v[20];
    for (unsigned i = 0; i < 20; i++)
        v[i] = scene_viewer(s, NULL, 1);
    sim_settle(s);
    sim_run(s, 6 * USEC_PER_SEC); // nothing is warm any more
    const unsigned before = scene_requests(p);
    const int64_t wishes = sim_stat(s, "keyframe_wishes");
    ask_all(v, 20);
    sim_run(s, 450 * USEC_PER_MS);
    sim_check(s, scene_requests(p) == before + 1, "a storm of 20 became %u",
              scene_requests(p) - before);
    const int64_t replayed = sim_stat(s, "replayed");
    for (unsigned k = 0; k < 100; k++) { // one that goes on for two seconds
        ask_all(v, 20);
        sim_run(s, 20 * USEC_PER_MS);
    }
    sim_check(s, scene_requests(p) - before <= 6, "2000 requests became %u",
              scene_requests(p) - before);
    sim_check(s, sim_stat(s, "keyframe_wishes") - wishes > 1500, "the requests did not come");
    // Each viewer is answered out of the cache once in two seconds at most.
    sim_check(s, sim_stat(s, "replayed") - replayed < 20 * 2 * 150,
              "%d packets were sent for them", (int)(sim_stat(s, "replayed") - replayed));
}

static void pli_storm_is_one_pli(void **state)
{
    (void)state;
    sim_each_seed(__func__, storm, 12);
}

static void break_a_decoder(struct sim *s)
{
    struct client *p = publisher(s, 1, 2 * USEC_PER_SEC);
    struct client *v = scene_viewer(s, NULL, 1), *other = scene_viewer(s, NULL, 1);
    struct sink *k = scene_picture(v);
    sim_settle(s);
    sim_run(s, 4 * USEC_PER_SEC + rng_below(&s->rng, 2000000));
    const uint64_t keys = scene_picture(other)->keys;
    const unsigned made = p->pub[1].layer[0].keys, before = scene_requests(p);
    k->awaits_key = true; // it shows nothing until it has one
    client_send_pli(v, k->ssrc);
    sim_run(s, 250 * USEC_PER_MS);
    sim_check(s, !k->awaits_key, "its decoder still waits");
    sim_check(s, scene_requests(p) == before, "the publisher was asked");
    sim_check(s, scene_picture(other)->keys - keys <= p->pub[1].layer[0].keys - made + 1,
              "another viewer got a keyframe for it");
    sim_run(s, 500 * USEC_PER_MS);
    sim_check(s, s->now - k->frame_at < 100 * USEC_PER_MS, "and it does not go on");
}

static void broken_decoder_is_healed_by_the_cache(void **state)
{
    (void)state;
    sim_each_seed(__func__, break_a_decoder, 40);
}

static void join_under_loss(struct sim *s)
{
    const struct client_conf conf = {.no_rtx = rng_chance(&s->rng, 300)};
    const struct link line = {
        .delay = 30000, .jitter = 10000, .loss = 50, .reorder = 20, .duplicate = 5};
    struct client *p = sim_person(s, &conf, scene_codec(s), 1 + rng_below(&s->rng, 3), 0);
    p->pub[1].key_every = 1500 * USEC_PER_MS;
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    sim_links(s, p, &line);
    for (unsigned i = 0; i < 6; i++) {
        struct client *v = scene_viewer(s, &conf, 1);
        sim_settle(s);
        sim_links(s, v, &line);
        sim_run(s, 1200 * USEC_PER_MS + rng_below(&s->rng, 500000));
        const struct sink *k = scene_picture(v);
        sim_check(s, k->keys > 0 && k->frames > 20, "%s sees %d frames", v->id, (int)k->frames);
        sim_check(s, s->now - k->frame_at < 700 * USEC_PER_MS, "%s sees nothing for %d ms",
                  v->id, (int)((s->now - k->frame_at) / USEC_PER_MS));
    }
}

static void joiner_under_loss_gets_a_whole_picture(void **state)
{
    (void)state;
    sim_each_seed(__func__, join_under_loss, 50);
}

/** On a clean line: every frame since the keyframe, once, whatever was cached or live. */
static void one_sequence(struct sim *s)
{
    struct client *p = publisher(s, 1, 0);
    sim_settle(s);
    sim_run(s, 300000 + rng_below(&s->rng, 3000000));
    p->pub[1].layer[0].packets_per_frame = 1 + rng_below(&s->rng, 5);
    struct client *v = scene_viewer(s, NULL, 1);
    struct sink *k = scene_picture(v);
    sim_settle(s);
    sim_run(s, USEC_PER_SEC + rng_below(&s->rng, 1000000));
    const uint64_t lag = 4; // frames on their way
    sim_check(s, scene_requests(p) == 0, "a keyframe was asked for");
    sim_check(s, sim_stat(s, "replayed") > 0, "nothing came out of the cache");
    sim_check(s, k->lost == 0 && k->passed == 0 && k->doubled == 0 && k->nacks == 0,
              "lost %d, doubled %d, asked %d", (int)k->lost, (int)k->doubled, (int)k->nacks);
    sim_check(s, k->keys == 1 && k->frames + lag >= p->pub[1].layer[0].frame,
              "of %u frames %d were seen", p->pub[1].layer[0].frame, (int)k->frames);
}

static void replay_and_live_make_one_sequence(void **state)
{
    (void)state;
    sim_each_seed(__func__, one_sequence, 100);
}

/** What somebody's camera sees while it is muted is nobody's, then or later. */
static void mute_and_join(struct sim *s)
{
    struct client *p = publisher(s, 1 + rng_below(&s->rng, 3), USEC_PER_SEC);
    struct client *v = scene_viewer(s, NULL, 1);
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    sim_mute(s, p, SOURCE_CAMERA, true); // and it goes on sending
    const usec_t from = s->now;
    sim_run(s, 500000 + rng_below(&s->rng, 1000000));
    sim_mute(s, p, SOURCE_CAMERA, false);
    const usec_t to = s->now;
    struct client *late = scene_viewer(s, NULL, 1);
    for (unsigned i = 0; i < 400; i++) {
        sim_run(s, 2 * USEC_PER_MS);
        for (unsigned k = 0; k < 2; k++) {
            const struct sink *sink = scene_picture(k ? late : v);
            // What was on its way to the server when it was told may be of either side.
            sim_check(s, !sink->any || sink->seen.at < from || sink->seen.at > to - 40000,
                      "%s sees a muted camera", k ? late->id : v->id);
        }
    }
    sim_run(s, USEC_PER_SEC);
    sim_check(s, s->now - scene_picture(late)->frame_at < 100 * USEC_PER_MS, "it sees nothing");
}

static void muted_pictures_are_never_replayed(void **state)
{
    (void)state;
    sim_each_seed(__func__, mute_and_join, 40);
}

/** Whether the publisher answers reference times or its repairs must tell the distance. */
static void far_publisher(struct sim *s)
{
    const struct client_conf conf = {.no_xr = rng_chance(&s->rng, 500)};
    const struct link line = {
        .delay = 10000 + rng_below(&s->rng, 190000), .jitter = 3000, .loss = 30};
    struct client *p = sim_person(s, &conf, scene_codec(s), 1, 0);
    struct client *v = scene_viewer(s, NULL, 1);
    p->pub[1].layer[0].packets_per_frame = 4;
    sim_settle(s);
    s->up[p->number] = line;
    s->down[p->number] = (struct link){.delay = line.delay};
    sim_run(s, 4 * USEC_PER_SEC);
    const struct pub_layer *l = &p->pub[1].layer[0];
    const unsigned asked = l->nacks;
    const uint64_t lost = s->up[p->number].lost;
    sim_run(s, 15 * USEC_PER_SEC);
    const double each = (double)(l->nacks - asked) / (double)(s->up[p->number].lost - lost);
    // Some that are lost are feedback or audio, and some repairs are lost again.
    sim_check(s, each > 0.5 && each < 1.6, "at %d ms a lost packet was asked for %.2f times",
              (int)(2 * line.delay / 1000), each);
    sim_check(s, scene_picture(v)->lost < 6, "%d were never repaired",
              (int)scene_picture(v)->lost);
}

static void rtt_to_publisher_gates_nack(void **state)
{
    (void)state;
    sim_each_seed(__func__, far_publisher, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joiner_needs_no_pli_when_warm),
        cmocka_unit_test(one_request_serves_the_joiners_of_four_seconds),
        cmocka_unit_test(switch_to_a_warm_layer_needs_no_pli),
        cmocka_unit_test(ten_viewers_turning_to_a_speaker_are_one_request),
        cmocka_unit_test(pli_storm_is_one_pli),
        cmocka_unit_test(broken_decoder_is_healed_by_the_cache),
        cmocka_unit_test(joiner_under_loss_gets_a_whole_picture),
        cmocka_unit_test(replay_and_live_make_one_sequence),
        cmocka_unit_test(muted_pictures_are_never_replayed),
        cmocka_unit_test(rtt_to_publisher_gates_nack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
