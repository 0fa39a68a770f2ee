/**
 * Invitations: to ring somebody, or a personal link for somebody by e-mail. Errors as in
 * links.h.
 *
 *   created ──ack──▶ ringing ──▶ accepted | declined | missed | cancelled
 *      └── offline, or no ack in 10 s ──▶ unreachable
 *
 * A row a callee. The first device to answer wins. An e-mail invitation stays `created` until
 * it is used (accepted) or revoked (cancelled). After `missed` one can still be accepted.
 */
#ifndef LINKS_INVITATIONS_H
#define LINKS_INVITATIONS_H

#include "links/links.h"
#include "store/invitations.h"

/** `state` of struct store_invitation. */
enum links_invite_state {
    INVITE_CREATED,
    INVITE_RINGING,
    INVITE_ACCEPTED,
    INVITE_DECLINED,
    INVITE_MISSED,
    INVITE_CANCELLED,
    INVITE_UNREACHABLE,
    INVITE_STATE_COUNT
};

/** "created" and so on. */
const char *links_invite_state_name(enum links_invite_state state);

#define INVITE_ACK_S      10 ///< a created ring that nobody acknowledges is unreachable
#define INVITE_RING_S     45 ///< rings so long, if nothing is said
#define INVITE_RING_MIN_S 10
#define INVITE_RING_MAX_S 120

/**
 * Makes one; the caller fills tenant, room, from, to, email and what belongs to it; `ring_s` 0
 * is INVITE_RING_S. A ring is made `unreachable` at once if `offline`. -EEXIST: these two have
 * a live ring already.
 */
int links_invite(struct links *links, struct store_invitation *invitation, bool offline,
                 int64_t now);

/** 0 if the caller rings the callee now, -ENOENT if not. */
int links_ringing(struct links *links, const char *tenant, const char *from_ref,
                  const char *to_ref);

int links_invitation_get(struct links *links, const char *tenant, const char *id,
                         struct store_invitation *out);

/** Calls `each` for a room's, newest first, at most 500. */
int links_invitation_list(struct links *links, const char *room,
                          void (*each)(const struct store_invitation *i, void *ctx), void *ctx);

/**
 * Moves it to another state. -EALREADY: it is settled, or this step does not lead there;
 * `*invitation` is as it is now then. `call_lives`: a missed one may still
 * be accepted.
 */
int links_invitation_move(struct links *links, struct store_invitation *invitation,
                          enum links_invite_state to, bool call_lives, int64_t now);

/** Moves what is due by `now` (at most 64), told through `each`. `*next`: the next is due; 0
 * none. */
int links_invitation_due(struct links *links, int64_t now,
                         void (*each)(const struct store_invitation *i, void *ctx), void *ctx,
                         int64_t *next);

/** Cancels all live ones of a room, told through `each`; of `rings_only` e-mail links live on.
 */
int links_invitation_cancel(struct links *links, const char *room, bool rings_only, int64_t now,
                            void (*each)(const struct store_invitation *i, void *ctx),
                            void *ctx);

/** How many a tenant made since. */
int links_invitation_count(struct links *links, const char *tenant, int64_t since, int64_t *n);

/** An e-mail invitation's link, /i/<token>. */
void links_invitation_url(const struct links *links, const struct store_invitation *invitation,
                          char out[LINKS_URL_SIZE]);

/** Forgets invitations of this tenant made before. */
int links_invitation_purge(struct links *links, const char *tenant, int64_t before);

#endif
