/**
 * Data channels: one SCTP association (RFC 9260) over DTLS (RFC 8261), its channels by DCEP
 * (RFC 8831, RFC 8832), partial reliability (RFC 3758), closing by stream reset (RFC 6525).
 *
 * The protocol is usrsctp's, which has one state a process; it runs without threads of its own,
 * moved by assoc_set_tick(). Towards the rest of salon an association is sans-I/O: packets and
 * `now` in by assoc_on_packet(), packets out by assoc_take(), events by assoc_next(). The
 * library can have something to say about any association at any call; which one is told by
 * assoc_set_next(). Its random numbers and its own clock (round trips, time limits of messages)
 * are not ours.
 *
 *   CONNECTING ──▶ UP ──▶ DOWN       (DOWN: aborted, timed out, restarted by the other side)
 *        └─────────────────▲
 */
#ifndef SCTP_SCTP_H
#define SCTP_SCTP_H

#include "base/drop.h"
#include "base/usec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define ASSOC_PORT        5000         ///< a=sctp-port, ours; the other side's may differ
#define ASSOC_MTU         1150         ///< bytes of a packet: sealed by DTLS it fits 1,200
#define ASSOC_MESSAGE_MAX 65536        ///< bytes of one message, a=max-message-size
#define ASSOC_STREAMS     256          ///< ids of channels are below this: half of them ours
#define ASSOC_THEIRS      64           ///< channels the other side may have open
#define ASSOC_BUFFER      (256u << 10) ///< bytes the library may hold to be sent; and received
#define ASSOC_QUEUE       (768u << 10) ///< bytes of reliable messages that wait for room there
#define CHANNEL_TEXT      255          ///< bytes of a label or a protocol

/** How much is tried to get a message through (RFC 8831 section 6.4). */
enum channel_mode {
    CHANNEL_RELIABLE,
    CHANNEL_COUNTED, ///< at most `limit` retransmissions
    CHANNEL_TIMED    ///< at most `limit` milliseconds
};

struct channel_conf {
    enum channel_mode mode;
    uint32_t limit;
    bool unordered;
    uint16_t priority; ///< as in DATA_CHANNEL_OPEN; carried, not used
};

enum channel_state {
    CHANNEL_OPENING, ///< we opened it, the other side has not said that it knows
    CHANNEL_OPEN,
    CHANNEL_CLOSING ///< closed by either side; its id is not free yet
};

struct channel {
    uint16_t id; ///< of its stream
    enum channel_state state;
    bool ours;       ///< we opened it
    bool reset_due;  ///< to be asked of the library as soon as it takes one
    bool reset_done; ///< our direction is closed, and the other side knows
    bool they_reset; ///< so is theirs
    bool overflown;  ///< closed by us because too much waited
    bool untold;     ///< ASSOC_CLOSED is to be told
    unsigned waits;  ///< messages that found no room yet
    struct channel_conf conf;
    uint64_t tag;         ///< the owner's, 0 at first
    const char *label;    ///< UTF-8; lies behind the struct
    const char *protocol; ///< likewise
};

/** The associations of one worker. Zero it to begin. */
struct assoc_set {
    TAILQ_HEAD(assoc_list, assoc) ready; ///< have packets to send or events to tell
    unsigned count;
    usec_t tick_at;    ///< assoc_set_tick() must be called then; USEC_NEVER without any
    usec_t busy_until; ///< until then the library's timers are looked at often
    uint8_t *scratch;  ///< owned: the message assoc_next() told of
};

/**
 * Starts the library for good, before a sandbox closes: it opens its source of random numbers
 * when it starts, and without one would make do with the time.
 */
void assoc_keep_library(void);

void assoc_set_init(struct assoc_set *set);

/** All associations must be gone. */
void assoc_set_fini(struct assoc_set *set);

/** Moves the library's timers. */
void assoc_set_tick(struct assoc_set *set, usec_t now);

/** The next that has something to send or to tell, taken from the list; NULL: none. */
struct assoc *assoc_set_next(struct assoc_set *set);

enum assoc_state { ASSOC_CONNECTING, ASSOC_UP, ASSOC_DOWN };

struct assoc_counters {
    uint64_t messages_in, messages_out, bytes_in, bytes_out;
    uint64_t dropped;   ///< unreliable messages that found no room
    uint64_t overflown; ///< channels closed because their receiver is too slow
    uint64_t refused;   ///< messages and channels that break a rule or a bound of ours
};

struct assoc_queue {
    uint8_t *bytes; ///< owned; NULL while empty
    size_t used, taken, size;
};

