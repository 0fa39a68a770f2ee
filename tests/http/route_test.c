#include "http/address.h"
#include "http/limit.h"
#include "route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct route_params params;

static void a_parameter_is_one_decoded_segment(void **state)
{
    (void)state;
    assert_true(route_match("/e/{ref}/room", "/e/a%2Fb%20c/room", &params));
    assert_string_equal(route_param(&params, "ref"), "a/b c");
    assert_null(route_param(&params, "re"));
    assert_true(route_match("/r/{a}/{b}", "/r/1/2", &params));
    assert_string_equal(route_param(&params, "b"), "2");
}

static void paths_that_do_not_match_do_not(void **state)
{
    (void)state;
    assert_false(route_match("/r/{t}", "/r/", &params));
    assert_false(route_match("/r/{t}", "/r/a/b", &params));
    assert_false(route_match("/r/{t}", "/r/a/", &params));
    assert_false(route_match("/r/{t}", "/r", &params));
    assert_false(route_match("/r/{t}", "/r/%zz", &params));
    assert_false(route_match("/r/{t}", "/r/%00", &params));
    assert_false(route_match("/r/{t}", "/r/%ff", &params)); // not UTF-8
    assert_false(route_match("/", "/a", &params));
    assert_true(route_match("/", "/", &params));
}

static void a_starred_parameter_takes_the_rest(void **state)
{
    (void)state;
    assert_true(route_match("/static/{path*}", "/static/lib/a.js", &params));
    assert_string_equal(route_param(&params, "path"), "lib/a.js");
    assert_false(route_match("/static/{path*}", "/static/", &params));
}

static void a_query_is_split_before_it_is_decoded(void **state)
{
    struct route_pair pair[ROUTE_QUERIES];
    char query[] = "a=1%262&b=x+y&c&=d&a=2";

    (void)state;
    assert_int_equal(route_query(query, pair), 5);
    assert_string_equal(pair[0].value, "1&2");
    assert_string_equal(pair[1].value, "x y");
    assert_string_equal(pair[2].name, "c");
    assert_string_equal(pair[2].value, "");
    assert_string_equal(pair[3].name, "");
}

static void bad_and_boundless_queries_are_refused(void **state)
{
    struct route_pair pair[ROUTE_QUERIES];
    char bad[] = "a=%4", not_text[] = "a=%c0", many[200] = "a";
    char *big = calloc(1, ROUTE_QUERY + 2);

    (void)state;
    assert_int_equal(route_query(bad, pair), -1);
    assert_int_equal(route_query(not_text, pair), -1);
    for (int i = 0; i < ROUTE_QUERIES; i++)
        (void)strcat(many, "&a");
    assert_int_equal(route_query(many, pair), -1);
    memset(big, 'a', ROUTE_QUERY + 1);
    assert_int_equal(route_query(big, pair), -1);
    free(big);
}

static void ranges_hold_their_addresses(void **state)
{
    (void)state;
    assert_true(address_in("10.1.2.3", "10.0.0.0/8"));
    assert_false(address_in("11.1.2.3", "10.0.0.0/8"));
    assert_true(address_in("::ffff:10.1.2.3", "10.0.0.0/8"));
    assert_true(address_in("192.0.2.129", "192.0.2.128/25"));
    assert_false(address_in("192.0.2.127", "192.0.2.128/25"));
    assert_true(address_in("2001:db8::1", "2001:db8::/32"));
    assert_false(address_in("2001:db9::1", "2001:db8::/32"));
    assert_true(address_in("1.2.3.4", "0.0.0.0/0"));
    assert_false(address_in("::1", "0.0.0.0/0"));
    assert_true(address_in("::1", "::1"));
    assert_false(address_range_valid("10.0.0.0/33"));
    assert_false(address_range_valid("10.0.0.0/"));
    assert_false(address_range_valid("host"));
}

static void a_client_is_believed_only_behind_a_proxy_of_ours(void **state)
{
    static const char *const proxies[] = {"10.0.0.0/8"};
    char out[HTTP_ADDRESS_SIZE];

    (void)state;
    address_client("192.0.2.1", "1.1.1.1", proxies, 1, out);
    assert_string_equal(out, "192.0.2.1");
    address_client("10.0.0.1", "6.6.6.6, 192.0.2.7, 10.0.0.2", proxies, 1, out);
    assert_string_equal(out, "192.0.2.7"); // what stands before it was written by the client
    address_client("10.0.0.1", NULL, proxies, 1, out);
    assert_string_equal(out, "10.0.0.1");
    address_client("10.0.0.1", "unknown", proxies, 1, out);
    assert_string_equal(out, "10.0.0.1");
    address_client("10.0.0.1", " 2001:db8::1 ", proxies, 1, out);
    assert_string_equal(out, "2001:db8::1");
    address_client("10.0.0.1", "1.1.1.1", NULL, 0, out);
    assert_string_equal(out, "10.0.0.1");
}

static void ipv6_counts_by_its_64_bit_prefix(void **state)
{
    char a[LIMIT_KEY_SIZE], b[LIMIT_KEY_SIZE];

    (void)state;
    limit_address("2001:db8:1:2::1", a);
    limit_address("2001:db8:1:2:ffff::9", b);
    assert_string_equal(a, b);
    limit_address("2001:db8:1:3::1", b);
    assert_string_not_equal(a, b);
    limit_address("::ffff:192.0.2.1", a);
    limit_address("192.0.2.1", b);
    assert_string_equal(a, b);
}

static void a_limit_lets_a_burst_through_and_then_its_rate(void **state)
{
    struct limit *limit = limit_new(20, 20, 100);
    usec_t now = 5;
    unsigned retry_s = 0;

    (void)state;
    for (int i = 0; i < 20; i++)
        assert_true(limit_take(limit, "a", NULL, now));
    assert_false(limit_take(limit, "a", &retry_s, now));
    assert_int_equal(retry_s, 3);
    assert_true(limit_take(limit, "b", NULL, now)); // each key by itself
    now += 3 * USEC_PER_SEC;
    assert_true(limit_take(limit, "a", NULL, now));
    assert_false(limit_take(limit, "a", NULL, now));
    now += 60 * USEC_PER_SEC;
    for (int i = 0; i < 20; i++)
        assert_true(limit_take(limit, "a", NULL, now));
    assert_false(limit_take(limit, "a", NULL, now));
    limit_free(limit);
}

static void many_keys_do_not_grow_a_limit(void **state)
{
    struct limit *limit = limit_new(1, 1, 64);
    char key[LIMIT_KEY_SIZE];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        (void)snprintf(key, sizeof key, "key %d", i);
        assert_true(limit_take(limit, key, NULL, i));
    }
    assert_false(limit_take(limit, key, NULL, 10000)); // the newest is still known
    limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parameter_is_one_decoded_segment),
        cmocka_unit_test(paths_that_do_not_match_do_not),
        cmocka_unit_test(a_starred_parameter_takes_the_rest),
        cmocka_unit_test(a_query_is_split_before_it_is_decoded),
        cmocka_unit_test(bad_and_boundless_queries_are_refused),
        cmocka_unit_test(ranges_hold_their_addresses),
        cmocka_unit_test(a_client_is_believed_only_behind_a_proxy_of_ours),
        cmocka_unit_test(ipv6_counts_by_its_64_bit_prefix),
        cmocka_unit_test(a_limit_lets_a_burst_through_and_then_its_rate),
        cmocka_unit_test(many_keys_do_not_grow_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
