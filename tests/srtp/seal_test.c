#include "srtp/seal.h"

#include "packets.h"

#include "kdf.h"
#include "seal_backend.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define BACKENDS 2

/** Both backends, where the machine has them. */
static struct seal_engine engines[BACKENDS];
static int engine_count;

static int make_engines(void **state)
{
    (void)state;
    assert_int_equal(0, opener_setup());
    assert_int_equal(0, seal_engine_init(&engines[engine_count++], SEAL_OPENSSL));
    const int err = seal_engine_init(&engines[engine_count], SEAL_IPSEC_MB);
    if (err == 0)
        engine_count++;
    else
        assert_int_equal(-ENOTSUP, err);
    return 0;
}

static int free_engines(void **state)
{
    (void)state;
    while (engine_count > 0)
        seal_engine_fini(&engines[--engine_count]);
    opener_teardown();
    return 0;
}

static size_t unhex(const char *text, uint8_t *out)
{
    size_t n = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        const char two[3] = {text[0], text[1], 0};
        out[n++] = (uint8_t)strtoul(two, NULL, 16);
        text++;
    }
    return n;
}

/** A seal whose session keys are given, as published vectors give them. */
static void seal_with(struct seal *s, struct seal_engine *e, uint16_t profile,
                      const struct session_keys *k)
{
    *s = (struct seal){.engine = e, .profile = profile, .tag_len = profile_sizes(profile).tag};
    memcpy(s->salt, k->salt, profile_sizes(profile).salt);
    s->keys = e->backend == SEAL_IPSEC_MB ? ipsec_mb_keys_new(e->mgr, profile, k)
                                          : openssl_keys_new(profile, k);
    assert_non_null(s->keys);
}

static void session_keys_are_those_of_rfc_3711_b_3(void **state)
{
    (void)state;
    uint8_t key[16], salt[14], want[20];
    unhex("E1F97A0D3E018BE0D64FA32C06DE4139", key);
    unhex("0EC675AD498AFEEBB6960B3AABE6", salt);
    struct session_keys k;
    assert_int_equal(0, kdf_rtp(PROFILE_CM80, key, salt, &k));
    unhex("C61E7A93744F39EE10734AFE3FF7A087", want);
    assert_memory_equal(want, k.cipher, 16);
    unhex("30CBBC08863D8C85D49DB34A9AE1", want);
    assert_memory_equal(want, k.salt, 14);
    unhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4", want);
    assert_memory_equal(want, k.auth, 20);
}

static void the_keystream_is_that_of_rfc_3711_b_2(void **state)
{
    (void)state;
    struct session_keys k = {0};
    uint8_t want[48];
    unhex("2B7E151628AED2A6ABF7158809CF4F3C", k.cipher);
    unhex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD", k.salt);
    unhex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB"
          "41E95B3BB0A2E8DD477901E4FCA894C0",
          want);
    for (int e = 0; e < engine_count; e++) {
        struct seal s;
        struct seal_stream st;
        uint8_t pkt[12 + 48 + 10] = {0x80}; // SSRC 0, number 0, clear text 0
        size_t len = 60;
        seal_with(&s, &engines[e], PROFILE_CM80, &k);
        assert_int_equal(0, seal_stream_init(&st, 0, false));
        assert_int_equal(DROP_NONE, seal_rtp(&s, &st, pkt, &len, sizeof(pkt)));
        assert_int_equal(sizeof(pkt), len);
        assert_memory_equal(want, pkt + 12, 48);
        seal_fini(&s);
    }
}

static void packets_are_those_of_rfc_7714_16(void **state)
{
    (void)state;
    const char *clear =
        "8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976"
        "69736120 696e2070 61727465 73207472 6573";
    const struct {
        uint16_t profile;
        const char *sealed;
    } cases[] = {
        {PROFILE_GCM128,
         "8040f17b 8041f8d3 5501a0b2 f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f"
         "42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce"},
        {PROFILE_GCM256,
         "8040f17b 8041f8d3 5501a0b2 32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3"
         "b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13"},
    };
    struct session_keys k = {0};
    for (uint8_t i = 0; i < 32; i++)
        k.cipher[i] = i;
    unhex("517569642070726f2071756f", k.salt);
    for (size_t i = 0; i < 2; i++) {
        for (int e = 0; e < engine_count; e++) {
            struct seal s;
            struct seal_stream st;
            uint8_t pkt[128], want[128];
            size_t len = unhex(clear, pkt);
            const size_t want_len = unhex(cases[i].sealed, want);
            seal_with(&s, &engines[e], cases[i].profile, &k);
            assert_int_equal(0, seal_stream_init(&st, 0x5501a0b2, false));
            assert_int_equal(DROP_NONE, seal_rtp(&s, &st, pkt, &len, sizeof(pkt)));
            assert_int_equal(want_len, len);
            assert_memory_equal(want, pkt, len);
            seal_fini(&s);
        }
    }
}

