/* What a front end says of its meeting when it makes it, and what we keep of that. */
#include "bbb.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define META_MAX 64
#define BIG      INT64_C(1000000)

/** A whole number from 0 on; what is none, or is too big to be meant, is 0: no limit. */
static int64_t number(const char *text)
{
    char *end = NULL;
    long long n;

    errno = 0;
    n = text ? strtoll(text, &end, 10) : 0;
    return errno || (end && *end) || n < 0 || n > BIG ? 0 : n;
}

/** True for an absolute http(s) URL of printable ASCII: nothing else leaves a page for it. */
static bool web_address(const char *url)
{
    const size_t scheme = strncmp(url, "https://", 8) == 0  ? 8
                          : strncmp(url, "http://", 7) == 0 ? 7
                                                            : 0;

    if (scheme == 0 || url[scheme] == '\0' || strchr("/?#\\@", url[scheme]))
        return false;
    for (const char *p = url; *p; p++) {
        if (*p <= 0x20 || *p >= 0x7f || strchr("\"<>\\^`{|}", *p))
            return false;
    }
    return true;
}

static enum bbb_guests guests_from(const char *policy)
{
    if (!policy || strcmp(policy, "ALWAYS_ACCEPT") == 0)
        return GUESTS_ENTER;
    // ALWAYS_ACCEPT_AUTH asks for those it does not know: for every guest of ours.
    return strcmp(policy, "ALWAYS_DENY") == 0 ? GUESTS_STAY_OUT : GUESTS_ASK;
}

/** meta_x=y is the element <x>y</x>, in lower case; what is no name of an element is left out.
 */
static bool add_meta(json_t *meta, const char *name, const char *value)
{
    char key[65];
    size_t n = 0;

    if (!bbb_xml_name(name))
        return true;
    for (; name[n]; n++)
        key[n] = text_lower(name[n]);
    key[n] = '\0';
    return json_object_set_new(meta, key, json_string(value)) == 0;
}

static bool read_meta(const struct form *form, json_t *meta)
{
    for (size_t i = 0; i < form->count; i++) {
        const struct form_field *f = &form->field[i];

        if (strncmp(f->name, "meta_", 5) == 0 && !add_meta(meta, f->name + 5, f->value))
            return false;
    }
    return true;
}

bool bbb_options_read(const struct bbb_ask *ask, struct bbb_options *out)
{
    const char *logout = bbb_get(ask, "logoutURL");
    char text[LINKS_MEETING_OPTIONS_SIZE];

    *out = (struct bbb_options){.max = number(bbb_get(ask, "maxParticipants")),
                                .duration = number(bbb_get(ask, "duration")),
                                .guests = guests_from(bbb_get(ask, "guestPolicy")),
                                .meta = json_object()};
    if (logout && strlen(logout) < sizeof out->logout && web_address(logout))
        (void)snprintf(out->logout, sizeof out->logout, "%s", logout);
    if (!out->meta || !read_meta(&ask->query, out->meta) || !read_meta(&ask->body, out->meta))
        bbb_fail_error(ask->req, -ENOMEM);
    else if (json_object_size(out->meta) > META_MAX || !bbb_options_write(out, text))
        bbb_fail(ask->req, "validationError", "There are too many meta_ parameters");
    else
        return true;
    bbb_options_fini(out);
    return false;
}

void bbb_options_fini(struct bbb_options *options)
{
    json_decref(options->meta);
    options->meta = NULL;
}

bool bbb_options_write(const struct bbb_options *options, char out[LINKS_MEETING_OPTIONS_SIZE])
{
    json_t *json =
        json_pack("{s:s, s:I, s:I, s:i, s:O}", "logout", options->logout, "max",
                  (json_int_t)options->max, "duration", (json_int_t)options->duration, "guests",
                  (int)options->guests, "meta", options->meta);
    const size_t n = json ? json_dumpb(json, out, LINKS_MEETING_OPTIONS_SIZE - 1,
                                       JSON_COMPACT | JSON_SORT_KEYS)
                          : 0;

    json_decref(json);
    if (n == 0 || n >= LINKS_MEETING_OPTIONS_SIZE)
        return false;
    out[n] = '\0';
    return true;
}

void bbb_options_of(const struct links_meeting *meeting, struct bbb_options *out)
{
    json_t *json = json_loads(meeting->options, 0, NULL);
    const char *logout = json_string_value(json_object_get(json, "logout"));
    json_t *meta = json_object_get(json, "meta");

    *out = (struct bbb_options){
        .max = json_integer_value(json_object_get(json, "max")),
        .duration = json_integer_value(json_object_get(json, "duration")),
        .guests = (enum bbb_guests)json_integer_value(json_object_get(json, "guests")),
        .meta = json_is_object(meta) ? json_incref(meta) : json_object()};
    (void)snprintf(out->logout, sizeof out->logout, "%s", logout ? logout : "");
    json_decref(json);
}
