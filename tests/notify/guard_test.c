#include "guard.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct sockaddr_storage parse(const char *text)
{
    struct sockaddr_storage out = {0};
    struct sockaddr_in in4 = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &in4.sin_addr) == 1)
        memcpy(&out, &in4, sizeof in4);
    else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
        memcpy(&out, &in6, sizeof in6);
    else
        fail_msg("%s", text);
    return out;
}

static bool is_public(const char *text)
{
    const struct sockaddr_storage address = parse(text);

    return guard_is_public((const struct sockaddr *)&address);
}

static void what_is_inside_is_refused_in_every_form(void **state)
{
    static const char *const inside[] = {"0.0.0.0",
                                         "0.1.2.3",
                                         "10.0.0.1",
                                         "10.255.255.255",
                                         "100.64.0.1",
                                         "100.127.255.255",
                                         "127.0.0.1",
                                         "127.255.0.1",
                                         "169.254.169.254",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.0.0.8",
                                         "192.0.2.1",
                                         "192.168.1.1",
                                         "198.18.0.1",
                                         "198.19.255.255",
                                         "198.51.100.7",
                                         "203.0.113.9",
                                         "224.0.0.1",
                                         "239.255.255.255",
                                         "240.0.0.1",
                                         "255.255.255.255",
                                         "192.88.99.1",
                                         "::",
                                         "::1",
                                         "::ffff:127.0.0.1",
                                         "::ffff:10.0.0.1",
                                         "::127.0.0.1",
                                         "64:ff9b::7f00:1",
                                         "64:ff9b:1::1",
                                         "100::1",
                                         "fc00::1",
                                         "fdff::1",
                                         "fe80::1",
                                         "febf::1",
                                         "fec0::1",
                                         "ff02::1",
                                         "2001::1",
                                         "2001:0:7f00:1::",
                                         "2001:10::1",
                                         "2001:db8::1",
                                         "2002:7f00:1::1",
                                         "3fff:fff::1",
                                         "5f00::1"};

    (void)state;
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++)
        if (is_public(inside[i]))
            fail_msg("%s", inside[i]);
}

static void the_public_internet_is_not(void **state)
{
    static const char *const outside[] = {
        "1.1.1.1",        "9.255.255.255",        "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",    "126.255.255.255",      "128.0.0.1",       "169.253.255.255",
        "172.15.255.255", "172.32.0.0",           "192.0.1.0",       "192.167.255.255",
        "198.17.0.1",     "198.20.0.0",           "223.255.255.255", "::ffff:1.1.1.1",
        "2001:200::1",    "2606:4700:4700::1111", "2a00:1450::1",    "3ffe::1"};

    (void)state;
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        if (!is_public(outside[i]))
            fail_msg("%s", outside[i]);
}

static void an_administrator_opens_a_range_and_no_more(void **state)
{
    static const char *const ranges[] = {"10.1.0.0/16", "fd00::/8"};
    const struct sockaddr_storage in4 = parse("10.1.2.3"), out4 = parse("10.2.0.1"),
                                  in6 = parse("fd12::1"), open = parse("1.1.1.1");
    bool opened;

    (void)state;
    assert_true(guard_allows((const struct sockaddr *)&in4, ranges, 2, &opened));
    assert_true(opened);
    assert_true(guard_allows((const struct sockaddr *)&in6, ranges, 2, &opened));
    assert_false(guard_allows((const struct sockaddr *)&out4, ranges, 2, &opened));
    assert_false(opened);
    assert_true(guard_allows((const struct sockaddr *)&open, ranges, 2, &opened));
    assert_false(opened);
}

static void what_is_no_internet_address_is_refused(void **state)
{
    const struct sockaddr address = {.sa_family = AF_UNIX};
    bool opened;

    (void)state;
    assert_false(guard_allows(&address, NULL, 0, &opened));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_inside_is_refused_in_every_form),
        cmocka_unit_test(the_public_internet_is_not),
        cmocka_unit_test(an_administrator_opens_a_range_and_no_more),
        cmocka_unit_test(what_is_no_internet_address_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
