#include "rtp/layers.h"

#include "dd_make.h"
#include "make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define PICTURES 400
#define TICKS    3000 ///< between two pictures

/** An encoder, and what became of its frames at one receiver. */
struct source {
    enum media_codec codec;
    bool by_dd;
    struct dd_mode mode;
    struct dd_structure st;
    struct layers layers;
    struct layer_filter filter;
    uint32_t picture; ///< since the last key picture
    uint32_t first;   ///< number of that key picture's first frame
    uint32_t ts;
    bool sent[PICTURES * 4], got[PICTURES * 4]; ///< by frame number
};

static void source_init(struct source *s, enum media_codec codec, bool by_dd,
                        struct dd_mode mode)
{
    memset(s, 0, sizeof(*s));
    s->codec = codec;
    s->by_dd = by_dd;
    s->mode = mode;
    s->ts = 0xffff0000;
    if (by_dd)
        dd_structure_of(&mode, 3, 1280, 720, &s->st);
    layer_filter_start(&s->filter, LAYER_ALL);
}

/** The frame of `sid` in the current picture, as its packet's description has it. */
static void describe(struct source *s, unsigned sid, struct payload *d)
{
    const uint32_t p = s->picture;
    const unsigned tid = dd_tid(&s->mode, p);
    const bool key = p == 0;
    *d = (struct payload){
        .codec = s->codec, .start_of_frame = true, .keyframe = key && sid == 0};
    if (s->by_dd) {
        struct dd dd = {.start_of_frame = true,
                        .end_of_frame = true,
                        .template_id = dd_template_of(&s->st, &s->mode, p, sid),
                        .number = (uint16_t)(s->first + p * s->mode.spatial + sid),
                        .has_structure = key && sid == 0};
        struct dd_bits b;
        dd_frame_of(&s->mode, p, sid, &dd.frame);
        const size_t len = dd_make(&b, &dd, &s->st);
        assert_true(layers_describe(&s->layers, d, s->ts, b.byte, len));
        return;
    }
    d->has_tid = s->mode.temporal > 1 || s->codec == CODEC_VP9;
    d->tid = (uint8_t)tid;
    if (s->codec == CODEC_VP8) { // Y: refers to tid 0 only
        d->layer_sync = tid > 0 && dd_tid(&s->mode, dd_refers_to(&s->mode, p)) == 0;
    } else {
        const bool top = sid + 1 == s->mode.spatial;
        d->has_sid = true;
        d->sid = (uint8_t)sid;
        d->layer_sync = true; // the dyadic order allows it everywhere
        d->refers_back = !key;
        d->not_for_upper = top || (s->mode.key && !key);
        d->end_of_frame = true;
        d->spatial = key && sid == 0 ? (uint8_t)s->mode.spatial : 0;
        for (unsigned i = 0; i < d->spatial; i++)
            d->layer_width[i] = (uint16_t)(1280 >> (d->spatial - 1 - i));
    }
    assert_true(layers_describe(&s->layers, d, s->ts, NULL, 0));
}

/** All that a frame refers to was got. */
static bool decodable(const struct source *s, unsigned sid)
{
    struct dd_frame f;
    dd_frame_of(&s->mode, s->picture, sid, &f);
    const uint32_t number = s->first + s->picture * s->mode.spatial + sid;
    for (unsigned i = 0; i < f.fdiff_count; i++)
        if (!s->got[number - f.fdiff[i]])
            return false;
    return true;
}

static void next_picture(struct source *s, bool key)
{
    if (key) {
        s->first += s->picture * s->mode.spatial + s->mode.spatial;
        s->picture = 0;
    } else {
        s->picture++;
    }
    s->ts += TICKS;
}

/** Sends a whole picture. Returns the highest sid that passed and ended it, or -1. */
static int send_picture(struct source *s)
{
    int highest = -1, ended = -1;
    for (unsigned sid = 0; sid < s->mode.spatial; sid++) {
        struct payload d;
        bool marker = sid + 1 == s->mode.spatial;
        describe(s, sid, &d);
        const bool pass = layer_filter_pass(&s->filter, &d, s->ts, &marker);
        s->got[s->first + s->picture * s->mode.spatial + sid] = pass;
        assert_int_equal(pass ? LAYER_PASSED : LAYER_LEFT_OUT,
                         layer_filter_again(&s->filter, &d, s->ts, &(bool){false}));
        if (!pass)
            continue;
        assert_true(decodable(s, sid));
        assert_true(ended < 0); // nothing comes behind the end
        highest = (int)sid;
        if (marker)
            ended = (int)sid;
    }
    assert_int_equal(highest, ended);
    return ended;
}

