#include "sql.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/** What brings the database from version k to k + 1. Never changed once released. */
static const char *const migrations[] = {
    "CREATE TABLE tenants(id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " prefix TEXT NOT NULL UNIQUE, locale TEXT NOT NULL, uuid INTEGER NOT NULL,"
    " origins TEXT NOT NULL, created_at INTEGER NOT NULL);"
    "CREATE TABLE api_keys(id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL"
    " REFERENCES tenants(id) ON DELETE CASCADE, hash BLOB NOT NULL, scopes TEXT NOT NULL,"
    " created_at INTEGER NOT NULL);"
    "CREATE INDEX api_keys_tenant ON api_keys(tenant);"
    "CREATE TABLE rooms(id TEXT PRIMARY KEY, tenant TEXT NOT NULL"
    " REFERENCES tenants(id) ON DELETE CASCADE, kind TEXT NOT NULL, access TEXT NOT NULL,"
    " title TEXT NOT NULL, owner_ref TEXT NOT NULL, owner_name TEXT NOT NULL,"
    " event_ref TEXT NOT NULL, locale TEXT NOT NULL, metadata TEXT NOT NULL,"
    " link_version INTEGER NOT NULL, uuid INTEGER NOT NULL, closed INTEGER NOT NULL,"
    " created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL,"
    " expires_at INTEGER NOT NULL);"
    "CREATE INDEX rooms_tenant ON rooms(tenant, created_at, id);"
    "CREATE INDEX rooms_owner ON rooms(tenant, owner_ref, created_at, id)"
    " WHERE owner_ref <> '';"
    "CREATE INDEX rooms_event ON rooms(tenant, event_ref) WHERE event_ref <> '';"
    "CREATE TABLE links(hash BLOB PRIMARY KEY, room TEXT NOT NULL"
    " REFERENCES rooms(id) ON DELETE CASCADE, version INTEGER NOT NULL,"
    " state INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX links_room ON links(room);"
    "CREATE TABLE answers(tenant TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,"
    " key TEXT NOT NULL, created_at INTEGER NOT NULL, request BLOB NOT NULL,"
    " status INTEGER NOT NULL, resource TEXT NOT NULL, PRIMARY KEY(tenant, key))"
    " WITHOUT ROWID;"
    "CREATE INDEX answers_age ON answers(created_at);",
    // What a tenant may set itself (settings), what only its operator may (quotas), events and
    // their rooms, and the one personal room of a user.
    "ALTER TABLE tenants ADD COLUMN settings TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE tenants ADD COLUMN quotas TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE rooms ADD COLUMN ends_at INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE events(tenant TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,"
    " event_ref TEXT NOT NULL, room TEXT NOT NULL REFERENCES rooms(id) ON DELETE CASCADE,"
    " PRIMARY KEY(tenant, event_ref)) WITHOUT ROWID;"
    "CREATE INDEX events_room ON events(room);"
    "INSERT OR IGNORE INTO events(tenant, event_ref, room) SELECT tenant, event_ref, id"
    " FROM rooms WHERE event_ref <> '' AND NOT closed ORDER BY created_at DESC;"
    "CREATE UNIQUE INDEX rooms_personal ON rooms(tenant, owner_ref)"
    " WHERE kind = 'personal' AND NOT closed;",
    "CREATE TABLE invitations(id TEXT NOT NULL UNIQUE, tenant TEXT NOT NULL"
    " REFERENCES tenants(id) ON DELETE CASCADE, room TEXT NOT NULL"
    " REFERENCES rooms(id) ON DELETE CASCADE, email INTEGER NOT NULL, state INTEGER NOT NULL,"
    " from_ref TEXT NOT NULL, from_name TEXT NOT NULL, to_ref TEXT NOT NULL,"
    " to_name TEXT NOT NULL, ring_s INTEGER NOT NULL, created_at INTEGER NOT NULL,"
    " due_at INTEGER NOT NULL, settled_at INTEGER NOT NULL, max_uses INTEGER NOT NULL,"
    " uses INTEGER NOT NULL, expires_at INTEGER NOT NULL, hash BLOB UNIQUE);"
    "CREATE INDEX invitations_room ON invitations(room);"
    "CREATE INDEX invitations_age ON invitations(tenant, created_at);"
    "CREATE INDEX invitations_pair ON invitations(tenant, from_ref, to_ref);"
    "CREATE INDEX invitations_due ON invitations(due_at) WHERE due_at > 0;"
    "CREATE TABLE calls(id TEXT PRIMARY KEY, tenant TEXT NOT NULL"
    " REFERENCES tenants(id) ON DELETE CASCADE, room TEXT NOT NULL,"
    " started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, peak INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX calls_age ON calls(tenant, ended_at);",
    "CREATE TABLE webhooks(id TEXT PRIMARY KEY, tenant TEXT NOT NULL"
    " REFERENCES tenants(id) ON DELETE CASCADE, url TEXT NOT NULL, enabled INTEGER NOT NULL,"
    " version INTEGER NOT NULL, rotated_at INTEGER NOT NULL, created_at INTEGER NOT NULL);"
    "CREATE INDEX webhooks_tenant ON webhooks(tenant);"
    "CREATE TABLE deliveries(id TEXT NOT NULL UNIQUE, webhook TEXT NOT NULL"
    " REFERENCES webhooks(id) ON DELETE CASCADE, event TEXT NOT NULL, type TEXT NOT NULL,"
    " state INTEGER NOT NULL, attempts INTEGER NOT NULL, created_at INTEGER NOT NULL,"
    " next_at INTEGER NOT NULL, tried_at INTEGER NOT NULL, status INTEGER NOT NULL,"
    " error TEXT NOT NULL, body TEXT NOT NULL);"
    "CREATE INDEX deliveries_webhook ON deliveries(webhook, created_at);"
    "CREATE INDEX deliveries_due ON deliveries(next_at) WHERE state = 0;",
    // Which version of each derived secret a tenant has; no row: the first.
    "CREATE TABLE secrets(tenant TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,"
    " kind TEXT NOT NULL, version INTEGER NOT NULL, rotated_at INTEGER NOT NULL,"
    " PRIMARY KEY(tenant, kind)) WITHOUT ROWID;",
    "ALTER TABLE rooms ADD COLUMN locked INTEGER NOT NULL DEFAULT 0;",
    // Meetings of BigBlueButton's clients, by their own ids; one-use tokens that were used.
    "CREATE TABLE meetings(whose TEXT NOT NULL REFERENCES tenants(id) ON DELETE CASCADE,"
    " ref TEXT NOT NULL, room TEXT NOT NULL UNIQUE REFERENCES rooms(id) ON DELETE CASCADE,"
    " created_ms INTEGER NOT NULL, box BLOB NOT NULL,"
    " options TEXT NOT NULL, PRIMARY KEY(whose, ref)) WITHOUT ROWID;"
    "CREATE INDEX meetings_age ON meetings(whose, created_ms);"
    "CREATE TABLE used_tokens(id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX used_tokens_age ON used_tokens(expires_at);",
    // A quota of rooms is counted at each new one, without looking at the rooms themselves.
    "CREATE INDEX rooms_open ON rooms(tenant) WHERE NOT closed;",
    // The first few that wait, of each webhook.
    ("CREATE INDEX deliveries_waiting ON deliveries(webhook, next_at) WHERE state = 0;"
     "DROP INDEX deliveries_due;"),
};

