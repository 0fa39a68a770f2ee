/**
 * One publisher or player, from its POST to its DELETE.
 *
 *   POST ─▶ OFFERED ── answered ──▶ LIVE ⇄ RESTARTING (PATCH)
 *              │ refused, gone        │ DELETE, lost, removed, …
 *              └────────▶ freed ◀─────┘
 */
#ifndef WHIP_SESSION_H
#define WHIP_SESSION_H

#include "whip/whip.h"

#include "base/map.h"

#define WHIP_SECRET_CHARS 32 ///< of 5 bits each
#define WHIP_ETAG_CHARS   12

struct whip {
    struct whip_conf conf;
    struct map sessions; ///< by secret, once answered
};

struct whip_session {
    struct whip *whip;
    struct call_member *member;
    struct http_req *pending; ///< the POST or PATCH that waits for the call's reply, or NULL
    bool live;                ///< it is in the map
    char secret[WHIP_SECRET_CHARS + 1];
    char etag[WHIP_ETAG_CHARS + 3]; ///< with its quotes; another one after each ICE restart
};

/** Frees it; a request that waits must have been answered. The participant is not ended. */
void whip_session_free(struct whip_session *s);

/** The participant's shell: what the call tells it. */
extern const struct call_ops whip_call_ops;

/** Notes what must be known again if another process takes over: the URL and its tag. */
void whip_keep(struct whip_session *s);
/** One is there again: call_returns of call/call.h, with the struct whip. */
bool whip_returns(void *whip, struct call_member *m, const json_t *shell);

/** A new entity tag, of a new ICE session (RFC 9725 section 4.3.1). */
void whip_new_etag(struct whip_session *s);

/** The requests. `ctx` is the struct whip. */
void whip_publish(struct http_req *req, void *ctx);
void whip_play(struct http_req *req, void *ctx);
void whip_endpoint_options(struct http_req *req, void *ctx);
void whip_patch(struct http_req *req, void *ctx);
void whip_delete(struct http_req *req, void *ctx);
void whip_session_options(struct http_req *req, void *ctx);

/** Answers with the problem that fits why an offer was not answered. */
void whip_refuse(struct http_req *req, const struct call_answer *answer);
/** Answers with the problem that fits a link that leads to no open room. */
void whip_refuse_link(struct whip *w, struct http_req *req, enum links_status status);

/** Adds a Link header for each ICE server (RFC 9725 section 4.6). */
void whip_add_ice_links(struct http_req *req, const json_t *servers);

#endif
