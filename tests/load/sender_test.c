/* What a publisher of the load tester makes of a clip: packets, as they are before they are
 * sealed. */
#include "peer.h"
#include "sender.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FRAME_BYTES  360000u ///< a screen's keyframe: more packets than a byte can count
#define RTP_HEADER   12u
#define VP8_HEADER   6u ///< as sender.c writes it: picture id, TL0PICIDX, TID
#define PACKETS_MOST 1000u

static struct {
    unsigned count;
    uint16_t seq;
    bool ended;     ///< a packet had the marker
    uint8_t *bytes; ///< owned: the frame as it was put together again
    size_t len;
} line;

/** In place of datagram.c's. */
void __wrap_peer_send_rtp(struct peer *p, struct seal_stream *st, uint8_t *bytes, size_t len);
void __wrap_peer_send_rtp(struct peer *p, struct seal_stream *st, uint8_t *bytes, size_t len)
{
    const bool first = line.count == 0;
    (void)p;
    (void)st;
    assert_false(line.ended);
    assert_true(len > RTP_HEADER + VP8_HEADER && len + PROFILE_TRAILER_MAX <= PEER_PACKET);
    assert_int_equal(bytes[0], 0x80); // no extension was agreed on
    assert_true(first || rd16(bytes + 2) == (uint16_t)(line.seq + 1));
    assert_int_equal((bytes[RTP_HEADER] & 0x10) != 0, first); // VP8: a partition begins
    line.seq = rd16(bytes + 2);
    line.ended = bytes[1] & 0x80;
    line.count++;
    len -= RTP_HEADER + VP8_HEADER;
    assert_true(line.len + len <= FRAME_BYTES + STAMP_SIZE);
    memcpy(line.bytes + line.len, bytes + RTP_HEADER + VP8_HEADER, len);
    line.len += len;
}

static void a_keyframe_of_more_packets_than_a_byte_counts_is_whole(void **state)
{
    static struct core core;
    static struct sdp_remote remote;
    static struct peer peer;
    static struct sender s;
    struct clip *clip = &core.clips.screen;
    struct stamp stamp;
    (void)state;
    peer = (struct peer){.core = &core, .remote = &remote};
    core.random = 1;
    *clip = (struct clip){.interval_us = 200000, .count = 1, .len = FRAME_BYTES};
    clip->frame[0] = (struct clip_frame){.len = FRAME_BYTES};
    clip->bytes = malloc(FRAME_BYTES);
    line.bytes = malloc(FRAME_BYTES + STAMP_SIZE);
    assert_true(clip->bytes && line.bytes);
    for (size_t i = 0; i < FRAME_BYTES; i++)
        clip->bytes[i] = (uint8_t)(i * 2654435761u >> 13);

    assert_int_equal(sender_init(&s, &peer, SENDER_SCREEN, 1), 0);
    s.stopped = false;
    sender_start(&s, USEC_PER_SEC);
    for (usec_t now = s.next_at, last = s.next_at + 150 * USEC_PER_MS;
         now < last && !line.ended; now += USEC_PER_MS)
        (void)sender_tick(&s, now);

    assert_true(line.ended && line.count > 300 && line.count < PACKETS_MOST);
    assert_int_equal(line.len, FRAME_BYTES + STAMP_SIZE);
    assert_memory_equal(line.bytes, clip->bytes, FRAME_BYTES);
    assert_true(stamp_read(&stamp, line.bytes, line.len));
    assert_int_equal(stamp.layer, STAMP_SCREEN);
    sender_fini(&s);
    free(clip->bytes);
    free(line.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_keyframe_of_more_packets_than_a_byte_counts_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
