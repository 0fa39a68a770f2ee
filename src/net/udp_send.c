/*
 * Sending a batch: grouped by address, each group in as few messages as its packets' sizes
 * allow.
 *
 *   batch     a1 b1 c1 a2 b2 c2 a3 b3 c3        (a frame of 3 packets to 3 viewers)
 *   bursts    [a1 a2 a3] [b1 b2 b3] [c1 c2 c3]  (UDP_SEGMENT: all of one size, the last may be
 *                                                shorter and ends its burst)
 *
 * A message gathers its packets from where they lie in the batch: nothing is copied.
 */
#include "net/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 // linux/udp.h
#endif

#define NO_BURST   UINT16_MAX
#define PROBES     8 // places of the table that are tried, or strangers' addresses could clog it
#define BYTES_MAX  65000 // of a burst: IPv4's longest datagram, with its headers
#define FULL_WAITS 4     // of a millisecond each
#define FULL_WAIT  1

static bool same_way(const struct udp_datagram *a, const struct udp_datagram *b)
{
    return a->addr.sin6_port == b->addr.sin6_port &&
           a->addr.sin6_scope_id == b->addr.sin6_scope_id &&
           memcmp(&a->addr.sin6_addr, &b->addr.sin6_addr, 16) == 0 &&
           memcmp(&a->local, &b->local, 16) == 0;
}

static uint32_t hash(const struct sockaddr_in6 *addr)
{
    uint64_t high, low;
    memcpy(&high, &addr->sin6_addr, 8);
    memcpy(&low, addr->sin6_addr.s6_addr + 8, 8);
    const uint64_t mixed = (high ^ low * 3 ^ (uint64_t)addr->sin6_port << 24) *
                           UINT64_C(0x9e3779b97f4a7c15); // Knuth's multiplicative hashing
    return (uint32_t)(mixed >> 40);
}

/**
 * The table's place for the way `d` goes: its newest burst is there, or none yet. NULL: all
 * places that are tried are others'; then it is so for all packets that go this way.
 */
static uint16_t *place_of(struct udp_batch *b, uint32_t mask, const struct udp_datagram *d)
{
    uint32_t at = hash(&d->addr);
    for (int i = 0; i < PROBES; i++, at++) {
        uint16_t *place = &b->newest[at & mask];
        if (*place == NO_BURST || same_way(&b->datagram[b->burst[*place].first], d))
            return place;
    }
    return NULL;
}

/** Adds `d` to a burst, if its size allows. */
static bool join(struct udp_batch *b, struct udp_burst *to, uint16_t i)
{
    const uint16_t len = b->datagram[i].len;
    if (to->closed || to->count == UDP_BURST || len > to->size || len == 0 ||
        (unsigned)to->size * to->count + len > BYTES_MAX)
        return false;
    b->datagram[to->last].next = i;
    to->last = i;
    to->count++;
    to->closed = len < to->size;
    return true;
}

/** Divides the batch into bursts; returns their number. */
static unsigned group(struct udp_batch *b)
{
    uint32_t places = 2;
    while (places < 2 * b->count)
        places *= 2;
    memset(b->newest, 0xff, places * sizeof(*b->newest));
    unsigned n = 0;
    for (unsigned i = 0; i < b->count; i++) {
        uint16_t *place = b->single ? NULL : place_of(b, places - 1, &b->datagram[i]);
        if (place && *place != NO_BURST && join(b, &b->burst[*place], (uint16_t)i))
            continue;
        if (place)
            *place = (uint16_t)n;
        b->burst[n++] = (struct udp_burst){
            .first = (uint16_t)i, .last = (uint16_t)i, .count = 1, .size = b->datagram[i].len};
    }
    return n;
}

/** Adds a control message; `hdr` has room for it. */
static void control(struct msghdr *hdr, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)hdr->msg_control + hdr->msg_controllen);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), data, len);
    hdr->msg_controllen += CMSG_SPACE(len);
}

