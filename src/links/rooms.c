#include "links/rooms.h"

#include "inner.h"

#include "base/rand.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ID_CHARS 20    ///< 100 bits
#define ANSWER_S 86400 ///< how long an answer to an Idempotency-Key is kept

int links_room_make(struct links *links, struct links_room *room, int64_t now)
{
    struct store_room row;
    uint8_t hash[SHA256_SIZE];

    rand_id(room->id, sizeof room->id, "rm_", ID_CHARS);
    room->link_version = 1;
    room->closed = false;
    room->created_at = now;
    room->last_used_at = 0;
    link_hash(links, room, hash);
    room_to_row(room, &row);
    return store_room_add(links->store, &row, hash);
}

int links_room_find(struct links *links, const char *id, struct links_room *out)
{
    struct store_room row;
    int error = store_room_get(links->store, id, &row);

    if (error == 0)
        room_from_row(&row, out);
    return error;
}

int links_call_put(struct links *links, const struct links_room *room, struct store_call *call)
{
    int error;

    memcpy(call->tenant, room->tenant, sizeof call->tenant);
    memcpy(call->room, room->id, sizeof call->room);
    error = store_call_put(links->store, call);
    if (error == 0 && call->ended_at)
        error = store_room_used(links->store, room->id, call->ended_at);
    return error;
}

int links_call_open(struct links *links, const char *after, struct store_call *out)
{
    char behind[STORE_ID_SIZE]; // it may be out->id

    (void)snprintf(behind, sizeof behind, "%s", after);
    return store_call_open(links->store, behind, out);
}

int links_room_get(struct links *links, const char *tenant, const char *id,
                   struct links_room *out)
{
    struct store_room row;
    int error = store_room_get(links->store, id, &row);

    if (error)
        return error;
    if (strcmp(row.tenant, tenant) != 0)
        return -ENOENT;
    room_from_row(&row, out);
    return 0;
}

/** A page in the making: one row more than asked for tells that there is another page. */
struct page {
    void (*each)(const struct links_room *room, void *ctx);
    void *ctx;
    unsigned left;
    int64_t last_at;
    char last_id[LINKS_ID_SIZE];
    bool more;
};

static void on_row(const struct store_room *row, void *ctx)
{
    struct page *page = ctx;
    struct links_room room;

    if (page->left == 0) {
        page->more = true;
        return;
    }
    page->left--;
    page->last_at = row->created_at;
    memcpy(page->last_id, row->id, sizeof page->last_id);
    room_from_row(row, &room);
    page->each(&room, page->ctx);
}

/** A cursor is "<created_at>-<id>". */
static bool parse_cursor(const char *cursor, int64_t *at, const char **id)
{
    int used = 0;

    if (*cursor < '0' || *cursor > '9' || strnlen(cursor, 80) == 80 ||
        sscanf(cursor, "%18" SCNd64 "-%n", at, &used) != 1 || used == 0)
        return false;
    *id = cursor + used;
    return strncmp(*id, "rm_", 3) == 0;
}

int links_room_list(struct links *links, const struct links_list *list,
                    void (*each)(const struct links_room *room, void *ctx), void *ctx,
                    char next[LINKS_CURSOR_SIZE])
{
    struct page page = {.each = each, .ctx = ctx, .left = list->limit};
    struct store_room_query query = {.tenant = list->tenant,
                                     .owner_ref = list->owner_ref,
                                     .event_ref = list->event_ref,
                                     .limit = list->limit + 1};
    int error;

    *next = '\0';
    if (list->cursor && !parse_cursor(list->cursor, &query.before, &query.before_id))
        return -EINVAL;
    error = store_room_list(links->store, &query, on_row, &page);
    if (error == 0 && page.more)
        (void)snprintf(next, LINKS_CURSOR_SIZE, "%" PRId64 "-%s", page.last_at, page.last_id);
    return error;
}

int links_room_change(struct links *links, const struct links_room *room)
{
    struct store_room row;

    room_to_row(room, &row);
    return store_room_update(links->store, &row);
}

int links_room_lock(struct links *links, const char *id, bool locked, struct links_room *room)
{
    int error = links_room_find(links, id, room);

    if (error || room->locked == locked)
        return error;
    room->locked = locked;
    return links_room_change(links, room);
}

int links_room_rotate(struct links *links, struct links_room *room, enum links_old old)
{
    static const enum store_link_state states[] = {[OLD_CLOSED] = STORE_LINK_REPLACED,
                                                   [OLD_REDIRECT] = STORE_LINK_REDIRECT,
                                                   [OLD_KEEP] = STORE_LINK_LIVE};
    uint8_t hash[SHA256_SIZE];
    int error;

    room->link_version++;
    link_hash(links, room, hash);
    error = store_room_rotate(links->store, room->id, room->link_version, hash, states[old]);
    if (error)
        room->link_version--;
    return error;
}

void links_url(const struct links *links, const struct links_room *room,
               char out[LINKS_URL_SIZE])
{
    char token[LINKS_TOKEN_SIZE];

    derive_token(links, room, "guest", token);
    (void)snprintf(out, LINKS_URL_SIZE, "%s/r/%s", links->public_url, token);
}

void links_host_url(const struct links *links, const struct links_room *room,
                    char out[LINKS_URL_SIZE])
{
    char token[LINKS_TOKEN_SIZE], host[LINKS_TOKEN_SIZE];

    derive_token(links, room, "guest", token);
    derive_token(links, room, "host", host);
    (void)snprintf(out, LINKS_URL_SIZE, "%s/r/%s#h=%s", links->public_url, token, host);
}

int links_answer_get(struct links *links, const char *tenant, const char *key,
                     struct links_answer *out, int64_t now)
{
    struct store_answer answer;
    int error = store_answer_get(links->store, tenant, key, now - ANSWER_S, &answer);

    if (error)
        return error;
    memcpy(out->request, answer.request, sizeof out->request);
    out->status = answer.status;
    memcpy(out->resource, answer.resource, sizeof out->resource);
    return 0;
}

int links_answer_put(struct links *links, const char *tenant, const char *key,
                     const struct links_answer *answer, int64_t now)
{
    struct store_answer row = {.status = answer->status};
    int error;

    memcpy(row.request, answer->request, sizeof row.request);
    memcpy(row.resource, answer->resource, sizeof row.resource);
    error = store_answer_put(links->store, tenant, key, now, now - ANSWER_S, &row);
    return error == -EEXIST ? -EINPROGRESS : error;
}
