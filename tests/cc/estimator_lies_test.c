/* What a client says that is not so, and clients that say little. */
#include "estimator_inner.h"
#include "line.h"

#include "base/bytes.h"

#define REPORT 20 ///< bytes before the chunks

/** A feedback packet: `n` statuses from `base` on as run-length chunks of `symbol`. */
static size_t runs(uint8_t *out, uint16_t base, unsigned n, unsigned symbol, uint32_t reference)
{
    size_t len = REPORT;
    unsigned left = n;
    for (; left > 0; len += 2) {
        const unsigned run = left < 8191 ? left : 8191;
        wr16(out + len, (uint16_t)(symbol << 13 | run));
        left -= run;
    }
    for (unsigned i = 0; i < n * symbol; i++)
        out[len++] = 0;
    while (len % 4)
        out[len++] = 0;
    memcpy(out, (const uint8_t[]){0x8f, 205}, 2);
    wr16(out + 2, (uint16_t)(len / 4 - 1));
    wr32(out + 4, 1);
    wr32(out + 8, 2);
    wr16(out + 12, base);
    wr16(out + 14, (uint16_t)n);
    wr32(out + 16, reference << 8);
    return len;
}

static void acks_of_packets_never_sent_are_counted_and_change_nothing(void **state)
{
    uint8_t buf[400];
    (void)state;
    struct world *w = world_create(1, 3000000);
    world_run(w, 5 * SEC);
    const struct estimate before = world_read(w);
    const uint16_t next = (uint16_t)w->e->history.next;
    const uint32_t now64 = (uint32_t)(w->now / (64 * MS));
    assert_int_equal(world_tell(w, buf, runs(buf, next, 100, 1, now64)), DROP_NONE);
    const struct estimate after = world_read(w);
    assert_int_equal(after.lies - before.lies, 100);
    assert_int_equal(after.target_bps, before.target_bps);
    assert_int_equal(after.acked_bps, before.acked_bps);
    // From the last one on: one is true (if it has come), 99 are not.
    assert_int_equal(world_tell(w, buf, runs(buf, (uint16_t)(next - 1), 100, 1, now64)),
                     DROP_NONE);
    assert_int_equal(world_read(w).lies - after.lies, 99);
    world_destroy(w);
}

static void feedback_with_65535_statuses_is_bounded_work(void **state)
{
    uint8_t buf[100];
    (void)state;
    struct world *w = world_create(2, 3000000);
    world_run(w, 5 * SEC);
    const uint64_t before = world_read(w).target_bps;
    const uint64_t lies = world_read(w).lies;
    for (unsigned i = 0; i < 2000; i++) {
        const size_t len = runs(buf, (uint16_t)(i * 33), 65535, 0, 7);
        assert_true(len <= 40);
        assert_int_equal(world_tell(w, buf, len), DROP_NONE);
    }
    assert_true(world_read(w).lies > lies);
    assert_int_equal(world_read(w).target_bps, before); // told of nothing that arrived
    world_run(w, 30 * SEC);                             // and it goes on
    assert_true(world_read(w).target_bps > 2000000);
    world_destroy(w);
}

static void clock_that_jumps_begins_anew(void **state)
{
    uint8_t buf[100];
    (void)state;
    struct world *w = world_create(3, 3000000);
    world_run(w, 10 * SEC);
    for (unsigned i = 0; i < 50; i++) {
        const uint64_t lies = world_read(w).lies;
        const uint32_t reference = rng_u32(&w->rng) & 0xffffff;
        world_tell(w, buf, runs(buf, (uint16_t)(w->e->history.next - 1), 1, 1, reference));
        assert_true(world_read(w).lies > lies);
        world_run(w, 100 * MS);
    }
    world_run(w, 20 * SEC);
    world_mark(w);
    world_run(w, 20 * SEC);
    assert_true(world_mean_target(w) > 2000000 && world_mean_target(w) < 3100000);
    world_destroy(w);
}

static void repeated_and_reordered_feedback_counts_once(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 10; seed++) {
        struct world *w = world_create(seed, 3000000);
        for (unsigned i = 0; i < 20000; i++) {
            // One more copy of a waiting feedback, due at a time of its own.
            if (w->feedback_count > 0 && w->feedback_count < 200 && rng_chance(&w->rng, 100)) {
                const unsigned from = rng_below(&w->rng, w->feedback_count);
                w->feedback[w->feedback_count] = w->feedback[from];
                w->feedback[w->feedback_count++].due = w->now;
            }
            world_step(w);
        }
        world_mark(w);
        world_run(w, 20 * SEC);
        assert_in_range(world_mean_target(w), 2250000, 3000000);
        assert_in_range(world_read(w).acked_bps, 0, 3300000);
        assert_true(world_read(w).loss < UINT16_MAX / 100);
        world_destroy(w);
    }
}

