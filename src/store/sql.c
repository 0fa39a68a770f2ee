#include "sql.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ROOM_COLUMNS                                                                           \
    "rooms.id, tenant, kind, access, title, owner_ref, owner_name, event_ref, locale, "        \
    "metadata, link_version, uuid, closed, created_at, last_used_at, expires_at, ends_at, "    \
    "locked"
#define INVITE_COLUMNS                                                                         \
    "id, tenant, room, email, state, from_ref, from_name, to_ref, to_name, ring_s, "           \
    "created_at, due_at, settled_at, max_uses, uses, expires_at"
#define WEBHOOK_COLUMNS "id, tenant, url, enabled, version, rotated_at, created_at"
#define DELIVERY_COLUMNS                                                                       \
    "deliveries.id, webhook, event, type, state, attempts, deliveries.created_at, next_at, "   \
    "tried_at, status, error"
#define TENANT_COLUMNS  "id, name, prefix, locale, uuid, origins, created_at"
#define MEETING_COLUMNS ROOM_COLUMNS ", ref, created_ms, box, options"
#define KEY_COLUMNS     "id, tenant, hash, scopes, created_at"

#define ROOM_LIST(filter)                                                                      \
    "SELECT " ROOM_COLUMNS " FROM rooms WHERE tenant = ?1 " filter                             \
    "AND (?2 IS NULL OR owner_ref = ?2) AND (?4 OR NOT closed) AND (?6 IS NULL OR "            \
    "(created_at, id) < (?5, ?6)) "                                                            \
    "ORDER BY created_at DESC, id DESC LIMIT ?7"

