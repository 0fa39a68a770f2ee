/**
 * What front ends are told: events, by webhook to their server and as server-sent events to
 * browsers. The same JSON both ways, without links, and without names but those the front end
 * gave.
 *
 *   notify_publish() ──▶ ring (10 min, for Last-Event-ID) ──▶ streams (GET /api/v1/stream)
 *                    └─▶ database ──▶ deliveries, signed, again until they are taken
 *
 * The envelope: {"type", "timestamp", "data": {"tenant", "room": {"id", "kind", "event_ref",
 * "metadata"}, …}}. Webhooks follow Standard Webhooks 1.0.
 */
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "http/http.h"
#include "links/links.h"

#include <uv.h>

struct notify;

#define NOTIFY_RING_S 600 ///< how long an event can be replayed

struct notify_conf {
    uv_loop_t *loop; ///< not owned, as the rest
    struct store *store;
    struct links *links;
    const char *const *webhook_allow; ///< ranges of private addresses that webhooks may go to,
                                      ///< and by plain http: "127.0.0.0/8"
    size_t webhook_allow_count;
};

/** 0 or -errno. Deliveries that a former process left are gone on with. */
int notify_open(const struct notify_conf *conf, struct notify **out);

/** Other ranges from now on, as webhook_allow; not owned. */
void notify_set_allow(struct notify *n, const char *const *ranges, size_t count);

/** The times at which deliveries are due have changed: looks at them anew. */
void notify_look(struct notify *n);

/** Stops sending (what is not delivered stays in the database), closes the streams. */
void notify_stop(struct notify *n);

/** After the loop has run until its handles are closed. notify_close(NULL) is fine. */
void notify_close(struct notify *n);

/** Whom an event is for, beside the tenant's server. */
struct notify_event {
    const char *type; ///< "room.created"
    const char *tenant;
    const struct links_room *room; ///< for `data.room`; NULL: none
    const char *user[2];           ///< refs of the users whose browsers hear it; NULL: none
    json_t *data; ///< more members of `data`; the reference is taken; NULL: none
};

/**
 * Publishes an event: it is in the database for each webhook before this returns, so that a
 * crash loses none. Returns 0 or an error of links.h: then nothing was told.
 */
int notify_publish(struct notify *n, const struct notify_event *event, int64_t now);

/**
 * From here to notify_end(), what is written to the database and what is published are one: a
 * crash loses neither without the other, and nobody hears of what is not there. Not nested.
 * 0 or an error of links.h: then there is nothing to end.
 */
int notify_begin(struct notify *n);

/**
 * Ends it: as a whole, and told; or, after an error (the caller's or of one of the events), not
 * at all. Returns that error.
 */
int notify_end(struct notify *n, int error);

/** Who listens, and for how long they may. */
struct notify_listener {
    const char *tenant;
    const char *user;   ///< only this user's events; NULL: all of the tenant's
    const char *key;    ///< id of the API key; NULL: it is a user's token
    int64_t expires_at; ///< of the token; 0: never
};

/**
 * Answers GET /api/v1/stream with events for this listener. `last_id` (Last-Event-ID, may be
 * NULL) is where the client was; unknown: a `reset` event. The stream ends within 20 s of the
 * token's end, the key's revocation or the tenant's removal.
 */
void notify_stream(struct notify *n, struct http_req *req,
                   const struct notify_listener *listener, const char *last_id);

#endif
