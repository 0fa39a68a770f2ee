/*
 * The token of a launch link. First the bytes as a whole token: without the secret nothing is
 * accepted. Then the bytes as claims that the front end itself signed: what is accepted is fit
 * to be shown, to be stored and to be derived from.
 */
#include "launch_token.h"

#include "base/text.h"

#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW INT64_C(1790000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct links_secret_live live[2] = {{.version = 2, .text = "the newest"},
                                                 {.version = 1, .text = "the one before"}};

/** One line that is shown, of at most so many characters. */
static void check_line(const char *text, size_t most)
{
    const size_t len = strlen(text);

    if (len > 0 && (!text_one_line(text, len) || text_utf8_count(text, len) > most))
        abort();
}

static void check_accepted(const struct links_launch *l)
{
    if (!*l->ref || !*l->name || !*l->jti || l->act >= LAUNCH_ACTS || *l->claim ||
        l->ring_count > LAUNCH_RINGS || (l->act == LAUNCH_JOIN) != (*l->room != '\0') ||
        (l->act == LAUNCH_EVENT) != (*l->event_ref != '\0'))
        abort();
    check_line(l->ref, 255);
    check_line(l->name, 80);
    check_line(l->jti, 255);
    check_line(l->event_ref, 255);
    check_line(l->title, 200);
    check_line(l->locale, 15);
    for (unsigned i = 0; i < l->ring_count; i++) {
        if (!*l->ring[i].ref || strcmp(l->ring[i].ref, l->ref) == 0)
            abort(); // nobody rings oneself
        check_line(l->ring[i].ref, 255);
        check_line(l->ring[i].name, 80);
    }
}

static enum launch_fault read_token(const char *token, struct links_launch *out)
{
    const enum launch_fault fault = launch_token_read(token, live, 2, out, NOW);

    if (fault == LAUNCH_CLAIM && !*out->claim)
        abort(); // a wrong claim has a name
    if (fault != LAUNCH_GOOD && !*links_launch_reason(fault))
        abort();
    return fault;
}

/** The same claims, signed with the secret before the newest; NULL if they are no object. */
static char *sign(const char *claims)
{
    jwt_t *jwt = NULL;
    char *token = NULL;

    if (jwt_new(&jwt))
        return NULL;
    if (jwt_add_grants_json(jwt, claims) == 0 && jwt_add_header(jwt, "kid", "1") == 0 &&
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)live[1].text,
                    (int)strlen(live[1].text)) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    struct links_launch launch, again;
    char *token;

    if (!text)
        return 0;
    if (read_token(text, &launch) == LAUNCH_GOOD)
        abort(); // nobody here knows the secret
    token = sign(text);
    free(text);
    if (!token)
        return 0;
    if (read_token(token, &launch) == LAUNCH_GOOD) {
        check_accepted(&launch);
        if (read_token(token, &again) != LAUNCH_GOOD ||
            memcmp(&launch, &again, sizeof launch) != 0)
            abort();
        token[strlen(token) - 3] ^= 1; // of the signature
        if (read_token(token, &again) == LAUNCH_GOOD)
            abort();
    }
    free(token);
    return 0;
}
