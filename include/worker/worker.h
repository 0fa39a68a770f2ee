/**
 * One media worker: a socket, the rooms behind it, and nothing shared.
 *
 * Three things happen to it: a datagram, a deadline, a letter. Its owner calls
 * worker_on_datagrams(), worker_tick() and worker_on_letter(); what it wants to send lies in
 * `tx`, which it flushes itself at the end of each call. No clock, no socket, no loop in here:
 * the same worker runs in a simulated network.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include "base/map.h"
#include "cc/shed.h"
#include "room/room.h"
#include "worker/notes.h"

#include <netinet/in.h>

#define WORKER_ADDRESSES 16 ///< remote addresses of one member that are remembered

/** A remote address that authenticated as a member's. */
struct worker_address {
    uint8_t key[22]; ///< IPv6 address, port, TCP connection: the map's key
    struct worker_member *of;
};

/** What the worker knows of a member beside the room's part of it. */
struct worker_member {
    struct member *member;            ///< not owned: the room owns it
    char ufrag[2][ICE_UFRAG_MAX + 1]; ///< ours, newest first: the maps' keys; "" none
    unsigned address_count, address_next;
    struct worker_address address[WORKER_ADDRESSES];
    struct notes notes; ///< of control
};

/** What control has noted of a room. */
struct worker_notes {
    char room[LETTER_ID_SIZE]; ///< the map's key
    struct notes notes;
};

/** Datagrams of handshakes that wait for their turn, oldest first. */
struct worker_handshakes {
    struct worker_handshake *first, *last; ///< owned
    unsigned count;
    unsigned left;        ///< that may be gone on with in this turn
    struct deadline tick; ///< the next turn
};

struct worker_conf {
    unsigned number;             ///< 0..N-1
    uint16_t port;               ///< UDP, told in HELLO
    const struct dtls_ctx *dtls; ///< not owned
    struct seal_engine *seal;    ///< not owned
    size_t flight_bytes;         ///< for recordings of rooms; 0: none are made
    uint64_t seed;               ///< of numbers that are no secrets
    void (*flush)(void *ctx, struct udp_batch *b);        ///< sends a batch
    void (*post)(void *ctx, const struct letter *letter); ///< takes a letter for control
    void *ctx;                                            ///< handed to both; not owned
};

struct worker {
    struct worker_conf conf;
    struct room_env env;
    struct deadline_heap deadlines;
    struct assoc_set assocs;      ///< of data channels
    struct deadline assocs_tick;  ///< when their timers are due
    struct map rooms;             ///< by id, of struct room
    struct map members;           ///< by id, of struct worker_member (owned)
    struct map notes;             ///< by room's id, of struct worker_notes (owned)
    struct map by_ufrag;          ///< of struct worker_member
    struct map by_address;        ///< of struct worker_address
    uint64_t dropped[DROP_COUNT]; ///< datagrams in, by what became of them
    struct flight_pool flight;    ///< of what rooms record
    struct worker_handshakes handshakes;
    struct shed shed; ///< what is left out for want of time
    struct udp_batch tx;
};

/** Builds one; NULL without memory. */
struct worker *worker_create(const struct worker_conf *conf);

/** Ends everything it holds, with goodbyes. NULL is fine. */
void worker_destroy(struct worker *w, usec_t now);

/** Handles a batch that has arrived; the data is decrypted in place. */
void worker_on_datagrams(struct worker *w, struct udp_batch *rx, usec_t now);

/** Has a check from this address authenticated, and not been forgotten since? */
bool worker_knows(const struct worker *w, const struct sockaddr_in6 *addr);

/** Handles one letter from control. True if it asks the process to end. */
bool worker_on_letter(struct worker *w, const struct letter *letter, usec_t now);

/**
 * Tells whether it keeps up, after every turn of its owner's loop: `behind` if the socket was
 * not found empty for a while. Then it forwards fewer pictures, until it does.
 */
void worker_keeps_up(struct worker *w, bool behind, usec_t now);

/** Does what is due at `now`. */
void worker_tick(struct worker *w, usec_t now);

/** When worker_tick() must be called next. */
static inline usec_t worker_deadline(const struct worker *w)
{
    return deadline_next(&w->deadlines);
}

/** The first letter of every connection to control. */
void worker_hello(const struct worker *w, struct letter *out);

/** What follows it if there are rooms: all that is held, for a control that knows nothing of
 * it.
 */
void worker_tell_held(struct worker *w, usec_t now);

/** Counters as JSON, a new reference; NULL without memory. */
json_t *worker_stats(const struct worker *w);

#endif