#define VERSION ((int)(sizeof migrations / sizeof *migrations))

static int exec(struct store *store, const char *sql)
{
    int result = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return result == SQLITE_OK ? 0 : sql_errno(result);
}

static int read_version(struct store *store, int *out)
{
    sqlite3_stmt *stmt = NULL;
    int result = sqlite3_prepare_v2(store->db, "PRAGMA user_version", -1, &stmt, NULL);

    if (result == SQLITE_OK)
        result = sqlite3_step(stmt);
    if (result == SQLITE_ROW)
        *out = sqlite3_column_int(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return result == SQLITE_ROW ? 0 : sql_errno(result);
}

/** Under the write lock: two processes that start at once do not migrate twice. */
static int migrate(struct store *store)
{
    char set[48];
    int version = 0;
    int error = exec(store, "BEGIN IMMEDIATE");

    if (error)
        return error;
    error = read_version(store, &version);
    if (error == 0 && version > VERSION)
        error = -ENOTSUP;
    for (int v = version; error == 0 && v < VERSION; v++)
        error = exec(store, migrations[v]);
    (void)snprintf(set, sizeof set, "PRAGMA user_version = %d", VERSION);
    if (error == 0 && version < VERSION)
        error = exec(store, set);
    if (error == 0)
        error = exec(store, "COMMIT");
    if (error)
        (void)exec(store, "ROLLBACK");
    return error;
}

static int prepare(struct store *store, int busy_ms)
{
    int version = 0;
    int error;

    (void)sqlite3_busy_timeout(store->db, busy_ms);
    // NORMAL: a crash of this process loses nothing; a power cut may lose the last moments, and
    // never leaves half of anything. A wait for the disk at every room would stop the loop.
    error = exec(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;"
                        "PRAGMA trusted_schema = OFF;");
    if (error == 0)
        error = read_version(store, &version);
    if (error == 0 && version != VERSION)
        error = migrate(store);
    return error;
}

/** With the system's own reason, which SQLite leaves out: "Read-only file system". */
static void say_why(const struct store *store, const char *path, int error, char *why,
                    size_t why_size)
{
    const int reason = store && store->db ? sqlite3_system_errno(store->db) : 0;

    (void)snprintf(why, why_size, "cannot open the database %s: %s%s%s", path,
                   store && store->db ? sqlite3_errmsg(store->db) : strerror(-error),
                   reason ? ": " : "", reason ? strerror(reason) : "");
}

int store_open(const char *path, int busy_ms, struct store **out, char *why, size_t why_size)
{
    struct store *store = calloc(1, sizeof *store);
    mode_t mask = umask(077); // for nobody else, the WAL and shared memory too
    int error = -ENOMEM;

    if (!store)
        goto fail;
    error = sqlite3_open_v2(path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    error = error != SQLITE_OK                            ? sql_errno(error)
            : sqlite3_db_readonly(store->db, "main") == 1 ? -EROFS
                                                          : prepare(store, busy_ms);
    if (error)
        goto fail;
    (void)umask(mask);
    *out = store;
    return 0;
fail:
    (void)umask(mask);
    if (error == -ENOTSUP)
        (void)snprintf(why, why_size, "%s was written by a newer salon", path);
    else if (error == -EROFS)
        (void)snprintf(why, why_size, "the database %s is read-only", path);
    else
        say_why(store, path, error, why, why_size);
    store_close(store);
    return error;
}

int store_fits(const char *path, char *why, size_t why_size)
{
    struct store store = {0};
    int version = 0;
    int error = sqlite3_open_v2(path, &store.db, SQLITE_OPEN_READWRITE, NULL);

    error = error ? sql_errno(error) : read_version(&store, &version);
    if (error && access(path, F_OK) != 0 && errno == ENOENT)
        error = 0; // it is going to be made
    if (error)
        say_why(&store, path, error, why, why_size);
    (void)sqlite3_close(store.db);
    if (error == 0 && version > VERSION) {
        (void)snprintf(why, why_size, "%s was written by a newer salon", path);
        error = -ENOTSUP;
    }
    return error;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        (void)sqlite3_finalize(store->stmt[i]);
    (void)sqlite3_close(store->db); // the last one out writes the WAL back
    free(store);
}

static int simple(struct store *store, enum sql which)
{
    struct query q = sql_start(store, which);

    return sql_do(store, &q, false);
}

int store_begin(struct store *store)
{
    int error = store->depth == 0 ? simple(store, SQL_BEGIN) : 0;

    if (error)
        return error;
    if (store->depth++ == 0)
        store->undone = false;
    return 0;
}

static void undo(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        (void)simple(store, SQL_ROLLBACK);
}

int store_commit(struct store *store)
{
    int error;

    assert(store->depth > 0);
    if (--store->depth > 0)
        return 0;
    error = store->undone ? -ECANCELED : simple(store, SQL_COMMIT);
    if (error)
        undo(store);
    return error;
}

void store_rollback(struct store *store)
{
    if (store->depth > 0)
        store->depth--;
    store->undone = store->depth > 0;
    if (store->depth == 0)
        undo(store);
}

static int shift(struct store *store, enum sql which, int64_t by_s)
{
    struct query q = sql_start(store, which);

    sql_int(&q, by_s);
    return sql_do(store, &q, false);
}

int store_shift_due(struct store *store, int64_t by_s)
{
    int error = store_begin(store);

    if (error)
        return error;
    error = shift(store, SQL_DELIVERY_SHIFT, by_s);
    if (error == 0)
        error = shift(store, SQL_INVITE_SHIFT, by_s);
    if (error == 0)
        return store_commit(store);
    store_rollback(store);
    return error;
}

int store_check(struct store *store)
{
    return simple(store, SQL_CHECK);
}
