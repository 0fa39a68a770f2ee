#include "cc/pacer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS    USEC_PER_MS
#define START (1000 * USEC_PER_SEC)

static uint64_t rnd(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/** Sends what may go; returns the bytes. */
static size_t drain(struct pacer *p, usec_t now)
{
    size_t bytes = 0;
    for (struct pacer_item *i; (i = pacer_pop(p, now)); bytes += i->len)
        pacer_sent(p, i->len, now);
    return bytes;
}

static void far_from_the_limit_everything_passes(void **state)
{
    struct pacer p;
    (void)state;
    pacer_init(&p, 7500000, START);
    for (usec_t t = 0; t < 10 * USEC_PER_SEC; t += 33 * MS)
        for (unsigned i = 0; i < 6; i++) { // 1.75 Mbit/s in frames of 6 packets
            assert_true(pacer_passes(&p, START + t));
            pacer_sent(&p, 1200, START + t);
        }
    assert_true(pacer_deadline(&p) == USEC_NEVER);
}

static void a_burst_is_spread_at_the_pacing_rate(void **state)
{
    struct pacer p;
    struct pacer_item item[100];
    (void)state;
    pacer_init(&p, 2500000, START); // 312.5 bytes a millisecond
    unsigned queued = 0;
    for (unsigned i = 0; i < 100; i++) {
        if (pacer_passes(&p, START)) {
            pacer_sent(&p, 1200, START);
            continue;
        }
        item[queued] = (struct pacer_item){.len = 1200};
        pacer_push(&p, PACER_PICTURE, &item[queued++], START);
    }
    assert_true(queued > 90);
    usec_t now = START;
    while (p.count) {
        const usec_t at = pacer_deadline(&p);
        assert_true(at >= now + PACER_TICK && at < now + 3 * PACER_TICK);
        now = at;
        assert_true(drain(&p, now) <= PACER_BURST_BYTES + 1200);
    }
    assert_in_range(now - START, 360 * MS, 390 * MS); // 120000 bytes less one burst
}

static void resends_go_before_pictures_and_nothing_else_changes_place(void **state)
{
    struct pacer p;
    struct pacer_item item[20];
    (void)state;
    pacer_init(&p, 250000, START);
    for (unsigned i = 0; i < 20; i++) {
        item[i] = (struct pacer_item){.len = 1000};
        pacer_push(&p, i % 3 == 2 ? PACER_RESEND : PACER_PICTURE, &item[i], START);
    }
    unsigned last[PACER_QUEUES] = {0}, resends = 0;
    for (usec_t now = START; p.count; now += MS) {
        for (struct pacer_item *i; (i = pacer_pop(&p, now));) {
            const unsigned n = (unsigned)(i - item);
            const int q = n % 3 == 2 ? PACER_RESEND : PACER_PICTURE;
            resends += q == PACER_RESEND;
            assert_true(q == PACER_RESEND || resends == 6);
            assert_true(n >= last[q]);
            last[q] = n;
            pacer_sent(&p, i->len, now);
        }
    }
    assert_int_equal(p.bytes, 0);
}

static void a_queue_is_full_by_time_and_by_bytes(void **state)
{
    struct pacer p;
    struct pacer_item item[500];
    (void)state;
    pacer_init(&p, 500000, START); // 62500 bytes a second
    unsigned n = 0;
    while (!pacer_full(&p, 1000, START)) {
        item[n] = (struct pacer_item){.len = 1000};
        pacer_push(&p, PACER_PICTURE, &item[n++], START);
    }
    assert_int_equal(n, 62);
    while (pacer_take(&p, PACER_PICTURE))
        n--;
    assert_int_equal(n, 0);
    assert_false(pacer_full(&p, 1000, START));
    pacer_push(&p, PACER_PICTURE, &item[0], START);
    assert_false(pacer_full(&p, 1000, START + PACER_MAX_AGE));
    assert_true(pacer_full(&p, 1000, START + PACER_MAX_AGE + 1));

    pacer_init(&p, 100000000, START);
    n = 0;
    for (; n < 500 && !pacer_full(&p, 1400, START); n++) {
        item[n] = (struct pacer_item){.len = 1400};
        pacer_push(&p, PACER_PICTURE, &item[n], START);
    }
    assert_int_equal(n, PACER_MAX_BYTES / 1400);
}

static void padding_fills_up_to_its_rate_and_no_further(void **state)
{
    struct pacer p;
    (void)state;
    pacer_init(&p, 250000, START);
    assert_false(pacer_pads(&p, START));
    pacer_set_padding(&p, 2000000, START); // 250 bytes a millisecond
    size_t sent = 0, padding = 0;
    for (usec_t t = 0; t < USEC_PER_SEC; t += MS) {
        if (t % (20 * MS) == 0) { // pictures of 0.4 Mbit/s
            assert_true(pacer_passes(&p, START + t));
            pacer_sent(&p, 1000, START + t);
            sent += 1000;
        }
        for (; pacer_pads(&p, START + t); sent += 200, padding += 200)
            pacer_sent(&p, 200, START + t);
    }
    assert_in_range(sent, 248000, 252000);
    assert_in_range(padding, 198000, 202000);
    pacer_set_padding(&p, 0, START + USEC_PER_SEC);
    assert_false(pacer_pads(&p, START + 2 * USEC_PER_SEC));
    assert_true(pacer_deadline(&p) == USEC_NEVER);
}

/** Whatever comes: in order, no faster than the rate and a burst, nothing kept, nothing lost.
 */
static void random_traffic_keeps_order_and_rate(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t r = seed;
        struct pacer p;
        static struct pacer_item item[4000];
        const uint64_t rate = 75000 + rnd(&r) % 12500000;
        unsigned in = 0, out = 0;
        size_t bytes = 0;
        pacer_init(&p, rate, START);
        usec_t now = START;
        for (; in < 4000 && now < START + 20 * USEC_PER_SEC; now += (usec_t)(rnd(&r) % 9000)) {
            for (unsigned k = (unsigned)(rnd(&r) % 4); k && in < 4000; k--) {
                item[in] = (struct pacer_item){.len = 100 + rnd(&r) % 1200};
                if (pacer_passes(&p, now)) {
                    assert_int_equal(out, in);
                    pacer_sent(&p, item[in].len, now);
                    bytes += item[in].len;
                    out++;
                } else {
                    pacer_push(&p, PACER_PICTURE, &item[in], now);
                }
                in++;
            }
            for (struct pacer_item *i; (i = pacer_pop(&p, now)); out++) {
                assert_ptr_equal(i, &item[out]);
                pacer_sent(&p, i->len, now);
                bytes += i->len;
            }
            const uint64_t most = (uint64_t)(now - START + PACER_BURST) * rate / 8000000;
            assert_true(bytes <= most + PACER_BURST_BYTES + 1400);
        }
        while (p.count) {
            now = pacer_deadline(&p) > now ? pacer_deadline(&p) : now + 1;
            for (struct pacer_item *i; (i = pacer_pop(&p, now)); out++)
                pacer_sent(&p, i->len, now);
        }
        assert_int_equal(out, in);
        assert_int_equal(p.bytes, 0);
    }
}

