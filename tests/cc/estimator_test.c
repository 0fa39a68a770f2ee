/* The whole estimator before a simulated line. SEED=n runs one seed instead of all. */
#include "line.h"

#define SEEDS 30

/** The next seed to run; from 0 to SEEDS - 1, or the one of the environment. */
static bool next_seed(uint64_t *seed)
{
    const char *only = getenv("SEED");
    if (only && *seed == 0)
        *seed = strtoull(only, NULL, 10);
    else if (only || *seed == SEEDS)
        return false;
    return true;
}

#define FOR_SEEDS(seed) for (uint64_t seed = 0; next_seed(&seed); seed++)

/** Says which seed it was before the test fails. */
#define HOLDS(seed, claim)                                                                     \
    do {                                                                                       \
        if (!(claim))                                                                          \
            fail_msg("SEED=%llu: %s", (unsigned long long)(seed), #claim);                     \
    } while (0)

static void simulcast(struct world *w)
{
    const uint64_t layers[LAYERS_MAX] = {150000, 500000, 1200000, 2500000};
    memcpy(w->source.layers, layers, sizeof(layers));
    w->source.wanted_bps = 2540000;
}

static uint64_t mean_over(struct world *w, usec_t time)
{
    world_mark(w);
    world_run(w, time);
    return world_mean_target(w);
}

static void steady_line_is_found_within_seconds_and_used(void **state)
{
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, 3000000);
        world_run(w, 5 * SEC);
        const uint64_t mean = mean_over(w, 20 * SEC);
        HOLDS(seed, mean >= 2250000 && mean <= 3000000);
        HOLDS(seed, w->delivered * 8 / 20 >= 2250000);
        HOLDS(seed, w->delay_most < 200 * MS);
        world_destroy(w);
    }
}

static void lines_of_all_rates_are_used_to_three_quarters(void **state)
{
    static const uint64_t rates[] = {100000, 300000, 1000000, 8000000, 30000000};
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        for (uint64_t seed = 0; seed < 5; seed++) {
            struct world *w = world_create(seed, rates[i]);
            w->source.wanted_bps = 40000000;
            world_run(w, 30 * SEC);
            const uint64_t mean = mean_over(w, 20 * SEC);
            HOLDS(seed, mean >= rates[i] * 75 / 100 && mean <= rates[i] * 102 / 100);
            HOLDS(seed, w->delay_most < 350 * MS);
            world_destroy(w);
        }
    }
}

static void queue_is_short_again_a_second_after_the_line_fell_to_a_third(void **state)
{
    (void)state;
    FOR_SEEDS(seed)
    {
        for (unsigned layered = 0; layered < 2; layered++) {
            struct world *w = world_create(seed, 3000000);
            if (layered)
                simulcast(w);
            world_run(w, 15 * SEC + rng_below(&w->rng, 3000) * MS);
            w->line.rate_bps = 1000000;
            world_run(w, SEC);
            HOLDS(seed, world_queue(w) < 200 * MS);
            world_run(w, 5 * SEC);
            const uint64_t mean = mean_over(w, 20 * SEC);
            HOLDS(seed, mean >= 750000 && mean <= 1000000);
            HOLDS(seed, w->delay_most < 250 * MS);
            world_destroy(w);
        }
    }
}

static void line_that_comes_back_is_used_again_within_five_seconds(void **state)
{
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, 3000000);
        simulcast(w);
        world_run(w, 15 * SEC);
        w->line.rate_bps = 1000000;
        world_run(w, 10 * SEC + rng_below(&w->rng, 20000) * MS);
        HOLDS(seed, w->layer < 3);
        w->line.rate_bps = 3000000;
        world_run(w, 5 * SEC);
        HOLDS(seed, world_read(w).target_bps > 2500000);
        HOLDS(seed, w->layer == 3);
        world_destroy(w);
    }
}

static void layer_changes_at_most_twice_a_minute_on_a_steady_line(void **state)
{
    static const uint64_t rates[] = {1000000, 2000000, 3000000};
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, rates[seed % 3]);
        simulcast(w);
        world_run(w, 20 * SEC);
        world_mark(w);
        world_run(w, 60 * SEC);
        HOLDS(seed, w->layer_changes <= 2);
        world_destroy(w);
    }
}

static void random_loss_leaves_four_fifths_of_the_line(void **state)
{
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, 3000000);
        w->line.lost = seed % 2 ? 100 : 50; // of 1000
        world_run(w, 10 * SEC);
        const uint64_t mean = mean_over(w, 40 * SEC);
        HOLDS(seed, mean >= 2400000);
        const uint16_t loss = world_read(w).loss;
        HOLDS(seed, loss > w->line.lost * 40 && loss < w->line.lost * 110);
        world_destroy(w);
    }
}

static void short_queue_does_not_lose_a_quarter_for_ever(void **state)
{
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, 2000000);
        w->line.limit = 15 * MS; // never long enough to be seen as delay
        world_run(w, 20 * SEC);
        world_mark(w);
        world_run(w, 40 * SEC);
        HOLDS(seed, w->delivered * 4 >= w->sent * 3);
        HOLDS(seed, w->delivered * 8 / 40 >= 1200000);
        world_destroy(w);
    }
}

