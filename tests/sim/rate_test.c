/* Lines that are narrow, change, or lie: what each viewer gets follows its own. */
#include "scene.h"

#include "room/downlink.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define KBIT UINT64_C(1000)
#define MBIT UINT64_C(1000000)

/** A microphone, and a camera of 150, 600 and 1800 kbit/s. */
static struct client *publisher(struct sim *s)
{
    struct client *p = sim_person(s, NULL, scene_codec(s), 3, 0);
    static const unsigned packets[] = {1, 4, 12};
    p->pub[1].payload = 600;
    for (unsigned i = 0; i < 3; i++)
        p->pub[1].layer[i].packets_per_frame = packets[i];
    return p;
}

static void line(struct sim *s, const struct client *c, uint64_t bps)
{
    struct link *l = &s->down[c->number];
    l->rate_bps = bps;
    l->queue = 400 * USEC_PER_MS;
}

static unsigned layer_of(const struct client *v)
{
    return scene_picture(v)->seen.layer;
}

static const struct downlink *way_to(const struct sim *s, const struct client *c)
{
    const struct room *r = map_get(&s->worker->rooms, SIM_ROOM, strlen(SIM_ROOM));
    return room_member(r, c->id)->down;
}

static void fall(struct sim *s)
{
    publisher(s);
    struct client *v = scene_viewer(s, NULL, 1);
    struct sink *k = scene_picture(v);
    sim_settle(s);
    line(s, v, 4 * MBIT);
    sim_run(s, 12 * USEC_PER_SEC);
    sim_check(s, layer_of(v) == 2, "on a wide line it is layer %u", layer_of(v));
    line(s, v, 350 * KBIT);
    k->longest_pause = 0;
    sim_run(s, 8 * USEC_PER_SEC);
    sim_check(s, k->longest_pause < 5 * USEC_PER_SEC, "the picture stood for %d ms",
              (int)(k->longest_pause / USEC_PER_MS));
    sim_check(s, layer_of(v) == 0, "on a narrow line it is layer %u", layer_of(v));
    sim_check(s, strcmp(sim_seat(s, v, k)->why, "bandwidth_limited") == 0, "it is said: \"%s\"",
              sim_seat(s, v, k)->why);
    const uint64_t frames = k->frames, lost = k->lost;
    k->longest_pause = 0;
    sim_run(s, 10 * USEC_PER_SEC);
    sim_check(s, k->frames - frames > 120, "only %d frames in 10 s", (int)(k->frames - frames));
    sim_check(s, k->lost - lost < 20, "%d packets never came", (int)(k->lost - lost));
    sim_check(s, k->longest_pause < USEC_PER_SEC, "and then it stood for %d ms",
              (int)(k->longest_pause / USEC_PER_MS));
}

static void rate_falls_and_video_survives(void **state)
{
    (void)state;
    sim_each_seed(__func__, fall, 8);
}

static void climb(struct sim *s)
{
    publisher(s);
    struct client *v = scene_viewer(s, NULL, 1);
    line(s, v, 300 * KBIT);
    sim_settle(s);
    sim_run(s, 15 * USEC_PER_SEC);
    sim_check(s, layer_of(v) == 0 && scene_picture(v)->frames > 100,
              "on a narrow line it is layer %u, %d frames", layer_of(v),
              (int)scene_picture(v)->frames);
    line(s, v, 5 * MBIT);
    sim_run(s, 25 * USEC_PER_SEC);
    sim_check(s, layer_of(v) == 2, "25 s on a wide line, and it is layer %u", layer_of(v));
    sim_check(s, sim_stat(s, "probes") > 0, "nobody probed");
}

static void rate_rises_and_the_layer_follows(void **state)
{
    (void)state;
    sim_each_seed(__func__, climb, 8);
}

static void begin_wide(struct sim *s)
{
    publisher(s);
    struct client *v = scene_viewer(s, NULL, 1);
    line(s, v, 20 * MBIT);
    sim_settle(s);
    sim_run(s, 6 * USEC_PER_SEC);
    sim_check(s, layer_of(v) == 2, "6 s on a wide line, and it is layer %u", layer_of(v));
}

static void wide_line_has_the_best_layer_within_seconds(void **state)
{
    (void)state;
    sim_each_seed(__func__, begin_wide, 8);
}

static void share_screen(struct sim *s)
{
    struct client *p = publisher(s);
    struct pub *screen = client_publish(p, SOURCE_SCREEN, CODEC_VP8, 1);
    screen->payload = 1000;
    screen->layer[0].packets_per_frame = 4;
    screen->interval = 100 * USEC_PER_MS; // 320 kbit/s
    sim_agree(s, p);
    struct client *v = sim_client(s, NULL);
    client_receive_pairs(v, 1);
    struct sink *k = client_receive(v, KIND_VIDEO, SLOT_SCREEN, 0);
    sim_join(s, v);
    line(s, v, 250 * KBIT);
    sim_settle(s);
    sim_run(s, 10 * USEC_PER_SEC);
    for (unsigned i = 0; i < 6; i++) {
        const uint64_t frames = k->frames;
        sim_run(s, 5 * USEC_PER_SEC);
        sim_check(s, k->frames > frames + 3, "the screen stood still for 5 s");
        sim_check(s, way_to(s, v)->owner->slot[2]->track, "nobody is seated there");
    }
}

