#include "links/invitations.h"

#include "inner.h"

#include "base/rand.h"
#include "base/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ID_CHARS    20
#define TOKEN_CHARS 26 ///< 130 bits
#define LIST_MAX    500
#define DUE_BATCH   64

static const char *const names[INVITE_STATE_COUNT] = {
    "created", "ringing", "accepted", "declined", "missed", "cancelled", "unreachable"};

const char *links_invite_state_name(enum links_invite_state state)
{
    return names[state];
}

/** The states from which a ring can be answered come first. */
static bool live(const struct store_invitation *i)
{
    return i->state < INVITE_ACCEPTED;
}

static void derive(const struct links *links, const char *id, char out[LINKS_TOKEN_SIZE])
{
    char text[LINKS_ID_SIZE + 16];
    uint8_t mac[SHA256_SIZE];
    int n = snprintf(text, sizeof text, "invite|v1|%s", id);

    digest_hmac(links->key, sizeof links->key, text, (size_t)n, mac);
    text_base32(mac, sizeof mac, TOKEN_CHARS, out);
}

void links_invitation_url(const struct links *links, const struct store_invitation *i,
                          char out[LINKS_URL_SIZE])
{
    char token[LINKS_TOKEN_SIZE];

    derive(links, i->id, token);
    (void)snprintf(out, LINKS_URL_SIZE, "%s/i/%s", links->public_url, token);
}

static int add_email(struct links *links, struct store_invitation *i)
{
    char token[LINKS_TOKEN_SIZE];
    uint8_t hash[SHA256_SIZE];

    derive(links, i->id, token);
    digest_sha256(token, strlen(token), hash);
    i->due_at = 0;
    return store_invitation_add(links->store, i, hash);
}

int links_ringing(struct links *links, const char *tenant, const char *from_ref,
                  const char *to_ref)
{
    struct store_invitation other;

    return store_invitation_live(links->store, tenant, from_ref, to_ref, INVITE_ACCEPTED,
                                 &other);
}

static int add_ring(struct links *links, struct store_invitation *i, bool offline, int64_t now)
{
    int error = links_ringing(links, i->tenant, i->from_ref, i->to_ref);

    if (error != -ENOENT)
        return error ? error : -EEXIST;
    if (i->ring_s == 0)
        i->ring_s = INVITE_RING_S;
    i->due_at = now + INVITE_ACK_S;
    if (offline) {
        i->state = INVITE_UNREACHABLE;
        i->settled_at = now;
        i->due_at = 0;
    }
    return store_invitation_add(links->store, i, NULL);
}

int links_invite(struct links *links, struct store_invitation *i, bool offline, int64_t now)
{
    rand_id(i->id, sizeof i->id, "iv_", ID_CHARS);
    i->state = INVITE_CREATED;
    i->created_at = now;
    i->settled_at = 0;
    i->uses = 0;
    return i->email ? add_email(links, i) : add_ring(links, i, offline, now);
}

int links_invitation_get(struct links *links, const char *tenant, const char *id,
                         struct store_invitation *out)
{
    int error = store_invitation_get(links->store, id, out);

    return error ? error : strcmp(out->tenant, tenant) == 0 ? 0 : -ENOENT;
}

int links_invitation_list(struct links *links, const char *room,
                          void (*each)(const struct store_invitation *i, void *ctx), void *ctx)
{
    return store_invitation_list(links->store, room, LIST_MAX, each, ctx);
}

/** Does a step lead from here to there? */
static bool leads(const struct store_invitation *i, enum links_invite_state to, bool call_lives)
{
    switch (to) {
    case INVITE_RINGING:
        return !i->email && i->state == INVITE_CREATED;
    case INVITE_ACCEPTED:
        return live(i) || (call_lives && i->state == INVITE_MISSED);
    case INVITE_DECLINED:
    case INVITE_MISSED:
        return !i->email && live(i);
    case INVITE_CANCELLED: // a link that was used may have uses left
        return live(i) || (i->email && i->state == INVITE_ACCEPTED);
    case INVITE_UNREACHABLE:
        return !i->email && i->state == INVITE_CREATED;
    case INVITE_CREATED:
    case INVITE_STATE_COUNT:
    default:
        return false;
    }
}

/** Seconds since it was made, as it began to wait for an ack: a clock that jumped makes them no
 * more than they can be. */
static int64_t waited(const struct store_invitation *i, int64_t now)
{
    const int64_t s = now - i->created_at;

    return s < 0 ? 0 : s > INVITE_ACK_S ? INVITE_ACK_S : s;
}

int links_invitation_move(struct links *links, struct store_invitation *i,
                          enum links_invite_state to, bool call_lives, int64_t now)
{
    struct store_invitation as_is;
    int error = store_invitation_get(links->store, i->id, &as_is);

