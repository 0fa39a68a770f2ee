/* The ring of blocks: bounded, shared, and readable from any block on. */
#include "flight/read.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEC USEC_PER_SEC

/** Everything of a recording from block `from` on, as a file. */
static uint8_t *fetch(const struct flight *f, size_t *len)
{
    static struct flight_given given;
    const struct flight_file file = {.wall = 5 * SEC, .version = "1.2.3", .room = "a room"};
    uint8_t *bytes = malloc(FLIGHT_FILE_HEAD);
    assert_non_null(bytes);
    flight_file_write(&file, bytes);
    *len = FLIGHT_FILE_HEAD;
    for (uint64_t next = 0; flight_give(f, next, &given); next = given.number + 1) {
        bytes = realloc(bytes, *len + given.len);
        assert_non_null(bytes);
        memcpy(bytes + *len, given.bytes, given.len);
        *len += given.len;
    }
    return bytes;
}

/** How many records it has; they must be of `who`. */
static size_t count(const struct flight *f, uint16_t who, usec_t *first, usec_t *last)
{
    struct flight_reader r;
    struct flight_record record;
    struct flight_file file;
    size_t len, n = 0;
    uint8_t *bytes = fetch(f, &len);
    assert_true(flight_open(&r, bytes, len, &file));
    assert_int_equal(file.wall, 5 * SEC);
    assert_string_equal(file.version, "1.2.3");
    for (; flight_next(&r, &record); n++) {
        uint16_t of, size, seq;
        assert_int_equal(record.type, FLIGHT_SENT + 1);
        flight_read_sent(&record, &of, &size, &seq);
        assert_int_equal(of, who);
        assert_int_equal(size, 1200);
        if (n == 0)
            *first = record.at;
        assert_true(n == 0 || record.at >= *last);
        *last = record.at;
    }
    assert_null(r.wrong);
    free(bytes);
    return n;
}

static void records_come_back_as_they_were_written(void **state)
{
    struct flight_pool pool;
    struct flight f;
    struct flight_reader r;
    struct flight_record record;
    struct flight_file file;
    struct flight_came came = {.who = 7,
                               .len = 1100,
                               .seq = 65535,
                               .ts = 0xfedcba98,
                               .track = 3,
                               .stream = 2,
                               .sid = 1,
                               .tid = 2,
                               .marker = true,
                               .repaired = true};
    struct flight_came back;
    size_t len;
    (void)state;
    assert_int_equal(flight_pool_init(&pool, 1 << 20), 0);
    flight_init(&f, &pool);
    flight_came(&f, &came, 10 * SEC);
    flight_sent(&f, 9, 2, 300, 77, 11 * SEC);
    flight_write(&f, FLIGHT_ESTIMATE, (const uint8_t *)"abc", 3, 11 * SEC);
    uint8_t *bytes = fetch(&f, &len);
    assert_true(flight_open(&r, bytes, len, &file));
    assert_true(flight_next(&r, &record) && record.type == FLIGHT_CAME && record.anew);
    flight_read_came(&record, &back);
    assert_true(back.who == 7 && back.len == 1100 && back.seq == 65535);
    assert_true(back.ts == 0xfedcba98 && back.track == 3 && back.stream == 2);
    assert_true(back.sid == 1 && back.tid == 2);
    assert_true(back.marker && !back.keyframe && back.repaired);
    assert_int_equal(record.at, 10 * SEC);
    uint16_t who, size, seq;
    assert_true(flight_next(&r, &record) && record.type == FLIGHT_SENT + 2 && !record.anew);
    flight_read_sent(&record, &who, &size, &seq);
    assert_true(who == 9 && size == 300 && seq == 77);
    assert_int_equal(record.at, 11 * SEC);
    assert_true(flight_next(&r, &record) && record.type == FLIGHT_ESTIMATE && record.len == 3);
    assert_memory_equal(record.body, "abc", 3);
    assert_false(flight_next(&r, &record));
    assert_null(r.wrong);
    free(bytes);
    flight_fini(&f);
    flight_pool_fini(&pool);
}

