#include "sql.h"

#include <errno.h>
#include <string.h>

int store_tenant_add(struct store *store, const struct store_tenant *tenant)
{
    struct query q = sql_start(store, SQL_TENANT_ADD);

    sql_text(&q, tenant->id);
    sql_text(&q, tenant->name);
    sql_text(&q, tenant->prefix);
    sql_text(&q, tenant->locale);
    sql_int(&q, tenant->uuid);
    sql_text(&q, tenant->origins);
    sql_int(&q, tenant->created_at);
    return sql_do(store, &q, false);
}

static void read_tenant(struct query *q, struct store_tenant *out)
{
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_text(q, out->name, sizeof out->name);
    sql_get_text(q, out->prefix, sizeof out->prefix);
    sql_get_text(q, out->locale, sizeof out->locale);
    out->uuid = sql_get_int(q) != 0;
    sql_get_text(q, out->origins, sizeof out->origins);
    out->created_at = sql_get_int(q);
}

static int get_tenant(struct store *store, enum sql which, const char *word,
                      struct store_tenant *out)
{
    struct query q = sql_start(store, which);
    bool found;

    sql_text(&q, word);
    found = sql_row(&q);
    if (found)
        read_tenant(&q, out);
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_tenant_get(struct store *store, const char *id, struct store_tenant *out)
{
    return get_tenant(store, SQL_TENANT_GET, id, out);
}

int store_tenant_find(struct store *store, const char *name, struct store_tenant *out)
{
    return get_tenant(store, SQL_TENANT_FIND, name, out);
}

int store_tenant_remove(struct store *store, const char *id)
{
    struct query q = sql_start(store, SQL_TENANT_REMOVE);

    sql_text(&q, id);
    return sql_do(store, &q, true);
}

int store_tenant_list(struct store *store,
                      void (*each)(const struct store_tenant *tenant, void *ctx), void *ctx)
{
    struct query q = sql_start(store, SQL_TENANT_LIST);
    struct store_tenant tenant;

    while (sql_row(&q)) {
        read_tenant(&q, &tenant);
        each(&tenant, ctx);
    }
    return sql_end(&q);
}

int store_key_add(struct store *store, const struct store_key *key)
{
    struct query q = sql_start(store, SQL_KEY_ADD);

    sql_text(&q, key->id);
    sql_text(&q, key->tenant);
    sql_blob(&q, key->hash, sizeof key->hash);
    sql_text(&q, key->scopes);
    sql_int(&q, key->created_at);
    return sql_do(store, &q, false);
}

static void read_key(struct query *q, struct store_key *out)
{
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_text(q, out->tenant, sizeof out->tenant);
    sql_get_blob(q, out->hash, sizeof out->hash);
    sql_get_text(q, out->scopes, sizeof out->scopes);
    out->created_at = sql_get_int(q);
}

int store_key_get(struct store *store, const char *id, struct store_key *out)
{
    struct query q = sql_start(store, SQL_KEY_GET);
    bool found;

    sql_text(&q, id);
    found = sql_row(&q);
    if (found)
        read_key(&q, out);
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_key_prune(struct store *store, const char *tenant, unsigned keep)
{
    struct query q = sql_start(store, SQL_KEY_PRUNE);

    sql_text(&q, tenant);
    sql_int(&q, keep);
    return sql_do(store, &q, false);
}

int store_key_list(struct store *store, const char *tenant,
                   void (*each)(const struct store_key *key, void *ctx), void *ctx)
{
    struct query q = sql_start(store, SQL_KEY_LIST);
    struct store_key key;

    sql_text(&q, tenant);
    while (sql_row(&q)) {
        read_key(&q, &key);
        each(&key, ctx);
    }
    return sql_end(&q);
}

int store_answer_get(struct store *store, const char *tenant, const char *key, int64_t since,
                     struct store_answer *out)
{
    struct query q = sql_start(store, SQL_ANSWER_GET);
    bool found;

    sql_text(&q, tenant);
    sql_text(&q, key);
    sql_int(&q, since);
    found = sql_row(&q);
    if (found) {
        sql_get_blob(&q, out->request, sizeof out->request);
        out->status = (unsigned)sql_get_int(&q);
        sql_get_text(&q, out->resource, sizeof out->resource);
    }
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_answer_put(struct store *store, const char *tenant, const char *key, int64_t now,
                     int64_t since, const struct store_answer *answer)
{
    struct query forget = sql_start(store, SQL_ANSWER_FORGET);
    struct query q;
    int error;

    sql_int(&forget, since);
    error = sql_do(store, &forget, false);
    if (error)
        return error;
    q = sql_start(store, SQL_ANSWER_PUT);
    sql_text(&q, tenant);
    sql_text(&q, key);
    sql_int(&q, now);
    sql_blob(&q, answer->request, sizeof answer->request);
    sql_int(&q, answer->status);
    sql_text(&q, answer->resource);
    return sql_do(store, &q, false);
}
