/* Which encoding of a track is for whom. */
#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NOW (100 * SEC)

/** Three layers, lowest first; sizes 0 are unknown. */
static struct track *three(void)
{
    struct agree_mline m = {.kind = KIND_VIDEO, .encoding_count = 3};
    struct track *t = track_create(NULL, &m, 1, 0);
    assert_non_null(t);
    for (unsigned i = 0; i < 3; i++) {
        t->stream[i].bound = true;
        t->stream[i].last_at = NOW;
        t->stream[i].width = (uint16_t)(320u << i);
        t->stream[i].height = (uint16_t)(180u << i);
    }
    return t;
}

static int layer(struct track *t, uint16_t width, uint16_t height, bool *limited)
{
    const struct stream *st = track_choose(t, width, height, limited, NOW);
    return st ? st->layer : -1;
}

static void lowest_layer_that_covers_is_chosen(void **state)
{
    (void)state;
    static const struct {
        uint16_t width, height;
        int layer;
    } table[] = {
        {0, 0, 2},     {1, 1, 0},      {160, 90, 0},  {320, 180, 0}, {400, 225, 0},
        {401, 226, 1}, {640, 360, 1},  {800, 450, 1}, {801, 451, 2}, {1280, 720, 2},
        {0, 360, 2},   {320, 4000, 0}, {1600, 90, 0}, // a wide strip: its height decides
    };
    struct track *t = three();
    for (unsigned i = 0; i < sizeof(table) / sizeof(*table); i++) {
        bool limited = true;
        assert_int_equal(layer(t, table[i].width, table[i].height, &limited), table[i].layer);
        assert_false(limited);
    }
    track_destroy(t);
}

static void larger_than_there_is_gets_the_best_without_a_reason(void **state)
{
    (void)state;
    struct track *t = three();
    bool limited;
    assert_int_equal(layer(t, 3840, 2160, &limited), 2);
    assert_false(limited);
    track_destroy(t);
}

static void dead_layers_are_not_chosen(void **state)
{
    (void)state;
    struct track *t = three();
    bool limited;
    t->stream[2].last_at = NOW - STREAM_ALIVE;
    assert_int_equal(layer(t, 1280, 720, &limited), 1);
    assert_true(limited);
    assert_int_equal(layer(t, 640, 360, &limited), 1);
    assert_false(limited);
    t->stream[1].bound = false;
    assert_int_equal(layer(t, 640, 360, &limited), 0);
    assert_true(limited);
    t->stream[0].last_at = 0;
    assert_int_equal(layer(t, 1, 1, &limited), -1);
    assert_false(limited);
    track_destroy(t);
}

static void a_layer_its_publisher_dropped_is_left_while_others_flow(void **state)
{
    (void)state;
    struct track *t = three();
    bool limited;
    t->stream[2].last_at = NOW - TRACK_LEFT;
    t->stream[1].steady_since = t->stream[0].steady_since = t->stream[2].last_at;
    assert_int_equal(layer(t, 1280, 720, &limited), 1);
    assert_true(limited);
    t->stream[2].last_at++; // not so long yet
    assert_int_equal(layer(t, 1280, 720, &limited), 2);
    t->stream[2].last_at--;
    t->stream[1].last_at = NOW - STREAM_PAUSE; // one that flows is enough
    assert_int_equal(layer(t, 1280, 720, &limited), 1);
    t->stream[0].steady_since++; // all were silent: the line was
    assert_int_equal(layer(t, 1280, 720, &limited), 2);
    assert_false(limited);
    track_destroy(t);
}

