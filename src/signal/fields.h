/** Typed fields of a JSON object; a wrong one fills the error with its JSON pointer. */
#ifndef SIGNAL_FIELDS_H
#define SIGNAL_FIELDS_H

#include "message.h"

enum field_need { OPTIONAL, REQUIRED };

/** An object to read fields of, and where it lies in the message. */
struct fields {
    const json_t *object;
    const char *at; ///< JSON pointer of the object, "" for the message itself
    struct signal_error *err;
};

/** Says `reason` of the field; returns false. */
bool value_fail(const struct fields *f, const char *name, const char *reason);

/** All of these: false with the error filled if the field is wrong, or missing and required;
 *  else true, and `*out` is set if the field is there. */
bool value_string(const struct fields *f, const char *name, enum field_need need,
                  const char **out);
bool value_bool(const struct fields *f, const char *name, enum field_need need, bool *out);
/** A number from 0 to 2^53 - 1; fractions are rounded up. */
bool value_number(const struct fields *f, const char *name, uint64_t *out);
bool value_array(const struct fields *f, const char *name, enum field_need need, size_t most,
                 const json_t **out);
/** The word of a source; any other is `unknown_source`. */
bool value_source(const struct fields *f, const char *name, enum field_need need,
                  enum media_source *out, bool *there);
/** Copies a string that fits `size` bytes with its NUL and is not empty. */
bool value_copy(const struct fields *f, const char *name, enum field_need need, char *out,
                size_t size);

#endif
