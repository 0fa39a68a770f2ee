/*
 * Decoded truth: real encoders (libvpx, libopus), the worker, real decoders. Every picture that
 * a slot's viewer decodes is read: whose it is, of which layer, when it was captured; every
 * beep that the slot beside it plays says when it was made.
 *
 *   encoder a layer ──▶ pub ──▶ worker ──▶ sink (reorders, asks again) ──▶ decoder ──▶ eye
 *
 * A viewer that catches up decodes pictures that are over as soon as they begin: their times
 * lie closer together than any screen's. What is *shown* is what lasts for a millisecond.
 */
#include "coder.h"
#include "ear.h"
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FRAME_MAX 60000
#define SHOWN     90 // ticks that a picture lasts if it is shown: a millisecond
#define LIPSYNC   60000
#define STUDIOS   4
#define LAYERS    3

/** A publisher's encoders. */
struct studio {
    struct sim *sim;
    struct encoder encoder[LAYERS];
    struct mouth mouth;
    unsigned layers;
};

/** A viewer's eyes on one slot. */
struct eye {
    struct sim *sim;
    struct ear ear; ///< on the sound beside it
    struct decoder decoder;
    uint8_t frame[FRAME_MAX];
    size_t len;
    bool any;             ///< `last` holds
    struct picture last;  ///< decoded last
    uint32_t last_ts;     ///< its time
    bool last_began_long; ///< it came at least a millisecond after the one before
    bool last_has_skew;
    int64_t last_skew;
    bool shown_any;
    struct picture shown; ///< shown last
    bool lossy;           ///< its line, or the publisher's
    unsigned backward;    ///< times it showed an older picture than before
    unsigned decoded, shows, compared, switches, source_switches;
    unsigned seen_layers; ///< bits
    int64_t worst;        ///< us between lips and voice
};

struct stage {
    struct sim *sim;
    unsigned studios, eyes;
    struct studio studio[STUDIOS];
    struct eye *eye[16]; ///< owned
};

static uint32_t clock_of(const struct sim *s, usec_t at)
{
    (void)s;
    return (uint32_t)(at / USEC_PER_MS) & (PICTURE_MS - 1);
}

static struct pub_frame encode(void *ctx, const struct pub *p, const struct mark *m,
                               unsigned tid)
{
    struct studio *st = ctx;
    const struct picture picture = {
        .source = p->owner->number, .layer = m->layer, .ms = clock_of(st->sim, m->at)};
    struct pub_frame f;
    f.bytes = encoder_code(&st->encoder[m->layer], &picture, m->key, tid, &f.len);
    if (f.len > 255 * PUB_CHUNK)
        sim_fail(st->sim, "a frame of %zu bytes", f.len);
    return f;
}

/** Somebody with a camera that makes real pictures. */
static struct client *actor(struct stage *g, enum media_codec codec, unsigned layers)
{
    static const unsigned kbps[LAYERS] = {60, 120, 250};
    struct studio *st = &g->studio[g->studios++];
    struct client *c = sim_client(g->sim, NULL);
    struct pub *voice = client_publish(c, SOURCE_MICROPHONE, CODEC_OPUS, 1);
    struct pub *p = client_publish(c, SOURCE_CAMERA, codec, layers);
    *st = (struct studio){.sim = g->sim, .layers = layers};
    mouth_open(&st->mouth, voice);
    for (unsigned i = 0; i < layers; i++) {
        const unsigned below = layers - 1 - i;
        p->layer[i].width = (uint16_t)(320 >> below);
        p->layer[i].height = (uint16_t)(180 >> below);
        encoder_init(&st->encoder[i], codec, p->layer[i].width, p->layer[i].height,
                     kbps[i + LAYERS - layers]);
    }
    p->encode = encode;
    p->encode_ctx = st;
    sim_join(g->sim, c);
    return c;
}

