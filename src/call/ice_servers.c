/*
 * Credentials for a TURN server that shares a secret with us: the "REST API" of coturn
 * (use-auth-secret, draft-uberti-behave-turn-rest-00). The name is the time until which it is
 * good, the password is that name under the secret: whoever copies them from a page cannot use
 * the relay for ever, and no list of users is kept anywhere.
 */
#include "live.h"

#include "base/rand.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define GOOD_FOR  INT64_C(86400) ///< s: longer than a call, as the relay may ask again
#define SHA1_SIZE 20

/** The time and something that tells users apart for the relay's quotas, but not who they are.
 */
static void make_name(char *out, size_t size, int64_t until)
{
    char user[16];
    rand_id(user, sizeof(user), "", 10);
    (void)snprintf(out, size, "%lld:%s", (long long)until, user);
}

static bool make_password(const char *secret, const char *name, char out[32])
{
    uint8_t mac[SHA1_SIZE];
    unsigned len = 0;
    // RFC 8489 has nothing newer here: coturn knows SHA-1 alone for this.
    if (!HMAC(EVP_sha1(), secret, (int)strlen(secret), (const uint8_t *)name, strlen(name), mac,
              &len))
        return false;
    return EVP_EncodeBlock((uint8_t *)out, mac, (int)len) > 0;
}

/** `server` without its secret. */
static json_t *told(const json_t *server, int64_t now)
{
    const char *secret = json_string_value(json_object_get(server, "secret"));
    json_t *copy = json_copy((json_t *)server); // takes it non-const, and changes nothing
    char name[48], password[32];
    if (!copy || !secret)
        return copy;
    make_name(name, sizeof(name), now + GOOD_FOR);
    json_object_del(copy, "secret");
    if (make_password(secret, name, password) &&
        json_object_set_new(copy, "username", json_string(name)) == 0 &&
        json_object_set_new(copy, "credential", json_string(password)) == 0)
        return copy;
    json_decref(copy);
    return NULL;
}

json_t *call_ice_servers(const struct call *call)
{
    const int64_t now = (int64_t)time(NULL);
    json_t *all = json_array();
    const json_t *server;
    size_t i;
    json_array_foreach(call->ice_servers, i, server)
    {
        json_t *one = told(server, now);
        if (one)
            (void)json_array_append_new(all, one);
    }
    return all;
}
