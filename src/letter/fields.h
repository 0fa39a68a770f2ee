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
void field_wrong(struct fields *f, const char *key);

uint64_t field_uint(struct fields *f, const char *key, uint64_t max);
int64_t field_int(struct fields *f, const char *key, int64_t min, int64_t max);
bool field_bool(struct fields *f, const char *key);

/** Copies a string that `valid` accepts (with its length) and that fits `size` with its NUL. */
void field_text(struct fields *f, const char *key, char *out, size_t size,
                bool (*valid)(const char *s, size_t len));

/** The index of the string in `names`. */
unsigned field_choice(struct fields *f, const char *key, const char *const *names,
                      unsigned count);

enum media_kind field_kind(struct fields *f, const char *key);
enum media_source field_source(struct fields *f, const char *key);

/** An array of at most `max` elements, or an object; NULL if it is none. Not owned. */
const json_t *field_array(struct fields *f, const char *key, size_t max);
const json_t *field_object(struct fields *f, const char *key);

// What strings may look like. All take "" but valid_id().
bool valid_mid(const char *s, size_t len);   ///< token, RFC 8866 section 9
bool valid_rid(const char *s, size_t len);   ///< alphanumeric, "-" and "_", RFC 8851 section 10
bool valid_ice(const char *s, size_t len);   ///< ice-char, RFC 8839 section 5.4
bool valid_plain(const char *s, size_t len); ///< printable ASCII with spaces
bool valid_id(const char *s, size_t len);    ///< printable ASCII without spaces, not empty
bool valid_id_or_none(const char *s, size_t len);

#endif
