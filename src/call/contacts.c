/*
 * The people who can be invited from inside a room. They live in memory: as long as somebody is
 * in the room, and for a while when nobody is, because a front end names them before the first
 * one joins and a page that is loaded again leaves and comes back.
 */
#include "contacts.h"

#include "base/rand.h"
#include "call/inviting.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// What a parsed list takes beside its text, as measured.
#define BYTES_LIST 512
#define BYTES_EACH 680 // contacts

struct contacts {
    TAILQ_ENTRY(contacts) link; ///< among the idle ones
    char room[LETTER_ID_SIZE];
    json_t *list; ///< owned
    size_t bytes; ///< of it, in memory
    bool idle;
    int64_t idle_since; ///< seconds since 1970
};

void contacts_init(struct contacts_book *book)
{
    map_init(&book->by_room, rand_u64());
    TAILQ_INIT(&book->idle);
}

static void drop(struct contacts_book *book, struct contacts *c)
{
    if (c->idle) {
        TAILQ_REMOVE(&book->idle, c, link);
        book->idle_bytes -= c->bytes;
    }
    (void)map_del(&book->by_room, c->room, strlen(c->room));
    json_decref(c->list);
    free(c);
}

void contacts_fini(struct contacts_book *book)
{
    struct contacts *c;
    size_t at = 0;

    while ((c = map_next(&book->by_room, &at))) {
        drop(book, c);
        at = 0;
    }
    map_fini(&book->by_room);
}

static struct contacts *find(const struct contacts_book *book, const char *room)
{
    return map_get(&book->by_room, room, strlen(room));
}

/** The oldest of those that nobody uses go. */
static void tidy(struct contacts_book *book, int64_t now)
{
    struct contacts *c;

    while ((c = TAILQ_FIRST(&book->idle)) &&
           (book->idle_bytes > CALL_CONTACTS_BYTES || c->idle_since + CALL_CONTACTS_IDLE < now))
        drop(book, c);
}

static void set_idle(struct contacts_book *book, struct contacts *c, bool idle, int64_t now)
{
    if (c->idle) {
        TAILQ_REMOVE(&book->idle, c, link);
        book->idle_bytes -= c->bytes;
    }
    c->idle = idle;
    c->idle_since = now;
    if (idle) {
        TAILQ_INSERT_TAIL(&book->idle, c, link);
        book->idle_bytes += c->bytes;
    }
}

void contacts_in_use(struct contacts_book *book, const char *room, bool used, int64_t now)
{
    struct contacts *c = find(book, room);

    if (c)
        set_idle(book, c, !used, now);
    tidy(book, now);
}

static struct contacts *make(struct contacts_book *book, const char *room)
{
    struct contacts *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    (void)snprintf(c->room, sizeof c->room, "%s", room);
    if (map_put(&book->by_room, c->room, strlen(c->room), c) == 0)
        return c;
    free(c);
    return NULL;
}

int contacts_put(struct contacts_book *book, const char *room, json_t *list, bool used,
                 int64_t now)
{
    const size_t bytes = BYTES_LIST + BYTES_EACH * json_array_size(list) +
                         json_dumpb(list, NULL, 0, JSON_COMPACT);
    struct contacts *c = find(book, room);

    if (!c)
        c = make(book, room);
    if (!c) {
        json_decref(list);
        return -ENOMEM;
    }
    set_idle(book, c, false, now);
    json_decref(c->list);
    c->list = list;
    c->bytes = bytes;
    set_idle(book, c, !used, now);
    tidy(book, now);
    return 0;
}

void contacts_forget(struct contacts_book *book, const char *room)
{
    struct contacts *c = find(book, room);

    if (c)
        drop(book, c);
}

const json_t *contacts_get(const struct contacts_book *book, const char *room)
{
    const struct contacts *c = find(book, room);

    return c ? c->list : NULL;
}

const json_t *contacts_find(const struct contacts_book *book, const char *room, const char *ref)
{
    const json_t *list = contacts_get(book, room);

    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        const char *its = json_string_value(json_object_get(one, "ref"));

        if (its && strcmp(its, ref) == 0)
            return one;
    }
    return NULL;
}
