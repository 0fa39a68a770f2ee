#include "template.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** The variable whose name has these `len` bytes, or NULL if it has no value. */
static const char *value_of(const struct template_var *vars, const char *name, size_t len)
{
    for (; vars->name; vars++) {
        if (strlen(vars->name) == len && memcmp(vars->name, name, len) == 0)
            return *vars->value ? vars->value : NULL;
    }
    return NULL;
}

/** The variable that begins at `at`: its value (NULL: not known) and where it ends, or false.
 */
static bool variable_at(const char *line, size_t len, size_t at,
                        const struct template_var *vars, const char **value, size_t *end)
{
    const char *close = len - at > 2 && line[at] == '$' && line[at + 1] == '{'
                            ? memchr(line + at, '}', len - at)
                            : NULL;

    if (!close)
        return false;
    *value = value_of(vars, line + at + 2, (size_t)(close - line) - at - 2);
    *end = (size_t)(close - line) + 1;
    return true;
}

static bool all_known(const char *line, size_t len, const struct template_var *vars)
{
    const char *value;
    size_t end;

    for (size_t at = 0; at < len; at++)
        if (variable_at(line, len, at, vars, &value, &end) && !value)
            return false;
    return true;
}

static void write_value(FILE *out, const char *value, bool html)
{
    if (html)
        text_html(out, value);
    else
        (void)fputs(value, out);
}

/** Returns whether anything was there to write. */
static bool fill_line(FILE *out, const char *line, size_t len, const struct template_var *vars,
                      bool html)
{
    const char *value;
    bool any = false;

    for (size_t at = 0; at < len;) {
        if (variable_at(line, len, at, vars, &value, &at)) {
            write_value(out, value, html);
            any = any || *value;
        } else {
            (void)fputc(line[at++], out);
            any = true;
        }
    }
    return any;
}

char *template_fill(const char *text, const struct template_var *vars, bool html,
                    const char *fallback)
{
    char *out = NULL;
    size_t size = 0;
    bool any = false;
    FILE *f = text_open(&out, &size);

    if (!f)
        return NULL;
    for (const char *line = text; *line;) {
        size_t len = strcspn(line, "\n");
        size_t whole = len + (line[len] == '\n');

        if (all_known(line, len, vars))
            any = fill_line(f, line, whole, vars, html) || any;
        line += whole;
    }
    if (!any)
        write_value(f, fallback, html);
    return fclose(f) == 0 ? out : NULL;
}
