/*
 * SRTCP as the standards have it: their examples, the window, the end of the index, and that
 * nothing is believed before its tag has been checked. What is compared with libsrtp2 is in
 * open_test.c and sealer_test.c.
 */
#include "srtp/open.h"
#include "srtp/sealer.h"

#include "kdf.h"
#include "packets.h"
#include "seal_backend.h"

#include <errno.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ROOM   (64 + PROFILE_TRAILER_MAX)
#define LAST   0x7fffffffu // RFC 3711 section 3.4: the index has 31 bits
#define CLEAR  32          // bytes of a report
#define WINDOW 64          // of the opener
#define SSRC   77

static const uint8_t key[32] = {11, 22, 33}, salt[14] = {44, 55};

/** Both ends of one direction. */
struct pair {
    struct seal_engine engine;
    struct sealer sealer;
    struct opener opener;
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

static void pair_make(struct pair *p, uint16_t profile)
{
    assert_int_equal(0, seal_engine_init(&p->engine, SEAL_OPENSSL));
    assert_int_equal(0, sealer_init(&p->sealer, &p->engine, profile, key, salt));
    assert_int_equal(0, opener_init(&p->opener, &p->engine, profile, key, salt));
}

static void pair_free(struct pair *p)
{
    opener_fini(&p->opener);
    sealer_fini(&p->sealer);
    seal_engine_fini(&p->engine);
}

static void clear_report(uint8_t *out, uint32_t ssrc)
{
    memset(out, 0, CLEAR);
    out[0] = 0x81;
    out[1] = 201;
    out[3] = CLEAR / 4 - 1;
    wr32(out + 4, ssrc);
}

/** The first `size` bytes of a report, sealed with this index. Returns the length. */
static size_t make(struct pair *p, uint8_t *pkt, uint32_t ssrc, uint32_t index, size_t size)
{
    size_t n = 0, len = size;
    uint8_t first[8 + PROFILE_TRAILER_MAX] = {0x80, 201, 0, 1};
    size_t first_len = 8;
    while (n < p->sealer.sent_count && p->sealer.sent[n].ssrc != ssrc)
        n++;
    wr32(first + 4, ssrc);
    if (n == p->sealer.sent_count) // a first packet makes the entry
        assert_int_equal(DROP_NONE, sealer_rtcp(&p->sealer, first, &first_len, sizeof(first)));
    p->sealer.sent[n].next = index;
    uint8_t clear[CLEAR];
    clear_report(clear, ssrc);
    memcpy(pkt, clear, size);
    assert_int_equal(DROP_NONE, sealer_rtcp(&p->sealer, pkt, &len, ROOM));
    return len;
}

static enum drop come(struct pair *p, uint32_t ssrc, uint32_t index)
{
    uint8_t pkt[ROOM], clear[CLEAR];
    size_t len = make(p, pkt, ssrc, index, CLEAR);
    const enum drop why = opener_rtcp(&p->opener, pkt, &len);
    if (why == DROP_NONE) {
        clear_report(clear, ssrc);
        assert_int_equal(CLEAR, len);
        assert_memory_equal(clear, pkt, CLEAR);
    }
    return why;
}

/** All that an opener believes. */
struct belief {
    unsigned count;
    struct opener_ssrc ssrc[4];
    bool has_session;
};

static void look(const struct opener *o, struct belief *b)
{
    memset(b, 0, sizeof(*b)); // padding too: it is compared
    b->count = o->count;
    b->has_session = o->session != NULL;
    assert_true(o->count <= 4);
    if (o->count > 0)
        memcpy(b->ssrc, o->ssrc, o->count * sizeof(*o->ssrc));
}

static void refused_and_forgotten(struct pair *p, const uint8_t *pkt, size_t len)
{
    struct belief before, after;
    uint8_t *copy = malloc(len); // exact, so that ASan sees a byte too far
    size_t n = len;
    memcpy(copy, pkt, len);
    look(&p->opener, &before);
    assert_int_equal(DROP_AUTH, opener_rtcp(&p->opener, copy, &n));
    assert_int_equal(len, n);
    look(&p->opener, &after);
    assert_memory_equal(&before, &after, sizeof(before));
    free(copy);
}

static size_t from_hex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    for (; *hex; hex += 2, n++) {
        const char byte[3] = {hex[0], hex[1], 0};
        out[n] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return n;
}

// RFC 7714 section 17: keys and salt are those of the session, the index is 0x5d4.
static const char example_clear[] =
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c75"
    "6e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
static const char example_128[] = "81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06"
                                  "f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2f"
                                  "c5abf87245d9eade800005d4";
static const char example_256[] = "81c8000d4d617273d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe"
                                  "0a50a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f"
                                  "57ff6f6cb26ac3be800005d4";
static const char example_tag_only[] =
    "81c8000d4d6172734e5450314e545032525450200000042a0000e930"
    "4c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef841dd968"
    "3dd78ec92ae58790125f62b3000005d4";

static struct session_keys example_keys(void)
{
    struct session_keys k = {.salt = "Quid pro quo"};
    for (size_t i = 0; i < sizeof(k.cipher); i++)
        k.cipher[i] = (uint8_t)i;
    return k;
}

static void example_opens(uint16_t profile, const char *sealed)
{
    struct pair p;
    uint8_t pkt[128], clear[128];
    size_t len = from_hex(sealed, pkt);
    pair_make(&p, profile);
    p.opener.rtcp = example_keys();
    assert_int_equal(DROP_NONE, opener_rtcp(&p.opener, pkt, &len));
    assert_int_equal(from_hex(example_clear, clear), len);
    assert_memory_equal(clear, pkt, len);
    assert_int_equal(0x5d4, p.opener.ssrc[0].highest);
    pair_free(&p);
}

static void example_is_made(enum seal_backend backend, uint16_t profile, const char *sealed)
{
    const struct session_keys k = example_keys();
    struct seal_engine engine;
    uint8_t pkt[128], expected[128];
    size_t len = from_hex(example_clear, pkt);
    const int err = seal_engine_init(&engine, backend);
    if (err == -ENOTSUP && backend == SEAL_IPSEC_MB)
        return; // this machine has only the other
    assert_int_equal(0, err);
    struct sealer s = {.engine = &engine,
                       .profile = profile,
                       .keys = seal_keys_new(&engine, profile, &k),
                       .sent = calloc(1, sizeof(*s.sent)),
                       .sent_count = 1};
    memcpy(s.salt, k.salt, 12);
    *s.sent = (struct sealer_ssrc){.ssrc = rd32(pkt + 4), .next = 0x5d4};
    assert_int_equal(DROP_NONE, sealer_rtcp(&s, pkt, &len, sizeof(pkt)));
    assert_int_equal(from_hex(sealed, expected), len);
    assert_memory_equal(expected, pkt, len);
    sealer_fini(&s);
    seal_engine_fini(&engine);
}

static void the_standards_examples_open_and_are_made(void **state)
{
    (void)state;
    example_opens(PROFILE_GCM128, example_128);
    example_opens(PROFILE_GCM256, example_256);
    for (int i = 0; i < 2; i++) {
        const enum seal_backend backend = i ? SEAL_IPSEC_MB : SEAL_OPENSSL;
        example_is_made(backend, PROFILE_GCM128, example_128);
        example_is_made(backend, PROFILE_GCM256, example_256);
    }
}

/** RFC 3711 appendix B.3; what is SRTCP's differs from it by the label alone. */
static void keys_are_derived_as_in_the_standards_example(void **state)
{
    (void)state;
    uint8_t master[16], master_salt[14], expected[20];
    struct session_keys rtp, rtcp;
    from_hex("e1f97a0d3e018be0d64fa32c06de4139", master);
    from_hex("0ec675ad498afeebb6960b3aabe6", master_salt);
    assert_int_equal(0, kdf_rtp(PROFILE_CM80, master, master_salt, &rtp));
    from_hex("c61e7a93744f39ee10734afe3ff7a087", expected);
    assert_memory_equal(expected, rtp.cipher, 16);
    from_hex("30cbbc08863d8c85d49db34a9ae1", expected);
    assert_memory_equal(expected, rtp.salt, 14);
    from_hex("cebe321f6ff7716b6fd4ab49af256a156d38baa4", expected);
    assert_memory_equal(expected, rtp.auth, 20);
    assert_int_equal(0, kdf_rtcp(PROFILE_CM80, master, master_salt, &rtcp));
    assert_memory_not_equal(rtp.cipher, rtcp.cipher, 16);
    assert_memory_not_equal(rtp.salt, rtcp.salt, 14);
    assert_memory_not_equal(rtp.auth, rtcp.auth, 20);
}

static void every_bit_counts(struct pair *p, uint8_t *pkt, size_t len, size_t from, size_t n)
{
    for (size_t bit = 8 * from; bit < 8 * (from + n); bit++) {
        pkt[bit / 8] ^= (uint8_t)(1u << bit % 8);
        refused_and_forgotten(p, pkt, len);
        pkt[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void a_wrong_tag_is_refused_and_nothing_is_noted(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        uint8_t pkt[ROOM];
        pair_make(&p, all_profiles[i]);
        for (uint32_t index = 5; index < 8; index++) { // a stranger's first, then a friend's
            size_t len = make(&p, pkt, SSRC, index, CLEAR);
            const size_t tag = all_profiles[i] == PROFILE_CM80 ? len - 10 : len - 20;
            every_bit_counts(&p, pkt, len, tag, profile_sizes(all_profiles[i]).tag);
            assert_int_equal(DROP_NONE, opener_rtcp(&p.opener, pkt, &len));
        }
        pair_free(&p);
    }
}

/** Else a single forged packet would shut out all that are to come. */
static void a_forged_index_does_not_move_the_window(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        uint8_t pkt[ROOM];
        pair_make(&p, all_profiles[i]);
        assert_int_equal(DROP_NONE, come(&p, SSRC, 10));
        const size_t len = make(&p, pkt, SSRC, 9, CLEAR);
        const size_t at = all_profiles[i] == PROFILE_CM80 ? len - 14 : len - 4;
        const uint32_t forged[] = {LAST, 1000, 11, 8, 0};
        for (size_t k = 0; k < 5; k++) {
            wr32(pkt + at, 0x80000000u | forged[k]);
            refused_and_forgotten(&p, pkt, len);
        }
        for (size_t k = 2; k < 5; k++) // none of them has been used up
            assert_int_equal(DROP_NONE, come(&p, SSRC, forged[k]));
        assert_int_equal(DROP_NONE, come(&p, SSRC, 9));
        pair_free(&p);
    }
}

/** A tag of the packet's own, but what it protects is readable: RFC 7714 section 17.3. */
static void an_authentic_report_in_the_clear_is_refused_too(void **state)
{
    (void)state;
    struct pair p;
    uint8_t pkt[128];
    pair_make(&p, PROFILE_GCM128);
    p.opener.rtcp = example_keys();
    refused_and_forgotten(&p, pkt, from_hex(example_tag_only, pkt));
    pair_free(&p);

    pair_make(&p, PROFILE_CM80);
    uint8_t mac[20];
    unsigned mac_len = sizeof(mac);
    clear_report(pkt, SSRC);
    wr32(pkt + CLEAR, 3);
    for (int encrypted = 0; encrypted < 2; encrypted++) {
        pkt[CLEAR] = encrypted ? 0x80 : 0;
        assert_non_null(
            HMAC(EVP_sha1(), p.opener.rtcp.auth, 20, pkt, CLEAR + 4, mac, &mac_len));
        memcpy(pkt + CLEAR + 4, mac, 10);
        size_t len = CLEAR + 14;
        if (encrypted) // the tag was right: it is the flag that was refused
            assert_int_equal(DROP_NONE, opener_rtcp(&p.opener, pkt, &len));
        else
            refused_and_forgotten(&p, pkt, len);
    }
    pair_free(&p);
}

/** RFC 3711 section 9.2: after 2^31 packets a new key is needed; an index never comes again. */
static void the_index_ends_and_does_not_begin_anew(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        uint8_t pkt[ROOM];
        pair_make(&p, all_profiles[i]);
        assert_int_equal(DROP_NONE, come(&p, SSRC, LAST - 1));
        assert_int_equal(DROP_NONE, come(&p, SSRC, LAST));
        size_t len = CLEAR;
        clear_report(pkt, SSRC);
        assert_int_equal(DROP_LIMIT, sealer_rtcp(&p.sealer, pkt, &len, sizeof(pkt)));
        assert_int_equal(CLEAR, len);
        const uint32_t late[] = {0, 1, LAST, LAST - 1, LAST - WINDOW, LAST / 2};
        for (size_t k = 0; k < sizeof(late) / sizeof(*late); k++)
            assert_int_equal(DROP_REPLAY, come(&p, SSRC, late[k]));
        assert_int_equal(DROP_NONE, come(&p, SSRC, LAST - WINDOW + 1));
        assert_int_equal(DROP_REPLAY, come(&p, SSRC, LAST - WINDOW + 1));
        assert_int_equal(LAST, p.opener.ssrc[0].highest);
        pair_free(&p);
    }
}

/** Indices as they like, against a list of those that came. */
static void the_window_is_as_the_standard_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        struct rng rng = {i};
        static bool came[4000];
        uint32_t highest = 0;
        bool any = false;
        memset(came, 0, sizeof(came));
        pair_make(&p, all_profiles[i]);
        for (unsigned n = 0; n < 5000; n++) {
            const uint32_t base = any && highest > 80 ? highest - 80 : 0;
            uint32_t index = base + rng_below(&rng, n % 50 ? 84 : 200);
            if (index >= 4000)
                break;
            const bool fresh =
                !any || index > highest || (highest - index < WINDOW && !came[index]);
            assert_int_equal(fresh ? DROP_NONE : DROP_REPLAY, come(&p, SSRC, index));
            came[index] = true;
            highest = any && highest > index ? highest : index;
            any = true;
        }
        assert_true(highest > 1000);
        pair_free(&p);
    }
}

