#include "dtls/dtls.h"

#include "sim.h"

#include "base/bytes.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static int make(void **state)
{
    struct sim *s = calloc(1, sizeof(*s));
    if (!s || dtls_ctx_init(&s->ctx[SERVER]) || dtls_ctx_init(&s->ctx[CLIENT]))
        return -1;
    *state = s;
    return 0;
}

static int unmake(void **state)
{
    struct sim *s = *state;
    dtls_ctx_fini(&s->ctx[SERVER]);
    dtls_ctx_fini(&s->ctx[CLIENT]);
    free(s);
    return 0;
}

static void shake_hands(struct sim *s, uint32_t seed)
{
    sim_open(s, seed);
    sim_trust(s);
    dtls_start(&s->d[SERVER], 0);
    dtls_start(&s->d[CLIENT], 0);
    sim_run(s);
}

static void assert_up(const struct sim *s)
{
    assert_int_equal(DTLS_UP, s->d[SERVER].state);
    assert_int_equal(DTLS_UP, s->d[CLIENT].state);
}

static void assert_same_keys(const struct sim *s, uint16_t profile)
{
    struct dtls_keys server, client;
    assert_int_equal(0, dtls_export(&s->d[SERVER], &server));
    assert_int_equal(0, dtls_export(&s->d[CLIENT], &client));
    assert_int_equal(profile, server.profile);
    assert_int_equal(profile, client.profile);
    assert_int_equal(profile == 8 ? 32 : 16, server.key_len);
    assert_int_equal(profile == 1 ? 14 : 12, server.salt_len);
    assert_memory_equal(&server.ours, &client.theirs, sizeof(struct dtls_key));
    assert_memory_equal(&server.theirs, &client.ours, sizeof(struct dtls_key));
    assert_memory_not_equal(&server.ours, &server.theirs, sizeof(struct dtls_key));
    dtls_keys_wipe(&server);
    assert_int_equal(0, server.profile);
}

static void a_handshake_gives_both_sides_the_same_keys(void **state)
{
    struct sim *s = *state;
    shake_hands(s, 1);
    assert_up(s);
    assert_same_keys(s, 7); // AEAD_AES_128_GCM is the first choice
    assert_int_equal(1, SSL_get_extms_support(s->d[SERVER].ssl));
    assert_true(s->largest <= DTLS_MTU);
    assert_true(s->sent <= 5); // a flight of several records is one datagram, or two
    assert_int_equal(USEC_NEVER, dtls_deadline(&s->d[SERVER]));
    assert_null(s->d[SERVER].out.bytes);
    sim_close(s);
}

static void every_profile_can_be_agreed(void **state)
{
    struct sim *s = *state;
    const struct {
        const char *name;
        uint16_t profile;
    } cases[] = {{"SRTP_AES128_CM_SHA1_80", 1},
                 {"SRTP_AEAD_AES_128_GCM", 7},
                 {"SRTP_AEAD_AES_256_GCM", 8},
                 // Chromium's order: the server's own preference decides.
                 {"SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM", 7}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        sim_open(s, 1);
        sim_trust(s);
        assert_int_equal(0, SSL_set_tlsext_use_srtp(s->d[CLIENT].ssl, cases[i].name));
        dtls_start(&s->d[CLIENT], 0);
        sim_run(s);
        assert_up(s);
        assert_same_keys(s, cases[i].profile);
        sim_close(s);
    }
}

static void no_common_profile_fails(void **state)
{
    struct sim *s = *state;
    sim_open(s, 1);
    sim_trust(s);
    SSL_set_tlsext_use_srtp(s->d[CLIENT].ssl, "SRTP_AES128_CM_SHA1_32");
    dtls_start(&s->d[CLIENT], 0);
    sim_run(s);
    assert_int_equal(DTLS_FAILED, s->d[SERVER].state);
    assert_int_equal(DTLS_FAIL_NO_PROFILE, s->d[SERVER].failure);
    sim_close(s);
}

