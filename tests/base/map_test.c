#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct item {
    char key[8];
    bool in;
};

static uint32_t next(uint32_t *rng)
{
    return *rng = *rng * 1664525 + 1013904223;
}

/** Random puts and deletes against a plain array: the map always says the same. */
static void agrees_with_an_array_for_any_order(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 50; seed++) {
        struct item item[300] = {0};
        struct map m;
        uint32_t rng = seed;
        size_t count = 0;
        map_init(&m, seed);
        for (size_t i = 0; i < 300; i++)
            memcpy(item[i].key, &i, sizeof(i));
        for (int step = 0; step < 3000; step++) {
            struct item *it = &item[(next(&rng) >> 8) % 300];
            if (next(&rng) >> 16 & 1) {
                assert_int_equal(0, map_put(&m, it->key, sizeof(it->key), it));
                count += !it->in;
                it->in = true;
            } else {
                assert_ptr_equal(it->in ? it : NULL, map_del(&m, it->key, sizeof(it->key)));
                count -= it->in;
                it->in = false;
            }
            assert_int_equal(count, m.count);
        }
        size_t seen = 0, at = 0;
        for (size_t i = 0; i < 300; i++)
            assert_ptr_equal(item[i].in ? &item[i] : NULL,
                             map_get(&m, item[i].key, sizeof(item[i].key)));
        while (map_next(&m, &at))
            seen++;
        assert_int_equal(count, seen);
        map_fini(&m);
    }
}

static void keys_of_different_length_are_different(void **state)
{
    (void)state;
    struct map m;
    int one = 1, two = 2;
    map_init(&m, 7);
    assert_int_equal(0, map_put(&m, "ab\0", 2, &one));
    assert_int_equal(0, map_put(&m, "ab\0", 3, &two));
    assert_ptr_equal(&one, map_get(&m, "ab", 2));
    assert_ptr_equal(&two, map_get(&m, "ab\0", 3));
    assert_null(map_get(&m, "a", 1));
    map_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_an_array_for_any_order),
        cmocka_unit_test(keys_of_different_length_are_different),
    };
    return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
