#include "line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FOLD_AT 75 ///< octets of a line, its end not counted

void line_find(const char *text, size_t len, size_t at, struct cal_line *out)
{
    size_t end = at;

    for (;;) {
        const char *nl = memchr(text + end, '\n', len - end);

        end = nl ? (size_t)(nl - text) + 1 : len;
        // RFC 5545 section 3.1: a line that begins with a blank goes on with the one before.
        if (end >= len || (text[end] != ' ' && text[end] != '\t'))
            break;
    }
    *out = (struct cal_line){at, end - at};
}

char *line_unfold(const char *text, const struct cal_line *line)
{
    const char *from = text + line->at;
    char *out = malloc(line->len + 1);
    size_t n = 0;

    for (size_t i = 0; out && i < line->len; i++) {
        if (from[i] == '\n')
            i += i + 1 < line->len; // the blank behind a fold
        else if (from[i] != '\r')
            out[n++] = from[i];
    }
    if (out)
        out[n] = '\0';
    return out;
}

void line_fold(FILE *out, const char *line, const char *newline)
{
    size_t room = FOLD_AT;

    for (size_t len; *line; line += len) {
        len = strnlen(line, room);
        if (line[len]) // back to where a character begins
            while (len > 1 && ((unsigned char)line[len] & 0xc0) == 0x80)
                len--;
        (void)fwrite(line, 1, len, out);
        if (line[len])
            (void)fprintf(out, "%s ", newline);
        room = FOLD_AT - 1; // the blank counts
    }
    (void)fputs(newline, out);
}

bool line_is(const char *line, const char *name)
{
    const size_t len = strlen(name);

    return strncasecmp(line, name, len) == 0 && (line[len] == ':' || line[len] == ';');
}

const char *line_value(const char *line)
{
    bool quoted = false;

    for (; *line; line++) {
        if (*line == '"')
            quoted = !quoted;
        else if (*line == ':' && !quoted)
            return line + 1;
    }
    return NULL;
}

char *line_escape(const char *value)
{
    char *out = malloc(2 * strlen(value) + 1);
    size_t n = 0;

    for (; out && *value; value++) {
        // RFC 5545 section 3.1: no control character but the tab; a line's end is written \n.
        if (((unsigned char)*value < 0x20 && *value != '\t' && *value != '\n') ||
            *value == 0x7f)
            continue;
        if (strchr("\\;,\n", *value))
            out[n++] = '\\';
        out[n++] = (char)(*value == '\n' ? 'n' : *value);
    }
    if (out)
        out[n] = '\0';
    return out;
}

char *line_unescape(const char *value)
{
    char *out = malloc(strlen(value) + 1);
    size_t n = 0;

    for (; out && *value; value++) {
        if (*value == '\\' && value[1]) {
            value++;
            out[n++] = (char)(*value == 'n' || *value == 'N' ? '\n' : *value);
        } else {
            out[n++] = *value;
        }
    }
    if (out)
        out[n] = '\0';
    return out;
}
