#include "link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MS USEC_PER_MS

struct run {
    size_t arrived;
    usec_t first, last, longest; ///< arrivals; longest way of one packet
    size_t backwards;            ///< packets that came after one sent later
    size_t longest_hole;         ///< packets lost in a row
    uint64_t print;              ///< of which arrived and when
};

static const uint8_t bytes[LINK_MTU];

/** Sends `count` packets of `len`, one each `gap`, and sees what comes out. */
static struct run send(struct link *l, size_t count, size_t len, usec_t gap)
{
    struct run r = {.first = -1};
    uint8_t numbered[LINK_MTU] = {0};
    uint32_t newest = 0;
    usec_t now = 0;

    for (size_t sent = 0; sent < count || link_next(l) != USEC_NEVER;) {
        const usec_t send_at = sent < count ? (usec_t)sent * gap : USEC_NEVER;
        now = usec_min(send_at, link_next(l));
        if (now == send_at) {
            const uint32_t number = (uint32_t)sent++;
            memcpy(numbered, &number, sizeof(number));
            (void)link_push(l, numbered, len, now);
        }
        for (struct link_packet *p; (p = link_pop(l, now)); free(p)) {
            uint32_t number;
            memcpy(&number, p->bytes, sizeof(number));
            assert_int_equal(len, p->len);
            r.backwards += number < newest;
            if (number > newest && number - newest - 1 > r.longest_hole)
                r.longest_hole = number - newest - 1;
            newest = number > newest ? number : newest;
            r.first = r.first < 0 ? now : r.first;
            r.last = now;
            if (now - (usec_t)number * gap > r.longest)
                r.longest = now - (usec_t)number * gap;
            r.print = (r.print * 31 + number) * 31 + (uint64_t)now;
            r.arrived++;
        }
    }
    return r;
}

static void an_open_line_passes_everything_at_once(void **state)
{
    (void)state;
    struct link l;
    link_init(&l, 1);
    const struct run r = send(&l, 1000, 1200, 100);
    assert_int_equal(1000, r.arrived);
    assert_int_equal(0, r.longest);
    link_fini(&l);
}

static void the_rate_is_kept_to_the_microsecond(void **state)
{
    (void)state;
    struct link l;
    link_init(&l, 1);
    link_shape(
        &l, &(struct link_shape){.rate_bps = 1000000, .queue = USEC_PER_SEC, .delay = 40 * MS},
        0);
    // 1250 bytes take 10 ms; they come every 9 ms, so each waits a millisecond more than the
    // last.
    const struct run r = send(&l, 500, 1250, 9 * MS);
    assert_int_equal(500, r.arrived);
    assert_int_equal(50 * MS, r.first);
    assert_int_equal(50 * MS + 499 * 10 * MS, r.last);
    assert_int_equal(499 * MS + 50 * MS, r.longest);
    const struct link_stats s = link_take_stats(&l);
    assert_int_equal(499 * MS + 10 * MS, s.queue_max);
    assert_int_equal(500 * 1250, s.out_bytes);
    link_fini(&l);
}

static void what_finds_the_queue_full_is_dropped(void **state)
{
    (void)state;
    struct link l;
    link_init(&l, 1);
    link_shape(&l, &(struct link_shape){.rate_bps = 1000000, .queue = 200 * MS}, 0);
    const struct run r = send(&l, 1000, 1250, 5 * MS); // twice the rate
    const struct link_stats s = link_take_stats(&l);
    assert_int_equal(1000, r.arrived + s.dropped);
    assert_in_range(r.arrived, 500, 525);
    assert_in_range(s.queue_max, 200 * MS, 210 * MS);
    link_fini(&l);
}

static void a_change_of_rate_holds_for_what_is_left_of_a_packet(void **state)
{
    (void)state;
    struct link l;
    struct link_shape shape = {.rate_bps = 1000000, .queue = USEC_PER_SEC};
    link_init(&l, 1);
    link_shape(&l, &shape, 0);
    assert_true(link_push(&l, bytes, 1250, 0)); // until 10 ms
    assert_true(link_push(&l, bytes, 1250, 0)); // until 20 ms
    shape.rate_bps = 500000;
    link_shape(&l, &shape, 4 * MS);
    assert_int_equal(12 * MS + 20 * MS, link_backlog(&l, 4 * MS));
    assert_int_equal(16 * MS, link_next(&l));
    shape.rate_bps = 0;
    link_shape(&l, &shape, 16 * MS);
    for (int i = 0; i < 2; i++) {
        struct link_packet *p = link_pop(&l, 16 * MS);
        assert_non_null(p);
        free(p);
    }
    assert_int_equal(USEC_NEVER, link_next(&l));
    link_fini(&l);
}

static void loss_is_as_often_as_said(void **state)
{
    (void)state;
    for (unsigned burst = 0; burst <= 8; burst += 4) {
        struct link l;
        link_init(&l, 7);
        link_shape(&l, &(struct link_shape){.loss = 50000, .burst = burst}, 0);
        const struct run r = send(&l, 200000, 100, MS);
        assert_in_range(200000 - r.arrived, 9300, 10700);
        if (burst < 2)
            assert_in_range(r.longest_hole, 1, 6);
        else
            assert_in_range(r.longest_hole, 2 * burst, 25 * burst);
        link_fini(&l);
    }
}

static void the_seed_repeats_every_loss_and_delay(void **state)
{
    (void)state;
    uint64_t print[3];
    for (int i = 0; i < 3; i++) {
        struct link l;
        link_init(&l, i < 2 ? 5 : 6);
        link_shape(&l, &(struct link_shape){.loss = 100000, .jitter = 50 * MS, .reorder = true},
                   0);
        print[i] = send(&l, 3000, 800, 3 * MS).print;
        link_fini(&l);
    }
    assert_true(print[0] == print[1]);
    assert_true(print[0] != print[2]);
}

static void jitter_reorders_only_where_it_may(void **state)
{
    (void)state;
    for (int reorder = 0; reorder < 2; reorder++) {
        struct link l;
        link_init(&l, 3);
        link_shape(
            &l, &(struct link_shape){.delay = 10 * MS, .jitter = 200 * MS, .reorder = reorder},
            0);
        const struct run r = send(&l, 2000, 800, 5 * MS);
        assert_int_equal(2000, r.arrived);
        assert_true(r.longest <= 210 * MS && r.longest > 200 * MS);
        assert_int_equal(reorder, r.backwards > 0);
        link_fini(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_open_line_passes_everything_at_once),
        cmocka_unit_test(the_rate_is_kept_to_the_microsecond),
        cmocka_unit_test(what_finds_the_queue_full_is_dropped),
        cmocka_unit_test(a_change_of_rate_holds_for_what_is_left_of_a_packet),
        cmocka_unit_test(loss_is_as_often_as_said),
        cmocka_unit_test(the_seed_repeats_every_loss_and_delay),
        cmocka_unit_test(jitter_reorders_only_where_it_may),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