/** The next number: mostly the next, sometimes late, sometimes a jump, so that it rolls over.
 */
static int64_t next_number(struct rng *r, int64_t *highest, bool *late)
{
    *late = rng_below(r, 8) == 0;
    if (*late)
        return *highest - 1 - rng_below(r, 200);
    *highest += rng_below(r, 20) == 0 ? 1 + rng_below(r, 30000) : 1 + rng_below(r, 2);
    return *highest;
}

static void compare_with_libsrtp(struct seal_engine *e, uint16_t profile, uint64_t seed)
{
    struct rng r = {seed};
    uint8_t key[32], salt[14];
    rng_fill(&r, key, sizeof(key));
    rng_fill(&r, salt, sizeof(salt));
    const uint32_t ssrc = rng_next(&r);
    srtp_t other = other_sender(profile, key, salt);
    struct opener opener;
    struct seal s;
    struct seal_stream st;
    assert_int_equal(0, opener_init(&opener, e, profile, key, salt));
    assert_int_equal(0, seal_init(&s, e, profile, key, salt));
    assert_int_equal(0, seal_stream_init(&st, ssrc, false));
    int64_t highest = 1000 + rng_below(&r, 60000);
    unsigned compared = 0;
    for (int i = 0; i < 300; i++) {
        bool late = false;
        const int64_t index = i ? next_number(&r, &highest, &late) : highest;
        uint8_t clear[PACKET_ROOM], ours[PACKET_ROOM], theirs[PACKET_ROOM];
        const size_t len = packet_make(&r, clear, ssrc, (uint16_t)index);
        size_t our_len = len;
        int their_len = (int)len;
        memcpy(ours, clear, len);
        memcpy(theirs, clear, len);
        const enum drop why = seal_rtp(&s, &st, ours, &our_len, sizeof(ours));
        const srtp_err_status_t status = srtp_protect(other, theirs, &their_len);
        assert_int_equal(status == srtp_err_status_ok, why == DROP_NONE);
        if (why) {
            assert_int_equal(DROP_REPLAY, why);
            assert_true(late);
            assert_memory_equal(clear, ours, len);
            continue;
        }
        assert_int_equal(their_len, our_len);
        assert_memory_equal(theirs, ours, our_len);
        assert_int_equal(DROP_NONE, opener_rtp(&opener, ours, &our_len));
        assert_int_equal(len, our_len);
        assert_memory_equal(clear, ours, len);
        compared++;
    }
    assert_true(compared > 250 && highest > 65536);
    assert_int_equal(highest, st.highest);
    opener_fini(&opener);
    seal_fini(&s);
    srtp_dealloc(other);
}

static void every_packet_is_libsrtps_bit_for_bit_and_opens_again(void **state)
{
    (void)state;
    for (int e = 0; e < engine_count; e++)
        for (size_t p = 0; p < 3; p++)
            for (uint64_t seed = 1; seed <= 25; seed++)
                compare_with_libsrtp(&engines[e], all_profiles[p], seed);
}

#define PEERS 12
#define BATCH 50

/** Some peers of every profile, twice: one is sealed by batches, one packet by packet. */
struct peers {
    struct seal seal[2][PEERS];
    struct seal_stream stream[2][PEERS];
};

