/* What a viewer gets: layers, sources, losses, keyframes. Every packet is checked in sink.c. */
#include "sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum media_codec codec_of(const struct sim *s)
{
    return CODEC_VP8 + s->seed % 4;
}

/** A line as Wi-Fi has it. */
static struct link bad_line(struct sim *s)
{
    return (struct link){.delay = 10000 + rng_below(&s->rng, 30000),
                         .jitter = rng_below(&s->rng, 15000),
                         .loss = rng_below(&s->rng, 30),
                         .reorder = rng_below(&s->rng, 30),
                         .duplicate = rng_below(&s->rng, 10)};
}

/** Somebody who only watches. */
static struct client *viewer(struct sim *s, const struct client_conf *conf, unsigned pairs)
{
    struct client *c = sim_client(s, conf);
    client_receive_pairs(c, pairs);
    sim_join(s, c);
    return c;
}

static struct sink *video_sink(const struct client *c)
{
    return c->sink[1];
}

static void want_size(struct sim *s, const struct client *c, uint16_t width, uint16_t height)
{
    struct letter_want w = {.width = width, .height = height};
    memcpy(w.mid, video_sink(c)->mid, sizeof(w.mid));
    sim_want(s, c, &w);
}

static void switch_layers(struct sim *s)
{
    static const uint16_t size[][2] = {{160, 90}, {640, 360}, {1280, 720}};
    const struct client_conf conf = {.no_rtx = rng_chance(&s->rng, 300),
                                     .two_byte = rng_chance(&s->rng, 400)};
    struct client *p = sim_person(s, NULL, codec_of(s), 3, 0);
    struct client *v = viewer(s, &conf, 1);
    sim_settle(s);
    const struct link line = bad_line(s);
    sim_links(s, p, &line);
    sim_links(s, v, &line);
    for (unsigned i = 0; i < 12; i++) {
        const uint16_t *to = size[(i + rng_below(&s->rng, 2)) % 3];
        want_size(s, v, to[0], to[1]);
        sim_run(s, 700 * USEC_PER_MS + rng_below(&s->rng, 1000000));
    }
    const struct sink *k = video_sink(v);
    sim_check(s, k->layer_switches > 2, "only %d switches", (int)k->layer_switches);
    sim_check(s, k->frames > 250, "only %d frames", (int)k->frames);
    sim_check(s, k->lost < 5, "%d packets never came", (int)k->lost);
    sim_check(s, k->longest_pause < 1200 * USEC_PER_MS, "no picture for %d ms",
              (int)(k->longest_pause / USEC_PER_MS));
}

static void layer_switch_has_no_gap(void **state)
{
    (void)state;
    sim_each_seed(__func__, switch_layers, 60);
}

/** The viewer wants to see this one, and nobody else, on its only pair. */
static void show(struct sim *s, const struct client *v, const struct client *of)
{
    struct letter_want w = {.source = SOURCE_CAMERA};
    memcpy(w.mid, video_sink(v)->mid, sizeof(w.mid));
    memcpy(w.of, of->id, sizeof(w.of));
    sim_want(s, v, &w);
}

static void switch_sources(struct sim *s)
{
    struct client *p[3], *v;
    for (unsigned i = 0; i < 3; i++) {
        p[i] = sim_person(s, NULL, codec_of(s), 1 + rng_below(&s->rng, 3), 0);
        p[i]->pub[1].ids = !rng_chance(&s->rng, 300);
    }
    v = viewer(s, NULL, 1);
    sim_settle(s);
    for (unsigned i = 0; i < 8; i++) {
        const struct client *next = p[(i + rng_below(&s->rng, 2)) % 3];
        const struct sink *audio = v->sink[0], *video = video_sink(v);
        show(s, v, next);
        const uint64_t keys = video->keys;
        while (i > 0 && video->keys == keys && next->number != video->seen.client)
            sim_run(s, 10 * USEC_PER_MS);
        // The report comes once it has caught up, not with the next round of reports.
        for (unsigned turn = 0; i > 0 && turn < 150; turn++) {
            sim_run(s, 10 * USEC_PER_MS);
            if (turn > 15 && audio->has_skew && video->has_skew)
                break;
        }
        if (i == 0) // theirs have to come first
            sim_run(s, 1500 * USEC_PER_MS);
        sim_check(s, audio->has_skew && video->has_skew, "no sender report with the switch");
        sim_run(s, 1000 * USEC_PER_MS + rng_below(&s->rng, 1500000));
        sim_check(s, video->seen.client == next->number && audio->seen.client == next->number,
                  "%s is not who was wanted", next->id);
        sim_check(s, audio->has_skew && video->has_skew, "no sender report since the switch");
        sim_check(s, llabs(audio->skew_us) < 5000 && llabs(video->skew_us) < 5000,
                  "the reports are off by %lld us (audio) and %lld us (video)",
                  (long long)audio->skew_us, (long long)video->skew_us);
    }
    sim_check(s, video_sink(v)->switches > 3, "only %d switches", (int)video_sink(v)->switches);
}

