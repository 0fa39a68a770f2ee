/** A piece of the offer: not owned, not NUL-terminated. {NULL, 0} is "absent". */
#ifndef SDP_SPAN_H
#define SDP_SPAN_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const char *p;
    size_t len;
};

/** For printf's "%.*s". */
#define SPAN_FMT(s) (int)(s).len, (s).p

static inline bool span_is(struct span s, const char *word)
{
    return s.len == strlen(word) && (s.len == 0 || memcmp(s.p, word, s.len) == 0);
}

/** As span_is(), in any case (ASCII). */
static inline bool span_like(struct span s, const char *word)
{
    return s.p && text_same_word(s.p, s.len, word);
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/** Cuts off and returns what stands before the first `sep`, or everything if there is none. */
static inline struct span span_cut(struct span *rest, char sep)
{
    const char *at = rest->len ? memchr(rest->p, sep, rest->len) : NULL;
    struct span head = {rest->p, at ? (size_t)(at - rest->p) : rest->len};
    size_t used = head.len + (at ? 1 : 0);
    *rest = (struct span){rest->p ? rest->p + used : NULL, rest->len - used};
    return head;
}

/** The next word of a line whose words are separated by spaces, "" at its end. */
static inline struct span span_word(struct span *rest)
{
    struct span word = {rest->p, 0};
    while (rest->len > 0 && word.len == 0)
        word = span_cut(rest, ' ');
    return word;
}

/** Reads decimal digits, all of them, at most `max`. */
bool span_number(struct span s, uint64_t max, uint64_t *out);

/** Copies with a NUL. False, and `out` empty, if it does not fit. */
bool span_copy(struct span s, char *out, size_t size);

bool span_token(struct span s);                          ///< RFC 8866 section 9: token
bool span_ice(struct span s, size_t least, size_t most); ///< that many ice-chars (RFC 8839)

/** Value of `key` in "a=1; key=value; c", in any case. False if it is not there. */
bool span_param(struct span params, const char *key, struct span *value);

/** span_param() as a number; `otherwise` if it is absent or none. */
unsigned span_param_number(struct span params, const char *key, unsigned otherwise);

#endif
