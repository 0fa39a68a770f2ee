/** What the files of this layer share. */
#ifndef LINKS_INNER_H
#define LINKS_INNER_H

#include "links/tenants.h"

#include "base/digest.h"
#include "store/store.h"

struct links {
    struct store *store; ///< not owned
    char *public_url;    ///< owned
    char *bare_prefix;   ///< owned; NULL: a bare /{uuid} is no link
    uint8_t key[SHA256_SIZE];
    uint8_t member_key[SHA256_SIZE]; ///< signs personal tokens
    uint8_t user_key[SHA256_SIZE];   ///< signs browsers' tokens
};

/** The token of a room's link, or its host secret (role "host"). */
void derive_token(const struct links *links, const struct links_room *room, const char *role,
                  char out[LINKS_TOKEN_SIZE]);

/** SHA-256 of the room's present token. */
void link_hash(const struct links *links, const struct links_room *room,
               uint8_t out[SHA256_SIZE]);

/**
 * Finds the token in what a person or a program calls a link, in the form that was hashed.
 * False if there is none. Pure.
 */
bool find_token(const char *link, char out[LINKS_TOKEN_SIZE]);

/** The form of a UUID that is hashed: lower case. False if it is none. Pure. */
bool canonical_uuid(const char *s, char *out);

/** Whether this room lets anybody in: it may be closed, expired, or personal while those are
 * off. */
enum links_status room_status(struct links *links, struct links_room *room, int64_t now);

/** What the link with this hash leads to. */
enum links_status resolve_hash(struct links *links, const uint8_t hash[SHA256_SIZE],
                               struct links_room *room, int64_t now);

/** The same for what follows "/b/" in a link. */
enum links_status resolve_minted(struct links *links, const char *link, struct links_room *room,
                                 int64_t now);

/** The same for a link with "/i/": what follows it, and that somebody came by it. */
enum links_status resolve_invitation(struct links *links, const char *link,
                                     struct links_room *room, int64_t now);
int use_invitation(struct links *links, const struct links_room *room, int64_t now);

void room_to_row(const struct links_room *from, struct store_room *to);
void tenant_to_row(const struct links_tenant *from, struct store_tenant *to);

/** True if each of them, separated by spaces, is one. */
bool origins_valid(const char *origins);

void room_from_row(const struct store_room *from, struct links_room *to);

#endif
