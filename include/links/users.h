/** A browser's own token: ten minutes, one user, no more than that user may. */
#ifndef LINKS_USERS_H
#define LINKS_USERS_H

#include "links/tenants.h"

#define LINKS_USER_TOKEN_S 600 ///< seconds it lives

struct links_user {
    struct links_tenant tenant;
    char ref[LINKS_REF_SIZE], name[LINKS_NAME_SIZE];
    int64_t expires_at; ///< of the token that was verified
};

/** A token, to be freed; NULL without memory. */
char *links_user_token(const struct links *links, const struct links_user *user, int64_t now);

/** Whose token this is. 0, -EACCES (not ours, expired, the tenant is gone), or as in links.h.
 */
int links_user_verify(struct links *links, const char *token, struct links_user *out,
                      int64_t now);

#endif
