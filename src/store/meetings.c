#include "store/meetings.h"

#include "sql.h"

#include <errno.h>
#include <string.h>

int store_meeting_put(struct store *store, const struct store_meeting *meeting)
{
    struct query q = sql_start(store, SQL_MEETING_PUT);

    sql_text(&q, meeting->tenant);
    sql_text(&q, meeting->ref);
    sql_text(&q, meeting->room);
    sql_int(&q, meeting->created_ms);
    sql_blob(&q, meeting->box, sizeof meeting->box);
    sql_text(&q, meeting->options);
    return sql_do(store, &q, false);
}

static void get_meeting(struct query *q, struct store_meeting *out, struct store_room *room)
{
    sql_get_room(q, room);
    memcpy(out->tenant, room->tenant, sizeof out->tenant);
    memcpy(out->room, room->id, sizeof out->room);
    sql_get_text(q, out->ref, sizeof out->ref);
    out->created_ms = sql_get_int(q);
    sql_get_blob(q, out->box, sizeof out->box);
    sql_get_text(q, out->options, sizeof out->options);
}

int store_meeting_get(struct store *store, const char *tenant, const char *ref,
                      struct store_meeting *out, struct store_room *room)
{
    struct query q = sql_start(store, SQL_MEETING_GET);
    bool found;

    sql_text(&q, tenant);
    sql_text(&q, ref);
    found = sql_row(&q);
    if (found)
        get_meeting(&q, out, room);
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_meeting_list(struct store *store, const char *tenant, unsigned limit,
                       void (*each)(const struct store_meeting *meeting,
                                    const struct store_room *room, void *ctx),
                       void *ctx)
{
    struct query q = sql_start(store, SQL_MEETING_LIST);
    struct store_meeting meeting;
    struct store_room room;

    sql_text(&q, tenant);
    sql_int(&q, limit);
    while (sql_row(&q)) {
        get_meeting(&q, &meeting, &room);
        each(&meeting, &room, ctx);
    }
    return sql_end(&q);
}

static int forget_tokens(struct store *store, int64_t now)
{
    struct query q = sql_start(store, SQL_TOKEN_FORGET);

    sql_int(&q, now);
    return sql_do(store, &q, false);
}

int store_token_use(struct store *store, const char *id, int64_t expires_at, int64_t now)
{
    struct query q;
    int error = forget_tokens(store, now);

    if (error)
        return error;
    q = sql_start(store, SQL_TOKEN_USE);
    sql_text(&q, id);
    sql_int(&q, expires_at);
    return sql_do(store, &q, false);
}

int store_token_used(struct store *store, const char *id)
{
    struct query q = sql_start(store, SQL_TOKEN_USED);
    bool found;

    sql_text(&q, id);
    found = sql_row(&q);
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}
