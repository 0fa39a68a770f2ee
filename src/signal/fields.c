#include "fields.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_MAX 9007199254740991.0 // 2^53 - 1, the last one JavaScript counts to

bool value_fail(const struct fields *f, const char *name, const char *reason)
{
    f->err->reason = reason;
    (void)snprintf(f->err->field, sizeof(f->err->field), "%s/%s", f->at, name);
    return false;
}

/** The field's value; NULL with `*ok` set to what the caller shall return. */
static const json_t *get(const struct fields *f, const char *name, enum field_need need,
                         bool *ok)
{
    const json_t *value = json_object_get(f->object, name);
    *ok = true;
    if (!value && need == REQUIRED)
        *ok = value_fail(f, name, "missing_field");
    return value;
}

bool value_string(const struct fields *f, const char *name, enum field_need need,
                  const char **out)
{
    bool ok;
    const json_t *value = get(f, name, need, &ok);
    if (!value)
        return ok;
    if (!json_is_string(value))
        return value_fail(f, name, "invalid_field");
    *out = json_string_value(value);
    return true;
}

bool value_bool(const struct fields *f, const char *name, enum field_need need, bool *out)
{
    bool ok;
    const json_t *value = get(f, name, need, &ok);
    if (!value)
        return ok;
    if (!json_is_boolean(value))
        return value_fail(f, name, "invalid_field");
    *out = json_is_true(value);
    return true;
}

bool value_number(const struct fields *f, const char *name, uint64_t *out)
{
    const json_t *value = json_object_get(f->object, name);
    if (!value)
        return true;
    const double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= 0 && number <= NUMBER_MAX))
        return value_fail(f, name, "invalid_field");
    *out = (uint64_t)ceil(number);
    return true;
}

bool value_array(const struct fields *f, const char *name, enum field_need need, size_t most,
                 const json_t **out)
{
    bool ok;
    const json_t *value = get(f, name, need, &ok);
    if (!value)
        return ok;
    if (!json_is_array(value) || json_array_size(value) > most)
        return value_fail(f, name, "invalid_field");
    *out = value;
    return true;
}

bool value_source(const struct fields *f, const char *name, enum field_need need,
                  enum media_source *out, bool *there)
{
    const char *word = NULL;
    if (!value_string(f, name, need, &word))
        return false;
    *there = word != NULL;
    if (word && !media_source_from(word, out))
        return value_fail(f, name, "unknown_source");
    return true;
}

bool value_copy(const struct fields *f, const char *name, enum field_need need, char *out,
                size_t size)
{
    const char *text = NULL;
    if (!value_string(f, name, need, &text))
        return false;
    if (!text)
        return true;
    const size_t len = strlen(text);
    if (len == 0 || len >= size)
        return value_fail(f, name, "invalid_field");
    memcpy(out, text, len + 1);
    return true;
}
