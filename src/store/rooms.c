#include "sql.h"

#include <errno.h>
#include <string.h>

static int add_room(struct store *store, const struct store_room *room)
{
    struct query q = sql_start(store, SQL_ROOM_ADD);

    sql_text(&q, room->id);
    sql_text(&q, room->tenant);
    sql_text(&q, room->kind);
    sql_text(&q, room->access);
    sql_text(&q, room->title);
    sql_text(&q, room->owner_ref);
    sql_text(&q, room->owner_name);
    sql_text(&q, room->event_ref);
    sql_text(&q, room->locale);
    sql_text(&q, room->metadata);
    sql_int(&q, room->link_version);
    sql_int(&q, room->uuid);
    sql_int(&q, room->closed);
    sql_int(&q, room->created_at);
    sql_int(&q, room->last_used_at);
    sql_int(&q, room->expires_at);
    sql_int(&q, room->ends_at);
    sql_int(&q, room->locked);
    return sql_do(store, &q, false);
}

int store_link_add(struct store *store, const char *room, unsigned version,
                   const uint8_t hash[STORE_HASH_SIZE])
{
    struct query q = sql_start(store, SQL_LINK_ADD);

    sql_blob(&q, hash, STORE_HASH_SIZE);
    sql_text(&q, room);
    sql_int(&q, version);
    return sql_do(store, &q, false);
}

int sql_join(struct store *store, bool *ours)
{
    *ours = store->depth == 0;
    return *ours ? store_begin(store) : 0;
}

int sql_leave(struct store *store, bool ours, int error)
{
    if (!ours)
        return error;
    if (error == 0)
        return store_commit(store);
    store_rollback(store);
    return error;
}

int store_room_add(struct store *store, const struct store_room *room,
                   const uint8_t hash[STORE_HASH_SIZE])
{
    bool ours;
    int error = sql_join(store, &ours);

    if (error)
        return error;
    error = add_room(store, room);
    if (error == 0)
        error = store_link_add(store, room->id, room->link_version, hash);
    if (error == 0 && *room->event_ref)
        error = store_event_put(store, room->tenant, room->event_ref, room->id);
    return sql_leave(store, ours, error);
}

void sql_get_room(struct query *q, struct store_room *out)
{
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_text(q, out->tenant, sizeof out->tenant);
    sql_get_text(q, out->kind, sizeof out->kind);
    sql_get_text(q, out->access, sizeof out->access);
    sql_get_text(q, out->title, sizeof out->title);
    sql_get_text(q, out->owner_ref, sizeof out->owner_ref);
    sql_get_text(q, out->owner_name, sizeof out->owner_name);
    sql_get_text(q, out->event_ref, sizeof out->event_ref);
    sql_get_text(q, out->locale, sizeof out->locale);
    sql_get_text(q, out->metadata, sizeof out->metadata);
    out->link_version = (unsigned)sql_get_int(q);
    out->uuid = sql_get_int(q) != 0;
    out->closed = sql_get_int(q) != 0;
    out->created_at = sql_get_int(q);
    out->last_used_at = sql_get_int(q);
    out->expires_at = sql_get_int(q);
    out->ends_at = sql_get_int(q);
    out->locked = sql_get_int(q) != 0;
}

int store_room_get(struct store *store, const char *id, struct store_room *out)
{
    struct query q = sql_start(store, SQL_ROOM_GET);
    bool found;

    sql_text(&q, id);
    found = sql_row(&q);
    if (found)
        sql_get_room(&q, out);
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_room_update(struct store *store, const struct store_room *room)
{
    struct query q = sql_start(store, SQL_ROOM_UPDATE);

    sql_text(&q, room->title);
    sql_text(&q, room->access);
    sql_text(&q, room->locale);
    sql_text(&q, room->metadata);
    sql_int(&q, room->expires_at);
    sql_int(&q, room->ends_at);
    sql_int(&q, room->closed);
    sql_int(&q, room->locked);
    sql_text(&q, room->id);
    return sql_do(store, &q, true);
}

int store_room_used(struct store *store, const char *id, int64_t now)
{
    struct query q = sql_start(store, SQL_ROOM_USED);

    sql_int(&q, now);
    sql_text(&q, id);
    return sql_do(store, &q, true);
}

int store_room_list(struct store *store, const struct store_room_query *query,
                    void (*each)(const struct store_room *room, void *ctx), void *ctx)
{
    struct query q = sql_start(store, query->event_ref   ? SQL_ROOM_LIST_EVENT
                                      : query->owner_ref ? SQL_ROOM_LIST_OWNER
                                                         : SQL_ROOM_LIST);
    struct store_room room;

    sql_text(&q, query->tenant);
    sql_text(&q, query->owner_ref);
    sql_text(&q, query->event_ref);
    sql_int(&q, query->with_closed);
    sql_int(&q, query->before);
    sql_text(&q, query->before_id);
    sql_int(&q, query->limit);
    while (sql_row(&q)) {
        sql_get_room(&q, &room);
        each(&room, ctx);
    }
    return sql_end(&q);
}

int store_room_page(struct store *store, const struct store_room_query *query, unsigned offset,
                    void (*each)(const struct store_room *room, void *ctx), void *ctx)
{
    struct query q = sql_start(store, SQL_ROOM_PAGE_OWNER);
    struct store_room room;

    sql_text(&q, query->tenant);
    sql_text(&q, query->owner_ref);
    sql_int(&q, query->limit);
    sql_int(&q, offset);
    while (sql_row(&q)) {
        sql_get_room(&q, &room);
        each(&room, ctx);
    }
    return sql_end(&q);
}

int store_room_count_owner(struct store *store, const char *tenant, const char *owner_ref,
                           int64_t *rooms)
{
    struct query q = sql_start(store, SQL_ROOM_COUNT_OWNER);

    sql_text(&q, tenant);
    sql_text(&q, owner_ref);
    if (sql_row(&q))
        *rooms = sql_get_int(&q);
    return sql_end(&q);
}

static int retire_links(struct store *store, const char *room, enum store_link_state state)
{
    struct query q = sql_start(store, SQL_LINK_RETIRE);

    sql_int(&q, state);
    sql_text(&q, room);
    return sql_do(store, &q, false);
}

static int set_version(struct store *store, const char *room, unsigned version)
{
    struct query q = sql_start(store, SQL_ROOM_VERSION);

    sql_int(&q, version);
    sql_text(&q, room);
    return sql_do(store, &q, true);
}

int store_room_rotate(struct store *store, const char *id, unsigned version,
                      const uint8_t hash[STORE_HASH_SIZE], enum store_link_state old)
{
    bool ours;
    int error = sql_join(store, &ours);

    if (error)
        return error;
    error = set_version(store, id, version);
    if (error == 0 && old != STORE_LINK_LIVE)
        error = retire_links(store, id, old);
    if (error == 0)
        error = store_link_add(store, id, version, hash);
    return sql_leave(store, ours, error);
}

int store_link_find(struct store *store, const uint8_t hash[STORE_HASH_SIZE],
                    enum store_link_state *state, struct store_room *out)
{
    struct query q = sql_start(store, SQL_LINK_FIND);
    bool found;

    sql_blob(&q, hash, STORE_HASH_SIZE);
    found = sql_row(&q);
    if (found) {
        *state = (enum store_link_state)sql_get_int(&q);
        sql_get_room(&q, out);
    }
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}
