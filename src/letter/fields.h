/**
 * Reading one JSON object field by field. The first field that is absent or wrong is remembered
 * in `wrong`, later reads give zeroes: a parser reads all its fields and looks once.
 */
#ifndef LETTER_FIELDS_H
#define LETTER_FIELDS_H

#include "letter/agreement.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fields {
    const json_t *object; ///< not owned
    const char *wrong;    ///< NULL while all is well; static
};

/** Marks `key` as wrong, unless a field was marked before. */
void fields_wrong(struct fields *f, const char *key);

uint64_t fields_uint(struct fields *f, const char *key, uint64_t max);
int64_t fields_int(struct fields *f, const char *key, int64_t min, int64_t max);
bool fields_bool(struct fields *f, const char *key);

/** Copies a string that `valid` accepts (with its length) and that fits `size` with its NUL. */
void fields_text(struct fields *f, const char *key, char *out, size_t size,
                 bool (*valid)(const char *s, size_t len));

/** The index of the string in `names`. */
unsigned fields_choice(struct fields *f, const char *key, const char *const *names,
                       unsigned count);

enum media_kind fields_kind(struct fields *f, const char *key);
enum media_source fields_source(struct fields *f, const char *key);
enum media_content fields_content(struct fields *f, const char *key);

/** An array of at most `max` elements, or an object; NULL if it is none. Not owned. */
const json_t *fields_array(struct fields *f, const char *key, size_t max);
const json_t *fields_object(struct fields *f, const char *key);

// What strings may look like. All take "" but letter_is_id().
bool letter_is_mid(const char *s, size_t len); ///< token, RFC 8866 section 9
bool letter_is_rid(const char *s,
                   size_t len); ///< alphanumeric, "-" and "_", RFC 8851 section 10
bool letter_is_ice(const char *s, size_t len);   ///< ice-char, RFC 8839 section 5.4
bool letter_is_plain(const char *s, size_t len); ///< printable ASCII with spaces
bool letter_is_id(const char *s, size_t len);    ///< printable ASCII without spaces, not empty
bool letter_is_id_or_none(const char *s, size_t len);

#endif