static void a_handshake_survives_loss_duplicates_and_disorder(void **state)
{
    struct sim *s = *state;
    s->loss = 25;
    s->duplicate = 20;
    for (uint32_t seed = 1; seed <= 60; seed++) {
        shake_hands(s, seed);
        assert_up(s);
        assert_same_keys(s, 7);
        assert_true(s->now < 30 * USEC_PER_SEC);
        sim_close(s);
    }
    s->loss = s->duplicate = 0;
}

static void a_client_hello_in_fragments_is_understood(void **state)
{
    struct sim *s = *state;
    for (uint32_t seed = 1; seed <= 10; seed++) {
        sim_open(s, seed);
        sim_trust(s);
        // What a post-quantum key share does in browsers: more than one datagram of
        // ClientHello.
        uint8_t protocols[1800];
        for (size_t i = 0; i < sizeof(protocols); i += 200) {
            memset(protocols + i, 'a', 200);
            protocols[i] = 199;
        }
        assert_int_equal(0,
                         SSL_set_alpn_protos(s->d[CLIENT].ssl, protocols, sizeof(protocols)));
        dtls_start(&s->d[CLIENT], 0);
        sim_collect(s);
        assert_int_equal(2, s->sent);
        assert_true(s->largest <= DTLS_MTU);
        sim_run(s); // the link reorders them
        assert_up(s);
        sim_close(s);
    }
}

static void another_certificate_than_the_agreed_one_fails(void **state)
{
    struct sim *s = *state;
    for (int side = 0; side < 2; side++) {
        sim_open(s, 1);
        sim_trust(s);
        uint8_t hash[64];
        const size_t len = sim_fingerprint(s->ctx[!side].fingerprint, hash);
        hash[31] ^= 1;
        assert_int_equal(0, dtls_verify_fingerprint(&s->d[side], "sha-256", hash, len));
        dtls_start(&s->d[CLIENT], 0);
        sim_run(s);
        assert_int_equal(DTLS_FAILED, s->d[side].state);
        assert_int_equal(DTLS_FAIL_FINGERPRINT, s->d[side].failure);
        struct dtls_keys keys;
        assert_int_equal(-EAGAIN, dtls_export(&s->d[side], &keys));
        sim_close(s);
    }
}

static void without_a_fingerprint_nothing_is_up_and_one_in_time_makes_it_so(void **state)
{
    struct sim *s = *state;
    sim_open(s, 1);
    dtls_start(&s->d[CLIENT], 0);
    while (!SSL_is_init_finished(s->d[CLIENT].ssl) || !SSL_is_init_finished(s->d[SERVER].ssl))
        assert_true(sim_step(s));
    assert_int_equal(DTLS_CONNECTING, s->d[SERVER].state);
    assert_int_equal(DTLS_CONNECTING, s->d[CLIENT].state);
    const uint8_t hello[] = "hello";
    assert_int_equal(-EAGAIN, dtls_write(&s->d[SERVER], hello, sizeof(hello)));
    struct dtls_keys keys;
    assert_int_equal(-EAGAIN, dtls_export(&s->d[SERVER], &keys));

    sim_trust(s);
    assert_up(s);
    uint8_t hash[64] = {0};
    assert_int_equal(-EACCES, dtls_verify_fingerprint(&s->d[SERVER], "SHA-256", hash, 32));
    assert_int_equal(DTLS_FAILED, s->d[SERVER].state);
    sim_close(s);
}

static void what_is_said_before_the_certificate_is_known_is_not_heard(void **state)
{
    struct sim *s = *state;
    sim_open(s, 1);
    uint8_t hash[64], got[64];
    const size_t len = sim_fingerprint(s->ctx[SERVER].fingerprint, hash);
    dtls_verify_fingerprint(&s->d[CLIENT], "sha-256", hash, len);
    dtls_start(&s->d[CLIENT], 0);
    while (s->d[CLIENT].state != DTLS_UP)
        assert_true(sim_step(s));
    const uint8_t early[] = "early";
    assert_int_equal(0, dtls_write(&s->d[CLIENT], early, sizeof(early)));
    sim_collect(s);
    while (s->on_way)
        assert_true(sim_step(s));
    sim_trust(s);
    assert_up(s);
    assert_int_equal(0, dtls_read(&s->d[SERVER], got, sizeof(got)));
    assert_int_equal(0, dtls_write(&s->d[CLIENT], early, sizeof(early)));
    sim_run(s);
    assert_int_equal(sizeof(early), dtls_read(&s->d[SERVER], got, sizeof(got)));
    sim_close(s);
}

