/* One peer and one fake client with nothing between them. */
#include "peer/peer.h"

#include "client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define START (1000 * USEC_PER_SEC)

struct call {
    usec_t now;
    struct dtls_ctx ours, theirs;
    struct seal_engine engine;
    struct rng rng;
    struct client_env env;
    struct client client;
    struct agreement agreement;
    struct peer_env peer_env;
    struct peer peer;
    struct udp_batch tx;
    struct ice_event ev;
    enum drop last; ///< what became of the client's last datagram
    unsigned complaints;
    bool cut;               ///< of what the peer sends only answers to checks arrive
    struct sockaddr_in6 to; ///< where the peer's last datagram went
    struct in6_addr from;
};

static struct in6_addr local_address(void)
{
    return (struct in6_addr){.s6_addr = {0xfd, [15] = 0xaa}};
}

static void from_client(void *ctx, struct client *c, const uint8_t *bytes, size_t len)
{
    struct call *k = ctx;
    uint8_t copy[CLIENT_PACKET];
    struct udp_datagram d = {
        .addr = c->addr, .local = local_address(), .len = (uint16_t)len, .data = copy};
    memcpy(copy, bytes, len);
    if (bytes[0] < 4)
        k->last = peer_on_stun(&k->peer, &d, &k->tx, &k->ev, k->now);
    else if (dtls_is_dtls(bytes, len))
        k->last = peer_on_dtls(&k->peer, &d, &k->tx, k->now);
    else
        k->last = peer_unseal_rtcp(&k->peer, &d);
}

static void complain(void *ctx, const struct client *c, const char *what)
{
    struct call *k = ctx;
    (void)fprintf(stderr, "%s: %s\n", c->id, what);
    k->complaints++;
}

/** What the peer has to say reaches the client. */
static void deliver(struct call *k)
{
    while (k->tx.count) {
        static struct udp_batch b;
        b.count = k->tx.count;
        for (unsigned i = 0; i < b.count; i++) {
            memcpy(b.storage[i], k->tx.datagram[i].data, k->tx.datagram[i].len);
            b.datagram[i] = k->tx.datagram[i];
            k->to = b.datagram[i].addr;
            k->from = b.datagram[i].local;
        }
        k->tx.count = 0;
        for (unsigned i = 0; i < b.count; i++)
            if (!k->cut || b.storage[i][0] < 4)
                client_on_datagram(&k->client, b.storage[i], b.datagram[i].len, k->now);
    }
}

static void lose(void *ctx, struct udp_batch *b)
{
    (void)ctx;
    b->count = 0;
}

static void begin(struct call *k, const struct client_conf *conf)
{
    static const struct client_conf usual = {0};
    memset(k, 0, sizeof(*k));
    k->now = START;
    rng_init(&k->rng, 7);
    assert_int_equal(dtls_ctx_init(&k->ours), 0);
    assert_int_equal(dtls_ctx_init(&k->theirs), 0);
    assert_int_equal(seal_engine_init(&k->engine, SEAL_BEST), 0);
    k->env = (struct client_env){.dtls = &k->theirs,
                                 .seal = &k->engine,
                                 .server_fingerprint = k->ours.fingerprint,
                                 .send = from_client,
                                 .complain = complain,
                                 .ctx = k,
                                 .rng = &k->rng};
    client_init(&k->client, &k->env, 1, conf ? conf : &usual, k->now);
    client_agreement(&k->client, &k->agreement);
    k->peer_env = (struct peer_env){.dtls = &k->ours, .seal = &k->engine};
    udp_batch_init(&k->tx);
    k->tx.flush = lose;
    assert_int_equal(peer_init(&k->peer, &k->peer_env, &k->agreement, k->now), 0);
}

static void end(struct call *k)
{
    peer_fini(&k->peer);
    agreement_fini(&k->agreement);
    client_fini(&k->client);
    seal_engine_fini(&k->engine);
    dtls_ctx_fini(&k->ours);
    dtls_ctx_fini(&k->theirs);
    assert_int_equal(k->complaints, 0);
}

static void wait(struct call *k, usec_t span)
{
    const usec_t until = k->now + span;
    while (k->now < until) {
        k->now += 10 * USEC_PER_MS;
        if (client_deadline(&k->client) <= k->now)
            client_tick(&k->client, k->now);
        deliver(k);
        if (peer_deadline(&k->peer) <= k->now)
            peer_tick(&k->peer, &k->tx, k->now);
        deliver(k);
    }
}

static void connects_in_either_dtls_role(void **state)
{
    (void)state;
    for (int role = 0; role < 2; role++) {
        struct call k;
        const struct client_conf conf = {.dtls_server = role};
        begin(&k, &conf);
        assert_int_equal(k.peer.state, PEER_WAITING);
        client_tick(&k.client, k.now);
        assert_int_equal(k.peer.state, PEER_SECURING);
        wait(&k, USEC_PER_SEC);
        assert_int_equal(k.peer.state, PEER_UP);
        assert_true(k.client.up);
        assert_int_equal(k.to.sin6_port, k.client.addr.sin6_port);
        const struct in6_addr ours = local_address();
        assert_memory_equal(&k.from, &ours, sizeof(ours));
        end(&k);
    }
}

static void media_before_the_keys_is_not_ready(void **state)
{
    (void)state;
    struct call k;
    begin(&k, NULL);
    uint8_t bytes[100] = {0x80};
    struct udp_datagram d = {.len = sizeof(bytes), .data = bytes};
    struct seal_stream st = {0};
    assert_int_equal(peer_unseal_rtp(&k.peer, &d), DROP_NOT_READY);
    assert_int_equal(peer_unseal_rtcp(&k.peer, &d), DROP_NOT_READY);
    assert_int_equal(peer_seal_rtp(&k.peer, &st, &d), DROP_NOT_READY);
    assert_int_equal(peer_seal_resend(&k.peer, &st, &d), DROP_NOT_READY);
    assert_int_equal(peer_seal_rtcp(&k.peer, &d), DROP_NOT_READY);
    end(&k);
}

