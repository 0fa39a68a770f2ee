#include "page.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_var(FILE *out, const char *name, size_t len, const struct page_var *vars)
{
    for (; vars->name; vars++) {
        if (strlen(vars->name) == len && memcmp(vars->name, name, len) == 0)
            text_html(out, vars->value);
    }
}

char *page_fill(const char *text, size_t len, const struct page_var *vars, size_t *out_len)
{
    const char *end = text + len;
    char *filled = NULL;
    FILE *out = text_open(&filled, out_len);

    if (!out)
        return NULL;
    while (text < end) {
        const char *open = memmem(text, (size_t)(end - text), "{{", 2);
        const char *close = open ? memmem(open, (size_t)(end - open), "}}", 2) : NULL;

        if (!close) {
            (void)fwrite(text, 1, (size_t)(end - text), out);
            break;
        }
        (void)fwrite(text, 1, (size_t)(open - text), out);
        put_var(out, open + 2, (size_t)(close - open - 2), vars);
        text = close + 2;
    }
    return fclose(out) == 0 ? filled : NULL;
}
