#include "base/log.h"

#include "base/digest.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOG_LINE_MAX 1000

static const char *const level_names[LEVEL_COUNT] = {"error", "warn", "info", "debug"};

// The process's one setting, written by log_start() before anything else runs.
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

bool log_wants(enum log_level level)
{
    return level <= setting.least;
}

/** The beginning of a line; returns its bytes. */
static int write_head(char *line, size_t size, enum log_level level)
{
    static const int syslog_levels[LEVEL_COUNT] = {3, 4, 6, 7}; // RFC 5424 section 6.2.1
    struct timespec ts;
    struct tm tm;

    if (setting.format == LOG_JOURNAL)
        return snprintf(line, size, "<%d>", syslog_levels[level]);
    (void)clock_gettime(CLOCK_REALTIME, &ts);
    (void)gmtime_r(&ts.tv_sec, &tm);
    return snprintf(line, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ %-5s ", tm.tm_year + 1900,
                    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                    ts.tv_nsec / 1000000, level_names[level]);
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
    line[len++] = '\n';
    // One write, so that lines of several processes do not mix. A log that cannot be written
    // must stop nothing.
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}

const char *log_link(const char *token, size_t len, char out[LOG_LINK_SIZE])
{
    uint8_t digest[SHA256_SIZE];

    digest_sha256(token, len, digest);
    text_hex(digest, (LOG_LINK_SIZE - 1) / 2, out);
    return out;
}
