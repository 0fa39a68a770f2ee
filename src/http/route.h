/** Paths against patterns, and queries into parameters. Pure. */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#define ROUTE_PARAMS  6
#define ROUTE_QUERIES 32
#define ROUTE_QUERY   2048 ///< bytes of a query; a longer one is refused

struct route_pair {
    const char *name; ///< in a pattern: not terminated, `name_len` bytes
    size_t name_len;
    char *value; ///< percent-decoded
};

struct route_params {
    unsigned count;
    struct route_pair pair[ROUTE_PARAMS];
    char text[4097]; ///< where the values are
};

/**
 * True if `path` (as sent) matches `pattern`. A {param} stands for one non-empty segment, a
 * last {param*} for all the rest of the path. Parameters are percent-decoded after the split,
 * so that %2F does not part a segment; one that does not decode, or not to UTF-8, does not
 * match.
 */
bool route_match(const char *pattern, const char *path, struct route_params *out);

/** The parameter of this name, or NULL. */
const char *route_param(const struct route_params *params, const char *name);

/**
 * Splits a query into name and value, both decoded in place. Returns how many, or -1 if it is
 * too long, has too many, or does not decode to UTF-8.
 */
int route_query(char *query, struct route_pair pair[ROUTE_QUERIES]);

#endif
