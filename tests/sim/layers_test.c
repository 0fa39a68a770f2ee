/* Layers inside a stream: who shows little gets little, and all of it can be decoded. What is
 * checked of every packet is in sink.c and sink_layers.c. */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    enum media_codec codec;
    bool dd;
    struct shape_mode mode;
} kinds[10] = {
    {CODEC_VP9, false, {3, 3, false}}, {CODEC_VP9, false, {3, 3, true}},
    {CODEC_AV1, true, {3, 3, false}},  {CODEC_AV1, true, {3, 3, true}},
    {CODEC_VP9, true, {3, 1, true}},   {CODEC_AV1, true, {2, 2, false}},
    {CODEC_VP8, false, {1, 3, false}}, {CODEC_H264, true, {1, 3, false}},
    {CODEC_AV1, true, {1, 3, false}},  {CODEC_VP8, true, {1, 2, false}},
};
#define KINDS   10u
#define SPATIAL 6u ///< of them, the first ones, have spatial layers

/** Somebody whose camera has layers inside: 1280 x 720 at the top. */
static struct client *layered(struct sim *s, unsigned kind, const struct client_conf *conf)
{
    struct client *c = sim_person(s, conf, kinds[kind].codec, 1, 0);
    c->pub[1].mode = kinds[kind].mode;
    c->pub[1].dd = kinds[kind].dd;
    return c;
}

static struct client *viewer(struct sim *s, const struct client_conf *conf)
{
    struct client *c = sim_client(s, conf);
    client_receive_pairs(c, 1);
    sim_join(s, c);
    return c;
}

static void want_width(struct sim *s, const struct client *c, uint16_t width)
{
    struct letter_want w = {.width = width, .height = (uint16_t)(width * 9 / 16)};
    memcpy(w.mid, c->sink[1]->mid, sizeof(w.mid));
    sim_want(s, c, &w);
}

static struct link bad_line(struct sim *s)
{
    return (struct link){.delay = 10000 + rng_below(&s->rng, 30000),
                         .jitter = rng_below(&s->rng, 15000),
                         .loss = rng_below(&s->rng, 30),
                         .reorder = rng_below(&s->rng, 30),
                         .duplicate = rng_below(&s->rng, 10)};
}

static void switch_layers(struct sim *s)
{
    const struct client_conf conf = {.no_rtx = rng_chance(&s->rng, 300)};
    const unsigned kind = (unsigned)s->seed % KINDS;
    struct client *p = layered(s, kind, NULL);
    struct client *v = viewer(s, &conf);
    const struct sink *k = v->sink[1];
    sim_settle(s);
    const struct link line = bad_line(s);
    sim_links(s, p, &line);
    sim_links(s, v, &line);
    bool seen[4] = {false};
    for (unsigned i = 0; i < 12; i++) {
        want_width(s, v, (uint16_t)(300u << rng_below(&s->rng, 3)));
        sim_run(s, 700 * USEC_PER_MS + rng_below(&s->rng, 1000000));
        seen[k->seen.sid] = true;
    }
    sim_check(s, kinds[kind].mode.spatial == 1 || seen[0] + seen[1] + seen[2] > 1,
              "the layer never changed");
    sim_check(s, k->frames > 250, "only %d pictures", (int)k->frames);
    sim_check(s, k->lost < 5, "%d packets never came", (int)k->lost);
    sim_check(s, k->longest_pause < 1200 * USEC_PER_MS, "no picture for %d ms",
              (int)(k->longest_pause / USEC_PER_MS));
}

static void layer_switch_has_no_gap(void **state)
{
    (void)state;
    sim_each_seed(__func__, switch_layers, 100);
}

static void choose_by_size(struct sim *s)
{
    const unsigned kind = (unsigned)s->seed % SPATIAL;
    const struct shape_mode mode = kinds[kind].mode;
    struct client *p = layered(s, kind, NULL);
    struct client *v = viewer(s, NULL), *other = viewer(s, NULL);
    const struct sink *k = v->sink[1];
    sim_settle(s);
    want_width(s, other, 1280);
    for (unsigned i = 0; i < 6; i++) {
        const unsigned sid = rng_below(&s->rng, mode.spatial);
        const uint16_t width = (uint16_t)(1280u >> (mode.spatial - 1 - sid));
        want_width(s, v, width);
        sim_run(s, 2500 * USEC_PER_MS);
        const uint64_t bytes = k->bytes, all = other->sink[1]->bytes;
        sim_run(s, USEC_PER_SEC);
        sim_check(s, k->seen.sid == sid, "for %u pixels layer %u is sent", width, k->seen.sid);
        sim_check(s, sim_seat(s, v, k)->width == width, "control is told of %u pixels",
                  sim_seat(s, v, k)->width);
        sim_check(s, other->sink[1]->seen.sid == mode.spatial - 1, "the other has layer %u",
                  other->sink[1]->seen.sid);
        sim_check(s,
                  mode.key || sid + 1 == mode.spatial ||
                      (k->bytes - bytes) * 10 < (other->sink[1]->bytes - all) * 8,
                  "the lower one is as large as the whole");
    }
    sim_check(s, k->plis == 0 && k->undecodable == 0, "a keyframe had to be asked for");
    (void)p;
}

