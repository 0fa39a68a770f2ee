#include "wire.h"

#include "forge.h"
#include "inner.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const struct channel_conf reliable;

/** Runs, and reads from the wire the tag and the transmission number that end 1 expects. */
static uint32_t listen_in(struct wire *w, uint32_t *tsn)
{
    struct channel *c = assoc_open(w->end[0].assoc, "l", "p", &reliable, wire_now);
    assert_non_null(c);
    wire_carry(w, 0);
    assert_int_equal(w->count, 1);
    const uint8_t *p = w->packet[0].bytes;
    assert_int_equal(p[FORGE_HEADER], 0); // DATA
    const uint32_t tag = rd32(p + 4);
    *tsn = rd32(p + FORGE_HEADER + 4);
    wire_run(w, USEC_PER_SEC);
    return tag;
}

static void still_works(struct wire *w)
{
    static const uint8_t word[] = "still here";
    const struct assoc_message m = {.bytes = word, .len = sizeof(word)};
    struct channel *c = assoc_open(w->end[0].assoc, "again", "", &reliable, wire_now);
    assert_non_null(c);
    assert_int_equal(assoc_send(w->end[0].assoc, c, &m, wire_now), DROP_NONE);
    wire_run(w, 20 * USEC_PER_SEC);
    const struct wire_event *e = wire_next(w, 1, ASSOC_MESSAGE);
    assert_non_null(e);
    assert_memory_equal(e->head, word, sizeof(word));
}

static void give(struct wire *w, uint8_t *packet, size_t len)
{
    forge_seal(packet, len);
    (void)assoc_on_packet(w->end[1].assoc, packet, len, wire_now);
}

static void wrong_tags_and_sums_change_nothing(void **state)
{
    struct wire *w = wire_new(1);
    uint8_t p[ASSOC_MTU];
    uint32_t tsn;
    (void)state;
    wire_up(w);
    const uint32_t tag = listen_in(w, &tsn);
    const uint8_t nothing[4] = {0};
    for (unsigned i = 0; i < 5000; i++) {
        // ABORT, SHUTDOWN, COOKIE-ECHO, DATA by somebody who does not know the tag
        static const uint8_t types[] = {6, 7, 10, 0, 0x82, 0xc0};
        size_t len = forge_header(p, rng_u32(&w->rng) | 1);
        if (rd32(p + 4) == tag)
            continue;
        len += forge_chunk(p + len, types[i % sizeof(types)], 0, nothing, sizeof(nothing));
        give(w, p, len);
    }
    size_t len = forge_header(p, tag); // the right tag, a wrong sum
    len += forge_chunk(p + len, 6, 0, nothing, 0);
    memset(p + 8, 0x55, 4);
    (void)assoc_on_packet(w->end[1].assoc, p, len, wire_now);
    assert_int_equal(assoc_on_packet(w->end[1].assoc, p, 11, wire_now), DROP_SHORT);
    assert_int_equal(w->end[1].assoc->state, ASSOC_UP);
    still_works(w);
    wire_free(w);
}

/** usrsctp would look at the first of these for ever. */
static void parameters_that_lead_nowhere_are_refused(void **state)
{
    struct wire *w = wire_new(3);
    uint8_t p[ASSOC_MTU];
    uint32_t tsn;
    (void)state;
    wire_up(w);
    const uint32_t tag = listen_in(w, &tsn);
    static const uint8_t types[] = {1, 2, 4, 5, 6, 9, 130, 128, 193};
    for (unsigned i = 0; i < sizeof(types); i++) {
        for (uint16_t says = 0; says < 4; says++) {
            uint8_t body[40] = {0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1};
            for (unsigned at = types[i] < 3 ? 16 : 0; at < sizeof(body); at += 4) {
                body[at + 1] = 5; // an address
                wr16(body + at + 2, says);
            }
            size_t len = forge_header(p, types[i] == 1 ? 0 : tag);
            len += forge_chunk(p + len, types[i], 0, body, sizeof(body));
            forge_seal(p, len);
            assert_int_equal(assoc_on_packet(w->end[1].assoc, p, len, wire_now),
                             DROP_MALFORMED);
        }
    }
    size_t len = forge_header(p, tag); // a chunk of no length
    memset(p + len, 0, 8);
    forge_seal(p, len + 8);
    assert_int_equal(assoc_on_packet(w->end[1].assoc, p, len + 8, wire_now), DROP_MALFORMED);
    assert_int_equal(w->end[1].assoc->state, ASSOC_UP);
    still_works(w);
    wire_free(w);
}

