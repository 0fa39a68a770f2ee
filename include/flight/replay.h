/**
 * Repeats what a recording says was decided: what the estimators were told goes through the
 * same code once more, at the recorded times, and each decision is compared with the one that
 * was made: estimates and the pace that follows, probes, divisions of a line and what each slot
 * was given, streams that were chosen. Every few seconds the whole state is compared, too, so
 * that an input that was changed is found even if no decision follows from it at once.
 *
 * A viewer can be repeated from his first state on; after something differs, or is missing,
 * from his next.
 */
#ifndef FLIGHT_REPLAY_H
#define FLIGHT_REPLAY_H

#include "flight/read.h"

/** What came of one record. */
enum replay_result {
    REPLAY_TAKEN,   ///< no decision
    REPLAY_SAME,    ///< one that was repeated
    REPLAY_DIFFERS, ///< one that would have been another
    REPLAY_UNKNOWN, ///< not enough is known (yet) to repeat it
    REPLAY_BAD      ///< it makes no sense
};

struct replay;

/** Builds one; NULL without memory. */
struct replay *replay_create(void);

/** NULL is fine. */
void replay_destroy(struct replay *r);

/** Takes the next record. */
enum replay_result replay_step(struct replay *r, const struct flight_record *record);

/** After REPLAY_DIFFERS or REPLAY_BAD: what was recorded, and what comes out now. Borrowed. */
const char *replay_why(const struct replay *r);

#endif
