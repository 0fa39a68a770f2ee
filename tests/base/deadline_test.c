#include "base/deadline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static usec_t last_due;
static int ran;

static void note(void *owner, usec_t now)
{
    const struct deadline *d = owner;
    assert_true(d->at <= now);
    assert_true(d->at >= last_due);
    last_due = d->at;
    ran++;
}

static void runs_in_order_whatever_was_set_moved_and_cleared(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed < 200; seed++) {
        struct deadline_heap heap = {0};
        struct deadline d[100] = {0};
        uint32_t rng = seed;
        size_t set = 0;
        for (int step = 0; step < 1000; step++) {
            rng = rng * 1664525 + 1013904223;
            struct deadline *one = &d[(rng >> 8) % 100];
            one->owner = one;
            one->due = note;
            const usec_t at = rng % 7 == 0 ? USEC_NEVER : (usec_t)(rng >> 12);
            set += (at != USEC_NEVER) - (one->pos != 0);
            assert_int_equal(0, deadline_set(&heap, one, at));
            assert_int_equal(set, heap.count);
        }
        last_due = 0, ran = 0;
        deadline_run(&heap, USEC_NEVER - 1);
        assert_int_equal(set, ran);
        assert_int_equal(USEC_NEVER, deadline_next(&heap));
        deadline_heap_fini(&heap);
    }
}

static void what_is_not_yet_due_stays(void **state)
{
    (void)state;
    struct deadline_heap heap = {0};
    struct deadline early = {.due = note}, late = {.due = note};
    early.owner = &early, late.owner = &late;
    deadline_set(&heap, &late, 20);
    deadline_set(&heap, &early, 10);
    last_due = 0, ran = 0;
    deadline_run(&heap, 19);
    assert_int_equal(1, ran);
    assert_int_equal(20, deadline_next(&heap));
    deadline_clear(&heap, &late);
    assert_int_equal(USEC_NEVER, deadline_next(&heap));
    deadline_heap_fini(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_in_order_whatever_was_set_moved_and_cleared),
        cmocka_unit_test(what_is_not_yet_due_stays),
    };
    return cmocka_run_group_tests_name("base/deadline", tests, NULL, NULL);
}
