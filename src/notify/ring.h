/** The last events, for clients that come back: bounded in time, number and bytes. Pure. */
#ifndef NOTIFY_RING_H
#define NOTIFY_RING_H

#include "links/links.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define RING_EVENTS 20000
#define RING_BYTES  (16u << 20)

struct ring_event {
    TAILQ_ENTRY(ring_event) link;
    int64_t at;             ///< seconds since 1970
    char id[LINKS_ID_SIZE]; ///< "evt_…"
    char tenant[LINKS_ID_SIZE];
    char *user[2]; ///< owned; refs of whom it is for, NULL: none
    size_t len;
    char *frame; ///< owned; as server-sent event
};

TAILQ_HEAD(ring_list, ring_event);

struct ring {
    struct ring_list events; ///< oldest first
    size_t count, bytes;
};

void ring_init(struct ring *r);
void ring_fini(struct ring *r);

/** Takes ownership of the event, made with malloc(); forgets what is too old or too much. */
void ring_add(struct ring *r, struct ring_event *event, int64_t keep_s);

/** Is it for a stream of this tenant, and of this user if `user` is not NULL? */
bool ring_is_for(const struct ring_event *event, const char *tenant, const char *user);

/** The event with this id of this tenant; NULL: it is not known (any more). */
const struct ring_event *ring_find(const struct ring *r, const char *tenant, const char *id);

void ring_event_free(struct ring_event *event);

#endif
