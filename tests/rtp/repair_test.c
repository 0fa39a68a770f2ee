#include "rtp/repair.h"

#include "make.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SMALLEST (2 * REPAIR_MAX_PACKET)

static void wrong_sizes_are_refused(void **state)
{
    struct repair r;
    (void)state;
    assert_int_equal(repair_init(&r, 0, SMALLEST), -EINVAL);
    assert_int_equal(repair_init(&r, 100, SMALLEST), -EINVAL);
    assert_int_equal(repair_init(&r, 32768, SMALLEST), -EINVAL);
    assert_int_equal(repair_init(&r, 64, SMALLEST - 1), -EINVAL);
    assert_int_equal(repair_init(&r, 64, SMALLEST), 0);
    repair_fini(&r);
}

static void packet_put_twice_is_told_apart_from_a_new_one(void **state)
{
    struct repair r;
    struct made m;
    struct rtp got;
    (void)state;
    assert_int_equal(repair_init(&r, 64, SMALLEST), 0);
    make_packet(&m, 0, 7, true, (const uint8_t *)"abc", 3);
    assert_false(repair_get(&r, 0, &got));
    assert_true(repair_put(&r, &m.pkt));
    assert_false(repair_put(&r, &m.pkt));
    assert_true(repair_get(&r, 0, &got));
    assert_int_equal(got.len, m.pkt.len);
    assert_memory_equal(got.data, m.pkt.data, got.len);
    assert_int_equal(got.ts, 7);
    repair_clear(&r);
    assert_false(repair_get(&r, 0, &got));
    assert_true(repair_put(&r, &m.pkt));
    repair_fini(&r);
}

static void packet_older_than_the_cache_is_not_fresh(void **state)
{
    struct repair r;
    struct made m;
    (void)state;
    assert_int_equal(repair_init(&r, 64, SMALLEST), 0);
    make_packet(&m, 20, 0, true, NULL, 1);
    assert_true(repair_put(&r, &m.pkt));
    make_packet(&m, (uint16_t)(20 - 63), 0, true, NULL, 1);
    assert_true(repair_put(&r, &m.pkt));
    make_packet(&m, (uint16_t)(20 - 64), 0, true, NULL, 1);
    assert_false(repair_put(&r, &m.pkt));
    repair_fini(&r);
}

static void packet_pushed_out_by_bytes_is_gone_but_still_known(void **state)
{
    struct repair r;
    struct made m;
    struct rtp got;
    (void)state;
    assert_int_equal(repair_init(&r, 64, SMALLEST), 0);
    for (uint16_t seq = 0; seq < 10; seq++) {
        make_packet(&m, seq, 0, true, NULL, 1400);
        assert_true(repair_put(&r, &m.pkt));
    }
    make_packet(&m, 0, 0, true, NULL, 1400);
    assert_false(repair_get(&r, 0, &got));
    assert_false(repair_put(&r, &m.pkt));
    assert_true(repair_get(&r, 9, &got));
    repair_fini(&r);
}

/** Against a model that keeps all: what is found is right, and the newest are always found. */
static void what_is_found_is_what_was_put_for_every_history(void **state)
{
    enum { COUNT = 64, NUMBERS = 65536 };
    struct entry {
        uint64_t put; ///< how many were put before it, plus one; 0: never
        uint16_t len;
        uint8_t fill;
    };
    struct entry *all = malloc(NUMBERS * sizeof(*all));
    (void)state;
    assert_non_null(all);
    for (uint64_t round = 0; round < 300; round++) {
        uint64_t seed = round, puts = 0;
        struct repair r;
        struct rtp got;
        struct made m;
        const size_t bytes = SMALLEST + rnd_below(&seed, 40000);
        int64_t newest = rnd_below(&seed, NUMBERS);
        memset(all, 0, NUMBERS * sizeof(*all));
        assert_int_equal(repair_init(&r, COUNT, bytes), 0);
        for (unsigned n = 0; n < 3000; n++) {
            // Mostly the next one, sometimes with a hole before it, sometimes an old one.
            const unsigned kind = rnd_below(&seed, 100);
            int64_t seq = newest + 1;
            if (kind < 15)
                seq = newest - rnd_below(&seed, 2 * COUNT);
            else if (kind < 25)
                seq = newest + 1 + rnd_below(&seed, 5);
            else if (kind < 26)
                seq = newest + 1 + rnd_below(&seed, 2000);
            const uint16_t len = (uint16_t)rnd_below(&seed, 1400);
            const uint8_t fill = (uint8_t)n;
            make_packet(&m, (uint16_t)seq, n, false, NULL, len);
            memset(m.bytes + RTP_MIN_HEADER, fill, len);
            struct entry *e = &all[(uint16_t)seq];
            const bool old = puts > 0 && seq + COUNT <= newest;
            const bool known = puts > 0 && seq <= newest && e->put != 0;
            assert_int_equal(repair_put(&r, &m.pkt), !old && !known);
            if (!old && !known) {
                if (puts == 0 || seq > newest) {
                    for (int64_t s = newest + 1; s < seq; s++)
                        all[(uint16_t)s].put = 0;
                    newest = seq;
                }
                *e = (struct entry){.put = ++puts, .len = len, .fill = fill};
            }
            const int64_t ask = newest - rnd_below(&seed, 2 * COUNT);
            e = &all[(uint16_t)ask];
            if (repair_get(&r, (uint16_t)ask, &got)) {
                assert_true(e->put != 0 && ask + COUNT > newest);
                assert_int_equal(got.seq, (uint16_t)ask);
                assert_int_equal(got.payload_len, e->len);
                for (unsigned i = 0; i < got.payload_len; i++)
                    assert_int_equal(rtp_payload(&got)[i], e->fill);
            } else if (e->put != 0 && ask + COUNT > newest) {
                // The last few put are there whatever their sizes.
                assert_true((puts - e->put + 1) * 1416 > bytes - REPAIR_MAX_PACKET);
            }
        }
        repair_fini(&r);
    }
    free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_sizes_are_refused),
        cmocka_unit_test(packet_put_twice_is_told_apart_from_a_new_one),
        cmocka_unit_test(packet_older_than_the_cache_is_not_fresh),
        cmocka_unit_test(packet_pushed_out_by_bytes_is_gone_but_still_known),
        cmocka_unit_test(what_is_found_is_what_was_put_for_every_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
