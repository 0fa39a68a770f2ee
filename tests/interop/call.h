/** A room with one publisher and one viewer, as every test here begins. */
#ifndef INTEROP_CALL_H
#define INTEROP_CALL_H

#include "feed.h"

struct call {
    char whip[512], whep[512];
    struct peer *publisher, *viewer;
    struct feed feed;
    unsigned wanted; ///< of video packets, for call_has_wanted()
};

/** Opens a room, joins both and waits until they are connected; fails the test if not. */
void call_start(struct call *c, const struct peer_conf *publisher,
                const struct peer_conf *viewer);
void call_end(struct call *c);

/** Runs the call until the viewer has `more` further video packets; fails after 15 s. */
void call_run(struct call *c, unsigned more);

/** Video or audio packets (by payload type) among the viewer's from `from` on. */
unsigned call_count(const struct call *c, uint8_t pt, unsigned from);

#endif
