/** Joining by a launch link, and what those who may invite are told. */
#ifndef SIGNAL_LAUNCH_H
#define SIGNAL_LAUNCH_H

#include "session.h"

#include "links/launch.h"
#include "links/rooms.h"

/** A launch link that was taken up. */
struct launch {
    struct links_launch says;
    struct launch_entry entry;
};

/** True if this is what `join` names: "/launch/…". */
bool launch_is(const char *link);

/** Checks the token and finds the room. False, and refused, if it does not let anybody in. */
bool launch_enter(struct signal_session *session, const struct signal_request *request,
                  struct launch *out);

/** Whom this link rings is rung once the person is in: at once, or when a host opens. */
void launch_keep(struct signal_session *session, const struct links_launch *says);

/** Rings them: the person has joined. */
void launch_ring(struct signal_session *session);

/** `link` and `token` of `joined`: what a member or a host passes on; what one comes back with
 * who came by something that is good for one start. */
void session_tell_way_back(struct signal_session *session, const struct links_room *room,
                           json_t *welcome);

/** `contacts`, to those who may invite. */
void session_tell_contacts(struct signal_session *session);

#endif
