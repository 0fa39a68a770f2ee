/*
 * Launch JWTs (RFC 7519). The algorithm is pinned before a key is taken, and asked again of
 * what was verified; the key is named by `kid` and by nothing else in the header.
 */
#include "launch_token.h"

#include "base/text.h"

#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_CHARS  80
#define TITLE_CHARS 200

/** Claims in reading; the first wrong one stays in `bad`. */
struct claims {
    json_t *json;
    const char *bad; ///< NULL: none so far
};

static bool wrong(struct claims *c, const char *name)
{
    if (!c->bad)
        c->bad = name;
    return false;
}

/** A claim that is one line of text and fits. True if it is there and good. */
static bool take(struct claims *c, const char *name, char *out, size_t size, size_t chars)
{
    const json_t *value = json_object_get(c->json, name);
    const char *text = json_string_value(value);
    const size_t len = text ? strlen(text) : 0;

    *out = '\0';
    if (!value || json_is_null(value))
        return false;
    if (!text || len == 0 || len >= size || !text_one_line(text, len) ||
        text_utf8_count(text, len) > chars)
        return wrong(c, name);
    memcpy(out, text, len + 1);
    return true;
}

static void need(struct claims *c, const char *name, char *out, size_t size, size_t chars)
{
    if (!take(c, name, out, size, chars))
        (void)wrong(c, name);
}

#define TAKE(c, name, field, chars) take(c, name, field, sizeof(field), chars)
#define NEED(c, name, field, chars) need(c, name, field, sizeof(field), chars)

static void read_act(struct claims *c, struct links_launch *out)
{
    static const char *const names[LAUNCH_ACTS] = {"instant", "join", "personal", "event"};
    char word[16];

    if (!TAKE(c, "act", word, 15))
        return; // instant
    for (int i = 0; i < LAUNCH_ACTS; i++) {
        if (strcmp(names[i], word) == 0) {
            out->act = (enum launch_act)i;
            return;
        }
    }
    (void)wrong(c, "act");
}

static void read_context(struct claims *c, struct links_launch *out)
{
    static const char *const names[] = {"menu",     "contact", "chat",
                                        "calendar", "meeting", "community"};

    if (!TAKE(c, "context", out->context, 15))
        return;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], out->context) == 0)
            return;
    }
    (void)wrong(c, "context");
}

/** The name of one who is rung: `ring_names` is an object by ref, or a list beside `ring`. */
static const json_t *ring_name(const json_t *names, size_t i, const char *ref)
{
    return json_is_array(names) ? json_array_get(names, i) : json_object_get(names, ref);
}

static void read_one_ring(struct claims *c, const json_t *ref, const json_t *name,
                          struct launch_callee *out)
{
    struct claims one = {json_pack("{s:O?, s:O?}", "ring", ref, "ring_names", name), NULL};

    NEED(&one, "ring", out->ref, LINKS_REF_SIZE - 1);
    (void)TAKE(&one, "ring_names", out->name, NAME_CHARS);
    if (one.bad)
        (void)wrong(c, one.bad);
    json_decref(one.json);
}

static void read_rings(struct claims *c, struct links_launch *out)
{
    const json_t *ring = json_object_get(c->json, "ring");
    const json_t *names = json_object_get(c->json, "ring_names");
    const bool named = names && !json_is_null(names);

    if (named && !json_is_array(names) && !json_is_object(names))
        (void)wrong(c, "ring_names");
    if (!ring || json_is_null(ring))
        return;
    if (!json_is_array(ring) || json_array_size(ring) > LAUNCH_RINGS) {
        (void)wrong(c, "ring");
        return;
    }
    for (size_t i = 0; i < json_array_size(ring) && !c->bad; i++) {
        const json_t *ref = json_array_get(ring, i);
        const char *text = json_string_value(ref);

        read_one_ring(c, ref, text && named ? ring_name(names, i, text) : NULL,
                      &out->ring[out->ring_count]);
        if (strcmp(out->ring[out->ring_count].ref, out->ref) == 0)
            continue; // nobody rings oneself
        out->ring_count++;
    }
}

static void read_claims(struct claims *c, struct links_launch *out)
{
    char issuer[LINKS_REF_SIZE];

    NEED(c, "iss", issuer, LINKS_REF_SIZE - 1);
    NEED(c, "sub", out->ref, LINKS_REF_SIZE - 1);
    NEED(c, "name", out->name, NAME_CHARS);
    NEED(c, "jti", out->jti, LINKS_REF_SIZE - 1);
    read_act(c, out);
    if (out->act == LAUNCH_JOIN)
        NEED(c, "room", out->room, LINKS_ID_SIZE - 1);
    if (out->act == LAUNCH_EVENT)
        NEED(c, "event_ref", out->event_ref, LINKS_REF_SIZE - 1);
    read_context(c, out);
    (void)TAKE(c, "title", out->title, TITLE_CHARS);
    (void)TAKE(c, "locale", out->locale, 15);
    read_rings(c, out);
}

