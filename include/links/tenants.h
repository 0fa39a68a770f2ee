/** Front ends: tenants, their API keys and what a key may do. Errors as in links.h. */
#ifndef LINKS_TENANTS_H
#define LINKS_TENANTS_H

#include "links/links.h"

#define LINKS_KEY_SIZE 64 ///< bytes with the NUL of an API key: "salon_<keyid>_<secret>"

enum links_scope {
    SCOPE_ROOMS_READ = 1,
    SCOPE_ROOMS_WRITE = 2,
    SCOPE_ROOMS_HOST = 4,
    SCOPE_INVITATIONS = 8,
    SCOPE_CALENDAR = 16,
    SCOPE_USERS = 32,
    SCOPE_WEBHOOKS = 64,
    SCOPE_TENANT = 128,
    SCOPE_ALL = 255
};

/** "rooms:read" and so on; false if it is none. */
bool links_scope_from(const char *name, unsigned *out);

struct links_tenant {
    char id[LINKS_ID_SIZE];
    char name[LINKS_NAME_SIZE];
    char prefix[LINKS_ID_SIZE];
    char locale[16];
    char origins[1024]; ///< separated by spaces
    bool uuid;
    int64_t created_at;
};

/**
 * Adds a tenant: name required; prefix "" for one made from the name; fills in the rest.
 * -EEXIST: the name or prefix is taken; -EINVAL: name, prefix or an origin is not one.
 */
int links_tenant_add(struct links *links, struct links_tenant *tenant, int64_t now);

/** By name or prefix. */
int links_tenant_find(struct links *links, const char *name, struct links_tenant *out);
int links_tenant_get(struct links *links, const char *id, struct links_tenant *out);
int links_tenant_remove(struct links *links, const char *id);
int links_tenant_list(struct links *links,
                      void (*each)(const struct links_tenant *tenant, void *ctx), void *ctx);

/** Makes a key with these scopes; of older ones the newest stays alive, for rotation. */
int links_key_make(struct links *links, const char *tenant, unsigned scopes,
                   char key[LINKS_KEY_SIZE], int64_t now);

/** Ids and scopes of a tenant's live keys. */
int links_key_list(struct links *links, const char *tenant,
                   void (*each)(const char *id, const char *scopes, int64_t created_at,
                                void *ctx),
                   void *ctx);

/** Who calls. */
struct links_caller {
    struct links_tenant tenant;
    char key[LINKS_ID_SIZE]; ///< the key's id
    unsigned scopes;
};

/** Whose key this is; -EACCES if nobody's. */
int links_authenticate(struct links *links, const char *key, struct links_caller *out);

/** 0 while the key of this id opens something; -ENOENT once it is revoked. */
int links_key_live(struct links *links, const char *id);

/** True for "https://suite.example.org", or http for loopback: scheme, host, port, no more. */
bool links_origin_valid(const char *origin);

#endif
