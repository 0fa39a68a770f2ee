/**
 * UDP in batches: one recvmmsg() in, one sendmmsg() out. The only file that touches the socket.
 *
 * Every datagram carries both ends of its 5-tuple: on a machine with several addresses an
 * answer must leave from the address that the check came to (RFC 8445 section 7.3.1.4:
 * symmetric).
 */
#ifndef NET_UDP_H
#define NET_UDP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define UDP_BATCH     64
#define UDP_SLOT_SIZE 1536 ///< bytes: an Ethernet MTU and room for the SRTP trailer
#define UDP_CMSG_SIZE 64   ///< bytes: packet info, and room for a segment size

struct udp_datagram {
    struct sockaddr_in6 addr; ///< the far end; IPv4 as ::ffff:a.b.c.d; sin6_flowinfo: net/tcp.h
    struct in6_addr local;    ///< our end's address; all zero: the kernel chooses
    uint16_t len;             ///< bytes used
    uint8_t *data;            ///< into the batch's own storage, UDP_SLOT_SIZE bytes
};

/** A batch of datagrams and the storage they lie in. Large: allocate once per worker. */
struct udp_batch {
    unsigned count;
    struct udp_datagram datagram[UDP_BATCH];
    /** Sends and empties the batch; set by its owner: a socket, or a simulated network. */
    void (*flush)(void *ctx, struct udp_batch *b);
    void *ctx; ///< not owned
    struct iovec iov[UDP_BATCH];
    struct mmsghdr msg[UDP_BATCH];
    _Alignas(struct cmsghdr) uint8_t cmsg[UDP_BATCH][UDP_CMSG_SIZE];
    uint8_t storage[UDP_BATCH][UDP_SLOT_SIZE];
};

/**
 * Opens a non-blocking dual-stack socket on `port` (0: any), with large buffers and packet
 * info. Returns the descriptor, or -errno (-EADDRINUSE: somebody has the port).
 */
int udp_open(uint16_t port);

/** The port `fd` is bound to, or -errno. */
int udp_port(int fd);

void udp_batch_init(struct udp_batch *b);

/** Fills `b` with what has arrived. Returns the number of datagrams, 0 if none, or -errno. */
int udp_recv(int fd, struct udp_batch *b);

/** Sends and empties `b`. What the kernel does not take now is lost, as on the wire. */
void udp_send(int fd, struct udp_batch *b);

/**
 * The next free datagram of a send batch, its `data` ready to be filled; a full batch is
 * flushed first. It goes out only after udp_commit().
 */
struct udp_datagram *udp_next(struct udp_batch *b);

/**
 * The datagram `ahead` places behind the next free one, where several are filled before the
 * first is complete; NULL if the batch has no room for it.
 */
static inline struct udp_datagram *udp_ahead(struct udp_batch *b, unsigned ahead)
{
    return b->count + ahead < UDP_BATCH ? &b->datagram[b->count + ahead] : NULL;
}

/** The datagram that udp_next() gave is complete. */
static inline void udp_commit(struct udp_batch *b)
{
    b->count++;
}

#endif
