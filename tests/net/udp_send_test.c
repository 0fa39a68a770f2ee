#include "net/udp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define RECEIVERS 40

/** What the next sendmmsg() and sendmsg() calls do. The linker puts ours before the C
 * library's. */
static struct kernel {
    int burst_error;  ///< bursts are refused so; 0: taken
    int single_error; ///< all else is refused so
    unsigned longest; ///< bytes that a packet sent by itself may have; 0: any
    unsigned full;    ///< so many calls say EAGAIN
    unsigned most;    ///< messages that one call takes; 0: all
    unsigned calls, bursts;
    uint16_t sizes[UDP_BATCH]; ///< packets of each message that was tried
    unsigned tried;
} kernel;

// The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier)
int __real_sendmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags);
int __wrap_sendmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags);
ssize_t __real_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
// NOLINTEND(bugprone-reserved-identifier)

static int fail_with(int why)
{
    errno = why;
    return -1;
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
    if (kernel.longest && msg->msg_iov->iov_len > kernel.longest)
        return fail_with(EMSGSIZE);
    return __real_sendmsg(fd, msg, flags);
}

int __wrap_sendmmsg(int fd, struct mmsghdr *msg, unsigned n, int flags)
{
    kernel.calls++;
    if (kernel.full > 0) {
        kernel.full--;
        return fail_with(EAGAIN);
    }
    if (kernel.most && n > kernel.most)
        n = kernel.most;
    for (unsigned i = 0; i < n; i++) {
        const bool burst = msg[i].msg_hdr.msg_iovlen > 1;
        const int why = burst ? kernel.burst_error : kernel.single_error;
        kernel.bursts += burst;
        if (kernel.tried < UDP_BATCH)
            kernel.sizes[kernel.tried++] = (uint16_t)msg[i].msg_hdr.msg_iovlen;
        if (why && i > 0)
            return (int)i; // as the kernel does: told of by the next call
        if (why)
            return fail_with(why);
        if (__real_sendmmsg(fd, &msg[i], 1, flags) != 1)
            return i ? (int)i : -1;
    }
    return (int)n;
}

struct world {
    int from, to[RECEIVERS];
    struct udp_batch *tx, *rx;
    uint16_t expected[RECEIVERS]; ///< number of each one's next packet
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    assert_non_null(w);
    kernel = (struct kernel){0};
    w->tx = calloc(1, sizeof(*w->tx));
    w->rx = calloc(1, sizeof(*w->rx));
    assert_true(w->tx && w->rx);
    udp_batch_init(w->tx);
    udp_batch_init(w->rx);
    w->from = udp_open(0);
    for (unsigned i = 0; i < RECEIVERS; i++)
        w->to[i] = udp_open(0);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    close(w->from);
    for (unsigned i = 0; i < RECEIVERS; i++)
        close(w->to[i]);
    free(w->tx), free(w->rx), free(w);
    return 0;
}

/** Packet `number` of `len` bytes for a receiver: its number, then its length again and again.
 */
static void put(struct world *w, unsigned receiver, uint16_t number, uint16_t len)
{
    struct udp_datagram *d = udp_next(w->tx);
    d->addr = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                    .sin6_port = htons((uint16_t)udp_port(w->to[receiver]))};
    assert_int_equal(
        1, inet_pton(AF_INET6, receiver % 2 ? "::ffff:127.0.0.1" : "::1", &d->addr.sin6_addr));
    d->local = receiver % 3 ? d->addr.sin6_addr : in6addr_any;
    d->len = len;
    memset(d->data, (uint8_t)len, len);
    memcpy(d->data, &number, sizeof(number));
    udp_commit(w->tx);
}

/** Everything that has come to a receiver is whole and in order; returns how much it is. */
static unsigned take(struct world *w, unsigned receiver)
{
    unsigned sum = 0;
    for (int n; (n = udp_recv(w->to[receiver], w->rx)) > 0;)
        for (int i = 0; i < n; i++, sum++) {
            const struct udp_datagram *d = &w->rx->datagram[i];
            uint16_t number;
            memcpy(&number, d->data, sizeof(number));
            assert_int_equal(w->expected[receiver]++, number);
            for (unsigned k = sizeof(number); k < d->len; k++)
                assert_int_equal((uint8_t)d->len, d->data[k]);
        }
    return sum;
}

