#include "base/log.h"

#include "base/digest.h"
#include "base/text.h"

#include "log_json.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX  1000
#define LOG_TIME_SIZE 96

static const char *const level_names[LEVEL_COUNT] = {"error", "warn", "info", "debug"};

// The process's one setting.
static struct {
    enum log_level least;
    enum log_format format;
    const char *who;
} setting = {LEVEL_INFO, LOG_PLAIN, "salon"};

void log_start(enum log_level least, enum log_format format, const char *who)
{
    setting.least = least;
    setting.format = format;
    setting.who = who;
}

void log_level_set(enum log_level least)
{
    setting.least = least;
}

/** The place of `name` in a list, or -1. */
static int find(const char *name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return -1;
}

const char *log_level_name(enum log_level level)
{
    return level_names[level];
}

bool log_level_from(const char *name, enum log_level *out)
{
    const int i = find(name, level_names, LEVEL_COUNT);

    if (i >= 0)
        *out = (enum log_level)i;
    return i >= 0;
}

bool log_format_from(const char *name, enum log_format *out)
{
    static const char *const names[LOG_FORMAT_COUNT] = {"plain", "journal", "json"};
    const int i = find(name, names, LOG_FORMAT_COUNT);

    if (i >= 0)
        *out = (enum log_format)i;
    return i >= 0;
}

bool log_wants(enum log_level level)
{
    return level <= setting.least;
}

/** The time now, as RFC 3339 has it. */
static void write_time(char out[LOG_TIME_SIZE])
{
    struct timespec ts;
    struct tm tm;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    (void)gmtime_r(&ts.tv_sec, &tm);
    (void)snprintf(out, LOG_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ",
                   tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
                   tm.tm_sec, ts.tv_nsec / 1000000);
}

/** The beginning of a line; returns its bytes. */
static int write_head(char *line, size_t size, enum log_level level)
{
    static const int syslog_levels[LEVEL_COUNT] = {3, 4, 6, 7}; // RFC 5424 section 6.2.1
    char time[LOG_TIME_SIZE];

    if (setting.format == LOG_JOURNAL)
        return snprintf(line, size, "<%d>", syslog_levels[level]);
    if (setting.format == LOG_JSON)
        return 0;
    write_time(time);
    return snprintf(line, size, "%s %-5s ", time, level_names[level]);
}

/** One write, so that lines of several processes do not mix. A log that cannot be written must
 * stop nothing. */
static void write_line(const char *line, size_t len)
{
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}

/** The same line as an object. */
static void write_json(enum log_level level, const char *pairs, size_t len)
{
    char time[LOG_TIME_SIZE], line[LOG_JSON_MAX + 1];

    write_time(time);
    len = log_json(time, level_names[level], pairs, len, line);
    line[len++] = '\n';
    write_line(line, len);
}

void log_at(enum log_level level, const char *event, const char *format, ...)
{
    char line[LOG_LINE_MAX + 2];
    size_t len;
    va_list args;

    if (!log_wants(level))
        return;
    len = (size_t)write_head(line, LOG_LINE_MAX, level);
    len += (size_t)snprintf(line + len, LOG_LINE_MAX - len, "%s who=%s ", event, setting.who);
    if (len < LOG_LINE_MAX) {
        int n;

        va_start(args, format);
        n = vsnprintf(line + len, LOG_LINE_MAX - len, format, args);
        va_end(args);
        len = n < 0 ? len : len + (size_t)n;
    }
    if (len > LOG_LINE_MAX - 1)
        len = LOG_LINE_MAX - 1;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    }
    while (len > 0 && line[len - 1] == ' ')
        len--;
    if (setting.format == LOG_JSON) {
        write_json(level, line, len);
        return;
    }
    line[len++] = '\n';
    write_line(line, len);
}

const char *log_link(const char *token, size_t len, char out[LOG_LINK_SIZE])
{
    uint8_t digest[SHA256_SIZE];

    digest_sha256(token, len, digest);
    text_hex(digest, (LOG_LINK_SIZE - 1) / 2, out);
    return out;
}
