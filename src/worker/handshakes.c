#include "handshakes.h"

#include "route.h"

#include <stdlib.h>
#include <string.h>

// Datagrams: in a turn, a millisecond or two; that wait, a second's work, which is when a
// client asks again; and of one client, whose flight is of three or four.
#define A_TURN       1
#define MOST_WAITING 512
#define MOST_OF_ONE  8

struct worker_handshake {
    struct worker_handshake *next;
    struct udp_datagram datagram; ///< its data is `bytes`
    uint8_t bytes[];
};

static enum drop go_on(struct worker *w, struct member *m, const struct udp_datagram *d,
                       usec_t now)
{
    const enum peer_state before = m->peer.state;
    const enum drop why = peer_on_dtls(&m->peer, d, &w->tx, now);
    if (m->peer.state == PEER_UP && before != PEER_UP) {
        m->report_at = now;
        room_connected(m, now);
    }
    member_wake(m, peer_deadline(&m->peer));
    member_settle(m, now);
    return why;
}

static bool same_sender(const struct udp_datagram *a, const struct udp_datagram *b)
{
    return a->addr.sin6_port == b->addr.sin6_port &&
           a->addr.sin6_flowinfo == b->addr.sin6_flowinfo &&
           memcmp(&a->addr.sin6_addr, &b->addr.sin6_addr, sizeof(a->addr.sin6_addr)) == 0;
}

static bool has_too_many(const struct worker_handshakes *hs, const struct udp_datagram *d)
{
    unsigned of_it = 0;
    if (hs->count >= MOST_WAITING)
        return true;
    for (const struct worker_handshake *h = hs->first; h; h = h->next)
        of_it += same_sender(&h->datagram, d);
    return of_it >= MOST_OF_ONE;
}

static enum drop put_aside(struct worker *w, const struct udp_datagram *d, usec_t now)
{
    struct worker_handshakes *hs = &w->handshakes;
    struct worker_handshake *h = has_too_many(hs, d) ? NULL : malloc(sizeof(*h) + d->len);
    if (!h)
        return DROP_LIMIT;
    *h = (struct worker_handshake){.datagram = *d};
    memcpy(h->bytes, d->data, d->len);
    h->datagram.data = h->bytes;
    if (hs->last)
        hs->last->next = h;
    else
        hs->first = h;
    hs->last = h;
    hs->count++;
    if (hs->tick.pos == 0) // not in this turn any more
        (void)deadline_set(&w->deadlines, &hs->tick, now + 1);
    return DROP_NONE;
}

enum drop handshakes_on_dtls(struct worker *w, struct member *m, const struct udp_datagram *d,
                             usec_t now)
{
    struct worker_handshakes *hs = &w->handshakes;
    if (m->peer.state == PEER_UP || m->peer.state == PEER_GONE)
        return go_on(w, m, d, now); // data, or nothing
    if (hs->first || hs->left == 0)
        return put_aside(w, d, now);
    hs->left--;
    return go_on(w, m, d, now);
}

static struct worker_handshake *take_first(struct worker_handshakes *hs)
{
    struct worker_handshake *h = hs->first;
    hs->first = h->next;
    if (!hs->first)
        hs->last = NULL;
    hs->count--;
    return h;
}

static void tick(void *worker, usec_t now)
{
    struct worker *w = worker;
    struct worker_handshakes *hs = &w->handshakes;
    for (; hs->first && hs->left > 0; hs->left--) {
        struct worker_handshake *h = take_first(hs);
        struct member *m = route_by_address(w, &h->datagram.addr);
        const enum drop why = m && m->has_peer ? go_on(w, m, &h->datagram, now)
                                               : DROP_UNKNOWN_PEER; // gone, or moved
        if (why)
            w->dropped[why]++;
        free(h);
    }
    if (hs->first)
        (void)deadline_set(&w->deadlines, &hs->tick, now + 1);
}

void handshakes_turn(struct worker *w)
{
    w->handshakes.left = A_TURN;
}

void handshakes_init(struct worker *w)
{
    w->handshakes.tick = (struct deadline){.owner = w, .due = tick};
}

void handshakes_fini(struct worker *w)
{
    deadline_clear(&w->deadlines, &w->handshakes.tick);
    while (w->handshakes.first)
        free(take_first(&w->handshakes));
}
