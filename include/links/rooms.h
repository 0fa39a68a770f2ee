/** Rooms as the API makes and changes them. Errors as in links.h; -ENOENT: no such room. */
#ifndef LINKS_ROOMS_H
#define LINKS_ROOMS_H

#include "links/links.h"
#include "store/store.h"

#define LINKS_TTL_MAX INT64_C(604800) ///< seconds a personal token may live

/**
 * Makes a room for `room->tenant`. The caller sets kind, access, title, owner, event, locale,
 * metadata, expires_at and uuid, and zeroes the rest, which is filled in.
 */
int links_room_make(struct links *links, struct links_room *room, int64_t now);

/** Another tenant's room is -ENOENT, too. */
int links_room_get(struct links *links, const char *tenant, const char *id,
                   struct links_room *out);

/** Whosever it is. */
int links_room_find(struct links *links, const char *id, struct links_room *out);

/** A call of the room goes on, or is over: then the room was in use until its end. */
int links_call_put(struct links *links, const struct links_room *room, struct store_call *call);

/** The next call that goes on, behind the id `after`; -ENOENT if there is none. */
int links_call_open(struct links *links, const char *after, struct store_call *out);

struct links_list {
    const char *tenant;
    const char *owner_ref, *event_ref; ///< NULL: any
    const char *cursor;                ///< from the last page, NULL for the first
    unsigned limit;
};

#define LINKS_CURSOR_SIZE 80

/**
 * Calls `each` for the rooms that are not closed, newest first. If there are more, `*next` is
 * the cursor to go on with, else "". -EINVAL: the cursor is none of ours.
 */
int links_room_list(struct links *links, const struct links_list *list,
                    void (*each)(const struct links_room *room, void *ctx), void *ctx,
                    char next[LINKS_CURSOR_SIZE]);

/** Writes title, access, locale, metadata, expires_at, closed and locked. */
int links_room_change(struct links *links, const struct links_room *room);

/** Locks or unlocks a room; `*room` is as it is then. */
int links_room_lock(struct links *links, const char *id, bool locked, struct links_room *room);

/** What becomes of the old link when a room gets a new one. */
enum links_old {
    OLD_CLOSED,   ///< 410 "replaced"; it never reveals the new one
    OLD_REDIRECT, ///< leads to the new one
    OLD_KEEP      ///< works on
};

/** Gives the room a new link; `room->link_version` is one more after it. */
int links_room_rotate(struct links *links, struct links_room *room, enum links_old old);

/** The room's link, and the same with the host's secret in its fragment. */
void links_url(const struct links *links, const struct links_room *room,
               char out[LINKS_URL_SIZE]);
void links_host_url(const struct links *links, const struct links_room *room,
                    char out[LINKS_URL_SIZE]);

/** A personal token, to be freed; NULL without memory. With `who->once` it works once. */
char *links_member_token(const struct links *links, const struct links_room *room,
                         const struct links_member *who, int64_t ttl_s, int64_t now);

/** A link with a personal token in its fragment, to be freed; NULL without memory. */
char *links_member_url(const struct links *links, const struct links_room *room,
                       const struct links_member *who, int64_t ttl_s, int64_t now);

/** An answer kept for an Idempotency-Key. */
struct links_answer {
    uint8_t request[32]; ///< SHA-256 of method, path and body
    unsigned status;
    char resource[STORE_KEPT_SIZE]; ///< ids of what was made, separated by spaces
};

/** What was answered to this key in the last 24 h; -ENOENT if nothing. */
int links_answer_get(struct links *links, const char *tenant, const char *key,
                     struct links_answer *out, int64_t now);

/** Keeps an answer, with what was made if both are in one transaction. -EINPROGRESS: another
 * request with this key was faster. */
int links_answer_put(struct links *links, const char *tenant, const char *key,
                     const struct links_answer *answer, int64_t now);

#endif