static void without_a_fingerprint_it_times_out(void **state)
{
    struct sim *s = *state;
    sim_open(s, 1);
    dtls_start(&s->d[CLIENT], 0);
    sim_run(s);
    assert_int_equal(DTLS_FAIL_TIMEOUT, s->d[SERVER].failure);
    assert_int_equal(DTLS_FAIL_TIMEOUT, s->d[CLIENT].failure);
    sim_close(s);
}

static void weak_unknown_and_cut_hashes_are_refused(void **state)
{
    struct sim *s = *state;
    sim_open(s, 1);
    const uint8_t hash[64] = {0};
    assert_int_equal(-EINVAL, dtls_verify_fingerprint(&s->d[SERVER], "sha-1", hash, 20));
    assert_int_equal(-EINVAL, dtls_verify_fingerprint(&s->d[SERVER], "md5", hash, 16));
    assert_int_equal(-EINVAL, dtls_verify_fingerprint(&s->d[SERVER], "", hash, 0));
    assert_int_equal(-EINVAL, dtls_verify_fingerprint(&s->d[SERVER], "sha-256", hash, 31));
    assert_int_equal(-EINVAL, dtls_verify_fingerprint(&s->d[SERVER], "sha-256", hash, 64));
    assert_int_equal(0, s->d[SERVER].expect_len);
    assert_int_equal(0, dtls_verify_fingerprint(&s->d[SERVER], "sha-512", hash, 64));
    sim_close(s);
}

static void sha_384_and_512_are_fingerprints_too(void **state)
{
    struct sim *s = *state;
    const struct {
        const char *name;
        const EVP_MD *md;
    } hashes[] = {{"sha-384", EVP_sha384()}, {"sha-512", EVP_sha512()}};
    for (size_t i = 0; i < 2; i++) {
        uint8_t hash[64];
        unsigned len = 0;
        X509_digest(SSL_CTX_get0_certificate(s->ctx[CLIENT].ssl_ctx), hashes[i].md, hash, &len);
        sim_open(s, 1);
        sim_trust(s);
        assert_int_equal(0, dtls_verify_fingerprint(&s->d[SERVER], hashes[i].name, hash, len));
        dtls_start(&s->d[CLIENT], 0);
        sim_run(s);
        assert_up(s);
        sim_close(s);
    }
}

static void retransmissions_come_by_our_clock_and_end(void **state)
{
    struct sim *s = *state;
    s->loss = 100;
    shake_hands(s, 1);
    s->loss = 0;
    assert_int_equal(DTLS_FAILED, s->d[CLIENT].state);
    assert_int_equal(DTLS_FAIL_TIMEOUT, s->d[CLIENT].failure);
    assert_int_equal(DTLS_FAIL_TIMEOUT, s->d[SERVER].failure); // waits for 30 s, in vain
    assert_true(s->now <= 30 * USEC_PER_SEC);
    assert_true(s->sent > 8);
    const usec_t expect[] = {0, 100, 300, 700, 1500, 3100, 6100, 9100};
    for (size_t i = 0; i < sizeof(expect) / sizeof(expect[0]); i++)
        assert_int_equal(expect[i] * USEC_PER_MS, s->first_at[i]);
    sim_close(s);
}

