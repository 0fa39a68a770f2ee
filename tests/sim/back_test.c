/* The promise of docs/quality.md, over many seeds: 3, 1, 0.3 and 3 Mbit/s again, 40 ms each
 * way. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KBIT UINT64_C(1000)
#define TOP  2

/** The bottleneck of a home: a second may wait. */
static void line(struct sim *s, const struct client *c, uint64_t bps)
{
    struct link *l = &s->down[c->number];
    l->rate_bps = bps;
    l->queue = USEC_PER_SEC;
    l->delay = 40 * USEC_PER_MS;
    s->up[c->number].delay = 40 * USEC_PER_MS;
}

/** As a browser shares out 960x540: 160, 470 and 1870 kbit/s. */
static void publish(struct sim *s)
{
    static const unsigned packets[] = {1, 3, 12};
    struct client *p = sim_person(s, NULL, scene_codec(s), 3, 0);
    p->pub[1].payload = 650;
    for (unsigned i = 0; i < 3; i++)
        p->pub[1].layer[i].packets_per_frame = packets[i];
}

/** What waits before the bottleneck now. */
static usec_t queue(const struct sim *s, const struct client *c)
{
    const usec_t free_at = s->down[c->number].free_at;
    return free_at > s->now ? free_at - s->now : 0;
}

/** What is allowed on a line of this rate. */
struct bounds {
    uint64_t bps;
    usec_t settles, queue, pause;
};

/** The line becomes this narrow; soon nothing waits long, and the picture plays. */
static void narrow(struct sim *s, const struct client *v, const struct bounds *b)
{
    struct sink *k = scene_picture(v);
    line(s, v, b->bps);
    k->longest_pause = 0;
    sim_run(s, b->settles);
    for (const usec_t begun = s->now; s->now - begun < 18 * USEC_PER_SEC;) {
        sim_check(s, queue(s, v) < b->queue, "a queue of %d ms at %d kbit/s",
                  (int)(queue(s, v) / USEC_PER_MS), (int)(b->bps / KBIT));
        sim_run(s, 100 * USEC_PER_MS);
    }
    sim_check(s, k->longest_pause < b->pause, "the picture stood for %d ms at %d kbit/s",
              (int)(k->longest_pause / USEC_PER_MS), (int)(b->bps / KBIT));
}

static void fall_and_return(struct sim *s)
{
    static const struct bounds middle = {.bps = 1000 * KBIT,
                                         .settles = USEC_PER_SEC,
                                         .queue = 200 * USEC_PER_MS,
                                         .pause = 500 * USEC_PER_MS};
    static const struct bounds low = {.bps = 300 * KBIT,
                                      .settles = 2 * USEC_PER_SEC,
                                      .queue = 300 * USEC_PER_MS,
                                      .pause = USEC_PER_SEC};
    publish(s);
    const struct client *v = scene_viewer(s, NULL, 1);
    const struct sink *k = scene_picture(v);
    line(s, v, 3000 * KBIT);
    sim_settle(s);
    sim_run(s, 10 * USEC_PER_SEC);
    sim_check(s, k->seen.layer == TOP, "at 3 Mbit/s it is layer %u", k->seen.layer);
    narrow(s, v, &middle);
    narrow(s, v, &low);
    line(s, v, 3000 * KBIT);
    const usec_t begun = s->now;
    while (k->seen.layer != TOP && s->now - begun < 10 * USEC_PER_SEC)
        sim_run(s, 100 * USEC_PER_MS);
    sim_check(s, s->now - begun < 5 * USEC_PER_SEC, "the top layer is back after %d ms",
              (int)((s->now - begun) / USEC_PER_MS));
}

static void line_that_falls_and_returns_keeps_the_picture(void **state)
{
    (void)state;
    sim_each_seed(__func__, fall_and_return, 24);
}

/** A radio link that stands still and then delivers all at once. */
static void stand_and_burst(struct sim *s)
{
    publish(s);
    const struct client *v = scene_viewer(s, NULL, 1);
    struct sink *k = scene_picture(v);
    line(s, v, 0);
    sim_settle(s);
    sim_run(s, 10 * USEC_PER_SEC);
    k->longest_pause = 0;
    s->down[v->number].jitter = 200 * USEC_PER_MS;
    usec_t top = 0;
    for (unsigned i = 0; i < 200; i++) {
        sim_run(s, 100 * USEC_PER_MS);
        top += k->seen.layer == TOP ? 100 * USEC_PER_MS : 0;
    }
    sim_check(s, k->longest_pause < 500 * USEC_PER_MS, "the picture stood for %d ms",
              (int)(k->longest_pause / USEC_PER_MS));
    sim_check(s, top > 8 * USEC_PER_SEC, "the best layer was there for %d ms",
              (int)(top / USEC_PER_MS));
}

static void line_that_stands_still_and_bursts_keeps_the_picture(void **state)
{
    (void)state;
    sim_each_seed(__func__, stand_and_burst, 24);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_that_falls_and_returns_keeps_the_picture),
        cmocka_unit_test(line_that_stands_still_and_bursts_keeps_the_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
