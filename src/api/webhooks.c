/* Webhooks: who hears of what happens, what was sent there, and again. */
#include "inner.h"

#include "links/settings.h"
#include "notify/webhooks.h"

#include <errno.h>
#include <string.h>

static json_t *webhook_json(const struct store_webhook *w)
{
    return json_pack("{s:s, s:s, s:b, s:o}", "id", w->id, "url", w->url, "enabled", w->enabled,
                     "created_at", api_time_json(w->created_at));
}

static json_t *with_secret(const struct api *api, const struct store_webhook *w)
{
    char secret[WEBHOOK_SECRET_SIZE];
    json_t *json = webhook_json(w);

    webhook_secret(api->conf.links, w, secret);
    (void)json_object_set_new(json, "secret", json_string(secret));
    return json;
}

/** Who calls and the webhook {id} of theirs; false: it was answered. */
static bool find_of(struct api *api, struct http_req *req, struct links_caller *caller,
                    struct store_webhook *out)
{
    int error;

    if (!api_caller(api, req, SCOPE_WEBHOOKS, caller))
        return false;
    error = webhook_get(api->conf.store, caller->tenant.id, http_param(req, "id"), out);
    if (error)
        api_fail(req, error);
    return error == 0;
}

static bool find(struct api *api, struct http_req *req, struct store_webhook *out)
{
    struct links_caller caller;

    return find_of(api, req, &caller, out);
}

/** A new webhook, or a new secret of one: the secret is derived again. */
static void reply_secret(struct api *api, struct http_req *req, unsigned status,
                         const struct store_webhook *w)
{
    char secret[WEBHOOK_SECRET_SIZE];

    webhook_secret(api->conf.links, w, secret);
    http_reply_json(req, status,
                    status == 201 ? with_secret(api, w) : json_pack("{s:s}", "secret", secret));
}

static void again(struct api *api, struct http_req *req, const struct links_caller *caller,
                  const struct links_answer *answer)
{
    struct store_webhook webhook;
    int error = webhook_get(api->conf.store, caller->tenant.id, answer->resource, &webhook);

    if (error)
        api_fail(req, error);
    else
        reply_secret(api, req, answer->status, &webhook);
}

/** Makes it, or with `rotate` another secret of it, and keeps the answer: both or neither. */
static int put_kept(struct api *api, struct http_req *req, const struct links_caller *caller,
                    const char *key, bool rotate, struct store_webhook *w)
{
    struct store *store = api->conf.store;
    int error = store_begin(store);

    if (error)
        return error;
    error = rotate ? webhook_rotate(store, w, api_now()) : webhook_make(store, w, api_now());
    if (error == 0)
        error = api_keep(api, req, caller, key, (struct api_kept){rotate ? 200 : 201, w->id});
    if (error == 0)
        return store_commit(store);
    store_rollback(store);
    return error;
}

static void read_url(const struct api *api, struct body *body, struct store_webhook *out)
{
    if (!body_text(body, body->json, "/url", STORE_URL_SIZE - 1, out->url, sizeof out->url))
        return;
    if (!webhook_url_valid(out->url, api->conf.webhook_http))
        body_bad(body, "/url", "https://HOST/PATH", "https://HÔTE/CHEMIN");
}

static void count_one(const struct store_webhook *w, void *ctx)
{
    unsigned *count = ctx;

    (void)w;
    (*count)++;
}

/** The quota. False: it was answered. */
static bool within_quota(struct api *api, struct http_req *req, const char *tenant)
{
    struct links_quotas q;
    unsigned count = 0;
    int error = links_quotas_get(api->conf.links, tenant, &q);

    if (error == 0)
        error = store_webhook_list(api->conf.store, tenant, count_one, &count);
    if (error)
        api_fail(req, error);
    else if (q.webhooks > 0 && count >= q.webhooks)
        http_problem_later(req, PROBLEM_QUOTA_EXCEEDED, "webhooks", 3600);
    else
        return true;
    return false;
}

static void make_webhook(struct http_req *req, void *ctx)
{
    static const char *const known[] = {"url", NULL};
    struct api *api = ctx;
    struct links_caller caller;
    struct store_webhook webhook = {.url = ""};
    struct body body;
    const char *key;
    int error;

    if (!api_caller(api, req, SCOPE_WEBHOOKS, &caller) ||
        !api_once(api, req, &caller, again, &key) || !api_body_of(&body, req, known))
        return;
    read_url(api, &body, &webhook);
    if (*webhook.url == '\0')
        body_bad(&body, "/url", "required", "obligatoire");
    if (!api_body_done(&body, req) || !within_quota(api, req, caller.tenant.id))
        return;
    memcpy(webhook.tenant, caller.tenant.id, sizeof webhook.tenant);
    error = put_kept(api, req, &caller, key, false, &webhook);
    if (error)
        api_fail(req, error);
    else
        reply_secret(api, req, 201, &webhook);
}

static void list_one(const struct store_webhook *w, void *ctx)
{
    (void)json_array_append_new(ctx, webhook_json(w));
}

