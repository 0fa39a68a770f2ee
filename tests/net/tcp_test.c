/* Real connections over loopback, one loop, no clock of our own. */
#include "tcp_house.h"

static void a_packet_comes_with_both_addresses_and_its_answer_goes_back(void **state)
{
    struct house *h = *state;
    const int fd = dial(h, "::ffff:127.0.0.1");
    say(fd, CHECK, sizeof(CHECK));
    until_packets(h, 1);
    assert_int_equal(sizeof(CHECK), h->last.len);
    assert_memory_equal(CHECK, h->data, sizeof(CHECK));
    assert_true(IN6_IS_ADDR_V4MAPPED(&h->last.addr.sin6_addr));
    assert_memory_equal(&h->last.addr.sin6_addr, &h->last.local, 16);
    answer(h, "yes", 3);
    uint8_t got[5];
    assert_int_equal(sizeof(got), recv(fd, got, sizeof(got), MSG_WAITALL));
    assert_memory_equal("\0\3yes", got, sizeof(got));
    close(fd);
}

static void a_packet_in_pieces_is_one(void **state)
{
    struct house *h = *state;
    const char frame[] = "\0\5\0\1abc\0\3\0\1x";
    const int fd = dial(h, "::1");
    for (size_t i = 0; i + 1 < sizeof(frame); i++) {
        assert_int_equal(1, write(fd, frame + i, 1));
        uv_run(&h->loop, UV_RUN_NOWAIT);
    }
    until_packets(h, 2);
    assert_int_equal(3, h->last.len);
    assert_memory_equal("\0\1x", h->data, 3);
    close(fd);
}

static void what_is_not_for_a_connection_stays_for_udp(void **state)
{
    struct house *h = *state;
    const int fd = dial(h, "::1");
    say(fd, CHECK, sizeof(CHECK));
    until_packets(h, 1);
    for (unsigned i = 0; i < 4; i++) {
        struct udp_datagram *d = udp_next(&h->tx);
        d->addr = h->last.addr;
        d->addr.sin6_flowinfo = i % 2 ? 0 : i == 0 ? d->addr.sin6_flowinfo : 4711; // nobody's
        d->addr.sin6_port = htons((uint16_t)(1000 + i));
        d->len = 1;
        *d->data = (uint8_t)('a' + i);
        udp_commit(&h->tx);
    }
    tcp_send(h->tcp, &h->tx);
    assert_int_equal(2, h->tx.count);
    assert_int_equal(htons(1001), h->tx.datagram[0].addr.sin6_port);
    assert_int_equal('b', *h->tx.datagram[0].data);
    assert_int_equal(htons(1003), h->tx.datagram[1].addr.sin6_port);
    assert_int_equal('d', *h->tx.datagram[1].data);
    uint8_t got[3];
    assert_int_equal(sizeof(got), recv(fd, got, sizeof(got), MSG_WAITALL));
    assert_memory_equal("\0\1a", got, sizeof(got));
    close(fd);
}

static void a_stranger_who_says_anything_but_stun_is_shut_out(void **state)
{
    struct house *h = *state;
    const int fd = dial(h, "::1");
    say(fd, MEDIA, sizeof(MEDIA));
    until(h, &tcp_count(h->tcp)->refused, 1);
    assert_int_equal(0, h->packets);
    assert_true(is_over(fd));
    close(fd);
}

static void a_stranger_may_not_talk_for_long_and_a_friend_may(void **state)
{
    struct house *h = *state;
    const int stranger = dial(h, "::1");
    for (unsigned i = 0; i <= TCP_STRANGER_SAYS; i++)
        say(stranger, CHECK, sizeof(CHECK));
    until(h, &tcp_count(h->tcp)->refused, 1);
    assert_int_equal(TCP_STRANGER_SAYS, h->packets);
    assert_true(is_over(stranger));

    h->friendly = true;
    const int friend = dial(h, "::1");
    say(friend, CHECK, sizeof(CHECK));
    for (unsigned i = 0; i < 100; i++)
        say(friend, MEDIA, sizeof(MEDIA));
    until_packets(h, TCP_STRANGER_SAYS + 101);
    assert_int_equal(1, tcp_count(h->tcp)->refused);
    close(stranger), close(friend);
}

