/** JSON when memory is short: want of it told from a text that is wrong, or a value half made.
 */
#ifndef BASE_READ_JSON_H
#define BASE_READ_JSON_H

#include <jansson.h>
#include <stddef.h>

/**
 * How often jansson found no memory so far, counted from the first call on: it allocates by
 * functions of ours then, for one thread. What was made between two calls that differ may lack
 * a part.
 */
unsigned json_shortages(void);

/** One of ours: a text that should have been part of a value found no memory. */
void json_shortage(void);

/**
 * json_loadb(text, len, flags): 0 and an owned value, -EINVAL or -ENOMEM. jansson itself says
 * "invalid token" of a string that it finds no memory for, and leaves out characters that it
 * finds no room for. `at`, unless NULL, is the byte at which a wrong text is wrong.
 */
int read_json(const char *text, size_t len, size_t flags, json_t **out, int *at);

/**
 * An object's or array's text on one line, to be freed by the caller with free(); NULL without
 * memory. json_dumps() of jansson 2.14 leaves out a quote that it finds no room for.
 */
char *write_json(const json_t *json);

/**
 * As write_json() of an object that had one more member, its last: `value` is JSON text that is
 * there already.
 */
char *write_json_with(const json_t *object, const char *key, const char *value);

#endif
