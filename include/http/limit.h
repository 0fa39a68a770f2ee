/**
 * Rate limits: token buckets, one a key, in a table of fixed size (sans-I/O).
 *
 * A bucket holds `burst` tokens and refills with `per_minute`. When the table is full, the
 * bucket unused longest makes room: an attacker with many keys can only make it forget.
 */
#ifndef HTTP_LIMIT_H
#define HTTP_LIMIT_H

#include "base/usec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIMIT_KEY_SIZE 48 ///< bytes with the NUL

struct limit;

/** `keys` is the table's size. NULL without memory. */
struct limit *limit_new(unsigned per_minute, unsigned burst, size_t keys);

/** Other figures from now on; who has waited is not made to wait again. */
void limit_set(struct limit *limit, unsigned per_minute, unsigned burst);

/** limit_free(NULL) is fine. */
void limit_free(struct limit *limit);

/**
 * Takes one token of `key`'s bucket. True if there was one; else false and, if asked for,
 * in `*retry_s` the seconds until there is one (at least 1).
 */
bool limit_take(struct limit *limit, const char *key, unsigned *retry_s, usec_t now);

/** The key of an address: IPv4 as it is (also if mapped into IPv6), IPv6 by its /64. */
void limit_address(const char *address, char key[LIMIT_KEY_SIZE]);

#endif
