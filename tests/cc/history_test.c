#include "history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void add(struct history *h, unsigned n, uint16_t len)
{
    for (unsigned i = 0; i < n; i++) {
        const struct sent s = {.at = h->next, .len = len};
        history_add(h, &s);
    }
}

static void packet_is_found_until_its_place_is_taken(void **state)
{
    struct history h;
    (void)state;
    history_init(&h);
    const int64_t first = h.next;
    assert_null(history_find(&h, first));
    add(&h, HISTORY_FIRST, 100);
    assert_non_null(history_find(&h, first));
    assert_int_equal(history_find(&h, first)->at, first);
    add(&h, 1, 100);
    assert_null(history_find(&h, first));
    assert_non_null(history_find(&h, first + HISTORY_FIRST));
    assert_null(history_find(&h, h.next));
    assert_null(history_find(&h, first - 1));
    history_finish(&h);
}

static void bytes_in_flight_are_those_nobody_told_of(void **state)
{
    struct history h;
    (void)state;
    history_init(&h);
    const int64_t first = h.next;
    assert_true(history_waiting_since(&h) == USEC_NEVER);
    add(&h, 10, 100);
    assert_int_equal(h.in_flight, 1000);
    assert_true(history_waiting_since(&h) == first);
    history_settle(&h, first + 3);
    assert_int_equal(h.in_flight, 600);
    history_settle(&h, first + 1); // told of again
    assert_int_equal(h.in_flight, 600);
    history_settle(&h, first + 1000000);
    assert_int_equal(h.in_flight, 0);
    assert_true(history_waiting_since(&h) == USEC_NEVER);
    add(&h, 3 * HISTORY_FIRST, 7); // nobody tells of any: the oldest are given up
    assert_int_equal(h.in_flight, 7 * HISTORY_FIRST);
    history_finish(&h);
}

static void it_grows_with_what_is_in_flight_and_no_further(void **state)
{
    struct history h;
    (void)state;
    history_init(&h);
    add(&h, HISTORY_FIRST / 2, 1);
    history_grow(&h);
    assert_int_equal(h.size, HISTORY_FIRST);
    add(&h, 1, 1);
    const int64_t first = h.oldest;
    history_grow(&h);
    assert_int_equal(h.size, 2 * HISTORY_FIRST);
    for (int64_t ext = first; ext < h.next; ext++)
        assert_int_equal(history_find(&h, ext)->at, ext);
    for (unsigned i = 0; i < 100; i++) {
        add(&h, 1000, 1);
        history_grow(&h);
        assert_true(h.size <= HISTORY_MAX);
    }
    assert_int_equal(h.size, HISTORY_MAX);
    assert_true(sizeof(struct sent) * HISTORY_MAX <= 100 * 1024);
    history_shrink(&h);
    assert_int_equal(h.size, HISTORY_FIRST);
    assert_int_equal(h.in_flight, 0);
    assert_null(history_find(&h, h.next - 1));
    add(&h, 1, 5);
    assert_int_equal(history_find(&h, h.next - 1)->len, 5);
    history_finish(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packet_is_found_until_its_place_is_taken),
        cmocka_unit_test(bytes_in_flight_are_those_nobody_told_of),
        cmocka_unit_test(it_grows_with_what_is_in_flight_and_no_further),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
