#include "srtp/open.h"

#include "packets.h"
#include "srtp/warm.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t key[32] = {11, 22, 33}, salt[14] = {44, 55};

static struct seal_engine engine;

static int set_up(void **state)
{
    (void)state;
    return opener_setup() < 0 ? -1 : seal_engine_init(&engine, SEAL_OPENSSL);
}

static int tear_down(void **state)
{
    (void)state;
    seal_engine_fini(&engine);
    opener_teardown();
    return 0;
}

/** A browser's side of the link, and ours. */
struct link {
    srtp_t sender;
    struct opener opener;
    struct rng rng;
};

static void link_make(struct link *l, uint16_t profile)
{
    l->sender = other_sender(profile, key, salt);
    l->rng = (struct rng){5};
    assert_int_equal(0, opener_init(&l->opener, &engine, profile, key, salt));
}

static void link_free(struct link *l)
{
    srtp_dealloc(l->sender);
    opener_fini(&l->opener);
}

static size_t make_rtp(struct link *l, uint8_t *pkt, uint32_t ssrc, uint16_t seq)
{
    int len = (int)packet_make(&l->rng, pkt, ssrc, seq);
    assert_int_equal(srtp_err_status_ok, srtp_protect(l->sender, pkt, &len));
    return (size_t)len;
}

static size_t make_rtcp(struct link *l, uint8_t *pkt, uint32_t ssrc)
{
    int len = 32; // a receiver report with one block
    memset(pkt, 0, 32);
    pkt[0] = 0x81;
    pkt[1] = 201;
    wr16(pkt + 2, 7);
    wr32(pkt + 4, ssrc);
    assert_int_equal(srtp_err_status_ok, srtp_protect_rtcp(l->sender, pkt, &len));
    return (size_t)len;
}

/** libsrtp2 has a stream of its own for this SSRC. */
static bool has_stream(const struct opener *o, uint32_t ssrc)
{
    uint32_t roc = 0;
    return srtp_get_stream_roc(o->session, ssrc, &roc) == srtp_err_status_ok;
}

static void what_is_authentic_opens_once(void **state)
{
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        struct link l;
        link_make(&l, all_profiles[p]);
        uint8_t pkt[PACKET_ROOM], copy[PACKET_ROOM];
        for (uint16_t seq = 100; seq < 200; seq++) {
            size_t len = make_rtp(&l, pkt, 77, seq), again = len;
            memcpy(copy, pkt, len);
            assert_int_equal(DROP_NONE, opener_rtp(&l.opener, pkt, &len));
            assert_int_equal(again - profile_sizes(all_profiles[p]).tag, len);
            assert_int_equal(DROP_REPLAY, opener_rtp(&l.opener, copy, &again));

            len = again = make_rtcp(&l, pkt, 78);
            memcpy(copy, pkt, len);
            assert_int_equal(DROP_NONE, opener_rtcp(&l.opener, pkt, &len));
            assert_int_equal(32, len);
            assert_int_equal(DROP_REPLAY, opener_rtcp(&l.opener, copy, &again));
        }
        assert_int_equal(2, l.opener.count);
        link_free(&l);
    }
}

static void late_packets_open_within_the_window_only(void **state)
{
    (void)state;
    struct link l;
    link_make(&l, PROFILE_GCM128);
    static uint8_t pkt[1100][PACKET_ROOM];
    size_t len[1100];
    for (uint16_t i = 0; i < 1100; i++)
        len[i] = make_rtp(&l, pkt[i], 77, (uint16_t)(i + 1));
    assert_int_equal(DROP_NONE, opener_rtp(&l.opener, pkt[1099], &len[1099]));
    assert_int_equal(DROP_NONE, opener_rtp(&l.opener, pkt[100], &len[100]));
    assert_int_equal(DROP_REPLAY, opener_rtp(&l.opener, pkt[10], &len[10]));
    link_free(&l);
}

static void late_reports_open_within_the_window_only(void **state)
{
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        struct link l;
        link_make(&l, all_profiles[p]);
        static uint8_t pkt[200][PACKET_ROOM];
        uint8_t copy[PACKET_ROOM];
        size_t len[200];
        for (size_t i = 0; i < 200; i++)
            len[i] = make_rtcp(&l, pkt[i], 77);
        // The newest of a hundred, then all of them, newest first: a window of 64 is open.
        for (size_t i = 0; i < 100; i++) {
            size_t n = len[99 - i];
            memcpy(copy, pkt[99 - i], n);
            assert_int_equal(i < 64 ? DROP_NONE : DROP_REPLAY,
                             opener_rtcp(&l.opener, copy, &n));
            n = len[99 - i];
            memcpy(copy, pkt[99 - i], n);
            assert_int_equal(DROP_REPLAY, opener_rtcp(&l.opener, copy, &n));
        }
        size_t n = len[199]; // far ahead: nothing of before is within the window
        assert_int_equal(DROP_NONE, opener_rtcp(&l.opener, pkt[199], &n));
        n = len[136];
        memcpy(copy, pkt[136], n);
        assert_int_equal(DROP_NONE, opener_rtcp(&l.opener, copy, &n));
        n = len[135];
        assert_int_equal(DROP_REPLAY, opener_rtcp(&l.opener, pkt[135], &n));
        link_free(&l);
    }
}