static const char *const texts[SQL_COUNT] = {
    // IMMEDIATE: whoever writes says so at once, so that nobody finds the lock taken half-way.
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_CHECK] = "SELECT count(*) FROM sqlite_schema",
    [SQL_TENANT_ADD] = "INSERT INTO tenants(" TENANT_COLUMNS ") VALUES(?,?,?,?,?,?,?)",
    [SQL_TENANT_GET] = "SELECT " TENANT_COLUMNS " FROM tenants WHERE id = ?",
    [SQL_TENANT_FIND] = "SELECT " TENANT_COLUMNS " FROM tenants WHERE name = ?1 OR prefix = ?1",
    [SQL_TENANT_REMOVE] = "DELETE FROM tenants WHERE id = ?",
    [SQL_TENANT_LIST] = "SELECT " TENANT_COLUMNS " FROM tenants ORDER BY name",
    [SQL_KEY_ADD] = "INSERT INTO api_keys(" KEY_COLUMNS ") VALUES(?,?,?,?,?)",
    [SQL_KEY_GET] = "SELECT " KEY_COLUMNS " FROM api_keys WHERE id = ?",
    [SQL_KEY_PRUNE] = "DELETE FROM api_keys WHERE tenant = ?1 AND rowid NOT IN (SELECT rowid "
                      "FROM api_keys WHERE tenant = ?1 ORDER BY rowid DESC LIMIT ?2)",
    [SQL_KEY_LIST] = "SELECT " KEY_COLUMNS " FROM api_keys WHERE tenant = ? ORDER BY rowid",
    [SQL_ROOM_ADD] =
        "INSERT INTO rooms(id, tenant, kind, access, title, owner_ref, owner_name, "
        "event_ref, locale, metadata, link_version, uuid, closed, created_at, "
        "last_used_at, expires_at, ends_at, locked) "
        "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [SQL_ROOM_GET] = "SELECT " ROOM_COLUMNS " FROM rooms WHERE id = ?",
    [SQL_ROOM_UPDATE] = "UPDATE rooms SET title = ?, access = ?, locale = ?, metadata = ?, "
                        "expires_at = ?, ends_at = ?, closed = ?, locked = ? WHERE id = ?",
    [SQL_ROOM_USED] = "UPDATE rooms SET last_used_at = ? WHERE id = ?",
    // One text an index: "? IS NULL OR owner_ref = ?" would use none.
    [SQL_ROOM_LIST] = ROOM_LIST(""),
    [SQL_ROOM_LIST_OWNER] = ROOM_LIST("AND owner_ref = ?2 AND owner_ref <> '' "),
    [SQL_ROOM_LIST_EVENT] = ROOM_LIST("AND id IN (SELECT room FROM events WHERE tenant = ?1 "
                                      "AND event_ref = ?3) "),
    [SQL_ROOM_PAGE_OWNER] = "SELECT " ROOM_COLUMNS " FROM rooms WHERE tenant = ? AND "
                            "owner_ref = ? AND owner_ref <> '' AND NOT closed "
                            "ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?",
    [SQL_ROOM_COUNT_OWNER] = "SELECT count(*) FROM rooms WHERE tenant = ? AND owner_ref = ? "
                             "AND owner_ref <> '' AND NOT closed",
    [SQL_ROOM_VERSION] = "UPDATE rooms SET link_version = ? WHERE id = ?",
    [SQL_ROOM_COUNT_TENANT] = "SELECT count(*) FROM rooms WHERE tenant = ? AND NOT closed",
    [SQL_ROOM_PERSONAL] =
        "SELECT " ROOM_COLUMNS " FROM rooms WHERE tenant = ? AND owner_ref = ? "
        "AND kind = 'personal' AND NOT closed",
    [SQL_ROOM_EVENT] = "UPDATE rooms SET event_ref = ? WHERE id = ?",
    [SQL_ROOM_FORGET_USER] = "UPDATE rooms SET owner_ref = '', owner_name = '' "
                             "WHERE tenant = ? AND owner_ref = ?",
    // ?1 and ?2: unused and last used before; ?3: its end or last use before; ?4: closed and
    // last used before. Personal rooms stay until they are deleted.
    [SQL_ROOM_STALE] =
        "SELECT id FROM rooms WHERE tenant = ?5 AND id > ?6 AND CASE "
        "WHEN closed THEN max(created_at, last_used_at, ends_at) < ?4 "
        "WHEN kind = 'instant' THEN CASE last_used_at WHEN 0 THEN created_at < ?1 "
        "ELSE last_used_at < ?2 END "
        "WHEN kind = 'event' THEN max(created_at, last_used_at, ends_at) < ?3 "
        "ELSE 0 END ORDER BY id LIMIT ?7",
    [SQL_ROOM_REMOVE] = "DELETE FROM rooms WHERE id = ?",
    [SQL_EVENT_PUT] = "INSERT OR REPLACE INTO events(tenant, event_ref, room) VALUES(?,?,?)",
    [SQL_EVENT_GET] = "SELECT " ROOM_COLUMNS " FROM rooms WHERE id = (SELECT room FROM events "
                      "WHERE tenant = ? AND event_ref = ?)",
    [SQL_EVENT_REMOVE] = "DELETE FROM events WHERE tenant = ? AND event_ref = ?",
    [SQL_MEETING_PUT] = "INSERT OR REPLACE INTO meetings(whose, ref, room, created_ms, "
                        "box, options) VALUES(?,?,?,?,?,?)",
    [SQL_MEETING_GET] =
        "SELECT " MEETING_COLUMNS " FROM meetings JOIN rooms ON rooms.id = room "
        "WHERE whose = ? AND ref = ?",
    [SQL_MEETING_LIST] = "SELECT " MEETING_COLUMNS " FROM meetings JOIN rooms ON rooms.id = "
                         "room WHERE whose = ? AND NOT closed ORDER BY created_ms DESC LIMIT ?",
    [SQL_TOKEN_USE] = "INSERT INTO used_tokens(id, expires_at) VALUES(?,?)",
    [SQL_TOKEN_USED] = "SELECT 1 FROM used_tokens WHERE id = ?",
    [SQL_TOKEN_FORGET] = "DELETE FROM used_tokens WHERE expires_at <= ?",
    [SQL_SETTINGS_GET] = "SELECT settings FROM tenants WHERE id = ?",
    [SQL_SETTINGS_PUT] =
        "UPDATE tenants SET settings = ?, origins = ?, locale = ? WHERE id = ?",
    [SQL_QUOTAS_GET] = "SELECT quotas FROM tenants WHERE id = ?",
    [SQL_QUOTAS_PUT] = "UPDATE tenants SET quotas = ? WHERE id = ?",
    [SQL_SECRET_GET] = "SELECT version, rotated_at FROM secrets WHERE tenant = ? AND kind = ?",
    [SQL_SECRET_ROTATE] =
        "INSERT INTO secrets(tenant, kind, version, rotated_at) VALUES(?1, ?2, 2, ?3) "
        "ON CONFLICT DO UPDATE SET version = version + 1, rotated_at = ?3",
    [SQL_INVITE_ADD] = "INSERT INTO invitations(" INVITE_COLUMNS
                       ", hash) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [SQL_INVITE_GET] = "SELECT " INVITE_COLUMNS " FROM invitations WHERE id = ?",
    [SQL_INVITE_BY_HASH] = "SELECT " INVITE_COLUMNS " FROM invitations WHERE hash = ?",
    [SQL_INVITE_UPDATE] = "UPDATE invitations SET state = ?, due_at = ?, settled_at = ?, "
                          "uses = ? WHERE id = ?",
    [SQL_INVITE_LIVE] = "SELECT " INVITE_COLUMNS " FROM invitations WHERE tenant = ? AND "
                        "from_ref = ? AND to_ref = ? AND NOT email AND state < ?",
    [SQL_INVITE_LIST] = "SELECT " INVITE_COLUMNS " FROM invitations WHERE room = ? "
                        "ORDER BY created_at DESC, rowid DESC LIMIT ?",
    [SQL_INVITE_NEXT] = "SELECT " INVITE_COLUMNS " FROM invitations WHERE due_at > 0 "
                        "ORDER BY due_at LIMIT 1",
    [SQL_INVITE_COUNT] =
        "SELECT count(*) FROM invitations WHERE tenant = ? AND created_at >= ?",
    [SQL_INVITE_PURGE] = "DELETE FROM invitations WHERE tenant = ? AND created_at < ?",
    [SQL_INVITE_FORGET] = "DELETE FROM invitations WHERE tenant = ?1 AND "
                          "(from_ref = ?2 OR to_ref = ?2)",
    [SQL_CALL_PUT] = "INSERT INTO calls(id, tenant, room, started_at, ended_at, peak) "
                     "VALUES(?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
                     "ended_at = excluded.ended_at, peak = max(peak, excluded.peak)",
    [SQL_CALL_OPEN] = "SELECT id, tenant, room, started_at, peak FROM calls "
                      "WHERE ended_at = 0 AND id > ? ORDER BY id LIMIT 1",
    [SQL_CALL_PURGE] = "DELETE FROM calls WHERE tenant = ? AND ended_at < ? AND ended_at > 0",
    [SQL_WEBHOOK_ADD] = "INSERT INTO webhooks(" WEBHOOK_COLUMNS ") VALUES(?,?,?,?,?,?,?)",
    [SQL_WEBHOOK_GET] = "SELECT " WEBHOOK_COLUMNS " FROM webhooks WHERE id = ?",
    [SQL_WEBHOOK_UPDATE] = "UPDATE webhooks SET url = ?, enabled = ?, version = ?, "
                           "rotated_at = ? WHERE id = ?",
    [SQL_WEBHOOK_REMOVE] = "DELETE FROM webhooks WHERE id = ?",
    [SQL_WEBHOOK_LIST] = "SELECT " WEBHOOK_COLUMNS " FROM webhooks WHERE tenant = ? "
                         "ORDER BY created_at, id",
    [SQL_DELIVERY_ADD] = "INSERT INTO deliveries(id, webhook, event, type, state, attempts, "
                         "created_at, next_at, tried_at, status, error, body) "
                         "VALUES(?,?,?,?,0,0,?,?,0,0,'',?)",
    [SQL_DELIVERY_UPDATE] = "UPDATE deliveries SET state = ?, attempts = ?, next_at = ?, "
                            "tried_at = ?, status = ?, error = ? WHERE id = ?",
    [SQL_DELIVERY_GET] = "SELECT " DELIVERY_COLUMNS " FROM deliveries WHERE id = ?",
    [SQL_DELIVERY_BODY] = "SELECT body FROM deliveries WHERE id = ?",
    // A webhook with thousands of them hides no other's.
    [SQL_DELIVERY_DUE] = "SELECT " DELIVERY_COLUMNS " FROM webhooks JOIN deliveries ON "
                         "deliveries.rowid IN (SELECT d.rowid FROM deliveries d WHERE "
                         "d.webhook = webhooks.id AND d.state = 0 ORDER BY d.next_at LIMIT ?) "
                         "WHERE enabled ORDER BY next_at LIMIT ?",
    [SQL_DELIVERY_LIST] = "SELECT " DELIVERY_COLUMNS " FROM deliveries WHERE webhook = ? "
                          "ORDER BY rowid DESC LIMIT ?",
    [SQL_DELIVERY_PURGE] = "DELETE FROM deliveries WHERE webhook IN (SELECT id FROM webhooks "
                           "WHERE tenant = ?1) AND created_at < ?2 AND (state <> 0 OR "
                           "webhook IN (SELECT id FROM webhooks WHERE tenant = ?1 AND "
                           "NOT enabled))",
    [SQL_DELIVERY_SHIFT] = "UPDATE deliveries SET next_at = next_at + ? WHERE state = 0",
    [SQL_INVITE_SHIFT] = "UPDATE invitations SET due_at = max(1, due_at + ?) WHERE due_at > 0",
    [SQL_LINK_ADD] = "INSERT INTO links(hash, room, version, state) VALUES(?,?,?,0)",
    [SQL_LINK_RETIRE] = "UPDATE links SET state = ? WHERE room = ? AND state = 0",
    [SQL_LINK_FIND] = "SELECT links.state, " ROOM_COLUMNS
                      " FROM links JOIN rooms ON rooms.id = links.room WHERE hash = ?",
    [SQL_ANSWER_GET] = "SELECT request, status, resource FROM answers "
                       "WHERE tenant = ? AND key = ? AND created_at >= ?",
    [SQL_ANSWER_PUT] = "INSERT INTO answers(tenant, key, created_at, request, "
                       "status, resource) VALUES(?,?,?,?,?,?)",
    [SQL_ANSWER_FORGET] = "DELETE FROM answers WHERE created_at < ?",
};

