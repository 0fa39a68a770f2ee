/* Layers nobody watches are stopped at their source, and come back before they are missed. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct client *viewer(struct sim *s)
{
    struct client *c = sim_client(s, NULL);
    client_receive_pairs(c, 1);
    sim_join(s, c);
    return c;
}

static void want(struct sim *s, const struct client *c, uint16_t width, bool paused)
{
    struct letter_want w = {
        .width = width, .height = (uint16_t)(width * 9 / 16), .paused = paused};
    memcpy(w.mid, c->sink[1]->mid, sizeof(w.mid));
    sim_want(s, c, &w);
}

/** Until the picture is of this width; the old one goes on meanwhile. */
static void awaits(struct sim *s, const struct client *v, uint16_t width)
{
    const struct sink *k = v->sink[1];
    const usec_t since = s->now;
    while (sim_seat(s, v, k)->width != width || k->seen.layer != (width == 1280 ? 2 : 0)) {
        sim_check(s, s->now - since < 1500 * USEC_PER_MS, "%u is not there in time", width);
        sim_check(s, s->now - k->frame_at < 200 * USEC_PER_MS, "the picture stands");
        sim_check(s, strcmp(sim_seat(s, v, k)->why, "source_limited") != 0,
                  "the source is blamed for what we stopped");
        sim_run(s, 20 * USEC_PER_MS);
    }
}

static void stop_and_start(struct sim *s)
{
    struct client *p = sim_person(s, NULL, CODEC_VP8 + s->seed % 4, 3, 0);
    struct client *v = viewer(s);
    sim_settle(s);
    sim_run(s, USEC_PER_SEC + rng_below(&s->rng, 1000000));
    want(s, v, 160, false);
    sim_run(s, DEMAND_LINGER - USEC_PER_SEC);
    sim_check(s, scene_sends(p) == 7, "layers are stopped in a hurry: %x", scene_sends(p));
    sim_run(s, 2500 * USEC_PER_MS);
    sim_check(s, scene_sends(p) == 1, "of a small picture %x is sent", scene_sends(p));
    for (unsigned i = 0; i < 3; i++) {
        want(s, v, 1280, false);
        sim_run(s, 10 * USEC_PER_MS);
        sim_check(s, scene_sends(p) == 7, "what is wanted is not started at once: %x",
                  scene_sends(p));
        awaits(s, v, 1280);
        want(s, v, 160, false);
        awaits(s, v, 320);
        sim_run(s, DEMAND_LINGER + 2 * USEC_PER_SEC + rng_below(&s->rng, 5000000));
        sim_check(s, scene_sends(p) == 1, "%x is sent", scene_sends(p));
    }
}

static void layers_nobody_watches_are_stopped_and_come_back(void **state)
{
    (void)state;
    sim_each_seed(__func__, stop_and_start, 20);
}

static void drop_the_top(struct sim *s)
{
    struct client *p = sim_person(s, NULL, CODEC_VP8 + s->seed % 4, 3, 0);
    struct client *v = viewer(s);
    struct sink *k = v->sink[1];
    sim_settle(s);
    sim_run(s, 3 * USEC_PER_SEC + rng_below(&s->rng, 1000000));
    sim_check(s, k->seen.layer == 2, "it is layer %u", k->seen.layer);
    for (unsigned i = 0; i < 2; i++) {
        k->longest_pause = 0;
        p->pub[1].layer[2].stopped = true; // short of processor time, as a browser does it
        sim_run(s, 3 * USEC_PER_SEC);
        sim_check(s, k->seen.layer == 1, "without a top layer %u is shown", k->seen.layer);
        sim_check(s, k->longest_pause < 900 * USEC_PER_MS, "the picture stood for %d ms",
                  (int)(k->longest_pause / USEC_PER_MS));
        p->pub[1].layer[2].stopped = false;
        p->pub[1].layer[2].key_due = true;
        sim_run(s, 3 * USEC_PER_SEC);
        sim_check(s, k->seen.layer == 2, "the top layer is not back");
    }
}

