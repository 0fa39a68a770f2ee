/** Whose is a datagram? By address when that is known, a check by its username fragment. */
#ifndef WORKER_ROUTE_H
#define WORKER_ROUTE_H

#include "worker/worker.h"

/** The member whose address this is, or NULL. */
struct member *route_by_address(const struct worker *w, const struct sockaddr_in6 *addr);

/** The member a STUN message names by our ufrag, else (an indication) by its address; or NULL.
 */
struct worker_member *route_by_check(const struct worker *w, const struct udp_datagram *d);

/** This address has authenticated as the member's. The oldest of too many is forgotten. */
void route_add_address(struct worker *w, struct worker_member *wm,
                       const struct sockaddr_in6 *addr);

/** Our ufrag of a new agreement; the one before keeps working. 0 or -ENOMEM. */
int route_add_ufrag(struct worker *w, struct worker_member *wm, const char *ufrag);

/** Forgets all addresses: another peer connection has its own. */
void route_forget_addresses(struct worker *w, struct worker_member *wm);

/** Forgets everything of a member. */
void route_forget(struct worker *w, struct worker_member *wm);

#endif