static void debt_of_a_crawl_is_small_on_a_line_that_recovered(void **state)
{
    struct pacer p;
    (void)state;
    pacer_init(&p, 50000, START);
    while (pacer_passes(&p, START)) // a burst, which a crawl takes long to pay for
        pacer_sent(&p, 1200, START);
    struct pacer_item item = {.len = 1200};
    pacer_push(&p, PACER_PICTURE, &item, START);
    assert_true(pacer_deadline(&p) > START + 100 * MS);
    pacer_set_rate(&p, 5000000, START);
    assert_true(pacer_deadline(&p) <= START + PACER_TICK);
    pacer_set_rate(&p, 50000, START); // and is what it was
    assert_true(pacer_deadline(&p) > START + 100 * MS);
    assert_ptr_equal(pacer_take(&p, PACER_PICTURE), &item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(far_from_the_limit_everything_passes),
        cmocka_unit_test(a_burst_is_spread_at_the_pacing_rate),
        cmocka_unit_test(resends_go_before_pictures_and_nothing_else_changes_place),
        cmocka_unit_test(a_queue_is_full_by_time_and_by_bytes),
        cmocka_unit_test(padding_fills_up_to_its_rate_and_no_further),
        cmocka_unit_test(random_traffic_keeps_order_and_rate),
        cmocka_unit_test(debt_of_a_crawl_is_small_on_a_line_that_recovered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
