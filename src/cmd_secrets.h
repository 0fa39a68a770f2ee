/** What `salon tenant` prints once: secrets, as "Label: value" lines on stdout. */
#ifndef CMD_SECRETS_H
#define CMD_SECRETS_H

#include "links/secrets.h"

struct store;

/** The newest secret of a kind, and where it is used. Returns the exit status. */
int tenant_print_secret(struct links *links, const struct links_tenant *tenant,
                        enum links_secret kind);

/** Makes a webhook for all of the tenant's events and prints its secret. The exit status. */
int tenant_add_webhook(struct links *links, struct store *store,
                       const struct links_tenant *tenant, const char *url);

#endif