static void each_ssrc_has_a_window_of_its_own(void **state)
{
    (void)state;
    struct pair p;
    pair_make(&p, PROFILE_GCM256);
    for (uint32_t index = 500; index > 496; index--)
        for (uint32_t ssrc = 1; ssrc <= 4; ssrc++) {
            assert_int_equal(DROP_NONE, come(&p, ssrc, index));
            assert_int_equal(DROP_REPLAY, come(&p, ssrc, index));
        }
    assert_int_equal(DROP_NONE, come(&p, 2, 5000));
    assert_int_equal(DROP_REPLAY, come(&p, 2, 490));
    assert_int_equal(DROP_NONE, come(&p, 1, 490));
    assert_int_equal(DROP_REPLAY, come(&p, 4, 500));
    assert_int_equal(DROP_REPLAY, come(&p, 2, 5000));
    assert_int_equal(4, p.opener.count);
    pair_free(&p);
}

/** The shortest there is: a header and the trailer. All that is shorter is refused. */
static void a_header_alone_opens_and_nothing_shorter(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        uint8_t pkt[ROOM];
        pair_make(&p, all_profiles[i]);
        size_t len = make(&p, pkt, SSRC, 1, 8);
        assert_int_equal(8 + 4 + profile_sizes(all_profiles[i]).tag, len);
        for (size_t cut = 0; cut < len; cut++) {
            uint8_t *copy = malloc(cut ? cut : 1);
            size_t n = cut;
            memcpy(copy, pkt, cut);
            assert_int_equal(cut < 8 ? DROP_SHORT : DROP_MALFORMED,
                             opener_rtcp(&p.opener, copy, &n));
            free(copy);
        }
        assert_int_equal(0, p.opener.count);
        assert_int_equal(DROP_NONE, opener_rtcp(&p.opener, pkt, &len));
        assert_int_equal(8, len);

        uint8_t *huge = malloc(65536);
        memset(huge, 0x80, 65536);
        len = 65536;
        assert_int_equal(DROP_MALFORMED, opener_rtcp(&p.opener, huge, &len));
        refused_and_forgotten(&p, huge, 65535);
        free(huge);
        pair_free(&p);
    }
}

