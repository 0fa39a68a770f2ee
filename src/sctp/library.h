/**
 * usrsctp as a process has it: once. Its state is the one thing in salon that is global and
 * changes; all of it is in library.c.
 *
 * The library names an association in its calls back by the address it was given. That is a
 * number that is never used again, so that a late call back for one that is gone finds nobody.
 */
#ifndef SCTP_LIBRARY_H
#define SCTP_LIBRARY_H

#include "sctp/sctp.h"

/** Begins with the first association, ends with the last. 0 or -ENOMEM. */
int library_add(struct assoc *a, usec_t now);
void library_remove(struct assoc *a);

/** Moves its timers to `now`. Time that goes back (another clock) is a new beginning. */
void library_tick(usec_t now);

/** The association with this number, or NULL. */
struct assoc *library_find(const void *number);

/** As the library wants a number: in the place of an address. */
void *library_number(const struct assoc *a);

#endif