static void screen_text_is_never_suspended(void **state)
{
    (void)state;
    sim_each_seed(__func__, share_screen, 6);
}

static void hold(struct sim *s)
{
    publisher(s);
    struct client *v = scene_viewer(s, NULL, 1);
    const struct sink *k = scene_picture(v);
    static const uint64_t rate[] = {300 * KBIT, 900 * KBIT, 1300 * KBIT, 3 * MBIT};
    line(s, v, rate[rng_below(&s->rng, 4)]);
    sim_settle(s);
    sim_run(s, 30 * USEC_PER_SEC);
    for (unsigned minute = 0; minute < 2; minute++) {
        const uint64_t before = k->layer_switches, frames = k->frames;
        sim_run(s, 60 * USEC_PER_SEC);
        sim_check(s, k->layer_switches - before <= 2, "%d switches in a minute at %d kbit/s",
                  (int)(k->layer_switches - before), (int)(s->down[v->number].rate_bps / KBIT));
        sim_check(s, k->frames > frames + 600, "only %d frames", (int)(k->frames - frames));
    }
}

static void steady_link_changes_layer_at_most_twice_a_minute(void **state)
{
    (void)state;
    sim_each_seed(__func__, hold, 8);
}

static void squeeze(struct sim *s)
{
    publisher(s);
    struct client *v = scene_viewer(s, NULL, 1);
    struct sink *k = v->sink[0];
    line(s, v, 130 * KBIT);
    sim_settle(s);
    sim_run(s, 10 * USEC_PER_SEC);
    const uint64_t lost = k->lost, packets = k->packets;
    k->longest_pause = 0;
    sim_run(s, 20 * USEC_PER_SEC);
    sim_check(s, k->packets - packets > 960, "only %d of 1000 packets of sound",
              (int)(k->packets - packets));
    sim_check(s, k->lost - lost < 30, "%d packets of sound are lost", (int)(k->lost - lost));
    sim_check(s, k->longest_pause < 500 * USEC_PER_MS, "no sound for %d ms",
              (int)(k->longest_pause / USEC_PER_MS));
}

static void audio_is_never_starved(void **state)
{
    (void)state;
    sim_each_seed(__func__, squeeze, 8);
}

/** The newest number sent on each SSRC. */
struct order {
    struct {
        uint32_t ssrc;
        uint16_t seq;
    } of[32];
    unsigned count, back, packets;
};

static void watch_order(struct sim *s, unsigned who, const uint8_t *bytes, size_t len)
{
    struct order *o = s->tap_data;
    (void)who;
    if (len < 12 || bytes[0] >> 6 != 2 || (bytes[1] >= 192 && bytes[1] <= 223))
        return;
    unsigned i = 0;
    while (i < o->count && o->of[i].ssrc != rd32(bytes + 8))
        i++;
    if (i == 32)
        return;
    const uint16_t seq = rd16(bytes + 2);
    if (i == o->count) {
        o->of[o->count++].ssrc = rd32(bytes + 8);
    } else {
        o->back += (int16_t)(uint16_t)(seq - o->of[i].seq) <= 0;
    }
    o->of[i].seq = seq;
    o->packets++;
}

static void pace(struct sim *s)
{
    struct order o = {0};
    struct client *p = publisher(s);
    p->pub[1].payload = 1200;
    p->pub[1].interval = 100 * USEC_PER_MS; // large frames, one after a pause
    struct client *v = scene_viewer(s, NULL, 1);
    s->tap = watch_order;
    s->tap_data = &o;
    line(s, v, 1800 * KBIT);
    sim_settle(s);
    sim_run(s, 20 * USEC_PER_SEC);
    sim_check(s, sim_stat(s, "paced") > 50, "only %d packets waited",
              (int)sim_stat(s, "paced"));
    sim_check(s, o.packets > 1000, "only %u packets", o.packets);
    sim_check(s, o.back == 0, "%u of %u packets left in another order", o.back, o.packets);
    s->tap = NULL;
}

static void pacer_does_not_reorder(void **state)
{
    (void)state;
    sim_each_seed(__func__, pace, 8);
}

