#include "net/frame.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void packets_come_out_as_they_went_in(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0, 3, 'a', 'b', 'c', 0, 0, 0, 1, 'd', 0, 2, 'e'};
    const uint8_t *packet;
    size_t at = 0, len;
    assert_int_equal(1, frame_next(bytes, sizeof(bytes), &at, 16, &packet, &len));
    assert_int_equal(3, len);
    assert_memory_equal("abc", packet, 3);
    assert_int_equal(1, frame_next(bytes, sizeof(bytes), &at, 16, &packet, &len));
    assert_int_equal(0, len);
    assert_int_equal(1, frame_next(bytes, sizeof(bytes), &at, 16, &packet, &len));
    assert_memory_equal("d", packet, 1);
    assert_int_equal(0, frame_next(bytes, sizeof(bytes), &at, 16, &packet, &len));
    assert_int_equal(sizeof(bytes) - 3, at); // the rest is kept whole, with its length
}

static void half_a_length_is_not_read(void **state)
{
    (void)state;
    uint8_t *one = malloc(1); // so that a sanitizer sees the byte behind it
    const uint8_t *packet;
    size_t at = 0, len;
    assert_non_null(one);
    *one = 0;
    assert_int_equal(0, frame_next(one, 1, &at, 16, &packet, &len));
    assert_int_equal(0, at);
    free(one);
}

static void a_longer_packet_than_any_of_ours_ends_the_stream(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0, 17, 0};
    const uint8_t *packet;
    size_t at = 0, len;
    assert_int_equal(-EMSGSIZE, frame_next(bytes, sizeof(bytes), &at, 16, &packet, &len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_come_out_as_they_went_in),
        cmocka_unit_test(half_a_length_is_not_read),
        cmocka_unit_test(a_longer_packet_than_any_of_ours_ends_the_stream),
    };
    return cmocka_run_group_tests_name("net/frame", tests, NULL, NULL);
}
