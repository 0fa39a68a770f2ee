/* What a viewer of the load tester makes of the packets that come: which pictures it shows, and
 * what it asks for. */
#include "peer.h"
#include "receiver.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SSRC 7u

enum part { PART_KEY = 1, PART_START = 2, PART_END = 4 };

static struct {
    unsigned plis, nacked;
} asked;

/** In place of feedback.c's; `used`, or link-time optimization leaves them out. */
__attribute__((used)) void __wrap_peer_send_pli(struct peer *p, uint32_t media);
void __wrap_peer_send_pli(struct peer *p, uint32_t media)
{
    (void)p;
    assert_int_equal(media, SSRC);
    asked.plis++;
}

__attribute__((used)) void __wrap_peer_send_nack(struct peer *p, uint32_t media,
                                                 const uint16_t *seq, unsigned n);
void __wrap_peer_send_nack(struct peer *p, uint32_t media, const uint16_t *seq, unsigned n)
{
    (void)p;
    (void)seq;
    assert_int_equal(media, SSRC);
    asked.nacked += n;
}

struct fixture {
    struct core core;
    struct peer peer;
    struct receiver *viewer;
    usec_t now;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->core.measuring = true;
    f->peer.core = &f->core;
    f->now = USEC_PER_SEC;
    f->viewer = receiver_create(&f->peer, SSRC, true);
    assert_non_null(f->viewer);
    memset(&asked, 0, sizeof(asked));
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    receiver_destroy(f->viewer);
    free(f);
    return 0;
}

/** A packet of VP8 (RFC 7741: no extension; the payload's first bit says if it is a keyframe).
 */
static void comes(struct fixture *f, uint16_t seq, unsigned part)
{
    uint8_t bytes[64] = {0x80, (uint8_t)(part & PART_END ? 0x80 | 96 : 96)};
    struct rtp pkt;
    wr16(bytes + 2, seq);
    wr32(bytes + 4, 90u * (uint32_t)(f->now / USEC_PER_MS));
    wr32(bytes + 8, SSRC);
    bytes[12] = part & PART_START ? 0x10 : 0;
    bytes[13] = part & PART_KEY ? 0 : 1;
    memcpy(bytes + 16, "\x9d\x01\x2a", 3); // of a keyframe's head, and its size
    bytes[19] = bytes[21] = 64;
    assert_int_equal(rtp_parse(&pkt, bytes, sizeof(bytes)), DROP_NONE);
    receiver_on_rtp(f->viewer, &pkt, 0, f->now);
}

static void passes(struct fixture *f, usec_t time)
{
    for (const usec_t until = f->now + time; f->now < until; f->now += USEC_PER_MS)
        receiver_tick(f->viewer, f->now);
}

static uint64_t shown(const struct fixture *f)
{
    return f->core.tally.media.frames;
}

static void a_lost_packet_is_asked_for_and_waited_for(void **state)
{
    struct fixture *f = *state;
    comes(f, 65534, PART_KEY | PART_START | PART_END);
    assert_int_equal(shown(f), 1);
    comes(f, 65535, PART_START);
    comes(f, 1, PART_END);
    passes(f, 50 * USEC_PER_MS);
    comes(f, 2, PART_START | PART_END);
    assert_int_equal(shown(f), 1);
    assert_int_equal(asked.nacked, 1);
    comes(f, 0, 0);
    assert_int_equal(shown(f), 3);
    passes(f, 2 * USEC_PER_SEC);
    assert_int_equal(asked.nacked, 1);
    assert_int_equal(asked.plis, 0);
}

static void a_hole_that_stays_ends_in_a_wish_for_a_keyframe(void **state)
{
    struct fixture *f = *state;
    comes(f, 10, PART_KEY | PART_START | PART_END);
    comes(f, 12, PART_END);
    passes(f, USEC_PER_SEC);
    assert_true(asked.nacked > 1);
    assert_int_equal(asked.plis, 1);
    comes(f, 13, PART_START | PART_END);
    assert_int_equal(shown(f), 1);
    comes(f, 14, PART_KEY | PART_START);
    assert_int_equal(shown(f), 1);
    comes(f, 15, PART_END);
    comes(f, 16, PART_START | PART_END);
    assert_int_equal(shown(f), 3);
}

/** A server that changes layers leaves a number out behind what it did not end. */
static void a_keyframe_is_shown_whatever_lacks_before_it(void **state)
{
    struct fixture *f = *state;
    comes(f, 20, PART_KEY | PART_START | PART_END);
    comes(f, 21, PART_START);
    comes(f, 22, 0);
    comes(f, 24, PART_KEY | PART_START);
    assert_int_equal(shown(f), 1);
    comes(f, 25, PART_END);
    assert_int_equal(shown(f), 2);
    comes(f, 26, PART_START | PART_END);
    assert_int_equal(shown(f), 3);
    passes(f, 2 * USEC_PER_SEC);
    assert_int_equal(asked.nacked, 0);
    assert_int_equal(asked.plis, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_lost_packet_is_asked_for_and_waited_for, begin, end),
        cmocka_unit_test_setup_teardown(a_hole_that_stays_ends_in_a_wish_for_a_keyframe, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_keyframe_is_shown_whatever_lacks_before_it, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