/** What was shown before lasted until `ts`: it was seen, if it lasted. */
static void judge_last(struct eye *e, uint32_t ts)
{
    if (!e->any || (int32_t)(ts - e->last_ts) < SHOWN)
        return;
    const struct picture *now = &e->last, *before = &e->shown;
    if (e->shown_any && now->source == before->source) {
        const int32_t step = (int32_t)((now->ms - before->ms) << 12) >> 12;
        // A line that loses packets can stop a viewer while it catches up: then it shows for a
        // moment what it has seen before in another layer.
        const bool stopped = e->lossy && now->layer != before->layer && step > -700;
        e->backward += step <= 0 && stopped;
        sim_check(e->sim, step > 0 || stopped,
                  "source %u: %d ms after its last picture it shows layer %u", now->source,
                  step, now->layer);
    }
    if (e->shown_any && (now->source != before->source || now->layer != before->layer)) {
        e->switches++;
        e->source_switches += now->source != before->source;
    }
    e->shown_any = true;
    e->shown = *now;
    e->shows++;
    if (!e->last_has_skew || !e->last_began_long)
        return;
    e->compared++;
    if (llabs(e->last_skew) > e->worst)
        e->worst = llabs(e->last_skew);
    sim_check(e->sim, llabs(e->last_skew) < LIPSYNC, "lips and voice are %lld us apart",
              (long long)e->last_skew);
}

/** How far the picture is from its sound, as the viewer would play both. */
static bool skew_of(const struct eye *e, const struct sink *s, const struct sink_packet *p,
                    const struct picture *seen, int64_t *skew)
{
    const struct ear *ear = &e->ear;
    if (!s->has_sr || !s->sr_fresh || !ear->has_skew || ear->client != p->mark.client)
        return false;
    const int64_t since = (int64_t)(int32_t)(p->ts - s->sr.rtp) * 1000000 / 90000;
    // The capture clock is the picture's own; whole hours of it are the mark's.
    const usec_t ms = p->mark.at / USEC_PER_MS;
    const usec_t at = (ms - ((ms - seen->ms) & (PICTURE_MS - 1))) * USEC_PER_MS;
    const int64_t off = (int64_t)(s->sr.ntp - client_ntp(p->mark.client, at));
    *skew = since + (off >> 16) * 1000000 / 65536 - ear->skew_us;
    // A report of the source before may come behind the switch: everybody's clock is another.
    return llabs(*skew) < 3600 * INT64_C(1000000);
}

static void look(struct eye *e, struct sink *s, const struct sink_packet *p,
                 const vpx_image_t *image)
{
    struct picture seen;
    sim_check(e->sim,
              picture_read(&seen, image->planes[0], image->d_w, image->d_h,
                           (unsigned)image->stride[0]),
              "frame %u of %u/%u cannot be read", p->mark.frame, p->mark.client, p->mark.layer);
    sim_check(e->sim, seen.source == p->mark.client && seen.layer == p->mark.layer,
              "a picture of %u/%u where %u/%u was sent", seen.source, seen.layer,
              p->mark.client, p->mark.layer);
    sim_check(e->sim, seen.ms == clock_of(e->sim, p->mark.at), "a picture of another moment");
    judge_last(e, p->ts);
    e->last_began_long = e->any && (int32_t)(p->ts - e->last_ts) >= SHOWN;
    e->last_has_skew = skew_of(e, s, p, &seen, &e->last_skew);
    e->any = true;
    e->last = seen;
    e->last_ts = p->ts;
    e->decoded++;
    e->seen_layers |= 1u << seen.layer;
}

static void on_packet(void *ctx, struct sink *s, const struct sink_packet *p,
                      const uint8_t *bytes, bool whole, usec_t now)
{
    struct eye *e = ctx;
    (void)now;
    if (p->mark.index == 0)
        e->len = 0;
    sim_check(e->sim, e->len + p->len <= FRAME_MAX, "a frame that is too long");
    memcpy(e->frame + e->len, bytes, p->len);
    e->len += p->len;
    if (!whole)
        return;
    const char *why;
    const vpx_image_t *image = decoder_decode(&e->decoder, p->codec, e->frame, e->len, &why);
    sim_check(e->sim, image, "frame %u of %u/%u (%s): %s", p->mark.frame, p->mark.client,
              p->mark.layer, p->mark.key ? "key" : "delta", why ? why : "no picture");
    look(e, s, p, image);
}

/** Somebody who watches with open eyes. */
static struct client *watcher(struct stage *g, const struct client_conf *conf, struct eye **eye)
{
    struct client *c = sim_client(g->sim, conf);
    client_receive_pairs(c, 1);
    struct eye *e = calloc(1, sizeof(*e));
    if (!e)
        abort();
    g->eye[g->eyes++] = *eye = e;
    e->sim = g->sim;
    ear_open(&e->ear, c->sink[0]);
    sink_watch(scene_picture(c), on_packet, e);
    sim_join(g->sim, c);
    return c;
}

