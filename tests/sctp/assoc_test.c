#include "wire.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct channel_conf reliable;
static uint8_t pattern[ASSOC_MESSAGE_MAX + 1];

static enum drop say(struct wire *w, unsigned end, struct channel *c, size_t len, bool text)
{
    const struct assoc_message m = {.bytes = pattern, .len = len, .text = text};
    return assoc_send(w->end[end].assoc, c, &m, wire_now);
}

/** Numbered: the first four bytes. */
static enum drop say_number(struct wire *w, unsigned end, struct channel *c, uint32_t n)
{
    uint8_t bytes[200] = {0};
    memcpy(bytes, &n, sizeof(n));
    const struct assoc_message m = {.bytes = bytes, .len = sizeof(bytes)};
    return assoc_send(w->end[end].assoc, c, &m, wire_now);
}

static uint32_t number(const struct wire_event *e)
{
    uint32_t n;
    memcpy(&n, e->head, sizeof(n));
    return n;
}

static struct channel *open(struct wire *w, unsigned end, const struct channel_conf *conf)
{
    struct channel *c = assoc_open(w->end[end].assoc, "label", "protocol", conf, wire_now);
    assert_non_null(c);
    return c;
}

static unsigned channels(const struct wire *w, unsigned end)
{
    unsigned n = 0;
    for (unsigned i = 0; i < ASSOC_STREAMS; i++)
        n += w->end[end].assoc->channel[i] != NULL;
    return n;
}

static void both_sides_begin_and_meet(void **state)
{
    struct wire *w = wire_new(1);
    (void)state;
    wire_begin(w);
    wire_run(w, USEC_PER_SEC);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(w->end[i].assoc->state, ASSOC_UP);
        assert_int_equal(w->end[i].count, 1);
        assert_int_equal(w->end[i].assoc->streams, ASSOC_STREAMS);
    }
    wire_free(w);
}

static void ids_are_even_for_the_dtls_client_and_odd_for_the_server(void **state)
{
    struct wire *w = wire_new(2);
    (void)state;
    wire_up(w);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(open(w, 0, &reliable)->id, 2 * i);
        assert_int_equal(open(w, 1, &reliable)->id, 2 * i + 1);
    }
    wire_run(w, USEC_PER_SEC);
    const struct channel *c = assoc_channel(w->end[1].assoc, 4);
    assert_non_null(c);
    assert_false(c->ours);
    assert_int_equal(c->state, CHANNEL_OPEN);
    assert_string_equal(c->label, "label");
    assert_string_equal(c->protocol, "protocol");
    assert_int_equal(assoc_channel(w->end[0].assoc, 4)->state, CHANNEL_OPEN);
    wire_free(w);
}

static void reliable_messages_arrive_once_and_in_order_under_loss(void **state)
{
    uint64_t first;
    const unsigned seeds = wire_seeds(12, &first);
    (void)state;
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        struct wire *w = wire_new(seed);
        w->loss_permille = 200;
        w->jitter = 30 * MS;
        wire_begin(w);
        wire_run(w, 20 * USEC_PER_SEC);
        struct channel *c = open(w, seed % 2, &reliable);
        for (uint32_t i = 0; i < 300; i++) {
            assert_int_equal(say_number(w, seed % 2, c, i), DROP_NONE);
            wire_run(w, 10 * MS);
        }
        wire_run(w, 120 * USEC_PER_SEC);
        for (uint32_t i = 0; i < 300; i++) {
            const struct wire_event *e = wire_next(w, 1 - seed % 2, ASSOC_MESSAGE);
            if (!e || number(e) != i)
                fail_msg("SEED=%llu: message %u is missing", (unsigned long long)seed, i);
        }
        assert_null(wire_next(w, 1 - seed % 2, ASSOC_MESSAGE));
        wire_free(w);
    }
}

