#include "log_json.h"

#include "base/text.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct json {
    char *out;
    size_t len;
};

static void put(struct json *j, const char *bytes, size_t len)
{
    assert(len <= LOG_JSON_MAX - j->len);
    memcpy(j->out + j->len, bytes, len);
    j->len += len;
}

/** A string with its quotes, escaped (RFC 8259 section 7). */
static void put_string(struct json *j, const char *bytes, size_t len)
{
    const bool utf8 = text_utf8_valid(bytes, len);

    put(j, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)bytes[i];
        char escaped[8];

        if (c == '"' || c == '\\')
            put(j, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\%c", c));
        else if (c < 0x20)
            put(j, escaped, (size_t)snprintf(escaped, sizeof escaped, "\\u%04x", c));
        else
            put(j, c >= 0x80 && !utf8 ? "?" : bytes + i, 1);
    }
    put(j, "\"", 1);
}

static void put_pair(struct json *j, const char *key, size_t key_len, const char *value,
                     size_t len)
{
    put(j, j->len > 1 ? "," : "", j->len > 1);
    put_string(j, key, key_len);
    put(j, ":", 1);
    put_string(j, value, len);
}

/** Bytes of a value: to the next space, or to the closing quote, the quotes counted. */
static size_t value_len(const char *at, size_t left)
{
    const char *end = memchr(at, ' ', left);

    if (left > 1 && *at == '"') {
        const char *close = memchr(at + 1, '"', left - 1);

        return close ? (size_t)(close + 1 - at) : left;
    }
    return end ? (size_t)(end - at) : left;
}

/** Takes one "key=value" (a word without "=" is a key's continuation: "text"). */
static size_t take(struct json *j, const char *at, size_t left)
{
    const char *space = memchr(at, ' ', left);
    const size_t word = space ? (size_t)(space - at) : left;
    const char *equals = memchr(at, '=', word);
    size_t key, len;

    if (!equals) {
        if (word > 0)
            put_pair(j, "text", 4, at, word);
        return word;
    }
    key = (size_t)(equals - at);
    len = value_len(equals + 1, left - key - 1);
    if (len > 1 && equals[1] == '"' && equals[len] == '"')
        put_pair(j, at, key, equals + 2, len - 2);
    else
        put_pair(j, at, key, equals + 1, len);
    return key + 1 + len;
}

size_t log_json(const char *time, const char *level, const char *line, size_t len,
                char out[LOG_JSON_MAX])
{
    struct json j = {.out = out};
    const char *space = memchr(line, ' ', len);
    size_t at = space ? (size_t)(space - line) : len;

    put(&j, "{", 1);
    put_pair(&j, "time", 4, time, strlen(time));
    put_pair(&j, "level", 5, level, strlen(level));
    put_pair(&j, "event", 5, line, at);
    while (at < len) {
        at += line[at] == ' ';
        at += take(&j, line + at, len - at);
    }
    put(&j, "}", 1);
    return j.len;
}
