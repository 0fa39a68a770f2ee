/** Text: base32, hex, UTF-8, percent and HTML escapes. Every input is hostile. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** Characters (without the NUL) that text_base32() writes for `bytes` bytes. */
#define BASE32_LEN(bytes) (((bytes)*8 + 4) / 5)

/**
 * Crockford's base32, lower case, the first `chars` characters, NUL-terminated. `chars` is at
 * most BASE32_LEN(len); `out` holds chars + 1 bytes.
 */
void text_base32(const uint8_t *bytes, size_t len, size_t chars, char *out);

/**
 * Reads one character as Crockford meant it: any case, O as 0, I and L as 1. Returns it in the
 * form text_base32() writes, or 0 if it is none.
 */
char text_base32_canonical(char c);

/** Lower-case hex; `out` holds 2 * len + 1 bytes. */
void text_hex(const uint8_t *bytes, size_t len, char *out);

/** True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, no NUL). */
bool text_utf8_valid(const char *s, size_t len);

/** Characters (code points) of valid UTF-8. */
size_t text_utf8_count(const char *s, size_t len);

/**
 * True if `s` is fit to be shown on one line: valid UTF-8 without control characters (C0, C1,
 * DEL), line separators or direction overrides (U+202A..2E, U+2066..69).
 */
bool text_one_line(const char *s, size_t len);

/**
 * Decodes %XX in place (`+` too if `form`). Returns the new length, NUL-terminated, or -1 for a
 * bad escape or a NUL.
 */
long text_percent_decode(char *s, size_t len, bool form);

/** Writes `len` bytes, none of them NUL, all but RFC 3986's unreserved characters as %XX. */
void text_percent(FILE *out, const char *s, size_t len);

/** Writes with & < > " ' escaped, for HTML text and quoted attributes. */
void text_html(FILE *out, const char *s);

/**
 * A stream that gathers what is written in memory. fclose() sets `*text` (NUL-terminated, to be
 * freed by the caller with free()) and `*len`, its bytes without the NUL. Without memory for
 * all of it fclose() fails and `*text` is NULL: a text is whole or is not there, what
 * open_memstream() of glibc does not promise. Returns NULL without memory.
 */
FILE *text_open(char **text, size_t *len);

/** A letter in lower case (ASCII), anything else as it is. */
char text_lower(char c);

/** True if the `len` bytes at `s` are the NUL-terminated `word`, in any case (ASCII). */
bool text_same_word(const char *s, size_t len, const char *word);

#endif