static void a_layer_its_publisher_drops_is_replaced_at_once(void **state)
{
    (void)state;
    sim_each_seed(__func__, drop_the_top, 12);
}

static void hide(struct sim *s)
{
    struct client *p = sim_person(s, NULL, CODEC_VP8, 1 + rng_below(&s->rng, 3), 0);
    struct client *v = viewer(s);
    const struct sink *k = v->sink[1];
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    want(s, v, 640, true);
    sim_run(s, DEMAND_LINGER + 2 * USEC_PER_SEC);
    sim_check(s, scene_sends(p) == 0, "%x is sent to nobody's eyes", scene_sends(p));
    want(s, v, 640, false);
    const uint64_t frames = k->frames;
    sim_run(s, 1200 * USEC_PER_MS);
    sim_check(s, k->frames > frames + 10, "the picture does not come back");

    // With somebody else there who could be shown it next, the lowest layer goes on.
    struct client *other = sim_client(s, NULL);
    client_receive_pairs(other, 1);
    struct client *third = sim_person(s, NULL, CODEC_VP8, 1, 0);
    sim_join(s, other);
    sim_settle(s);
    struct letter_want only = {.width = 640, .height = 360};
    memcpy(only.mid, other->sink[1]->mid, sizeof(only.mid));
    memcpy(only.of, third->id, sizeof(only.of));
    sim_want(s, other, &only);
    want(s, v, 640, true);
    sim_run(s, DEMAND_LINGER + 2 * USEC_PER_SEC);
    sim_check(s, scene_sends(p) == 1, "%x is sent", scene_sends(p));
}

static void hidden_tiles_cost_their_source_nothing(void **state)
{
    (void)state;
    sim_each_seed(__func__, hide, 10);
}

static void be_alone(struct sim *s)
{
    struct client *p = sim_person(s, NULL, CODEC_VP8, 1 + rng_below(&s->rng, 3), 2);
    sim_settle(s);
    sim_run(s, DEMAND_LINGER + 2 * USEC_PER_SEC);
    sim_check(s, scene_sends(p) == 0, "%x is sent to nobody", scene_sends(p));
    sim_check(s, p->pub[0].layer[0].idle == false, "sound is stopped");
    struct client *v = sim_client(s, NULL);
    client_receive_pairs(v, 1);
    sim_join(s, v);
    sim_run(s, 10 * USEC_PER_MS);
    sim_check(s, scene_sends(p) != 0 && !v->up, "it waits for the joiner's media");
    sim_settle(s);
    sim_run(s, 1200 * USEC_PER_MS);
    sim_check(s, v->sink[1]->frames > 10, "the joiner sees %d frames", (int)v->sink[1]->frames);
    sim_leave(s, v);
    sim_run(s, DEMAND_LINGER + 2 * USEC_PER_SEC);
    sim_check(s, scene_sends(p) == 0, "%x is sent to nobody again", scene_sends(p));
}

static void alone_in_a_room_nothing_is_sent_until_somebody_joins(void **state)
{
    (void)state;
    sim_each_seed(__func__, be_alone, 10);
}

static void tell_once(struct sim *s)
{
    struct client *p = sim_person(s, NULL, CODEC_VP8, 3, 0);
    struct client *v = viewer(s);
    sim_settle(s);
    want(s, v, 160, false);
    sim_run(s, DEMAND_LINGER + 2 * USEC_PER_SEC);
    const unsigned letters = sim_told(s, p)->demand_letters;
    sim_run(s, 20 * USEC_PER_SEC);
    sim_check(s, sim_told(s, p)->demand_letters == letters, "told without news");
    // A client's encodings are all on in a new connection: it must hear again what is not.
    client_reconnect(p, s->now);
    for (unsigned i = 0; i < 3; i++)
        p->pub[1].layer[i].idle = false;
    sim_agree(s, p);
    sim_settle(s);
    sim_run(s, DEMAND_LINGER + 2 * USEC_PER_SEC);
    sim_check(s, scene_sends(p) == 1, "%x is sent by the new connection", scene_sends(p));
}

