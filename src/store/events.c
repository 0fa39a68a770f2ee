/* Events of calendars and their rooms; personal rooms; rooms that nobody needs any more. */
#include "sql.h"

#include <errno.h>
#include <string.h>

/** One room by two words. */
static int find_room(struct store *store, enum sql which, const char *tenant, const char *word,
                     struct store_room *out)
{
    struct query q = sql_start(store, which);
    bool found;

    sql_text(&q, tenant);
    sql_text(&q, word);
    found = sql_row(&q);
    if (found)
        sql_get_room(&q, out);
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

static int name_event(struct store *store, const char *room, const char *event_ref)
{
    struct query q = sql_start(store, SQL_ROOM_EVENT);

    sql_text(&q, event_ref);
    sql_text(&q, room);
    return sql_do(store, &q, false);
}

/** Its former room names it no longer; a personal room never did. */
static int unlink_former(struct store *store, const char *tenant, const char *event_ref)
{
    struct store_room room;
    int error = store_event_get(store, tenant, event_ref, &room);

    if (error)
        return error == -ENOENT ? 0 : error;
    return strcmp(room.event_ref, event_ref) == 0 ? name_event(store, room.id, "") : 0;
}

static int put_event(struct store *store, const char *tenant, const char *event_ref,
                     const char *room)
{
    struct query q = sql_start(store, SQL_EVENT_PUT);

    sql_text(&q, tenant);
    sql_text(&q, event_ref);
    sql_text(&q, room);
    return sql_do(store, &q, false);
}

int store_event_put(struct store *store, const char *tenant, const char *event_ref,
                    const char *room)
{
    struct store_room row;
    bool ours;
    int error = sql_join(store, &ours);

    if (error)
        return error;
    error = store_room_get(store, room, &row);
    if (error == 0)
        error = unlink_former(store, tenant, event_ref);
    if (error == 0)
        error = put_event(store, tenant, event_ref, room);
    // A personal room may serve many events: it names none.
    if (error == 0 && strcmp(row.kind, "personal") != 0)
        error = name_event(store, room, event_ref);
    return sql_leave(store, ours, error);
}

int store_event_get(struct store *store, const char *tenant, const char *event_ref,
                    struct store_room *out)
{
    return find_room(store, SQL_EVENT_GET, tenant, event_ref, out);
}

int store_event_remove(struct store *store, const char *tenant, const char *event_ref)
{
    struct query q;
    bool ours;
    int error = sql_join(store, &ours);

    if (error)
        return error;
    error = unlink_former(store, tenant, event_ref);
    if (error == 0) {
        q = sql_start(store, SQL_EVENT_REMOVE);
        sql_text(&q, tenant);
        sql_text(&q, event_ref);
        error = sql_do(store, &q, true);
    }
    return sql_leave(store, ours, error);
}

int store_room_personal(struct store *store, const char *tenant, const char *user,
                        struct store_room *out)
{
    return find_room(store, SQL_ROOM_PERSONAL, tenant, user, out);
}

int store_room_forget_user(struct store *store, const char *tenant, const char *user)
{
    struct query q = sql_start(store, SQL_ROOM_FORGET_USER);

    sql_text(&q, tenant);
    sql_text(&q, user);
    return sql_do(store, &q, false);
}

int store_room_count_tenant(struct store *store, const char *tenant, int64_t *rooms)
{
    struct query q = sql_start(store, SQL_ROOM_COUNT_TENANT);

    sql_text(&q, tenant);
    if (sql_row(&q))
        *rooms = sql_get_int(&q);
    return sql_end(&q);
}

int store_room_stale(struct store *store, const struct store_stale *stale,
                     char id[STORE_ID_SIZE])
{
    struct query q = sql_start(store, SQL_ROOM_STALE);
    bool found;

    sql_int(&q, stale->unused);
    sql_int(&q, stale->instant);
    sql_int(&q, stale->event);
    sql_int(&q, stale->closed);
    sql_text(&q, stale->tenant);
    sql_text(&q, stale->after);
    sql_int(&q, 1);
    found = sql_row(&q);
    if (found)
        sql_get_text(&q, id, STORE_ID_SIZE);
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_room_remove(struct store *store, const char *id)
{
    struct query q = sql_start(store, SQL_ROOM_REMOVE);

    sql_text(&q, id);
    return sql_do(store, &q, true);
}