static void random_run(enum media_codec codec, bool by_dd, struct dd_mode mode, uint64_t seed)
{
    static struct source s;
    unsigned passed = 0, wanted = 0;
    source_init(&s, codec, by_dd, mode);
    send_picture(&s);
    for (unsigned i = 0; i < PICTURES - 40; i++) {
        if (rnd_below(&seed, 12) == 0)
            layer_filter_aim(&s.filter,
                             (struct layer){(uint8_t)rnd_below(&seed, mode.spatial),
                                            (uint8_t)rnd_below(&seed, mode.temporal)});
        const bool key = layer_filter_needs_key(&s.filter) && rnd_below(&seed, 5) == 0;
        const struct layer before = s.filter.now;
        next_picture(&s, key);
        const int top = send_picture(&s);
        const struct layer_filter *f = &s.filter;
        if (key)
            assert_true(f->now.sid == f->goal.sid && f->now.tid == f->goal.tid);
        if (f->goal.tid < before.tid)
            assert_true(f->now.tid <= f->goal.tid || !f->broken);
        passed += top >= 0;
        wanted += dd_tid(&mode, s.picture) <= f->now.tid;
        if (dd_tid(&mode, s.picture) <= f->now.tid)
            assert_int_equal(top, f->now.sid);
    }
    assert_int_equal(passed, wanted);
    // With no more changes the goal is reached, with a keyframe if that was asked for.
    for (unsigned i = 0; i < 20; i++) {
        next_picture(&s, layer_filter_needs_key(&s.filter));
        send_picture(&s);
    }
    assert_int_equal(s.filter.now.sid, s.filter.goal.sid);
    assert_int_equal(s.filter.now.tid, s.filter.goal.tid);
}

static void whatever_passes_refers_only_to_what_passed(void **state)
{
    (void)state;
    static const struct dd_mode modes[] = {{1, 2, false}, {1, 3, false}, {2, 1, false},
                                           {3, 3, false}, {3, 1, true},  {2, 2, true},
                                           {3, 3, true}};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        for (unsigned i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
            random_run(CODEC_AV1, true, modes[i], seed);
            random_run(CODEC_VP9, seed % 2, modes[i], seed);
            if (modes[i].spatial == 1) {
                random_run(CODEC_VP8, seed % 2, modes[i], seed);
                random_run(CODEC_H264, true, modes[i], seed);
            }
        }
    }
}

static void goes(struct source *s, uint8_t sid, uint8_t tid)
{
    layer_filter_aim(&s->filter, (struct layer){sid, tid});
}

static void to_next_base(struct source *s)
{
    do {
        next_picture(s, false);
        send_picture(s);
    } while (dd_tid(&s->mode, s->picture) > 0);
}

static void full_svc_goes_down_at_once_and_up_at_a_keyframe(void **state)
{
    (void)state;
    for (unsigned by_dd = 0; by_dd < 2; by_dd++) {
        static struct source s;
        source_init(&s, by_dd ? CODEC_AV1 : CODEC_VP9, by_dd, (struct dd_mode){3, 3, false});
        assert_int_equal(send_picture(&s), 2);
        goes(&s, 0, 2);
        assert_false(layer_filter_needs_key(&s.filter));
        next_picture(&s, false);
        assert_int_equal(send_picture(&s), 0);
        to_next_base(&s);
        goes(&s, 2, 2);
        assert_true(layer_filter_needs_key(&s.filter));
        to_next_base(&s);
        assert_int_equal(s.filter.now.sid, 0);
        next_picture(&s, true);
        assert_int_equal(send_picture(&s), 2);
        assert_false(layer_filter_needs_key(&s.filter));
    }
}

static void k_svc_goes_down_at_a_keyframe_too(void **state)
{
    (void)state;
    for (unsigned by_dd = 0; by_dd < 2; by_dd++) {
        static struct source s;
        source_init(&s, by_dd ? CODEC_AV1 : CODEC_VP9, by_dd, (struct dd_mode){3, 3, true});
        assert_int_equal(send_picture(&s), 2);
        to_next_base(&s);
        assert_true(s.got[s.picture * 3 + 2]);
        assert_false(s.got[s.picture * 3]); // it is not needed
        goes(&s, 0, 1);
        assert_true(layer_filter_needs_key(&s.filter));
        next_picture(&s, false);
        assert_int_equal(dd_tid(&s.mode, s.picture), 2);
        assert_int_equal(send_picture(&s), -1); // slower at once
        next_picture(&s, false);
        assert_int_equal(send_picture(&s), 2); // and the same size until
        next_picture(&s, true);
        assert_int_equal(send_picture(&s), 0);
    }
}

