/**
 * WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): publishing to and playing from a room with
 * nothing but HTTP, over the same rooms as the web client.
 *
 *   POST   /whip/{link token}, /whep/{link token}   an offer in, 201 and the answer out
 *   PATCH  /whip/session/{secret}                   trickle ICE, ICE restart
 *   DELETE /whip/session/{secret}                   the end
 *
 * The session's URL does not repeat the link's token: who may end one need not be able to join.
 */
#ifndef WHIP_WHIP_H
#define WHIP_WHIP_H

#include "call/call.h"
#include "http/http.h"
#include "http/limit.h"
#include "links/links.h"

struct whip;

struct whip_conf {
    struct call *call;           ///< not owned
    struct links *links;         ///< not owned
    struct limit *joins;         ///< joins by address, not owned; NULL: no limit
    struct limit *unknown_links; ///< tries of unknown links by address, not owned; or NULL
    bool spare_local; ///< --dev: do not limit the joins from this machine's own addresses
};

/** 0 or -ENOMEM. `conf` is copied. */
int whip_create(const struct whip_conf *conf, struct whip **out);

/** Adds the routes. */
void whip_serve(struct whip *w, struct http *http);

/** After call_stop(), which ended all sessions. whip_destroy(NULL) is fine. */
void whip_destroy(struct whip *w);

#endif
