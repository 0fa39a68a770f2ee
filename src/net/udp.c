#include "net/udp.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

// The default holds about 90 packets: less than one video frame to 50 viewers.
#define SOCKET_BUFFER (8 << 20)

static void grow_buffer(int fd, int force, int plain)
{
    const int size = SOCKET_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, force, &size, sizeof(size)) < 0)   // needs CAP_NET_ADMIN
        (void)setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size)); // up to rmem_max
}

int udp_open(uint16_t port)
{
    const int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;

    int err;
    const int off = 0, on = 1, probe = IP_PMTUDISC_PROBE;
    const struct sockaddr_in6 any = {
        .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT};

    if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
        goto fail;
    if (setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) < 0)
        goto fail;
    // Never fragment: our packets are sized for the path; both calls may fail harmlessly.
    (void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &probe, sizeof(probe));
    (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &probe, sizeof(probe));
    grow_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
    grow_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
    if (bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0)
        goto fail;
    return fd;

fail:
    err = -errno;
    close(fd);
    return err;
}

int udp_port(int fd)
{
    struct sockaddr_in6 addr = {0};
    socklen_t len = sizeof(addr);
    if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
        return -errno;
    return ntohs(addr.sin6_port);
}

void udp_batch_init(struct udp_batch *b)
{
    b->count = 0;
    b->flush = NULL;
    b->ctx = NULL;
    b->single = false;
    b->used = UDP_RECEIVE;
    b->sent = (struct udp_count){0};
    for (unsigned i = 0; i < UDP_BATCH; i++)
        b->datagram[i].data = b->storage[i];
}

/** A header as recvmmsg() wants it: it changes those that it fills. */
static void prepare(struct udp_batch *b, unsigned i)
{
    b->iov[i] = (struct iovec){.iov_base = b->storage[i], .iov_len = UDP_SLOT_SIZE};
    b->msg[i].msg_hdr = (struct msghdr){
        .msg_iov = &b->iov[i],
        .msg_iovlen = 1,
        .msg_name = &b->datagram[i].addr,
        .msg_namelen = sizeof(b->datagram[i].addr),
        .msg_control = b->cmsg[i],
        .msg_controllen = UDP_CMSG_SIZE,
    };
}

/** The address a received datagram was sent to; all zero if the kernel did not say. */
static struct in6_addr local_of(struct msghdr *hdr)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(hdr); c; c = CMSG_NXTHDR(hdr, c)) {
        if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            return info.ipi6_addr;
        }
    }
    return in6addr_any;
}

int udp_recv(int fd, struct udp_batch *b)
{
    for (unsigned i = 0; i < b->used; i++)
        prepare(b, i);
    b->count = b->used = 0;

    const int n = recvmmsg(fd, b->msg, UDP_RECEIVE, MSG_DONTWAIT, NULL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;

    for (int i = 0; i < n; i++) {
        struct udp_datagram *d = &b->datagram[i];
        const bool cut = b->msg[i].msg_hdr.msg_flags & MSG_TRUNC; // longer than any of ours
        d->len = cut ? 0 : (uint16_t)b->msg[i].msg_len;
        d->local = local_of(&b->msg[i].msg_hdr);
    }
    b->count = b->used = (unsigned)n;
    return n;
}

struct udp_datagram *udp_next(struct udp_batch *b)
{
    if (b->count == UDP_BATCH)
        b->flush(b->ctx, b);
    return &b->datagram[b->count];
}
