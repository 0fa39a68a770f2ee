#include "head.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

#define PATH_MAX_LEN 8192 ///< bytes of path and query together

size_t head_end(const char *buf, size_t len)
{
    const char *end = len >= 4 ? memmem(buf, len, "\r\n\r\n", 4) : NULL;

    return end ? (size_t)(end - buf) + 4 : 0;
}

/** RFC 9110 section 5.6.2: token. */
static bool is_token(const char *s)
{
    if (*s == '\0')
        return false;
    for (; *s; s++) {
        bool alnum =
            (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');

        if (!alnum && !strchr("!#$%&'*+-.^_`|~", *s))
            return false;
    }
    return true;
}

/** Cuts one line off; NULL at a bare CR or LF, a NUL, or without an end. */
static char *take_line(char **at, char *end)
{
    char *line = *at;

    for (char *p = line; p < end; p++) {
        if (*p == '\r' && p + 1 < end && p[1] == '\n') {
            *p = '\0';
            *at = p + 2;
            return line;
        }
        if (*p == '\r' || *p == '\n' || *p == '\0')
            return NULL;
    }
    return NULL;
}

/** RFC 9112 section 3.2: origin-form, absolute-form, or "*". */
static int parse_target(char *target, struct head *out)
{
    char *query;

    if (strlen(target) > PATH_MAX_LEN)
        return 414;
    for (const char *p = target; *p; p++) {
        if (*p <= 0x20 || *p >= 0x7f || *p == '#')
            return 400;
    }
    if (strncasecmp(target, "http://", 7) == 0 || strncasecmp(target, "https://", 8) == 0) {
        target = strchr(strstr(target, "://") + 3, '/');
        if (!target)
            return 400;
    }
    if (*target != '/' && strcmp(target, "*") != 0)
        return 400;
    query = strchr(target, '?');
    if (query)
        *query++ = '\0';
    out->path = target;
    out->query = query;
    return 0;
}

static int parse_request_line(char *line, struct head *out)
{
    char *target = strchr(line, ' ');
    char *version = target ? strchr(target + 1, ' ') : NULL;

    if (!version)
        return 400;
    *target++ = '\0';
    *version++ = '\0';
    if (!is_token(line))
        return 400;
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return strncmp(version, "HTTP/", 5) == 0 ? 505 : 400;
    out->method = line;
    out->keep_alive = version[7] == '1';
    return parse_target(target, out);
}

static int parse_field(char *line, struct head *out)
{
    char *value = strchr(line, ':');
    size_t len;

    if (!value)
        return 400;
    *value++ = '\0';
    // RFC 9112 section 5.1: no space before the colon; 5.2: no folded lines. A token has none.
    if (!is_token(line))
        return 400;
    value += strspn(value, " \t");
    len = strlen(value);
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        value[--len] = '\0';
    for (const char *p = value; *p; p++) {
        if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
            return 400;
    }
    if (out->count == HEAD_FIELDS)
        return 431;
    out->field[out->count].name = line;
    out->field[out->count++].value = value;
    return 0;
}

static unsigned count_of(const struct head *head, const char *name)
{
    unsigned n = 0;

    for (unsigned i = 0; i < head->count; i++)
        n += strcasecmp(head->field[i].name, name) == 0;
    return n;
}

/** Content-Length: digits and nothing else. -1 if it is not that. */
static int64_t parse_length(const char *s)
{
    int64_t v = 0;

    if (*s == '\0')
        return -1;
    for (; *s; s++) {
        if (*s < '0' || *s > '9' || v > INT64_MAX / 10 - 9)
            return -1;
        v = v * 10 + (*s - '0');
    }
    return v;
}

/** How long the body is: the one place where two readers must never differ. */
static int parse_framing(struct head *out, bool http11)
{
    const char *length = head_get(out, "content-length");
    const char *coding = head_get(out, "transfer-encoding");

    // RFC 9112 section 6.3: both together, or either twice, is a smuggler's request.
    if (count_of(out, "content-length") > 1 || count_of(out, "transfer-encoding") > 1 ||
        (length && coding) || (coding && !http11))
        return 400;
    if (coding && strcasecmp(coding, "chunked") != 0)
        return 501;
    out->chunked = coding != NULL;
    out->length = length ? parse_length(length) : 0;
    return out->length < 0 ? 400 : 0;
}

static int check_fields(struct head *out)
{
    bool http11 = out->keep_alive;
    const char *connection = head_get(out, "connection");
    unsigned hosts = count_of(out, "host");
    int status = parse_framing(out, http11);

    if (status)
        return status;
    if (hosts > 1 || (http11 && hosts == 0) || count_of(out, "authorization") > 1)
        return 400;
    if (head_lists(connection, "close"))
        out->keep_alive = false;
    else if (head_lists(connection, "keep-alive"))
        out->keep_alive = true;
    out->expect = http11 && head_lists(head_get(out, "expect"), "100-continue");
    out->upgrade = http11 && head_lists(connection, "upgrade") &&
                   head_lists(head_get(out, "upgrade"), "websocket");
    return 0;
}

int head_parse(char *text, size_t len, struct head *out)
{
    char *at = text;
    char *end = text + len;
    char *line = take_line(&at, end);
    int status;

    memset(out, 0, sizeof *out);
    if (!line)
        return 400;
    status = parse_request_line(line, out);
    while (status == 0) {
        line = take_line(&at, end);
        if (!line)
            return 400;
        if (*line == '\0')
            return at == end ? check_fields(out) : 400;
        status = parse_field(line, out);
    }
    return status;
}

const char *head_get(const struct head *head, const char *name)
{
    for (unsigned i = 0; i < head->count; i++) {
        if (strcasecmp(head->field[i].name, name) == 0)
            return head->field[i].value;
    }
    return NULL;
}

const char *head_get_last(const struct head *head, const char *name)
{
    for (unsigned i = head->count; i > 0; i--) {
        if (strcasecmp(head->field[i - 1].name, name) == 0)
            return head->field[i - 1].value;
    }
    return NULL;
}

bool head_lists(const char *list, const char *word)
{
    while (list && *list) {
        size_t len;

        list += strspn(list, " \t,");
        len = strcspn(list, " \t,");
        if (text_same_word(list, len, word))
            return true;
        list += len;
    }
    return false;
}
