/* What a datagram may set off: of who asks again and again for what he has, and of who is
 * nobody. */
#include "sim.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stun/usages/ice.h>

#include <cmocka.h>

#define STORM (5 * USEC_PER_SEC)
#define ASKED 200 ///< numbers in each request

/** What one client is sent. */
struct seen {
    unsigned who;
    uint32_t repair; ///< SSRC
    uint64_t bytes, repair_bytes;
};

static void watch(struct sim *s, unsigned who, const uint8_t *bytes, size_t len)
{
    struct seen *seen = s->tap_data;
    if (who != seen->who)
        return;
    seen->bytes += len;
    if (len >= 12 && bytes[0] >= 128 && rd32(bytes + 8) == seen->repair)
        seen->repair_bytes += len;
}

// The greedy one asks 500 times a second for the last 200 packets, all of which came. What he
// gets is a quarter of what his line can take, as decision 8 says, and nobody else's.
static void storm(struct sim *s)
{
    struct client *a = sim_person(s, NULL, CODEC_VP8, 1, 1);
    struct client *greedy = sim_person(s, NULL, CODEC_VP8, 1, 1);
    struct client *c = sim_person(s, NULL, CODEC_VP8, 1, 2);
    sim_settle(s);
    sim_run(s, 3 * USEC_PER_SEC);
    const struct sink *k = greedy->sink[1];
    struct seen seen = {.who = greedy->number, .repair = k->rtx_ssrc};
    const unsigned asked_before = a->pub[1].layer[0].nacks, plis = a->pub[1].layer[0].plis;
    const uint64_t others = c->sink[1]->packets;
    int64_t target = 0;
    s->tap = watch;
    s->tap_data = &seen;
    for (usec_t passed = 0; passed < STORM; passed += 2000) {
        uint16_t seq[ASKED];
        for (unsigned i = 0; i < ASKED; i++)
            seq[i] = (uint16_t)(k->highest - ASKED + i);
        client_send_nack(greedy, k->ssrc, seq, ASKED);
        sim_run(s, 2000);
        const int64_t now = passed % 100000 == 0 ? sim_stat(s, "estimates.p90") : 0;
        target = now > target ? now : target;
    }
    s->tap = NULL; // which looks at what is ours; the world ends after us
    const double most = (double)target / 8 / 4 * ((double)STORM / 1e6 + 1.2) + 24000;
    sim_check(s, seen.repair_bytes > 20000, "nothing was repaired: %llu bytes",
              (unsigned long long)seen.repair_bytes);
    sim_check(s, (double)seen.repair_bytes <= most, "%llu bytes, where %.0f are allowed",
              (unsigned long long)seen.repair_bytes, most);
    sim_check(s, a->pub[1].layer[0].nacks == asked_before && a->pub[1].layer[0].plis == plis,
              "the publisher was asked for what the cache has");
    sim_check(s, c->sink[1]->packets > others + 140 && c->sink[1]->lost == 0,
              "another one gets less for it: %llu packets, %llu lost",
              (unsigned long long)(c->sink[1]->packets - others),
              (unsigned long long)c->sink[1]->lost);
    sim_check(s, k->lost == 0 && s->now - k->frame_at < 200000, "his own picture stands still");
}

static void nack_storm_gets_a_quarter_of_the_line(void **state)
{
    (void)state;
    sim_each_seed(__func__, storm, 3);
}

/** A check with the victim's address on it, by somebody who knows names but no password. */
static size_t forged_check(const struct client *of, uint8_t out[512])
{
    StunAgent agent;
    StunMessage msg;
    char name[64];
    const uint16_t known[] = {0};
    stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    const int n = snprintf(name, sizeof(name), "%s:%s", of->server_ufrag, of->local_ufrag);
    return stun_usage_ice_conncheck_create(&agent, &msg, out, 512, (const uint8_t *)name,
                                           (size_t)n, (const uint8_t *)"notthepasswordatall22c",
                                           22, true, true, 1, 1, NULL,
                                           STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
}

/** One datagram of a stranger: a check, a ClientHello's beginning, RTP, RTCP, or noise. */
static size_t forged(struct sim *s, const struct client *of, uint8_t *out)
{
    const unsigned kind = rng_below(&s->rng, 5);
    size_t len = 20 + rng_below(&s->rng, 400);
    if (kind == 0)
        return forged_check(of, out);
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)rng_u32(&s->rng);
    if (kind == 1) {
        memcpy(out, "\x16\xfe\xfd\0\0\0\0\0\0\0\0", 11);
        wr16(out + 11, (uint16_t)(len - 13));
        out[13] = 1;
    } else if (kind < 4) {
        out[0] = 0x80;
        out[1] = kind == 2 ? 111 : 205;
        wr32(out + 8, of->sink[1]->ssrc);
    }
    return len;
}

// RFC 8445 section 19.5.1, RFC 9000 section 8: nobody's address gets more than a small
// multiple of what came in its name. Here it is less than what came.
static void strangers(struct sim *s)
{
    struct client *a = sim_person(s, NULL, CODEC_VP8, 1, 1);
    (void)sim_person(s, NULL, CODEC_VP8, 1, 1);
    sim_settle(s);
    sim_run(s, USEC_PER_SEC);
    struct client *victim = sim_client(s, NULL); // never said a word
    victim->asleep = true;
    struct seen seen = {.who = victim->number};
    uint64_t sent = 0;
    s->tap = watch;
    s->tap_data = &seen;
    for (unsigned i = 0; i < 3000; i++) {
        uint8_t bytes[512];
        const size_t len = forged(s, a, bytes);
        sim_inject(s, victim, NULL, bytes, len);
        sent += len;
        if (i % 10 == 0)
            sim_run(s, 1000);
    }
    sim_run(s, USEC_PER_SEC);
    s->tap = NULL;
    sim_check(s, seen.bytes <= sent, "%llu bytes for %llu", (unsigned long long)seen.bytes,
              (unsigned long long)sent);
    sim_check(s, a->sink[1]->lost == 0 && s->now - a->sink[1]->frame_at < 200000,
              "those who are there notice");
}

static void strangers_get_less_than_they_send(void **state)
{
    (void)state;
    sim_each_seed(__func__, strangers, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nack_storm_gets_a_quarter_of_the_line),
        cmocka_unit_test(strangers_get_less_than_they_send),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
