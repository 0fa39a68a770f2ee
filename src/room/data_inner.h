/** What data.c and data_relay.c know of each other. */
#ifndef ROOM_DATA_INNER_H
#define ROOM_DATA_INNER_H

#include "room/data.h"

#include "base/map.h"

/** A channel of somebody else, as it is given on to this member. */
struct relay {
    uint64_t source; ///< the sender's age and the id of its channel: the map's key
    uint16_t id;     ///< of our channel towards this member
    bool refused;    ///< the member has closed it: it gets no more of this one
};

/** What a member with data channels has more than others. */
struct data {
    struct map relays;       ///< by `source`, of struct relay (owned)
    int64_t messages, bytes; ///< that may be sent now, in millionths; below 0: debt
    usec_t filled_at;
    struct deadline resume; ///< when the debt is paid
    uint64_t refused;       ///< by the association, as far as it is counted for all
    bool salon_open;
    uint16_t salon; ///< id of the channel "salon"
};

/** To control. */
void data_post(struct member *m, enum letter_data_what what, const char *of, const char *text);

/** A message of `m` on a channel of its own: to whom it is for. */
void relay_message(struct member *m, const struct assoc_event *e, usec_t now);

/** `m` has closed its channel: those it was relayed on close as well. */
void relay_close_all(struct member *m, const struct channel *c, usec_t now);

/** `m` has closed one of ours, or we had to. */
void relay_refused(struct member *m, const struct channel *c);

/** The same as relay_close_all() for all its channels. */
void relay_leave(struct member *m, usec_t now);

/** Frees what `d` remembers. */
void relay_free(struct data *d);

#endif