static void another_certificate_than_agreed_ends_it(void **state)
{
    (void)state;
    struct call k;
    begin(&k, NULL);
    peer_fini(&k.peer);
    k.agreement.fingerprint[3] ^= 1;
    assert_int_equal(peer_init(&k.peer, &k.peer_env, &k.agreement, k.now), 0);
    wait(&k, USEC_PER_SEC);
    assert_int_equal(k.peer.state, PEER_GONE);
    assert_string_equal(k.peer.why_gone, "dtls_failed");
    assert_int_equal(peer_deadline(&k.peer), USEC_NEVER);
    end(&k);
}

static void fingerprint_that_proves_nothing_is_refused(void **state)
{
    (void)state;
    struct call k;
    struct peer p;
    begin(&k, NULL);
    struct agreement a = k.agreement;
    memcpy(a.fingerprint_hash, "sha-1", 6);
    assert_int_equal(peer_init(&p, &k.peer_env, &a, k.now), -22);
    a = k.agreement;
    a.fingerprint_len = 31;
    assert_int_equal(peer_init(&p, &k.peer_env, &a, k.now), -22);
    a = k.agreement;
    a.local_pwd[5] = 0;
    assert_int_equal(peer_init(&p, &k.peer_env, &a, k.now), -22);
    end(&k);
}

static void who_never_comes_times_out(void **state)
{
    (void)state;
    struct call k;
    begin(&k, NULL);
    k.client.asleep = true;
    wait(&k, 29 * USEC_PER_SEC);
    assert_int_equal(k.peer.state, PEER_WAITING);
    wait(&k, 2 * USEC_PER_SEC);
    assert_int_equal(k.peer.state, PEER_GONE);
    assert_string_equal(k.peer.why_gone, "ice_timeout");
    end(&k);
}

static void handshake_that_hangs_is_given_up(void **state)
{
    (void)state;
    struct call k;
    begin(&k, NULL);
    k.cut = true;
    wait(&k, 35 * USEC_PER_SEC);
    assert_int_equal(k.peer.state, PEER_GONE);
    assert_string_equal(k.peer.why_gone, "dtls_failed");
    end(&k);
}

static void lost_consent_ends_it(void **state)
{
    (void)state;
    struct call k;
    begin(&k, NULL);
    wait(&k, USEC_PER_SEC);
    k.client.asleep = true;
    wait(&k, 31 * USEC_PER_SEC);
    assert_int_equal(k.peer.state, PEER_GONE);
    assert_string_equal(k.peer.why_gone, "consent_expired");
    end(&k);
}

static void closing_says_goodbye(void **state)
{
    (void)state;
    struct call k;
    begin(&k, NULL);
    wait(&k, USEC_PER_SEC);
    peer_close(&k.peer, &k.tx, k.now);
    assert_int_equal(k.tx.count, 1);
    deliver(&k);
    assert_int_equal(k.client.dtls.state, DTLS_CLOSED);
    assert_int_equal(k.peer.state, PEER_GONE);
    assert_string_equal(k.peer.why_gone, "closed");
    peer_close(&k.peer, &k.tx, k.now); // twice is once
    assert_int_equal(k.tx.count, 0);
    end(&k);
}

static void nothing_is_answered_once_gone(void **state)
{
    (void)state;
    struct call k;
    begin(&k, NULL);
    wait(&k, USEC_PER_SEC);
    peer_close(&k.peer, &k.tx, k.now);
    k.tx.count = 0;
    k.client.check_at = k.now;
    k.client.check_len = 0;
    client_tick(&k.client, k.now);
    assert_int_equal(k.last, DROP_NOT_READY);
    assert_int_equal(k.tx.count, 0);
    end(&k);
}

static void ice_restart_keeps_the_keys(void **state)
{
    (void)state;
    struct call k;
    begin(&k, NULL);
    wait(&k, USEC_PER_SEC);
    agreement_fini(&k.agreement);
    client_restart_ice(&k.client, k.now);
    client_agreement(&k.client, &k.agreement);
    assert_int_equal(peer_agree(&k.peer, &k.agreement, k.now), 0);
    assert_int_equal(k.peer.state, PEER_UP);
    client_tick(&k.client, k.now);
    assert_true(k.ev.restarted);
    deliver(&k);
    assert_true(k.client.checks_ok > 0);
    uint8_t out[CLIENT_PACKET];
    const size_t len = rtcp_write_pli(out, sizeof(out), 1, 2);
    client_send_rtcp(&k.client, out, len);
    assert_int_equal(k.last, DROP_NONE);
    end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connects_in_either_dtls_role),
        cmocka_unit_test(media_before_the_keys_is_not_ready),
        cmocka_unit_test(another_certificate_than_agreed_ends_it),
        cmocka_unit_test(fingerprint_that_proves_nothing_is_refused),
        cmocka_unit_test(who_never_comes_times_out),
        cmocka_unit_test(handshake_that_hangs_is_given_up),
        cmocka_unit_test(lost_consent_ends_it),
        cmocka_unit_test(closing_says_goodbye),
        cmocka_unit_test(nothing_is_answered_once_gone),
        cmocka_unit_test(ice_restart_keeps_the_keys),
    };
    assert_int_equal(opener_setup(), 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
