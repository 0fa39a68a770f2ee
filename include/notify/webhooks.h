/** Webhooks as the API and the command line see them. Errors as in links.h. */
#ifndef NOTIFY_WEBHOOKS_H
#define NOTIFY_WEBHOOKS_H

#include "notify/notify.h"
#include "store/webhooks.h"

#define WEBHOOK_SECRET_SIZE 48    ///< bytes with the NUL of "whsec_…"
#define WEBHOOK_ROTATION_S  86400 ///< the secret before is used, too, for so long
#define WEBHOOK_DELIVERIES  100   ///< of one that are listed

/**
 * "https://HOST…" without a user and without a fragment; http only if `http` (some addresses
 * are opened for it).
 */
bool webhook_url_valid(const char *url, bool http);

/** Makes one for `webhook->tenant` and `webhook->url`; fills in the rest. -EINVAL: the URL. */
int webhook_make(struct store *store, struct store_webhook *webhook, int64_t now);

/** Another tenant's is -ENOENT. */
int webhook_get(struct store *store, const char *tenant, const char *id,
                struct store_webhook *out);

/** Its secret now: derived, never stored. */
void webhook_secret(const struct links *links, const struct store_webhook *webhook,
                    char out[WEBHOOK_SECRET_SIZE]);

/** A new secret; the one before signs along for a day. */
int webhook_rotate(struct store *store, struct store_webhook *webhook, int64_t now);

/** Sends a delivery again at once, whatever it has come to. */
int webhook_retry(struct notify *n, struct store_delivery *delivery, int64_t now);

#endif
