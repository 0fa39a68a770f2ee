#include "route.h"

#include "base/text.h"

#include <string.h>

/** Decodes `len` bytes of `from` to `to`; false if it is not good text. Advances `*to`. */
static bool decode(const char *from, size_t len, char **to, const char *end)
{
    long n;

    if (len + 1 > (size_t)(end - *to))
        return false;
    memcpy(*to, from, len);
    (*to)[len] = '\0';
    n = text_percent_decode(*to, len, false);
    if (n < 0 || !text_utf8_valid(*to, (size_t)n))
        return false;
    *to += n + 1;
    return true;
}

bool route_match(const char *pattern, const char *path, struct route_params *out)
{
    char *to = out->text;
    const char *end = out->text + sizeof out->text;

    out->count = 0;
    while (*pattern) {
        if (*pattern == '{') {
            const char *name = pattern + 1;
            size_t name_len = strcspn(name, "}*");
            bool rest = name[name_len] == '*';
            size_t len = rest ? strlen(path) : strcspn(path, "/");
            struct route_pair *pair = &out->pair[out->count];

            if (len == 0 || out->count == ROUTE_PARAMS)
                return false;
            *pair = (struct route_pair){.name = name, .name_len = name_len, .value = to};
            if (!decode(path, len, &to, end))
                return false;
            out->count++;
            path += len;
            pattern = name + name_len + (rest ? 2 : 1);
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return *path == '\0';
}

const char *route_param(const struct route_params *params, const char *name)
{
    for (unsigned i = 0; i < params->count; i++) {
        const struct route_pair *p = &params->pair[i];

        if (strlen(name) == p->name_len && memcmp(name, p->name, p->name_len) == 0)
            return p->value;
    }
    return NULL;
}

static bool decode_form(char *s)
{
    long n = text_percent_decode(s, strlen(s), true);

    return n >= 0 && text_utf8_valid(s, (size_t)n);
}

int route_query(char *query, struct route_pair pair[ROUTE_QUERIES])
{
    int count = 0;
    char *save = NULL;

    if (strlen(query) > ROUTE_QUERY)
        return -1;
    for (char *at = strtok_r(query, "&", &save); at; at = strtok_r(NULL, "&", &save)) {
        char *value = strchr(at, '=');

        if (count == ROUTE_QUERIES)
            return -1;
        if (value)
            *value++ = '\0';
        else
            value = at + strlen(at);
        if (!decode_form(at) || !decode_form(value))
            return -1;
        pair[count].name = at;
        pair[count].name_len = strlen(at);
        pair[count++].value = value;
    }
    return count;
}
