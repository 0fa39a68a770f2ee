#include "launch_token.h"

#include <jwt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1790000000)

static const struct links_secret_live live[2] = {{.version = 7, .text = "the newest"},
                                                 {.version = 6, .text = "the one before"}};

/** How a token is signed. */
struct seal {
    jwt_alg_t alg;
    const char *kid, *key;
};

static const struct seal good = {JWT_ALG_HS256, "7", "the newest"};

/** To be freed. */
static char *make(const struct seal *seal, const char *claims)
{
    jwt_t *jwt = NULL;
    char *token;
    const bool none = seal->alg == JWT_ALG_NONE;

    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(jwt_add_grants_json(jwt, claims), 0);
    if (seal->kid)
        assert_int_equal(jwt_add_header(jwt, "kid", seal->kid), 0);
    assert_int_equal(jwt_set_alg(jwt, seal->alg, none ? NULL : (const unsigned char *)seal->key,
                                 none ? 0 : (int)strlen(seal->key)),
                     0);
    token = jwt_encode_str(jwt);
    assert_non_null(token);
    jwt_free(jwt);
    return token;
}

/** The claims that every link has, and more (each begins with a comma). */
static enum launch_fault read_with(const struct seal *seal, int64_t exp, const char *more,
                                   struct links_launch *out)
{
    char claims[4096];
    char *token;
    enum launch_fault fault;

    (void)snprintf(
        claims, sizeof claims,
        "{\"iss\":\"suite\",\"aud\":\"salon\",\"sub\":\"zoe\",\"name\":\"Zo\xc3\xa9\","
        "\"jti\":\"j1\",\"exp\":%lld%s}",
        (long long)exp, more);
    token = make(seal, claims);
    fault = launch_token_read(token, live, 2, out, NOW);
    free(token);
    return fault;
}

static void a_link_says_who_where_and_whom_to_ring(void **state)
{
    struct links_launch l;

    (void)state;
    assert_int_equal(
        read_with(
            &good, NOW + 300,
            ",\"act\":\"event\",\"event_ref\":\"cal/1\",\"title\":\"Comit\xc3\xa9\","
            "\"locale\":\"fr\",\"context\":\"calendar\",\"ring\":[\"paul\",\"zoe\",\"ana\"],"
            "\"ring_names\":{\"ana\":\"Ana\"}",
            &l),
        LAUNCH_GOOD);
    assert_string_equal(l.claim, "");
    assert_int_equal(l.act, LAUNCH_EVENT);
    assert_string_equal(l.ref, "zoe");
    assert_string_equal(l.name, "Zo\xc3\xa9");
    assert_string_equal(l.event_ref, "cal/1");
    assert_string_equal(l.title, "Comit\xc3\xa9");
    assert_string_equal(l.context, "calendar");
    assert_int_equal(l.ring_count, 2); // nobody rings oneself
    assert_string_equal(l.ring[0].ref, "paul");
    assert_string_equal(l.ring[0].name, "");
    assert_string_equal(l.ring[1].ref, "ana");
    assert_string_equal(l.ring[1].name, "Ana");
}

static void names_beside_the_rings_may_be_a_list(void **state)
{
    struct links_launch l;

    (void)state;
    assert_int_equal(
        read_with(&good, NOW + 1, ",\"ring\":[\"a\",\"b\"],\"ring_names\":[null,\"B\"]", &l),
        LAUNCH_GOOD);
    assert_int_equal(l.act, LAUNCH_INSTANT);
    assert_string_equal(l.ring[0].name, "");
    assert_string_equal(l.ring[1].name, "B");
}

static void only_hs256_with_the_secret_that_kid_names_counts(void **state)
{
    static const struct {
        struct seal seal;
        enum launch_fault fault;
    } rows[] = {
        {{JWT_ALG_HS256, "7", "the newest"}, LAUNCH_GOOD},
        {{JWT_ALG_HS256, "6", "the one before"}, LAUNCH_GOOD},
        {{JWT_ALG_HS256, "6", "the newest"}, LAUNCH_FORGED},
        {{JWT_ALG_HS256, "7", "the one before"}, LAUNCH_FORGED},
        {{JWT_ALG_HS256, "5", "the newest"}, LAUNCH_KEY},
        {{JWT_ALG_HS256, " 7", "the newest"}, LAUNCH_KEY},
        {{JWT_ALG_HS256, "07", "the newest"}, LAUNCH_KEY},
        {{JWT_ALG_HS256, NULL, "the newest"}, LAUNCH_KEY},
        {{JWT_ALG_HS384, "7", "the newest"}, LAUNCH_ALG},
        {{JWT_ALG_HS512, "7", "the newest"}, LAUNCH_ALG},
        {{JWT_ALG_NONE, "7", ""}, LAUNCH_ALG},
    };
    struct links_launch l;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(read_with(&rows[i].seal, NOW + 1, "", &l), rows[i].fault);
}

