#include "links/secrets.h"

#include "links/tenants.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW INT64_C(1790000000)

/** A database and a server key in a folder of their own, and two tenants. */
struct world {
    char dir[64], db[128], key[128];
    struct store *store;
    struct links *links;
    struct links_tenant one, other;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct links_conf conf = {.public_url = "https://meet.example.org"};
    char why[256];

    (void)strcpy(w->dir, "/tmp/salon-secrets-XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    (void)snprintf(w->db, sizeof w->db, "%s/salon.db", w->dir);
    (void)snprintf(w->key, sizeof w->key, "%s/server.key", w->dir);
    assert_int_equal(store_open(w->db, 100, &w->store, why, sizeof why), 0);
    conf.store = w->store;
    conf.key_file = w->key;
    assert_int_equal(links_open(&conf, &w->links, why, sizeof why), 0);
    w->one = (struct links_tenant){.name = "One"};
    w->other = (struct links_tenant){.name = "Other"};
    assert_int_equal(links_tenant_add(w->links, &w->one, NOW), 0);
    assert_int_equal(links_tenant_add(w->links, &w->other, NOW), 0);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    links_close(w->links);
    store_close(w->store);
    (void)unlink(w->db);
    (void)unlink(w->key);
    (void)rmdir(w->dir);
    free(w);
    return 0;
}

static void each_kind_of_each_tenant_has_a_secret_of_its_own(void **state)
{
    struct world *w = *state;
    const struct links_tenant *tenants[] = {&w->one, &w->other};
    char seen[2 * SECRET_KIND_COUNT][LINKS_SECRET_SIZE];
    int count = 0;

    for (int t = 0; t < 2; t++) {
        for (int kind = 0; kind < SECRET_KIND_COUNT; kind++) {
            struct links_secret_live live[2];

            assert_int_equal(
                links_secret_live(w->links, tenants[t]->id, (enum links_secret)kind, NOW, live),
                1);
            assert_int_equal(strlen(live[0].text), 64);
            for (int i = 0; i < count; i++)
                assert_string_not_equal(seen[i], live[0].text);
            (void)strcpy(seen[count++], live[0].text);
        }
    }
}

static void after_a_rotation_the_secret_before_holds_for_a_day(void **state)
{
    struct world *w = *state;
    struct links_secret_live before[2], after[2];

    assert_int_equal(links_secret_live(w->links, w->one.id, SECRET_BBB, NOW, before), 1);
    assert_int_equal(links_secret_rotate(w->links, w->one.id, SECRET_BBB, NOW), 0);
    assert_int_equal(links_secret_live(w->links, w->one.id, SECRET_BBB, NOW, after), 2);
    assert_string_not_equal(after[0].text, before[0].text);
    assert_string_equal(after[1].text, before[0].text);
    assert_int_equal(after[0].version, 2);
    assert_int_equal(after[1].version, 1);
    assert_int_equal(links_secret_live(w->links, w->one.id, SECRET_BBB,
                                       NOW + LINKS_SECRET_ROTATION_S, after),
                     1);
    assert_string_not_equal(after[0].text, before[0].text);
}

static void a_second_rotation_ends_the_first_secret_at_once(void **state)
{
    struct world *w = *state;
    struct links_secret_live first[2], now[2];

    assert_int_equal(links_secret_live(w->links, w->one.id, SECRET_LAUNCH, NOW, first), 1);
    assert_int_equal(links_secret_rotate(w->links, w->one.id, SECRET_LAUNCH, NOW), 0);
    assert_int_equal(links_secret_rotate(w->links, w->one.id, SECRET_LAUNCH, NOW), 0);
    assert_int_equal(links_secret_live(w->links, w->one.id, SECRET_LAUNCH, NOW, now), 2);
    assert_int_equal(now[0].version, 3);
    assert_string_not_equal(now[0].text, first[0].text);
    assert_string_not_equal(now[1].text, first[0].text);
}

static void a_rotation_concerns_one_kind_of_one_tenant(void **state)
{
    struct world *w = *state;
    struct links_secret_live live[2];

    assert_int_equal(links_secret_rotate(w->links, w->one.id, SECRET_LASUITE, NOW), 0);
    assert_int_equal(links_secret_live(w->links, w->one.id, SECRET_LAUNCH, NOW, live), 1);
    assert_int_equal(live[0].version, 1);
    assert_int_equal(links_secret_live(w->links, w->other.id, SECRET_LASUITE, NOW, live), 1);
    assert_int_equal(live[0].version, 1);
}

static void only_the_three_kinds_have_names(void **state)
{
    enum links_secret kind;

    (void)state;
    for (int i = 0; i < SECRET_KIND_COUNT; i++) {
        assert_true(links_secret_from(links_secret_name((enum links_secret)i), &kind));
        assert_int_equal(kind, i);
    }
    assert_false(links_secret_from("webhook", &kind));
    assert_false(links_secret_from("", &kind));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_kind_of_each_tenant_has_a_secret_of_its_own),
        TEST(after_a_rotation_the_secret_before_holds_for_a_day),
        TEST(a_second_rotation_ends_the_first_secret_at_once),
        TEST(a_rotation_concerns_one_kind_of_one_tenant),
        cmocka_unit_test(only_the_three_kinds_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