/** Runs 400 messages over a bad line; how many come, and whether they come in order. */
static unsigned unreliable(uint64_t seed, const struct channel_conf *conf, bool *in_order)
{
    struct wire *w = wire_new(seed);
    wire_up(w);
    struct channel *c = open(w, 0, conf);
    wire_run(w, USEC_PER_SEC);
    w->loss_permille = 200;
    w->jitter = 30 * MS;
    for (uint32_t i = 0; i < 400; i++) {
        (void)say_number(w, 0, c, i);
        wire_run(w, 10 * MS);
    }
    wire_run(w, 60 * USEC_PER_SEC);
    unsigned came = 0;
    uint32_t last = 0;
    bool seen[400] = {false};
    *in_order = true;
    for (const struct wire_event *e; (e = wire_next(w, 1, ASSOC_MESSAGE)); came++) {
        assert_in_range(number(e), 0, 399);
        assert_false(seen[number(e)]);
        seen[number(e)] = true;
        *in_order &= came == 0 || number(e) > last;
        last = number(e);
    }
    w->loss_permille = 0; // and it still works
    assert_int_equal(say_number(w, 0, c, 1000), DROP_NONE);
    wire_run(w, 10 * USEC_PER_SEC);
    assert_non_null(wire_next(w, 1, ASSOC_MESSAGE));
    wire_free(w);
    return came;
}

static void without_retransmission_some_are_lost_and_order_holds(void **state)
{
    const struct channel_conf conf = {.mode = CHANNEL_COUNTED, .limit = 0};
    bool in_order;
    (void)state;
    const unsigned came = unreliable(3, &conf, &in_order);
    assert_in_range(came, 100, 380);
    assert_true(in_order);
}

static void unordered_messages_do_not_wait_for_each_other(void **state)
{
    const struct channel_conf conf = {.unordered = true};
    bool in_order;
    (void)state;
    assert_int_equal(unreliable(4, &conf, &in_order), 400);
    assert_false(in_order);
}

static void message_past_its_time_is_given_up(void **state)
{
    const struct channel_conf conf = {.mode = CHANNEL_TIMED, .limit = 100, .unordered = true};
    struct wire *w = wire_new(5);
    (void)state;
    wire_up(w);
    struct channel *c = open(w, 0, &conf);
    wire_run(w, USEC_PER_SEC);
    w->loss_permille = 1000; // the line is dead for two seconds
    for (uint32_t i = 0; i < 20; i++)
        (void)say_number(w, 0, c, i);
    wire_run(w, 2 * USEC_PER_SEC);
    w->loss_permille = 0;
    (void)say_number(w, 0, c, 77);
    wire_run(w, 20 * USEC_PER_SEC);
    const struct wire_event *e = wire_next(w, 1, ASSOC_MESSAGE);
    assert_non_null(e);
    assert_int_equal(number(e), 77);
    assert_null(wire_next(w, 1, ASSOC_MESSAGE));
    wire_free(w);
}

static void sizes_from_nothing_to_the_limit_arrive_whole(void **state)
{
    static const size_t sizes[] = {0,    1,     2,     1100,  1101,  1150,  1200,
                                   4095, 16384, 65535, 65536, 32768, 65536, 65536};
    const unsigned count = sizeof(sizes) / sizeof(sizes[0]);
    struct wire *w = wire_new(6);
    (void)state;
    w->loss_permille = 30;
    wire_begin(w);
    wire_run(w, 20 * USEC_PER_SEC);
    struct channel *c = open(w, 1, &reliable);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(say(w, 1, c, sizes[i], i % 2), DROP_NONE);
    wire_run(w, 120 * USEC_PER_SEC);
    for (unsigned i = 0; i < count; i++) {
        const struct wire_event *e = wire_next(w, 0, ASSOC_MESSAGE);
        assert_non_null(e);
        assert_int_equal(e->len, sizes[i]);
        assert_int_equal(e->text, i % 2);
        assert_int_equal(e->sum, wire_sum(pattern, sizes[i]));
    }
    assert_in_range(w->longest, 1000, ASSOC_MTU);
    wire_free(w);
}

static void message_over_the_limit_is_not_sent(void **state)
{
    struct wire *w = wire_new(7);
    (void)state;
    wire_up(w);
    struct channel *c = open(w, 0, &reliable);
    assert_int_equal(say(w, 0, c, ASSOC_MESSAGE_MAX + 1, false), DROP_LIMIT);
    w->end[0].assoc->their_max = 1000;
    assert_int_equal(say(w, 0, c, 1001, false), DROP_LIMIT);
    assert_int_equal(say(w, 0, c, 1000, false), DROP_NONE);
    assert_int_equal(w->end[0].assoc->count.refused, 2);
    wire_free(w);
}

