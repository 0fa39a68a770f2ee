#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define FIRST 512

/** What is gathered. */
struct gathered {
    char **text; ///< the caller's, filled in when the stream is closed
    size_t *len;
    char *buf;
    size_t used, cap;
    bool failed;
};

/** Room for `more` bytes and a NUL. */
static bool has_room(struct gathered *g, size_t more)
{
    size_t cap = g->cap ? g->cap : FIRST;

    while (cap - g->used <= more)
        cap *= 2;
    if (cap == g->cap)
        return true;

    char *buf = realloc(g->buf, cap);

    if (!buf)
        return false;
    g->buf = buf;
    g->cap = cap;
    return true;
}

static ssize_t on_write(void *cookie, const char *bytes, size_t len)
{
    struct gathered *g = cookie;

    g->failed = g->failed || !has_room(g, len);
    if (g->failed)
        return 0; // an error, as fopencookie() has it
    memcpy(g->buf + g->used, bytes, len);
    g->used += len;
    return (ssize_t)len;
}

static int on_close(void *cookie)
{
    struct gathered *g = cookie;
    const bool failed = g->failed || !has_room(g, 0);

    if (failed) {
        free(g->buf);
        g->buf = NULL;
    } else {
        g->buf[g->used] = 0;
        *g->len = g->used;
    }
    *g->text = g->buf;
    free(g);
    return failed ? -1 : 0;
}

FILE *text_open(char **text, size_t *len)
{
    static const cookie_io_functions_t functions = {.write = on_write, .close = on_close};
    struct gathered *g = calloc(1, sizeof *g);
    FILE *out;

    *text = NULL;
    *len = 0;
    if (!g)
        return NULL;
    *g = (struct gathered){.text = text, .len = len};
    out = fopencookie(g, "w", functions);
    if (!out)
        free(g);
    return out;
}
