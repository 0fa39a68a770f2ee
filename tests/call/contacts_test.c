#include "contacts.h"

#include "call/inviting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1790000000)

/** One contact, with a name of so many bytes. */
static json_t *list_of(size_t bytes)
{
    char *name = malloc(bytes + 1);
    json_t *list;

    assert_non_null(name);
    memset(name, 'x', bytes);
    name[bytes] = '\0';
    list = json_pack("[{s:s, s:s}]", "ref", "paul", "name", name);
    free(name);
    return list;
}

static void a_list_takes_the_place_of_the_one_before(void **state)
{
    struct contacts_book book = {0};

    (void)state;
    contacts_init(&book);
    assert_int_equal(contacts_put(&book, "rm_1", list_of(3), true, NOW), 0);
    assert_non_null(contacts_find(&book, "rm_1", "paul"));
    assert_int_equal(contacts_put(&book, "rm_1", json_array(), true, NOW), 0);
    assert_null(contacts_find(&book, "rm_1", "paul"));
    assert_int_equal(json_array_size(contacts_get(&book, "rm_1")), 0);
    assert_null(contacts_get(&book, "rm_2"));
    contacts_forget(&book, "rm_1");
    contacts_forget(&book, "rm_1");
    assert_null(contacts_get(&book, "rm_1"));
    contacts_fini(&book);
}

static void they_wait_for_the_first_one_and_outlive_a_reload(void **state)
{
    struct contacts_book book = {0};

    (void)state;
    contacts_init(&book);
    assert_int_equal(contacts_put(&book, "rm_1", list_of(3), false, NOW), 0);
    contacts_in_use(&book, "rm_1", true, NOW + 60);
    contacts_in_use(&book, "rm_2", true, NOW + CALL_CONTACTS_IDLE * 3);
    assert_non_null(contacts_get(&book, "rm_1")); // somebody is there all the while
    contacts_in_use(&book, "rm_1", false, NOW + CALL_CONTACTS_IDLE * 3);
    contacts_in_use(&book, "rm_1", true, NOW + CALL_CONTACTS_IDLE * 3 + 5);
    assert_non_null(contacts_get(&book, "rm_1"));
    contacts_fini(&book);
}

static void an_hour_after_the_last_one_left_they_are_gone(void **state)
{
    struct contacts_book book = {0};

    (void)state;
    contacts_init(&book);
    assert_int_equal(contacts_put(&book, "rm_1", list_of(3), true, NOW), 0);
    contacts_in_use(&book, "rm_1", false, NOW);
    contacts_in_use(&book, "rm_2", true, NOW + CALL_CONTACTS_IDLE);
    assert_non_null(contacts_get(&book, "rm_1"));
    contacts_in_use(&book, "rm_2", true, NOW + CALL_CONTACTS_IDLE + 1);
    assert_null(contacts_get(&book, "rm_1"));
    assert_int_equal(book.idle_bytes, 0);
    contacts_fini(&book);
}

static void those_nobody_uses_share_a_bounded_memory(void **state)
{
    struct contacts_book book = {0};
    const size_t each = CALL_CONTACTS_BYTES / 8;

    (void)state;
    contacts_init(&book);
    assert_int_equal(contacts_put(&book, "rm_used", list_of(each), true, NOW), 0);
    for (int i = 0; i < 20; i++) {
        char room[16];

        (void)snprintf(room, sizeof room, "rm_%d", i);
        assert_int_equal(contacts_put(&book, room, list_of(each), false, NOW + i), 0);
        assert_true(book.idle_bytes <= CALL_CONTACTS_BYTES);
        assert_non_null(contacts_get(&book, room));
    }
    assert_null(contacts_get(&book, "rm_0"));
    assert_non_null(contacts_get(&book, "rm_19"));
    assert_non_null(contacts_get(&book, "rm_used"));
    contacts_fini(&book);
}

/** What counts is what they take: of short names that is many times their text. */
static void many_short_names_share_it_too(void **state)
{
    struct contacts_book book = {0};

    (void)state;
    contacts_init(&book);
    for (int i = 0; i < 200; i++) {
        json_t *list = json_array();
        char room[16];

        for (int k = 0; k < CALL_CONTACTS; k++)
            (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "ref", "p", "name",
                                                        "P", "presence", "online"));
        (void)snprintf(room, sizeof room, "rm_%d", i);
        assert_int_equal(contacts_put(&book, room, list, false, NOW), 0);
    }
    assert_null(contacts_get(&book, "rm_0"));
    assert_non_null(contacts_get(&book, "rm_199"));
    assert_true(book.idle_bytes > CALL_CONTACTS_BYTES / 2);
    contacts_fini(&book);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_takes_the_place_of_the_one_before),
        cmocka_unit_test(they_wait_for_the_first_one_and_outlive_a_reload),
        cmocka_unit_test(an_hour_after_the_last_one_left_they_are_gone),
        cmocka_unit_test(those_nobody_uses_share_a_bounded_memory),
        cmocka_unit_test(many_short_names_share_it_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