static void list_webhooks(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct links_caller caller;
    json_t *list;
    int error;

    if (!api_caller(api, req, SCOPE_WEBHOOKS, &caller))
        return;
    list = json_array();
    error = store_webhook_list(api->conf.store, caller.tenant.id, list_one, list);
    if (error == 0)
        http_reply_json(req, 200, json_pack("{s:O}", "webhooks", list));
    else
        api_fail(req, error);
    json_decref(list);
}

static void get_webhook(struct http_req *req, void *ctx)
{
    struct store_webhook webhook;

    if (find(ctx, req, &webhook))
        http_reply_json(req, 200, webhook_json(&webhook));
}

static void change_webhook(struct http_req *req, void *ctx)
{
    static const char *const known[] = {"url", "enabled", NULL};
    struct api *api = ctx;
    struct store_webhook webhook;
    struct body body;
    int error;

    if (!find(api, req, &webhook) || !api_body_of(&body, req, known))
        return;
    read_url(api, &body, &webhook);
    (void)body_flag(&body, body.json, "/enabled", &webhook.enabled);
    if (!api_body_done(&body, req))
        return;
    error = store_webhook_update(api->conf.store, &webhook);
    if (error)
        api_fail(req, error);
    else
        http_reply_json(req, 200, webhook_json(&webhook));
}

static void remove_webhook(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct store_webhook webhook;
    int error;

    if (!find(api, req, &webhook))
        return;
    error = store_webhook_remove(api->conf.store, webhook.id);
    if (error)
        api_fail(req, error);
    else
        http_reply(req, 204, NULL, NULL, 0);
}

static void rotate_secret(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct store_webhook webhook;
    struct links_caller caller;
    const char *key;
    int error;

    if (!find_of(api, req, &caller, &webhook) || !api_once(api, req, &caller, again, &key) ||
        !api_body_empty(req))
        return;
    error = put_kept(api, req, &caller, key, true, &webhook);
    if (error)
        api_fail(req, error);
    else
        reply_secret(api, req, 200, &webhook);
}

static json_t *delivery_json(const struct store_delivery *d)
{
    static const char *const states[] = {[DELIVERY_PENDING] = "pending",
                                         [DELIVERY_DONE] = "delivered",
                                         [DELIVERY_FAILED] = "failed"};

    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "id", d->id,
                     "event_id", d->event, "type", d->type, "state",
                     states[d->state <= DELIVERY_FAILED ? d->state : DELIVERY_FAILED],
                     "attempts", (int)d->attempts, "created_at", api_time_json(d->created_at),
                     "next_at", api_time_json(d->state == DELIVERY_PENDING ? d->next_at : 0),
                     "tried_at", api_time_json(d->tried_at), "status",
                     d->status ? json_integer(d->status) : json_null(), "error",
                     *d->error ? json_string(d->error) : json_null());
}

static void list_delivery(const struct store_delivery *d, void *ctx)
{
    (void)json_array_append_new(ctx, delivery_json(d));
}

static void list_deliveries(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct store_webhook webhook;
    json_t *list;
    int error;

    if (!find(api, req, &webhook))
        return;
    list = json_array();
    error = store_delivery_list(api->conf.store, webhook.id, WEBHOOK_DELIVERIES, list_delivery,
                                list);
    if (error == 0)
        http_reply_json(req, 200, json_pack("{s:O}", "deliveries", list));
    else
        api_fail(req, error);
    json_decref(list);
}

static void retry_delivery(struct http_req *req, void *ctx)
{
    struct api *api = ctx;
    struct store_webhook webhook;
    struct store_delivery delivery;
    int error;

    if (!find(api, req, &webhook) || !api_body_empty(req))
        return;
    error = store_delivery_get(api->conf.store, http_param(req, "delivery"), &delivery);
    if (error == 0 && strcmp(delivery.webhook, webhook.id) != 0)
        error = -ENOENT;
    if (error == 0)
        error = webhook_retry(api->conf.notify, &delivery, api_now());
    if (error)
        api_fail(req, error);
    else
        http_reply_json(req, 202, delivery_json(&delivery));
}

void api_webhooks_routes(struct api *api)
{
    static const struct http_route routes[] = {
        {"POST", "/api/v1/webhooks", make_webhook, API_BODY_MAX, 0},
        {"GET", "/api/v1/webhooks", list_webhooks, 0, 0},
        {"GET", "/api/v1/webhooks/{id}", get_webhook, 0, 0},
        {"PATCH", "/api/v1/webhooks/{id}", change_webhook, API_BODY_MAX, 0},
        {"DELETE", "/api/v1/webhooks/{id}", remove_webhook, 0, 0},
        {"POST", "/api/v1/webhooks/{id}/rotate-secret", rotate_secret, API_BODY_MAX, 0},
        {"GET", "/api/v1/webhooks/{id}/deliveries", list_deliveries, 0, 0},
        {"POST", "/api/v1/webhooks/{id}/deliveries/{delivery}/retry", retry_delivery,
         API_BODY_MAX, 0},
    };

    http_routes(api->conf.http, routes, sizeof routes / sizeof *routes, api);
}
