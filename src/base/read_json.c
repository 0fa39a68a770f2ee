#include "base/read_json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static unsigned shortages;

static void *allocate(size_t size)
{
    void *p = malloc(size);

    if (!p)
        shortages++;
    return p;
}

unsigned json_shortages(void)
{
    static bool counting;

    if (!counting)
        json_set_alloc_funcs(allocate, free);
    counting = true;
    return shortages;
}

void json_shortage(void)
{
    shortages++;
}

int read_json(const char *text, size_t len, size_t flags, json_t **out, int *at)
{
    const unsigned before = json_shortages();
    json_error_t error = {0};

    *out = json_loadb(text, len, flags, &error);
    if (at)
        *at = error.position;
    if (*out && shortages == before)
        return 0;
    json_decref(*out);
    *out = NULL;
    return shortages == before ? -EINVAL : -ENOMEM;
}

char *write_json(const json_t *json)
{
    const unsigned before = json_shortages();
    char *text = json_dumps(json, JSON_COMPACT);

    if (shortages == before)
        return text;
    free(text);
    return NULL;
}

/** Copies it to `to`; returns where it ends. */
static char *append(char *to, const char *text, size_t len)
{
    memcpy(to, text, len);
    return to + len;
}

char *write_json_with(const json_t *object, const char *key, const char *value)
{
    char *text = write_json(object);
    const size_t len = text ? strlen(text) : 0, key_len = strlen(key),
                 value_len = strlen(value);
    char *whole = text ? realloc(text, len + key_len + value_len + sizeof(",\"\":")) : NULL;

    if (!whole) {
        free(text);
        return NULL;
    }
    char *to = whole + len - 1; // over the bracket
    if (len > 2)
        *to++ = ',';
    *to++ = '"';
    to = append(to, key, key_len);
    to = append(to, "\":", 2);
    to = append(to, value, value_len);
    (void)append(to, "}", 2); // and the NUL
    return whole;
}
