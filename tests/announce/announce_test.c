#include "announce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void an_address_that_leads_nobody_here_says_why(void **state)
{
    (void)state;
    const struct {
        const char *address;
        enum announce is;
    } table[] = {
        {"0.0.0.0", ANNOUNCE_UNSPECIFIED},
        {"::", ANNOUNCE_UNSPECIFIED},
        {"127.0.0.1", ANNOUNCE_LOOPBACK},
        {"127.255.0.9", ANNOUNCE_LOOPBACK},
        {"::1", ANNOUNCE_LOOPBACK},
        {"169.254.3.4", ANNOUNCE_LINK_LOCAL},
        {"fe80::1", ANNOUNCE_LINK_LOCAL},
        {"febf::1", ANNOUNCE_LINK_LOCAL},
        {"192.0.2.1", ANNOUNCE_DOCUMENTATION},
        {"198.51.100.7", ANNOUNCE_DOCUMENTATION},
        {"203.0.113.7", ANNOUNCE_DOCUMENTATION},
        {"2001:db8::7", ANNOUNCE_DOCUMENTATION},
        {"224.0.0.1", ANNOUNCE_MULTICAST},
        {"255.255.255.255", ANNOUNCE_MULTICAST},
        {"ff02::1", ANNOUNCE_MULTICAST},
    };
    for (unsigned i = 0; i < sizeof(table) / sizeof(*table); i++)
        assert_int_equal(table[i].is, announce_look(table[i].address));
}

static void neighbours_of_those_ranges_are_not_in_them(void **state)
{
    (void)state;
    const char *const table[] = {"128.0.0.1",   "126.255.255.255", "192.0.3.1", "203.0.114.1",
                                 "169.253.0.1", "2001:db9::1",     "fec0::1"};
    for (unsigned i = 0; i < sizeof(table) / sizeof(*table); i++)
        assert_in_range(announce_look(table[i]), ANNOUNCE_OURS, ANNOUNCE_NO_FAMILY);
}

static void private_addresses_are_known(void **state)
{
    (void)state;
    const char *const yes[] = {"10.1.2.3",   "172.16.0.1", "172.31.255.1", "192.168.1.1",
                               "100.64.0.1", "fd00::1",    "fc00::1"};
    const char *const no[] = {"11.0.0.1",    "172.15.0.1", "172.32.0.1", "192.169.0.1",
                              "100.128.0.1", "2a00::1",    "fe00::1"};
    for (unsigned i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
        assert_true(announce_is_private(yes[i]));
        assert_false(announce_is_private(no[i]));
    }
}

static void loopback_serves_development_alone(void **state)
{
    (void)state;
    const char *const list[] = {"127.0.0.1", "::1"};
    assert_true(announce_check(list, 2, true));
    assert_false(announce_check(list, 2, false));
    assert_false(announce_check(list, 0, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_that_leads_nobody_here_says_why),
        cmocka_unit_test(neighbours_of_those_ranges_are_not_in_them),
        cmocka_unit_test(private_addresses_are_known),
        cmocka_unit_test(loopback_serves_development_alone),
    };
    return cmocka_run_group_tests_name("announce", tests, NULL, NULL);
}
