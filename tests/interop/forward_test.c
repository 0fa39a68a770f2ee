#include "call.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct peer_conf any = {0};

/** The viewer's packets of one payload type, sorted by their own (unwrapped) numbers. */
struct sorted {
    unsigned count;
    struct rtp_parts r[PEER_PACKETS];
};

static int by_seq(const void *a, const void *b)
{
    const struct rtp_parts *x = a, *y = b;
    return (int16_t)(x->seq - y->seq);
}

static struct sorted *sort_packets(const struct peer *viewer, uint8_t pt)
{
    struct sorted *s = calloc(1, sizeof *s);
    for (unsigned i = 0; i < viewer->rtp_count; i++) {
        assert_true(rtp_parts(&viewer->rtp[i], &s->r[s->count]));
        s->count += s->r[s->count].pt == pt && s->r[s->count].len > 0;
    }
    qsort(s->r, s->count, sizeof *s->r, by_seq);
    return s;
}

/** RFC 7741: does this packet begin a keyframe? */
static bool begins_keyframe(const struct rtp_parts *r)
{
    const uint8_t *p = r->payload;
    size_t at = 1;
    if (!(p[0] & 0x10))
        return false;
    if (p[0] & 0x80) {
        uint8_t more = p[1];
        at = 2;
        if (more & 0x80)
            at += p[2] & 0x80 ? 2 : 1;
        at += more >> 6 & 1;
        at += (more & 0x30) != 0;
    }
    return at < r->len && !(p[at] & 1);
}

/** Who begins with what is cached sees its frames fast: their times are squeezed, and the first
 * live one has its own again. */
static bool is_right_time(const struct rtp_parts *a, const struct rtp_parts *b, bool joiner)
{
    const uint32_t meant = (feed_frame(b) - feed_frame(a)) * FEED_VIDEO_STEP,
                   is = b->ts - a->ts;
    return is == meant || (joiner && meant > 0 && is > 0 && is < 4 * 90000);
}

static void check_video_of(struct sorted *s, bool joiner)
{
    assert_true(begins_keyframe(&s->r[0]));
    for (unsigned i = 1; i < s->count; i++) {
        const struct rtp_parts *a = &s->r[i - 1], *b = &s->r[i];
        assert_int_equal((uint16_t)(a->seq + 1), b->seq);
        assert_int_equal(feed_number(a) + 1, feed_number(b));
        assert_true(is_right_time(a, b, joiner));
        assert_int_equal(a->ssrc, b->ssrc);
        assert_int_equal(b->marker, feed_number(b) % FEED_FRAME_PACKETS == 2);
    }
}

static void check_video(struct sorted *s)
{
    check_video_of(s, false);
}

static void check_audio(struct sorted *s)
{
    for (unsigned i = 1; i < s->count; i++) {
        const struct rtp_parts *a = &s->r[i - 1], *b = &s->r[i];
        assert_int_equal((uint16_t)(a->seq + 1), b->seq);
        assert_int_equal(feed_number(a) + 1, feed_number(b));
        assert_int_equal(FEED_AUDIO_STEP, b->ts - a->ts);
    }
}

static void media_flows_whole_and_in_order(const struct peer_conf *publisher,
                                           const struct peer_conf *viewer)
{
    struct call c;
    call_start(&c, publisher, viewer);
    call_run(&c, 200); // past the wrap of both sequence numbers
    struct sorted *video = sort_packets(c.viewer, PT_VP8);
    struct sorted *audio = sort_packets(c.viewer, PT_OPUS);
    check_video(video);
    check_audio(audio);
    assert_true(audio->count > 100);
    assert_int_equal(0, c.viewer->rejected);
    assert_int_equal(0, c.publisher->rejected);
    free(video);
    free(audio);
    call_end(&c);
}

static void media_flows_with_aead_aes_128_gcm(void **state)
{
    (void)state;
    struct peer_conf conf = {.profiles = "SRTP_AEAD_AES_128_GCM"};
    media_flows_whole_and_in_order(&conf, &conf);
}

static void media_flows_with_aead_aes_256_gcm(void **state)
{
    (void)state;
    struct peer_conf conf = {.profiles = "SRTP_AEAD_AES_256_GCM"};
    media_flows_whole_and_in_order(&conf, &conf);
}

