#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_value_on_a_bound_is_below_it(void **state)
{
    struct histogram h = {0};

    (void)state;
    for (unsigned i = 0; i < HISTOGRAM_BOUNDS; i++) {
        histogram_add(&h, histogram_bound[i], 1);
        assert_int_equal(h.count[i], 1);
        if (i > 0)
            assert_true(histogram_bound[i] > histogram_bound[i - 1]);
    }
    histogram_add(&h, histogram_bound[HISTOGRAM_BOUNDS - 1] + 1, 2);
    assert_int_equal(h.count[HISTOGRAM_BOUNDS], 2);
}

static void what_took_less_than_nothing_took_nothing(void **state)
{
    struct histogram h = {0};

    (void)state;
    histogram_add(&h, -5, 3);
    histogram_add(&h, 20, 2);
    assert_int_equal(h.count[0], 5);
    assert_int_equal(h.sum_us, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_on_a_bound_is_below_it),
        cmocka_unit_test(what_took_less_than_nothing_took_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
