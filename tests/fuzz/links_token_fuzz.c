/** A token found in a link is found again in itself; personal tokens nobody signed open
 * nothing. */
#include "inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct links links = {.public_url = NULL};
    static const struct links_room room = {.id = "rm_1", .link_version = 1};
    char *text = malloc(size + 1);
    char token[LINKS_TOKEN_SIZE], again[LINKS_TOKEN_SIZE];
    struct links_member who;

    memcpy(text, data, size);
    text[size] = '\0';
    if (find_token(text, token)) {
        assert(strlen(token) == 26 || strlen(token) == 36);
        assert(find_token(token, again) && strcmp(token, again) == 0);
    }
    assert(!links_is_host(&links, &room, text));
    // Signed with a key of zeroes, as here, a token could be good: then its name is one line.
    if (links_verify_member(&links, &room, text, &who, 1700000000) == 0)
        assert(*who.name && !strchr(who.name, '\n'));
    free(text);
    return 0;
}