static void garbage_never_leads_out_of_bounds(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct world *w = world_create(seed, 1000000);
        uint8_t buf[256];
        for (unsigned i = 0; i < 3000; i++) {
            const size_t len = 24 + 4 * rng_below(&w->rng, 40);
            for (size_t k = 0; k < len; k++)
                buf[k] = (uint8_t)rng_u32(&w->rng);
            memcpy(buf, (const uint8_t[]){0x8f, 205}, 2);
            wr16(buf + 2, (uint16_t)(len / 4 - 1));
            if (rng_chance(&w->rng, 700)) // near the truth
                wr16(buf + 12,
                     (uint16_t)(w->e->history.next - (int64_t)rng_below(&w->rng, 300)));
            if (rng_chance(&w->rng, 700))
                wr16(buf + 14, (uint16_t)rng_below(&w->rng, 200));
            if (rng_chance(&w->rng, 200))
                world_tell(w, buf, len);
            if (rng_chance(&w->rng, 20))
                estimator_on_remb(w->e, (uint64_t)rng_u32(&w->rng) << rng_below(&w->rng, 32),
                                  w->now);
            if (rng_chance(&w->rng, 50))
                estimator_on_report(w->e, (uint8_t)rng_u32(&w->rng),
                                    (usec_t)rng_u32(&w->rng) * 1000, w->now);
            world_step(w); // checks the bounds
        }
        const struct estimate est = world_read(w);
        assert_true(est.acked_bps < 10 * ESTIMATOR_MAX_BPS);
        assert_true(est.rtt >= 0 && est.rtt <= 10 * SEC && est.queue >= 0);
        assert_true(est.pace_bps <= 4 * ESTIMATOR_MAX_BPS);
        assert_true(w->e->history.size <= HISTORY_MAX);
        world_destroy(w);
    }
}

static void remb_counts_only_while_no_transport_wide_feedback_comes(void **state)
{
    (void)state;
    struct world *w = world_create(4, 3000000);
    assert_int_equal(world_read(w).source, ESTIMATE_NONE);
    assert_int_equal(world_read(w).target_bps, ESTIMATOR_START_BPS);
    estimator_on_remb(w->e, 1000000, w->now);
    assert_int_equal(world_read(w).source, ESTIMATE_REMB);
    assert_int_equal(world_read(w).target_bps, 1000000);
    estimator_on_remb(w->e, 0, w->now);
    assert_int_equal(world_read(w).target_bps, ESTIMATOR_MIN_BPS);
    estimator_on_remb(w->e, UINT64_MAX, w->now);
    assert_int_equal(world_read(w).target_bps, ESTIMATOR_MAX_BPS);
    world_run(w, 5 * SEC);
    assert_int_equal(world_read(w).source, ESTIMATE_TWCC);
    const uint64_t target = world_read(w).target_bps;
    estimator_on_remb(w->e, 100000, w->now);
    assert_int_equal(world_read(w).target_bps, target);
    w->line.lost_back = 1000; // it stops to tell
    world_run(w, 8 * SEC);
    estimator_on_remb(w->e, 700000, w->now);
    world_run(w, SEC);
    assert_int_equal(world_read(w).source, ESTIMATE_REMB);
    assert_int_equal(world_read(w).target_bps, 700000);
    world_destroy(w);
}

static void reports_alone_find_a_rate(void **state)
{
    (void)state;
    struct world *w = world_create(5, 1000000);
    w->line.lost_back = 1000; // a client without transport-wide feedback
    w->line.limit = 100 * MS;
    for (unsigned s = 0; s < 60; s++) {
        const uint64_t sent = w->sent, came = w->delivered;
        world_run(w, SEC);
        const uint64_t out = w->sent - sent, in = w->delivered - came;
        const uint64_t lost = out > in ? (out - in) * 256 / (out + 1) : 0;
        estimator_on_report(w->e, (uint8_t)(lost < 255 ? lost : 255), 50 * MS, w->now);
    }
    assert_int_equal(world_read(w).source, ESTIMATE_REPORTS);
    assert_in_range(world_read(w).rtt, 49 * MS, 51 * MS);
    assert_in_range(world_read(w).target_bps, 600000, 1400000);
    assert_int_equal(world_read(w).probes, 0);
    world_destroy(w);
}

static void memory_is_bounded_and_small_at_first(void **state)
{
    (void)state;
    assert_true(sizeof(struct estimator) <= 8 * 1024);
    struct world *w = world_create(6, 50000000);
    w->source.wanted_bps = 45000000;
    world_run(w, 20 * SEC);
    assert_true(w->e->history.size > HISTORY_FIRST);
    assert_true(w->e->history.size * sizeof(struct sent) <= 100 * 1024);
    world_destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(acks_of_packets_never_sent_are_counted_and_change_nothing),
        cmocka_unit_test(feedback_with_65535_statuses_is_bounded_work),
        cmocka_unit_test(clock_that_jumps_begins_anew),
        cmocka_unit_test(repeated_and_reordered_feedback_counts_once),
        cmocka_unit_test(garbage_never_leads_out_of_bounds),
        cmocka_unit_test(remb_counts_only_while_no_transport_wide_feedback_comes),
        cmocka_unit_test(reports_alone_find_a_rate),
        cmocka_unit_test(memory_is_bounded_and_small_at_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