static void application_datagrams_keep_their_boundaries(void **state)
{
    struct sim *s = *state;
    shake_hands(s, 1);
    uint8_t text[DTLS_WRITE_MAX + 1], got[2048];
    memset(text, 'x', sizeof(text));
    s->largest = 0;
    for (size_t len = 1; len <= DTLS_WRITE_MAX; len += 23) {
        text[0] = (uint8_t)len;
        assert_int_equal(0, dtls_write(&s->d[SERVER], text, len));
        assert_int_equal(0, dtls_write(&s->d[CLIENT], text, len));
        assert_int_equal(0, dtls_write(&s->d[CLIENT], text, 5));
        const size_t before = s->on_way;
        sim_collect(s);
        assert_int_equal(before + 3, s->on_way); // one datagram each
        for (size_t i = before; i < s->on_way; i++)
            assert_int_equal(DROP_NONE,
                             sim_give(s, s->net[i].to, s->net[i].bytes, s->net[i].len));
        s->on_way = 0;
        assert_int_equal(len, dtls_read(&s->d[CLIENT], got, sizeof(got)));
        assert_memory_equal(text, got, len);
        assert_int_equal(len, dtls_read(&s->d[SERVER], got, sizeof(got)));
        assert_int_equal(5, dtls_read(&s->d[SERVER], got, sizeof(got)));
        assert_int_equal(0, dtls_read(&s->d[SERVER], got, sizeof(got)));
    }
    assert_int_equal(0, dtls_write(&s->d[SERVER], text, DTLS_WRITE_MAX));
    sim_collect(s);
    assert_true(s->largest <= DTLS_MTU);
    assert_int_equal(-EMSGSIZE, dtls_write(&s->d[SERVER], text, DTLS_WRITE_MAX + 1));
    assert_int_equal(-EMSGSIZE, dtls_write(&s->d[SERVER], text, 0));
    sim_close(s);
}

static void a_reader_who_does_not_read_bounds_the_queue(void **state)
{
    struct sim *s = *state;
    shake_hands(s, 1);
    uint8_t text[DTLS_WRITE_MAX] = {1}, got[DTLS_WRITE_MAX];
    for (int i = 0; i < 200; i++) {
        assert_int_equal(0, dtls_write(&s->d[CLIENT], text, sizeof(text)));
        sim_run(s);
    }
    assert_true(s->d[SERVER].in.size <= 65536);
    int n = 0;
    while (dtls_read(&s->d[SERVER], got, sizeof(got)) == sizeof(got))
        n++;
    assert_in_range(n, 50, 60);
    assert_null(s->d[SERVER].in.bytes);

    while (dtls_write(&s->d[SERVER], text, sizeof(text)) == 0)
        n++;
    assert_in_range(n, 100, 120); // and a writer whose datagrams nobody takes is told
    assert_int_equal(DTLS_UP, s->d[SERVER].state);
    sim_close(s);
}

static void goodbye_closes_both_sides(void **state)
{
    struct sim *s = *state;
    for (int side = 0; side < 2; side++) {
        shake_hands(s, 1);
        dtls_close(&s->d[side]);
        assert_int_equal(DTLS_CLOSED, s->d[side].state);
        sim_run(s);
        assert_int_equal(DTLS_CLOSED, s->d[!side].state);
        const uint8_t bye[] = {1};
        assert_int_equal(-EAGAIN, dtls_write(&s->d[!side], bye, 1));
        sim_close(s);
    }
}

/** The association still carries a message each way. */
static void assert_alive(struct sim *s)
{
    for (int side = 0; side < 2; side++) {
        const uint8_t ping[] = "ping";
        uint8_t got[64];
        assert_int_equal(DTLS_UP, s->d[side].state);
        assert_int_equal(0, dtls_write(&s->d[side], ping, sizeof(ping)));
        sim_run(s);
        assert_int_equal(sizeof(ping), dtls_read(&s->d[!side], got, sizeof(got)));
        assert_int_equal(0, dtls_read(&s->d[!side], got, sizeof(got)));
    }
}