static void close_stage(struct stage *g)
{
    for (unsigned i = 0; i < g->studios; i++) {
        mouth_close(&g->studio[i].mouth);
        for (unsigned k = 0; k < g->studio[i].layers; k++)
            encoder_fini(&g->studio[i].encoder[k]);
    }
    for (unsigned i = 0; i < g->eyes; i++) {
        ear_close(&g->eye[i]->ear);
        decoder_fini(&g->eye[i]->decoder);
        free(g->eye[i]);
    }
}

static struct link bad_line(struct sim *s)
{
    return (struct link){.delay = 10000 + rng_below(&s->rng, 30000),
                         .jitter = rng_below(&s->rng, 15000),
                         .loss = rng_below(&s->rng, 30),
                         .reorder = rng_below(&s->rng, 30),
                         .duplicate = rng_below(&s->rng, 10)};
}

static enum media_codec codec_of(const struct sim *s)
{
    return s->seed % 2 ? CODEC_VP8 : CODEC_VP9;
}

static void want_width(struct sim *s, const struct client *v, uint16_t width)
{
    scene_size(s, v, width, (uint16_t)(width * 9 / 16));
}

static void switch_layers(struct sim *s)
{
    struct stage g = {.sim = s};
    struct eye *e;
    const struct client_conf conf = {.no_rtx = rng_chance(&s->rng, 300)};
    struct client *p = actor(&g, codec_of(s), LAYERS);
    struct client *v = watcher(&g, &conf, &e);
    if (rng_chance(&s->rng, 500)) // so that some switches find their layer warm
        p->pub[1].key_every = 1500 * USEC_PER_MS;
    // Somebody else keeps the other layers alive.
    struct client *w[2] = {scene_viewer(s, NULL, 1), scene_viewer(s, NULL, 1)};
    sim_settle(s);
    want_width(s, w[0], 80);
    want_width(s, w[1], 160);
    const struct link line = bad_line(s);
    sim_links(s, p, &line);
    sim_links(s, v, &line);
    e->lossy = true;
    for (unsigned i = 0; i < 14; i++) {
        want_width(s, v, (uint16_t)(80u << (i + rng_below(&s->rng, 2)) % LAYERS));
        sim_run(s, 400 * USEC_PER_MS + rng_below(&s->rng, 900000));
    }
    sim_check(s, e->switches > 4 && e->seen_layers == 7, "%u switches, layers %x", e->switches,
              e->seen_layers);
    sim_check(s, e->backward * 4 <= e->switches, "of %u switches %u went back", e->switches,
              e->backward);
    sim_check(s, e->shows > 250, "only %u pictures were shown", e->shows);
    sim_check(s, e->compared > 200, "only %u were compared with the sound", e->compared);
    close_stage(&g);
}

static void layer_switches_decode_without_a_flaw(void **state)
{
    (void)state;
    sim_each_seed(__func__, switch_layers, 6);
}

static void switch_sources(struct sim *s)
{
    struct stage g = {.sim = s};
    struct client *p[3], *v[2];
    struct eye *e[2];
    const bool lossy = rng_chance(&s->rng, 600);
    for (unsigned i = 0; i < 3; i++) { // of different codecs, with and without keyframes
        p[i] = actor(&g, rng_chance(&s->rng, 500) ? CODEC_VP8 : CODEC_VP9,
                     1 + rng_below(&s->rng, LAYERS));
        p[i]->pub[1].ids = !rng_chance(&s->rng, 300);
        if (rng_chance(&s->rng, 400))
            p[i]->pub[1].key_every = 2 * USEC_PER_SEC;
    }
    for (unsigned i = 0; i < 2; i++)
        v[i] = watcher(&g, NULL, &e[i]);
    sim_settle(s);
    for (unsigned i = 0; lossy && i < 3; i++) {
        const struct link line = bad_line(s);
        sim_links(s, p[i], &line);
        if (i >= 2)
            continue;
        sim_links(s, v[i], &line);
        e[i]->lossy = true;
    }
    sim_run(s, 1500 * USEC_PER_MS);
    for (unsigned i = 0; i < 10; i++) {
        const struct client *next = p[(i + rng_below(&s->rng, 2)) % 3];
        for (unsigned k = 0; k < 2; k++) {
            scene_show(s, v[k], next);
            sim_run(s, 100000 + rng_below(&s->rng, 600000));
        }
        // On a bad line a keyframe may be lost, and is not asked for again at once.
        sim_run(s, (lossy ? 1900 : 900) * USEC_PER_MS);
        for (unsigned k = 0; k < 2; k++)
            sim_check(s, e[k]->shown_any && e[k]->shown.source == next->number,
                      "%s sees %u where %u was wanted", v[k]->id, e[k]->shown.source,
                      next->number);
    }
    for (unsigned k = 0; k < 2; k++) {
        sim_check(s, e[k]->source_switches > 4, "%u switches", e[k]->source_switches);
        sim_check(s, e[k]->shows > 250 && e[k]->compared > 200, "%u shown, %u compared",
                  e[k]->shows, e[k]->compared);
    }
    close_stage(&g);
}