int sql_errno(int result)
{
    switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EAGAIN;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_CONSTRAINT:
        return -EEXIST;
    default:
        return -EIO;
    }
}

static void check(struct query *q, int result)
{
    if (q->error == 0 && result != SQLITE_OK)
        q->error = sql_errno(result);
}

struct query sql_start(struct store *store, enum sql which)
{
    struct query q = {0};

    // SQLite undoes a whole transaction by itself when it runs out of disk or memory in the
    // middle. What would follow is no part of anything then, and would stay.
    if (store->depth > 0 && sqlite3_get_autocommit(store->db))
        q.error = -EIO;
    else if (!store->stmt[which])
        check(&q, sqlite3_prepare_v3(store->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                     &store->stmt[which], NULL));
    q.stmt = store->stmt[which];
    return q;
}

void sql_text(struct query *q, const char *text)
{
    q->at++;
    if (q->error == 0)
        check(q, sqlite3_bind_text(q->stmt, q->at, text, -1, SQLITE_STATIC));
}

void sql_blob(struct query *q, const void *data, size_t len)
{
    q->at++;
    if (q->error == 0)
        check(q, sqlite3_bind_blob64(q->stmt, q->at, data, len, SQLITE_STATIC));
}

void sql_int(struct query *q, int64_t value)
{
    q->at++;
    if (q->error == 0)
        check(q, sqlite3_bind_int64(q->stmt, q->at, value));
}

bool sql_row(struct query *q)
{
    int result;

    if (q->error)
        return false;
    q->at = 0;
    result = sqlite3_step(q->stmt);
    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE)
        q->error = sql_errno(result);
    return false;
}

void sql_get_text(struct query *q, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(q->stmt, q->at++);

    (void)snprintf(out, size, "%s", text ? text : "");
}

void sql_get_blob(struct query *q, void *out, size_t size)
{
    const void *data = sqlite3_column_blob(q->stmt, q->at);
    size_t len = (size_t)sqlite3_column_bytes(q->stmt, q->at++);

    memset(out, 0, size);
    if (data)
        memcpy(out, data, len < size ? len : size);
}

int64_t sql_get_int(struct query *q)
{
    return sqlite3_column_int64(q->stmt, q->at++);
}

int sql_end(struct query *q)
{
    if (q->stmt) {
        (void)sqlite3_reset(q->stmt);
        (void)sqlite3_clear_bindings(q->stmt);
    }
    return q->error;
}

int sql_do(struct store *store, struct query *q, bool must_change)
{
    int error;

    while (sql_row(q)) {
    }
    error = sql_end(q);
    if (error == 0 && must_change && sqlite3_changes(store->db) == 0)
        return -ENOENT;
    return error;
}