static void a_frame_to_many_is_one_burst_for_each(void **state)
{
    struct world *w = *state;
    for (uint16_t k = 0; k < 6; k++)
        for (unsigned i = 0; i < RECEIVERS; i++)
            put(w, i, k, 1150);
    udp_send(w->from, w->tx);
    assert_int_equal(RECEIVERS, kernel.tried);
    assert_int_equal(RECEIVERS, kernel.bursts);
    for (unsigned i = 0; i < RECEIVERS; i++)
        assert_int_equal(6, take(w, i));
    assert_int_equal(6 * RECEIVERS, w->tx->sent.packets);
    assert_int_equal(RECEIVERS, w->tx->sent.messages);
    assert_int_equal(0, w->tx->count);
}

/** Frames of browsers are packets of one size, then some a byte longer; then sound. */
static void a_burst_breaks_where_a_packet_is_longer_and_ends_with_a_shorter(void **state)
{
    struct world *w = *state;
    const uint16_t len[] = {1000, 1000, 1000, 1001, 1001, 80, 90, 90, 70, 70};
    const uint16_t bursts[] = {3, 3, 3, 1};
    for (uint16_t k = 0; k < 10; k++)
        put(w, 0, k, len[k]);
    udp_send(w->from, w->tx);
    assert_int_equal(4, kernel.tried);
    assert_memory_equal(bursts, kernel.sizes, sizeof(bursts));
    assert_int_equal(10, take(w, 0));
}

static void a_burst_is_no_longer_than_it_may_be(void **state)
{
    struct world *w = *state;
    for (unsigned k = 0; k < 2 * UDP_BURST + 1; k++)
        put(w, 0, (uint16_t)k, UDP_SLOT_SIZE);
    udp_send(w->from, w->tx);
    assert_int_equal(3, kernel.tried);
    assert_int_equal(UDP_BURST, kernel.sizes[0]);
    assert_int_equal(2 * UDP_BURST + 1, take(w, 0));
}

/** All sizes and orders: whatever the grouping, everybody gets all, in order. */
static void whatever_is_mixed_arrives_whole_and_in_order(void **state)
{
    struct world *w = *state;
    uint32_t random = 1;
    uint16_t number[RECEIVERS] = {0};
    for (unsigned round = 0; round < 30; round++) {
        unsigned count = 0;
        for (; count < 1 + round * 20; count++) {
            random = random * 1664525 + 1013904223;
            const unsigned to = (random >> 24) % (1 + round);
            const uint16_t sizes[] = {2, 80, 1150, 1151, UDP_SLOT_SIZE};
            put(w, to, number[to]++, sizes[(random >> 16) % 5]);
        }
        udp_send(w->from, w->tx);
        unsigned came = 0;
        for (unsigned i = 0; i < RECEIVERS; i++)
            came += take(w, i);
        assert_int_equal(count, came);
    }
}

static void send_frame(struct world *w, uint16_t *number)
{
    for (unsigned k = 0; k < 4; k++, (*number)++)
        for (unsigned i = 0; i < 3; i++)
            put(w, i, *number, 1150);
    udp_send(w->from, w->tx);
}

static void expect(struct world *w, unsigned each)
{
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(each, take(w, i));
}

static void where_a_device_refuses_bursts_packets_go_singly_for_good(void **state)
{
    const int refusals[] = {EIO, EINVAL, EOPNOTSUPP, EMSGSIZE};
    struct world *w = *state;
    uint16_t number = 0;
    for (unsigned i = 0; i < 4; i++) {
        kernel = (struct kernel){.burst_error = refusals[i]};
        w->tx->single = false;
        send_frame(w, &number);
        expect(w, 4);
        assert_true(w->tx->single);

        kernel = (struct kernel){0};
        send_frame(w, &number);
        expect(w, 4);
        assert_int_equal(0, kernel.bursts);
        assert_int_equal(12, kernel.tried);
    }
    assert_int_equal(0, w->tx->sent.refused);
}

