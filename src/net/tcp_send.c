/* What goes out on connections, and what waits for slow readers. */
#include "tcp_conn.h"

#include "base/bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Sends what waits; without any left the buffer goes. */
void conn_drain(struct conn *c)
{
    while (c->queue_len > 0) {
        const ssize_t n =
            send(c->fd, c->queue + c->queue_at, c->queue_len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            conn_end(c);
        if (n <= 0)
            return;
        c->queue_at += (size_t)n;
        c->queue_len -= (size_t)n;
    }
    free(c->queue);
    c->queue = NULL;
    conn_watch(c);
}

/** Room for `len` more bytes to wait, or NULL. */
static uint8_t *room_for(struct conn *c, size_t len)
{
    if (!c->queue) {
        c->queue_at = c->queue_len = 0;
        c->queue = malloc(TCP_QUEUE);
        if (!c->queue)
            return NULL;
        conn_watch(c);
    }
    if (c->closing || c->queue_len + len > TCP_QUEUE)
        return NULL;
    if (c->queue_at + c->queue_len + len > TCP_QUEUE) {
        memmove(c->queue, c->queue + c->queue_at, c->queue_len);
        c->queue_at = 0;
    }
    uint8_t *at = c->queue + c->queue_at + c->queue_len;
    c->queue_len += len;
    return at;
}

/** A frame of which `sent` bytes are out; what was begun must be finished. */
static void hold(struct conn *c, const uint8_t head[FRAME_HEADER], const uint8_t *data,
                 size_t len, size_t sent)
{
    const size_t whole = FRAME_HEADER + len;
    uint8_t *at = room_for(c, whole - sent);
    if (!at) {
        c->of->count.lost++;
        if (sent > 0)
            conn_end(c);
        return;
    }
    for (size_t i = sent; i < whole; i++)
        *at++ = i < FRAME_HEADER ? head[i] : data[i - FRAME_HEADER];
}

static void send_frame(struct conn *c, uint8_t *data, size_t len)
{
    uint8_t head[FRAME_HEADER];
    wr16(head, (uint16_t)len);
    struct iovec iov[2] = {{.iov_base = head, .iov_len = sizeof(head)},
                           {.iov_base = data, .iov_len = len}};
    const struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
    ssize_t n = 0;
    if (!c->queue) {
        n = sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) {
            conn_end(c);
            return;
        }
    }
    if (n < (ssize_t)(sizeof(head) + len))
        hold(c, head, data, len, n > 0 ? (size_t)n : 0);
}

void tcp_send(struct tcp *t, struct udp_batch *b)
{
    unsigned kept = 0;
    if (t->last == 0)
        return; // there never was a connection
    for (unsigned i = 0; i < b->count; i++) {
        struct udp_datagram *from = &b->datagram[i], *to = &b->datagram[kept];
        const uint32_t number = from->addr.sin6_flowinfo;
        if (number != 0) {
            struct conn *c = map_get(&t->by_number, &number, sizeof(number));
            if (c)
                send_frame(c, from->data, from->len);
            continue;
        }
        if (to != from) {
            to->addr = from->addr;
            to->local = from->local;
            to->len = from->len;
            memcpy(to->data, from->data, from->len);
        }
        kept++;
    }
    b->count = kept;
}
