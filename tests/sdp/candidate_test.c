#include "offers.h"

static void candidates_of_real_clients_are_valid(void **state)
{
    (void)state;
    const char *const good[] = {
        "",
        "candidate:4154671379 1 udp 2122194687 192.0.2.10 40862 typ host generation 0 "
        "network-id 1",
        "candidate:151623047 1 tcp 1518214911 192.0.2.10 9 typ host tcptype active generation "
        "0 "
        "ufrag yOxz network-id 1 network-cost 10",
        "candidate:0 1 UDP 2122187007 8ff5d7f1-90f5-4134-ac27-dae28520261b.local 47247 typ "
        "host",
        "candidate:1 2 UDP 1685987326 203.0.113.7 60001 typ srflx raddr 0.0.0.0 rport 0",
        "candidate:f957a2332b1715da3b0ef8ba684454eb 1 udp 2130706431 2001:db8::10 36702 typ "
        "host",
        "candidate:7 1 UDP 2015363839 fe80::1 46434 typ host",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(sdp_candidate_valid(good[i]));
}

static void what_is_no_candidate_is_not_valid(void **state)
{
    (void)state;
    const char *const bad[] = {
        "candidate",
        "candidate:",
        " ",
        "a=candidate:1 1 udp 1 192.0.2.1 9 typ host",
        "candidate:1 1 udp 1 192.0.2.1 9 typ",
        "candidate:1 1 udp 1 192.0.2.1 9 type host",
        "candidate:1 0 udp 1 192.0.2.1 9 typ host",
        "candidate:1 257 udp 1 192.0.2.1 9 typ host",
        "candidate:1 1 udp 4294967296 192.0.2.1 9 typ host",
        "candidate:1 1 udp 1 192.0.2.1 65536 typ host",
        "candidate:1 1 udp 1 192.0.2.1 -9 typ host",
        "candidate:1_2 1 udp 1 192.0.2.1 9 typ host",
        "candidate:012345678901234567890123456789012 1 udp 1 192.0.2.1 9 typ host",
        "candidate:1 1 udp 1 in[valid] 9 typ host",
        "candidate:1 1 udp 1 192.0.2.1 9 typ host raddr",
        "candidate:1 1 udp 1 192.0.2.1 9 typ host raddr 192.0.2.1 rport x",
        "candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=x",
        "candidate:1 1 udp 1 192.0.2.1 9 typ host x \x01",
        "candidate:1 1 udp 1 192.0.2.1 9 typ host x \xc3\xa9",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(sdp_candidate_valid(bad[i]));
    char *endless = calloc(1, 5000);
    strcat(endless, "candidate:1 1 udp 1 192.0.2.1 9 typ host x ");
    memset(endless + strlen(endless), 'a', 4000);
    assert_false(sdp_candidate_valid(endless));
    free(endless);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates_of_real_clients_are_valid),
        cmocka_unit_test(what_is_no_candidate_is_not_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