static void garbage_and_replays_do_nothing_to_an_association_that_is_up(void **state)
{
    struct sim *s = *state;
    static struct sim_datagram seen[64];
    size_t count = 0;
    sim_open(s, 7);
    sim_trust(s);
    dtls_start(&s->d[CLIENT], 0);
    do {
        sim_collect(s);
        for (size_t i = 0; i < s->on_way && count < 64; i++)
            seen[count++] = s->net[i];
    } while (sim_step(s));
    assert_up(s);

    const uint8_t fatal[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 99, 0, 2, 2, 40};
    const uint8_t bye[] = {21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 98, 0, 2, 1, 0};
    uint8_t noise[600];
    for (int round = 0; round < 400; round++) {
        const int to = round % 2;
        for (size_t i = 0; i < sizeof(noise); i++)
            noise[i] = (uint8_t)sim_random(s, 256);
        const size_t len = 1 + sim_random(s, sizeof(noise));
        if (round % 3 == 0 && len > 13) { // one record of noise, in any epoch
            noise[0] = (uint8_t)(20 + sim_random(s, 4));
            wr16(noise + 1, 0xfefd);
            wr16(noise + 3, (uint16_t)sim_random(s, 3));
            wr16(noise + 11, (uint16_t)(len - 13));
        }
        sim_give(s, to, noise, len);
        struct sim_datagram old = seen[sim_random(s, (uint32_t)count)];
        if (round % 5 == 0) // flipped, not only replayed
            old.bytes[13 + sim_random(s, (uint32_t)old.len - 13)] ^= 4;
        sim_give(s, old.to, old.bytes, old.len);
        sim_give(s, to, fatal, sizeof(fatal));
        sim_give(s, to, bye, sizeof(bye));
        if (round % 50 == 0)
            assert_alive(s);
    }
    assert_alive(s);
    sim_close(s);
}

static void shake_hands_with(struct sim *s, const char *cipher)
{
    sim_open(s, 7);
    sim_trust(s);
    assert_int_equal(1, SSL_set_cipher_list(s->d[CLIENT].ssl, cipher));
    dtls_start(&s->d[CLIENT], 0);
    sim_run(s);
    assert_up(s);
    assert_string_equal(cipher, SSL_get_cipher_name(s->d[SERVER].ssl));
}

/** Not even what the cipher adds: dropped, and read on. */
static void check_runts(struct sim *s, const char *cipher, unsigned epoch, unsigned body)
{
    shake_hands_with(s, cipher);
    for (unsigned type = 20; type < 24; type++) {
        uint8_t runt[13 + 32] = {(uint8_t)type, 0xfe, 0xfd, 0, (uint8_t)epoch, 1};
        runt[12] = (uint8_t)body;
        for (int to = 0; to < 2; to++)
            sim_give(s, to, runt, 13 + body);
    }
    assert_alive(s);
    sim_close(s);
}

static void a_record_too_short_for_its_cipher_stops_nothing(void **state)
{
    static const char *const ciphers[] = {"ECDHE-ECDSA-AES128-GCM-SHA256",
                                          "ECDHE-ECDSA-CHACHA20-POLY1305"};
    for (unsigned c = 0; c < 2; c++)
        for (unsigned epoch = 0; epoch < 3; epoch++)
            for (unsigned body = 0; body < 32; body++)
                check_runts(*state, ciphers[c], epoch, body);
}

