#include "links/meetings.h"

#include "inner.h"
#include "links/rooms.h"

#include "base/box.h"
#include "base/rand.h"
#include "store/meetings.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PW_CHARS 20 ///< of a password nobody chose

static_assert(STORE_MEETING_BOX_SIZE == 2 * LINKS_MEETING_PW_SIZE + BOX_OVERHEAD, "box");
static_assert(STORE_MEETING_REF_SIZE == LINKS_MEETING_REF_SIZE, "ref");
static_assert(STORE_MEETING_OPTIONS_SIZE == LINKS_MEETING_OPTIONS_SIZE, "options");

/** The key of the passwords' boxes, and what stands on one: whose it is. */
static void box_words(const struct links *links, const struct store_meeting *row,
                      uint8_t key[SHA256_SIZE], char label[LINKS_ID_SIZE + 16])
{
    links_derive(links, "meeting passwords|v1", key);
    (void)snprintf(label, LINKS_ID_SIZE + 16, "meeting|%s", row->room);
}

static void to_row(const struct links *links, const struct links_meeting *from,
                   const struct links_room *room, struct store_meeting *to)
{
    char both[2][LINKS_MEETING_PW_SIZE] = {{0}}; // padded: a box does not tell their lengths
    char label[LINKS_ID_SIZE + 16];
    uint8_t key[SHA256_SIZE];

    memset(to, 0, sizeof *to);
    (void)snprintf(to->tenant, sizeof to->tenant, "%s", room->tenant);
    (void)snprintf(to->room, sizeof to->room, "%s", room->id);
    (void)snprintf(to->ref, sizeof to->ref, "%s", from->ref);
    (void)snprintf(to->options, sizeof to->options, "%s", from->options);
    (void)snprintf(both[0], sizeof both[0], "%s", from->attendee);
    (void)snprintf(both[1], sizeof both[1], "%s", from->moderator);
    to->created_ms = from->created_ms;
    box_words(links, to, key, label);
    box_close(key, label, both, sizeof both, to->box);
    explicit_bzero(key, sizeof key);
}

static void from_row(const struct links *links, const struct store_meeting *from,
                     struct links_meeting *to)
{
    char both[2][LINKS_MEETING_PW_SIZE];
    char label[LINKS_ID_SIZE + 16];
    uint8_t key[SHA256_SIZE];

    memset(to, 0, sizeof *to);
    (void)snprintf(to->ref, sizeof to->ref, "%s", from->ref);
    (void)snprintf(to->options, sizeof to->options, "%s", from->options);
    to->created_ms = from->created_ms;
    box_words(links, from, key, label);
    // A box that does not open, of another server key, leaves them empty: they match nothing.
    if (box_open(key, label, from->box, sizeof from->box, both)) {
        (void)snprintf(to->attendee, sizeof to->attendee, "%.*s", LINKS_MEETING_PW_SIZE - 1,
                       both[0]);
        (void)snprintf(to->moderator, sizeof to->moderator, "%.*s", LINKS_MEETING_PW_SIZE - 1,
                       both[1]);
    }
    explicit_bzero(key, sizeof key);
}

int links_meeting_get(struct links *links, const char *tenant, const char *ref,
                      struct links_meeting *out, struct links_room *room)
{
    struct store_meeting row;
    struct store_room room_row;
    int error = store_meeting_get(links->store, tenant, ref, &row, &room_row);

    if (error)
        return error;
    from_row(links, &row, out);
    room_from_row(&room_row, room);
    return 0;
}

/** Milliseconds, so that a meeting made again within a second is another one. */
static int64_t milliseconds(int64_t now)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return now * 1000 + t.tv_nsec / 1000000;
}

int links_meeting_make(struct links *links, struct links_meeting *meeting,
                       struct links_room *room, int64_t now)
{
    struct store_meeting row;
    int error;

    if (*meeting->attendee == '\0')
        rand_id(meeting->attendee, sizeof meeting->attendee, "", PW_CHARS);
    if (*meeting->moderator == '\0')
        rand_id(meeting->moderator, sizeof meeting->moderator, "", PW_CHARS);
    meeting->created_ms = milliseconds(now);
    error = store_begin(links->store);
    if (error)
        return error;
    error = links_room_make(links, room, now);
    if (error == 0) {
        to_row(links, meeting, room, &row);
        error = store_meeting_put(links->store, &row);
    }
    if (error == 0)
        return store_commit(links->store);
    store_rollback(links->store);
    return error;
}

int links_meeting_change(struct links *links, const struct links_meeting *meeting,
                         const struct links_room *room)
{
    struct store_meeting row;
    int error = store_begin(links->store);

    if (error)
        return error;
    to_row(links, meeting, room, &row);
    error = store_meeting_put(links->store, &row);
    if (error == 0)
        error = links_room_change(links, room);
    if (error == 0)
        return store_commit(links->store);
    store_rollback(links->store);
    return error;
}

struct meeting_each {
    const struct links *links;
    void (*each)(const struct links_meeting *meeting, const struct links_room *room, void *ctx);
    void *ctx;
};

static void on_meeting(const struct store_meeting *row, const struct store_room *room_row,
                       void *ctx)
{
    const struct meeting_each *e = ctx;
    struct links_meeting meeting;
    struct links_room room;

    from_row(e->links, row, &meeting);
    room_from_row(room_row, &room);
    e->each(&meeting, &room, e->ctx);
}

int links_meeting_list(struct links *links, const char *tenant, unsigned limit,
                       void (*each)(const struct links_meeting *meeting,
                                    const struct links_room *room, void *ctx),
                       void *ctx)
{
    struct meeting_each e = {links, each, ctx};

    return store_meeting_list(links->store, tenant, limit, on_meeting, &e);
}
