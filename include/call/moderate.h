/** What hosts may do. Each returns NULL, or the reason of `error` why not. */
#ifndef CALL_MODERATE_H
#define CALL_MODERATE_H

#include "call/call.h"

/** True if it is a host. */
bool call_moderates(const struct call_member *m);

/**
 * Mutes what another publishes: no longer forwarded, told to all and to the one. Who was muted
 * may unmute. `participant` NULL: everybody else. "not_allowed", "unknown_participant",
 * "unknown_source" (nothing of the kind is published).
 */
const char *call_mute_other(struct call_member *m, const char *participant,
                            enum media_source source);

/** Puts another out, who cannot resume. "not_allowed", "unknown_participant". */
const char *call_remove(struct call_member *m, const char *participant);

/**
 * NULL if it may (un)lock the room now; "not_allowed", or "rate_limited" with `*retry_after_s`:
 * each time is written down and told to front ends.
 */
const char *call_may_lock(struct call_member *m, unsigned *retry_after_s);

/** The host has (un)locked the room in the database: tells everybody and who keeps books. */
void call_locked(struct call_member *m, const struct links_room *room);

/** Why one cannot resume who was removed, or put out while away; NULL: neither. */
const char *call_why_gone(const struct call *call, const char *id, const char *secret);

#endif