static void demand_is_told_when_it_changes_and_to_every_connection(void **state)
{
    (void)state;
    sim_each_seed(__func__, tell_once, 5);
}

static const json_t *at(const json_t *object, const char *list, size_t i)
{
    return json_array_get(json_object_get(object, list), i);
}

static const char *text(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s : "?";
}

static void look(struct sim *s)
{
    struct client *p = sim_person(s, NULL, CODEC_VP8, 3, 0);
    struct client *v = viewer(s);
    sim_settle(s);
    want(s, v, 160, false);
    sim_run(s, DEMAND_LINGER + 2 * USEC_PER_SEC);
    want(s, v, 1280, false);
    p->pub[1].layer[2].stopped = true; // its encoder cannot
    sim_run(s, 4 * USEC_PER_SEC);
    const json_t *camera = at(sim_quality(s, p), "publishes", 1);
    sim_check(s, strcmp(text(camera, "source"), "camera") == 0, "%s", text(camera, "source"));
    sim_check(s, strcmp(text(camera, "codec"), "vp8") == 0, "%s", text(camera, "codec"));
    for (size_t i = 0; i < 3; i++) {
        const json_t *l = at(camera, "layers", i);
        sim_check(s, json_is_true(json_object_get(l, "active")) == (i < 2), "layer %zu", i);
        sim_check(s, json_is_true(json_object_get(l, "asked")), "layer %zu", i);
        sim_check(s, (json_integer_value(json_object_get(l, "bps")) > 10000) == (i < 2),
                  "layer %zu has a wrong rate", i);
    }
    const json_t *seen = at(sim_quality(s, v), "receives", 1);
    sim_check(s, strcmp(text(seen, "participant"), p->id) == 0, "%s",
              text(seen, "participant"));
    sim_check(s, strcmp(text(seen, "why"), "source_limited") == 0, "%s", text(seen, "why"));
    sim_check(s, strcmp(text(json_object_get(seen, "wanted"), "rid"), "f") == 0, "wanted");
    sim_check(s, strcmp(text(json_object_get(seen, "given"), "rid"), "h") == 0, "given");
    sim_check(s, json_integer_value(json_object_get(seen, "bps")) > 20000, "no rate");
    const double rtt = json_number_value(json_object_get(seen, "rtt_ms"));
    sim_check(s, rtt > 15 && rtt < 70, "a round trip of %f ms", rtt);
    const json_t *down = json_object_get(sim_quality(s, v), "downlink");
    sim_check(s, strcmp(text(down, "source"), "twcc") == 0, "%s", text(down, "source"));
    sim_check(s,
              json_integer_value(json_object_get(down, "estimate_bps")) >= 600000 &&
                  json_integer_value(json_object_get(down, "sending_bps")) > 50000,
              "the line to it");
    sim_check(s, !json_object_get(sim_quality(s, p), "downlink"), "it receives nothing");
    sim_check(s,
              json_number_value(
                  json_object_get(json_object_get(sim_quality(s, p), "uplink"), "rtt_ms")) > 15,
              "the line from it");
}

static void quality_says_what_is_wanted_given_and_why(void **state)
{
    (void)state;
    sim_each_seed(__func__, look, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_nobody_watches_are_stopped_and_come_back),
        cmocka_unit_test(a_layer_its_publisher_drops_is_replaced_at_once),
        cmocka_unit_test(hidden_tiles_cost_their_source_nothing),
        cmocka_unit_test(alone_in_a_room_nothing_is_sent_until_somebody_joins),
        cmocka_unit_test(quality_says_what_is_wanted_given_and_why),
        cmocka_unit_test(demand_is_told_when_it_changes_and_to_every_connection),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
