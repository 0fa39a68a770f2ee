/** Events of calendars, personal rooms, and what is purged. Errors as in links.h. */
#ifndef LINKS_EVENTS_H
#define LINKS_EVENTS_H

#include "links/settings.h"

/**
 * The event's room: the one it has, or else `room` made for it as links_room_make() would
 * (`*made`). A closed or expired one counts as none.
 */
int links_event_room(struct links *links, const char *event_ref, struct links_room *room,
                     bool *made, int64_t now);

/** The room the event has; -ENOENT if none that is open. */
int links_event_get(struct links *links, const char *tenant, const char *event_ref,
                    struct links_room *out, int64_t now);

/** The event has this room of the tenant's from now on. */
int links_event_link(struct links *links, const char *event_ref, struct links_room *room);

/**
 * Gives the event another link: its own room a new one, the old says that it was replaced; or,
 * where it has a personal room, which keeps its link, a fresh room like `fresh`. `*room` is
 * what it has after it.
 */
int links_event_renew(struct links *links, const char *event_ref,
                      const struct links_room *fresh, struct links_room *room, int64_t now);

/** The event has no room any more; the room and its link go on. */
int links_event_dissociate(struct links *links, const char *tenant, const char *event_ref);

/**
 * The personal room of `room->owner_ref`: the one there is (its title, access and owner's name
 * as `room` says, if it says so), or else made (`*made`). There is never a second one.
 */
int links_personal_room(struct links *links, struct links_room *room, bool *made, int64_t now);
int links_personal_get(struct links *links, const char *tenant, const char *user,
                       struct links_room *out);

/** Erases a user: the personal room is closed, references and names leave every other. */
int links_user_erase(struct links *links, const char *tenant, const char *user);

/**
 * Removes at most `limit` rooms that nobody needs any more. `in_use` says that somebody is in a
 * room now. Returns how many were removed, or an error.
 */
int links_purge(struct links *links, bool (*in_use)(const char *room, void *ctx), void *ctx,
                unsigned limit, int64_t now);

#endif