static void batches_and_single_packets_are_the_same(void **state)
{
    (void)state;
    for (int e = 0; e < engine_count; e++) {
        struct rng r = {99};
        struct peers p;
        for (int i = 0; i < PEERS; i++) {
            uint8_t key[32], salt[14];
            rng_fill(&r, key, sizeof(key));
            rng_fill(&r, salt, sizeof(salt));
            for (int k = 0; k < 2; k++) {
                assert_int_equal(
                    0, seal_init(&p.seal[k][i], &engines[e], all_profiles[i % 3], key, salt));
                assert_int_equal(0, seal_stream_init(&p.stream[k][i], (uint32_t)i, true));
            }
        }
        for (int round = 0; round < 40; round++) {
            static uint8_t one[BATCH][PACKET_ROOM], many[BATCH][PACKET_ROOM];
            struct seal_job jobs[BATCH];
            const size_t n = rng_below(&r, BATCH + 1);
            for (size_t i = 0; i < n; i++) {
                const uint32_t who = rng_below(&r, PEERS);
                // Numbers within a small range, so that some come twice in one batch.
                const size_t len =
                    packet_make(&r, one[i], who, (uint16_t)(20 * round + rng_below(&r, 40)));
                memcpy(many[i], one[i], len);
                jobs[i] = (struct seal_job){.seal = &p.seal[1][who],
                                            .stream = &p.stream[1][who],
                                            .pkt = many[i],
                                            .len = len,
                                            .cap = PACKET_ROOM};
            }
            seal_rtp_many(&engines[e], jobs, n);
            // What a dropped job's bytes are follows from the order of the jobs alone.
            for (size_t i = 0; i < n; i++) {
                const ptrdiff_t who = jobs[i].seal - p.seal[1];
                size_t len = jobs[i].len - (jobs[i].drop ? 0 : jobs[i].seal->tag_len);
                assert_int_equal(jobs[i].drop, seal_rtp(&p.seal[0][who], &p.stream[0][who],
                                                        one[i], &len, PACKET_ROOM));
                assert_int_equal(jobs[i].len, len);
                assert_memory_equal(one[i], many[i], len);
            }
        }
        for (int i = 0; i < PEERS; i++) {
            assert_memory_equal(p.stream[0][i].tags, p.stream[1][i].tags,
                                SEAL_WINDOW * sizeof(uint32_t));
            for (int k = 0; k < 2; k++) {
                seal_stream_fini(&p.stream[k][i]);
                seal_fini(&p.seal[k][i]);
            }
        }
    }
}

/** One peer on the first engine, for the tests of numbers. */
struct one {
    struct seal seal;
    struct seal_stream stream;
};

static void one_make(struct one *o, bool resends)
{
    static const uint8_t key[32] = {7}, salt[14] = {8};
    assert_int_equal(0, seal_init(&o->seal, &engines[0], PROFILE_GCM128, key, salt));
    assert_int_equal(0, seal_stream_init(&o->stream, 0x01020304, resends));
}

static void one_free(struct one *o)
{
    seal_stream_fini(&o->stream);
    seal_fini(&o->seal);
}

static enum drop send_number(struct one *o, int64_t index)
{
    uint8_t pkt[64] = {0x80, 96};
    size_t len = 32;
    wr16(pkt + 2, (uint16_t)index);
    wr32(pkt + 8, 0x01020304);
    return seal_rtp(&o->seal, &o->stream, pkt, &len, sizeof(pkt));
}

static void no_number_is_ever_sealed_twice(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct rng r = {seed};
        struct one o;
        one_make(&o, false);
        static uint8_t sent[400000];
        memset(sent, 0, sizeof(sent));
        int64_t highest = -1, at = 500;
        for (int i = 0; i < 20000; i++) {
            const uint32_t kind = rng_below(&r, 100);
            if (kind < 60)
                at = highest + 1;
            else if (kind < 98)
                at = highest - rng_below(&r, 1500);
            else
                at = highest + rng_below(&r, 3000);
            if (at < 0 || at >= (int64_t)sizeof(sent) || (highest < 0 && at > 20000))
                continue;
            const enum drop why = send_number(&o, at);
            if (highest >= 0 && at <= highest - SEAL_WINDOW)
                assert_int_equal(DROP_LATE, why);
            else
                assert_int_equal(sent[at] ? DROP_REPLAY : DROP_NONE, why);
            if (!why)
                sent[at] = 1;
            highest = !why && at > highest ? at : highest;
        }
        assert_int_equal(highest, o.stream.highest);
        one_free(&o);
    }
}

