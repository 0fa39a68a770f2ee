/** What the files of this layer know of each other. */
#ifndef SCTP_INNER_H
#define SCTP_INNER_H

#include "sctp/sctp.h"

/** A message that waits for room in the library. */
struct assoc_wait {
    TAILQ_ENTRY(assoc_wait) link;
    struct channel *channel; ///< not owned
    uint32_t ppid;
    size_t len;
    uint8_t bytes[];
};

// RFC 8831 section 8: payload protocol identifiers
#define PPID_DCEP           50
#define PPID_STRING         51
#define PPID_BINARY_PARTIAL 52 // deprecated, as is 54
#define PPID_BINARY         53
#define PPID_STRING_PARTIAL 54
#define PPID_STRING_EMPTY   56
#define PPID_BINARY_EMPTY   57

/** It has something to send or to tell: into the list of its set. */
void assoc_ready(struct assoc *a);

/** False: chunks or parameters whose lengths lead nowhere. */
bool assoc_packet_sound(const uint8_t *bytes, size_t len);

/** A packet from the library. */
void assoc_put_packet(struct assoc *a, const uint8_t *bytes, size_t len);

/** Timers are to be looked at often for a while. */
void assoc_busy(struct assoc *a, usec_t now);

/** It is over; ASSOC_IS_DOWN is to be told. */
void assoc_down(struct assoc *a);

/* ---- sending (send.c) ---- */

/** One message to the library, or behind those that wait for it. */
enum drop send_message(struct assoc *a, struct channel *c, uint32_t ppid,
                       const struct assoc_message *m);

/** Sends what waits, as far as there is room. */
void send_waiting(struct assoc *a);

/** Forgets what waits on a channel, or (NULL) everything. */
void send_forget(struct assoc *a, const struct channel *c);

/* ---- channels (channel.c) ---- */

/** A DCEP message came on a stream. True if `*event` tells something. */
bool channel_on_dcep(struct assoc *a, uint16_t id, const uint8_t *bytes, size_t len,
                     struct assoc_event *event);

/** The other side has closed its direction of a stream. True if `*event` tells something. */
bool channel_they_reset(struct assoc *a, uint16_t id, struct assoc_event *event);

/** The same, told later: for several at once. */
void channel_they_reset_untold(struct assoc *a, uint16_t id);

/** Our direction of a stream is closed, or (`failed`) cannot be. */
void channel_reset_done(struct assoc *a, uint16_t id, bool failed);

/** Asks the library for the resets that are due, as far as it takes them. */
void channel_ask_resets(struct assoc *a);

/** Closes; ASSOC_CLOSED is told later if `tell`. */
void channel_close(struct assoc *a, struct channel *c, bool tell);

/** A channel of which ASSOC_CLOSED is to be told, or NULL. */
struct channel *channel_untold(struct assoc *a);

/** Frees all at once. */
void channel_free_all(struct assoc *a);

#endif
