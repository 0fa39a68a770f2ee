#include "store/invitations.h"

#include "sql.h"

#include <errno.h>

int store_invitation_add(struct store *store, const struct store_invitation *i,
                         const uint8_t *hash)
{
    struct query q = sql_start(store, SQL_INVITE_ADD);

    sql_text(&q, i->id);
    sql_text(&q, i->tenant);
    sql_text(&q, i->room);
    sql_int(&q, i->email);
    sql_int(&q, i->state);
    sql_text(&q, i->from_ref);
    sql_text(&q, i->from_name);
    sql_text(&q, i->to_ref);
    sql_text(&q, i->to_name);
    sql_int(&q, i->ring_s);
    sql_int(&q, i->created_at);
    sql_int(&q, i->due_at);
    sql_int(&q, i->settled_at);
    sql_int(&q, i->max_uses);
    sql_int(&q, i->uses);
    sql_int(&q, i->expires_at);
    sql_blob(&q, hash, hash ? STORE_HASH_SIZE : 0);
    return sql_do(store, &q, false);
}

static void read_invitation(struct query *q, struct store_invitation *out)
{
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_text(q, out->tenant, sizeof out->tenant);
    sql_get_text(q, out->room, sizeof out->room);
    out->email = sql_get_int(q) != 0;
    out->state = (unsigned)sql_get_int(q);
    sql_get_text(q, out->from_ref, sizeof out->from_ref);
    sql_get_text(q, out->from_name, sizeof out->from_name);
    sql_get_text(q, out->to_ref, sizeof out->to_ref);
    sql_get_text(q, out->to_name, sizeof out->to_name);
    out->ring_s = (unsigned)sql_get_int(q);
    out->created_at = sql_get_int(q);
    out->due_at = sql_get_int(q);
    out->settled_at = sql_get_int(q);
    out->max_uses = (unsigned)sql_get_int(q);
    out->uses = (unsigned)sql_get_int(q);
    out->expires_at = sql_get_int(q);
}

/** The first row of a statement whose parameters are bound. */
static int one(struct query *q, struct store_invitation *out)
{
    const bool found = sql_row(q);

    if (found)
        read_invitation(q, out);
    return sql_end(q) ? q->error : found ? 0 : -ENOENT;
}

int store_invitation_get(struct store *store, const char *id, struct store_invitation *out)
{
    struct query q = sql_start(store, SQL_INVITE_GET);

    sql_text(&q, id);
    return one(&q, out);
}

int store_invitation_by_hash(struct store *store, const uint8_t hash[STORE_HASH_SIZE],
                             struct store_invitation *out)
{
    struct query q = sql_start(store, SQL_INVITE_BY_HASH);

    sql_blob(&q, hash, STORE_HASH_SIZE);
    return one(&q, out);
}

int store_invitation_update(struct store *store, const struct store_invitation *i)
{
    struct query q = sql_start(store, SQL_INVITE_UPDATE);

    sql_int(&q, i->state);
    sql_int(&q, i->due_at);
    sql_int(&q, i->settled_at);
    sql_int(&q, i->uses);
    sql_text(&q, i->id);
    return sql_do(store, &q, true);
}

int store_invitation_live(struct store *store, const char *tenant, const char *from_ref,
                          const char *to_ref, unsigned settled, struct store_invitation *out)
{
    struct query q = sql_start(store, SQL_INVITE_LIVE);

    sql_text(&q, tenant);
    sql_text(&q, from_ref);
    sql_text(&q, to_ref);
    sql_int(&q, settled);
    return one(&q, out);
}

int store_invitation_list(struct store *store, const char *room, unsigned limit,
                          void (*each)(const struct store_invitation *i, void *ctx), void *ctx)
{
    struct query q = sql_start(store, SQL_INVITE_LIST);
    struct store_invitation invitation;

    sql_text(&q, room);
    sql_int(&q, limit);
    while (sql_row(&q)) {
        read_invitation(&q, &invitation);
        each(&invitation, ctx);
    }
    return sql_end(&q);
}

int store_invitation_next(struct store *store, struct store_invitation *out)
{
    struct query q = sql_start(store, SQL_INVITE_NEXT);

    return one(&q, out);
}

int store_invitation_count(struct store *store, const char *tenant, int64_t since, int64_t *n)
{
    struct query q = sql_start(store, SQL_INVITE_COUNT);

    sql_text(&q, tenant);
    sql_int(&q, since);
    if (sql_row(&q))
        *n = sql_get_int(&q);
    return sql_end(&q);
}

int store_invitation_purge(struct store *store, const char *tenant, int64_t before)
{
    struct query q = sql_start(store, SQL_INVITE_PURGE);

    sql_text(&q, tenant);
    sql_int(&q, before);
    return sql_do(store, &q, false);
}

int store_invitation_forget_user(struct store *store, const char *tenant, const char *user)
{
    struct query q = sql_start(store, SQL_INVITE_FORGET);

    sql_text(&q, tenant);
    sql_text(&q, user);
    return sql_do(store, &q, false);
}
