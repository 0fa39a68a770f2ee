/** Pages from templates. */
#ifndef API_PAGE_H
#define API_PAGE_H

#include <stddef.h>

/** A {{name}} and what stands in its place, escaped for HTML. */
struct page_var {
    const char *name, *value;
};

/**
 * Fills in a template; `vars` ends with a NULL name. A {{name}} without a variable becomes
 * nothing. Returns text to be freed and its length, or NULL without memory. Pure.
 */
char *page_fill(const char *text, size_t len, const struct page_var *vars, size_t *out_len);

#endif
