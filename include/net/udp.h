/**
 * UDP in batches: one recvmmsg() in, one sendmmsg() out. The only layer that touches the
 * socket.
 *
 * Every datagram carries both ends of its 5-tuple: on a machine with several addresses an
 * answer must leave from the address that the check came to (RFC 8445 section 7.3.1.4:
 * symmetric).
 *
 * What goes to one address in one batch leaves in bursts (UDP_SEGMENT, udp(7)): the kernel
 * walks its stack once for all packets of a burst and cuts them at the end. Nothing above
 * knows.
 */
#ifndef NET_UDP_H
#define NET_UDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define UDP_BATCH     1024 ///< to be sent at once: a frame to some hundred viewers
#define UDP_RECEIVE   64   ///< received at once
#define UDP_BURST     16   ///< packets of one burst at most
#define UDP_SLOT_SIZE 1536 ///< bytes: an Ethernet MTU and room for the SRTP trailer
#define UDP_CMSG_SIZE 64   ///< bytes: packet info, and room for a segment size

struct udp_datagram {
    struct sockaddr_in6 addr; ///< the far end; IPv4 as ::ffff:a.b.c.d; sin6_flowinfo: net/tcp.h
    struct in6_addr local;    ///< our end's address; all zero: the kernel chooses
    uint16_t len;             ///< bytes used
    uint16_t next;            ///< in its burst; udp_send()'s own
    uint8_t *data;            ///< into the batch's own storage, UDP_SLOT_SIZE bytes
};

/** Packets of one size to one address, of which only the last may be shorter: one message. */
struct udp_burst {
    uint16_t first, last, count; ///< datagrams of the batch, by `next`
    uint16_t size;               ///< bytes of all but the last
    bool closed;                 ///< the last is shorter: nothing can follow
};

/** What became of what was to be sent, since the start. */
struct udp_count {
    uint64_t packets, messages; ///< taken by the kernel; packets / messages is a burst's length
    uint64_t refused;           ///< packets that it would not send: no route, too long, ...
    uint64_t full;              ///< packets lost because the socket's buffer stayed full
};

/**
 * A batch of datagrams and the storage they lie in, and the state of the socket it is sent on.
 * Large, though only what is used is ever touched: allocate zeroed, once per worker.
 */
struct udp_batch {
    unsigned count;
    bool single;   ///< bursts were refused here: never again
    unsigned used; ///< headers for receiving that the last udp_recv() changed
    struct udp_count sent;
    struct udp_datagram datagram[UDP_BATCH];
    /** Sends and empties the batch; set by its owner: a socket, or a simulated network. */
    void (*flush)(void *ctx, struct udp_batch *b);
    void *ctx;                      ///< not owned
    uint16_t newest[2 * UDP_BATCH]; ///< while sending: address (hashed) → its newest burst
    struct udp_burst burst[UDP_BATCH];
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

/**
 * Fills `b` with what has arrived, at most UDP_RECEIVE datagrams. Returns their number, 0 if
 * none, or -errno. A batch is for receiving or for sending, not for both.
 */
int udp_recv(int fd, struct udp_batch *b);

/**
 * Sends and empties `b`, in order for each address. Where the kernel or a device refuses
 * bursts, packets leave one by one from then on. While the socket's buffer is full it waits,
 * for some milliseconds at most; what then is not taken is lost, as on the wire.
 */
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