static void media_flows_with_aes_cm_128_hmac_sha1_80(void **state)
{
    (void)state;
    struct peer_conf conf = {.profiles = "SRTP_AES128_CM_SHA1_80"};
    media_flows_whole_and_in_order(&conf, &conf);
}

static void media_flows_between_two_profiles(void **state)
{
    (void)state;
    struct peer_conf gcm = {.profiles = "SRTP_AEAD_AES_128_GCM"};
    struct peer_conf cm = {.profiles = "SRTP_AES128_CM_SHA1_80"};
    media_flows_whole_and_in_order(&gcm, &cm);
}

static void the_server_begins_dtls_with_a_passive_peer(void **state)
{
    (void)state;
    struct peer_conf conf = {.passive = true};
    media_flows_whole_and_in_order(&conf, &conf);
}

static bool has_repaired(void *arg)
{
    struct call *c = arg;
    return c->feed.repairs > 0;
}

static void a_withheld_packet_is_asked_for_and_passed_on(void **state)
{
    (void)state;
    struct call c;
    call_start(&c, &any, &any);
    call_run(&c, 60);
    c.feed.withhold = c.feed.video_number + 4;
    assert_true(peer_wait(has_repaired, &c, 5000));
    call_run(&c, 60);
    assert_true(c.feed.nacks > 0);
    struct sorted *video = sort_packets(c.viewer, PT_VP8);
    check_video(video); // the gap is closed, under its own number
    free(video);
    call_end(&c);
}

/** A packet that the viewer pretends to have lost, and what it got for it. */
struct lost {
    struct call *call;
    struct rtp_parts packet;
    struct rtp_parts repair;
};

static bool repair_is_here(void *arg)
{
    struct lost *l = arg;
    const struct peer *v = l->call->viewer;
    for (unsigned i = 0; i < v->rtp_count; i++)
        if (rtp_parts(&v->rtp[i], &l->repair) && l->repair.pt == PT_RTX && l->repair.len > 2 &&
            rd16(l->repair.payload) == l->packet.seq)
            return true;
    return false;
}

static void a_viewers_nack_is_answered_by_rtx(void **state)
{
    (void)state;
    struct call c;
    call_start(&c, &any, &any);
    call_run(&c, 120);
    struct sorted *video = sort_packets(c.viewer, PT_VP8);
    struct lost l = {.call = &c, .packet = video->r[video->count - 10]};
    uint8_t nack[64];
    peer_send_rtcp(c.viewer, nack, rtcp_nack(nack, 1, l.packet.ssrc, l.packet.seq));
    assert_true(peer_wait(repair_is_here, &l, 3000));
    assert_int_equal(l.packet.len + 2, l.repair.len);
    assert_memory_equal(l.packet.payload, l.repair.payload + 2, l.packet.len);
    assert_int_equal(l.packet.ts, l.repair.ts);
    assert_int_equal(l.packet.marker, l.repair.marker);
    assert_int_not_equal(l.packet.ssrc, l.repair.ssrc);
    assert_int_equal(0, c.feed.repairs); // from the server's own cache
    free(video);
    call_end(&c);
}

static bool is_asked_again(void *arg)
{
    struct call *c = arg;
    return c->feed.plis >= c->wanted;
}

static void a_viewers_pli_reaches_the_publisher(void **state)
{
    (void)state;
    struct call c;
    uint8_t pli[64];
    call_start(&c, &any, &any);
    call_run(&c, 120);
    struct sorted *video = sort_packets(c.viewer, PT_VP8);
    c.wanted = c.feed.plis + 1;
    peer_send_rtcp(c.viewer, pli, rtcp_pli(pli, 1, video->r[0].ssrc));
    assert_true(peer_wait(is_asked_again, &c, 5000));
    free(video);
    call_end(&c);
}

static bool is_reported(void *arg)
{
    struct call *c = arg;
    return c->feed.reports > 1;
}

static void a_publisher_without_loss_hears_so(void **state)
{
    (void)state;
    struct call c;
    call_start(&c, &any, &any);
    call_run(&c, 60);
    assert_true(peer_wait(is_reported, &c, 10000));
    assert_int_equal(0, c.feed.last_lost);
    call_end(&c);
}

/** The sender reports of one SSRC. */
struct reports {
    uint32_t ssrc, rtp;
    uint64_t ntp;
    unsigned count;
};