static void an_ssrc_has_one_stream_under_one_key(void **state)
{
    (void)state;
    struct one o;
    one_make(&o, false);
    assert_int_equal(DROP_NONE, send_number(&o, 100));
    struct seal_stream first = o.stream;
    assert_int_equal(0, seal_stream_init(&o.stream, 0x01020304, false));
    assert_int_equal(DROP_REPLAY, send_number(&o, 100)); // would be the same IV
    assert_int_equal(DROP_REPLAY, send_number(&o, 101));
    o.stream = first;
    assert_int_equal(DROP_NONE, send_number(&o, 101));

    for (uint32_t ssrc = 1; ssrc < 100; ssrc++) { // any number of others may begin
        uint8_t pkt[64] = {0x80};
        size_t len = 32;
        wr32(pkt + 8, ssrc);
        assert_int_equal(0, seal_stream_init(&o.stream, ssrc, false));
        assert_int_equal(DROP_NONE, seal_rtp(&o.seal, &o.stream, pkt, &len, sizeof(pkt)));
    }
    one_free(&o);

    one_make(&o, false); // and under another key it begins anew
    assert_int_equal(DROP_NONE, send_number(&o, 100));
    one_free(&o);
}

static void the_last_index_of_a_key_is_the_last_packet(void **state)
{
    (void)state;
    struct one o;
    one_make(&o, false);
    assert_int_equal(DROP_NONE, send_number(&o, 5));
    o.stream.highest = (INT64_C(1) << 48) - 2;
    assert_int_equal(DROP_NONE, send_number(&o, 0xffff));
    assert_int_equal(DROP_REPLAY, send_number(&o, 0));
    one_free(&o);
}

static void before_the_first_rollover_there_is_nothing(void **state)
{
    (void)state;
    struct one o;
    one_make(&o, false);
    assert_int_equal(DROP_NONE, send_number(&o, 3));
    assert_int_equal(DROP_NONE, send_number(&o, 0));
    assert_int_equal(DROP_LATE, send_number(&o, 0xffff)); // would be index -1
    one_free(&o);
}

static size_t make_numbered(uint8_t *pkt, uint16_t seq)
{
    memset(pkt, 0x55, 200);
    pkt[0] = 0x80;
    wr16(pkt + 2, seq);
    wr32(pkt + 8, 0x01020304);
    return 200;
}

static void a_resend_is_the_same_bytes_or_nothing(void **state)
{
    (void)state;
    struct one o;
    one_make(&o, true);
    uint8_t first[300], again[300];
    size_t len = make_numbered(first, 7), again_len = make_numbered(again, 7);
    assert_int_equal(DROP_LATE, seal_resend(&o.seal, &o.stream, again, &again_len, 300));
    assert_int_equal(DROP_NONE, seal_rtp(&o.seal, &o.stream, first, &len, 300));
    assert_int_equal(DROP_NONE, seal_resend(&o.seal, &o.stream, again, &again_len, 300));
    assert_int_equal(len, again_len);
    assert_memory_equal(first, again, len);

    again_len = make_numbered(again, 7);
    again[150] ^= 1;
    assert_int_equal(DROP_REPLAY, seal_resend(&o.seal, &o.stream, again, &again_len, 300));
    for (size_t i = 0; i < 216; i++)
        assert_int_equal(0, again[i]); // what it would have been has not left

    again_len = make_numbered(again, 7);
    again[5] ^= 1; // the timestamp is not encrypted, but signed
    assert_int_equal(DROP_REPLAY, seal_resend(&o.seal, &o.stream, again, &again_len, 300));

    again_len = make_numbered(again, 8);
    assert_int_equal(DROP_LATE, seal_resend(&o.seal, &o.stream, again, &again_len, 300));
    again_len = make_numbered(again, 6);
    assert_int_equal(DROP_LATE, seal_resend(&o.seal, &o.stream, again, &again_len, 300));

    send_number(&o, 7 + SEAL_WINDOW - 1);
    again_len = make_numbered(again, 7);
    assert_int_equal(DROP_NONE, seal_resend(&o.seal, &o.stream, again, &again_len, 300));
    send_number(&o, 7 + SEAL_WINDOW);
    again_len = make_numbered(again, 7);
    assert_int_equal(DROP_LATE, seal_resend(&o.seal, &o.stream, again, &again_len, 300));
    one_free(&o);

    one_make(&o, false); // a stream that keeps nothing has nothing to send again
    send_number(&o, 7);
    assert_int_equal(DROP_LATE, seal_resend(&o.seal, &o.stream, again, &again_len, 300));
    one_free(&o);
}

