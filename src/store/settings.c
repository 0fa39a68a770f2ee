/* What tenants set, and what is set for them: JSON as text. Records of calls. */
#include "sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int sql_get_one_text(struct store *store, enum sql which, const char *key, char **out)
{
    struct query q = sql_start(store, which);
    bool found;

    *out = NULL;
    sql_text(&q, key);
    found = sql_row(&q);
    if (found) {
        const char *text = (const char *)sqlite3_column_text(q.stmt, 0);

        *out = strdup(text ? text : "");
        if (!*out)
            q.error = -ENOMEM;
    }
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_settings_get(struct store *store, const char *tenant, char **json)
{
    return sql_get_one_text(store, SQL_SETTINGS_GET, tenant, json);
}

int store_quotas_get(struct store *store, const char *tenant, char **json)
{
    return sql_get_one_text(store, SQL_QUOTAS_GET, tenant, json);
}

int store_settings_put(struct store *store, const struct store_tenant *tenant, const char *json)
{
    struct query q = sql_start(store, SQL_SETTINGS_PUT);

    sql_text(&q, json);
    sql_text(&q, tenant->origins);
    sql_text(&q, tenant->locale);
    sql_text(&q, tenant->id);
    return sql_do(store, &q, true);
}

int store_quotas_put(struct store *store, const char *tenant, const char *json)
{
    struct query q = sql_start(store, SQL_QUOTAS_PUT);

    sql_text(&q, json);
    sql_text(&q, tenant);
    return sql_do(store, &q, true);
}

int store_call_put(struct store *store, const struct store_call *call)
{
    struct query q = sql_start(store, SQL_CALL_PUT);

    sql_text(&q, call->id);
    sql_text(&q, call->tenant);
    sql_text(&q, call->room);
    sql_int(&q, call->started_at);
    sql_int(&q, call->ended_at);
    sql_int(&q, call->peak);
    return sql_do(store, &q, false);
}

int store_call_open(struct store *store, const char *after, struct store_call *out)
{
    struct query q = sql_start(store, SQL_CALL_OPEN);
    bool found;

    sql_text(&q, after);
    found = sql_row(&q);
    if (found) {
        sql_get_text(&q, out->id, sizeof out->id);
        sql_get_text(&q, out->tenant, sizeof out->tenant);
        sql_get_text(&q, out->room, sizeof out->room);
        out->started_at = sql_get_int(&q);
        out->peak = (unsigned)sql_get_int(&q);
        out->ended_at = 0;
    }
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_call_purge(struct store *store, const char *tenant, int64_t before)
{
    struct query q = sql_start(store, SQL_CALL_PURGE);

    sql_text(&q, tenant);
    sql_int(&q, before);
    return sql_do(store, &q, false);
}
