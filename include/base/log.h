/**
 * The log: one line an event on stderr, `time level event key=value …`.
 *
 * What may not stand in a line: link tokens, names, e-mail addresses, query strings, bodies. A
 * link is written by log_link(). Control characters are replaced, so that nobody can forge a
 * line. Level and format are the one setting of a process: main sets them before anything else
 * runs; only the level may change after, when the configuration is read again.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LEVEL_ERROR, LEVEL_WARN, LEVEL_INFO, LEVEL_DEBUG, LEVEL_COUNT };

enum log_format {
    LOG_PLAIN,   ///< with the time, for a terminal or a file
    LOG_JOURNAL, ///< without; "<3>" before each line, as systemd's journal reads it
    LOG_JSON,    ///< one JSON object a line: time, level, event, who, and the pairs as strings
    LOG_FORMAT_COUNT
};

#define LOG_LINK_SIZE 9 ///< bytes with the NUL

/** Before any other call, once. `who` ("control", "media0") is not owned and must live on. */
void log_start(enum log_level least, enum log_format format, const char *who);

/** From here on: lines of this level and worse. */
void log_level_set(enum log_level least);

const char *log_level_name(enum log_level level);

/** "error", "warn", "info", "debug"; false for another word. */
bool log_level_from(const char *name, enum log_level *out);

/** "plain", "journal", "json"; false for another word. */
bool log_format_from(const char *name, enum log_format *out);

/** True if a line of this level would be written: to spare the work of making one. */
bool log_wants(enum log_level level);

/**
 * Writes one line. `event` is "layer.what" ("worker.started"); `format` makes the `key=value`
 * pairs, "" for none; a value with spaces stands in double quotes. At most 1,000 bytes are
 * kept.
 */
void log_at(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** How a link or a token stands in the log: the first 8 hex digits of its SHA-256. */
const char *log_link(const char *token, size_t len, char out[LOG_LINK_SIZE]);

#endif