struct assoc {
    struct assoc_set *set; ///< not owned
    void *owner;           ///< not owned
    TAILQ_ENTRY(assoc) link;
    bool is_ready; ///< in the list
    uintptr_t id;  ///< what the library knows it by; never used again
    struct socket *socket;
    enum assoc_state state;
    bool told_state;
    bool even; ///< our channels have even ids (we are the DTLS client)
    struct channel *channel[ASSOC_STREAMS];    ///< owned
    struct channel *dead;                      ///< owned: freed with the next event
    uint16_t streams;                          ///< ids below this can be sent on
    unsigned theirs_max;                       ///< … and may not be more than these
    unsigned theirs;                           ///< channels of theirs that are not free yet
    size_t their_max;                          ///< bytes of a message they take
    struct assoc_queue out;                    ///< packets for the network
    TAILQ_HEAD(assoc_waits, assoc_wait) waits; ///< reliable messages that found no room
    size_t waiting;                            ///< bytes of them
    uint8_t *part; ///< owned: the first parts of a message that comes in pieces, or NULL
    size_t part_len;
    bool skipping;   ///< the rest of a message that is too long
    unsigned untold; ///< channels of which ASSOC_CLOSED is to be told
    unsigned resets; ///< channels whose reset is still to be asked for
    struct assoc_counters count;
};

struct assoc_conf {
    bool dtls_client;    ///< we are the DTLS client: our ids are even (RFC 8832 section 6)
    uint16_t their_port; ///< a=sctp-port of theirs
    unsigned theirs_max; ///< channels they may have open; 0: ASSOC_THEIRS
    size_t their_max;    ///< their a=max-message-size; 0: no limit
    void *owner;
};

/** Starts one. DTLS must be up. NULL without memory. */
struct assoc *assoc_create(struct assoc_set *set, const struct assoc_conf *conf, usec_t now);

/** Aborts and frees; what the library had to say to the other side is lost. NULL is fine. */
void assoc_destroy(struct assoc *a);

/** One packet from DTLS. DROP_SHORT, DROP_MALFORMED (its lengths lead nowhere), DROP_LIMIT
 * (longer than any datagram), DROP_NOT_READY or DROP_NONE. */
enum drop assoc_on_packet(struct assoc *a, const uint8_t *bytes, size_t len, usec_t now);

/** The next packet for DTLS into `buf` (ASSOC_MTU bytes). 0: none. */
size_t assoc_take(struct assoc *a, uint8_t *buf);

enum assoc_what {
    ASSOC_NOTHING,
    ASSOC_IS_UP,
    ASSOC_IS_DOWN, ///< the last event; all channels are gone
    ASSOC_OPENED,  ///< the other side opened `channel`
    ASSOC_MESSAGE,
    ASSOC_CLOSED ///< `channel` is closed by the other side, or by us for a reason of its own
};

struct assoc_event {
    enum assoc_what what;
    struct channel *channel; ///< not owned
    bool text;               ///< the message is a string
    const uint8_t *bytes;    ///< valid until the next call for any association of the set
    size_t len;
};

/**
 * What happened next. Not to call it is back-pressure: the library's receive window (256 KiB)
 * closes and the other side waits.
 */
void assoc_next(struct assoc *a, struct assoc_event *event, usec_t now);

/** Opens a channel. NULL if not up, no id is free, or without memory. Label and protocol are at
 *  most CHANNEL_TEXT bytes. It may be sent on at once. */
struct channel *assoc_open(struct assoc *a, const char *label, const char *protocol,
                           const struct channel_conf *conf, usec_t now);

/** Closes a channel; what was sent on it and is with the library is still delivered. No event
 *  follows. */
void assoc_close(struct assoc *a, struct channel *c, usec_t now);

struct assoc_message {
    const uint8_t *bytes;
    size_t len;
    bool text;
};

/**
 * Sends a message. DROP_NONE: it is on its way, or waits. DROP_LIMIT: longer than the other
 * side takes, or an unreliable one that finds no room. DROP_NOT_READY: not up, or the channel
 * is closing. -- A reliable one that finds no room in ASSOC_QUEUE closes the channel
 * (ASSOC_CLOSED is told) and is DROP_LIMIT.
 */
enum drop assoc_send(struct assoc *a, struct channel *c, const struct assoc_message *m,
                     usec_t now);

/** The channel with this id that is not closing, or NULL. */
struct channel *assoc_channel(const struct assoc *a, uint16_t id);

#endif
