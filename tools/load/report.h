/** What a run found: a table, JSON, and whether a stated limit was passed. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include "run.h"

/** One figure by its name, as --fail-if and the JSON have it. */
struct figure {
    const char *name, *unit, *what;
    bool known;
    double value;
};

#define REPORT_FIGURES 40

/** Fills `out` (REPORT_FIGURES) and returns how many. */
unsigned report_figures(const struct run *r, struct figure *out);

/** The table, on standard output. */
void report_print(const struct run *r);

/** The same as JSON into the scenario's file. 0 or -errno. */
int report_json(const struct run *r);

/** Prints each limit that was passed; returns how many. A limit on what is not known is passed.
 */
unsigned report_limits(const struct run *r);

/** True if there is a figure of this name. */
bool report_knows(const char *name);

#endif
