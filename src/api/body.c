#include "body.h"

#include "base/read_json.h"
#include "base/text.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static bool is_known(const char *const *known, const char *key)
{
    for (; *known; known++) {
        if (strcmp(*known, key) == 0)
            return true;
    }
    return false;
}

void body_bad(struct body *body, const char *pointer, const char *en, const char *fr)
{
    if (body->failed)
        return;
    body->failed = true;
    body->problem = PROBLEM_INVALID_FIELD;
    (void)snprintf(body->pointer, sizeof body->pointer, "%s", pointer);
    (void)snprintf(body->detail, sizeof body->detail, "%s", body->french ? fr : en);
}

/** Writes a JSON pointer's segment: RFC 6901 section 3. */
static void add_segment(char *out, size_t size, const char *key)
{
    size_t n = strlen(out);

    if (n + 1 < size)
        out[n++] = '/';
    for (; *key && n + 2 < size; key++) {
        if (*key == '~' || *key == '/') {
            out[n++] = '~';
            out[n++] = *key == '~' ? '0' : '1';
        } else {
            out[n++] = *key;
        }
    }
    out[n] = '\0';
}

void body_known(struct body *body, json_t *object, const char *base, const char *const *known)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        char pointer[128];

        if (is_known(known, key))
            continue;
        (void)snprintf(pointer, sizeof pointer, "%s", base);
        add_segment(pointer, sizeof pointer, key);
        // A name cut in the middle of a character would not be JSON.
        while (*pointer && !text_utf8_valid(pointer, strlen(pointer)))
            pointer[strlen(pointer) - 1] = '\0';
        body_bad(body, pointer, "unknown field", "champ inconnu");
        return;
    }
}

void body_open(struct body *body, const char *text, size_t len, bool french,
               const char *const *known)
{
    int at = 0;
    int error;

    *body = (struct body){.french = french, .shortages = json_shortages()};
    // None is {}.
    error = read_json(len > 0 ? text : "{}", len > 0 ? len : 2, JSON_REJECT_DUPLICATES,
                      &body->json, &at);
    if (json_is_object(body->json)) {
        body_known(body, body->json, "", known);
        return;
    }
    body->failed = true;
    body->problem = error == -ENOMEM ? PROBLEM_CAPACITY : PROBLEM_INVALID_JSON;
    if (body->json)
        (void)snprintf(body->detail, sizeof body->detail, "%s",
                       french ? "un objet est attendu" : "an object is expected");
    else
        (void)snprintf(body->detail, sizeof body->detail,
                       french ? "faux à l'octet %d" : "wrong at byte %d", at);
    json_decref(body->json);
    body->json = NULL;
}

bool body_good(struct body *body)
{
    if (body->shortages == json_shortages())
        return !body->failed;
    body->failed = true;
    body->problem = PROBLEM_CAPACITY;
    (void)snprintf(body->detail, sizeof body->detail, "%s",
                   body->french ? "la mémoire manque" : "memory is short");
    return false;
}

void body_close(struct body *body)
{
    json_decref(body->json);
}

/** The value at the last segment of `pointer` within `object`; NULL if absent or null. */
static const json_t *value_at(const json_t *object, const char *pointer)
{
    const json_t *value = json_object_get(object, strrchr(pointer, '/') + 1);

    return json_is_null(value) ? NULL : value;
}

bool body_text(struct body *body, const json_t *object, const char *pointer, size_t chars,
               char *out, size_t size)
{
    const json_t *value = value_at(object, pointer);
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    char en[64], fr[64];

    if (!value || body->failed)
        return false;
    // json_loadb() has refused \u0000: the text ends where C thinks it does.
    if (text && len > 0 && len < size && text_one_line(text, len) &&
        text_utf8_count(text, len) <= chars) {
        memcpy(out, text, len + 1);
        return true;
    }
    (void)snprintf(en, sizeof en, "a text on one line, 1 to %zu characters", chars);
    (void)snprintf(fr, sizeof fr, "un texte sur une ligne, de 1 à %zu caractères", chars);
    body_bad(body, pointer, en, fr);
    return false;
}

/** RFC 3339 in UTC: "2026-01-31T12:00:00Z". */
bool body_parse_time(const char *text, int64_t *out)
{
    struct tm tm = {0};
    const char *end = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    char again[32];
    time_t t;

    if (!end || strcmp(end, "Z") != 0)
        return false;
    t = timegm(&tm);
    // timegm() takes the 31st of February for a day in March: ask for the same text back.
    (void)gmtime_r(&t, &tm);
    (void)strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%SZ", &tm);
    *out = t;
    return strcmp(again, text) == 0 && t > 0;
}

bool body_time(struct body *body, const json_t *object, const char *pointer, int64_t *out)
{
    const json_t *value = value_at(object, pointer);

    if (!value || body->failed)
        return false;
    if (body_parse_time(json_string_value(value), out))
        return true;
    body_bad(body, pointer, "a time in UTC, as 2026-01-31T12:00:00Z",
             "une heure UTC, comme 2026-01-31T12:00:00Z");
    return false;
}

bool body_number(struct body *body, const json_t *object, const char *pointer,
                 struct body_range range, int64_t *out)
{
    const json_t *value = value_at(object, pointer);
    char en[64], fr[64];

    if (!value || body->failed)
        return false;
    *out = json_integer_value(value);
    if (json_is_integer(value) && *out >= range.least && *out <= range.most)
        return true;
    (void)snprintf(en, sizeof en, "a whole number from %lld to %lld", (long long)range.least,
                   (long long)range.most);
    (void)snprintf(fr, sizeof fr, "un nombre entier de %lld à %lld", (long long)range.least,
                   (long long)range.most);
    body_bad(body, pointer, en, fr);
    return false;
}

bool body_flag(struct body *body, const json_t *object, const char *pointer, bool *out)
{
    const json_t *value = value_at(object, pointer);

    if (!value || body->failed)
        return false;
    if (json_is_boolean(value)) {
        *out = json_is_true(value);
        return true;
    }
    body_bad(body, pointer, "true or false", "true ou false");
    return false;
}

const json_t *body_object(struct body *body, const char *pointer, const char *const *known)
{
    json_t *value = json_object_get(body->json, strrchr(pointer, '/') + 1);

    if (!value || json_is_null(value) || body->failed)
        return NULL;
    if (!json_is_object(value)) {
        body_bad(body, pointer, "an object", "un objet");
        return NULL;
    }
    if (known)
        body_known(body, value, pointer, known);
    return value;
}
