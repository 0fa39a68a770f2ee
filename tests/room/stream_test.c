/* One encoding: requests for keyframes, restarts, and where a keyframe begins. */
#include "house.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct stream *video(struct house *h, struct member **owner)
{
    *owner = house_person(h, "p", true, 0);
    struct stream *st = &(*owner)->track[1]->stream[0];
    assert_int_equal(stream_bind(st, &h->env, 1), 0);
    return st;
}

/** Gives it a packet; `key` begins a keyframe. */
static enum drop receive(struct house *h, struct stream *st, uint16_t seq, uint32_t ts,
                         bool key, bool repaired)
{
    uint8_t bytes[40] = {0x80, 96};
    struct rtp pkt;
    wr16(bytes + 2, seq);
    wr32(bytes + 4, ts);
    assert_int_equal(rtp_parse(&pkt, bytes, sizeof(bytes)), DROP_NONE);
    struct payload desc = {
        .codec = CODEC_VP8, .keyframe = key, .width = key ? 640 : 0, .height = key ? 360 : 0};
    return stream_receive(st, &h->env, &pkt, &desc, repaired, h->now);
}

static void many_requests_are_one_and_the_next_waits(void **state)
{
    (void)state;
    struct house h;
    struct member *p;
    house_open(&h);
    struct stream *st = video(&h, &p);
    assert_false(stream_key_due(st, &h.env, h.now));
    for (unsigned i = 0; i < 100; i++)
        stream_want_key(st, &h.env, h.now);
    assert_true(stream_key_due(st, &h.env, h.now));
    assert_false(stream_key_due(st, &h.env, h.now));
    assert_false(stream_key_due(st, &h.env, h.now + 499 * USEC_PER_MS));
    assert_true(stream_key_due(st, &h.env, h.now + 500 * USEC_PER_MS)); // no keyframe came
    assert_int_equal(h.env.count.keyframes_asked, 2);
    assert_int_equal(h.env.count.keyframe_wishes, 100);
    house_close(&h);
}

static void pause_between_requests_grows_with_the_viewers_up_to_a_bound(void **state)
{
    (void)state;
    struct house h;
    struct member *p;
    house_open(&h);
    struct stream *st = video(&h, &p);
    const unsigned slots[] = {0, 100, 1000};
    const usec_t pause[] = {500 * USEC_PER_MS, SEC, 2 * SEC};
    for (unsigned i = 0; i < 3; i++) {
        st->slot_count = slots[i];
        st->key_next = 0;
        stream_want_key(st, &h.env, h.now);
        assert_true(stream_key_due(st, &h.env, h.now));
        assert_int_equal(st->key_next, h.now + pause[i]);
    }
    st->slot_count = 0;
    house_close(&h);
}

static void keyframe_answers_every_request(void **state)
{
    (void)state;
    struct house h;
    struct member *p;
    house_open(&h);
    struct stream *st = video(&h, &p);
    stream_want_key(st, &h.env, h.now);
    assert_int_equal(receive(&h, st, 10, 0, false, false), DROP_NONE);
    assert_true(st->key_wanted);
    assert_int_equal(receive(&h, st, 11, 3000, true, false), DROP_NONE);
    assert_false(st->key_wanted);
    assert_false(stream_key_due(st, &h.env, h.now + 10 * SEC));
    assert_int_equal(st->width, 640);
    house_close(&h);
}

static void the_same_packet_twice_is_a_duplicate(void **state)
{
    (void)state;
    struct house h;
    struct member *p;
    house_open(&h);
    struct stream *st = video(&h, &p);
    assert_int_equal(receive(&h, st, 10, 0, true, false), DROP_NONE);
    assert_int_equal(receive(&h, st, 11, 0, false, false), DROP_NONE);
    assert_int_equal(receive(&h, st, 11, 0, false, false), DROP_DUPLICATE);
    assert_int_equal(receive(&h, st, 10, 0, true, true), DROP_DUPLICATE); // by RTX as well
    house_close(&h);
}

static void restarted_numbers_are_another_stream(void **state)
{
    (void)state;
    struct house h;
    struct member *p;
    house_open(&h);
    struct stream *st = video(&h, &p);
    assert_int_equal(receive(&h, st, 10, 0, true, false), DROP_NONE);
    const uint32_t before = st->id;
    assert_int_equal(receive(&h, st, 30000, 0, true, false), DROP_LATE); // a stray, perhaps
    assert_int_equal(st->id, before);
    assert_int_equal(receive(&h, st, 30001, 0, false, false), DROP_NONE);
    assert_int_not_equal(st->id, before);
    struct rtp kept;
    assert_false(repair_get(&st->repair, 10, &kept));
    assert_true(repair_get(&st->repair, 30001, &kept));
    house_close(&h);
}

static void slice_behind_its_parameter_sets_begins_nothing(void **state)
{
    (void)state;
    struct house h;
    struct member *p;
    house_open(&h);
    struct stream *st = video(&h, &p);
    const struct payload slice = {.codec = CODEC_H264, .keyframe = true};
    const struct payload sets = {.codec = CODEC_H264, .keyframe = true, .width = 640};
    uint8_t bytes[40] = {0x80, 96};
    struct rtp pkt;
    wr16(bytes + 2, 11);
    wr32(bytes + 4, 3000);
    assert_int_equal(rtp_parse(&pkt, bytes, sizeof(bytes)), DROP_NONE);
    assert_true(stream_opens_frame(st, &pkt, &sets));
    assert_false(stream_opens_frame(st, &pkt, &slice)); // what is before it is missing
    receive(&h, st, 10, 3000, true, false);
    assert_false(stream_opens_frame(st, &pkt, &slice)); // and is of the same frame
    assert_int_equal(stream_bind(st, &h.env, 1), 0);
    receive(&h, st, 10, 0, false, false);
    assert_true(stream_opens_frame(st, &pkt, &slice)); // sets came once, in the SDP
    house_close(&h);
}

static void slots_can_be_added_and_taken_out_in_any_order(void **state)
{
    (void)state;
    struct house h;
    struct member *p;
    struct slot slot[40];
    house_open(&h);
    struct stream *st = video(&h, &p);
    for (unsigned i = 0; i < 40; i++)
        assert_int_equal(stream_add_slot(st, &slot[i]), 0);
    for (unsigned i = 0; i < 40; i++)
        stream_remove_slot(st, &slot[(i * 7) % 40]);
    assert_int_equal(st->slot_count, 0);
    stream_remove_slot(st, &slot[0]); // not there any more
    assert_int_equal(st->slot_count, 0);
    house_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_requests_are_one_and_the_next_waits),
        cmocka_unit_test(pause_between_requests_grows_with_the_viewers_up_to_a_bound),
        cmocka_unit_test(keyframe_answers_every_request),
        cmocka_unit_test(the_same_packet_twice_is_a_duplicate),
        cmocka_unit_test(restarted_numbers_are_another_stream),
        cmocka_unit_test(slice_behind_its_parameter_sets_begins_nothing),
        cmocka_unit_test(slots_can_be_added_and_taken_out_in_any_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