/** The header of a message: where to, from where, and how it is cut. */
static void address(struct msghdr *hdr, struct udp_datagram *d, uint8_t *room)
{
    *hdr = (struct msghdr){
        .msg_name = &d->addr, .msg_namelen = sizeof(d->addr), .msg_control = room};
    if (IN6_IS_ADDR_UNSPECIFIED(&d->local))
        return;
    const struct in6_pktinfo info = {.ipi6_addr = d->local};
    control(hdr, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
}

static void write_messages(struct udp_batch *b, unsigned n)
{
    struct iovec *iov = b->iov;
    for (unsigned i = 0; i < n; i++) {
        const struct udp_burst *u = &b->burst[i];
        struct msghdr *hdr = &b->msg[i].msg_hdr;
        address(hdr, &b->datagram[u->first], b->cmsg[i]);
        hdr->msg_iov = iov;
        hdr->msg_iovlen = u->count;
        if (u->count > 1)
            control(hdr, SOL_UDP, UDP_SEGMENT, &u->size, sizeof(u->size));
        uint16_t at = u->first;
        for (unsigned k = 0; k < u->count; k++, at = b->datagram[at].next)
            *iov++ = (struct iovec){.iov_base = b->datagram[at].data,
                                    .iov_len = b->datagram[at].len};
    }
}

static bool wait_writable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, FULL_WAIT) >= 0 || errno == EINTR;
}

/**
 * A burst was refused: its packets, one by one. If all of these go, it is bursts that this
 * socket's kernel or device does not send: EIO, where nobody computes checksums (Linux
 * before 6.11), and EINVAL, where UDP_SEGMENT is unknown or its conditions are not met.
 */
static void send_singly(int fd, struct udp_batch *b, const struct udp_burst *u, int why)
{
    uint16_t at = u->first;
    uint64_t went = 0;
    for (unsigned k = 0; k < u->count; k++, at = b->datagram[at].next) {
        _Alignas(struct cmsghdr) uint8_t room[UDP_CMSG_SIZE];
        struct udp_datagram *d = &b->datagram[at];
        struct iovec iov = {.iov_base = d->data, .iov_len = d->len};
        struct msghdr hdr;
        address(&hdr, d, room);
        hdr.msg_iov = &iov;
        hdr.msg_iovlen = 1;
        if (sendmsg(fd, &hdr, MSG_DONTWAIT) >= 0)
            went++;
    }
    b->sent.packets += went;
    b->sent.messages += went;
    b->sent.refused += u->count - went;
    if (went == u->count &&
        (why == EIO || why == EINVAL || why == EOPNOTSUPP || why == EMSGSIZE))
        b->single = true;
}

/** The kernel took the messages from `from` to before `to`. */
static void note_sent(struct udp_batch *b, unsigned from, unsigned to)
{
    b->sent.messages += to - from;
    for (unsigned i = from; i < to; i++)
        b->sent.packets += b->burst[i].count;
}

void udp_send(int fd, struct udp_batch *b)
{
    const unsigned n = group(b);
    write_messages(b, n);
    int waits = FULL_WAITS;
    unsigned sent = 0;
    while (sent < n) {
        const int took = sendmmsg(fd, b->msg + sent, n - sent, MSG_DONTWAIT);
        if (took > 0) {
            note_sent(b, sent, sent + (unsigned)took);
            sent += (unsigned)took;
            continue;
        }
        const int why = errno;
        if (why == EINTR ||
            ((why == EAGAIN || why == ENOBUFS) && waits-- > 0 && wait_writable(fd)))
            continue;
        if (why == EAGAIN || why == ENOBUFS) {
            for (; sent < n; sent++)
                b->sent.full += b->burst[sent].count;
            break;
        }
        // One bad destination must not hold up the rest.
        if (b->burst[sent].count > 1)
            send_singly(fd, b, &b->burst[sent], why);
        else
            b->sent.refused++;
        sent++;
    }
    b->count = 0;
}