/** The same by the kernel itself: without checksums (udp(7)) it takes no UDP_SEGMENT. */
static void a_real_refusal_is_understood(void **state)
{
    struct world *w = *state;
    const int on = 1;
    uint16_t number = 0;
    assert_int_equal(0, setsockopt(w->from, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)));
    for (; number < 4; number++)
        put(w, 1, number, 1150); // receiver 1 has an IPv4 address
    udp_send(w->from, w->tx);
    assert_int_equal(4, take(w, 1));
    assert_true(w->tx->single);
}

static void a_bad_destination_does_not_end_bursts_for_others(void **state)
{
    struct world *w = *state;
    for (uint16_t k = 0; k < 4; k++) {
        put(w, 0, k, 500);
        put(w, 1, k, 500);
        w->tx->datagram[w->tx->count - 2].addr.sin6_port = 0; // EINVAL, burst or not
    }
    udp_send(w->from, w->tx);
    assert_int_equal(4, take(w, 1));
    assert_false(w->tx->single);
    assert_int_equal(4, w->tx->sent.refused);
    assert_int_equal(4, w->tx->sent.packets);
}

/** Linux refuses a burst whose packets are longer than the route's MTU with EINVAL. */
static void a_narrow_route_does_not_end_bursts_for_others(void **state)
{
    struct world *w = *state;
    const uint16_t len[] = {1200, 1200, 80};
    kernel.burst_error = EINVAL;
    kernel.longest = 1000;
    for (uint16_t k = 0; k < 3; k++)
        put(w, 0, k, len[k]);
    udp_send(w->from, w->tx);
    w->expected[0] = 2; // only the short one fits
    assert_int_equal(1, take(w, 0));
    assert_int_equal(2, w->tx->sent.refused);
    assert_false(w->tx->single);
}

static void a_packet_that_is_refused_holds_up_nobody(void **state)
{
    struct world *w = *state;
    kernel.single_error = EMSGSIZE;
    put(w, 0, 0, 1000);
    for (uint16_t k = 0; k < 3; k++)
        put(w, 1, k, 900);
    put(w, 2, 0, 1000);
    udp_send(w->from, w->tx);
    assert_int_equal(0, take(w, 0));
    assert_int_equal(3, take(w, 1));
    assert_int_equal(2, w->tx->sent.refused);
    assert_false(w->tx->single);
}

static void a_short_count_and_a_full_buffer_lose_nothing(void **state)
{
    struct world *w = *state;
    uint16_t number = 0;
    kernel.most = 2;
    kernel.full = 2;
    send_frame(w, &number);
    expect(w, 4);
    assert_int_equal(0, w->tx->sent.full);
}

static void a_buffer_that_stays_full_costs_the_batch_and_not_the_worker(void **state)
{
    struct world *w = *state;
    uint16_t number = 0;
    kernel.full = 1000000;
    send_frame(w, &number);
    assert_true(kernel.calls < 10);
    assert_int_equal(12, w->tx->sent.full);
    assert_int_equal(0, w->tx->count);
    kernel.full = 0;
    number = 0;
    send_frame(w, &number);
    expect(w, 4);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_frame_to_many_is_one_burst_for_each),
        TEST(a_burst_breaks_where_a_packet_is_longer_and_ends_with_a_shorter),
        TEST(a_burst_is_no_longer_than_it_may_be),
        TEST(whatever_is_mixed_arrives_whole_and_in_order),
        TEST(where_a_device_refuses_bursts_packets_go_singly_for_good),
        TEST(a_real_refusal_is_understood),
        TEST(a_bad_destination_does_not_end_bursts_for_others),
        TEST(a_narrow_route_does_not_end_bursts_for_others),
        TEST(a_packet_that_is_refused_holds_up_nobody),
        TEST(a_short_count_and_a_full_buffer_lose_nothing),
        TEST(a_buffer_that_stays_full_costs_the_batch_and_not_the_worker),
    };
    return cmocka_run_group_tests_name("net/udp_send", tests, NULL, NULL);
}