static void what_is_not_a_row_of_records_is_dropped_unseen(void **state)
{
    struct sim *s = *state;
    sim_open(s, 1);
    const uint8_t not_dtls[] = {0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const uint8_t tls[] = {22, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const uint8_t cut[] = {22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1};
    assert_int_equal(DROP_MALFORMED, sim_give(s, SERVER, not_dtls, sizeof(not_dtls)));
    assert_int_equal(DROP_MALFORMED, sim_give(s, SERVER, tls, sizeof(tls)));
    assert_int_equal(DROP_SHORT, sim_give(s, SERVER, cut, sizeof(cut)));
    assert_int_equal(DROP_SHORT, sim_give(s, SERVER, cut, 12));
    assert_int_equal(DROP_SHORT, sim_give(s, SERVER, cut, 0));
    assert_int_equal(USEC_NEVER, dtls_deadline(&s->d[SERVER]));
    sim_close(s);
}

static void datagrams_at_the_wrong_time_are_not_ready(void **state)
{
    struct sim *s = *state;
    sim_open(s, 1);
    const uint8_t record[] = {22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1};
    assert_int_equal(DROP_NOT_READY, sim_give(s, CLIENT, record, sizeof(record)));
    dtls_close(&s->d[SERVER]);
    assert_int_equal(DTLS_CLOSED, s->d[SERVER].state);
    assert_int_equal(DROP_NOT_READY, sim_give(s, SERVER, record, sizeof(record)));
    sim_close(s);
}

static void a_new_association_has_new_keys(void **state)
{
    struct sim *s = *state;
    struct dtls_keys first, second;
    shake_hands(s, 1);
    dtls_export(&s->d[SERVER], &first);
    sim_close(s);
    shake_hands(s, 1);
    dtls_export(&s->d[SERVER], &second);
    sim_close(s);
    assert_memory_not_equal(&first.ours, &second.ours, sizeof(first.ours));
}

static void a_forged_handshake_fails_it_with_a_reason(void **state)
{
    struct sim *s = *state;
    sim_open(s, 1);
    // A ServerHello of no length, to a server.
    const uint8_t forged[] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12,
                              2,  0,    0,    0, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(DROP_NONE, sim_give(s, SERVER, forged, sizeof(forged)));
    assert_int_equal(DTLS_FAILED, s->d[SERVER].state);
    assert_string_equal("protocol", dtls_failure_name(s->d[SERVER].failure));
    sim_close(s);
}

static void our_fingerprint_is_written_as_sdp_wants_it(void **state)
{
    struct sim *s = *state;
    const char *text = s->ctx[SERVER].fingerprint;
    uint8_t hash[64];
    assert_int_equal(8 + 32 * 3 - 1, strlen(text));
    assert_memory_equal("sha-256 ", text, 8);
    assert_int_equal(32, sim_fingerprint(text, hash));
    assert_string_not_equal(text, s->ctx[CLIENT].fingerprint);
    for (const char *c = text + 8; *c; c++)
        assert_non_null(strchr("0123456789ABCDEF:", *c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_gives_both_sides_the_same_keys),
        cmocka_unit_test(every_profile_can_be_agreed),
        cmocka_unit_test(no_common_profile_fails),
        cmocka_unit_test(a_handshake_survives_loss_duplicates_and_disorder),
        cmocka_unit_test(a_client_hello_in_fragments_is_understood),
        cmocka_unit_test(another_certificate_than_the_agreed_one_fails),
        cmocka_unit_test(without_a_fingerprint_nothing_is_up_and_one_in_time_makes_it_so),
        cmocka_unit_test(what_is_said_before_the_certificate_is_known_is_not_heard),
        cmocka_unit_test(without_a_fingerprint_it_times_out),
        cmocka_unit_test(weak_unknown_and_cut_hashes_are_refused),
        cmocka_unit_test(sha_384_and_512_are_fingerprints_too),
        cmocka_unit_test(retransmissions_come_by_our_clock_and_end),
        cmocka_unit_test(application_datagrams_keep_their_boundaries),
        cmocka_unit_test(a_reader_who_does_not_read_bounds_the_queue),
        cmocka_unit_test(goodbye_closes_both_sides),
        cmocka_unit_test(garbage_and_replays_do_nothing_to_an_association_that_is_up),
        cmocka_unit_test(a_record_too_short_for_its_cipher_stops_nothing),
        cmocka_unit_test(what_is_not_a_row_of_records_is_dropped_unseen),
        cmocka_unit_test(datagrams_at_the_wrong_time_are_not_ready),
        cmocka_unit_test(a_new_association_has_new_keys),
        cmocka_unit_test(a_forged_handshake_fails_it_with_a_reason),
        cmocka_unit_test(our_fingerprint_is_written_as_sdp_wants_it),
    };
    return cmocka_run_group_tests(tests, make, unmake);
}
