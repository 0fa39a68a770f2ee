/**
 * Launch links: `/launch/{prefix}#t=<JWT>`, signed by the front end's own server, so that an
 * ordinary <a href> starts or joins a call without a request to our API.
 *
 * The JWT is HS256 (no other algorithm) with the tenant's launch secret (links/secrets.h),
 * `kid` is that secret's version. Nothing is stored before the person joins; the same `jti`
 * leads to the same room, also after a restart or when two come at once.
 */
#ifndef LINKS_LAUNCH_H
#define LINKS_LAUNCH_H

#include "links/links.h"

#define LAUNCH_TOKEN_MAX  16384 ///< bytes of a JWT
#define LAUNCH_LIFETIME_S 86400 ///< `exp` is at most so far away
#define LAUNCH_SKEW_S     60    ///< that two clocks may differ by
#define LAUNCH_RINGS      50    ///< people one link may ring

enum launch_act { LAUNCH_INSTANT, LAUNCH_JOIN, LAUNCH_PERSONAL, LAUNCH_EVENT, LAUNCH_ACTS };

struct launch_callee {
    char ref[LINKS_REF_SIZE], name[LINKS_NAME_SIZE]; ///< name "": not said
};

/** What a launch link says. All strings are valid UTF-8 on one line. */
struct links_launch {
    char tenant[LINKS_ID_SIZE]; ///< whose link it is
    const char *claim;          ///< of a refused token: the claim it is about, static; or ""
    enum launch_act act;
    char ref[LINKS_REF_SIZE];       ///< `sub`: who launches
    char name[LINKS_NAME_SIZE];     ///< 1 to 80 characters
    char jti[LINKS_REF_SIZE];       ///< not ""
    char room[LINKS_ID_SIZE];       ///< of `join`, else ""
    char event_ref[LINKS_REF_SIZE]; ///< of `event`, else ""
    char context[16];               ///< "menu", "chat", …, or ""
    char title[LINKS_TITLE_SIZE], locale[16];
    unsigned ring_count;
    struct launch_callee ring[LAUNCH_RINGS];
};

/** Why a launch link is refused. */
enum launch_fault {
    LAUNCH_GOOD,
    LAUNCH_TENANT,   ///< there is no tenant of this prefix
    LAUNCH_FORM,     ///< it is no JWT, or too long
    LAUNCH_ALG,      ///< signed by another algorithm, or not at all
    LAUNCH_KEY,      ///< `kid` names no secret that holds now
    LAUNCH_FORGED,   ///< the signature is wrong
    LAUNCH_AUDIENCE, ///< `aud` is not "salon"
    LAUNCH_EXPIRED,  ///< `exp` has passed
    LAUNCH_EARLY,    ///< `nbf` or `iat` is to come
    LAUNCH_TOO_LONG, ///< `exp` is more than 24 h away
    LAUNCH_CLAIM,    ///< a claim is missing or wrong: which one is told
    LAUNCH_DOWN,     ///< the database does not answer
    LAUNCH_FAULT_COUNT
};

/** The reason in docs/signalling.md, "" for LAUNCH_GOOD. */
const char *links_launch_reason(enum launch_fault fault);

/** True for a link with "/launch/": then `prefix` is filled; "" if it names none. */
bool links_launch_prefix(const char *link, char prefix[LINKS_ID_SIZE]);

/** Checks a token for the tenant of this prefix. Changes nothing. */
enum launch_fault links_launch_read(struct links *links, const char *prefix, const char *token,
                                    struct links_launch *out, int64_t now);

/** Where a launch link leads. */
struct launch_entry {
    struct links_room room;
    struct links_member who; ///< its bearer there: the room's owner is host, others are members
    bool made;               ///< the room is new; an `unborn` one is not made yet
    int error;               ///< if LINK_DOWN: -EDQUOT, or what the database said
};

/**
 * The room of a launch link, for the moment in which the person joins. Makes the room of an
 * event or of a person if need be; one for a `jti` is `unborn` until links_room_joined().
 */
enum links_status links_launch_room(struct links *links, const struct links_launch *launch,
                                    struct launch_entry *out, int64_t now);

#endif