static void a_layer_that_we_stopped_is_awaited_without_a_reason(void **state)
{
    (void)state;
    struct track *t = three();
    bool limited;
    t->stream[2].last_at = NOW - STREAM_ALIVE;
    t->demand.on = 3;
    assert_int_equal(layer(t, 1280, 720, &limited), 1);
    assert_false(limited);
    t->demand.on = 7; // and asked for again, but it does not come
    t->demand.started_at[2] = NOW - DEMAND_PATIENCE + 1;
    assert_int_equal(layer(t, 1280, 720, &limited), 1);
    assert_false(limited);
    t->demand.started_at[2] = NOW - DEMAND_PATIENCE;
    assert_int_equal(layer(t, 1280, 720, &limited), 1);
    assert_true(limited);
    t->stream[2].last_at = NOW;
    assert_int_equal(layer(t, 1280, 720, &limited), 2);
    assert_false(limited);
    track_destroy(t);
}

static void what_is_wanted_does_not_depend_on_what_is_sent(void **state)
{
    (void)state;
    struct track *t = three();
    t->stream[1].last_at = t->stream[2].last_at = 0;
    assert_int_equal(track_wanted(t, 0, 0), 2);
    assert_int_equal(track_wanted(t, 160, 90), 0);
    assert_int_equal(track_wanted(t, 640, 360), 1);
    assert_int_equal(track_wanted(t, 3840, 2160), 2);
    track_destroy(t);
}

static void sizes_come_from_the_offer_until_a_keyframe_tells(void **state)
{
    (void)state;
    struct track *t = three();
    bool limited;
    for (unsigned i = 0; i < 3; i++) {
        t->stream[i].width = t->stream[i].height = 0;
        t->stream[i].hint_width = (uint16_t)(160u << i);
        t->stream[i].hint_height = (uint16_t)(90u << i);
    }
    assert_int_equal(layer(t, 320, 180, &limited), 1);
    t->stream[0].width = 320;
    t->stream[0].height = 180;
    assert_int_equal(layer(t, 320, 180, &limited), 0);
    track_destroy(t);
}

static void only_stream_may_be_silent_for_long(void **state)
{
    (void)state;
    struct agree_mline m = {.kind = KIND_VIDEO};
    struct track *t = track_create(NULL, &m, 1, 0);
    bool limited;
    assert_int_equal(layer(t, 1, 1, &limited), -1);
    t->stream[0].bound = true;
    assert_int_equal(layer(t, 1, 1, &limited), 0); // a still screen
    track_destroy(t);
}

static void payload_types_find_their_codec_and_its_rtx(void **state)
{
    (void)state;
    struct agree_mline m = {.kind = KIND_VIDEO, .codec_count = 2};
    m.codec[0] = (struct agree_codec){.codec = CODEC_VP8, .pt = 96, .rtx_pt = 97};
    m.codec[1] = (struct agree_codec){.codec = CODEC_VP9, .pt = 98, .rtx_pt = -1};
    struct track *t = track_create(NULL, &m, 1, 0);
    bool rtx;
    assert_int_equal(track_codec(t, 96, &rtx)->codec, CODEC_VP8);
    assert_false(rtx);
    assert_int_equal(track_codec(t, 97, &rtx)->codec, CODEC_VP8);
    assert_true(rtx);
    assert_int_equal(track_codec(t, 98, &rtx)->codec, CODEC_VP9);
    assert_null(track_codec(t, 99, &rtx));
    assert_null(track_codec(t, 255, &rtx));
    track_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lowest_layer_that_covers_is_chosen),
        cmocka_unit_test(larger_than_there_is_gets_the_best_without_a_reason),
        cmocka_unit_test(dead_layers_are_not_chosen),
        cmocka_unit_test(a_layer_its_publisher_dropped_is_left_while_others_flow),
        cmocka_unit_test(a_layer_that_we_stopped_is_awaited_without_a_reason),
        cmocka_unit_test(what_is_wanted_does_not_depend_on_what_is_sent),
        cmocka_unit_test(sizes_come_from_the_offer_until_a_keyframe_tells),
        cmocka_unit_test(only_stream_may_be_silent_for_long),
        cmocka_unit_test(payload_types_find_their_codec_and_its_rtx),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
