#include "links/tenants.h"

#include "inner.h"

#include "base/rand.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define KEY_ID_CHARS     10
#define KEY_SECRET_CHARS 32 ///< 160 bits
#define LIVE_KEYS        2  ///< at once, so that one can be replaced without a gap

static const char *const scope_names[] = {"rooms:read",  "rooms:write", "rooms:host",
                                          "invitations", "calendar",    "users",
                                          "webhooks",    "tenant"};

#define SCOPES (sizeof scope_names / sizeof *scope_names)

bool links_scope_from(const char *name, unsigned *out)
{
    for (unsigned i = 0; i < SCOPES; i++) {
        if (strcmp(scope_names[i], name) == 0) {
            *out = 1u << i;
            return true;
        }
    }
    return false;
}

static void write_scopes(unsigned scopes, char *out, size_t size)
{
    size_t at = 0;

    *out = '\0';
    for (unsigned i = 0; i < SCOPES; i++) {
        if (scopes & 1u << i)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at > 0 ? " " : "",
                                   scope_names[i]);
    }
}

static unsigned read_scopes(const char *text)
{
    unsigned scopes = 0;

    for (unsigned i = 0; i < SCOPES; i++) {
        size_t len = strlen(scope_names[i]);

        for (const char *p = text; (p = strstr(p, scope_names[i])); p += len) {
            if ((p == text || p[-1] == ' ') && (p[len] == '\0' || p[len] == ' '))
                scopes |= 1u << i;
        }
    }
    return scopes;
}

static bool host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr(".-[]:", c);
}

/** This machine itself: the host alone, or with a port. A name that only begins so is
 * another's. */
static bool is_here(const char *host)
{
    static const char *const here[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
        const size_t len = strlen(here[i]);
        if (strncmp(host, here[i], len) == 0 && (host[len] == '\0' || host[len] == ':'))
            return true;
    }
    return false;
}

bool links_origin_valid(const char *origin)
{
    bool https = strncmp(origin, "https://", 8) == 0;
    const char *host = origin + (https ? 8 : 7);

    if (!https && strncmp(origin, "http://", 7) != 0)
        return false;
    if (*host == '\0' || strlen(origin) > 255)
        return false;
    for (const char *p = host; *p; p++) {
        if (!host_char(*p))
            return false;
    }
    return https || is_here(host);
}

bool origins_valid(const char *origins)
{
    char copy[sizeof((struct links_tenant *)0)->origins];
    char *save = NULL;

    (void)snprintf(copy, sizeof copy, "%s", origins);
    for (char *o = strtok_r(copy, " ", &save); o; o = strtok_r(NULL, " ", &save)) {
        if (!links_origin_valid(o))
            return false;
    }
    return true;
}

/** A prefix stands in paths: lower-case letters, digits and dashes. */
static bool prefix_valid(const char *prefix)
{
    size_t len = strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return len >= 2 && len <= 32 && prefix[len] == '\0' && *prefix != '-';
}