static void flood_of_inits_is_answered_and_forgotten(void **state)
{
    struct wire *w = wire_new(2);
    uint8_t p[ASSOC_MTU], out[ASSOC_MTU];
    size_t before = 0;
    (void)state;
    wire_up(w);
    for (unsigned i = 0; i < 20000; i++) {
        uint8_t init[16];
        wr32(init, rng_u32(&w->rng) | 1); // its tag
        wr32(init + 4, 0xffffffff);       // window
        wr16(init + 8, 0xffff);           // streams out, in
        wr16(init + 10, 0xffff);
        wr32(init + 12, rng_u32(&w->rng));
        size_t len = forge_header(p, 0);
        len += forge_chunk(p + len, 1, 0, init, sizeof(init));
        give(w, p, len);
        while (assoc_take(w->end[1].assoc, out) > 0)
            ;
        if (i == 1000)
            before = mallinfo2().uordblks;
    }
    assert_in_range(mallinfo2().uordblks, 0, before + 4096);
    assert_int_equal(w->end[1].assoc->state, ASSOC_UP);
    still_works(w);
    wire_free(w);
}

static void chunks_of_any_kind_and_size_do_no_harm(void **state)
{
    uint64_t first;
    const unsigned seeds = wire_seeds(20, &first);
    (void)state;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct wire *w = wire_new(seed);
        uint32_t tsn;
        wire_up(w);
        const uint32_t tag = listen_in(w, &tsn);
        const size_t before = mallinfo2().uordblks;
        for (unsigned i = 0; i < 2000 && w->end[1].assoc->state == ASSOC_UP; i++) {
            static const uint8_t types[] = {0,  1,  2,    3,    4,    5,    8,    9, 10,
                                            11, 12, 0x80, 0x82, 0xc0, 0xc1, 0xc2, 15};
            uint8_t p[ASSOC_MTU + 64], body[600], out[ASSOC_MTU];
            size_t len = forge_header(p, rng_chance(&w->rng, 100) ? 0 : tag);
            for (unsigned k = rng_below(&w->rng, 4); k < 4 && len < 500; k++) {
                for (unsigned b = 0; b < sizeof(body); b++)
                    body[b] = (uint8_t)(rng_chance(&w->rng, 600) ? rng_below(&w->rng, 8)
                                                                 : rng_u32(&w->rng));
                if (rng_chance(&w->rng, 700)) // near the number that is expected
                    wr32(body, tsn + rng_below(&w->rng, 300));
                len += forge_chunk(p + len, types[rng_below(&w->rng, sizeof(types))],
                                   (uint8_t)rng_below(&w->rng, 8), body,
                                   rng_below(&w->rng, rng_chance(&w->rng, 200) ? 600 : 60));
            }
            if (rng_chance(&w->rng, 200))
                len = FORGE_HEADER + rng_below(&w->rng, (uint32_t)(len - FORGE_HEADER) + 1);
            give(w, p, len);
            wire_read(&w->end[1]);
            w->end[1].count = w->end[1].seen = 0;
            while (assoc_take(w->end[1].assoc, out) > 0)
                ;
            wire_now += 3 * MS;
            assoc_set_tick(&w->end[1].set, wire_now);
        }
        // The receive window and what surrounds it, never more.
        assert_in_range(mallinfo2().uordblks, 0, before + (2u << 20));
        wire_free(w);
    }
}

static void data_on_seventy_thousand_streams_is_dropped(void **state)
{
    struct wire *w = wire_new(4);
    uint8_t p[ASSOC_MTU], out[ASSOC_MTU];
    uint32_t tsn;
    (void)state;
    wire_up(w);
    const uint32_t tag = listen_in(w, &tsn);
    size_t before = 0;
    w->end[1].count = w->end[1].seen = 0;
    for (uint32_t i = 0; i < 70000; i++) {
        uint8_t data[16] = {0};
        wr32(data, tsn + 1 + i);
        wr16(data + 4, (uint16_t)(i + 1)); // the stream; 0 is the one that is open
        wr32(data + 8, PPID_BINARY);
        size_t len = forge_header(p, tag);
        len += forge_chunk(p + len, 0, 7, data, sizeof(data));
        give(w, p, len);
        while (assoc_take(w->end[1].assoc, out) > 0)
            ;
        wire_read(&w->end[1]);
        if (i == 2000)
            before = mallinfo2().uordblks;
    }
    assert_in_range(mallinfo2().uordblks, 0, before + 65536);
    assert_true(w->end[1].assoc->count.refused >= ASSOC_STREAMS - 1);
    for (unsigned i = 0; i < w->end[1].count; i++) // the numbers came round to the open one
        assert_int_equal(w->end[1].event[i].id, 0);
    assert_in_range(w->end[1].count, 1, 2);
    wire_free(w);
}

