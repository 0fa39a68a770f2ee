/* Puts our link into events, and takes it out: line by line, all else stays as it was. */
#include "line.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/** One event being written. */
struct writer {
    FILE *out;
    const struct cal *c;
    const struct cal_edit *edit;
    const char *resource;
    bool located, described, failed;
};

int cal_link_lines(const struct cal_edit *edit, struct cal_lines *out)
{
    char *label = line_escape(edit->label);
    int n = 0;

    *out = (struct cal_lines){0};
    if (label) {
        // A parameter's value in quotes has no escapes (RFC 5545 section 3.2): no quotes in it.
        for (char *p = label; *p; p++)
            if (*p == '"' || *p == '\\')
                *p = '\'';
        n = asprintf(&out->line[0], "LOCATION:%s", edit->url) < 0;
        n |= asprintf(&out->line[1],
                      "CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO,SCREEN;LABEL=\"%s\":%s", label,
                      edit->url) < 0;
        n |= asprintf(&out->line[2], "X-CONFERENCE:%s", edit->url) < 0;
        n |= asprintf(&out->line[3], "X-CONFERENCE-ID:%s", edit->id) < 0;
    }
    free(label);
    return label && n == 0 ? 0 : -ENOMEM;
}

/** A description without our block, and without the empty lines before it. Frees nothing. */
static void cut_block(char *text)
{
    for (char *begin; (begin = strstr(text, CAL_MARK_BEGIN));) {
        char *after = strstr(begin, CAL_MARK_END);

        after = after ? after + strlen(CAL_MARK_END) : begin + strlen(begin);
        while (begin > text && begin[-1] == '\n')
            begin--;
        memmove(begin, after, strlen(after) + 1);
    }
}

static void write_raw(struct writer *w, const struct cal_line *at)
{
    (void)fwrite(w->c->text + at->at, 1, at->len, w->out);
}

/** The description as it shall be, to be freed; NULL without memory. */
static char *describe(const struct writer *w, const char *value)
{
    char *plain = line_unescape(value), *whole = NULL;

    if (!plain)
        return NULL;
    cut_block(plain);
    if (!w->edit->url)
        return plain;
    // As cut_block() leaves it, so that a second time changes nothing.
    for (size_t n = strlen(plain); n > 0 && plain[n - 1] == '\n';)
        plain[--n] = '\0';
    if (asprintf(&whole, "%s%s%s\n%s\n%s", plain, *plain ? "\n\n" : "", CAL_MARK_BEGIN,
                 w->edit->text, CAL_MARK_END) < 0)
        whole = NULL;
    free(plain);
    return whole;
}

/** The description's line: none if nothing is left, `at` (may be NULL) if nothing changes. */
static void write_description(struct writer *w, const char *params, const char *value,
                              const struct cal_line *at)
{
    char *whole = describe(w, value);
    char *escaped = whole ? line_escape(whole) : NULL, *line = NULL;

    if (escaped && at && strcmp(escaped, value) == 0)
        write_raw(w, at);
    else if (!escaped || asprintf(&line, "DESCRIPTION%s:%s", params, escaped) < 0)
        w->failed = true;
    else if (*whole)
        line_fold(w->out, line, w->c->newline);
    if (!w->failed)
        free(line);
    free(whole);
    free(escaped);
}

/** "DESCRIPTION;LANGUAGE=fr:…": its parameters stay. */
static void edit_description(struct writer *w, const struct cal_line *at, const char *line)
{
    const char *value = line_value(line);
    char *params = strdup(line + strlen("DESCRIPTION"));

    w->described = true;
    if (!params || !value) {
        w->failed = true;
    } else {
        params[value - 1 - line - (ptrdiff_t)strlen("DESCRIPTION")] = '\0';
        write_description(w, params, value, at);
    }
    free(params);
}

/** True if a place is ours to change: none, our old link, or the word that asks for us. */
static bool free_place(const struct writer *w, const char *value)
{
    return *value == '\0' || strcasestr(value, "@salon") ||
           (*w->edit->old && strcmp(value, w->edit->old) == 0) ||
           (w->edit->url && strcmp(value, w->edit->url) == 0);
}

static void edit_location(struct writer *w, const struct cal_line *at, const char *value)
{
    char *ours = NULL;

    if (!free_place(w, value)) { // somebody wrote a place: it stays
        w->located = true;
        write_raw(w, at);
        return;
    }
    if (!w->edit->url || w->located)
        return;
    w->located = true;
    if (strcmp(value, w->edit->url) == 0) {
        write_raw(w, at);
    } else if (asprintf(&ours, "LOCATION:%s", w->edit->url) < 0) {
        w->failed = true;
    } else {
        line_fold(w->out, ours, w->c->newline);
        free(ours);
    }
}

