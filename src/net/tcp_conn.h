/** Inside of net/tcp.h: tcp.c takes connections and reads, tcp_send.c writes. */
#ifndef NET_TCP_CONN_H
#define NET_TCP_CONN_H

#include "base/map.h"
#include "net/frame.h"
#include "net/tcp.h"

#define FRAME_MAX (FRAME_HEADER + UDP_SLOT_SIZE)
#define READ_SIZE (64 << 10) // bytes

struct conn {
    uv_poll_t poll;
    struct tcp *of;           ///< not owned
    struct conn *prev, *next; ///< in one of its lists
    int fd;
    bool known;                 ///< has authenticated
    bool closing;               ///< in no list; freed when the loop has let go of it
    unsigned said;              ///< packets, while a stranger
    uint64_t since, heard;      ///< uv_now()
    struct sockaddr_in6 addr;   ///< sin6_flowinfo is its number, and the map's key
    struct in6_addr local;      ///< ours
    uint8_t *queue;             ///< owned; NULL: nothing waits
    size_t queue_at, queue_len; ///< what waits of it
    size_t partial_len;
    uint8_t partial[FRAME_MAX]; ///< the beginning of a frame
};

struct conn_list {
    struct conn *oldest, *newest;
    unsigned count;
};

struct tcp {
    uv_loop_t *loop; ///< not owned
    struct tcp_ops ops;
    int fd;
    uv_poll_t listener;
    uv_timer_t sweep;
    unsigned handles; ///< not let go of by the loop
    bool ending;
    uint32_t last; ///< number given
    struct map by_number;
    struct conn_list strangers, friends;
    struct tcp_counters count;
    struct udp_batch *rx; ///< owned
    uint8_t read[FRAME_MAX + READ_SIZE];
};

/** Reads, and writes if something waits, when the socket is ready. */
void conn_watch(struct conn *c);

/** Closes it; memory goes when the loop has let go of it. Twice is fine. */
void conn_end(struct conn *c);

/** The socket takes more: sends what waits; without any left the buffer goes. */
void conn_drain(struct conn *c);

#endif