static void temporal_layers_are_climbed_where_they_open(void **state)
{
    (void)state;
    static struct source s;
    source_init(&s, CODEC_VP8, false, (struct dd_mode){1, 3, false});
    send_picture(&s);
    goes(&s, 0, 0);
    to_next_base(&s);
    goes(&s, 0, 2);
    next_picture(&s, false); // tid 2 with Y, but the layer between is not whole
    assert_int_equal(send_picture(&s), -1);
    next_picture(&s, false); // tid 1 with Y
    assert_int_equal(send_picture(&s), 0);
    assert_int_equal(s.filter.now.tid, 1);
    next_picture(&s, false); // tid 2 without
    assert_int_equal(send_picture(&s), -1);
    to_next_base(&s);
    next_picture(&s, false);
    assert_int_equal(send_picture(&s), 0);
    assert_int_equal(s.filter.now.tid, 2);
    assert_false(layer_filter_needs_key(&s.filter));
}

static void an_encoder_that_never_opens_a_layer_is_asked_for_a_keyframe(void **state)
{
    (void)state;
    struct layer_filter f;
    struct layers l = {0};
    bool marker = true;
    layer_filter_start(&f, (struct layer){0, 0});
    for (uint32_t i = 0; i < 300; i++) {
        struct payload d = {
            .codec = CODEC_VP8, .has_tid = true, .tid = i % 2, .keyframe = i == 0 || i == 299};
        layers_describe(&l, &d, i * TICKS, NULL, 0);
        const bool pass = layer_filter_pass(&f, &d, i * TICKS, &marker);
        if (i == 50)
            layer_filter_aim(&f, (struct layer){0, 1});
        if (i < 299)
            assert_true(pass == (i % 2 == 0));
        assert_int_equal(layer_filter_needs_key(&f), i >= 140 && i < 299);
    }
    assert_int_equal(f.now.tid, 1);
}

static void late_packets_keep_the_decision_of_their_picture(void **state)
{
    (void)state;
    static struct source s;
    struct payload d, late;
    bool marker = false;
    source_init(&s, CODEC_VP9, false, (struct dd_mode){3, 1, false});
    send_picture(&s);
    next_picture(&s, false);
    const uint32_t ts = s.ts;
    describe(&s, 1, &late); // and overtaken by the next picture
    for (unsigned sid = 0; sid < 3; sid++)
        s.got[s.first + s.picture * 3 + sid] = true;
    goes(&s, 0, 0);
    next_picture(&s, false);
    send_picture(&s);
    assert_int_equal(s.filter.now.sid, 0);
    assert_true(layer_filter_pass(&s.filter, &late, ts, &marker));
    assert_false(marker);
    assert_int_equal(layer_filter_again(&s.filter, &late, ts, &marker), LAYER_PASSED);
    describe(&s, 1, &d);
    assert_false(layer_filter_pass(&s.filter, &d, s.ts, &marker));
    assert_int_equal(layer_filter_again(&s.filter, &d, ts - 10 * TICKS, &marker),
                     LAYER_UNKNOWN);
}

static void what_a_memo_keeps_gives_the_same_decision(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 40; seed++) {
        static struct source s;
        uint64_t r = seed;
        source_init(&s, CODEC_AV1, true, (struct dd_mode){3, 3, seed % 2});
        send_picture(&s);
        goes(&s, (uint8_t)rnd_below(&r, 3), (uint8_t)rnd_below(&r, 3));
        for (unsigned i = 0; i < 30; i++) {
            next_picture(&s, i == 9);
            for (unsigned sid = 0; sid < 3; sid++) {
                struct payload d, again = {.codec = CODEC_AV1};
                bool marker = sid == 2, second = sid == 2;
                describe(&s, sid, &d);
                const bool pass = layer_filter_pass(&s.filter, &d, s.ts, &marker);
                layers_recall(&again, layers_memo(&d));
                assert_int_equal(layer_filter_again(&s.filter, &again, s.ts, &second),
                                 pass ? LAYER_PASSED : LAYER_LEFT_OUT);
                assert_int_equal(marker, second);
            }
        }
    }
}