/** The line's parameter PARTSTAT becomes ACCEPTED. */
static void accept_attendee(struct writer *w, const struct cal_line *at, const char *line)
{
    const char *value = line_value(line);
    const char *old = strcasestr(line, ";PARTSTAT=");
    char *out = NULL;
    int n;

    if (!value) {
        w->failed = true;
        return;
    }
    if (old && old < value && strncasecmp(old, ";PARTSTAT=ACCEPTED", 18) == 0 &&
        strchr(";:", old[18])) {
        write_raw(w, at);
        return;
    }
    if (old && old < value) {
        const char *rest = old + 1 + strcspn(old + 1, ";:");

        n = asprintf(&out, "%.*s;PARTSTAT=ACCEPTED%s", (int)(old - line), line, rest);
    } else {
        n = asprintf(&out, "%.*s;PARTSTAT=ACCEPTED:%s", (int)(value - 1 - line), line, value);
    }
    if (n < 0)
        w->failed = true;
    else
        line_fold(w->out, out, w->c->newline);
    if (n >= 0)
        free(out);
}

static bool is_our_attendee(const struct writer *w, const char *line)
{
    const char *value = line_value(line);

    if (!value || !*w->resource || !line_is(line, "ATTENDEE"))
        return false;
    if (strncasecmp(value, "mailto:", 7) == 0)
        value += 7;
    return strcasecmp(value, w->resource) == 0;
}

/** A CONFERENCE of somebody else stays. */
static bool is_ours(const struct writer *w, const char *line)
{
    const char *value = line_value(line);

    if (line_is(line, "X-CONFERENCE") || line_is(line, "X-CONFERENCE-ID"))
        return true;
    return value && line_is(line, "CONFERENCE") &&
           ((*w->edit->old && strcmp(value, w->edit->old) == 0) ||
            (w->edit->url && strcmp(value, w->edit->url) == 0));
}

/** Writes a line of the event, changed if it must be. */
static void edit_line(struct writer *w, const struct cal_line *at, const char *line)
{
    const char *value = line_value(line);

    if (line_is(line, "LOCATION") && value) {
        edit_location(w, at, value);
    } else if (line_is(line, "DESCRIPTION") && !w->described) {
        edit_description(w, at, line);
    } else if (w->edit->url && is_our_attendee(w, line)) {
        accept_attendee(w, at, line);
    } else if (!is_ours(w, line)) {
        write_raw(w, at);
    }
}

static void add_missing(struct writer *w)
{
    struct cal_lines lines;

    if (!w->edit->url)
        return;
    // First what stays in its place the next time, then what is always written last: so that a
    // calendar that has been here before comes back as it is.
    if (!w->described)
        write_description(w, "", "", NULL);
    if (cal_link_lines(w->edit, &lines) < 0)
        w->failed = true;
    for (unsigned i = w->located ? 1 : 0; i < 4 && !w->failed; i++)
        line_fold(w->out, lines.line[i], w->c->newline);
    for (unsigned i = 0; i < 4; i++)
        free(lines.line[i]);
}

/** Writes what is between the event's lines (parts within it), and its lines edited. */
static size_t write_event(struct writer *w, const struct cal_event *event, size_t from)
{
    for (unsigned i = event->first; i < event->first + event->count; i++) {
        const struct cal_line *line = &w->c->line[i];
        char *text = line_unfold(w->c->text, line);

        (void)fwrite(w->c->text + from, 1, line->at - from, w->out);
        if (text)
            edit_line(w, line, text);
        else
            w->failed = true;
        free(text);
        from = line->at + line->len;
    }
    (void)fwrite(w->c->text + from, 1, event->end - from, w->out);
    add_missing(w);
    return event->end;
}

char *cal_write(const struct cal *c, const char *resource,
                const struct cal_edit *const edit[CAL_EVENTS])
{
    char *text = NULL;
    size_t size = 0, from = 0;
    struct writer w = {.out = text_open(&text, &size), .c = c, .resource = resource};

    if (!w.out)
        return NULL;
    for (unsigned i = 0; i < c->event_count; i++) {
        if (!edit[i])
            continue;
        w.edit = edit[i];
        w.located = w.described = false;
        from = write_event(&w, &c->event[i], from);
    }
    (void)fwrite(c->text + from, 1, c->len - from, w.out);
    if (fclose(w.out) != 0 || w.failed) {
        free(text);
        return NULL;
    }
    return text;
}
