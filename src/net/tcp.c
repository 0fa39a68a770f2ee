#include "tcp_conn.h"

#include "base/rand.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG      512
#define ACCEPTS      16 // before others get their turn
#define READ_BUDGET  4  // reads, likewise
#define SWEEP_MS     1000
#define NOT_SENT_LOW (32 << 10) // bytes the kernel keeps beyond what is on its way

int tcp_open(uint16_t port)
{
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int off = 0, on = 1;
    const struct sockaddr_in6 any = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};
    if (fd < 0)
        return -errno;
    // Connections of a worker that died linger; they must not keep its successor out.
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
        bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 || listen(fd, BACKLOG) < 0) {
        const int err = -errno;
        (void)close(fd);
        return err;
    }
    return fd;
}

/* ---- lists ---- */

static struct conn_list *list_of(struct conn *c)
{
    return c->known ? &c->of->friends : &c->of->strangers;
}

static void put(struct conn_list *l, struct conn *c)
{
    c->prev = l->newest;
    c->next = NULL;
    *(l->newest ? &l->newest->next : &l->oldest) = c;
    l->newest = c;
    l->count++;
}

static void take(struct conn_list *l, struct conn *c)
{
    *(c->prev ? &c->prev->next : &l->oldest) = c->next;
    *(c->next ? &c->next->prev : &l->newest) = c->prev;
    l->count--;
}

/* ---- the end of a connection ---- */

/** The last handle that the loop lets go of takes all with it. */
static void let_go(struct tcp *t)
{
    assert(t->handles > 0);
    if (--t->handles > 0 || !t->ending)
        return;
    map_fini(&t->by_number);
    free(t->rx);
    free(t);
}

static void on_conn_closed(uv_handle_t *h)
{
    struct conn *c = h->data;
    struct tcp *t = c->of;
    free(c->queue);
    free(c);
    let_go(t);
}

void conn_end(struct conn *c)
{
    if (c->closing)
        return;
    c->closing = true;
    c->of->count.closed++;
    take(list_of(c), c);
    (void)map_del(&c->of->by_number, &c->addr.sin6_flowinfo, sizeof(c->addr.sin6_flowinfo));
    uv_close((uv_handle_t *)&c->poll, on_conn_closed);
    (void)close(c->fd);
}

static void refuse(struct conn *c)
{
    c->of->count.refused++;
    conn_end(c);
}

static void on_ready(uv_poll_t *p, int status, int events);

void conn_watch(struct conn *c)
{
    const int events = UV_READABLE | (c->queue ? UV_WRITABLE : 0);
    if (uv_poll_start(&c->poll, events, on_ready) < 0)
        conn_end(c);
}

/* ---- in ---- */

static void deliver(struct conn *c)
{
    struct tcp *t = c->of;
    if (t->rx->count == 0)
        return;
    t->ops.packets(t->ops.ctx, t->rx);
    t->rx->count = 0;
    if (!c->closing && !c->known && t->ops.known(t->ops.ctx, &c->addr)) {
        take(&t->strangers, c);
        c->known = true;
        put(&t->friends, c);
    }
}

/** RFC 7983: STUN begins with 0 to 3. A stranger has nothing else to say, and little of it. */
static bool may_say(struct conn *c, const uint8_t *packet, size_t len)
{
    return c->known || (len > 0 && packet[0] <= 3 && c->said++ < TCP_STRANGER_SAYS);
}

static void on_packet(struct conn *c, const uint8_t *packet, size_t len)
{
    struct udp_batch *rx = c->of->rx;
    if (!may_say(c, packet, len)) {
        refuse(c);
        return;
    }
    struct udp_datagram *d = &rx->datagram[rx->count++];
    d->addr = c->addr;
    d->local = c->local;
    d->len = (uint16_t)len;
    memcpy(d->data, packet, len);
    if (rx->count == UDP_RECEIVE || !c->known)
        deliver(c); // a check makes a friend, and then its next packet may be DTLS
}

/** All whole frames of what was read; the rest waits for more. */
static void on_bytes(struct conn *c, size_t len)
{
    struct tcp *t = c->of;
    const uint8_t *packet;
    size_t at = 0, packet_len;
    int got = 0;
    while (!c->closing &&
           (got = frame_next(t->read, len, &at, UDP_SLOT_SIZE, &packet, &packet_len)) > 0)
        on_packet(c, packet, packet_len);
    deliver(c);
    if (c->closing)
        return;
    if (got < 0) {
        refuse(c);
        return;
    }
    c->partial_len = len - at;
    memcpy(c->partial, t->read + at, c->partial_len);
}

static void receive(struct conn *c)
{
    struct tcp *t = c->of;
    for (int turn = 0; turn < READ_BUDGET && !c->closing; turn++) {
        memcpy(t->read, c->partial, c->partial_len);
        const ssize_t n = recv(c->fd, t->read + c->partial_len, READ_SIZE, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            conn_end(c);
            return;
        }
        c->heard = uv_now(t->loop);
        on_bytes(c, c->partial_len + (size_t)n);
        if (n < READ_SIZE)
            return;
    }
}

static void on_ready(uv_poll_t *p, int status, int events)
{
    struct conn *c = p->data;
    if (status < 0) {
        conn_end(c);
        return;
    }
    if (events & UV_WRITABLE)
        conn_drain(c);
    if (!c->closing && events & UV_READABLE)
        receive(c);
}

/* ---- who may come ---- */

/** The same IPv4 address, or the same /64. */
static bool same_place(const struct in6_addr *a, const struct in6_addr *b)
{
    return memcmp(a, b, IN6_IS_ADDR_V4MAPPED(a) ? 16 : 8) == 0;
}

