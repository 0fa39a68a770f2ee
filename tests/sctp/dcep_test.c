#include "dcep.h"

#include "rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// An unordered channel "chat" with at most three retransmissions and the protocol "x".
static const uint8_t example[] = {3, 0x81, 1, 0,   0,   0,   0,   3,  0,
                                  4, 0,    1, 'c', 'h', 'a', 't', 'x'};

static void open_is_read_as_rfc_8832_draws_it(void **state)
{
    struct dcep d;
    (void)state;
    assert_int_equal(dcep_parse(example, sizeof(example), &d), DROP_NONE);
    assert_int_equal(d.type, DCEP_OPEN);
    assert_int_equal(d.conf.mode, CHANNEL_COUNTED);
    assert_true(d.conf.unordered);
    assert_int_equal(d.conf.limit, 3);
    assert_int_equal(d.conf.priority, 256);
    assert_string_equal(d.label, "chat");
    assert_string_equal(d.protocol, "x");
    uint8_t again[DCEP_OPEN_MAX];
    assert_int_equal(dcep_write(&d, again), sizeof(example));
    assert_memory_equal(again, example, sizeof(example));
}

static void acknowledgement_is_one_byte(void **state)
{
    struct dcep d;
    uint8_t buf[DCEP_OPEN_MAX];
    (void)state;
    assert_int_equal(dcep_parse((const uint8_t[]){2}, 1, &d), DROP_NONE);
    assert_int_equal(d.type, DCEP_ACK);
    assert_int_equal(dcep_write(&d, buf), 1);
    assert_int_equal(buf[0], 2);
}

static void every_shorter_or_longer_open_is_refused(void **state)
{
    struct dcep d;
    uint8_t longer[sizeof(example) + 1] = {0};
    (void)state;
    for (size_t len = 0; len < sizeof(example); len++)
        assert_int_not_equal(dcep_parse(example, len, &d), DROP_NONE);
    memcpy(longer, example, sizeof(example));
    assert_int_equal(dcep_parse(longer, sizeof(longer), &d), DROP_MALFORMED);
}

static void bad_text_and_types_are_refused(void **state)
{
    struct dcep d;
    uint8_t m[sizeof(example)];
    (void)state;
    memcpy(m, example, sizeof(m));
    m[12] = 0; // NUL
    assert_int_equal(dcep_parse(m, sizeof(m), &d), DROP_MALFORMED);
    m[12] = 0xff; // no UTF-8
    assert_int_equal(dcep_parse(m, sizeof(m), &d), DROP_MALFORMED);
    memcpy(m, example, sizeof(m));
    m[1] = 3; // no such channel type
    assert_int_equal(dcep_parse(m, sizeof(m), &d), DROP_MALFORMED);
    m[0] = 4;
    assert_int_equal(dcep_parse(m, sizeof(m), &d), DROP_MALFORMED);
}

static void text_of_255_bytes_is_the_longest(void **state)
{
    struct dcep d;
    uint8_t m[12 + 256];
    (void)state;
    memset(m, 'a', sizeof(m));
    memcpy(m, (const uint8_t[12]){3, 0, 0, 0, 0, 0, 0, 0, 0, 255, 0, 0}, 12);
    assert_int_equal(dcep_parse(m, 12 + 255, &d), DROP_NONE);
    assert_int_equal(strlen(d.label), 255);
    m[8] = 1, m[9] = 0;
    assert_int_equal(dcep_parse(m, 12 + 256, &d), DROP_LIMIT);
}

static void what_is_written_is_read_again(void **state)
{
    struct rng rng;
    (void)state;
    rng_init(&rng, 8832);
    for (unsigned i = 0; i < 2000; i++) {
        struct dcep d = {.type = DCEP_OPEN}, out;
        uint8_t buf[DCEP_OPEN_MAX];
        d.conf.mode = (enum channel_mode)rng_below(&rng, 3);
        d.conf.limit = d.conf.mode ? rng_u32(&rng) : 0;
        d.conf.unordered = rng_chance(&rng, 500);
        d.conf.priority = (uint16_t)rng_u32(&rng);
        memset(d.label, 'l', rng_below(&rng, CHANNEL_TEXT + 1));
        memset(d.protocol, 'p', rng_below(&rng, CHANNEL_TEXT + 1));
        const size_t len = dcep_write(&d, buf);
        assert_int_equal(dcep_parse(buf, len, &out), DROP_NONE);
        assert_memory_equal(&out.conf, &d.conf, sizeof(d.conf));
        assert_string_equal(out.label, d.label);
        assert_string_equal(out.protocol, d.protocol);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_is_read_as_rfc_8832_draws_it),
        cmocka_unit_test(acknowledgement_is_one_byte),
        cmocka_unit_test(every_shorter_or_longer_open_is_refused),
        cmocka_unit_test(bad_text_and_types_are_refused),
        cmocka_unit_test(text_of_255_bytes_is_the_longest),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
