/** What the files of this layer share. */
#ifndef LINKS_INNER_H
#define LINKS_INNER_H

#include "links/tenants.h"

#include "base/digest.h"
#include "store/store.h"

struct links {
    struct store *store; ///< not owned
    char *public_url;    ///< owned
    uint8_t key[SHA256_SIZE];
    uint8_t member_key[SHA256_SIZE]; ///< signs personal tokens
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

void room_to_row(const struct links_room *from, struct store_room *to);
void tenant_to_row(const struct links_tenant *from, struct store_tenant *to);

/** True if each of them, separated by spaces, is one. */
bool origins_valid(const char *origins);

void room_from_row(const struct store_room *from, struct links_room *to);

#endif
