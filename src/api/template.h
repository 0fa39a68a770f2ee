/** Texts for invitations, with variables as ${URL}. */
#ifndef API_TEMPLATE_H
#define API_TEMPLATE_H

#include <stdbool.h>

struct template_var {
    const char *name, *value; ///< value "": not known
};

/**
 * Fills in a template; `vars` ends with a NULL name. A line with a variable that is none of
 * `vars` or is not known is left out, so that no reader sees "${Organizer}". `html`: values are
 * escaped. A template that comes out empty gives `fallback`. To be freed; NULL without memory.
 * Pure.
 */
char *template_fill(const char *text, const struct template_var *vars, bool html,
                    const char *fallback);

#endif
