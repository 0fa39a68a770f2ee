#include "net/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct udp_batch *new_batch(void)
{
    struct udp_batch *b = calloc(1, sizeof(*b));
    assert_non_null(b);
    udp_batch_init(b);
    return b;
}

static struct sockaddr_in6 address(const char *text, uint16_t port)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    assert_int_equal(1, inet_pton(AF_INET6, text, &a.sin6_addr));
    return a;
}

static void wait_readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(1, poll(&p, 1, 5000));
}

/** On a machine with several addresses the answer comes from the one that was asked. */
static void an_answer_leaves_from_the_address_that_was_asked(void **state)
{
    (void)state;
    const char *const asked[] = {"::ffff:127.0.0.1", "::ffff:127.0.0.9", "::1"};
    const int server = udp_open(0), client = udp_open(0);
    struct udp_batch *rx = new_batch(), *tx = new_batch();

    for (unsigned i = 0; i < 3; i++) {
        struct udp_datagram *d = udp_next(tx);
        d->addr = address(asked[i], (uint16_t)udp_port(server));
        d->local = in6addr_any;
        d->len = 5;
        memcpy(d->data, "hello", 5);
        udp_commit(tx);
        udp_send(client, tx);
        assert_int_equal(0, tx->count);

        wait_readable(server);
        assert_int_equal(1, udp_recv(server, rx));
        assert_int_equal(5, rx->datagram[0].len);
        const struct sockaddr_in6 to = address(asked[i], 0);
        assert_memory_equal(&to.sin6_addr, &rx->datagram[0].local, sizeof(to.sin6_addr));

        d = udp_next(tx);
        d->addr = rx->datagram[0].addr;
        d->local = rx->datagram[0].local;
        d->len = 1;
        udp_commit(tx);
        udp_send(server, tx);
        wait_readable(client);
        assert_int_equal(1, udp_recv(client, rx));
        assert_memory_equal(&to.sin6_addr, &rx->datagram[0].addr.sin6_addr,
                            sizeof(to.sin6_addr));
    }
    close(server), close(client);
    free(rx), free(tx);
}

static void an_overlong_datagram_arrives_as_empty(void **state)
{
    (void)state;
    const int server = udp_open(0), client = udp_open(0);
    struct udp_batch *rx = new_batch();
    const struct sockaddr_in6 to = address("::1", (uint16_t)udp_port(server));
    const uint8_t big[UDP_SLOT_SIZE + 1] = {0};
    assert_int_equal(sizeof(big),
                     sendto(client, big, sizeof(big), 0, (const void *)&to, sizeof(to)));
    wait_readable(server);
    assert_int_equal(1, udp_recv(server, rx));
    assert_int_equal(0, rx->datagram[0].len);
    close(server), close(client);
    free(rx);
}

static void a_bad_destination_does_not_hold_up_the_rest(void **state)
{
    (void)state;
    const int server = udp_open(0), client = udp_open(0);
    struct udp_batch *rx = new_batch(), *tx = new_batch();
    for (unsigned i = 0; i < 3; i++) {
        struct udp_datagram *d = udp_next(tx);
        d->addr = address("::1", i == 1 ? 0 : (uint16_t)udp_port(server)); // port 0: EINVAL
        d->len = 1;
        udp_commit(tx);
    }
    udp_send(client, tx);
    wait_readable(server);
    assert_int_equal(2, udp_recv(server, rx));
    close(server), close(client);
    free(rx), free(tx);
}

static void a_port_in_use_says_so(void **state)
{
    (void)state;
    const int fd = udp_open(0);
    assert_int_equal(-EADDRINUSE, udp_open((uint16_t)udp_port(fd)));
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_leaves_from_the_address_that_was_asked),
        cmocka_unit_test(an_overlong_datagram_arrives_as_empty),
        cmocka_unit_test(a_bad_destination_does_not_hold_up_the_rest),
        cmocka_unit_test(a_port_in_use_says_so),
    };
    return cmocka_run_group_tests_name("net/udp", tests, NULL, NULL);
}
