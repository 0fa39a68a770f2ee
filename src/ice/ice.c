#include "ice/ice.h"

#include "stunmsg.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <stun/stunmessage.h>

#define UFRAG_MIN 4
#define PWD_MIN   22

// RFC 7675 section 5.1: consent lasts 30 s. A lite agent sends no checks of its own; the
// client's come every 5 s or so and are the proof that it is still there and wants our packets.
#define CONSENT (30 * USEC_PER_SEC)
#define SETUP   (30 * USEC_PER_SEC)

// Clients that nominate aggressively (RFC 5245) send USE-CANDIDATE on every pair; the best pair
// is settled within this time of the first one.
#define SETTLING (2 * USEC_PER_SEC)

bool ice_path_equal(const struct ice_path *a, const struct ice_path *b)
{
    return a->remote.sin6_port == b->remote.sin6_port &&
           a->remote.sin6_scope_id == b->remote.sin6_scope_id &&
           a->remote.sin6_flowinfo == b->remote.sin6_flowinfo &&
           memcmp(&a->remote.sin6_addr, &b->remote.sin6_addr, sizeof(struct in6_addr)) == 0 &&
           memcmp(&a->local, &b->local, sizeof(struct in6_addr)) == 0;
}

static bool length_within(const char *s, size_t min, size_t max)
{
    if (!s)
        return false;
    const size_t len = strnlen(s, max + 1);
    return len >= min && len <= max;
}

static bool credentials_valid(const struct ice_credentials *c)
{
    return length_within(c->local_ufrag, UFRAG_MIN, ICE_UFRAG_MAX) &&
           length_within(c->remote_ufrag, UFRAG_MIN, ICE_UFRAG_MAX) &&
           length_within(c->local_pwd, PWD_MIN, ICE_PWD_MAX);
}

static struct ice_generation copied(const struct ice_credentials *c)
{
    struct ice_generation g = {0};
    memcpy(g.local_ufrag, c->local_ufrag, strlen(c->local_ufrag));
    memcpy(g.local_pwd, c->local_pwd, strlen(c->local_pwd));
    memcpy(g.remote_ufrag, c->remote_ufrag, strlen(c->remote_ufrag));
    return g;
}

static void set_state(struct ice *ice, enum ice_state to)
{
    const enum ice_state from = ice->state;
    assert((from == ICE_WAITING && to != ICE_WAITING) ||
           (from == ICE_CONNECTED && to == ICE_EXPIRED) ||
           (from == ICE_EXPIRED && to == ICE_WAITING));
    ice->state = to;
}

int ice_init(struct ice *ice, const struct ice_credentials *c, usec_t now)
{
    if (!credentials_valid(c))
        return -EINVAL;
    *ice = (struct ice){.state = ICE_WAITING, .cur = copied(c), .expire_at = now + SETUP};
    return 0;
}

static bool same_generation(const struct ice_generation *g, const struct ice_credentials *c)
{
    return strcmp(g->local_ufrag, c->local_ufrag) == 0 &&
           strcmp(g->local_pwd, c->local_pwd) == 0 &&
           strcmp(g->remote_ufrag, c->remote_ufrag) == 0;
}

int ice_restart(struct ice *ice, const struct ice_credentials *c, usec_t now)
{
    if (!credentials_valid(c))
        return -EINVAL;
    ice_tick(ice, now);
    if (ice->state == ICE_EXPIRED) {
        set_state(ice, ICE_WAITING);
        return ice_init(ice, c, now);
    }
    if (same_generation(&ice->cur, c))
        return 0;
    // Two restarts in a row: what the client uses now is still the generation it has proven.
    if (ice->state == ICE_CONNECTED && !ice->overlap) {
        ice->old = ice->cur;
        ice->overlap = true;
    }
    ice->cur = copied(c);
    return 0;
}

bool ice_is_stun(const uint8_t *bytes, size_t len)
{
    return stunmsg_frames(bytes, len);
}

bool ice_username(const uint8_t *bytes, size_t len, const char **ufrag, size_t *ufrag_len)
{
    if (!stunmsg_frames(bytes, len) || stunmsg_kind(bytes) != STUNMSG_REQUEST)
        return false;
    size_t size = 0;
    const uint8_t *name = stunmsg_find(bytes, len, STUN_ATTRIBUTE_USERNAME, &size);
    const uint8_t *colon = name ? memchr(name, ':', size) : NULL;
    if (!colon || colon == name || colon - name > ICE_UFRAG_MAX)
        return false;
    *ufrag = (const char *)name;
    *ufrag_len = (size_t)(colon - name);
    return true;
}

