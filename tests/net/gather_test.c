#include "net/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define START (1000 * USEC_PER_SEC)

/** A turn that begins at `now` and takes `span`; what the worker was told to wait before it. */
static usec_t turn(struct gather *g, uint64_t sent, usec_t now, usec_t span)
{
    const usec_t hold = gather_hold(g, sent, now);
    gather_begin(g, now + hold);
    gather_end(g, now + hold + span);
    return hold;
}

/** `rate` packets a second for a second, a turn every 10 ms. */
static usec_t after_a_second_of(struct gather *g, uint64_t rate, usec_t *now)
{
    usec_t hold = 0;
    for (unsigned i = 0; i < 100; i++, *now += 10 * USEC_PER_MS)
        hold = turn(g, g->sent_then + rate * (uint64_t)(*now - g->since) / 1000000, *now, 30);
    return hold;
}

static void nothing_is_held_while_there_is_little_to_do(void **state)
{
    (void)state;
    struct gather g = {0};
    usec_t now = START;
    assert_int_equal(0, turn(&g, 0, now, 30));
    assert_int_equal(0, after_a_second_of(&g, GATHER_LOADED - 100, &now));
}

static void under_load_packets_gather_and_afterwards_no_more(void **state)
{
    (void)state;
    struct gather g = {0};
    usec_t now = START;
    (void)turn(&g, 0, now, 30);
    assert_int_equal(GATHER_HOLD, after_a_second_of(&g, GATHER_LOADED + 100, &now));
    assert_int_equal(0, after_a_second_of(&g, 100, &now));
}

static void a_worker_that_was_busy_does_not_wait_for_what_came_meanwhile(void **state)
{
    (void)state;
    struct gather g = {0};
    usec_t now = START;
    (void)turn(&g, 0, now, 30);
    (void)after_a_second_of(&g, 2 * GATHER_LOADED, &now);
    const uint64_t sent = g.sent_then + GATHER_LOADED;
    (void)turn(&g, sent, now, 4 * USEC_PER_MS);
    assert_int_equal(0, gather_hold(&g, sent, g.ended + 5));
    assert_int_equal(GATHER_HOLD, gather_hold(&g, sent, g.ended + USEC_PER_MS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_held_while_there_is_little_to_do),
        cmocka_unit_test(under_load_packets_gather_and_afterwards_no_more),
        cmocka_unit_test(a_worker_that_was_busy_does_not_wait_for_what_came_meanwhile),
    };
    return cmocka_run_group_tests_name("net/gather", tests, NULL, NULL);
}
