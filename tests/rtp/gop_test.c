#include "rtp/gop.h"

#include "make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES (200u << 10)

struct cache {
    struct repair repair;
    struct gop gop;
    usec_t now;
};

static void open_cache(struct cache *c)
{
    *c = (struct cache){.now = 5 * USEC_PER_SEC};
    assert_int_equal(repair_init(&c->repair, 1024, BYTES), 0);
}

/** A packet of a frame; `key` begins a keyframe. */
static void put(struct cache *c, uint16_t seq, uint32_t ts, bool marker, bool key)
{
    struct made m;
    make_packet(&m, seq, ts, marker, NULL, 88);
    assert_true(repair_put(&c->repair, &m.pkt));
    gop_note(&c->gop, &c->repair, &m.pkt, key, c->now);
}

static bool warm(const struct cache *c)
{
    return gop_warm(&c->gop, &c->repair, BYTES, c->now);
}

static void stream_is_warm_from_its_first_keyframe_on(void **state)
{
    (void)state;
    struct cache c;
    open_cache(&c);
    assert_false(warm(&c));
    put(&c, 65533, 0, true, false);
    assert_false(warm(&c));
    put(&c, 65534, 3000, false, true);
    assert_true(warm(&c)); // it grows still: the rest comes live
    put(&c, 65535, 3000, false, false);
    put(&c, 0, 3000, true, false);
    put(&c, 1, 6000, true, false);
    assert_true(warm(&c));
    assert_true(c.gop.ended && c.gop.end - c.gop.first == 2);
    assert_int_equal(c.gop.frames, 2);
    assert_int_equal(c.gop.bytes, 4 * 100);
    repair_fini(&c.repair);
}

static void hole_in_the_keyframe_makes_it_cold_until_it_is_repaired(void **state)
{
    (void)state;
    struct cache c;
    open_cache(&c);
    put(&c, 10, 0, false, true);
    put(&c, 12, 0, true, false);
    put(&c, 14, 3000, true, false); // and one behind it does not
    assert_false(warm(&c));
    put(&c, 11, 0, false, false);
    assert_true(warm(&c));
    assert_true(c.gop.end == 12);
    repair_fini(&c.repair);
}

static void last_packet_of_a_keyframe_may_be_the_missing_one(void **state)
{
    (void)state;
    struct cache c;
    open_cache(&c);
    put(&c, 10, 0, false, true);
    put(&c, 12, 3000, true, false);
    assert_false(warm(&c)); // 11 is of one frame or of the other
    put(&c, 11, 0, true, false);
    assert_true(warm(&c));
    assert_true(c.gop.end == 11);
    repair_fini(&c.repair);
}

static void newer_keyframe_takes_the_place_and_an_older_one_does_not(void **state)
{
    (void)state;
    struct cache c;
    open_cache(&c);
    put(&c, 20, 9000, true, true);
    put(&c, 10, 0, true, true);
    assert_true(c.gop.first == 20);
    put(&c, 21, 9000, true, true); // the same again: parameter sets repeated
    assert_true(c.gop.first == 20);
    put(&c, 30, 18000, true, true);
    assert_true(c.gop.first == 30);
    assert_int_equal(c.gop.frames, 1);
    repair_fini(&c.repair);
}

static void what_would_be_too_much_is_cold(void **state)
{
    (void)state;
    struct cache c;
    open_cache(&c);
    put(&c, 0, 0, true, true);
    for (uint16_t i = 1; i < GOP_MAX_FRAMES; i++)
        put(&c, i, i * 3000u, true, false);
    assert_true(warm(&c));
    assert_false(gop_warm(&c.gop, &c.repair, GOP_MAX_FRAMES * 100 - 1, c.now));
    c.now += GOP_MAX_AGE;
    assert_true(warm(&c));
    c.now++;
    assert_false(warm(&c));
    c.now -= GOP_MAX_AGE;
    put(&c, GOP_MAX_FRAMES, GOP_MAX_FRAMES * 3000u, true, false);
    assert_false(warm(&c));

    put(&c, 1000, 900000, false, true); // packets
    for (uint16_t i = 1; i < GOP_MAX_PACKETS; i++)
        put(&c, (uint16_t)(1000 + i), 900000, false, false);
    assert_true(warm(&c));
    put(&c, 1000 + GOP_MAX_PACKETS, 900000, true, false);
    assert_false(warm(&c));
    repair_fini(&c.repair);
}