/** What was signed for media opens no report, and the other way round. */
static void keys_of_media_open_no_reports(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pair p;
        uint8_t pkt[ROOM];
        pair_make(&p, all_profiles[i]);
        const size_t len = make(&p, pkt, SSRC, 1, CLEAR);
        assert_int_equal(0, kdf_rtp(all_profiles[i], key, salt, &p.opener.rtcp));
        refused_and_forgotten(&p, pkt, len);
        pair_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_examples_open_and_are_made),
        cmocka_unit_test(keys_are_derived_as_in_the_standards_example),
        cmocka_unit_test(a_wrong_tag_is_refused_and_nothing_is_noted),
        cmocka_unit_test(a_forged_index_does_not_move_the_window),
        cmocka_unit_test(an_authentic_report_in_the_clear_is_refused_too),
        cmocka_unit_test(the_index_ends_and_does_not_begin_anew),
        cmocka_unit_test(the_window_is_as_the_standard_says),
        cmocka_unit_test(each_ssrc_has_a_window_of_its_own),
        cmocka_unit_test(a_header_alone_opens_and_nothing_shorter),
        cmocka_unit_test(keys_of_media_open_no_reports),
    };
    return cmocka_run_group_tests_name("srtp/rtcp", tests, set_up, tear_down);
}
