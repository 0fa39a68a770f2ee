#include "notify/webhooks.h"

#include "inner.h"
#include "sign.h"

#include "base/rand.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool webhook_url_valid(const char *url, bool http)
{
    const size_t len = strlen(url);
    const char *host;

    if (len >= STORE_URL_SIZE || !text_one_line(url, len) || strpbrk(url, " \\#\"<>"))
        return false;
    if (strncmp(url, "https://", 8) == 0)
        host = url + 8;
    else if (http && strncmp(url, "http://", 7) == 0)
        host = url + 7;
    else
        return false;
    const size_t host_len = strcspn(host, "/?");

    return host_len > 0 && host_len < 255 && !memchr(host, '@', host_len);
}

int webhook_make(struct store *store, struct store_webhook *webhook, int64_t now)
{
    rand_id(webhook->id, sizeof webhook->id, "wh_", 20);
    webhook->enabled = true;
    webhook->version = 1;
    webhook->rotated_at = 0;
    webhook->created_at = now;
    return store_webhook_add(store, webhook);
}

int webhook_get(struct store *store, const char *tenant, const char *id,
                struct store_webhook *out)
{
    int error = store_webhook_get(store, id, out);

    return error ? error : strcmp(out->tenant, tenant) == 0 ? 0 : -ENOENT;
}

void webhook_key(const struct links *links, const struct store_webhook *webhook,
                 unsigned version, uint8_t out[SIGN_KEY_SIZE])
{
    char purpose[STORE_ID_SIZE + 32];
    uint8_t mac[32];

    (void)snprintf(purpose, sizeof purpose, "webhook|%s|%u", webhook->id, version);
    links_derive(links, purpose, mac);
    memcpy(out, mac, SIGN_KEY_SIZE);
}

void webhook_secret(const struct links *links, const struct store_webhook *webhook,
                    char out[WEBHOOK_SECRET_SIZE])
{
    uint8_t key[SIGN_KEY_SIZE];

    webhook_key(links, webhook, webhook->version, key);
    sign_secret(key, out);
}

int webhook_rotate(struct store *store, struct store_webhook *webhook, int64_t now)
{
    webhook->version++;
    webhook->rotated_at = now;
    return store_webhook_update(store, webhook);
}

int webhook_retry(struct notify *n, struct store_delivery *delivery, int64_t now)
{
    int error;

    delivery->state = DELIVERY_PENDING;
    delivery->next_at = now;
    error = store_delivery_update(n->conf.store, delivery);
    if (error == 0)
        sender_wake(n->sender);
    return error;
}
