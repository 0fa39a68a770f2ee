/**
 * What a tenant sets for itself over the API, and the quotas its operator sets on the command
 * line. Both are JSON in the database; what is not in it has its default. Errors as in links.h.
 */
#ifndef LINKS_SETTINGS_H
#define LINKS_SETTINGS_H

#include "links/tenants.h"

#define LINKS_TEMPLATE_MAX 8192 ///< bytes of one template
#define LINKS_SETTINGS_MAX 65536

/** How long what nobody uses is kept. */
struct links_retention {
    unsigned unused_h;      ///< hours: an instant room nobody ever joined; 168
    unsigned instant_h;     ///< hours after its last use: an instant room; 24
    unsigned event_d;       ///< days after the later of end and last use: an event's room; 400
    unsigned closed_d;      ///< days: a closed room answers 410 so long; 30
    unsigned invitations_d; ///< days; 30
    unsigned deliveries_d;  ///< days: of webhooks; 7
    unsigned calls_d;       ///< days: records of calls; 90
};

struct links_settings {
    bool personal_rooms; ///< users may have a room of their own; on by default
    bool personal_lobby; ///< who comes to a personal room waits until its owner is there
    bool preview_titles; ///< link previews show a room's title
    char resource[LINKS_REF_SIZE]; ///< the e-mail that calendars invite; "" none
    struct links_retention retention;
    json_t *templates; ///< owned: {"fr": {"subject", "text", "html"}, …}; NULL: the built-in
};

/** Every default; nothing to be freed. */
void links_settings_default(struct links_settings *out);
void links_settings_fini(struct links_settings *settings);

int links_settings_get(struct links *links, const char *tenant, struct links_settings *out);

/** Writes the settings, and the tenant's origins and locale. -EINVAL: an origin is none. */
int links_settings_put(struct links *links, const struct links_tenant *tenant,
                       const struct links_settings *settings);

/** What a tenant may have at most; 0: no limit. */
struct links_quotas {
    int64_t rooms;       ///< that are not closed
    int64_t webhooks;    ///< 10 by default
    int64_t invitations; ///< made in a day
};

int links_quotas_get(struct links *links, const char *tenant, struct links_quotas *out);
int links_quotas_put(struct links *links, const char *tenant, const struct links_quotas *from);

/** Sets one by its name; false if there is none of that name. */
bool links_quota_set(struct links_quotas *quotas, const char *name, int64_t value);

/** -EDQUOT if the tenant has as many rooms as it may, else 0 or an error. */
int links_room_quota(struct links *links, const char *tenant);

#endif
