#include "line.h"

static void steady_line_is_found_within_seconds_and_used(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct world *w = world_create(seed, 3000000);
        world_run(w, 5 * SEC);
        world_mark(w);
        world_run(w, 20 * SEC);
        assert_in_range(world_mean_target(w), 2250000, 3000000);
        assert_in_range(w->delivered * 8 / 20, 2100000, 3000000);
        assert_true(w->delay_most < 150 * MS);
        world_destroy(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steady_line_is_found_within_seconds_and_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