static void jitter_of_200_ms_is_no_reason_to_go_to_the_floor(void **state)
{
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, 3000000);
        w->line.jitter = 200 * MS;
        w->line.in_order = seed % 2;
        world_run(w, 10 * SEC);
        const uint64_t mean = mean_over(w, 60 * SEC);
        HOLDS(seed, mean >= 1500000);
        HOLDS(seed, w->delivered * 8 / 60 <= 3000000);
        HOLDS(seed, world_read(w).loss < UINT16_MAX / 50); // what is late is not lost
        world_destroy(w);
    }
}

static void still_screen_keeps_the_estimate(void **state)
{
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, 3000000);
        simulcast(w);
        world_run(w, 10 * SEC);
        const uint64_t before = world_read(w).target_bps;
        w->source.paused = true;
        world_run(w, 120 * SEC);
        HOLDS(seed, world_read(w).app_limited);
        HOLDS(seed, world_read(w).target_bps >= before * 95 / 100);
        w->source.paused = false;
        world_run(w, 5 * SEC);
        HOLDS(seed, world_read(w).target_bps >= 2540000);
        world_destroy(w);
    }
}

static void nothing_wanted_is_nothing_probed(void **state)
{
    (void)state;
    struct world *w = world_create(1, 3000000);
    simulcast(w);
    w->source.wanted_bps = 100000;
    w->source.layers[1] = 0;
    world_run(w, 30 * SEC);
    assert_int_equal(world_read(w).probes, 0);
    w->source.wanted_bps = 2000000;
    world_run(w, 2 * SEC);
    assert_true(world_read(w).probes > 0);
    world_destroy(w);
}

static void others_on_the_line_leave_us_something_and_we_them(void **state)
{
    static const usec_t limits[] = {100 * MS, 350 * MS, 600 * MS};
    uint64_t ours = 0, theirs = 0;
    unsigned runs = 0;
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, 3000000);
        w->line.limit = limits[seed % 3];
        world_run(w, 10 * SEC);
        w->line.others_greedy = true;
        w->line.others_bps = 300000;
        world_run(w, 10 * SEC);
        world_mark(w);
        world_run(w, 60 * SEC);
        const uint64_t bps = w->delivered * 8 / 60;
        HOLDS(seed, bps >= 150000);
        HOLDS(seed, bps <= 2900000);
        ours += bps;
        theirs += w->line.others_bps;
        runs++;
        world_destroy(w);
    }
    if (runs == SEEDS) {
        assert_true(ours / runs >= 600000);
        assert_true(theirs / runs >= 600000);
    }
}

static void line_that_was_down_is_tried_softly_and_used_again(void **state)
{
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, 3000000);
        world_run(w, 10 * SEC);
        w->line.down = true;
        world_run(w, 3 * SEC);
        HOLDS(seed, world_read(w).target_bps < 500000);
        w->line.down = false;
        world_run(w, 3 * SEC);
        HOLDS(seed, world_read(w).target_bps > 1800000);
        world_destroy(w);
    }
}

static void lost_feedback_changes_little(void **state)
{
    (void)state;
    FOR_SEEDS(seed)
    {
        struct world *w = world_create(seed, 3000000);
        w->line.lost_back = 200;
        world_run(w, 10 * SEC);
        HOLDS(seed, mean_over(w, 30 * SEC) >= 2100000);
        HOLDS(seed, world_read(w).loss < UINT16_MAX / 100);
        world_destroy(w);
    }
}

static void nobody_who_receives_nothing_is_ticked_for(void **state)
{
    (void)state;
    struct world *w = world_create(1, 3000000);
    assert_true(estimator_deadline(w->e) == USEC_NEVER);
    world_run(w, 5 * SEC);
    assert_true(estimator_deadline(w->e) <= w->now + 200 * MS);
    for (unsigned i = 0; i < 5000; i++) { // nothing is sent any more
        w->now += MS;
        if (w->now >= estimator_deadline(w->e))
            estimator_tick(w->e, w->now);
    }
    assert_true(estimator_deadline(w->e) == USEC_NEVER);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_line_is_found_within_seconds_and_used),
        cmocka_unit_test(lines_of_all_rates_are_used_to_three_quarters),
        cmocka_unit_test(queue_is_short_again_a_second_after_the_line_fell_to_a_third),
        cmocka_unit_test(line_that_comes_back_is_used_again_within_five_seconds),
        cmocka_unit_test(layer_changes_at_most_twice_a_minute_on_a_steady_line),
        cmocka_unit_test(random_loss_leaves_four_fifths_of_the_line),
        cmocka_unit_test(short_queue_does_not_lose_a_quarter_for_ever),
        cmocka_unit_test(jitter_of_200_ms_is_no_reason_to_go_to_the_floor),
        cmocka_unit_test(still_screen_keeps_the_estimate),
        cmocka_unit_test(nothing_wanted_is_nothing_probed),
        cmocka_unit_test(others_on_the_line_leave_us_something_and_we_them),
        cmocka_unit_test(line_that_was_down_is_tried_softly_and_used_again),
        cmocka_unit_test(lost_feedback_changes_little),
        cmocka_unit_test(nobody_who_receives_nothing_is_ticked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
