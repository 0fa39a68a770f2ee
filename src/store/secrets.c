#include "sql.h"

#include <errno.h>

int store_secret_get(struct store *store, const char *tenant, const char *kind,
                     struct store_secret *out)
{
    struct query q = sql_start(store, SQL_SECRET_GET);
    bool found;

    sql_text(&q, tenant);
    sql_text(&q, kind);
    found = sql_row(&q);
    if (found) {
        out->version = (unsigned)sql_get_int(&q);
        out->rotated_at = sql_get_int(&q);
    }
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_secret_rotate(struct store *store, const char *tenant, const char *kind, int64_t now)
{
    struct query q = sql_start(store, SQL_SECRET_ROTATE);

    sql_text(&q, tenant);
    sql_text(&q, kind);
    sql_int(&q, now);
    return sql_do(store, &q, false);
}