static void closing_frees_both_sides_and_the_id_is_used_again(void **state)
{
    struct wire *w = wire_new(8);
    (void)state;
    wire_up(w);
    for (unsigned round = 0; round < 5; round++) {
        struct channel *c = open(w, 0, &reliable);
        assert_int_equal(c->id, 0);
        assert_int_equal(say_number(w, 0, c, round), DROP_NONE);
        wire_run(w, USEC_PER_SEC);
        if (round % 2)
            assoc_close(w->end[0].assoc, c, wire_now);
        else
            assoc_close(w->end[1].assoc, assoc_channel(w->end[1].assoc, 0), wire_now);
        wire_run(w, 5 * USEC_PER_SEC);
        const struct wire_event *e = wire_next(w, 1, ASSOC_MESSAGE);
        assert_non_null(e);
        assert_int_equal(number(e), round);
        assert_non_null(wire_next(w, round % 2, ASSOC_CLOSED));
        assert_null(wire_next(w, round % 2, ASSOC_CLOSED));
        assert_int_equal(channels(w, 0), 0);
        assert_int_equal(channels(w, 1), 0);
        assert_int_equal(w->end[1].assoc->theirs, 0);
    }
    wire_free(w);
}

static void what_was_sent_before_closing_arrives(void **state)
{
    struct wire *w = wire_new(9);
    (void)state;
    wire_up(w);
    struct channel *c = open(w, 0, &reliable);
    for (unsigned i = 0; i < 10; i++) // more than the library takes at once
        assert_int_equal(say(w, 0, c, ASSOC_MESSAGE_MAX, false), DROP_NONE);
    assert_true(c->waits > 0);
    assoc_close(w->end[0].assoc, c, wire_now);
    wire_run(w, 60 * USEC_PER_SEC);
    for (unsigned i = 0; i < 10; i++)
        assert_non_null(wire_next(w, 1, ASSOC_MESSAGE));
    assert_non_null(wire_next(w, 1, ASSOC_CLOSED));
    assert_int_equal(channels(w, 0), 0);
    wire_free(w);
}

static void hundred_channels_close_at_once_under_loss(void **state)
{
    struct wire *w = wire_new(10);
    struct channel *c[60];
    (void)state;
    wire_up(w);
    for (unsigned i = 0; i < 60; i++)
        c[i] = open(w, 0, &reliable);
    for (unsigned i = 0; i < 40; i++)
        (void)open(w, 1, &reliable);
    wire_run(w, 5 * USEC_PER_SEC);
    w->loss_permille = 100;
    for (unsigned i = 0; i < 60; i++)
        assoc_close(w->end[0].assoc, c[i], wire_now);
    for (unsigned i = 0; i < 40; i++)
        assoc_close(w->end[0].assoc, assoc_channel(w->end[0].assoc, (uint16_t)(2 * i + 1)),
                    wire_now);
    wire_run(w, 300 * USEC_PER_SEC);
    assert_int_equal(channels(w, 0), 0);
    assert_int_equal(channels(w, 1), 0);
    wire_free(w);
}

static void channels_of_the_other_side_are_bounded(void **state)
{
    struct wire *w = wire_new(11);
    (void)state;
    wire_up(w);
    for (unsigned i = 0; i < ASSOC_THEIRS + 10; i++)
        (void)open(w, 0, &reliable);
    wire_run(w, 20 * USEC_PER_SEC);
    unsigned opened = 0, closed = 0;
    while (wire_next(w, 1, ASSOC_OPENED))
        opened++;
    while (wire_next(w, 0, ASSOC_CLOSED))
        closed++;
    assert_int_equal(opened, ASSOC_THEIRS);
    assert_int_equal(closed, 10);
    assert_int_equal(w->end[1].assoc->count.refused, 10);
    wire_free(w);
}

static void ids_run_out_and_opening_fails(void **state)
{
    struct wire *w = wire_new(12);
    (void)state;
    wire_up(w);
    for (unsigned i = 0; i < ASSOC_STREAMS / 2; i++)
        assert_non_null(assoc_open(w->end[0].assoc, "", "", &reliable, wire_now));
    assert_null(assoc_open(w->end[0].assoc, "", "", &reliable, wire_now));
    wire_free(w);
}