static void keyframe_pushed_out_of_the_cache_is_cold(void **state)
{
    (void)state;
    struct cache c;
    struct made m;
    open_cache(&c);
    put(&c, 0, 0, true, true);
    for (uint16_t i = 1; i < 200; i++) {
        make_packet(&m, i, i / 4 * 3000u, i % 4 == 3, NULL, 1400);
        assert_true(repair_put(&c.repair, &m.pkt));
        gop_note(&c.gop, &c.repair, &m.pkt, false, c.now);
        assert_true(repair_has(&c.repair, 0) == gop_warm(&c.gop, &c.repair, SIZE_MAX, c.now));
    }
    assert_false(repair_has(&c.repair, 0));
    repair_fini(&c.repair);
}

/** Whatever comes in whatever order: what is warm has every packet of its keyframe. */
static void warm_means_a_whole_keyframe_for_every_history(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 500; round++) {
        uint64_t seed = round;
        struct cache c;
        unsigned warmths = 0;
        open_cache(&c);
        uint16_t seq = (uint16_t)rnd(&seed), late[64];
        uint32_t ts = (uint32_t)rnd(&seed);
        struct {
            uint32_t ts;
            bool marker, key, here;
        } all[4000];
        const uint16_t base = seq;
        unsigned n = 0, waiting = 0;
        for (unsigned frame = 0; frame < 300; frame++, ts += 3000) {
            const bool key = rnd_below(&seed, 20) == 0;
            const unsigned packets = 1 + rnd_below(&seed, key ? 8 : 3);
            for (unsigned k = 0; k < packets; k++, seq++, n++) {
                all[n].ts = ts, all[n].marker = k + 1 == packets, all[n].key = key && k == 0;
                all[n].here = rnd_below(&seed, 10) != 0;
                if (all[n].here)
                    put(&c, seq, ts, all[n].marker, all[n].key);
                else if (waiting < 64)
                    late[waiting++] = seq;
                if (waiting && rnd_below(&seed, 12) == 0) {
                    const uint16_t again = late[--waiting], i = (uint16_t)(again - base);
                    all[i].here = true;
                    put(&c, again, all[i].ts, all[i].marker, all[i].key);
                }
                if (!warm(&c))
                    continue;
                warmths++;
                // The keyframe's packets, as the sender knows them, up to the newest sent.
                unsigned at = (uint16_t)((uint16_t)c.gop.first - base);
                assert_true(all[at].key);
                const uint32_t of = all[at].ts;
                const unsigned newest = (uint16_t)((uint16_t)c.repair.newest - base);
                for (; at <= newest && all[at].ts == of; at++)
                    assert_true(all[at].here);
            }
        }
        assert_true(warmths > 0 || n < 100);
        repair_fini(&c.repair);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_is_warm_from_its_first_keyframe_on),
        cmocka_unit_test(hole_in_the_keyframe_makes_it_cold_until_it_is_repaired),
        cmocka_unit_test(last_packet_of_a_keyframe_may_be_the_missing_one),
        cmocka_unit_test(newer_keyframe_takes_the_place_and_an_older_one_does_not),
        cmocka_unit_test(what_would_be_too_much_is_cold),
        cmocka_unit_test(keyframe_pushed_out_of_the_cache_is_cold),
        cmocka_unit_test(warm_means_a_whole_keyframe_for_every_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
