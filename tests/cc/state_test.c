/* An estimator that was written down and made again goes on as if nothing had been. */
#include "cc/state.h"

#include "estimator_inner.h"
#include "line.h"

static uint8_t bytes[1 << 17];

static size_t save(const struct estimator *e)
{
    struct pack p = pack_writer(bytes, sizeof(bytes));
    estimator_save(e, &p);
    assert_false(p.bad);
    return (size_t)(p.at - bytes);
}

/** Writes it down, and has the copy in its place. */
static void replace(struct world *w)
{
    const size_t len = save(w->e);
    uint8_t *exact = malloc(len);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    struct pack p = pack_reader(exact, len);
    struct estimator *made = estimator_load(&p);
    assert_non_null(made);
    assert_ptr_equal(p.at, exact + len);
    assert_int_equal(save(made), len);
    assert_memory_equal(bytes, exact, len);
    estimator_destroy(w->e);
    w->e = made;
    free(exact);
}

/** Lines that fall, rise, lose, jitter and stand still. */
static void change(struct world *w, struct rng *rng)
{
    w->line.rate_bps = 100000 + rng_below(rng, 6000000);
    w->line.lost = rng_chance(rng, 300) ? rng_below(rng, 150) : 0;
    w->line.jitter = rng_chance(rng, 300) ? (usec_t)rng_below(rng, 30000) : 0;
    w->line.others_bps = rng_chance(rng, 200) ? 500000 : 0;
    w->line.down = rng_chance(rng, 100);
    w->source.paused = rng_chance(rng, 100);
}

static void same(const struct world *a, const struct world *b)
{
    const struct estimate x = world_read(a), y = world_read(b);
    assert_int_equal(x.target_bps, y.target_bps);
    assert_int_equal(x.pace_bps, y.pace_bps);
    assert_int_equal(x.acked_bps, y.acked_bps);
    assert_int_equal(x.rtt, y.rtt);
    assert_int_equal(x.queue, y.queue);
    assert_int_equal(x.falls, y.falls);
    assert_int_equal(x.probes, y.probes);
}

static void one_that_is_made_again_each_moment_says_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct world *a = world_create(seed, 2000000), *b = world_create(seed, 2000000);
        struct rng rng_a, rng_b, when;
        rng_init(&rng_a, seed);
        rng_init(&rng_b, seed);
        rng_init(&when, seed + 100);
        for (unsigned step = 0; step < 40; step++) {
            change(a, &rng_a);
            change(b, &rng_b);
            for (unsigned i = 0; i < 1000; i++) {
                world_step(a);
                world_step(b);
                if (rng_chance(&when, 10))
                    replace(b);
                same(a, b);
            }
        }
        world_destroy(a);
        world_destroy(b);
    }
}

static void every_state_that_is_cut_short_is_refused(void **state)
{
    (void)state;
    struct world *w = world_create(1, 1000000);
    world_run(w, 5 * SEC);
    const size_t len = save(w->e);
    for (size_t n = 0; n < len; n++) {
        struct pack p = pack_reader(bytes, n);
        assert_null(estimator_load(&p));
    }
    world_destroy(w);
}

static void state_of_a_quiet_line_fits_where_it_is_said_to(void **state)
{
    (void)state;
    struct world *w = world_create(1, 20000000);
    w->source.wanted_bps = 20000000;
    world_run(w, 20 * SEC);
    assert_true(save(w->e) < ESTIMATOR_STATE);
    world_destroy(w);
}

static void allocator_is_read_as_it_was_written(void **state)
{
    struct allocate_memory memory = {1, 2, 3, 4, USEC_NEVER}, memory_read;
    struct allocate_slot slot = {
        .rank = ALLOCATE_SPEAKER, .held = true, .step_count = 2, .had = -1};
    struct allocate_slot slot_read = {0};
    struct allocator a, read;
    (void)state;
    allocator_init(&a);
    allocator_note(&a, 500000, 7 * SEC);
    allocator_note(&a, 300000, 9 * SEC);
    slot.step[0] = (struct allocate_step){0, 1, 2, 640 * 360, 300000};
    slot.step[1] = (struct allocate_step){1, 0, 3, 1280 * 720, 900000};
    struct pack p = pack_writer(bytes, sizeof(bytes));
    allocator_pack(&p, &a);
    allocate_memory_pack(&p, &memory);
    allocate_slot_pack(&p, &slot);
    assert_false(p.bad);
    p = pack_reader(bytes, (size_t)(p.at - bytes));
    allocator_pack(&p, &read);
    allocate_memory_pack(&p, &memory_read);
    allocate_slot_pack(&p, &slot_read);
    assert_true(!p.bad && p.at == p.end);
    assert_int_equal(allocator_steady(&read), allocator_steady(&a));
    assert_int_equal(read.low_at, a.low_at);
    assert_memory_equal(&memory_read, &memory, sizeof(memory));
    assert_int_equal(slot_read.rank, slot.rank);
    assert_true(slot_read.held);
    assert_int_equal(slot_read.had, -1);
    assert_int_equal(slot_read.step_count, 2);
    assert_int_equal(slot_read.step[1].rate_bps, 900000);
    assert_int_equal(slot_read.step[0].tid, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_made_again_each_moment_says_the_same),
        cmocka_unit_test(every_state_that_is_cut_short_is_refused),
        cmocka_unit_test(state_of_a_quiet_line_fits_where_it_is_said_to),
        cmocka_unit_test(allocator_is_read_as_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