static void reader_that_stops_holds_the_sender_back_within_bounds(void **state)
{
    struct wire *w = wire_new(13);
    (void)state;
    wire_up(w);
    struct channel *c = open(w, 0, &reliable);
    const struct channel_conf lossy = {.mode = CHANNEL_COUNTED, .unordered = true};
    struct channel *u = open(w, 0, &lossy);
    wire_run(w, USEC_PER_SEC);
    w->end[1].deaf = true;
    unsigned taken = 0;
    while (say(w, 0, c, 10000, false) == DROP_NONE) {
        assert_true(++taken < 1000);
        wire_run(w, 50 * MS);
    }
    // Its window, our library's buffer, our queue: no more than these.
    assert_in_range(taken * 10000, ASSOC_BUFFER, 2 * ASSOC_BUFFER + ASSOC_QUEUE);
    assert_int_equal(w->end[0].assoc->count.overflown, 1);
    assert_int_equal(w->end[0].assoc->waiting, 0);
    wire_run(w, MS);
    assert_non_null(wire_next(w, 0, ASSOC_CLOSED));
    // What is unreliable is dropped, and its channel lives.
    unsigned dropped = 0;
    for (unsigned i = 0; i < 200; i++)
        dropped += say(w, 0, u, 10000, false) == DROP_LIMIT;
    assert_true(dropped > 0);
    assert_int_equal(w->end[0].assoc->count.dropped, dropped);
    w->end[1].deaf = false;
    wire_read(&w->end[1]);
    wire_run(w, 60 * USEC_PER_SEC);
    assert_int_equal(say_number(w, 0, u, 4711), DROP_NONE);
    wire_run(w, USEC_PER_SEC);
    const struct wire_event *e = NULL, *last = NULL;
    while ((e = wire_next(w, 1, ASSOC_MESSAGE)))
        last = e;
    assert_int_equal(number(last), 4711);
    wire_free(w);
}

static void dead_line_ends_the_association(void **state)
{
    struct wire *w = wire_new(14);
    (void)state;
    wire_up(w);
    struct channel *c = open(w, 0, &reliable);
    wire_run(w, USEC_PER_SEC);
    w->loss_permille = 1000;
    (void)say_number(w, 0, c, 1);
    wire_run(w, 30 * USEC_PER_SEC);
    assert_int_equal(w->end[0].assoc->state, ASSOC_UP); // consent's time
    wire_run(w, 60 * USEC_PER_SEC);
    assert_int_equal(w->end[0].assoc->state, ASSOC_DOWN);
    assert_non_null(wire_next(w, 0, ASSOC_IS_DOWN));
    assert_int_equal(say_number(w, 0, c, 2), DROP_NOT_READY);
    assert_null(assoc_open(w->end[0].assoc, "", "", &reliable, wire_now));
    wire_free(w);
}

static void outage_of_twenty_seconds_is_survived(void **state)
{
    struct wire *w = wire_new(15);
    (void)state;
    wire_up(w);
    struct channel *c = open(w, 0, &reliable);
    wire_run(w, USEC_PER_SEC);
    w->loss_permille = 1000;
    (void)say_number(w, 0, c, 5);
    wire_run(w, 20 * USEC_PER_SEC);
    w->loss_permille = 0;
    wire_run(w, 10 * USEC_PER_SEC);
    const struct wire_event *e = wire_next(w, 1, ASSOC_MESSAGE);
    assert_non_null(e);
    assert_int_equal(number(e), 5);
    wire_free(w);
}

static void other_side_that_goes_is_noticed(void **state)
{
    struct wire *w = wire_new(16);
    (void)state;
    wire_up(w);
    const struct assoc_conf conf = {.dtls_client = false, .their_port = ASSOC_PORT};
    // It begins anew on the same line, and does not know what we talk about.
    assoc_destroy(w->end[1].assoc);
    w->end[1].assoc = assoc_create(&w->end[1].set, &conf, wire_now);
    wire_run(w, 20 * USEC_PER_SEC);
    assert_int_equal(w->end[0].assoc->state, ASSOC_DOWN);
    assert_non_null(wire_next(w, 0, ASSOC_IS_DOWN));
    wire_free(w);
}

