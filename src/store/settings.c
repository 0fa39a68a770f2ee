/* What tenants set, and what is set for them: JSON as text. */
#include "sql.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int get(struct store *store, enum sql which, const char *tenant, char **json)
{
    struct query q = sql_start(store, which);
    bool found;

    *json = NULL;
    sql_text(&q, tenant);
    found = sql_row(&q);
    if (found) {
        const char *text = (const char *)sqlite3_column_text(q.stmt, 0);

        *json = strdup(text ? text : "");
        if (!*json)
            q.error = -ENOMEM;
    }
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_settings_get(struct store *store, const char *tenant, char **json)
{
    return get(store, SQL_SETTINGS_GET, tenant, json);
}

int store_quotas_get(struct store *store, const char *tenant, char **json)
{
    return get(store, SQL_QUOTAS_GET, tenant, json);
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