/** The oldest stranger leaves if there are too many of them, or from this address. */
static void make_room(struct tcp *t, const struct in6_addr *place)
{
    struct conn *oldest = NULL;
    unsigned here = 0;
    for (struct conn *c = t->strangers.oldest; c; c = c->next) {
        if (!same_place(place, &c->addr.sin6_addr))
            continue;
        oldest = oldest ? oldest : c;
        here++;
    }
    if (here < TCP_FROM_ONE)
        oldest = t->strangers.count < TCP_STRANGERS ? NULL : t->strangers.oldest;
    if (oldest)
        refuse(oldest);
}

static void set_options(int fd)
{
    const int on = 1, low = NOT_SENT_LOW;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // What waits in the kernel only grows older: it is ours to drop.
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &low, sizeof(low));
}

/** A number no connection has now. */
static uint32_t new_number(struct tcp *t)
{
    do
        t->last++;
    while (t->last == 0 || map_get(&t->by_number, &t->last, sizeof(t->last)));
    return t->last;
}

/** 0, or -errno: the descriptor is still the caller's. */
static int welcome(struct tcp *t, int fd, const struct sockaddr_in6 *addr)
{
    struct sockaddr_in6 local = {0};
    socklen_t len = sizeof(local);
    if (getsockname(fd, (struct sockaddr *)&local, &len) < 0)
        return -errno;
    struct conn *c = calloc(1, sizeof(*c));
    if (!c)
        return -ENOMEM;
    c->of = t;
    c->fd = fd;
    c->since = c->heard = uv_now(t->loop);
    c->addr = *addr;
    c->addr.sin6_flowinfo = new_number(t);
    c->local = local.sin6_addr;
    const uint32_t *key = &c->addr.sin6_flowinfo;
    if (map_put(&t->by_number, key, sizeof(*key), c) < 0 ||
        uv_poll_init(t->loop, &c->poll, fd) < 0) {
        (void)map_del(&t->by_number, key, sizeof(*key));
        free(c);
        return -ENOMEM;
    }
    c->poll.data = c;
    t->handles++;
    t->count.accepted++;
    put(&t->strangers, c);
    set_options(fd);
    conn_watch(c);
    return 0;
}

/* ---- who must go ---- */

static void sweep_strangers(struct tcp *t)
{
    for (struct conn *c = t->strangers.oldest, *next; c; c = next) {
        next = c->next;
        if (uv_now(t->loop) - c->since >= TCP_STRANGER_MS)
            refuse(c);
    }
}

/** Whose owner is gone, or has moved on to other addresses, or says nothing any more. */
static void sweep_friends(struct tcp *t)
{
    for (struct conn *c = t->friends.oldest, *next; c; c = next) {
        next = c->next;
        if (uv_now(t->loop) - c->heard > TCP_IDLE_MS || !t->ops.known(t->ops.ctx, &c->addr))
            conn_end(c);
    }
}

static void on_connections(uv_poll_t *p, int status, int events)
{
    struct tcp *t = p->data;
    (void)status;
    (void)events;
    // One member may authenticate any number of them, but is known by few: only those stay.
    if (t->strangers.count + t->friends.count >= TCP_MOST)
        sweep_friends(t);
    for (int turn = 0; turn < ACCEPTS; turn++) {
        struct sockaddr_in6 addr = {0};
        socklen_t len = sizeof(addr);
        const int fd =
            accept4(t->fd, (struct sockaddr *)&addr, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0 && errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
            (void)uv_poll_stop(p); // no descriptors: the sweep tries again
        if (fd < 0)
            return;
        make_room(t, &addr.sin6_addr);
        if (t->strangers.count + t->friends.count >= TCP_MOST || welcome(t, fd, &addr) < 0) {
            t->count.refused++;
            (void)close(fd);
        }
    }
}

static void on_sweep(uv_timer_t *timer)
{
    struct tcp *t = timer->data;
    sweep_strangers(t);
    sweep_friends(t);
    (void)uv_poll_start(&t->listener, UV_READABLE, on_connections);
}

/* ---- beginning and end ---- */

struct tcp *tcp_create(uv_loop_t *loop, int fd, const struct tcp_ops *ops)
{
    struct tcp *t = calloc(1, sizeof(*t));
    struct udp_batch *rx = calloc(1, sizeof(*rx));
    if (!t || !rx || uv_poll_init(loop, &t->listener, fd) < 0) {
        free(t);
        free(rx);
        (void)close(fd);
        return NULL;
    }
    udp_batch_init(rx);
    t->loop = loop;
    t->ops = *ops;
    t->fd = fd;
    t->rx = rx;
    t->handles = 2;
    map_init(&t->by_number, rand_u64());
    (void)uv_timer_init(loop, &t->sweep);
    t->listener.data = t->sweep.data = t;
    (void)uv_poll_start(&t->listener, UV_READABLE, on_connections);
    (void)uv_timer_start(&t->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    return t;
}

static void on_handle_closed(uv_handle_t *h)
{
    let_go(h->data);
}

void tcp_destroy(struct tcp *t)
{
    if (!t)
        return;
    t->ending = true;
    while (t->strangers.oldest)
        conn_end(t->strangers.oldest);
    while (t->friends.oldest)
        conn_end(t->friends.oldest);
    uv_close((uv_handle_t *)&t->listener, on_handle_closed);
    uv_close((uv_handle_t *)&t->sweep, on_handle_closed);
    (void)close(t->fd);
}

const struct tcp_counters *tcp_count(const struct tcp *t)
{
    return &t->count;
}