static void dcep_garbage_is_counted_and_the_channel_refused(void **state)
{
    struct wire *w = wire_new(5);
    (void)state;
    wire_up(w);
    struct assoc *a = w->end[0].assoc;
    struct channel *c = assoc_open(a, "fine", "", &reliable, wire_now);
    wire_run(w, USEC_PER_SEC);
    for (unsigned i = 0; i < 300; i++) {
        uint8_t bytes[64];
        for (unsigned k = 0; k < sizeof(bytes); k++)
            bytes[k] = (uint8_t)rng_u32(&w->rng);
        bytes[0] = (uint8_t)rng_below(&w->rng, 5);
        const struct assoc_message m = {.bytes = bytes, .len = 1 + rng_below(&w->rng, 63)};
        assert_int_equal(send_message(a, c, PPID_DCEP, &m), DROP_NONE);
        wire_run(w, 10 * MS);
    }
    wire_run(w, 5 * USEC_PER_SEC);
    assert_in_range(w->end[1].assoc->count.refused, 200, 300);
    assert_non_null(assoc_channel(w->end[1].assoc, c->id)); // it was open before
    still_works(w);
    wire_free(w);
}

static void open_that_breaks_a_rule_is_closed_at_once(void **state)
{
    struct wire *w = wire_new(6);
    (void)state;
    wire_up(w);
    w->end[0].assoc->even = false; // it opens with ids that are the other side's
    assert_int_equal(assoc_open(w->end[0].assoc, "x", "", &reliable, wire_now)->id, 1);
    wire_run(w, 5 * USEC_PER_SEC);
    assert_null(wire_next(w, 1, ASSOC_OPENED));
    assert_non_null(wire_next(w, 0, ASSOC_CLOSED));
    assert_int_equal(w->end[1].assoc->count.refused, 1);
    assert_int_equal(w->end[1].assoc->theirs, 0);
    w->end[0].assoc->even = true;
    still_works(w);
    wire_free(w);
}

static void message_over_the_limit_closes_its_channel_and_is_not_kept(void **state)
{
    static uint8_t big[200000];
    struct wire *w = wire_new(7);
    (void)state;
    wire_up(w);
    struct assoc *a = w->end[0].assoc;
    struct channel *c = assoc_open(a, "big", "", &reliable, wire_now);
    wire_run(w, USEC_PER_SEC);
    for (size_t len = ASSOC_MESSAGE_MAX + 1; len <= sizeof(big); len += 44000) {
        const struct assoc_message m = {.bytes = big, .len = len};
        assert_int_equal(send_message(a, c, PPID_BINARY, &m), DROP_NONE);
        wire_run(w, 10 * USEC_PER_SEC);
        assert_null(wire_next(w, 1, ASSOC_MESSAGE));
        assert_null(w->end[1].assoc->part);
        assert_false(w->end[1].assoc->skipping);
        w->end[0].seen = w->end[1].seen = 0;
        assert_non_null(wire_next(w, 1, ASSOC_CLOSED));
        assert_non_null(wire_next(w, 0, ASSOC_CLOSED));
        w->end[0].count = w->end[0].seen = w->end[1].count = w->end[1].seen = 0;
        c = assoc_open(a, "big", "", &reliable, wire_now);
        assert_non_null(c);
        wire_run(w, USEC_PER_SEC);
    }
    still_works(w);
    wire_free(w);
}

static void abort_ends_it_and_late_packets_find_nobody(void **state)
{
    struct wire *w = wire_new(8);
    uint8_t p[ASSOC_MTU];
    uint32_t tsn;
    (void)state;
    wire_up(w);
    size_t len = forge_header(p, listen_in(w, &tsn));
    len += forge_chunk(p + len, 6, 0, NULL, 0);
    give(w, p, len);
    wire_run(w, USEC_PER_SEC);
    assert_non_null(wire_next(w, 1, ASSOC_IS_DOWN));
    forge_seal(p, len);
    assert_int_equal(assoc_on_packet(w->end[1].assoc, p, len, wire_now), DROP_NOT_READY);
    wire_run(w, 10 * USEC_PER_SEC);
    wire_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_tags_and_sums_change_nothing),
        cmocka_unit_test(parameters_that_lead_nowhere_are_refused),
        cmocka_unit_test(flood_of_inits_is_answered_and_forgotten),
        cmocka_unit_test(chunks_of_any_kind_and_size_do_no_harm),
        cmocka_unit_test(data_on_seventy_thousand_streams_is_dropped),
        cmocka_unit_test(dcep_garbage_is_counted_and_the_channel_refused),
        cmocka_unit_test(open_that_breaks_a_rule_is_closed_at_once),
        cmocka_unit_test(message_over_the_limit_closes_its_channel_and_is_not_kept),
        cmocka_unit_test(abort_ends_it_and_late_packets_find_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