/** A moment: a whole number that leaves room for arithmetic. False if there is none. */
static bool moment(const json_t *json, const char *name, int64_t *out, bool *bad)
{
    const json_t *value = json_object_get(json, name);

    if (!value)
        return false;
    *out = json_integer_value(value);
    if (!json_is_integer(value) || *out < 0 || *out > INT64_MAX / 2)
        *bad = true;
    return true;
}

static enum launch_fault check_time(const json_t *json, const char **claim, int64_t now)
{
    static const char *const begins[] = {"nbf", "iat"};
    int64_t exp = 0, begin;
    bool bad = false;

    *claim = "exp";
    if (!moment(json, "exp", &exp, &bad) || bad)
        return LAUNCH_CLAIM;
    for (int i = 0; i < 2; i++) {
        *claim = begins[i];
        if (!moment(json, begins[i], &begin, &bad))
            continue;
        if (bad)
            return LAUNCH_CLAIM;
        if (begin > now + LAUNCH_SKEW_S)
            return LAUNCH_EARLY;
    }
    *claim = "exp";
    if (exp + LAUNCH_SKEW_S <= now)
        return LAUNCH_EXPIRED;
    if (exp > now + LAUNCH_LIFETIME_S + LAUNCH_SKEW_S)
        return LAUNCH_TOO_LONG;
    *claim = "";
    return LAUNCH_GOOD;
}

/** RFC 7519 section 4.1.3: one audience, or a list of them. */
static bool for_us(const json_t *aud)
{
    const char *one = json_string_value(aud);

    if (one)
        return strcmp(one, "salon") == 0;
    for (size_t i = 0; i < json_array_size(aud); i++) {
        one = json_string_value(json_array_get(aud, i));
        if (one && strcmp(one, "salon") == 0)
            return true;
    }
    return false;
}

/** The text of the secret that the header names, NULL if none. */
static const char *pick_key(jwt_t *jwt, const struct links_secret_live *live, int count)
{
    const char *kid = jwt_get_header(jwt, "kid");
    char version[16];

    for (int i = 0; kid && i < count; i++) {
        (void)snprintf(version, sizeof version, "%u", live[i].version);
        if (strcmp(version, kid) == 0)
            return live[i].text;
    }
    return NULL;
}

/** What is signed. LAUNCH_GOOD: `*out` is the claims, to be freed. */
static enum launch_fault verify(const char *token, const struct links_secret_live *live,
                                int count, json_t **out)
{
    enum launch_fault fault = LAUNCH_GOOD;
    const char *alg, *key = NULL;
    char *text = NULL;
    jwt_t *jwt = NULL;

    if (strlen(token) > LAUNCH_TOKEN_MAX || jwt_decode(&jwt, token, NULL, 0))
        return LAUNCH_FORM;
    alg = jwt_get_header(jwt, "alg"); // jwt_get_alg() of what is not verified is always "none"
    if (!alg || strcmp(alg, "HS256") != 0)
        fault = LAUNCH_ALG;
    else if (!(key = pick_key(jwt, live, count)))
        fault = LAUNCH_KEY;
    jwt_free(jwt);
    jwt = NULL;
    if (fault)
        return fault;
    if (jwt_decode(&jwt, token, (const unsigned char *)key, (int)strlen(key)) ||
        jwt_get_alg(jwt) != JWT_ALG_HS256)
        fault = LAUNCH_FORGED;
    else
        text = jwt_get_grants_json(jwt, NULL);
    jwt_free(jwt);
    *out = text ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return fault == LAUNCH_GOOD && !json_is_object(*out) ? LAUNCH_FORM : fault;
}

enum launch_fault launch_token_read(const char *token, const struct links_secret_live *live,
                                    int live_count, struct links_launch *out, int64_t now)
{
    struct claims c = {NULL, NULL};
    enum launch_fault fault = verify(token, live, live_count, &c.json);

    memset(out, 0, sizeof *out);
    out->claim = "";
    if (fault == LAUNCH_GOOD && !for_us(json_object_get(c.json, "aud")))
        fault = LAUNCH_AUDIENCE;
    if (fault == LAUNCH_GOOD)
        fault = check_time(c.json, &out->claim, now);
    if (fault == LAUNCH_GOOD) {
        read_claims(&c, out);
        if (c.bad) {
            out->claim = c.bad;
            fault = LAUNCH_CLAIM;
        }
    }
    json_decref(c.json);
    return fault;
}