static void a_link_lives_for_a_day_and_clocks_may_differ_by_a_minute(void **state)
{
    struct links_launch l;

    (void)state;
    assert_int_equal(read_with(&good, NOW - 59, "", &l), LAUNCH_GOOD);
    assert_int_equal(read_with(&good, NOW - 60, "", &l), LAUNCH_EXPIRED);
    assert_string_equal(l.claim, "exp");
    assert_int_equal(read_with(&good, NOW + 86460, "", &l), LAUNCH_GOOD);
    assert_int_equal(read_with(&good, NOW + 86461, "", &l), LAUNCH_TOO_LONG);
    assert_int_equal(read_with(&good, NOW + 9, ",\"nbf\":1790000060", &l), LAUNCH_GOOD);
    assert_int_equal(read_with(&good, NOW + 9, ",\"nbf\":1790000061", &l), LAUNCH_EARLY);
    assert_string_equal(l.claim, "nbf");
    assert_int_equal(read_with(&good, NOW + 9, ",\"iat\":1790000061", &l), LAUNCH_EARLY);
    assert_int_equal(read_with(&good, INT64_MAX, "", &l), LAUNCH_CLAIM);
    assert_int_equal(read_with(&good, -1, "", &l), LAUNCH_CLAIM);
}

static void one_wrong_claim_is_named(void **state)
{
    static const struct {
        const char *more, *claim;
    } rows[] = {
        {",\"act\":\"close\"", "act"},
        {",\"act\":\"join\"", "room"},
        {",\"act\":\"event\"", "event_ref"},
        {",\"context\":\"x\"", "context"},
        {",\"title\":7", "title"},
        {",\"title\":\"a\\nb\"", "title"},
        {",\"locale\":\"a-very-long-locale\"", "locale"},
        {",\"ring\":{}", "ring"},
        {",\"ring\":[\"\"]", "ring"},
        {",\"ring\":[\"a\"],\"ring_names\":7", "ring_names"},
        {",\"ring\":[\"a\"],\"ring_names\":{\"a\":7}", "ring_names"},
        {",\"iat\":\"now\"", "iat"},
    };
    struct links_launch l;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(read_with(&good, NOW + 1, rows[i].more, &l), LAUNCH_CLAIM);
        assert_string_equal(l.claim, rows[i].claim);
    }
}

static void the_audience_is_salon_alone_or_among_others(void **state)
{
    static const struct {
        const char *aud;
        enum launch_fault fault;
    } rows[] = {{"\"salon\"", LAUNCH_GOOD},         {"[\"x\",\"salon\"]", LAUNCH_GOOD},
                {"\"Salon\"", LAUNCH_AUDIENCE},     {"[]", LAUNCH_AUDIENCE},
                {"{\"salon\":1}", LAUNCH_AUDIENCE}, {"null", LAUNCH_AUDIENCE}};
    struct links_launch l;
    char claims[256];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *token;

        (void)snprintf(claims, sizeof claims,
                       "{\"iss\":\"s\",\"aud\":%s,\"sub\":\"z\",\"name\":\"Z\",\"jti\":\"j\","
                       "\"exp\":1790000001}",
                       rows[i].aud);
        token = make(&good, claims);
        assert_int_equal(launch_token_read(token, live, 2, &l, NOW), rows[i].fault);
        free(token);
    }
}

static void the_prefix_is_found_in_a_link(void **state)
{
    char prefix[LINKS_ID_SIZE];

    (void)state;
    assert_true(links_launch_prefix("https://h/launch/acme?x=1#t=a.b.c", prefix));
    assert_string_equal(prefix, "acme");
    assert_true(links_launch_prefix("/launch/", prefix));
    assert_string_equal(prefix, "");
    assert_true(links_launch_prefix(
        "/launch/this-prefix-is-longer-than-any-that-a-tenant-may-have", prefix));
    assert_string_equal(prefix, "");
    assert_false(links_launch_prefix("https://h/r/7M3K", prefix));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_says_who_where_and_whom_to_ring),
        cmocka_unit_test(names_beside_the_rings_may_be_a_list),
        cmocka_unit_test(only_hs256_with_the_secret_that_kid_names_counts),
        cmocka_unit_test(a_link_lives_for_a_day_and_clocks_may_differ_by_a_minute),
        cmocka_unit_test(one_wrong_claim_is_named),
        cmocka_unit_test(the_audience_is_salon_alone_or_among_others),
        cmocka_unit_test(the_prefix_is_found_in_a_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
