/* From an address or a name to the member it belongs to. */
#include "route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct fixture {
    struct worker w;
    struct member member[2];
    struct worker_member wm[2];
};

static int open_fixture(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    map_init(&f->w.by_ufrag, 1);
    map_init(&f->w.by_address, 2);
    for (unsigned i = 0; i < 2; i++)
        f->wm[i].member = &f->member[i];
    *state = f;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 2; i++)
        route_forget(&f->w, &f->wm[i]);
    assert_int_equal(f->w.by_ufrag.count, 0);
    assert_int_equal(f->w.by_address.count, 0);
    map_fini(&f->w.by_ufrag);
    map_fini(&f->w.by_address);
    free(f);
    return 0;
}

static struct sockaddr_in6 address(uint16_t port)
{
    return (struct sockaddr_in6){
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT};
}

static bool has_name(const struct fixture *f, const char *name, unsigned i)
{
    return map_get(&f->w.by_ufrag, name, strlen(name)) == &f->wm[i];
}

static void address_leads_to_its_member(void **state)
{
    struct fixture *f = *state;
    const struct sockaddr_in6 a = address(1), b = address(2);
    route_add_address(&f->w, &f->wm[0], &a);
    assert_ptr_equal(route_by_address(&f->w, &a), &f->member[0]);
    assert_null(route_by_address(&f->w, &b));
    route_add_address(&f->w, &f->wm[0], &a);
    assert_int_equal(f->wm[0].address_next, 1); // twice is once
}

static void the_same_address_by_tcp_is_another(void **state)
{
    struct fixture *f = *state;
    const struct sockaddr_in6 udp = address(1);
    struct sockaddr_in6 tcp = udp;
    tcp.sin6_flowinfo = 7;
    route_add_address(&f->w, &f->wm[0], &udp);
    assert_false(worker_knows(&f->w, &tcp));
    route_add_address(&f->w, &f->wm[1], &tcp);
    assert_true(worker_knows(&f->w, &tcp));
    assert_ptr_equal(route_by_address(&f->w, &udp), &f->member[0]);
    assert_ptr_equal(route_by_address(&f->w, &tcp), &f->member[1]);
}

static void address_moves_to_who_authenticates_from_it(void **state)
{
    struct fixture *f = *state;
    const struct sockaddr_in6 a = address(1);
    route_add_address(&f->w, &f->wm[0], &a);
    route_add_address(&f->w, &f->wm[1], &a);
    assert_ptr_equal(route_by_address(&f->w, &a), &f->member[1]);
    route_forget(&f->w, &f->wm[0]); // it is not his any more
    assert_ptr_equal(route_by_address(&f->w, &a), &f->member[1]);
}

static void oldest_address_is_forgotten_first(void **state)
{
    struct fixture *f = *state;
    for (uint16_t i = 0; i < 2 * WORKER_ADDRESSES + 3; i++) {
        const struct sockaddr_in6 a = address(i);
        route_add_address(&f->w, &f->wm[0], &a);
    }
    assert_int_equal(f->w.by_address.count, WORKER_ADDRESSES);
    for (uint16_t i = 0; i < 2 * WORKER_ADDRESSES + 3; i++) {
        const struct sockaddr_in6 a = address(i);
        const bool known = route_by_address(&f->w, &a) != NULL;
        assert_int_equal(known, i >= WORKER_ADDRESSES + 3);
    }
}

static void two_newest_names_are_known(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(route_add_ufrag(&f->w, &f->wm[0], "first"), 0);
    assert_int_equal(route_add_ufrag(&f->w, &f->wm[0], "second"), 0);
    assert_true(has_name(f, "first", 0));
    assert_true(has_name(f, "second", 0));
    assert_int_equal(route_add_ufrag(&f->w, &f->wm[0], "third"), 0);
    assert_false(has_name(f, "first", 0));
    assert_true(has_name(f, "second", 0));
    assert_int_equal(route_add_ufrag(&f->w, &f->wm[0], "third"), 0);
    assert_true(has_name(f, "second", 0)); // the same again pushes nothing out
    assert_int_equal(route_add_ufrag(&f->w, &f->wm[0], "second"), 0);
    assert_true(has_name(f, "second", 0));
    assert_true(has_name(f, "third", 0));
}

static void name_of_two_is_the_newer_ones(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(route_add_ufrag(&f->w, &f->wm[0], "same"), 0);
    assert_int_equal(route_add_ufrag(&f->w, &f->wm[1], "same"), 0);
    assert_true(has_name(f, "same", 1));
    route_forget(&f->w, &f->wm[0]);
    assert_true(has_name(f, "same", 1));
}

/** A member that comes, moves and goes leaves nothing behind. */
static void nothing_is_left_whatever_happens(void **state)
{
    struct fixture *f = *state;
    uint32_t rng = 5;
    for (unsigned i = 0; i < 5000; i++) {
        rng = rng * 1664525 + 1013904223;
        struct worker_member *wm = &f->wm[rng >> 8 & 1];
        const struct sockaddr_in6 a = address((uint16_t)(rng >> 10 & 15));
        char name[8];
        (void)snprintf(name, sizeof(name), "n%u", rng >> 16 & 3);
        switch (rng >> 20 & 3) {
        case 0:
            route_add_address(&f->w, wm, &a);
            assert_ptr_equal(route_by_address(&f->w, &a), wm->member);
            break;
        case 1:
            assert_int_equal(route_add_ufrag(&f->w, wm, name), 0);
            break;
        case 2:
            route_forget_addresses(&f->w, wm);
            break;
        default:
            route_forget(&f->w, wm);
            memset(wm->ufrag, 0, sizeof(wm->ufrag));
        }
        assert_true(f->w.by_address.count <= 2 * WORKER_ADDRESSES);
        assert_true(f->w.by_ufrag.count <= 4);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TEST(address_leads_to_its_member),
        TEST(the_same_address_by_tcp_is_another),
        TEST(address_moves_to_who_authenticates_from_it),
        TEST(oldest_address_is_forgotten_first),
        TEST(two_newest_names_are_known),
        TEST(name_of_two_is_the_newer_ones),
        TEST(nothing_is_left_whatever_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