/** RFC 3711 section 3.4: without the E flag a report is readable, and nobody agreed to that. */
static void a_report_in_the_clear_is_dropped(void **state)
{
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        struct link l;
        link_make(&l, all_profiles[p]);
        uint8_t pkt[PACKET_ROOM];
        size_t len = make_rtcp(&l, pkt, 77);
        pkt[len - (p == 0 ? 14 : 4)] &= 0x7f;
        assert_int_equal(DROP_AUTH, opener_rtcp(&l.opener, pkt, &len));
        link_free(&l);
    }
}

/** Reports of many sizes, from peers in turn: their keys are not mixed up. */
static void peers_share_ciphers_and_not_keys(void **state)
{
    (void)state;
    struct link l[6];
    for (size_t i = 0; i < 6; i++) {
        uint8_t own[32];
        memcpy(own, key, sizeof(own));
        own[5] = (uint8_t)i;
        l[i].sender = other_sender(all_profiles[i % 3], own, salt);
        assert_int_equal(0, opener_init(&l[i].opener, &engine, all_profiles[i % 3], own, salt));
    }
    struct rng rng = {9};
    for (uint32_t n = 0; n < 600; n++) {
        struct link *from = &l[n % 6], *to = &l[n % 7 == 6 ? (n + 1) % 6 : n % 6];
        uint8_t clear[1000] = {0}, pkt[PACKET_ROOM];
        int len = (int)(8 + 4 * rng_below(&rng, 240));
        rng_fill(&rng, clear, (size_t)len);
        clear[0] = 0x80;
        clear[1] = 205;
        wr32(clear + 4, 5);
        const size_t size = (size_t)len;
        memcpy(pkt, clear, size);
        assert_int_equal(srtp_err_status_ok, srtp_protect_rtcp(from->sender, pkt, &len));
        size_t got = (size_t)len;
        const enum drop why = opener_rtcp(&to->opener, pkt, &got);
        if (from != to) {
            assert_int_not_equal(DROP_NONE, why);
            continue;
        }
        assert_int_equal(DROP_NONE, why);
        assert_int_equal(size, got);
        assert_memory_equal(clear, pkt, size);
    }
    for (size_t i = 0; i < 6; i++) {
        assert_null(l[i].opener.session); // nobody has sent media: none is paid for
        link_free(&l[i]);
    }
}

static void any_flipped_bit_is_noticed(void **state)
{
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        struct link l;
        link_make(&l, all_profiles[p]);
        uint8_t rtp[PACKET_ROOM], rtcp[PACKET_ROOM], copy[PACKET_ROOM];
        size_t rtp_len = make_rtp(&l, rtp, 77, 1);
        while (rtp_len > 200) // a short one will do
            rtp_len = make_rtp(&l, rtp, 77, (uint16_t)(rd16(rtp + 2) + 1));
        size_t rtcp_len = make_rtcp(&l, rtcp, 77);
        for (size_t bit = 0; bit < rtp_len * 8; bit++) {
            size_t n = rtp_len;
            memcpy(copy, rtp, n);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(DROP_NONE, opener_rtp(&l.opener, copy, &n));
        }
        for (size_t bit = 0; bit < rtcp_len * 8; bit++) {
            size_t n = rtcp_len;
            memcpy(copy, rtcp, n);
            copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(DROP_NONE, opener_rtcp(&l.opener, copy, &n));
        }
        assert_int_equal(0, l.opener.count);
        assert_false(has_stream(&l.opener, 77));
        assert_int_equal(DROP_NONE, opener_rtp(&l.opener, rtp, &rtp_len));
        assert_int_equal(DROP_NONE, opener_rtcp(&l.opener, rtcp, &rtcp_len));
        assert_true(has_stream(&l.opener, 77));
        link_free(&l);
    }
}

static void cut_packets_are_dropped_at_every_length(void **state)
{
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        struct link l;
        link_make(&l, all_profiles[p]);
        uint8_t pkt[PACKET_ROOM];
        for (int rtcp = 0; rtcp < 2; rtcp++) {
            const size_t len = rtcp ? make_rtcp(&l, pkt, 77) : make_rtp(&l, pkt, 77, 5);
            for (size_t cut = 0; cut < len; cut++) {
                uint8_t *copy =
                    malloc(cut ? cut : 1); // exact, so that ASan sees a byte too far
                memcpy(copy, pkt, cut);
                size_t n = cut;
                const enum drop why =
                    rtcp ? opener_rtcp(&l.opener, copy, &n) : opener_rtp(&l.opener, copy, &n);
                assert_int_not_equal(DROP_NONE, why);
                if (cut < 8)
                    assert_int_equal(DROP_SHORT, why);
                assert_int_equal(cut, n);
                free(copy);
            }
        }
        link_free(&l);
    }
}

