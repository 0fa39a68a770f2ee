#include "base/box.h"

#include "base/rand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t key[BOX_KEY_SIZE] = "0123456789abcdef0123456789abcde";

static void a_box_opens_with_its_key_and_label_alone(void **state)
{
    uint8_t other[BOX_KEY_SIZE], box[5 + BOX_OVERHEAD], out[5];

    (void)state;
    memcpy(other, key, sizeof other);
    other[31] ^= 1;
    box_close(key, "a", "hello", 5, box);
    assert_true(box_open(key, "a", box, sizeof box, out));
    assert_memory_equal(out, "hello", 5);
    assert_false(box_open(other, "a", box, sizeof box, out));
    assert_memory_equal(out, "\0\0\0\0\0", 5);
    assert_false(box_open(key, "b", box, sizeof box, out));
    assert_false(box_open(key, "", box, sizeof box, out));
}

static void a_box_with_any_bit_changed_does_not_open(void **state)
{
    uint8_t box[5 + BOX_OVERHEAD], out[5];

    (void)state;
    box_close(key, "a", "hello", 5, box);
    for (size_t bit = 0; bit < 8 * sizeof box; bit++) {
        box[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(box_open(key, "a", box, sizeof box, out));
        box[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t len = 0; len < sizeof box; len++)
        assert_false(box_open(key, "a", box, len, out));
    assert_true(box_open(key, "a", box, sizeof box, out));
}

static void the_same_twice_is_two_boxes_and_may_be_of_any_length(void **state)
{
    uint8_t data[600], box[sizeof data + BOX_OVERHEAD], again[sizeof box], out[sizeof data];

    (void)state;
    rand_bytes(data, sizeof data);
    for (size_t len = 0; len <= sizeof data; len += 37) {
        box_close(key, "l", data, len, box);
        box_close(key, "l", data, len, again);
        assert_memory_not_equal(box, again, len + BOX_OVERHEAD);
        assert_true(box_open(key, "l", box, len + BOX_OVERHEAD, out));
        assert_memory_equal(out, data, len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_opens_with_its_key_and_label_alone),
        cmocka_unit_test(a_box_with_any_bit_changed_does_not_open),
        cmocka_unit_test(the_same_twice_is_two_boxes_and_may_be_of_any_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
