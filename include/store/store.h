/**
 * The database: SQLite in WAL mode, and the only place with SQL.
 *
 * Every call returns 0 or -errno: -ENOENT (no such row), -EEXIST (taken), and for a database
 * that does not answer -EAGAIN (locked by someone), -ENOSPC (disk full), -ENOMEM or -EIO. After
 * an error nothing of the call is in the database. Times are seconds since 1970 (UTC). No
 * secret is stored: of keys and links only the SHA-256.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_ID_SIZE   40
#define STORE_HASH_SIZE 32
#define STORE_NAME_SIZE 321
#define STORE_REF_SIZE  256
#define STORE_KEPT_SIZE 1280 ///< bytes with the NUL of the ids that an answer is kept as

struct store;

/**
 * Opens `path`, makes and migrates it as needed. `busy_ms` is how long a call waits for another
 * process's lock. On failure a line for people is in `why`.
 */
int store_open(const char *path, int busy_ms, struct store **out, char *why, size_t why_size);

/** Whether store_open() could open it, without changing it: 0 (also if there is none yet), or
 * -errno and `why`. */
int store_fits(const char *path, char *why, size_t why_size);

/** Writes the WAL back and closes. store_close(NULL) is fine. */
void store_close(struct store *store);

/** Several calls as one: all of it or nothing. One within another is part of it; once a part is
 * rolled back, the whole cannot be committed any more (-ECANCELED). */
int store_begin(struct store *store);
int store_commit(struct store *store);
void store_rollback(struct store *store);

/** The clock has jumped by `by_s` seconds: what waits, deliveries and rings, comes when it
 * would have come without. */
int store_shift_due(struct store *store, int64_t by_s);

/** Reads something trivial: 0 if the database answers. */
int store_check(struct store *store);

/* ---- tenants and their keys ---- */

struct store_tenant {
    char id[STORE_ID_SIZE]; ///< "tn_…"
    char name[STORE_NAME_SIZE];
    char prefix[STORE_ID_SIZE]; ///< names the tenant in public paths
    char locale[16];
    bool uuid;          ///< its new links look like UUIDs
    char origins[1024]; ///< that may frame its pages, separated by spaces
    int64_t created_at;
};

int store_tenant_add(struct store *store, const struct store_tenant *tenant);
int store_tenant_get(struct store *store, const char *id, struct store_tenant *out);
/** By name or prefix. */
int store_tenant_find(struct store *store, const char *name, struct store_tenant *out);
/** With its keys, rooms and links. */
int store_tenant_remove(struct store *store, const char *id);
/** Calls `each` in the order of names. */
int store_tenant_list(struct store *store,
                      void (*each)(const struct store_tenant *tenant, void *ctx), void *ctx);

struct store_key {
    char id[STORE_ID_SIZE]; ///< the public middle part of the key
    char tenant[STORE_ID_SIZE];
    uint8_t hash[STORE_HASH_SIZE]; ///< SHA-256 of the whole key
    char scopes[256];              ///< separated by spaces; "" for all
    int64_t created_at;
};

int store_key_add(struct store *store, const struct store_key *key);
int store_key_get(struct store *store, const char *id, struct store_key *out);
/** Keeps the `keep` newest keys of a tenant. */
int store_key_prune(struct store *store, const char *tenant, unsigned keep);
int store_key_list(struct store *store, const char *tenant,
                   void (*each)(const struct store_key *key, void *ctx), void *ctx);

/* ---- rooms and links ---- */

struct store_room {
    char id[STORE_ID_SIZE];
    char tenant[STORE_ID_SIZE];
    char kind[16], access[16];
    char title[801];
    char owner_ref[STORE_REF_SIZE], owner_name[STORE_NAME_SIZE];
    char event_ref[STORE_REF_SIZE];
    char locale[16];
    char metadata[4097];
    unsigned link_version;
    bool uuid, closed, locked;
    int64_t created_at, last_used_at, expires_at;
    int64_t ends_at; ///< of the event it is for; 0: not known
};

/** Adds a room, its link and, if it has one, its event: as one. */
int store_room_add(struct store *store, const struct store_room *room,
                   const uint8_t hash[STORE_HASH_SIZE]);
int store_room_get(struct store *store, const char *id, struct store_room *out);
/** Writes title, access, locale, metadata, expires_at, ends_at, closed and locked. */
int store_room_update(struct store *store, const struct store_room *room);
int store_room_used(struct store *store, const char *id, int64_t now);

/** What of a tenant's rooms to list; NULL strings do not filter. Newest first. */
struct store_room_query {
    const char *tenant, *owner_ref, *event_ref;
    bool with_closed;
    int64_t before;        ///< created before this, or at it with an id below `before_id`
    const char *before_id; ///< NULL: from the newest
    unsigned limit;
};

int store_room_list(struct store *store, const struct store_room_query *query,
                    void (*each)(const struct store_room *room, void *ctx), void *ctx);