    if (error)
        return error;
    *i = as_is;
    if (!leads(i, to, call_lives))
        return -EALREADY;
    i->state = to;
    i->due_at = to == INVITE_RINGING ? now + i->ring_s - waited(i, now) : 0;
    i->settled_at = to == INVITE_RINGING ? 0 : now;
    error = store_invitation_update(links->store, i);
    if (error)
        *i = as_is;
    return error;
}

/** As one with what is told of it: a crash loses neither without the other. */
static int expire(struct links *links, struct store_invitation *i,
                  void (*each)(const struct store_invitation *i, void *ctx), void *ctx,
                  int64_t now)
{
    const enum links_invite_state to =
        i->state == INVITE_CREATED ? INVITE_UNREACHABLE : INVITE_MISSED;
    int error = store_begin(links->store);

    if (error)
        return error;
    error = links_invitation_move(links, i, to, false, now);
    if (error) {
        store_rollback(links->store);
        return error;
    }
    each(i, ctx);
    return store_commit(links->store);
}

int links_invitation_due(struct links *links, int64_t now,
                         void (*each)(const struct store_invitation *i, void *ctx), void *ctx,
                         int64_t *next)
{
    struct store_invitation i;
    int error = 0;

    *next = 0;
    for (unsigned n = 0; n < DUE_BATCH; n++) {
        error = store_invitation_next(links->store, &i);
        if (error)
            return error == -ENOENT ? 0 : error;
        *next = i.due_at;
        if (i.due_at > now)
            return 0;
        error = expire(links, &i, each, ctx, now);
        if (error)
            return error;
    }
    return 0;
}

/** Those of a room that are live, kept aside: a list is not changed while it is read. */
struct found {
    struct store_invitation one[16];
    unsigned count;
    bool rings_only;
};

static void keep_live(const struct store_invitation *i, void *ctx)
{
    struct found *found = ctx;

    if (live(i) && !(found->rings_only && i->email) &&
        found->count < sizeof found->one / sizeof *found->one)
        found->one[found->count++] = *i;
}

int links_invitation_cancel(struct links *links, const char *room, bool rings_only, int64_t now,
                            void (*each)(const struct store_invitation *i, void *ctx),
                            void *ctx)
{
    struct found found = {.rings_only = rings_only};
    int error;

    do {
        found.count = 0;
        error = links_invitation_list(links, room, keep_live, &found);
        for (unsigned k = 0; k < found.count && error == 0; k++) {
            error = links_invitation_move(links, &found.one[k], INVITE_CANCELLED, false, now);
            if (error == 0)
                each(&found.one[k], ctx);
        }
    } while (error == 0 && found.count > 0);
    return error;
}

int links_invitation_count(struct links *links, const char *tenant, int64_t since, int64_t *n)
{
    return store_invitation_count(links->store, tenant, since, n);
}

int links_invitation_purge(struct links *links, const char *tenant, int64_t before)
{
    return store_invitation_purge(links->store, tenant, before);
}

/* ---- /i/<token>: a personal link ---- */

/** What becomes of one who comes by it now. */
static enum links_status invited(const struct store_invitation *i, int64_t now)
{
    if (i->state == INVITE_CANCELLED)
        return LINK_REPLACED;
    if ((i->max_uses > 0 && i->uses >= i->max_uses) ||
        (i->expires_at != 0 && now >= i->expires_at))
        return LINK_EXPIRED;
    return LINK_VALID;
}

enum links_status resolve_invitation(struct links *links, const char *link,
                                     struct links_room *room, int64_t now)
{
    struct store_invitation i;
    struct store_room row;
    char token[LINKS_TOKEN_SIZE];
    uint8_t hash[SHA256_SIZE];
    enum links_status status;
    int error;

    if (!find_token(link, token))
        return LINK_UNKNOWN;
    digest_sha256(token, strlen(token), hash);
    error = store_invitation_by_hash(links->store, hash, &i);
    if (error == 0)
        error = store_room_get(links->store, i.room, &row);
    if (error)
        return error == -ENOENT ? LINK_UNKNOWN : LINK_DOWN;
    room_from_row(&row, room);
    memcpy(room->invitation, i.id, sizeof room->invitation);
    memcpy(room->invited, i.to_name, sizeof room->invited);
    status = room_status(links, room, now);
    return status == LINK_VALID ? invited(&i, now) : status;
}

enum links_status links_still_invited(struct links *links, const struct links_room *room,
                                      int64_t now)
{
    struct store_invitation i;
    int error;

    if (!*room->invitation)
        return LINK_VALID;
    error = store_invitation_get(links->store, room->invitation, &i);
    if (error)
        return error == -ENOENT ? LINK_UNKNOWN : LINK_DOWN;
    return invited(&i, now);
}

int use_invitation(struct links *links, const struct links_room *room, int64_t now)
{
    struct store_invitation i;
    int error = store_invitation_get(links->store, room->invitation, &i);

    if (error)
        return error;
    i.uses++;
    if (i.state == INVITE_CREATED) {
        i.state = INVITE_ACCEPTED;
        i.settled_at = now;
    }
    return store_invitation_update(links->store, &i);
}
