#include "links/users.h"

#include "inner.h"

#include "base/text.h"

#include <errno.h>
#include <jwt.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_MAX 4096 ///< bytes

char *links_user_token(const struct links *links, const struct links_user *user, int64_t now)
{
    jwt_t *jwt = NULL;
    char *token = NULL;

    if (jwt_new(&jwt))
        return NULL;
    if (jwt_set_alg(jwt, JWT_ALG_HS256, links->user_key, sizeof links->user_key) == 0 &&
        jwt_add_grant(jwt, "iss", "salon") == 0 &&
        jwt_add_grant(jwt, "aud", user->tenant.id) == 0 &&
        jwt_add_grant(jwt, "sub", user->ref) == 0 &&
        jwt_add_grant(jwt, "name", user->name) == 0 &&
        jwt_add_grant_int(jwt, "exp", (long)(now + LINKS_USER_TOKEN_S)) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
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

int links_user_verify(struct links *links, const char *token, struct links_user *out,
                      int64_t now)
{
    char tenant[LINKS_ID_SIZE];
    jwt_t *jwt = NULL;
    bool good;
    int error;

    if (strlen(token) > TOKEN_MAX ||
        jwt_decode(&jwt, token, links->user_key, sizeof links->user_key))
        return -EACCES;
    // libjwt has checked the signature with the header's algorithm: it must be ours.
    good = jwt_get_alg(jwt) == JWT_ALG_HS256 && jwt_get_grant_int(jwt, "exp") > now &&
           take(jwt, "aud", tenant, sizeof tenant) &&
           take(jwt, "sub", out->ref, sizeof out->ref) &&
           take(jwt, "name", out->name, sizeof out->name);
    out->expires_at = jwt_get_grant_int(jwt, "exp");
    jwt_free(jwt);
    if (!good)
        return -EACCES;
    error = links_tenant_get(links, tenant, &out->tenant);
    return error == -ENOENT ? -EACCES : error;
}
