/** What POST …/invitations takes: whom to ring, whom to make a link for. Pure. */
#ifndef API_INVITE_BODY_H
#define API_INVITE_BODY_H

#include "body.h"
#include "links/invitations.h"

#define INVITE_CALLEES 50 ///< of one request

/** One callee. */
struct invite_to {
    struct store_invitation invitation; ///< to_ref, to_name, email and what belongs to it
    bool offline;
};

struct invite_body {
    char from_ref[LINKS_REF_SIZE], from_name[LINKS_NAME_SIZE];
    unsigned ring_s;
    unsigned count;
    struct invite_to to[INVITE_CALLEES];
};

extern const char *const invite_body_fields[];

void invite_body_read(struct body *body, struct invite_body *out, int64_t now);

#endif
