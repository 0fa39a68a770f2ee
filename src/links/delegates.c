#include "links/delegates.h"

#include "inner.h"

#include "base/text.h"

#include <errno.h>
#include <jwt.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_MAX 4096 ///< bytes

int links_delegate_check(struct links *links, const char *tenant, const char *secret,
                         int64_t now)
{
    struct links_secret_live live[2];
    int count = links_secret_live(links, tenant, SECRET_LASUITE, now, live);
    bool good = false;

    for (int i = 0; i < count; i++)
        good |= digest_same(live[i].text, strlen(live[i].text), secret, strlen(secret));
    return count < 0 ? count : good ? 0 : -EACCES;
}

static bool add_grants(jwt_t *jwt, const struct links_delegate *who, unsigned version,
                       int64_t now)
{
    return jwt_add_grant(jwt, "iss", "salon") == 0 &&
           jwt_add_grant(jwt, "aud", who->tenant.id) == 0 &&
           jwt_add_grant(jwt, "client_id", who->tenant.prefix) == 0 &&
           jwt_add_grant(jwt, "sub", who->user) == 0 &&
           jwt_add_grant_bool(jwt, "delegated", 1) == 0 &&
           jwt_add_grant_int(jwt, "ver", (long)version) == 0 &&
           jwt_add_grant_int(jwt, "iat", (long)now) == 0 &&
           jwt_add_grant_int(jwt, "exp", (long)(now + LINKS_DELEGATE_S)) == 0;
}

/** The key that signs them: one for the whole server, as with the browsers' tokens. */
static void token_key(const struct links *links, uint8_t key[SHA256_SIZE])
{
    links_derive(links, "delegate|v1", key);
}

char *links_delegate_token(struct links *links, const struct links_delegate *who, int64_t now)
{
    struct links_secret_live live[2];
    uint8_t key[SHA256_SIZE];
    jwt_t *jwt = NULL;
    char *token = NULL;

    if (links_secret_live(links, who->tenant.id, SECRET_LASUITE, now, live) < 1 ||
        jwt_new(&jwt))
        return NULL;
    token_key(links, key);
    if (jwt_set_alg(jwt, JWT_ALG_HS256, key, sizeof key) == 0 &&
        add_grants(jwt, who, live[0].version, now))
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    explicit_bzero(key, sizeof key);
    return token;
}

/** Copies a claim that must be there and fit. */
static bool take(jwt_t *jwt, const char *name, char *out, size_t size)
{
    const char *value = jwt_get_grant(jwt, name);
    const size_t len = value ? strlen(value) : 0;

    if (len == 0 || len >= size || !text_one_line(value, len))
        return false;
    memcpy(out, value, len + 1);
    return true;
}

/** Reads the claims of a token of good signature. */
static int read_claims(jwt_t *jwt, struct links_delegate *out, char tenant[LINKS_ID_SIZE],
                       unsigned *version, int64_t now)
{
    const char *iss = jwt_get_grant(jwt, "iss");

    // libjwt has checked the signature with the header's algorithm: it must be ours.
    if (jwt_get_alg(jwt) != JWT_ALG_HS256 || !iss || strcmp(iss, "salon") != 0 ||
        jwt_get_grant_bool(jwt, "delegated") != 1 || !take(jwt, "aud", tenant, LINKS_ID_SIZE) ||
        !take(jwt, "sub", out->user, sizeof out->user))
        return -EACCES;
    *version = (unsigned)jwt_get_grant_int(jwt, "ver");
    return jwt_get_grant_int(jwt, "exp") > now ? 0 : -ETIME;
}

int links_delegate_verify(struct links *links, const char *token, struct links_delegate *out,
                          int64_t now)
{
    struct links_secret_live live[2];
    uint8_t key[SHA256_SIZE];
    char tenant[LINKS_ID_SIZE];
    unsigned version = 0;
    jwt_t *jwt = NULL;
    int count, error;

    token_key(links, key);
    if (strlen(token) > TOKEN_MAX || jwt_decode(&jwt, token, key, sizeof key))
        return -EACCES;
    error = read_claims(jwt, out, tenant, &version, now);
    jwt_free(jwt);
    if (error == 0)
        error = links_tenant_get(links, tenant, &out->tenant);
    if (error)
        return error == -ENOENT ? -EACCES : error;
    count = links_secret_live(links, tenant, SECRET_LASUITE, now, live);
    for (int i = 0; i < count; i++) {
        if (live[i].version == version)
            return 0;
    }
    return count < 0 ? count : -EACCES;
}

struct room_each {
    void (*each)(const struct links_room *room, void *ctx);
    void *ctx;
};

static void on_room(const struct store_room *row, void *ctx)
{
    const struct room_each *e = ctx;
    struct links_room room;

    room_from_row(row, &room);
    e->each(&room, e->ctx);
}

int links_delegate_rooms(struct links *links, const struct links_delegate *who,
                         struct links_page *page,
                         void (*each)(const struct links_room *room, void *ctx), void *ctx)
{
    const struct store_room_query query = {
        .tenant = who->tenant.id, .owner_ref = who->user, .limit = page->limit};
    struct room_each e = {each, ctx};
    int error = store_room_count_owner(links->store, who->tenant.id, who->user, &page->count);

    return error ? error : store_room_page(links->store, &query, page->offset, on_room, &e);
}
