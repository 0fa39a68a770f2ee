/** application/x-www-form-urlencoded (WHATWG URL section 5.1): queries and bodies. */
#ifndef API_FORM_H
#define API_FORM_H

#include <stddef.h>

#define FORM_FIELDS_MAX 256

struct form_field {
    const char *name, *value; ///< decoded, valid UTF-8, no NUL; within the form
};

struct form {
    char *text;               ///< owned
    struct form_field *field; ///< owned, `count` of them
    size_t count;
};

/**
 * Decodes `len` bytes. 0; -EINVAL: a bad escape, a NUL or bad UTF-8; -E2BIG: more than
 * FORM_FIELDS_MAX fields; -ENOMEM. Unless 0 the form is empty. form_free() ends it either way.
 */
int form_parse(struct form *form, const char *text, size_t len);
void form_free(struct form *form);

/** The value of the first field of this name, or NULL. */
const char *form_get(const struct form *form, const char *name);

/** The name of a field that is there twice, in one of them or in both; NULL if there is none.
 */
const char *form_twice(const struct form *a, const struct form *b);

#endif
