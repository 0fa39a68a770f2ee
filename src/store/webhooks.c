#include "store/webhooks.h"

#include "sql.h"

#include "base/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int store_webhook_add(struct store *store, const struct store_webhook *w)
{
    struct query q = sql_start(store, SQL_WEBHOOK_ADD);

    sql_text(&q, w->id);
    sql_text(&q, w->tenant);
    sql_text(&q, w->url);
    sql_int(&q, w->enabled);
    sql_int(&q, w->version);
    sql_int(&q, w->rotated_at);
    sql_int(&q, w->created_at);
    return sql_do(store, &q, false);
}

static void read_webhook(struct query *q, struct store_webhook *out)
{
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_text(q, out->tenant, sizeof out->tenant);
    sql_get_text(q, out->url, sizeof out->url);
    out->enabled = sql_get_int(q) != 0;
    out->version = (unsigned)sql_get_int(q);
    out->rotated_at = sql_get_int(q);
    out->created_at = sql_get_int(q);
}

int store_webhook_get(struct store *store, const char *id, struct store_webhook *out)
{
    struct query q = sql_start(store, SQL_WEBHOOK_GET);
    bool found;

    sql_text(&q, id);
    found = sql_row(&q);
    if (found)
        read_webhook(&q, out);
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_webhook_update(struct store *store, const struct store_webhook *w)
{
    struct query q = sql_start(store, SQL_WEBHOOK_UPDATE);

    sql_text(&q, w->url);
    sql_int(&q, w->enabled);
    sql_int(&q, w->version);
    sql_int(&q, w->rotated_at);
    sql_text(&q, w->id);
    return sql_do(store, &q, true);
}

int store_webhook_remove(struct store *store, const char *id)
{
    struct query q = sql_start(store, SQL_WEBHOOK_REMOVE);

    sql_text(&q, id);
    return sql_do(store, &q, true);
}

int store_webhook_list(struct store *store, const char *tenant,
                       void (*each)(const struct store_webhook *webhook, void *ctx), void *ctx)
{
    struct query q = sql_start(store, SQL_WEBHOOK_LIST);
    struct store_webhook webhook;

    sql_text(&q, tenant);
    while (sql_row(&q)) {
        read_webhook(&q, &webhook);
        each(&webhook, ctx);
    }
    return sql_end(&q);
}

/* ---- deliveries ---- */

static int add_delivery(struct store *store, const char *webhook,
                        const struct store_delivery *d, const char *body)
{
    struct query q = sql_start(store, SQL_DELIVERY_ADD);
    char id[STORE_ID_SIZE];

    rand_id(id, sizeof id, "dl_", 20);
    sql_text(&q, id);
    sql_text(&q, webhook);
    sql_text(&q, d->event);
    sql_text(&q, d->type);
    sql_int(&q, d->created_at);
    sql_int(&q, d->next_at);
    sql_text(&q, body);
    return sql_do(store, &q, false);
}

/** The ids of a tenant's enabled webhooks: few, by quota. */
struct targets {
    char id[32][STORE_ID_SIZE];
    unsigned count;
};

static void take_target(const struct store_webhook *w, void *ctx)
{
    struct targets *t = ctx;

    if (w->enabled && t->count < sizeof t->id / sizeof *t->id)
        memcpy(t->id[t->count++], w->id, sizeof w->id);
}

int store_delivery_add_all(struct store *store, const char *tenant,
                           const struct store_delivery *d, const char *body, unsigned *count)
{
    struct targets targets = {.count = 0};
    bool ours;
    int error = store_webhook_list(store, tenant, take_target, &targets);

    *count = targets.count;
    if (error || targets.count == 0)
        return error;
    error = sql_join(store, &ours);
    if (error)
        return error;
    for (unsigned i = 0; i < targets.count && error == 0; i++)
        error = add_delivery(store, targets.id[i], d, body);
    return sql_leave(store, ours, error);
}

int store_delivery_update(struct store *store, const struct store_delivery *d)
{
    struct query q = sql_start(store, SQL_DELIVERY_UPDATE);

    sql_int(&q, d->state);
    sql_int(&q, d->attempts);
    sql_int(&q, d->next_at);
    sql_int(&q, d->tried_at);
    sql_int(&q, d->status);
    sql_text(&q, d->error);
    sql_text(&q, d->id);
    return sql_do(store, &q, true);
}

static void read_delivery(struct query *q, struct store_delivery *out)
{
    sql_get_text(q, out->id, sizeof out->id);
    sql_get_text(q, out->webhook, sizeof out->webhook);
    sql_get_text(q, out->event, sizeof out->event);
    sql_get_text(q, out->type, sizeof out->type);
    out->state = (unsigned)sql_get_int(q);
    out->attempts = (unsigned)sql_get_int(q);
    out->created_at = sql_get_int(q);
    out->next_at = sql_get_int(q);
    out->tried_at = sql_get_int(q);
    out->status = (unsigned)sql_get_int(q);
    sql_get_text(q, out->error, sizeof out->error);
}

int store_delivery_get(struct store *store, const char *id, struct store_delivery *out)
{
    struct query q = sql_start(store, SQL_DELIVERY_GET);
    bool found;

    sql_text(&q, id);
    found = sql_row(&q);
    if (found)
        read_delivery(&q, out);
    return sql_end(&q) ? q.error : found ? 0 : -ENOENT;
}

int store_delivery_body(struct store *store, const char *id, char **body)
{
    return sql_get_one_text(store, SQL_DELIVERY_BODY, id, body);
}

static int each_delivery(struct query *q,
                         void (*each)(const struct store_delivery *delivery, void *ctx),
                         void *ctx)
{
    struct store_delivery delivery;

    while (sql_row(q)) {
        read_delivery(q, &delivery);
        each(&delivery, ctx);
    }
    return sql_end(q);
}

int store_delivery_due(struct store *store, const struct store_due *due,
                       void (*each)(const struct store_delivery *delivery, void *ctx),
                       void *ctx)
{
    struct query q = sql_start(store, SQL_DELIVERY_DUE);

    sql_int(&q, due->each_webhook);
    sql_int(&q, due->limit);
    return each_delivery(&q, each, ctx);
}

int store_delivery_list(struct store *store, const char *webhook, unsigned limit,
                        void (*each)(const struct store_delivery *delivery, void *ctx),
                        void *ctx)
{
    struct query q = sql_start(store, SQL_DELIVERY_LIST);

    sql_text(&q, webhook);
    sql_int(&q, limit);
    return each_delivery(&q, each, ctx);
}

int store_delivery_purge(struct store *store, const char *tenant, int64_t before)
{
    struct query q = sql_start(store, SQL_DELIVERY_PURGE);

    sql_text(&q, tenant);
    sql_int(&q, before);
    return sql_do(store, &q, false);
}
