/** A line of the log as a JSON object (sans-I/O). */
#ifndef BASE_LOG_JSON_H
#define BASE_LOG_JSON_H

#include <stddef.h>

#define LOG_JSON_MAX 8192 ///< bytes of an object: each of a line's 1,000 may need six

/**
 * Writes {"time":…,"level":…,"event":…,"who":…,…} from "event who=… key=value key="a b" …", a
 * line without control characters. Values are strings; bytes that are no UTF-8 become '?'; a
 * key that comes twice stays twice. Returns its bytes; it always fits.
 */
size_t log_json(const char *time, const char *level, const char *line, size_t len,
                char out[LOG_JSON_MAX]);

#endif
