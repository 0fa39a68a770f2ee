#include "form.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool decode(char *s, size_t len)
{
    const long n = text_percent_decode(s, len, true);

    return n >= 0 && text_utf8_valid(s, (size_t)n);
}

/** One field of `len` bytes, which ends in text that may be overwritten. */
static bool read_field(char *at, size_t len, struct form_field *out)
{
    char *equals = memchr(at, '=', len);
    const size_t name_len = equals ? (size_t)(equals - at) : len;

    out->name = at;
    out->value = equals ? equals + 1 : "";
    if (equals && !decode(equals + 1, len - name_len - 1))
        return false;
    return decode(at, name_len);
}

static size_t count_fields(const char *text, size_t len)
{
    size_t count = 1;

    for (size_t i = 0; i < len; i++)
        count += text[i] == '&';
    return count;
}

static int fill(struct form *form, size_t len)
{
    char *at = form->text, *end = form->text + len;

    while (at < end) {
        char *next = memchr(at, '&', (size_t)(end - at));
        const size_t n = (size_t)((next ? next : end) - at);

        // A decoder writes a NUL behind what it decoded: over the '&', or over the last NUL.
        if (n > 0 && !read_field(at, n, &form->field[form->count++]))
            return -EINVAL;
        at += n + 1;
    }
    return 0;
}

int form_parse(struct form *form, const char *text, size_t len)
{
    const size_t most = count_fields(text, len);
    int error;

    *form = (struct form){0};
    if (most > FORM_FIELDS_MAX)
        return -E2BIG;
    form->text = malloc(len + 1);
    form->field = calloc(most, sizeof *form->field);
    if (!form->text || !form->field) {
        form_free(form);
        return -ENOMEM;
    }
    memcpy(form->text, text, len);
    form->text[len] = '\0';
    error = fill(form, len);
    if (error)
        form_free(form);
    return error;
}

void form_free(struct form *form)
{
    free(form->text);
    free(form->field);
    *form = (struct form){0};
}

const char *form_get(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strcmp(form->field[i].name, name) == 0)
            return form->field[i].value;
    }
    return NULL;
}

const char *form_twice(const struct form *a, const struct form *b)
{
    const size_t count = a->count + b->count;

    for (size_t i = 0; i < count; i++) {
        const char *name = i < a->count ? a->field[i].name : b->field[i - a->count].name;

        for (size_t k = i + 1; k < count; k++) {
            if (strcmp(name, k < a->count ? a->field[k].name : b->field[k - a->count].name) ==
                0)
                return name;
        }
    }
    return NULL;
}