static void small_tile_gets_the_low_spatial_layer(void **state)
{
    (void)state;
    sim_each_seed(__func__, choose_by_size, 30);
}

static void change_in_midstream(struct sim *s)
{
    struct client *p = layered(s, (unsigned)s->seed % KINDS, NULL);
    struct client *v = viewer(s, NULL);
    struct pub *camera = &p->pub[1];
    const struct sink *k = v->sink[1];
    sim_settle(s);
    want_width(s, v, 1280);
    for (unsigned i = 0; i < 8; i++) {
        if (rng_chance(&s->rng, 500)) {
            const unsigned kind = rng_below(&s->rng, KINDS);
            camera->mode = kinds[kind].mode;
            camera->dd = kinds[kind].dd;
            pub_restart(camera, kinds[kind].codec, rng_chance(&s->rng, 500));
        } else {
            pub_resize(camera, rng_chance(&s->rng, 500) ? 960 : 1280, 540);
        }
        if (rng_chance(&s->rng, 300))
            want_width(s, v, (uint16_t)(300u << rng_below(&s->rng, 3)));
        sim_run(s, 2 * USEC_PER_SEC);
        sim_check(s, k->seen.incarnation == camera->incarnation, "change %u is not seen", i);
        sim_check(s, s->now - k->frame_at < 200 * USEC_PER_MS, "no picture for %d ms",
                  (int)((s->now - k->frame_at) / USEC_PER_MS));
    }
}

static void resolution_and_codec_change_in_midstream(void **state)
{
    (void)state;
    sim_each_seed(__func__, change_in_midstream, 40);
}

static void point_outside(struct sim *s)
{
    struct client *bad = layered(s, (unsigned)s->seed % KINDS, NULL);
    struct client *good = layered(s, (unsigned)(s->seed + 1) % KINDS, NULL);
    struct client *v = sim_client(s, NULL);
    bad->pub[1].dd = bad->pub[1].dd_wild = true;
    client_receive_pairs(v, 2);
    sim_join(s, v);
    sim_settle(s);
    sim_run(s, 4 * USEC_PER_SEC);
    for (unsigned i = 0; i < 2; i++) {
        const struct sink *k = sim_find(s, v, i ? good : bad, SOURCE_CAMERA);
        sim_check(s, k && k->frames > 80, "only %d pictures of the %s one",
                  k ? (int)k->frames : -1, i ? "good" : "bad");
        sim_check(s, k->plis == 0, "a keyframe had to be asked for");
    }
}

static void dd_that_points_outside_harms_nobody(void **state)
{
    (void)state;
    sim_each_seed(__func__, point_outside, 20);
}

static void no_descriptor(struct sim *s)
{
    const struct client_conf conf = {.no_mixed = true};
    struct client *p = layered(s, 2 + (unsigned)s->seed % 2, NULL);
    struct client *v = viewer(s, &conf);
    const struct sink *k = v->sink[1];
    sim_settle(s);
    want_width(s, v, 1280);
    sim_run(s, 2 * USEC_PER_SEC);
    const uint64_t frames = k->frames;
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, k->seen.sid == 0, "layer %u is sent", k->seen.sid);
    sim_check(s, k->frames - frames > 50, "only %d pictures", (int)(k->frames - frames));
    (void)p;
}

static void who_reads_no_descriptor_gets_the_lowest_layer_of_av1(void **state)
{
    (void)state;
    sim_each_seed(__func__, no_descriptor, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_switch_has_no_gap),
        cmocka_unit_test(small_tile_gets_the_low_spatial_layer),
        cmocka_unit_test(resolution_and_codec_change_in_midstream),
        cmocka_unit_test(dd_that_points_outside_harms_nobody),
        cmocka_unit_test(who_reads_no_descriptor_gets_the_lowest_layer_of_av1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
