/** Statements by number, bound and read in order. Private to the layer. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "store/store.h"

#include <sqlite3.h>

enum sql {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_ROLLBACK,
    SQL_CHECK,
    SQL_TENANT_ADD,
    SQL_TENANT_GET,
    SQL_TENANT_FIND,
    SQL_TENANT_REMOVE,
    SQL_TENANT_LIST,
    SQL_KEY_ADD,
    SQL_KEY_GET,
    SQL_KEY_PRUNE,
    SQL_KEY_LIST,
    SQL_ROOM_ADD,
    SQL_ROOM_GET,
    SQL_ROOM_UPDATE,
    SQL_ROOM_USED,
    SQL_ROOM_LIST,
    SQL_ROOM_LIST_OWNER,
    SQL_ROOM_LIST_EVENT,
    SQL_ROOM_PAGE_OWNER,
    SQL_ROOM_COUNT_OWNER,
    SQL_ROOM_VERSION,
    SQL_ROOM_COUNT_TENANT,
    SQL_ROOM_PERSONAL,
    SQL_ROOM_EVENT,
    SQL_ROOM_FORGET_USER,
    SQL_ROOM_STALE,
    SQL_ROOM_REMOVE,
    SQL_EVENT_PUT,
    SQL_EVENT_GET,
    SQL_EVENT_REMOVE,
    SQL_MEETING_PUT,
    SQL_MEETING_GET,
    SQL_MEETING_LIST,
    SQL_TOKEN_USE,
    SQL_TOKEN_USED,
    SQL_TOKEN_FORGET,
    SQL_SETTINGS_GET,
    SQL_SETTINGS_PUT,
    SQL_QUOTAS_GET,
    SQL_QUOTAS_PUT,
    SQL_SECRET_GET,
    SQL_SECRET_ROTATE,
    SQL_INVITE_ADD,
    SQL_INVITE_GET,
    SQL_INVITE_BY_HASH,
    SQL_INVITE_UPDATE,
    SQL_INVITE_LIVE,
    SQL_INVITE_LIST,
    SQL_INVITE_NEXT,
    SQL_INVITE_COUNT,
    SQL_INVITE_PURGE,
    SQL_INVITE_FORGET,
    SQL_CALL_PUT,
    SQL_CALL_OPEN,
    SQL_CALL_PURGE,
    SQL_WEBHOOK_ADD,
    SQL_WEBHOOK_GET,
    SQL_WEBHOOK_UPDATE,
    SQL_WEBHOOK_REMOVE,
    SQL_WEBHOOK_LIST,
    SQL_DELIVERY_ADD,
    SQL_DELIVERY_UPDATE,
    SQL_DELIVERY_GET,
    SQL_DELIVERY_BODY,
    SQL_DELIVERY_DUE,
    SQL_DELIVERY_LIST,
    SQL_DELIVERY_PURGE,
    SQL_DELIVERY_SHIFT,
    SQL_INVITE_SHIFT,
    SQL_LINK_ADD,
    SQL_LINK_RETIRE,
    SQL_LINK_FIND,
    SQL_ANSWER_GET,
    SQL_ANSWER_PUT,
    SQL_ANSWER_FORGET,
    SQL_COUNT
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *stmt[SQL_COUNT]; ///< prepared when first used
    unsigned depth;                ///< transactions begun and not ended, one in another
    bool undone;                   ///< an inner one was: the whole will be
};

/** -errno of an SQLite result that is not OK, ROW or DONE. */
int sql_errno(int result);

/**
 * One statement in use. Binding and reading go on from column to column; the first error sticks
 * and the rest does nothing, so that only the end is checked.
 */
struct query {
    sqlite3_stmt *stmt;
    int error; ///< 0 or -errno
    int at;    ///< column bound or read last
};

struct query sql_start(struct store *store, enum sql which);
void sql_text(struct query *q, const char *text); ///< NULL binds NULL
void sql_blob(struct query *q, const void *data, size_t len);
void sql_int(struct query *q, int64_t value);

/** Steps once: true if there is a row to read. */
bool sql_row(struct query *q);
void sql_get_text(struct query *q, char *out, size_t size);
void sql_get_blob(struct query *q, void *out, size_t size);
int64_t sql_get_int(struct query *q);

/** Ends it; returns its error. */
int sql_end(struct query *q);

/** For statements without rows: steps, ends. -ENOENT if `must_change` and nothing changed. */
int sql_do(struct store *store, struct query *q, bool must_change);

/** The only text of the only row for `key`, to be freed by the caller. */
int sql_get_one_text(struct store *store, enum sql which, const char *key, char **out);

/** A row with a room's columns. */
void sql_get_room(struct query *q, struct store_room *out);

/** Begins a transaction unless the caller has one; `*ours` says whose it is. */
int sql_join(struct store *store, bool *ours);

/** Ends it, if it is ours: as a whole, or, after an error, not at all. */
int sql_leave(struct store *store, bool ours, int error);

#endif
