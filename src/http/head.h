/** The head of an HTTP/1 request (RFC 9112), parsed strictly: what is unclear is refused. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAD_MAX    16384 ///< bytes with the empty line at its end
#define HEAD_FIELDS 96

struct head_field {
    const char *name, *value; ///< into the text that was parsed
};

struct head {
    const char *method;
    const char *path;  ///< as sent, percent-encoded; begins with '/' ("*" for OPTIONS *)
    const char *query; ///< as sent, without the '?'; NULL if there is none
    bool keep_alive;
    bool chunked;   ///< the body has Transfer-Encoding: chunked
    bool expect;    ///< the client waits for "100 Continue"
    bool upgrade;   ///< to a WebSocket
    int64_t length; ///< Content-Length, 0 if there is none
    unsigned count;
    struct head_field field[HEAD_FIELDS];
};

/** Bytes up to and with the empty line that ends a head, or 0 if it is not there yet. */
size_t head_end(const char *buf, size_t len);

/**
 * Parses one whole head, in place. Returns 0, or the status to refuse it with: 400, 414, 431,
 * 501 (a transfer coding that is not chunked), 505. Strings in `*out` point into `text`.
 */
int head_parse(char *text, size_t len, struct head *out);

/** The first field of this name (any case), or NULL. */
const char *head_get(const struct head *head, const char *name);

/** The last one: where proxies append. */
const char *head_get_last(const struct head *head, const char *name);

/** True if the comma-separated `list` holds `word` (any case). NULL is an empty list. */
bool head_lists(const char *list, const char *word);

#endif
