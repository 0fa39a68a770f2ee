/**
 * What strangers and a broken client may send while a call goes on: it is dropped and counted,
 * and the call notices nothing.
 */
#include "call.h"
#include "http.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stun/stunagent.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define MANY 500

static const struct peer_conf any = {0};

/** The server's count of dropped packets, by reason. */
static double dropped(const char *reason)
{
    char label[64];
    snprintf(label, sizeof label, "reason=\"%s\"", reason);
    double n = http_metric("salon_packets_dropped_total", label);
    assert_true(n >= 0);
    return n;
}

struct rise {
    const char *reason;
    double from;
};

static bool has_risen(void *arg)
{
    struct rise *r = arg;
    return dropped(r->reason) > r->from;
}

static void check_rise(const char *reason, double from)
{
    struct rise r = {reason, from};
    if (!peer_wait(has_risen, &r, 5000))
        fail_msg("no packet was counted as dropped for \"%s\"", reason);
}

/** A socket that ICE knows nothing of, connected to the server's. */
static int stranger(const struct call *c)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(0, connect(fd, (const struct sockaddr *)&c->publisher->server,
                                sizeof c->publisher->server));
    return fd;
}

/** The call goes on: everything sent since arrives, in the profile's own numbers, unbroken. */
static void check_call(struct call *c)
{
    struct rtp_parts r;
    uint32_t last = UINT32_MAX;
    unsigned from = c->viewer->rtp_count;
    call_run(c, 90);
    for (unsigned i = from; i < c->viewer->rtp_count; i++) {
        assert_true(rtp_parts(&c->viewer->rtp[i], &r));
        if (r.pt != PT_VP8 || r.len == 0)
            continue;
        if (last != UINT32_MAX)
            assert_int_equal(last + 1, feed_number(&r));
        last = feed_number(&r);
    }
    assert_int_equal(0, c->viewer->rejected);
    assert_null(c->viewer->failure);
    assert_null(c->publisher->failure);
}

static void begin(struct call *c)
{
    call_start(c, &any, &any);
    call_run(c, 60);
}

static void garbage_is_dropped(void **state)
{
    (void)state;
    struct call c;
    begin(&c);
    double from = dropped("unknown_peer");
    int fd = stranger(&c);
    GRand *rand = g_rand_new_with_seed(7);
    for (int i = 0; i < MANY; i++) {
        uint8_t bytes[1472];
        size_t len = (size_t)g_rand_int_range(rand, 0, sizeof bytes);
        for (size_t at = 0; at < len; at++)
            bytes[at] = (uint8_t)g_rand_int(rand);
        send(fd, bytes, len, 0);
        peer_send_raw(c.publisher, bytes, len); // from an address that the server trusts
    }
    g_rand_free(rand);
    close(fd);
    check_call(&c);
    check_rise("unknown_peer", from);
    call_end(&c);
}

/** A binding request with a user name that exists and a MESSAGE-INTEGRITY made with `password`.
 */
