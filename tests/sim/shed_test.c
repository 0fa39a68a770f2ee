/* A worker that does not keep up: fewer pictures, all of the sound, and everything back later.
 */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define VIEWERS 20
#define TURN    (10 * USEC_PER_MS)

/** Somebody who speaks, with a camera of `layers`, and all who look. */
static void fill(struct sim *s, struct client *viewer[VIEWERS], unsigned layers)
{
    (void)sim_person(s, NULL, scene_codec(s), layers, 0);
    for (unsigned i = 0; i < VIEWERS; i++)
        viewer[i] = scene_viewer(s, NULL, 1);
    sim_settle(s);
    sim_run(s, 6 * USEC_PER_SEC);
}

/** Its owner finds the socket empty, or not, after each turn. */
static void turns(struct sim *s, bool behind, usec_t span)
{
    for (usec_t end = s->now + span; s->now < end;) {
        sim_run(s, TURN);
        worker_keeps_up(s->worker, behind, s->now);
    }
}

static unsigned who_see(const struct sim *s, struct client *const viewer[VIEWERS])
{
    unsigned n = 0;
    for (unsigned i = 0; i < VIEWERS; i++)
        n += s->now - scene_picture(viewer[i])->frame_at < USEC_PER_SEC;
    return n;
}

/** Of the layers that are seen, in all. */
static unsigned layers_seen(struct client *const viewer[VIEWERS])
{
    unsigned sum = 0;
    for (unsigned i = 0; i < VIEWERS; i++)
        sum += scene_picture(viewer[i])->seen.layer;
    return sum;
}

static void check_sound(struct sim *s, struct client *const viewer[VIEWERS])
{
    for (unsigned i = 0; i < VIEWERS; i++) {
        const struct sink *k = viewer[i]->sink[0];
        sim_check(s,
                  k->lost == 0 && s->now - k->frame_at < 150 * USEC_PER_MS &&
                      k->longest_pause < 200 * USEC_PER_MS,
                  "%s: sound stood for %d ms, lost %d", viewer[i]->id,
                  (int)(k->longest_pause / USEC_PER_MS), (int)k->lost);
    }
}

/** Who sees nothing is told why; who sees something may see it at half of its frame rate. */
static void check_why(struct sim *s, struct client *const viewer[VIEWERS], bool whole)
{
    for (unsigned i = 0; i < VIEWERS; i++) {
        const struct sink *k = scene_picture(viewer[i]);
        const bool sees = s->now - k->frame_at < USEC_PER_SEC;
        const char *why = sim_seat(s, viewer[i], k)->why;
        const bool said = strcmp(why, "server_limited") == 0;
        sim_check(s, said || (sees && !*why), "%s is told \"%s\"", viewer[i]->id, why);
        sim_check(s, !(said && whole), "%s is still told so", viewer[i]->id);
    }
}

static void fall_behind(struct sim *s)
{
    struct client *viewer[VIEWERS];
    fill(s, viewer, 1);
    turns(s, false, 2 * USEC_PER_SEC);
    sim_check(s, who_see(s, viewer) == VIEWERS, "only %u see it", who_see(s, viewer));
    sim_check(s, sim_stat(s, "pictures_percent") == 100, "%d %% without need",
              (int)sim_stat(s, "pictures_percent"));

    turns(s, true, 8 * USEC_PER_SEC);
    sim_run(s, 2 * USEC_PER_SEC);
    const unsigned left = who_see(s, viewer);
    sim_check(s, left <= VIEWERS / 5, "%u still see it", left);
    sim_check(s, sim_stat(s, "pictures_percent") < 10, "%d %% are left",
              (int)sim_stat(s, "pictures_percent"));
    check_why(s, viewer, false);
    check_sound(s, viewer);

    turns(s, false, 120 * USEC_PER_SEC);
    sim_check(s, who_see(s, viewer) == VIEWERS, "only %u see it again", who_see(s, viewer));
    check_why(s, viewer, true);
    check_sound(s, viewer);
}

static void sound_stays_and_pictures_come_back(void **state)
{
    (void)state;
    sim_each_seed(__func__, fall_behind, 3);
}