static void a_top_layer_that_is_switched_off_leaves_the_one_below(void **state)
{
    (void)state;
    static struct source s;
    source_init(&s, CODEC_AV1, true, (struct dd_mode){2, 1, false});
    send_picture(&s);
    next_picture(&s, false);
    struct dd dd = {.start_of_frame = true,
                    .end_of_frame = true,
                    .template_id = dd_template_of(&s.st, &s.mode, s.picture, 0),
                    .number = (uint16_t)(s.picture * 2),
                    .has_active = true,
                    .active = 1};
    struct dd_bits b;
    struct payload d = {.codec = CODEC_AV1};
    bool marker = true;
    dd_frame_of(&s.mode, s.picture, 0, &dd.frame);
    assert_true(layers_describe(&s.layers, &d, s.ts, b.byte, dd_make(&b, &dd, &s.st)));
    assert_true(layer_filter_pass(&s.filter, &d, s.ts, &marker));
    assert_int_equal(s.filter.now.sid, 0);
    assert_false(layer_filter_needs_key(&s.filter));
    layers_note(&s.layers, &d, 100, 1000);
    assert_int_equal(s.layers.spatial, 1);
}

static void a_descriptor_without_sense_is_for_everybody(void **state)
{
    (void)state;
    static struct source s;
    const uint8_t outside[] = {0xc0 | 60, 0, 9};
    struct payload d = {.codec = CODEC_AV1};
    bool marker = false;
    source_init(&s, CODEC_AV1, true, (struct dd_mode){3, 3, false});
    assert_false(layers_describe(&s.layers, &d, s.ts, outside, sizeof(outside)));
    send_picture(&s);
    goes(&s, 0, 0);
    to_next_base(&s);
    assert_false(layers_describe(&s.layers, &d, s.ts + 1, outside, sizeof(outside)));
    assert_true(layer_filter_pass(&s.filter, &d, s.ts + 1, &marker));
    assert_false(marker);
    assert_int_equal(s.filter.now.sid, 0);
}

static void rates_and_sizes_are_by_layer(void **state)
{
    (void)state;
    static struct source s;
    usec_t now = USEC_PER_SEC;
    for (unsigned key = 0; key < 2; key++) {
        source_init(&s, CODEC_VP9, false, (struct dd_mode){3, 2, key});
        for (unsigned i = 0; i < 120; i++, now += 33333) {
            for (unsigned sid = 0; sid < 3; sid++) {
                struct payload d;
                describe(&s, sid, &d);
                layers_note(&s.layers, &d, 100u << sid, now);
            }
            next_picture(&s, false);
        }
        // 30 pictures a second of 100, 200 and 400 bytes, half of them in each temporal layer
        const uint64_t low = layers_rate(&s.layers, (struct layer){0, 1}, now);
        const uint64_t half = layers_rate(&s.layers, (struct layer){0, 0}, now);
        const uint64_t high = layers_rate(&s.layers, LAYER_ALL, now);
        const uint64_t top = layers_rate(&s.layers, (struct layer){2, 1}, now);
        assert_in_range(low, 22000, 26000);
        assert_in_range(half, 10500, 13500);
        if (key) // the lower layers' frames are not sent along
            assert_in_range(top, 90000, 102000);
        else
            assert_in_range(top, 155000, 180000);
        assert_true(high >= top);
        const struct layer all = layers_top(&s.layers, now);
        assert_true(all.sid == 2 && all.tid == 1);
        assert_int_equal(s.layers.spatial, 3);
        assert_int_equal(s.layers.temporal, 2);
        assert_int_equal(s.layers.width[1], 640);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_passes_refers_only_to_what_passed),
        cmocka_unit_test(full_svc_goes_down_at_once_and_up_at_a_keyframe),
        cmocka_unit_test(k_svc_goes_down_at_a_keyframe_too),
        cmocka_unit_test(temporal_layers_are_climbed_where_they_open),
        cmocka_unit_test(an_encoder_that_never_opens_a_layer_is_asked_for_a_keyframe),
        cmocka_unit_test(late_packets_keep_the_decision_of_their_picture),
        cmocka_unit_test(what_a_memo_keeps_gives_the_same_decision),
        cmocka_unit_test(a_top_layer_that_is_switched_off_leaves_the_one_below),
        cmocka_unit_test(a_descriptor_without_sense_is_for_everybody),
        cmocka_unit_test(rates_and_sizes_are_by_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
