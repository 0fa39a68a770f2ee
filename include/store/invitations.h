/** Invitations in the database. Errors as in store.h. */
#ifndef STORE_INVITATIONS_H
#define STORE_INVITATIONS_H

#include "store/store.h"

struct store_invitation {
    char id[STORE_ID_SIZE]; ///< "iv_…"
    char tenant[STORE_ID_SIZE], room[STORE_ID_SIZE];
    bool email;     ///< a personal link instead of a ring
    unsigned state; ///< enum links_invite_state
    char from_ref[STORE_REF_SIZE], from_name[STORE_NAME_SIZE];
    char to_ref[STORE_REF_SIZE]; ///< "" for e-mail
    char to_name[STORE_NAME_SIZE];
    unsigned ring_s; ///< of a ring, seconds
    int64_t created_at;
    int64_t due_at;          ///< when its state changes by itself; 0: never
    int64_t settled_at;      ///< 0: not settled
    unsigned max_uses, uses; ///< e-mail; max_uses 0: no limit
    int64_t expires_at;      ///< e-mail; 0: never
};

/** `hash` is of an e-mail invitation's token; NULL for a ring. */
int store_invitation_add(struct store *store, const struct store_invitation *invitation,
                         const uint8_t *hash);
int store_invitation_get(struct store *store, const char *id, struct store_invitation *out);
int store_invitation_by_hash(struct store *store, const uint8_t hash[STORE_HASH_SIZE],
                             struct store_invitation *out);

/** Writes state, due_at, settled_at and uses. */
int store_invitation_update(struct store *store, const struct store_invitation *invitation);

/** A ring of these two in a state below `settled` from which it can still be answered. */
int store_invitation_live(struct store *store, const char *tenant, const char *from_ref,
                          const char *to_ref, unsigned settled, struct store_invitation *out);

/** A room's, newest first. */
int store_invitation_list(struct store *store, const char *room, unsigned limit,
                          void (*each)(const struct store_invitation *i, void *ctx), void *ctx);

/** The one that is due first; -ENOENT if none ever is. */
int store_invitation_next(struct store *store, struct store_invitation *out);

int store_invitation_count(struct store *store, const char *tenant, int64_t since, int64_t *n);

/** Forgets a tenant's made before, and a user's. */
int store_invitation_purge(struct store *store, const char *tenant, int64_t before);
int store_invitation_forget_user(struct store *store, const char *tenant, const char *user);

#endif
