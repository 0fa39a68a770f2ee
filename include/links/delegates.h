/** A server that acts for one of its users: La Suite's external API. Errors as in links.h. */
#ifndef LINKS_DELEGATES_H
#define LINKS_DELEGATES_H

#include "links/secrets.h"

#define LINKS_DELEGATE_S 3600 ///< seconds a delegate's token lives

struct links_delegate {
    struct links_tenant tenant;
    char user[LINKS_REF_SIZE]; ///< for whom: an e-mail address in lower case
};

/** 0 if this is a live La Suite secret of the tenant's, -EACCES if not; in constant time. */
int links_delegate_check(struct links *links, const char *tenant, const char *secret,
                         int64_t now);

/** A token, signed by us (HS256), to be freed; NULL without memory or database. */
char *links_delegate_token(struct links *links, const struct links_delegate *who, int64_t now);

/**
 * Whose token this is. 0; -EACCES: not ours, or its tenant or secret is gone; -ETIME: it has
 * expired; or as in links.h. A rotation of the secret ends the tokens with it.
 */
int links_delegate_verify(struct links *links, const char *token, struct links_delegate *out,
                          int64_t now);

/** Which of a user's rooms to list. */
struct links_page {
    unsigned offset, limit;
    int64_t count; ///< filled in: of all rooms
};

/** Calls `each` for a page of this user's rooms that are not closed, newest first. */
int links_delegate_rooms(struct links *links, const struct links_delegate *who,
                         struct links_page *page,
                         void (*each)(const struct links_room *room, void *ctx), void *ctx);

#endif