static void a_stranger_makes_no_streams(void **state)
{
    (void)state;
    struct link l;
    link_make(&l, PROFILE_GCM128);
    for (uint32_t ssrc = 1; ssrc < 2000; ssrc++) {
        uint8_t noise[200];
        size_t n = sizeof(noise);
        rng_fill(&l.rng, noise, n);
        noise[0] = 0x80;
        wr32(noise + (ssrc % 2 ? 8 : 4), ssrc);
        assert_int_equal(DROP_AUTH, ssrc % 2 ? opener_rtp(&l.opener, noise, &n)
                                             : opener_rtcp(&l.opener, noise, &n));
        assert_false(has_stream(&l.opener, ssrc));
    }
    assert_int_equal(0, l.opener.count);
    link_free(&l);
}

static void a_peer_has_a_bounded_number_of_streams_and_keeps_them(void **state)
{
    (void)state;
    struct link l;
    link_make(&l, PROFILE_CM80);
    uint8_t pkt[PACKET_ROOM];
    size_t len;
    for (uint32_t ssrc = 1; ssrc <= OPENER_MAX_STREAMS; ssrc++) {
        len = ssrc % 2 ? make_rtp(&l, pkt, ssrc, 1) : make_rtcp(&l, pkt, ssrc);
        assert_int_equal(DROP_NONE, ssrc % 2 ? opener_rtp(&l.opener, pkt, &len)
                                             : opener_rtcp(&l.opener, pkt, &len));
    }
    len = make_rtp(&l, pkt, 1000, 1);
    assert_int_equal(DROP_UNKNOWN_SSRC, opener_rtp(&l.opener, pkt, &len));
    len = make_rtcp(&l, pkt, 1000);
    assert_int_equal(DROP_UNKNOWN_SSRC, opener_rtcp(&l.opener, pkt, &len));
    assert_false(has_stream(&l.opener, 1000));
    len = make_rtp(&l, pkt, 3, 2);
    assert_int_equal(DROP_NONE, opener_rtp(&l.opener, pkt, &len)); // those that are in go on
    len = make_rtp(&l, pkt, OPENER_MAX_STREAMS - 1, 2);
    assert_int_equal(DROP_NONE, opener_rtp(&l.opener, pkt, &len));
    assert_int_equal(OPENER_MAX_STREAMS, l.opener.count);
    link_free(&l);
}

static void another_key_opens_nothing(void **state)
{
    (void)state;
    for (size_t p = 0; p < 3; p++) {
        struct link l;
        link_make(&l, all_profiles[p]);
        opener_fini(&l.opener);
        uint8_t other[32];
        memcpy(other, key, sizeof(other));
        other[0] ^= 1;
        assert_int_equal(0, opener_init(&l.opener, &engine, all_profiles[p], other, salt));
        uint8_t pkt[PACKET_ROOM];
        size_t len = make_rtp(&l, pkt, 77, 1);
        assert_int_equal(DROP_AUTH, opener_rtp(&l.opener, pkt, &len));
        len = make_rtcp(&l, pkt, 77);
        assert_int_equal(DROP_AUTH, opener_rtcp(&l.opener, pkt, &len));
        link_free(&l);
    }
}

static void unknown_profiles_are_refused(void **state)
{
    (void)state;
    struct opener o;
    assert_int_equal(-EINVAL, opener_init(&o, &engine, 5, key, salt));
    opener_fini(&o);
}

/** What a worker must have used before it can load nothing any more: a session of each. */
static void warming_up_makes_a_session_of_each_profile(void **state)
{
    (void)state;
    struct warm w;
    assert_int_equal(0, warm_init(&w, &engine));
    for (unsigned i = 0; i < WARM_PROFILES; i++)
        assert_non_null(w.opener[i].session);
    warm_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warming_up_makes_a_session_of_each_profile),
        cmocka_unit_test(what_is_authentic_opens_once),
        cmocka_unit_test(late_packets_open_within_the_window_only),
        cmocka_unit_test(late_reports_open_within_the_window_only),
        cmocka_unit_test(a_report_in_the_clear_is_dropped),
        cmocka_unit_test(peers_share_ciphers_and_not_keys),
        cmocka_unit_test(any_flipped_bit_is_noticed),
        cmocka_unit_test(cut_packets_are_dropped_at_every_length),
        cmocka_unit_test(a_stranger_makes_no_streams),
        cmocka_unit_test(a_peer_has_a_bounded_number_of_streams_and_keeps_them),
        cmocka_unit_test(another_key_opens_nothing),
        cmocka_unit_test(unknown_profiles_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