static void a_minute_is_kept_and_no_more(void **state)
{
    struct flight_pool pool;
    struct flight f;
    usec_t first = 0, last = 0;
    (void)state;
    assert_int_equal(flight_pool_init(&pool, 16 << 20), 0);
    flight_init(&f, &pool);
    for (usec_t t = 100 * SEC; t < 300 * SEC; t += 2000)
        flight_sent(&f, 1, 1, 1200, 0, t);
    (void)count(&f, 1, &first, &last);
    assert_true(last - first > 55 * SEC && last - first < 70 * SEC);
    assert_true(pool.used * (size_t)FLIGHT_BLOCK < 60 * 500 * 17 * 11 / 10 + 2 * FLIGHT_BLOCK);
    flight_fini(&f);
    flight_pool_fini(&pool);
}

static void rooms_share_a_pool_and_the_oldest_goes_first(void **state)
{
    struct flight_pool pool;
    struct flight a, b;
    usec_t first = 0, last = 0;
    (void)state;
    assert_int_equal(flight_pool_init(&pool, (size_t)8 * (FLIGHT_BLOCK + 64)), 0);
    assert_int_equal(pool.count, 8);
    flight_init(&a, &pool);
    flight_init(&b, &pool);
    flight_sent(&a, 1, 1, 1200, 0, SEC);
    assert_int_equal(count(&a, 1, &first, &last), 1);
    for (unsigned i = 0; i < 100000; i++)
        flight_sent(&b, 2, 1, 1200, 0, 2 * SEC + i);
    assert_int_equal(count(&a, 1, &first, &last), 0);
    const size_t kept = count(&b, 2, &first, &last);
    assert_true(kept > 10000 && kept <= 8 * FLIGHT_BLOCK / 8);
    flight_sent(&a, 1, 1, 1200, 0, 3 * SEC); // and the other has a place again at once
    assert_int_equal(count(&a, 1, &first, &last), 1);
    assert_int_equal(first, 3 * SEC);
    flight_fini(&b);
    for (unsigned i = 0; i < 100000; i++)
        flight_sent(&a, 1, 1, 1200, 0, 4 * SEC + i);
    assert_true(count(&a, 1, &first, &last) > 10000);
    flight_fini(&a);
    flight_pool_fini(&pool);
}

static void memory_goes_back_when_the_last_room_closes(void **state)
{
    struct flight_pool pool;
    struct flight a, b;
    usec_t first = 0, last = 0;
    (void)state;
    assert_int_equal(flight_pool_init(&pool, (size_t)8 * (FLIGHT_BLOCK + 64)), 0);
    flight_init(&a, &pool);
    flight_init(&b, &pool);
    for (unsigned i = 0; i < 10000; i++)
        flight_sent(i % 3 ? &a : &b, 1, 1, 1200, 0, SEC + i);
    assert_true(pool.used > 3);
    flight_fini(&a);
    assert_true(count(&b, 1, &first, &last) > 3000);
    flight_fini(&b);
    assert_int_equal(pool.used, 0);
    flight_init(&a, &pool); // and it is as at first
    flight_sent(&a, 1, 1, 1200, 0, 3 * SEC);
    assert_int_equal(count(&a, 1, &first, &last), 1);
    assert_int_equal(pool.used, 1);
    flight_fini(&a);
    flight_pool_fini(&pool);
}

static void without_a_pool_nothing_is_recorded(void **state)
{
    struct flight_pool none;
    struct flight f;
    usec_t first = 0, last = 0;
    (void)state;
    assert_int_equal(flight_pool_init(&none, 100), 0);
    flight_init(&f, &none);
    assert_false(flight_on(&f));
    flight_sent(&f, 1, 1, 1200, 0, SEC);
    flight_write(&f, FLIGHT_TICK, (const uint8_t *)"a", 1, SEC);
    assert_int_equal(count(&f, 1, &first, &last), 0);
    flight_fini(&f);
    flight_pool_fini(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_back_as_they_were_written),
        cmocka_unit_test(a_minute_is_kept_and_no_more),
        cmocka_unit_test(rooms_share_a_pool_and_the_oldest_goes_first),
        cmocka_unit_test(memory_goes_back_when_the_last_room_closes),
        cmocka_unit_test(without_a_pool_nothing_is_recorded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
