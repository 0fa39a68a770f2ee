#include "base/read_json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

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