static void make_prefix(const char *name, char *out, size_t size)
{
    size_t n = 0;

    for (; *name && n + 1 < size && n < 24; name++) {
        if ((*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9'))
            out[n++] = *name;
        else if (*name >= 'A' && *name <= 'Z')
            out[n++] = (char)(*name - 'A' + 'a');
        else if (n > 0 && out[n - 1] != '-')
            out[n++] = '-';
    }
    while (n > 0 && out[n - 1] == '-')
        n--;
    out[n] = '\0';
    if (n < 2)
        rand_id(out, size, "t", 8);
}

#define COPY(field) (void)snprintf(to->field, sizeof to->field, "%s", from->field)

void tenant_to_row(const struct links_tenant *from, struct store_tenant *to)
{
    memset(to, 0, sizeof *to);
    COPY(id);
    COPY(name);
    COPY(prefix);
    COPY(locale);
    COPY(origins);
    to->uuid = from->uuid;
    to->created_at = from->created_at;
}

static void from_row(const struct store_tenant *from, struct links_tenant *to)
{
    memset(to, 0, sizeof *to);
    COPY(id);
    COPY(name);
    COPY(prefix);
    COPY(locale);
    COPY(origins);
    to->uuid = from->uuid;
    to->created_at = from->created_at;
}

/** One word finds a tenant by either: no name is another's prefix. 0 if nobody has it. */
static int is_free(struct links *links, const char *word)
{
    struct store_tenant other;
    int error = store_tenant_find(links->store, word, &other);

    return error == -ENOENT ? 0 : error ? error : -EEXIST;
}

int links_tenant_add(struct links *links, struct links_tenant *tenant, int64_t now)
{
    struct store_tenant row;
    int error;
    size_t len = strlen(tenant->name);

    if (len == 0 || !text_one_line(tenant->name, len) ||
        text_utf8_count(tenant->name, len) > 80)
        return -EINVAL;
    if (*tenant->prefix == '\0')
        make_prefix(tenant->name, tenant->prefix, sizeof tenant->prefix);
    if (!prefix_valid(tenant->prefix) || !origins_valid(tenant->origins))
        return -EINVAL;
    error = is_free(links, tenant->name);
    if (error == 0)
        error = is_free(links, tenant->prefix);
    if (error)
        return error;
    rand_id(tenant->id, sizeof tenant->id, "tn_", 16);
    tenant->created_at = now;
    tenant_to_row(tenant, &row);
    return store_tenant_add(links->store, &row);
}

int links_tenant_find(struct links *links, const char *name, struct links_tenant *out)
{
    struct store_tenant row;
    int error = store_tenant_find(links->store, name, &row);

    if (error == 0)
        from_row(&row, out);
    return error;
}

int links_tenant_get(struct links *links, const char *id, struct links_tenant *out)
{
    struct store_tenant row;
    int error = store_tenant_get(links->store, id, &row);

    if (error == 0)
        from_row(&row, out);
    return error;
}

int links_tenant_remove(struct links *links, const char *id)
{
    return store_tenant_remove(links->store, id);
}

struct tenant_each {
    void (*each)(const struct links_tenant *tenant, void *ctx);
    void *ctx;
};

static void on_tenant(const struct store_tenant *row, void *ctx)
{
    const struct tenant_each *e = ctx;
    struct links_tenant tenant;

    from_row(row, &tenant);
    e->each(&tenant, e->ctx);
}

int links_tenant_list(struct links *links,
                      void (*each)(const struct links_tenant *tenant, void *ctx), void *ctx)
{
    struct tenant_each e = {each, ctx};

    return store_tenant_list(links->store, on_tenant, &e);
}

int links_key_make(struct links *links, const char *tenant, unsigned scopes,
                   char key[LINKS_KEY_SIZE], int64_t now)
{
    struct store_key row = {.created_at = now};
    char secret[KEY_SECRET_CHARS + 1];
    int error;

    rand_id(row.id, sizeof row.id, "", KEY_ID_CHARS);
    rand_id(secret, sizeof secret, "", KEY_SECRET_CHARS);
    (void)snprintf(key, LINKS_KEY_SIZE, "salon_%.*s_%s", KEY_ID_CHARS, row.id, secret);
    (void)snprintf(row.tenant, sizeof row.tenant, "%s", tenant);
    digest_sha256(key, strlen(key), row.hash);
    write_scopes(scopes, row.scopes, sizeof row.scopes);
    error = store_begin(links->store);
    if (error)
        return error;
    error = store_key_add(links->store, &row);
    if (error == 0)
        error = store_key_prune(links->store, tenant, LIVE_KEYS);
    if (error == 0)
        return store_commit(links->store);
    store_rollback(links->store);
    return error;
}

struct key_each {
    void (*each)(const char *id, const char *scopes, int64_t created_at, void *ctx);
    void *ctx;
};

static void on_key(const struct store_key *row, void *ctx)
{
    const struct key_each *e = ctx;

    e->each(row->id, row->scopes, row->created_at, e->ctx);
}

int links_key_list(struct links *links, const char *tenant,
                   void (*each)(const char *id, const char *scopes, int64_t created_at,
                                void *ctx),
                   void *ctx)
{
    struct key_each e = {each, ctx};

    return store_key_list(links->store, tenant, on_key, &e);
}

/** "salon_<keyid>_<secret>": its id. */
static bool key_id(const char *key, char out[LINKS_ID_SIZE])
{
    if (strncmp(key, "salon_", 6) != 0 ||
        strlen(key) != 6 + KEY_ID_CHARS + 1 + KEY_SECRET_CHARS || key[6 + KEY_ID_CHARS] != '_')
        return false;
    memcpy(out, key + 6, KEY_ID_CHARS);
    out[KEY_ID_CHARS] = '\0';
    return true;
}

int links_authenticate(struct links *links, const char *key, struct links_caller *out)
{
    struct store_key row;
    uint8_t hash[SHA256_SIZE];
    int error;

    if (!key_id(key, out->key))
        return -EACCES;
    digest_sha256(key, strlen(key), hash);
    error = store_key_get(links->store, out->key, &row);
    if (error)
        return error == -ENOENT ? -EACCES : error;
    if (!digest_same(hash, sizeof hash, row.hash, sizeof row.hash))
        return -EACCES;
    out->scopes = read_scopes(row.scopes);
    error = links_tenant_get(links, row.tenant, &out->tenant);
    return error == -ENOENT ? -EACCES : error;
}

int links_key_live(struct links *links, const char *id)
{
    struct store_key row;

    return store_key_get(links->store, id, &row);
}