static void of_too_many_strangers_from_one_address_the_oldest_goes(void **state)
{
    struct house *h = *state;
    int fd[TCP_FROM_ONE + 1];
    for (unsigned i = 0; i <= TCP_FROM_ONE; i++) {
        fd[i] = dial(h, "::ffff:127.0.0.1");
        until(h, &tcp_count(h->tcp)->accepted, i + 1);
    }
    until(h, &tcp_count(h->tcp)->refused, 1);
    assert_true(is_over(fd[0]));
    say(fd[1], CHECK, sizeof(CHECK));
    until_packets(h, 1);
    say(fd[TCP_FROM_ONE], CHECK, sizeof(CHECK));
    until_packets(h, 2);
    assert_int_equal(1, tcp_count(h->tcp)->refused);
    for (unsigned i = 0; i <= TCP_FROM_ONE; i++)
        close(fd[i]);
}

static void an_overlong_length_ends_the_connection(void **state)
{
    struct house *h = *state;
    const int fd = dial(h, "::1");
    h->friendly = true;
    say(fd, CHECK, sizeof(CHECK));
    until_packets(h, 1);
    assert_int_equal(2, write(fd, "\377\377", 2));
    until(h, &tcp_count(h->tcp)->closed, 1);
    assert_true(is_over(fd));
    close(fd);
}

/** Whoever reads slowly misses packets, but gets whole ones, and the server holds little. */
static void a_slow_reader_misses_whole_packets(void **state)
{
    struct house *h = *state;
    const int fd = dial(h, "::1");
    uint8_t packet[1000];
    h->friendly = true;
    say(fd, CHECK, sizeof(CHECK));
    until_packets(h, 1);
    unsigned sent = 0;
    for (; tcp_count(h->tcp)->lost == 0; sent++) {
        memset(packet, (int)sent, sizeof(packet));
        answer(h, packet, sizeof(packet));
    }
    uint8_t got[FRAME_HEADER + sizeof(packet)];
    for (unsigned i = 0; i + 1 < sent; i++) { // all but the one that was lost, in order
        size_t have = 0;
        while (have < sizeof(got)) {
            const ssize_t n = recv(fd, got + have, sizeof(got) - have, MSG_DONTWAIT);
            have += n > 0 ? (size_t)n : 0;
            uv_run(&h->loop, UV_RUN_NOWAIT);
        }
        assert_int_equal(sizeof(packet), rd16(got));
        memset(packet, (int)i, sizeof(packet));
        assert_memory_equal(packet, got + FRAME_HEADER, sizeof(packet));
    }
    answer(h, "again", 5);
    assert_int_equal(7, recv(fd, got, 7, MSG_WAITALL));
    assert_memory_equal("\0\5again", got, 7);
    assert_int_equal(1, tcp_count(h->tcp)->lost);
    close(fd);
}

static void a_closed_connection_is_forgotten(void **state)
{
    struct house *h = *state;
    const int fd = dial(h, "::1");
    say(fd, CHECK, sizeof(CHECK));
    until_packets(h, 1);
    close(fd);
    until(h, &tcp_count(h->tcp)->closed, 1);
    answer(h, "late", 4); // to nobody, and not by UDP either
    assert_int_equal(0, h->tx.count);
}

static void a_port_in_use_says_so(void **state)
{
    const struct house *h = *state;
    assert_int_equal(-EADDRINUSE, tcp_open(h->port));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(a_packet_comes_with_both_addresses_and_its_answer_goes_back),
        HOUSE_TEST(a_packet_in_pieces_is_one),
        HOUSE_TEST(what_is_not_for_a_connection_stays_for_udp),
        HOUSE_TEST(a_stranger_who_says_anything_but_stun_is_shut_out),
        HOUSE_TEST(a_stranger_may_not_talk_for_long_and_a_friend_may),
        HOUSE_TEST(of_too_many_strangers_from_one_address_the_oldest_goes),
        HOUSE_TEST(an_overlong_length_ends_the_connection),
        HOUSE_TEST(a_slow_reader_misses_whole_packets),
        HOUSE_TEST(a_closed_connection_is_forgotten),
        HOUSE_TEST(a_port_in_use_says_so),
    };
    return cmocka_run_group_tests_name("net/tcp", tests, NULL, NULL);
}