static void source_switch_keeps_lipsync(void **state)
{
    (void)state;
    sim_each_seed(__func__, switch_sources, 40);
}

/** Layers of one source must not move its picture against its sound, reports or no reports. */
static void switch_layers_in_step(struct sim *s)
{
    struct client *p = sim_person(s, NULL, codec_of(s), 3, 0);
    struct client *v = viewer(s, NULL, 1);
    // When a packet arrives says little of when it was captured.
    s->up[p->number].jitter = 60 * USEC_PER_MS;
    sim_settle(s);
    sim_run(s, 3 * USEC_PER_SEC);
    for (unsigned i = 0; i < 20; i++) {
        const uint16_t width = (uint16_t)(320u << rng_below(&s->rng, 3));
        want_size(s, v, width, (uint16_t)(width * 9 / 16));
        // What it catches up with is paced.
        sim_run(s, 800 * USEC_PER_MS + rng_below(&s->rng, 800000));
        const struct sink *k = video_sink(v);
        sim_check(s, k->has_skew && llabs(k->skew_us) < 10000, "the picture is off by %lld us",
                  (long long)k->skew_us);
    }
    (void)p;
}

static void layer_switch_keeps_lipsync(void **state)
{
    (void)state;
    sim_each_seed(__func__, switch_layers_in_step, 20);
}

static void repair(struct sim *s)
{
    const struct client_conf conf = {.no_rtx = rng_chance(&s->rng, 500)};
    const struct link line = {.delay = 20000, .jitter = 5000, .loss = 50};
    struct client *p = sim_person(s, &conf, codec_of(s), 1, 0);
    struct client *v = viewer(s, &conf, 1);
    p->pub[1].layer[0].packets_per_frame = 4;
    sim_settle(s);
    sim_links(s, p, &line);
    sim_links(s, v, &line);
    sim_run(s, 2 * USEC_PER_SEC);
    const struct sink *k = video_sink(v);
    const uint64_t seen = k->frames, lost = k->lost;
    const uint32_t sent = p->pub[1].layer[0].frame;
    sim_run(s, 15 * USEC_PER_SEC);
    const unsigned published = p->pub[1].layer[0].frame - sent;
    // What is on its way, or still being asked for, has not been seen yet.
    sim_check(s, k->frames - seen + 20 > published, "of %u frames only %d were seen", published,
              (int)(k->frames - seen));
    sim_check(s, k->lost - lost < 3, "%d packets never came", (int)(k->lost - lost));
    sim_check(s, p->pub[1].layer[0].nacks > 50, "the publisher was asked only %u times",
              p->pub[1].layer[0].nacks);
    sim_check(s, sim_stat(s, "recovered") > 50, "nothing was recovered");
    sim_check(s, sim_stat(s, "resent") > 50, "nothing was sent again");
}

static void nack_repairs_5_percent_loss(void **state)
{
    (void)state;
    sim_each_seed(__func__, repair, 20);
}

static void join_late(struct sim *s)
{
    struct client *p = sim_person(s, NULL, codec_of(s), 1 + rng_below(&s->rng, 3), 1);
    struct client *a = viewer(s, NULL, 1);
    sim_settle(s);
    sim_run(s, 4 * USEC_PER_SEC);
    sim_check(s, video_sink(a)->keys <= 2 && video_sink(a)->frames > 90,
              "%d keyframes of %d frames", (int)video_sink(a)->keys,
              (int)video_sink(a)->frames);
    struct client *late = viewer(s, NULL, 1);
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    sim_check(s, video_sink(late)->frames > 15, "the late one saw %d frames in a second",
              (int)video_sink(late)->frames);
    sim_check(s, video_sink(late)->keys > 0, "and no keyframe of %s", p->id);
    sim_check(s, video_sink(late)->plis == 0, "it had to ask for one");
    sim_check(s, video_sink(late)->first_at - late->up_at < 200 * USEC_PER_MS,
              "and waited %d ms", (int)((video_sink(late)->first_at - late->up_at) / 1000));
}

static void late_joiner_gets_a_keyframe(void **state)
{
    (void)state;
    sim_each_seed(__func__, join_late, 20);
}