static size_t binding_request(const struct call *c, const char *password, uint8_t *out)
{
    static const uint16_t none[] = {0};
    char local[257], user[520];
    gchar *ufrag, *pwd;
    StunAgent agent;
    StunMessage m;
    peer_sdp_attr(c->publisher->answer, "ice-ufrag", local, sizeof local);
    nice_agent_get_local_credentials(c->publisher->agent, c->publisher->stream, &ufrag, &pwd);
    snprintf(user, sizeof user, "%s:%s", local, ufrag);
    g_free(ufrag);
    g_free(pwd);
    stun_agent_init(&agent, none, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    stun_agent_init_request(&agent, &m, out, 512, STUN_BINDING);
    stun_message_append_string(&m, STUN_ATTRIBUTE_USERNAME, user);
    stun_message_append32(&m, STUN_ATTRIBUTE_PRIORITY, 1);
    stun_message_append64(&m, STUN_ATTRIBUTE_ICE_CONTROLLING, 1);
    stun_message_append_flag(&m, STUN_ATTRIBUTE_USE_CANDIDATE);
    return stun_agent_finish_message(&agent, &m, (const uint8_t *)password, strlen(password));
}

static void a_check_with_a_wrong_password_moves_nobody(void **state)
{
    (void)state;
    struct call c;
    begin(&c);
    double from = dropped("auth");
    int fd = stranger(&c);
    for (int i = 0; i < MANY; i++) {
        uint8_t check[512];
        size_t len = binding_request(&c, "not the password at all", check);
        assert_true(len > 0);
        assert_int_equal((ssize_t)len, send(fd, check, len, 0));
    }
    check_call(&c);
    check_rise("auth", from);
    // Media that came to the stranger would mean that the server followed the forged check. A
    // STUN error is the one answer it may give.
    uint8_t got[1500];
    ssize_t n;
    while ((n = recv(fd, got, sizeof got, MSG_DONTWAIT)) >= 0)
        assert_true(n >= 20 && got[0] < 4);
    close(fd);
    call_end(&c);
}

static void dtls_from_an_unknown_address_is_dropped(void **state)
{
    (void)state;
    struct call c;
    begin(&c);
    double from = dropped("unknown_peer");
    int fd = stranger(&c);
    SSL_CTX *ctx = SSL_CTX_new(DTLS_method());
    SSL *ssl = SSL_new(ctx);
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, in, out);
    SSL_set_connect_state(ssl);
    SSL_do_handshake(ssl);
    uint8_t hello[2048], got[1500];
    int len = BIO_read(out, hello, sizeof hello);
    assert_true(len > 0);
    for (int i = 0; i < MANY; i++)
        send(fd, hello, (size_t)len, 0);
    check_call(&c);
    check_rise("unknown_peer", from);
    assert_true(recv(fd, got, sizeof got, MSG_DONTWAIT) < 0); // and no answer to amplify it
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    call_end(&c);
}

static void forged_dtls_from_a_known_address_does_not_end_the_call(void **state)
{
    (void)state;
    struct call c;
    begin(&c);
    // An unauthenticated alert (close_notify, fatal) and records with false lengths
    const uint8_t alert[] = {21, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 9, 0, 2, 2, 0};
    const uint8_t cut[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 9, 0xff, 0xff, 1, 0};
    for (int i = 0; i < 50; i++) {
        peer_send_raw(c.publisher, alert, sizeof alert);
        peer_send_raw(c.viewer, alert, sizeof alert);
        peer_send_raw(c.publisher, cut, sizeof cut);
    }
    check_call(&c);
    call_end(&c);
}

/** A packet of the feed as it lies in its ring, `back` from the newest. */
static const struct peer_packet *recent(const struct call *c, uint32_t back)
{
    return &c->feed.kept[(c->feed.video_number - back) % FEED_KEPT];
}

static void srtp_with_a_wrong_tag_is_dropped(void **state)
{
    (void)state;
    struct call c;
    begin(&c);
    double from = dropped("auth");
    const struct peer_packet *k = recent(&c, 1);
    uint8_t out[PEER_MTU];
    for (int i = 0; i < MANY; i++) {
        size_t len = peer_protect(c.publisher, k->data, k->len, out);
        wr16(out + 2, (uint16_t)(rd16(out + 2) + 1000 + i)); // as if far ahead
        out[len - 1] ^= 1;
        peer_send_raw(c.publisher, out, len);
    }
    check_call(&c);
    check_rise("auth", from);
    call_end(&c);
}

static void replayed_srtp_is_dropped(void **state)
{
    (void)state;
    struct call c;
    begin(&c);
    double from = dropped("replay");
    const struct peer_packet *k = recent(&c, 3);
    uint8_t out[PEER_MTU];
    size_t len = peer_protect(c.publisher, k->data, k->len, out); // the same bytes again
    for (int i = 0; i < MANY; i++)
        peer_send_raw(c.publisher, out, len);
    check_call(&c);
    check_rise("replay", from);
    call_end(&c);
}

static void truncated_srtp_is_dropped(void **state)
{
    (void)state;
    struct call c;
    begin(&c);
    const struct peer_packet *k = recent(&c, 1);
    uint8_t out[PEER_MTU];
    size_t len = peer_protect(c.publisher, k->data, k->len, out);
    for (size_t n = 0; n < len; n += n < 64 ? 1 : 50)
        peer_send_raw(c.publisher, out, n);
    out[0] = 0x9f; // fifteen CSRCs and an extension that are not there
    for (size_t n = 12; n < 90; n++)
        peer_send_raw(c.publisher, out, n);
    check_call(&c);
    call_end(&c);
}