/** A page of a user's rooms that are not closed, newest first, and how many there are. */
int store_room_page(struct store *store, const struct store_room_query *query, unsigned offset,
                    void (*each)(const struct store_room *room, void *ctx), void *ctx);
int store_room_count_owner(struct store *store, const char *tenant, const char *owner_ref,
                           int64_t *rooms);

/** What an old link does once the room has a newer one. */
enum store_link_state { STORE_LINK_LIVE, STORE_LINK_REPLACED, STORE_LINK_REDIRECT };

/** Gives the room a new link version; its links so far become `old`. As one. */
int store_room_rotate(struct store *store, const char *id, unsigned version,
                      const uint8_t hash[STORE_HASH_SIZE], enum store_link_state old);

/** One more link to a room. */
int store_link_add(struct store *store, const char *room, unsigned version,
                   const uint8_t hash[STORE_HASH_SIZE]);

/** The room a link's hash leads to, whatever state link and room are in. */
int store_link_find(struct store *store, const uint8_t hash[STORE_HASH_SIZE],
                    enum store_link_state *state, struct store_room *out);

/** How many of a tenant's rooms are not closed. */
int store_room_count_tenant(struct store *store, const char *tenant, int64_t *rooms);

/** The personal room of a user that is not closed. */
int store_room_personal(struct store *store, const char *tenant, const char *user,
                        struct store_room *out);

/** Takes the user's reference and name out of every room. */
int store_room_forget_user(struct store *store, const char *tenant, const char *user);

/** Rooms that nobody needs any more: each time is "before this". Personal ones stay. */
struct store_stale {
    const char *tenant;
    int64_t unused;            ///< instant, never used: made
    int64_t instant;           ///< instant: last used
    int64_t event;             ///< event: the later of its end and its last use
    int64_t closed;            ///< closed: last used
    char after[STORE_ID_SIZE]; ///< go on behind this id; "" from the start
};

/** The next of them; -ENOENT if there is none. Removing it is store_room_remove(). */
int store_room_stale(struct store *store, const struct store_stale *stale,
                     char id[STORE_ID_SIZE]);

/** With its links. */
int store_room_remove(struct store *store, const char *id);

/* ---- events of calendars ---- */

/** The event has this room, instead of another if it had one. */
int store_event_put(struct store *store, const char *tenant, const char *event_ref,
                    const char *room);
int store_event_get(struct store *store, const char *tenant, const char *event_ref,
                    struct store_room *out);
/** The event has no room any more; the room, unless it is personal, has no event. */
int store_event_remove(struct store *store, const char *tenant, const char *event_ref);

/* ---- records of calls ---- */

struct store_call {
    char id[STORE_ID_SIZE]; ///< "ca_…"
    char tenant[STORE_ID_SIZE], room[STORE_ID_SIZE];
    int64_t started_at, ended_at; ///< ended_at 0: it goes on
    unsigned peak;
};

/** A new record, or what has become of one that is there: its end, its highest peak. */
int store_call_put(struct store *store, const struct store_call *call);
/** The next that goes on, in the order of ids behind `after` ("" from the start); -ENOENT. */
int store_call_open(struct store *store, const char *after, struct store_call *out);
/** Forgets a tenant's that ended before. */
int store_call_purge(struct store *store, const char *tenant, int64_t before);

/* ---- what tenants set, and what is set for them ---- */

/** JSON as text, "" if nothing was set; to be freed by the caller. */
int store_settings_get(struct store *store, const char *tenant, char **json);
int store_quotas_get(struct store *store, const char *tenant, char **json);

/** Settings with what else a tenant may change. */
int store_settings_put(struct store *store, const struct store_tenant *tenant,
                       const char *json);
int store_quotas_put(struct store *store, const char *tenant, const char *json);

/* ---- versions of tenants' secrets; the secrets themselves are derived ---- */

struct store_secret {
    unsigned version;   ///< from 1 on
    int64_t rotated_at; ///< when it became that
};

/** -ENOENT: it was never rotated. */
int store_secret_get(struct store *store, const char *tenant, const char *kind,
                     struct store_secret *out);
int store_secret_rotate(struct store *store, const char *tenant, const char *kind, int64_t now);

/* ---- idempotency ---- */

struct store_answer {
    uint8_t request[STORE_HASH_SIZE]; ///< SHA-256 of method, path and body
    unsigned status;
    char resource[STORE_KEPT_SIZE]; ///< ids, separated by spaces
};

/** What was answered to this key of this tenant since `since`. */
int store_answer_get(struct store *store, const char *tenant, const char *key, int64_t since,
                     struct store_answer *out);
/** Keeps an answer (-EEXIST: there is one), and forgets those from before `since`. */
int store_answer_put(struct store *store, const char *tenant, const char *key, int64_t now,
                     int64_t since, const struct store_answer *answer);

#endif