static void restart_publisher(struct sim *s)
{
    const struct client_conf conf = {.no_mid = rng_chance(&s->rng, 200)};
    const unsigned layers = conf.no_mid ? 1 : 1 + rng_below(&s->rng, 3);
    struct client *p = sim_person(s, &conf, codec_of(s), layers, 0);
    struct client *v = viewer(s, NULL, 1);
    sim_settle(s);
    sim_run(s, 3 * USEC_PER_SEC);
    for (unsigned i = 0; i < 6; i++) {
        const unsigned which = rng_below(&s->rng, 2);
        struct pub *pub = &p->pub[which];
        const enum media_codec codec =
            which == 0 ? CODEC_OPUS : CODEC_VP8 + rng_below(&s->rng, 4);
        pub_restart(pub, codec, rng_chance(&s->rng, 500));
        sim_run(s, 1500 * USEC_PER_MS);
        const struct sink *k = v->sink[which];
        sim_check(s, k->seen.incarnation == pub->incarnation, "restart %u is not seen", i);
        sim_check(s, s->now - k->frame_at < 200 * USEC_PER_MS, "no frame for %d ms",
                  (int)((s->now - k->frame_at) / USEC_PER_MS));
    }
}

static void publisher_restart_is_a_new_stream(void **state)
{
    (void)state;
    sim_each_seed(__func__, restart_publisher, 40);
}

static void mute(struct sim *s)
{
    struct client *p = sim_person(s, NULL, codec_of(s), 1 + rng_below(&s->rng, 3), 0);
    struct client *v = viewer(s, NULL, 1);
    struct sink *k = video_sink(v);
    sim_settle(s);
    sim_run(s, 3 * USEC_PER_SEC);
    for (unsigned i = 0; i < 3; i++) {
        const bool stops = rng_chance(&s->rng, 500), freezes = rng_chance(&s->rng, 500);
        sim_mute(s, p, SOURCE_CAMERA, true);
        p->pub[1].stopped = stops; // replaceTrack(null); others send black frames
        sim_run(s, 200 * USEC_PER_MS);
        const uint64_t packets = k->packets;
        const usec_t muted = 300000 + rng_below(&s->rng, 3000000);
        sim_run(s, muted);
        sim_check(s, k->packets == packets, "%d packets came of a muted camera",
                  (int)(k->packets - packets));
        sim_check(s, strcmp(sim_seat(s, v, k)->why, "muted") == 0, "control is not told why");
        if (stops && freezes)
            p->pub[1].frozen += muted;
        p->pub[1].stopped = false;
        p->pub[1].next_at = s->now;
        sim_mute(s, p, SOURCE_CAMERA, false);
        const uint64_t keys = k->keys;
        sim_run(s, 1500 * USEC_PER_MS);
        sim_check(s, k->keys > keys, "no keyframe after the mute");
        sim_check(s, k->packets > packets + 25, "only %d packets after the mute",
                  (int)(k->packets - packets));
    }
}

static void mute_stops_forwarding_and_unmute_starts_at_a_keyframe(void **state)
{
    (void)state;
    sim_each_seed(__func__, mute, 40);
}

static void want_sizes(struct sim *s)
{
    static const struct {
        uint16_t width, height;
        const char *rid;
        uint16_t is;
    } want[] = {{160, 90, "q", 320},    {320, 180, "q", 320}, {700, 394, "h", 640},
                {1280, 720, "f", 1280}, {0, 0, "f", 1280},    {180, 320, "q", 320},
                {1920, 1080, "f", 1280}};
    struct client *p = sim_person(s, NULL, codec_of(s), 3, 0);
    struct client *v = viewer(s, NULL, 1);
    struct sink *k = video_sink(v);
    sim_settle(s);
    for (unsigned i = 0; i < 10; i++) {
        const unsigned n = rng_below(&s->rng, sizeof(want) / sizeof(*want));
        want_size(s, v, want[n].width, want[n].height);
        sim_run(s, 1500 * USEC_PER_MS);
        const struct letter_seat *seat = sim_seat(s, v, k);
        sim_check(s, strcmp(p->pub[1].layer[k->seen.layer].rid, want[n].rid) == 0,
                  "for %u x %u layer %u is sent", want[n].width, want[n].height, k->seen.layer);
        sim_check(s, strcmp(seat->rid, want[n].rid) == 0, "control is told of \"%s\"",
                  seat->rid);
        sim_check(s, seat->width == want[n].is, "and of a width of %u", seat->width);
        sim_check(s, *seat->why == 0, "and of a reason: %s", seat->why);
    }
    p->pub[1].layer[2].stopped = true; // the browser has no bandwidth for it
    want_size(s, v, 1280, 720);
    sim_run(s, 3 * USEC_PER_SEC);
    sim_check(s, strcmp(sim_seat(s, v, k)->rid, "h") == 0, "a dead layer is given");
    sim_check(s, strcmp(sim_seat(s, v, k)->why, "source_limited") == 0, "without a reason");
    sim_check(s, s->now - k->frame_at < 100000, "and the picture stands");
}