/** Transport-wide feedback on packets that may never have been sent. */
static void lie(struct sim *s, struct client *c)
{
    static struct twcc_recv made_up;
    uint8_t out[CLIENT_PACKET];
    twcc_recv_init(&made_up);
    uint16_t seq = (uint16_t)rng_u32(&s->rng);
    usec_t at = USEC_PER_SEC * (1 + (usec_t)rng_below(&s->rng, 100000));
    for (unsigned i = 0; i < 60; i++) {
        seq = (uint16_t)(seq + rng_below(&s->rng, 4));
        at += rng_below(&s->rng, 3000);
        twcc_recv_on_packet(&made_up, seq, at);
    }
    const size_t len = twcc_recv_write(&made_up, out, 1200, c->ssrc, 1);
    if (len)
        client_send_rtcp(c, out, len);
}

static void suffer_liars(struct sim *s)
{
    publisher(s);
    struct client *liar = scene_viewer(s, NULL, 1), *v = scene_viewer(s, NULL, 1);
    line(s, v, 4 * MBIT);
    line(s, liar, 4 * MBIT);
    sim_settle(s);
    for (unsigned i = 0; i < 1500; i++) {
        lie(s, liar);
        sim_run(s, 10 * USEC_PER_MS);
    }
    struct estimate e = way_to(s, liar)->estimate;
    sim_check(s, e.lies > 100, "only %d lies were noticed", (int)e.lies);
    sim_check(s, e.target_bps <= ESTIMATOR_MAX_BPS, "it believes %d", (int)e.target_bps);
    sim_check(s, layer_of(v) == 2, "the other one gets layer %u", layer_of(v));
    sim_check(s, scene_picture(v)->longest_pause < USEC_PER_SEC, "its picture stood");
    sim_check(s, scene_picture(liar)->frames > 100, "the liar sees nothing");
}

static void lying_feedback_harms_nobody_else(void **state)
{
    (void)state;
    sim_each_seed(__func__, suffer_liars, 6);
}

static void follow_remb(struct sim *s)
{
    const struct client_conf conf = {.no_numbers = true, .remb_bps = 300 * KBIT};
    publisher(s);
    struct client *v = scene_viewer(s, &conf, 1);
    sim_settle(s);
    sim_run(s, 10 * USEC_PER_SEC);
    sim_check(s, layer_of(v) == 0, "for 300 kbit/s it is layer %u", layer_of(v));
    v->conf.remb_bps = 1200 * KBIT;
    sim_run(s, 15 * USEC_PER_SEC);
    sim_check(s, layer_of(v) == 1, "for 1200 kbit/s it is layer %u", layer_of(v));
    v->conf.remb_bps = 4 * MBIT;
    sim_run(s, 15 * USEC_PER_SEC);
    sim_check(s, layer_of(v) == 2, "for 4 Mbit/s it is layer %u", layer_of(v));
    sim_check(s, way_to(s, v)->estimate.source == ESTIMATE_REMB, "it is not its estimate");
    sim_check(s, sim_stat(s, "padding") == 0, "padding for one who counts no packets");
}

static void remb_only_viewer_follows(void **state)
{
    (void)state;
    sim_each_seed(__func__, follow_remb, 8);
}

/** Somebody sends ten times what was meant for one. */
static void flood(struct sim *s)
{
    struct client *p = sim_person(s, NULL, CODEC_VP8, 1, 0), *q = publisher(s);
    p->pub[1].payload = 1100;
    p->pub[1].layer[0].packets_per_frame = 38; // 10 Mbit/s
    struct client *v = scene_viewer(s, NULL, 2), *w = scene_viewer(s, NULL, 2);
    line(s, v, MBIT);
    line(s, w, 20 * MBIT);
    sim_settle(s);
    sim_run(s, 15 * USEC_PER_SEC);
    const struct sink *voice = sim_find(s, v, q, SOURCE_MICROPHONE);
    const struct sink *face = sim_find(s, v, q, SOURCE_CAMERA);
    sim_check(s, voice && face, "somebody is not seated");
    const uint64_t heard = voice->packets, seen = face->frames;
    sim_run(s, 10 * USEC_PER_SEC);
    sim_check(s, voice->packets - heard > 450, "only %d packets of sound",
              (int)(voice->packets - heard));
    sim_check(s, face->frames - seen > 100, "only %d frames of the other one",
              (int)(face->frames - seen));
    const struct sink *wide = sim_find(s, w, p, SOURCE_CAMERA);
    sim_check(s, wide && wide->frames > 200, "who could take it does not get it");
}

static void one_who_floods_starves_nobody(void **state)
{
    (void)state;
    sim_each_seed(__func__, flood, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rate_falls_and_video_survives),
        cmocka_unit_test(rate_rises_and_the_layer_follows),
        cmocka_unit_test(wide_line_has_the_best_layer_within_seconds),
        cmocka_unit_test(screen_text_is_never_suspended),
        cmocka_unit_test(steady_link_changes_layer_at_most_twice_a_minute),
        cmocka_unit_test(audio_is_never_starved),
        cmocka_unit_test(pacer_does_not_reorder),
        cmocka_unit_test(lying_feedback_harms_nobody_else),
        cmocka_unit_test(remb_only_viewer_follows),
        cmocka_unit_test(one_who_floods_starves_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
