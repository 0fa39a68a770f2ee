/* Calendars of our own: an event to download, a resource's reply. */
#include "line.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define CRLF   "\r\n"
#define PRODID "PRODID:-//salon//salon//EN"

static void write_line(FILE *out, const char *name, const char *value)
{
    char *escaped = line_escape(value), *line = NULL;

    if (escaped && asprintf(&line, "%s:%s", name, escaped) >= 0) {
        line_fold(out, line, CRLF);
        free(line);
    }
    free(escaped);
}

/** A UTC time (RFC 5545 section 3.3.5). */
static void write_time(FILE *out, const char *name, int64_t at)
{
    const time_t t = (time_t)at;
    struct tm tm;
    char text[32];

    (void)gmtime_r(&t, &tm);
    (void)strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &tm);
    (void)fprintf(out, "%s:%s" CRLF, name, text);
}

char *cal_make(const struct cal_made *m)
{
    const struct cal_edit edit = {
        .url = m->url, .old = "", .id = m->id, .text = m->text, .label = m->label};
    struct cal_lines lines;
    char *text = NULL;
    size_t size = 0;
    FILE *out = text_open(&text, &size);

    if (!out)
        return NULL;
    if (cal_link_lines(&edit, &lines) < 0) {
        (void)fclose(out);
        free(text);
        return NULL;
    }
    (void)fputs("BEGIN:VCALENDAR" CRLF "VERSION:2.0" CRLF PRODID CRLF "METHOD:PUBLISH" CRLF
                "BEGIN:VEVENT" CRLF,
                out);
    write_line(out, "UID", m->uid);
    write_time(out, "DTSTAMP", m->now);
    write_time(out, "DTSTART", m->start);
    write_time(out, "DTEND", m->end);
    write_line(out, "SUMMARY", m->summary);
    write_line(out, "DESCRIPTION", m->text);
    for (unsigned i = 0; i < 4; i++) {
        line_fold(out, lines.line[i], CRLF);
        free(lines.line[i]);
    }
    (void)fputs("END:VEVENT" CRLF "END:VCALENDAR" CRLF, out);
    return fclose(out) == 0 ? text : NULL;
}

static const struct cal_event *first_invited(const struct cal *c)
{
    for (unsigned i = 0; i < c->event_count; i++)
        if (c->event[i].invited)
            return &c->event[i];
    return NULL;
}

char *cal_reply(const struct cal *c, const char *resource, int64_t now)
{
    // RFC 5546 section 3.2.3: what a reply must carry, as the request has it.
    static const char *const kept[] = {"UID",     "SEQUENCE", "RECURRENCE-ID", "ORGANIZER",
                                       "DTSTART", "DTEND",    "SUMMARY"};
    const struct cal_event *event = first_invited(c);
    char *text = NULL;
    size_t size = 0;
    FILE *out = event ? text_open(&text, &size) : NULL;

    if (!out)
        return NULL;
    (void)fputs("BEGIN:VCALENDAR" CRLF "VERSION:2.0" CRLF PRODID CRLF "METHOD:REPLY" CRLF
                "BEGIN:VEVENT" CRLF,
                out);
    write_time(out, "DTSTAMP", now);
    for (unsigned i = event->first; i < event->first + event->count; i++) {
        char *line = line_unfold(c->text, &c->line[i]);

        for (size_t k = 0; line && k < sizeof kept / sizeof *kept; k++)
            if (line_is(line, kept[k]))
                line_fold(out, line, CRLF);
        free(line);
    }
    (void)fprintf(out, "ATTENDEE;PARTSTAT=ACCEPTED:mailto:%s" CRLF, resource);
    (void)fputs("END:VEVENT" CRLF "END:VCALENDAR" CRLF, out);
    return fclose(out) == 0 ? text : NULL;
}