static void want_small_gets_the_low_layer(void **state)
{
    (void)state;
    sim_each_seed(__func__, want_sizes, 20);
}

static void report(struct sim *s)
{
    struct client *p = sim_person(s, NULL, codec_of(s), 1, 0);
    struct client *v = viewer(s, NULL, 1);
    sim_settle(s);
    sim_run(s, 3 * USEC_PER_SEC);
    const uint64_t before = p->reports_in;
    const usec_t began = s->now;
    for (unsigned i = 0; i < 20; i++) {
        sim_run(s, rng_below(&s->rng, 1000000));
        for (unsigned k = 0; k < 2; k++)
            sim_check(s, s->now - v->sink[k]->sr_at < 1200 * USEC_PER_MS,
                      "no sender report for %d ms",
                      (int)((s->now - v->sink[k]->sr_at) / USEC_PER_MS));
    }
    const int64_t seconds = (s->now - began) / USEC_PER_SEC;
    sim_check(s, (int64_t)(p->reports_in - before) >= 2 * seconds - 2,
              "only %d reports came to the publisher", (int)(p->reports_in - before));
}

static void everybody_gets_reports_each_second(void **state)
{
    (void)state;
    sim_each_seed(__func__, report, 8);
}

static void outage(struct sim *s)
{
    const struct client_conf conf = {.no_pli = true};
    struct client *p = sim_person(s, NULL, codec_of(s), 1, 0);
    struct client *v = viewer(s, &conf, 1);
    struct sink *k = video_sink(v);
    p->pub[1].layer[0].packets_per_frame = 6;
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    s->up[p->number].loss = 1000;
    sim_run(s, 4 * USEC_PER_SEC);
    s->up[p->number].loss = 0;
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, s->now - k->frame_at < 150 * USEC_PER_MS, "no picture for %d ms",
              (int)((s->now - k->frame_at) / USEC_PER_MS));
    sim_check(s, p->pub[1].layer[0].nacks < 3000, "%u packets were asked for",
              p->pub[1].layer[0].nacks);
}

static void outage_heals_by_a_keyframe(void **state)
{
    (void)state;
    sim_each_seed(__func__, outage, 8);
}

static void pause(struct sim *s)
{
    struct client *p = sim_person(s, NULL, codec_of(s), 1, 0);
    struct client *v = viewer(s, NULL, 1);
    struct sink *k = video_sink(v);
    struct letter_want w = {.paused = true, .source = SOURCE_CAMERA};
    memcpy(w.of, p->id, sizeof(w.of));
    sim_settle(s);
    sim_run(s, 2 * USEC_PER_SEC);
    sim_want(s, v, &w);
    sim_run(s, 300 * USEC_PER_MS);
    const uint64_t packets = k->packets;
    sim_run(s, 2 * USEC_PER_SEC);
    sim_check(s, k->packets == packets, "%d packets came while paused",
              (int)(k->packets - packets));
    sim_check(s, strcmp(sim_seat(s, v, k)->why, "paused") == 0, "control is not told why");
    w.paused = false;
    sim_want(s, v, &w);
    sim_run(s, USEC_PER_SEC);
    sim_check(s, k->packets > packets + 20, "it does not go on");
}

static void paused_slot_sends_nothing(void **state)
{
    (void)state;
    sim_each_seed(__func__, pause, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_switch_has_no_gap),
        cmocka_unit_test(source_switch_keeps_lipsync),
        cmocka_unit_test(layer_switch_keeps_lipsync),
        cmocka_unit_test(nack_repairs_5_percent_loss),
        cmocka_unit_test(late_joiner_gets_a_keyframe),
        cmocka_unit_test(publisher_restart_is_a_new_stream),
        cmocka_unit_test(mute_stops_forwarding_and_unmute_starts_at_a_keyframe),
        cmocka_unit_test(want_small_gets_the_low_layer),
        cmocka_unit_test(everybody_gets_reports_each_second),
        cmocka_unit_test(outage_heals_by_a_keyframe),
        cmocka_unit_test(paused_slot_sends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
