#include "ring.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct ring_event *make(const char *id, const char *tenant, const char *user, int64_t at)
{
    struct ring_event *e = calloc(1, sizeof *e);

    assert_non_null(e);
    (void)snprintf(e->id, sizeof e->id, "%s", id);
    (void)snprintf(e->tenant, sizeof e->tenant, "%s", tenant);
    e->user[1] = user ? strdup(user) : NULL;
    e->frame = strdup("data");
    e->len = 4;
    e->at = at;
    return e;
}

static void an_event_is_for_its_tenant_and_its_users(void **state)
{
    struct ring_event *e = make("evt_1", "t1", "zoe", 0);

    (void)state;
    assert_true(ring_is_for(e, "t1", NULL));
    assert_true(ring_is_for(e, "t1", "zoe"));
    assert_false(ring_is_for(e, "t1", "eve"));
    assert_false(ring_is_for(e, "t2", NULL));
    assert_false(ring_is_for(e, "t2", "zoe"));
    ring_event_free(e);
}

static void old_events_are_forgotten(void **state)
{
    struct ring r;

    (void)state;
    ring_init(&r);
    ring_add(&r, make("evt_1", "t1", NULL, 0), 600);
    ring_add(&r, make("evt_2", "t1", NULL, 600), 600);
    assert_non_null(ring_find(&r, "t1", "evt_1"));
    ring_add(&r, make("evt_3", "t1", NULL, 601), 600);
    assert_null(ring_find(&r, "t1", "evt_1"));
    assert_non_null(ring_find(&r, "t1", "evt_2"));
    assert_null(ring_find(&r, "t2", "evt_2")); // another tenant's id is unknown
    ring_fini(&r);
}

static void the_ring_is_bounded(void **state)
{
    struct ring r;
    char id[32];

    (void)state;
    ring_init(&r);
    for (int i = 0; i < RING_EVENTS + 100; i++) {
        (void)snprintf(id, sizeof id, "evt_%d", i);
        ring_add(&r, make(id, "t1", NULL, 0), 600);
    }
    assert_int_equal(r.count, RING_EVENTS);
    assert_null(ring_find(&r, "t1", "evt_99"));
    assert_non_null(ring_find(&r, "t1", "evt_100"));
    struct ring_event *big = make("evt_big", "t1", NULL, 0);

    big->len = RING_BYTES;
    ring_add(&r, big, 600);
    assert_int_equal(r.count, 1);
    ring_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_for_its_tenant_and_its_users),
        cmocka_unit_test(old_events_are_forgotten),
        cmocka_unit_test(the_ring_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
