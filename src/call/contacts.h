/** Contacts by room, in memory. Knows no call: `used` says that somebody is in the room. */
#ifndef CALL_CONTACTS_H
#define CALL_CONTACTS_H

#include "base/map.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct contacts;
TAILQ_HEAD(contacts_queue, contacts);

struct contacts_book {
    struct map by_room;
    struct contacts_queue idle; ///< of rooms that nobody is in, oldest first
    size_t idle_bytes;          ///< all these, in memory
};

void contacts_init(struct contacts_book *book);
void contacts_fini(struct contacts_book *book);

/** Replaces a room's; takes the reference. 0 or -ENOMEM. `now` in seconds since 1970. */
int contacts_put(struct contacts_book *book, const char *room, json_t *list, bool used,
                 int64_t now);
void contacts_forget(struct contacts_book *book, const char *room);

/** Somebody is in the room now, or nobody any more. */
void contacts_in_use(struct contacts_book *book, const char *room, bool used, int64_t now);

/** A room's, and one of them by its ref: borrowed, NULL if there is none. */
const json_t *contacts_get(const struct contacts_book *book, const char *room);
const json_t *contacts_find(const struct contacts_book *book, const char *room,
                            const char *ref);

#endif
