/**
 * What is known of the next viewers, fetched while one is served.
 *
 *   viewer       i+5    i+4      i+3          i+2          i+1        i
 *   is fetched   slot   member   downlink,    estimator,   history's  (served)
 *                                keys         number map   next place
 *
 * Each step reads a pointer that the step before has fetched, so none of them waits.
 */
#ifndef ROOM_AHEAD_H
#define ROOM_AHEAD_H

struct stream;

/** Before slot `i` of the stream's is served. They are served from the last to the first. */
void ahead_of(const struct stream *st, unsigned i);

#endif
