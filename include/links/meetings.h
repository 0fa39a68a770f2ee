/**
 * Meetings: rooms of front ends that speak BigBlueButton, by the ids these chose. Errors as in
 * links.h; -ENOENT: no such meeting.
 *
 * What a front end chose as passwords has to be told again, so that it is not hashed: it is
 * encrypted under the server key, and a copy of the database does not tell it.
 */
#ifndef LINKS_MEETINGS_H
#define LINKS_MEETINGS_H

#include "links/links.h"

#define LINKS_MEETING_REF_CHARS    256
#define LINKS_MEETING_REF_SIZE     1025
#define LINKS_MEETING_PW_CHARS     64
#define LINKS_MEETING_PW_SIZE      257
#define LINKS_MEETING_OPTIONS_SIZE 8193

struct links_meeting {
    char ref[LINKS_MEETING_REF_SIZE]; ///< the front end's own id, unique within its tenant
    char attendee[LINKS_MEETING_PW_SIZE], moderator[LINKS_MEETING_PW_SIZE]; ///< passwords
    int64_t created_ms; ///< since 1970: tells two meetings of one id apart
    char options[LINKS_MEETING_OPTIONS_SIZE]; ///< a JSON object of the front end's
};

/** The meeting and its room, which may be closed. */
int links_meeting_get(struct links *links, const char *tenant, const char *ref,
                      struct links_meeting *out, struct links_room *room);

/**
 * Makes the room of a new meeting as links_room_make(); a meeting of the same id goes. Empty
 * passwords are replaced by random ones, and `created_ms` is filled in.
 */
int links_meeting_make(struct links *links, struct links_meeting *meeting,
                       struct links_room *room, int64_t now);

/** Writes the meeting's options and what links_room_change() writes. */
int links_meeting_change(struct links *links, const struct links_meeting *meeting,
                         const struct links_room *room);

/** Calls `each` for those that are not over, newest first, at most `limit`. */
int links_meeting_list(struct links *links, const char *tenant, unsigned limit,
                       void (*each)(const struct links_meeting *meeting,
                                    const struct links_room *room, void *ctx),
                       void *ctx);

#endif