static void rtcp_with_false_lengths_is_dropped(void **state)
{
    (void)state;
    struct call c;
    begin(&c);
    double from = dropped("malformed") + dropped("short");
    for (unsigned type = 192; type <= 223; type++)
        for (unsigned kind = 0; kind < 32; kind++) {
            // Authentic, and each claims more than is there: in its length, or its counts.
            uint8_t p[16] = {(uint8_t)(0x80 | kind), (uint8_t)type, 0, 3};
            wr32(p + 4, SSRC_VIDEO);
            wr32(p + 8, SSRC_VIDEO);
            wr32(p + 12, 0xffffffff);
            if (type == 203) // RFC 3550 section 6.6: an honest BYE would end the stream
                p[0] = 0x9f;
            peer_send_rtcp(c.publisher, p, sizeof p);
            wr16(p + 2, 0xffff);
            peer_send_rtcp(c.publisher, p, sizeof p);
            peer_send_rtcp(c.viewer, p, sizeof p);
            peer_send_rtcp(c.viewer, p, 8);
        }
    check_call(&c);
    struct rise r = {"malformed", from - dropped("short")};
    assert_true(peer_wait(has_risen, &r, 5000));
    call_end(&c);
}

/** Packets that were refused because their stream is none of the publisher's. */
static double stray(void)
{
    return dropped("unknown_ssrc") + dropped("unknown_pt") + dropped("limit");
}

static bool has_more_stray(void *from)
{
    return stray() > *(double *)from;
}

static void a_flood_of_ssrcs_does_not_end_the_call(void **state)
{
    (void)state;
    struct call c;
    begin(&c);
    double from = stray();
    const struct peer_packet *k = recent(&c, 1);
    uint8_t p[PEER_MTU];
    memcpy(p, k->data, k->len);
    for (uint32_t i = 0; i < MANY; i++) {
        wr32(p + 8, 0x70000000 + i);
        p[1] = (uint8_t)(i & 127); // any payload type
        peer_send_rtp(c.publisher, p, k->len);
    }
    check_call(&c);
    assert_true(
        peer_wait(has_more_stray, &from, 5000)); // workers tell their counts once a second
    call_end(&c);
}

static void a_false_offer_is_refused_with_its_line(void **state)
{
    (void)state;
    char whip[512], whep[512];
    struct http_reply r;
    http_new_room(whip, whep, sizeof whip);
#define SESSION "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define UNSAFE  "a=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=rtcp-mux\r\n"
    const char *const offers[] = {"", "v=0\r\n", "not SDP", (SESSION "m=audio\r\n"),
                                  (SESSION UNSAFE)};
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        assert_int_equal(0, http_request("POST", whip, "application/sdp", offers[i], NULL, &r));
        assert_true(r.status >= 400 && r.status < 500);
        assert_non_null(strstr(r.body, "\"type\"")); // a problem, RFC 9457
        http_reply_fini(&r);
    }
    char *big = malloc((1 << 20) + 1);
    memset(big, 'a', 1 << 20);
    big[1 << 20] = '\0';
    assert_int_equal(0, http_request("POST", whip, "application/sdp", big, NULL, &r));
    assert_int_equal(413, r.status);
    http_reply_fini(&r);
    free(big);
    assert_int_equal(0, http_request("POST", whip, "text/plain", "v=0\r\n", NULL, &r));
    assert_int_equal(415, r.status);
    http_reply_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(garbage_is_dropped),
        cmocka_unit_test(a_check_with_a_wrong_password_moves_nobody),
        cmocka_unit_test(dtls_from_an_unknown_address_is_dropped),
        cmocka_unit_test(forged_dtls_from_a_known_address_does_not_end_the_call),
        cmocka_unit_test(srtp_with_a_wrong_tag_is_dropped),
        cmocka_unit_test(replayed_srtp_is_dropped),
        cmocka_unit_test(truncated_srtp_is_dropped),
        cmocka_unit_test(rtcp_with_false_lengths_is_dropped),
        cmocka_unit_test(a_flood_of_ssrcs_does_not_end_the_call),
        cmocka_unit_test(a_false_offer_is_refused_with_its_line),
    };
    const char *pattern = getenv("SALON_TEST_FILTER"); // with * and ?
    if (pattern && *pattern)
        cmocka_set_test_filter(pattern);
    return cmocka_run_group_tests_name("interop/hostile", tests, NULL, NULL);
}
