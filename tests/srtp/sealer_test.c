#include "srtp/sealer.h"

#include "packets.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define RTCP_ROOM 1200

static const uint8_t key[32] = {11, 22, 33}, salt[14] = {44, 55};

/** Our end with each cipher code that is there, and libsrtp2's, for one profile. */
struct pair {
    struct seal_engine engine;
    struct sealer sealer;
    srtp_t other;
};

static int set_up(void **state)
{
    (void)state;
    return opener_setup();
}

static int tear_down(void **state)
{
    (void)state;
    opener_teardown();
    return 0;
}

static bool pair_make(struct pair *p, enum seal_backend backend, uint16_t profile)
{
    const int err = seal_engine_init(&p->engine, backend);
    if (err == -ENOTSUP && backend == SEAL_IPSEC_MB)
        return false; // this machine has only the other
    assert_int_equal(0, err);
    assert_int_equal(0, sealer_init(&p->sealer, &p->engine, profile, key, salt));
    p->other = other_receiver(profile, key, salt);
    return true;
}

static void pair_free(struct pair *p)
{
    sealer_fini(&p->sealer);
    seal_engine_fini(&p->engine);
    srtp_dealloc(p->other);
}

static void seals_and_opens(struct pair *p, const uint8_t *clear, size_t size)
{
    uint8_t pkt[RTCP_ROOM + PROFILE_TRAILER_MAX];
    const size_t extra = profile_sizes(p->sealer.profile).tag + 4u;
    size_t len = size;
    memcpy(pkt, clear, size);
    assert_int_equal(DROP_SHORT, sealer_rtcp(&p->sealer, pkt, &len, size + extra - 1));
    assert_int_equal(size, len);
    assert_memory_equal(clear, pkt, size);
    assert_int_equal(DROP_NONE, sealer_rtcp(&p->sealer, pkt, &len, size + extra));
    assert_int_equal(size + extra, len);
    assert_memory_equal(clear, pkt, 8);
    if (size > 24)
        assert_memory_not_equal(clear + 8, pkt + 8, size - 8);
    int opened = (int)len;
    assert_int_equal(srtp_err_status_ok, srtp_unprotect_rtcp(p->other, pkt, &opened));
    assert_int_equal(size, opened);
    assert_memory_equal(clear, pkt, size);
}

/** All sizes, from several SSRCs in turn, with each profile and each cipher code. */
static void what_we_seal_the_other_library_opens(void **state)
{
    (void)state;
    struct rng rng = {3};
    for (size_t i = 0; i < 6; i++) {
        struct pair p;
        if (!pair_make(&p, i < 3 ? SEAL_OPENSSL : SEAL_IPSEC_MB, all_profiles[i % 3]))
            continue;
        assert_true(profile_sizes(all_profiles[i % 3]).tag + 4 <= PROFILE_TRAILER_MAX);
        for (uint32_t n = 0; n < 1000; n++) {
            uint8_t clear[RTCP_ROOM];
            const size_t size = 8 + 4 * (n < 100 ? n : rng_below(&rng, (RTCP_ROOM - 8) / 4));
            rng_fill(&rng, clear, size);
            clear[0] = 0x81;
            clear[1] = 201;
            wr32(clear + 4, n % 10 * 0x01010101);
            seals_and_opens(&p, clear, size);
        }
        pair_free(&p);
    }
}

/** RFC 3711 section 3.4: an SSRC's index begins at 0 and rises by one. */
static void each_ssrc_counts_its_own_packets(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        assert_true(pair_make(&p, SEAL_OPENSSL, all_profiles[i]));
        for (uint32_t n = 0; n < 40; n++) {
            uint8_t pkt[8 + PROFILE_TRAILER_MAX] = {0x80, 201, 0, 1, 0, 0, 0, n % 8};
            size_t len = 8;
            assert_int_equal(DROP_NONE, sealer_rtcp(&p.sealer, pkt, &len, sizeof(pkt)));
            const uint8_t *at = all_profiles[i] == PROFILE_CM80 ? pkt + 8 : pkt + len - 4;
            assert_int_equal(0x80000000u | n / 8, rd32(at));
        }
        pair_free(&p);
    }
}

static void a_key_protects_no_more_than_it_may(void **state)
{
    (void)state;
    struct pair p;
    assert_true(pair_make(&p, SEAL_OPENSSL, PROFILE_GCM128));
    uint8_t pkt[8 + PROFILE_TRAILER_MAX] = {0x80, 201, 0, 1, 0, 0, 0, 9};
    size_t len = 8;
    assert_int_equal(DROP_NONE, sealer_rtcp(&p.sealer, pkt, &len, sizeof(pkt)));
    p.sealer.sent[0].next = INT32_MAX;
    len = 8;
    assert_int_equal(DROP_NONE, sealer_rtcp(&p.sealer, pkt, &len, sizeof(pkt)));
    len = 8;
    assert_int_equal(DROP_LIMIT, sealer_rtcp(&p.sealer, pkt, &len, sizeof(pkt)));
    pkt[7] = 10; // another SSRC, another count
    assert_int_equal(DROP_NONE, sealer_rtcp(&p.sealer, pkt, &len, sizeof(pkt)));
    pair_free(&p);
}

static void what_is_no_rtcp_is_not_sealed(void **state)
{
    (void)state;
    struct pair p;
    assert_true(pair_make(&p, SEAL_OPENSSL, PROFILE_GCM128));
    uint8_t pkt[64] = {0x80, 201};
    size_t len = 7;
    assert_int_equal(DROP_SHORT, sealer_rtcp(&p.sealer, pkt, &len, sizeof(pkt)));
    len = 8;
    pkt[0] = 0x40;
    assert_int_equal(DROP_MALFORMED, sealer_rtcp(&p.sealer, pkt, &len, sizeof(pkt)));
    struct sealer none;
    assert_int_equal(-EINVAL, sealer_init(&none, &p.engine, 0, key, salt));
    sealer_fini(&none);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_we_seal_the_other_library_opens),
        cmocka_unit_test(each_ssrc_counts_its_own_packets),
        cmocka_unit_test(a_key_protects_no_more_than_it_may),
        cmocka_unit_test(what_is_no_rtcp_is_not_sealed),
    };
    return cmocka_run_group_tests_name("srtp/sealer", tests, set_up, tear_down);
}
