#include "links/rooms.h"

#include "inner.h"

#include "base/text.h"
#include "store/meetings.h"

#include <errno.h>
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX  4096 ///< bytes of a personal token
#define NAME_CHARS 80

/** The claims that not every token has. */
static bool add_more(jwt_t *jwt, const struct links_member *who)
{
    return (*who->once == '\0' || jwt_add_grant(jwt, "jti", who->once) == 0) &&
           (*who->leave == '\0' || jwt_add_grant(jwt, "leave", who->leave) == 0);
}

char *links_member_token(const struct links *links, const struct links_room *room,
                         const struct links_member *who, int64_t ttl_s, int64_t now)
{
    jwt_t *jwt = NULL;
    char *token = NULL;

    if (jwt_new(&jwt))
        return NULL;
    if (jwt_set_alg(jwt, JWT_ALG_HS256, links->member_key, sizeof links->member_key) == 0 &&
        jwt_add_grant(jwt, "iss", "salon") == 0 && jwt_add_grant(jwt, "aud", room->id) == 0 &&
        jwt_add_grant(jwt, "sub", who->ref) == 0 &&
        jwt_add_grant(jwt, "name", who->name) == 0 &&
        jwt_add_grant(jwt, "role", links_role_name(who->role)) == 0 &&
        jwt_add_grant_int(jwt, "ver", (long)room->link_version) == 0 &&
        jwt_add_grant_int(jwt, "iat", (long)now) == 0 &&
        jwt_add_grant_int(jwt, "exp", (long)(now + ttl_s)) == 0 && add_more(jwt, who))
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

char *links_member_url(const struct links *links, const struct links_room *room,
                       const struct links_member *who, int64_t ttl_s, int64_t now)
{
    char url[LINKS_URL_SIZE];
    char *token = links_member_token(links, room, who, ttl_s, now);
    char *out = NULL;

    if (!token)
        return NULL;
    links_url(links, room, url);
    if (asprintf(&out, "%s#t=%s", url, token) < 0)
        out = NULL;
    free(token);
    return out;
}

static bool same(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

/** Copies a claim that may be absent; false if it does not fit. */
static bool take(jwt_t *jwt, const char *name, char *out, size_t size)
{
    const char *value = jwt_get_grant(jwt, name);

    return (size_t)snprintf(out, size, "%s", value ? value : "") < size;
}

static bool check(jwt_t *jwt, const struct links_room *room, struct links_member *out,
                  int64_t now)
{
    const char *name = jwt_get_grant(jwt, "name");
    const char *ref = jwt_get_grant(jwt, "sub");
    const char *role = jwt_get_grant(jwt, "role");
    size_t len = name ? strlen(name) : 0;

    // libjwt has checked the signature with the header's algorithm: it must be ours.
    if (jwt_get_alg(jwt) != JWT_ALG_HS256 || !same(jwt_get_grant(jwt, "iss"), "salon") ||
        !same(jwt_get_grant(jwt, "aud"), room->id) ||
        jwt_get_grant_int(jwt, "ver") != (long)room->link_version ||
        jwt_get_grant_int(jwt, "exp") <= now)
        return false;
    if (!ref || strlen(ref) >= sizeof out->ref || !role || !links_role_from(role, &out->role))
        return false;
    if (len == 0 || len >= sizeof out->name || !text_one_line(name, len) ||
        text_utf8_count(name, len) > NAME_CHARS)
        return false;
    // A personal room is its owner's, however the front end signed him.
    if (room->kind == ROOM_PERSONAL && *ref && strcmp(ref, room->owner_ref) == 0)
        out->role = ROLE_HOST;
    (void)snprintf(out->ref, sizeof out->ref, "%s", ref);
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    out->until = jwt_get_grant_int(jwt, "exp");
    return take(jwt, "jti", out->once, sizeof out->once) &&
           take(jwt, "leave", out->leave, sizeof out->leave);
}

int links_verify_member(const struct links *links, const struct links_room *room,
                        const char *token, struct links_member *out, int64_t now)
{
    jwt_t *jwt = NULL;
    bool good;
    int error;

    if (strlen(token) > TOKEN_MAX ||
        jwt_decode(&jwt, token, links->member_key, sizeof links->member_key))
        return -EACCES;
    good = check(jwt, room, out, now);
    jwt_free(jwt);
    if (!good || *out->once == '\0')
        return good ? 0 : -EACCES;
    error = store_token_used(links->store, out->once);
    return error == -ENOENT ? 0 : error ? error : -EACCES;
}

int links_member_enter(struct links *links, const struct links_member *who, int64_t now)
{
    int error = *who->once ? store_token_use(links->store, who->once, who->until, now) : 0;

    return error == -EEXIST ? -EACCES : error;
}
