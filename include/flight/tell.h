/**
 * A recording in words: record by record, and why a viewer's picture was bad. Every byte of it
 * may be hostile.
 */
#ifndef FLIGHT_TELL_H
#define FLIGHT_TELL_H

#include "flight/read.h"

#include <stdio.h>

#define TELL_SIZE 1024 ///< bytes that are enough for any line

/** Writes one line without its end, cut if it does not fit: what the record says, but for when.
 */
void flight_tell(const struct flight_record *r, char *out, size_t size);

struct explain;

/** Builds one; NULL without memory. */
struct explain *explain_create(void);

/** NULL is fine. */
void explain_destroy(struct explain *e);

/** Takes the next record. False without memory. */
bool explain_step(struct explain *e, const struct flight_record *r);

/**
 * After the last: writes for each participant what its line was like, what it was shown on each
 * slot and for how long, and why it was not more. `only`: of one alone, by its id; NULL: of
 * all. False if there is nobody of that id.
 */
bool explain_write(struct explain *e, const char *only, FILE *out);

#endif
