/** Content lines: unfolding, folding, escapes, names and parameters. Pure. */
#ifndef CAL_LINE_H
#define CAL_LINE_H

#include "cal/cal.h"

#include <stdio.h>

/** The line that begins at `at`: with its folds. Its end is at + out->len. */
void line_find(const char *text, size_t len, size_t at, struct cal_line *out);

/** The line without folds and line end, to be freed; NULL without memory. */
char *line_unfold(const char *text, const struct cal_line *line);

/** Writes a line folded at 75 octets (RFC 5545 section 3.1), never within a character. */
void line_fold(FILE *out, const char *line, const char *newline);

/** True if an unfolded line is of this property: "LOCATION". */
bool line_is(const char *line, const char *name);

/** The value of an unfolded line: behind the colon that is in no quotes; NULL: there is none.
 */
const char *line_value(const char *line);

/** TEXT values (RFC 5545 section 3.3.11): to be freed; NULL without memory. */
char *line_escape(const char *value);
char *line_unescape(const char *value);

#endif