static void packets_that_are_none_are_dropped_untouched(void **state)
{
    (void)state;
    struct one o;
    one_make(&o, false);
    const struct {
        enum drop why;
        size_t len, cap;
        uint8_t first;
        uint16_t ext_words;
        uint8_t ssrc_low;
    } cases[] = {
        {DROP_SHORT, 11, 200, 0x80, 0, 4},         {DROP_SHORT, 100, 115, 0x80, 0, 4},
        {DROP_SHORT, 100, 99, 0x80, 0, 4},         {DROP_MALFORMED, 100, 200, 0x40, 0, 4},
        {DROP_SHORT, 71, 200, 0x8f, 0, 4},         {DROP_SHORT, 15, 200, 0x90, 0, 4},
        {DROP_SHORT, 100, 200, 0x90, 22, 4},       {DROP_SHORT, 100, 200, 0x90, 0xffff, 4},
        {DROP_UNKNOWN_SSRC, 100, 200, 0x80, 0, 5},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t pkt[200] = {0}, before[200];
        pkt[0] = cases[i].first;
        wr32(pkt + 8, 0x01020300u + cases[i].ssrc_low);
        wr16(pkt + 14, cases[i].ext_words);
        memcpy(before, pkt, sizeof(pkt));
        size_t len = cases[i].len;
        assert_int_equal(cases[i].why, seal_rtp(&o.seal, &o.stream, pkt, &len, cases[i].cap));
        assert_int_equal(cases[i].len, len);
        assert_memory_equal(before, pkt, sizeof(pkt));
    }
    assert_false(o.stream.started); // and no number was used up
    one_free(&o);
}

static void a_packet_of_header_and_extension_alone_can_be_sealed(void **state)
{
    (void)state;
    for (int e = 0; e < engine_count; e++) {
        for (size_t p = 0; p < 3; p++) {
            const uint8_t key[32] = {1}, salt[14] = {2};
            uint8_t pkt[64] = {0x90, 96, 0, 1, [12] = 0xbe, 0xde, 0, 1, 0x10, 3};
            struct seal s;
            struct seal_stream st;
            struct opener o;
            size_t len = 20;
            assert_int_equal(0, seal_init(&s, &engines[e], all_profiles[p], key, salt));
            assert_int_equal(0, opener_init(&o, &engines[e], all_profiles[p], key, salt));
            assert_int_equal(0, seal_stream_init(&st, 0, false));
            assert_int_equal(DROP_NONE,
                             seal_rtp(&s, &st, pkt, &len, 20 + profile_sizes(s.profile).tag));
            assert_int_equal(DROP_NONE, opener_rtp(&o, pkt, &len));
            assert_int_equal(20, len);
            opener_fini(&o);
            seal_fini(&s);
        }
    }
}

static void unknown_profiles_are_refused(void **state)
{
    (void)state;
    const uint8_t key[32] = {0}, salt[14] = {0};
    struct seal s;
    assert_int_equal(-EINVAL, seal_init(&s, &engines[0], 2, key, salt));
    seal_fini(&s);
    assert_null(s.keys);
}

static void the_best_engine_is_one_of_them(void **state)
{
    (void)state;
    struct seal_engine e;
    assert_int_equal(0, seal_engine_init(&e, SEAL_BEST));
    assert_int_equal(engines[engine_count - 1].backend, e.backend);
    seal_engine_fini(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(session_keys_are_those_of_rfc_3711_b_3),
        cmocka_unit_test(the_keystream_is_that_of_rfc_3711_b_2),
        cmocka_unit_test(packets_are_those_of_rfc_7714_16),
        cmocka_unit_test(every_packet_is_libsrtps_bit_for_bit_and_opens_again),
        cmocka_unit_test(batches_and_single_packets_are_the_same),
        cmocka_unit_test(no_number_is_ever_sealed_twice),
        cmocka_unit_test(an_ssrc_has_one_stream_under_one_key),
        cmocka_unit_test(the_last_index_of_a_key_is_the_last_packet),
        cmocka_unit_test(before_the_first_rollover_there_is_nothing),
        cmocka_unit_test(a_resend_is_the_same_bytes_or_nothing),
        cmocka_unit_test(packets_that_are_none_are_dropped_untouched),
        cmocka_unit_test(a_packet_of_header_and_extension_alone_can_be_sealed),
        cmocka_unit_test(unknown_profiles_are_refused),
        cmocka_unit_test(the_best_engine_is_one_of_them),
    };
    return cmocka_run_group_tests(tests, make_engines, free_engines);
}