static void many_associations_in_one_process_keep_apart(void **state)
{
    struct wire *w[20];
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        w[i] = wire_new(100 + i);
        wire_begin(w[i]);
    }
    for (unsigned turn = 0; turn < 200; turn++, wire_now += 5 * MS)
        for (unsigned i = 0; i < 20; i++)
            wire_turn(w[i]);
    for (unsigned i = 0; i < 20; i += 2) {
        wire_free(w[i]);
        w[i] = NULL;
    }
    for (unsigned i = 1; i < 20; i += 2)
        assert_int_equal(say_number(w[i], 0, open(w[i], 0, &reliable), i), DROP_NONE);
    for (unsigned turn = 0; turn < 200; turn++, wire_now += 5 * MS)
        for (unsigned i = 1; i < 20; i += 2)
            wire_turn(w[i]);
    for (unsigned i = 1; i < 20; i += 2) {
        const struct wire_event *e = wire_next(w[i], 1, ASSOC_MESSAGE);
        assert_non_null(e);
        assert_int_equal(number(e), i);
        assert_null(wire_next(w[i], 1, ASSOC_MESSAGE));
        wire_free(w[i]);
    }
}

static void nothing_is_left_when_all_are_gone(void **state)
{
    (void)state;
    size_t before = 0;
    for (unsigned round = 0; round < 12; round++) {
        struct wire *w = wire_new(17);
        wire_up(w);
        (void)say(w, 0, open(w, 0, &reliable), ASSOC_MESSAGE_MAX, false);
        wire_run(w, 20 * MS); // in mid-air
        wire_free(w);
        if (round == 1)
            before = mallinfo2().uordblks;
    }
    // Fragmented bookkeeping of the allocator aside: nothing that grows.
    assert_in_range(mallinfo2().uordblks, 0, before + 16384);
}

static void association_costs_what_the_documents_say(void **state)
{
    (void)state;
    if (mallinfo2().uordblks == 0)
        skip(); // a sanitizer's allocator does not count so
    struct wire *keep = wire_new(18), *w = wire_new(19);
    wire_up(keep); // the library itself
    wire_begin(w);
    wire_run(w, MS);
    const size_t before = mallinfo2().uordblks;
    struct wire *more = wire_new(20);
    const size_t frame = mallinfo2().uordblks - before;
    wire_up(more);
    const size_t two = mallinfo2().uordblks - before - frame - 2 * (ASSOC_MESSAGE_MAX + 1);
    print_message("bytes of an idle association: %zu\n", two / 2);
    assert_in_range(two / 2, 4096, 128u << 10);
    wire_free(more);
    wire_free(w);
    wire_free(keep);
}

int main(void)
{
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = (uint8_t)(i * 31 + (i >> 8));
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_begin_and_meet),
        cmocka_unit_test(ids_are_even_for_the_dtls_client_and_odd_for_the_server),
        cmocka_unit_test(reliable_messages_arrive_once_and_in_order_under_loss),
        cmocka_unit_test(without_retransmission_some_are_lost_and_order_holds),
        cmocka_unit_test(unordered_messages_do_not_wait_for_each_other),
        cmocka_unit_test(message_past_its_time_is_given_up),
        cmocka_unit_test(sizes_from_nothing_to_the_limit_arrive_whole),
        cmocka_unit_test(message_over_the_limit_is_not_sent),
        cmocka_unit_test(closing_frees_both_sides_and_the_id_is_used_again),
        cmocka_unit_test(what_was_sent_before_closing_arrives),
        cmocka_unit_test(hundred_channels_close_at_once_under_loss),
        cmocka_unit_test(channels_of_the_other_side_are_bounded),
        cmocka_unit_test(ids_run_out_and_opening_fails),
        cmocka_unit_test(reader_that_stops_holds_the_sender_back_within_bounds),
        cmocka_unit_test(dead_line_ends_the_association),
        cmocka_unit_test(outage_of_twenty_seconds_is_survived),
        cmocka_unit_test(other_side_that_goes_is_noticed),
        cmocka_unit_test(many_associations_in_one_process_keep_apart),
        cmocka_unit_test(nothing_is_left_when_all_are_gone),
        cmocka_unit_test(association_costs_what_the_documents_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