static void source_switches_decode_and_keep_lipsync(void **state)
{
    (void)state;
    sim_each_seed(__func__, switch_sources, 5);
}

/** Joiners at any time in a group of pictures; the first one they show is of now. */
static void join(struct sim *s)
{
    struct stage g = {.sim = s};
    struct client *p = actor(&g, codec_of(s), 1 + rng_below(&s->rng, LAYERS));
    p->pub[1].key_every = 3 * USEC_PER_SEC;
    const struct link line = bad_line(s);
    const bool lossy = rng_chance(&s->rng, 500);
    (void)scene_viewer(s, NULL, 1); // or its layers would rest
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    for (unsigned i = 0; i < 8; i++) {
        struct eye *e;
        const struct client *v = watcher(&g, NULL, &e);
        if (lossy)
            sim_links(s, v, &line);
        usec_t waited = 0;
        while (!e->shown_any && waited < 3 * USEC_PER_SEC) {
            sim_run(s, 5 * USEC_PER_MS);
            waited += v->up ? 5 * USEC_PER_MS : 0;
        }
        const uint32_t age = (clock_of(s, s->now) - e->shown.ms) & (PICTURE_MS - 1);
        sim_check(s, e->shown_any, "nothing is shown");
        sim_check(s, lossy || age < 250, "the first picture is %u ms old", age);
        sim_check(s, waited < (lossy ? 2000 : 800) * USEC_PER_MS, "and came after %d ms",
                  (int)(waited / USEC_PER_MS));
        sim_run(s, 300000 + rng_below(&s->rng, 500000));
    }
    // Some lines would not carry what there is to catch up with.
    sim_check(s, scene_requests(p) < 8, "%u keyframes were asked for", scene_requests(p));
    sim_run(s, USEC_PER_SEC);
    for (unsigned i = 0; i < g.eyes; i++)
        sim_check(s, g.eye[i]->shows > 25, "%u pictures shown", g.eye[i]->shows);
    close_stage(&g);
}

static void joiners_decode_from_the_cache_to_now(void **state)
{
    (void)state;
    sim_each_seed(__func__, join, 6);
}

/** What is drawn can be read at any rate that is used here, and damage is noticed. */
static void picture_says_who_it_is_and_damage_is_seen(void **state)
{
    (void)state;
    static uint8_t luma[320 * 180];
    for (unsigned below = 0; below < 3; below++) {
        const unsigned w = 320u >> below, h = 180u >> below;
        for (uint32_t n = 0; n < 2000; n++) {
            const struct picture p = {
                .source = n % 16, .layer = n % 4, .ms = n * 7919 % PICTURE_MS};
            struct picture seen;
            picture_draw(&p, luma, w, h, w);
            assert_true(picture_read(&seen, luma, w, h, w));
            assert_true(seen.source == p.source && seen.layer == p.layer && seen.ms == p.ms);
            // A block of another picture: as after a frame that was lost.
            const unsigned x = n % 8 * w / 8, y = n % 5 * h / 5;
            for (unsigned r = y; r < y + h / 5; r++)
                for (unsigned c = x; c < x + w / 8; c++)
                    luma[r * w + c] = (uint8_t)(250 - luma[r * w + c]);
            assert_false(picture_read(&seen, luma, w, h, w));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_says_who_it_is_and_damage_is_seen),
        cmocka_unit_test(layer_switches_decode_without_a_flaw),
        cmocka_unit_test(source_switches_decode_and_keep_lipsync),
        cmocka_unit_test(joiners_decode_from_the_cache_to_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