/** RFC 8445 section 7.2.2: the username of a check is "ours:theirs". */
static bool username_is(const struct ice_generation *g, const uint8_t *name, size_t len)
{
    const size_t ours = strlen(g->local_ufrag), theirs = strlen(g->remote_ufrag);
    return len == ours + 1 + theirs && memcmp(name, g->local_ufrag, ours) == 0 &&
           name[ours] == ':' && memcmp(name + ours + 1, g->remote_ufrag, theirs) == 0;
}

static const struct ice_generation *generation_of(const struct ice *ice, const uint8_t *msg,
                                                  size_t len)
{
    size_t size = 0;
    const uint8_t *name = stunmsg_find(msg, len, STUN_ATTRIBUTE_USERNAME, &size);
    if (name && username_is(&ice->cur, name, size))
        return &ice->cur;
    if (name && ice->overlap && username_is(&ice->old, name, size))
        return &ice->old;
    return NULL;
}

/** Whether this check moves the peer to the path it came on. */
static bool moves(const struct ice *ice, const struct stunmsg_check *check, usec_t now)
{
    if (!ice->has_path)
        return true;
    if (!check->use_candidate)
        return false;
    return !ice->nominated || check->priority >= ice->priority ||
           now - ice->nominated_at >= SETTLING;
}

static void select_path(struct ice *ice, const struct ice_path *from,
                        const struct stunmsg_check *check, struct ice_event *ev, usec_t now)
{
    if (!moves(ice, check, now))
        return;
    ev->selected_changed = !ice->has_path || !ice_path_equal(&ice->selected, from);
    ice->has_path = true;
    ice->selected = *from;
    ice->priority = check->priority;
    if (check->use_candidate && !ice->nominated) {
        ice->nominated = true;
        ice->nominated_at = now;
    }
}

static void proven(struct ice *ice, const struct ice_generation *g, struct ice_event *ev,
                   usec_t now)
{
    if (ice->state == ICE_WAITING) {
        set_state(ice, ICE_CONNECTED);
        ev->first_valid = true;
    }
    ice->expire_at = now + CONSENT;
    if (ice->overlap && g == &ice->cur) {
        ice->overlap = false;
        ice->nominated = false; // the new generation nominates anew; until then the path stays
        ice->old = (struct ice_generation){0};
        ev->restarted = true;
    }
}

enum drop ice_on_check(struct ice *ice, const uint8_t *in, size_t len,
                       const struct ice_path *from, struct ice_event *ev, usec_t now)
{
    *ev = (struct ice_event){0};
    if (len < STUNMSG_HEADER)
        return DROP_SHORT;
    if (!stunmsg_frames(in, len))
        return DROP_MALFORMED;
    if (ice_tick(ice, now))
        return DROP_UNKNOWN_PEER;

    // RFC 8445 section 11: a keepalive is an indication without any authentication; it says
    // nothing, so it changes nothing. Responses answer requests, of which we sent none.
    const enum stunmsg_kind kind = stunmsg_kind(in);
    if (kind != STUNMSG_REQUEST)
        return kind == STUNMSG_INDICATION ? DROP_NONE : DROP_MALFORMED;

    const struct ice_generation *g = generation_of(ice, in, len);
    if (!g || !stunmsg_authentic(in, len, g->local_pwd))
        return DROP_AUTH;
    struct stunmsg_check check = {.reply = ev->reply};
    const enum drop why = stunmsg_answer(in, len, g->local_pwd, &from->remote, &check);
    ev->reply_len = check.reply_len;
    if (why)
        return why;
    proven(ice, g, ev, now);
    select_path(ice, from, &check, ev, now);
    return DROP_NONE;
}

bool ice_tick(struct ice *ice, usec_t now)
{
    if (ice->state != ICE_EXPIRED && now >= ice->expire_at)
        set_state(ice, ICE_EXPIRED);
    return ice->state == ICE_EXPIRED;
}

usec_t ice_deadline(const struct ice *ice)
{
    return ice->state == ICE_EXPIRED ? USEC_NEVER : ice->expire_at;
}
