#include "fields.h"

#include <string.h>

void fields_wrong(struct fields *f, const char *key)
{
    if (!f->wrong)
        f->wrong = key;
}

int64_t fields_int(struct fields *f, const char *key, int64_t min, int64_t max)
{
    const json_t *v = json_object_get(f->object, key);
    int64_t n = json_is_integer(v) ? (int64_t)json_integer_value(v) : 0;
    if (!json_is_integer(v) || n < min || n > max) {
        fields_wrong(f, key);
        return 0;
    }
    return n;
}

uint64_t fields_uint(struct fields *f, const char *key, uint64_t max)
{
    return (uint64_t)fields_int(f, key, 0, max > INT64_MAX ? INT64_MAX : (int64_t)max);
}

bool fields_bool(struct fields *f, const char *key)
{
    const json_t *v = json_object_get(f->object, key);
    if (!json_is_boolean(v))
        fields_wrong(f, key);
    return json_is_true(v);
}

void fields_text(struct fields *f, const char *key, char *out, size_t size,
                 bool (*valid)(const char *s, size_t len))
{
    const json_t *v = json_object_get(f->object, key);
    const char *s = json_string_value(v);
    size_t len = json_string_length(v);
    if (!s || len >= size || !valid(s, len)) {
        fields_wrong(f, key);
        out[0] = '\0';
        return;
    }
    memcpy(out, s, len + 1);
}

unsigned fields_choice(struct fields *f, const char *key, const char *const *names,
                       unsigned count)
{
    const char *s = json_string_value(json_object_get(f->object, key));
    for (unsigned i = 0; s && i < count; i++)
        if (strcmp(s, names[i]) == 0)
            return i;
    fields_wrong(f, key);
    return 0;
}

enum media_kind fields_kind(struct fields *f, const char *key)
{
    enum media_kind kind = KIND_AUDIO;
    const char *s = json_string_value(json_object_get(f->object, key));
    if (!s || !media_kind_from(s, &kind))
        fields_wrong(f, key);
    return kind;
}

enum media_source fields_source(struct fields *f, const char *key)
{
    enum media_source source = SOURCE_MICROPHONE;
    const char *s = json_string_value(json_object_get(f->object, key));
    if (!s || !media_source_from(s, &source))
        fields_wrong(f, key);
    return source;
}

enum media_content fields_content(struct fields *f, const char *key)
{
    enum media_content content = CONTENT_MOTION;
    const char *s = json_string_value(json_object_get(f->object, key));
    if (!s || !media_content_from(s, &content))
        fields_wrong(f, key);
    return content;
}

const json_t *fields_array(struct fields *f, const char *key, size_t max)
{
    const json_t *v = json_object_get(f->object, key);
    if (!json_is_array(v) || json_array_size(v) > max) {
        fields_wrong(f, key);
        return NULL;
    }
    return v;
}

const json_t *fields_object(struct fields *f, const char *key)
{
    const json_t *v = json_object_get(f->object, key);
    if (!json_is_object(v)) {
        fields_wrong(f, key);
        return NULL;
    }
    return v;
}

static bool alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/** True if every character is alphanumeric or one of `more`. */
static bool made_of(const char *s, size_t len, const char *more)
{
    for (size_t i = 0; i < len; i++)
        if (!alnum(s[i]) && (s[i] == '\0' || !strchr(more, s[i])))
            return false;
    return true;
}

bool letter_is_mid(const char *s, size_t len)
{
    return made_of(s, len, "!#$%&'*+-.^_`{|}~");
}

bool letter_is_rid(const char *s, size_t len)
{
    return made_of(s, len, "-_");
}

bool letter_is_ice(const char *s, size_t len)
{
    return made_of(s, len, "+/");
}

static bool printable(const char *s, size_t len, char first)
{
    for (size_t i = 0; i < len; i++)
        if (s[i] < first || s[i] > '~')
            return false;
    return true;
}

bool letter_is_plain(const char *s, size_t len)
{
    return printable(s, len, ' ');
}

bool letter_is_id(const char *s, size_t len)
{
    return len > 0 && printable(s, len, '!');
}

bool letter_is_id_or_none(const char *s, size_t len)
{
    return printable(s, len, '!');
}