static void lower(struct sim *s)
{
    struct client *viewer[VIEWERS];
    fill(s, viewer, 3);
    sim_check(s, layers_seen(viewer) == 2 * VIEWERS, "not all see the best: %u of %u",
              layers_seen(viewer), 2 * VIEWERS);
    turns(s, true, 2 * USEC_PER_SEC);
    turns(s, false, 2 * USEC_PER_SEC);
    sim_check(s, layers_seen(viewer) < 2 * VIEWERS, "all of it is still sent");
    sim_check(s, who_see(s, viewer) > 0, "nothing is sent, though there are small layers");
    check_sound(s, viewer);
}

static void layers_fall_before_pictures_go(void **state)
{
    (void)state;
    sim_each_seed(__func__, lower, 3);
}

static void join_then(struct sim *s)
{
    struct client *viewer[VIEWERS];
    fill(s, viewer, 1);
    turns(s, true, 8 * USEC_PER_SEC);
    struct client *late = scene_viewer(s, NULL, 1);
    sim_settle(s);
    turns(s, true, 2 * USEC_PER_SEC);
    sim_check(s, s->now - late->sink[0]->frame_at < 150 * USEC_PER_MS, "it hears nothing");
    turns(s, false, 120 * USEC_PER_SEC);
    sim_check(s, s->now - scene_picture(late)->frame_at < USEC_PER_SEC,
              "it never sees anything");
}

static void who_comes_meanwhile_hears_at_once_and_sees_later(void **state)
{
    (void)state;
    sim_each_seed(__func__, join_then, 3);
}

/** Each sees what the other sends, and is told if that is less than there was. */
static void check_pair(struct sim *s, struct client *const pair[2], unsigned all)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct client *c = pair[i];
        const struct sink *k = scene_picture(c);
        const unsigned sent = scene_sends(pair[1 - i]);
        const char *why = sim_seat(s, c, k)->why;
        sim_check(s, s->now - c->sink[0]->frame_at < 150 * USEC_PER_MS, "%s hears nothing",
                  c->id);
        sim_check(s, (s->now - k->frame_at < USEC_PER_SEC) == (sent != 0), "of %x %s sees %s",
                  sent, c->id, sent ? "nothing" : "a picture");
        sim_check(s, strcmp(why, sent == all ? "" : "server_limited") == 0,
                  "of %x %s is told \"%s\"", sent, c->id, why);
    }
}

/** In a room of two all that comes is for one. */
static void call_of_two(struct sim *s)
{
    const unsigned layers = 1 + (unsigned)(s->seed % 3), all = (1u << layers) - 1;
    struct client *pair[2];
    for (unsigned i = 0; i < 2; i++)
        pair[i] = sim_person(s, NULL, scene_codec(s), layers, 1);
    sim_settle(s);
    turns(s, false, 6 * USEC_PER_SEC);
    check_pair(s, pair, all);

    turns(s, true, 2 * USEC_PER_SEC);
    turns(s, false, USEC_PER_SEC);
    for (unsigned i = 0; layers > 1 && i < 2; i++)
        sim_check(s, scene_sends(pair[i]) < all, "%s still sends the largest", pair[i]->id);
    turns(s, true, 6 * USEC_PER_SEC);
    turns(s, false, 1500 * USEC_PER_MS);
    for (unsigned i = 0; i < 2; i++)
        sim_check(s, scene_sends(pair[i]) <= (layers == 3), "%s still sends %x", pair[i]->id,
                  scene_sends(pair[i])); // of three layers the lowest is next to nothing
    check_pair(s, pair, all);

    turns(s, false, 120 * USEC_PER_SEC);
    for (unsigned i = 0; i < 2; i++)
        sim_check(s, scene_sends(pair[i]) == all, "%s sends %x again", pair[i]->id,
                  scene_sends(pair[i]));
    check_pair(s, pair, all);
}

static void what_is_left_out_for_all_is_not_sent_by_its_source(void **state)
{
    (void)state;
    sim_each_seed(__func__, call_of_two, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_stays_and_pictures_come_back),
        cmocka_unit_test(layers_fall_before_pictures_go),
        cmocka_unit_test(who_comes_meanwhile_hears_at_once_and_sees_later),
        cmocka_unit_test(what_is_left_out_for_all_is_not_sent_by_its_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
