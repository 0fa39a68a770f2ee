/** Webhooks and their deliveries in the database. Errors as in store.h. */
#ifndef STORE_WEBHOOKS_H
#define STORE_WEBHOOKS_H

#include "store/store.h"

#define STORE_URL_SIZE 1024

struct store_webhook {
    char id[STORE_ID_SIZE]; ///< "wh_…"
    char tenant[STORE_ID_SIZE];
    char url[STORE_URL_SIZE];
    bool enabled;
    unsigned version;   ///< of its secret, from 1
    int64_t rotated_at; ///< the secret before is used, too, for a while; 0: there is none
    int64_t created_at;
};

int store_webhook_add(struct store *store, const struct store_webhook *webhook);
int store_webhook_get(struct store *store, const char *id, struct store_webhook *out);
/** Writes url, enabled, version and rotated_at. */
int store_webhook_update(struct store *store, const struct store_webhook *webhook);
/** With its deliveries. */
int store_webhook_remove(struct store *store, const char *id);
int store_webhook_list(struct store *store, const char *tenant,
                       void (*each)(const struct store_webhook *webhook, void *ctx), void *ctx);

enum store_delivery_state { DELIVERY_PENDING, DELIVERY_DONE, DELIVERY_FAILED };

struct store_delivery {
    char id[STORE_ID_SIZE]; ///< "dl_…"
    char webhook[STORE_ID_SIZE];
    char event[STORE_ID_SIZE]; ///< "evt_…": the webhook-id that receivers know it by
    char type[48];
    unsigned state; ///< enum store_delivery_state
    unsigned attempts;
    int64_t created_at;
    int64_t next_at;  ///< of the next attempt, if pending
    int64_t tried_at; ///< of the last, 0: none
    unsigned status;  ///< the last answer's, 0: none
    char error[96];   ///< why the last attempt failed, "" if it did not
};

/** A delivery to every enabled webhook of a tenant: all or none. */
int store_delivery_add_all(struct store *store, const char *tenant,
                           const struct store_delivery *delivery, const char *body,
                           unsigned *count);

/** Writes state, attempts, next_at, tried_at, status and error. */
int store_delivery_update(struct store *store, const struct store_delivery *delivery);
int store_delivery_get(struct store *store, const char *id, struct store_delivery *out);
/** What is to be sent: to be freed by the caller. */
int store_delivery_body(struct store *store, const char *id, char **body);

/** How many are looked for: together, and the first so many of each webhook. */
struct store_due {
    unsigned limit, each_webhook;
};

/** Pending ones of enabled webhooks, by time. */
int store_delivery_due(struct store *store, const struct store_due *due,
                       void (*each)(const struct store_delivery *delivery, void *ctx),
                       void *ctx);

/** A webhook's, newest first. */
int store_delivery_list(struct store *store, const char *webhook, unsigned limit,
                        void (*each)(const struct store_delivery *delivery, void *ctx),
                        void *ctx);

/** Forgets those of a tenant made before that are not pending, or nobody sends: their webhook
 * is switched off. */
int store_delivery_purge(struct store *store, const char *tenant, int64_t before);

#endif
