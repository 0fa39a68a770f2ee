#include "line.h"

#include <errno.h>
#include <libical/ical.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINES_MAX 16384

/** The scan: which component are we in? */
struct scan {
    struct cal *c;
    char name[CAL_DEPTH][16];
    unsigned depth;
    struct cal_event *event; ///< the one we are directly or indirectly in; NULL: none
    const char *why;
};

static bool add_line(struct cal *c, const struct cal_line *line)
{
    if (c->line_count == c->line_cap) {
        const unsigned cap = c->line_cap ? 2 * c->line_cap : 64;
        struct cal_line *grown =
            cap <= LINES_MAX ? realloc(c->line, cap * sizeof *grown) : NULL;

        if (!grown)
            return false;
        c->line = grown;
        c->line_cap = cap;
    }
    c->line[c->line_count++] = *line;
    return true;
}

static bool begin(struct scan *s, const char *name)
{
    if (s->depth == CAL_DEPTH || strlen(name) >= sizeof *s->name) {
        s->why = "components too deep, or with too long a name";
        return false;
    }
    if ((s->depth == 0) != (strcasecmp(name, "VCALENDAR") == 0)) {
        s->why = "BEGIN:VCALENDAR comes first, and once";
        return false;
    }
    (void)snprintf(s->name[s->depth++], sizeof *s->name, "%s", name);
    if (strcasecmp(name, "VEVENT") != 0 || s->depth != 2)
        return true;
    if (s->c->event_count == CAL_EVENTS) {
        s->why = "more than 64 events";
        return false;
    }
    s->event = &s->c->event[s->c->event_count++];
    s->event->first = s->c->line_count;
    return true;
}

static bool end(struct scan *s, const char *name, const struct cal_line *line)
{
    if (s->depth == 0 || strcasecmp(s->name[s->depth - 1], name) != 0) {
        s->why = "an END without its BEGIN";
        return false;
    }
    if (s->depth-- == 2 && s->event) {
        s->event->end = line->at;
        s->event->count = s->c->line_count - s->event->first;
        s->event = NULL;
    }
    return true;
}

static bool scan_line(struct scan *s, const struct cal_line *line)
{
    char *text = line_unfold(s->c->text, line);
    bool good = true;

    if (!text)
        return false;
    if (strncasecmp(text, "BEGIN:", 6) == 0) {
        good = begin(s, text + 6);
    } else if (strncasecmp(text, "END:", 4) == 0) {
        good = end(s, text + 4, line);
    } else if (*text && s->depth == 0) {
        s->why = "text outside of VCALENDAR";
        good = false;
    } else if (s->event && s->depth == 2 && *text) {
        s->why = "too many lines";
        good = add_line(s->c, line);
    }
    free(text);
    return good;
}

/** Where everything is, and that it is nothing that hurts. */
static int scan(struct cal *c, const char **why)
{
    struct scan s = {.c = c, .why = "not a calendar"};
    bool any = false;

    if (c->len > CAL_MAX || memchr(c->text, '\0', c->len)) {
        *why = c->len > CAL_MAX ? "more than 256 KiB" : "a NUL byte";
        return -EINVAL;
    }
    for (size_t at = 0; at < c->len;) {
        struct cal_line line;

        line_find(c->text, c->len, at, &line);
        if (line.len > CAL_LINE_MAX) {
            *why = "a line of more than 64 KiB";
            return -EINVAL;
        }
        if (!scan_line(&s, &line)) {
            *why = s.why;
            return -EINVAL;
        }
        any = any || s.depth > 0;
        at += line.len;
    }
    *why = !any ? "not a calendar" : "an END is missing";
    return any && s.depth == 0 ? 0 : -EINVAL;
}

/* ---- what libical makes of it ---- */

static bool is_resource(const char *attendee, const char *resource)
{
    if (!attendee || !*resource)
        return false;
    if (strncasecmp(attendee, "mailto:", 7) == 0)
        attendee += 7;
    return strcasecmp(attendee, resource) == 0;
}

static bool is_invited(icalcomponent *event, const char *resource)
{
    const char *location = icalcomponent_get_location(event);

    for (icalproperty *p = icalcomponent_get_first_property(event, ICAL_ATTENDEE_PROPERTY); p;
         p = icalcomponent_get_next_property(event, ICAL_ATTENDEE_PROPERTY))
        if (is_resource(icalproperty_get_attendee(p), resource))
            return true;
    return location && strcasestr(location, "@salon");
}

static void take_event(icalcomponent *component, const char *resource, struct cal_event *out)
{
    const char *uid = icalcomponent_get_uid(component);
    const struct icaltimetype when = icalcomponent_get_dtend(component);
    const time_t at = icaltime_is_null_time(when)
                          ? 0
                          : icaltime_as_timet_with_zone(when, icaltime_get_timezone(when));

    if (uid && strlen(uid) < sizeof out->uid)
        (void)snprintf(out->uid, sizeof out->uid, "%s", uid);
    out->invited = is_invited(component, resource);
    out->cancelled = icalcomponent_get_status(component) == ICAL_STATUS_CANCELLED;
    out->recurs = icalcomponent_get_first_property(component, ICAL_RRULE_PROPERTY) != NULL ||
                  icalcomponent_get_first_property(component, ICAL_RDATE_PROPERTY) != NULL;
    out->ends_at = at > 0 ? (int64_t)at : 0;
}

static const char *method_name(icalcomponent *root)
{
    const icalproperty_method method = icalcomponent_get_method(root);

    return method == ICAL_METHOD_NONE ? "" : icalenum_method_to_string(method);
}

int cal_read(struct cal *c, const char *text, size_t len, const char *resource,
             const char **why)
{
    icalcomponent *root;
    char *copy;
    unsigned n = 0;
    int error;

    *c = (struct cal){.text = text, .len = len, .newline = "\r\n"};
    error = scan(c, why);
    if (error)
        return error;
    if (!memchr(text, '\r', len))
        c->newline = "\n";
    copy = strndup(text, len);
    root = copy ? icalparser_parse_string(copy) : NULL;
    free(copy);
    *why = "not a calendar";
    if (!root || icalcomponent_isa(root) != ICAL_VCALENDAR_COMPONENT) {
        if (root)
            icalcomponent_free(root);
        return -EINVAL;
    }
    (void)strncpy(c->method, method_name(root), sizeof c->method - 1);
    for (icalcomponent *e = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT);
         e && n < c->event_count;
         e = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT))
        take_event(e, resource, &c->event[n++]);
    icalcomponent_free(root);
    if (n == c->event_count)
        return 0;
    *why = "an event that cannot be read";
    return -EINVAL;
}

void cal_fini(struct cal *c)
{
    free(c->line);
    c->line = NULL;
    c->line_count = c->line_cap = 0;
}
