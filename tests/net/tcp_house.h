/** A listener of net/tcp.h on its loop, and clients over loopback. */
#ifndef TESTS_NET_TCP_HOUSE_H
#define TESTS_NET_TCP_HOUSE_H

#include "net/tcp.h"

#include "base/bytes.h"
#include "net/frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK "\0\1like STUN"
#define MEDIA "\200media"

struct house {
    uv_loop_t loop;
    uint16_t port;
    struct tcp *tcp;
    struct udp_batch tx;
    bool friendly;  ///< whoever speaks is known
    uint32_t known; ///< so are the newest connections, this many
    void (*each)(struct house *h, const struct udp_datagram *d); ///< NULL: only counted
    unsigned packets;
    struct udp_datagram last; ///< without its data
    uint8_t data[UDP_SLOT_SIZE];
};

static inline void on_packets(void *ctx, struct udp_batch *rx)
{
    struct house *h = ctx;
    for (unsigned i = 0; i < rx->count && h->each; i++)
        h->each(h, &rx->datagram[i]);
    h->packets += rx->count;
    h->last = rx->datagram[rx->count - 1];
    memcpy(h->data, h->last.data, h->last.len);
}

static inline bool known(void *ctx, const struct sockaddr_in6 *addr)
{
    const struct house *h = ctx;
    return addr->sin6_flowinfo != 0 &&
           (h->friendly || addr->sin6_flowinfo + h->known > tcp_count(h->tcp)->accepted);
}

static inline int build(void **state)
{
    struct house *h = calloc(1, sizeof(*h));
    assert_non_null(h);
    *state = h;
    assert_int_equal(0, uv_loop_init(&h->loop));
    const int fd = tcp_open(0);
    assert_true(fd >= 0);
    h->port = (uint16_t)udp_port(fd);
    const struct tcp_ops ops = {.packets = on_packets, .known = known, .ctx = h};
    h->tcp = tcp_create(&h->loop, fd, &ops);
    assert_non_null(h->tcp);
    udp_batch_init(&h->tx);
    return 0;
}

static inline int take_down(void **state)
{
    struct house *h = *state;
    tcp_destroy(h->tcp);
    uv_run(&h->loop, UV_RUN_DEFAULT);
    assert_int_equal(0, uv_loop_close(&h->loop));
    free(h);
    return 0;
}

static inline int dial(const struct house *h, const char *to)
{
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(h->port)};
    assert_int_equal(1, inet_pton(AF_INET6, to, &a.sin6_addr));
    assert_int_equal(0, connect(fd, (struct sockaddr *)&a, sizeof(a)));
    return fd;
}

static inline void say(int fd, const char *data, size_t len)
{
    uint8_t frame[FRAME_HEADER + UDP_SLOT_SIZE];
    wr16(frame, (uint16_t)len);
    memcpy(frame + FRAME_HEADER, data, len);
    assert_int_equal(FRAME_HEADER + len, write(fd, frame, FRAME_HEADER + len));
}

/** Runs the loop until `*what` is `value`; a test that hangs here is stopped by its time. */
static inline void until(struct house *h, const uint64_t *what, uint64_t value)
{
    while (*what < value)
        uv_run(&h->loop, UV_RUN_ONCE);
}

static inline void until_packets(struct house *h, unsigned count)
{
    while (h->packets < count)
        uv_run(&h->loop, UV_RUN_ONCE);
}

static inline bool is_over(int fd)
{
    uint8_t byte;
    return recv(fd, &byte, 1, 0) <= 0;
}

static inline void answer(struct house *h, const void *data, size_t len)
{
    struct udp_datagram *d = udp_next(&h->tx);
    d->addr = h->last.addr;
    d->local = h->last.local;
    d->len = (uint16_t)len;
    memcpy(d->data, data, len);
    udp_commit(&h->tx);
    tcp_send(h->tcp, &h->tx);
}

#define HOUSE_TEST(f) cmocka_unit_test_setup_teardown(f, build, take_down)

#endif