static void find_report(const uint8_t *p, size_t len, void *arg)
{
    struct reports *r = arg;
    if (p[1] != 200 || len < 28 || rd32(p + 4) != r->ssrc)
        return;
    r->ntp = (uint64_t)rd32(p + 8) << 32 | rd32(p + 12);
    r->rtp = rd32(p + 16);
    r->count++;
}

static struct reports last_report(const struct peer *viewer, uint32_t ssrc)
{
    struct reports r = {.ssrc = ssrc};
    for (unsigned i = 0; i < viewer->rtcp_count; i++)
        rtcp_each(&viewer->rtcp[i], find_report, &r);
    return r;
}

/** The moment, in seconds of the report's clock, at which this packet was captured. */
static double moment(const struct reports *r, const struct rtp_parts *packet, double clock)
{
    return (double)r->ntp / 4294967296.0 + (int32_t)(packet->ts - r->rtp) / clock;
}

static bool both_are_reported(void *arg)
{
    struct call *c = arg;
    struct sorted *video = sort_packets(c->viewer, PT_VP8);
    struct sorted *audio = sort_packets(c->viewer, PT_OPUS);
    bool done = video->count && audio->count &&
                last_report(c->viewer, video->r[0].ssrc).count > 1 &&
                last_report(c->viewer, audio->r[0].ssrc).count > 1;
    free(video);
    free(audio);
    return done;
}

static void sender_reports_keep_voice_and_lips_together(void **state)
{
    (void)state;
    struct call c;
    call_start(&c, &any, &any);
    call_run(&c, 60);
    assert_true(peer_wait(both_are_reported, &c, 15000));
    struct sorted *video = sort_packets(c.viewer, PT_VP8);
    struct sorted *audio = sort_packets(c.viewer, PT_OPUS);
    const struct rtp_parts *picture = &video->r[video->count - 1];
    const struct rtp_parts *sound = &audio->r[audio->count - 1];
    struct reports v = last_report(c.viewer, picture->ssrc);
    struct reports a = last_report(c.viewer, sound->ssrc);
    // The feed sends a frame with every second packet of sound, each counted from 0 at one
    // moment.
    double apart = moment(&v, picture, 90000) - moment(&a, sound, 48000);
    double meant = feed_frame(picture) * 0.040 - feed_number(sound) * 0.020;
    assert_true(apart - meant < 0.002 && meant - apart < 0.002);
    free(video);
    free(audio);
    call_end(&c);
}

static bool has_left(void *arg)
{
    return ((struct peer *)arg)->failure != NULL;
}

static void a_second_viewer_comes_into_a_running_call(void **state)
{
    (void)state;
    struct call c;
    struct peer_conf play = {0};
    call_start(&c, &any, &any);
    call_run(&c, 60);
    struct peer *first = c.viewer;
    c.viewer = peer_open(c.whep, &play);
    assert_non_null(c.viewer);
    call_run(&c, 60);
    struct sorted *video = sort_packets(c.viewer, PT_VP8);
    check_video_of(video, true);
    assert_true(feed_frame(&video->r[video->count - 1]) > 10); // and has come to what is live
    assert_false(has_left(first));
    free(video);
    peer_close(first, true);
    call_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_flows_with_aead_aes_128_gcm),
        cmocka_unit_test(media_flows_with_aead_aes_256_gcm),
        cmocka_unit_test(media_flows_with_aes_cm_128_hmac_sha1_80),
        cmocka_unit_test(media_flows_between_two_profiles),
        cmocka_unit_test(the_server_begins_dtls_with_a_passive_peer),
        cmocka_unit_test(a_withheld_packet_is_asked_for_and_passed_on),
        cmocka_unit_test(a_viewers_nack_is_answered_by_rtx),
        cmocka_unit_test(a_viewers_pli_reaches_the_publisher),
        cmocka_unit_test(a_publisher_without_loss_hears_so),
        cmocka_unit_test(sender_reports_keep_voice_and_lips_together),
        cmocka_unit_test(a_second_viewer_comes_into_a_running_call),
    };
    const char *pattern = getenv("SALON_TEST_FILTER"); // with * and ?
    if (pattern && *pattern)
        cmocka_set_test_filter(pattern);
    return cmocka_run_group_tests_name("interop/forward", tests, NULL, NULL);
}
