/**
 * Rooms and their links: the adapter between front ends and calls.
 *
 * A link is derived, not stored: base32(HMAC-SHA256(server key, "v1|room id|role|version")).
 * The database holds its SHA-256 alone, the server key is a file outside the database.
 *
 * `now` is in seconds since 1970 (UTC). Every function that touches the database may return
 * -EAGAIN (locked), -ENOSPC (full disk) or -EIO; links_down() is true for these: answer 503.
 * What makes rooms may also return -EDQUOT: the tenant has as many as it may.
 */
#ifndef LINKS_LINKS_H
#define LINKS_LINKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct links;
struct store;

#define LINKS_ID_SIZE    40   ///< bytes with the NUL: "rm_…", "tn_…"
#define LINKS_TOKEN_SIZE 40   ///< of a link's token: 26 characters, or a UUID's 36
#define LINKS_NAME_SIZE  321  ///< of a person's name: at most 80 characters
#define LINKS_REF_SIZE   256  ///< of a front end's own name for a user or event
#define LINKS_TITLE_SIZE 801  ///< at most 200 characters
#define LINKS_URL_SIZE   2048 ///< of a whole URL
#define LINKS_LEAVE_SIZE 1025 ///< of where to go after a call

enum links_kind { ROOM_INSTANT, ROOM_EVENT, ROOM_PERSONAL, ROOM_KIND_COUNT };
enum links_access { ACCESS_OPEN, ACCESS_LOBBY, ACCESS_MEMBERS, ACCESS_COUNT };
enum links_role { ROLE_GUEST, ROLE_MEMBER, ROLE_HOST, ROLE_COUNT };

/** Stable names in JSON: "instant", "open", "host". The inverse: false if it is none. */
const char *links_kind_name(enum links_kind kind);
const char *links_access_name(enum links_access access);
const char *links_role_name(enum links_role role);
bool links_kind_from(const char *name, enum links_kind *out);
bool links_access_from(const char *name, enum links_access *out);
bool links_role_from(const char *name, enum links_role *out);

/** A room as it stands in the database. All values. */
struct links_room {
    char id[LINKS_ID_SIZE];     ///< "rm_…", never changes
    char tenant[LINKS_ID_SIZE]; ///< the id of the tenant that owns it
    enum links_kind kind;
    enum links_access access;
    char title[LINKS_TITLE_SIZE]; ///< "" if none
    char owner_ref[LINKS_REF_SIZE], owner_name[LINKS_NAME_SIZE];
    char event_ref[LINKS_REF_SIZE];
    char locale[16];     ///< "fr", "en", "" if not said
    char metadata[4097]; ///< a JSON object as text, "" if none
    unsigned link_version;
    bool uuid; ///< its link has the shape of a UUID
    bool closed;
    bool locked; ///< while a call goes on: who comes now knocks, but for hosts
    int64_t created_at, last_used_at; ///< last_used_at 0: nobody has joined yet
    int64_t expires_at;               ///< 0: never
    int64_t ends_at;                  ///< of the event it is for; 0: not known
    bool unborn;        ///< a minted link nobody has joined by: not in the database yet
    bool weak;          ///< one came by a made-up link that can be guessed: it has no hosts
    bool owner_first;   ///< a personal room where guests wait until its owner is there
    uint8_t minted[32]; ///< if unborn: the hash of that link
    char invitation[LINKS_ID_SIZE]; ///< by whose link one came, "" if by the room's own
    char invited[LINKS_NAME_SIZE];  ///< the name in that invitation, "" if none
};

/** Where links come from. Strings are copied. */
struct links_conf {
    struct store *store;     ///< not owned
    const char *key_file;    ///< the server key: 32 random bytes, made if it is not there
    const char *public_url;  ///< "https://meet.example.org", without a slash at the end
    const char *bare_prefix; ///< the tenant to whom /{uuid} belongs; NULL: nobody's
};

/** 0 or -errno, and a line for people in `why`. */
int links_open(const struct links_conf *conf, struct links **out, char *why, size_t why_size);

/** links_close(NULL) is fine. */
void links_close(struct links *links);

/** What a link leads to. */
enum links_status {
    LINK_VALID,    ///< to the room
    LINK_UNKNOWN,  ///< to nothing: 404
    LINK_REPLACED, ///< to a room that has a new link, which it does not tell: 410
    LINK_REDIRECT, ///< likewise, but the old link may lead to the new one
    LINK_CLOSED,   ///< to a closed room: 410
    LINK_EXPIRED,  ///< to an expired room: 410
    LINK_DISABLED, ///< to a personal room while the organisation has these off: 403
    LINK_DOWN,     ///< the database does not answer: 503
};

/**
 * Looks up a link: its token in any case, or the whole URL, /r/…, /i/… or /b/… (any scheme and
 * host, a query and a fragment are ignored). `*room` is filled unless UNKNOWN or DOWN. Changes
 * nothing.
 */
enum links_status links_resolve(struct links *links, const char *link, struct links_room *room,
                                int64_t now);

/**
 * The same for a link that a front end made up: the tenant's `prefix` and `given`, any name of
 * at most 128 bytes. VALID even if nobody has ever joined by it: then `room->unborn`. Changes
 * nothing.
 */
enum links_status links_minted(struct links *links, const char *prefix, const char *given,
                               struct links_room *room, int64_t now);

/**
 * A person joined: the room is in use; an unborn one is born. 0 or -errno; a failure may be
 * ignored: the next who joins tries again.
 */
int links_room_joined(struct links *links, struct links_room *room, int64_t now);

/**
 * Whether the invitation by whose link one came to a room still lets in, after one has waited:
 * VALID (also for who came by the room's own link), REPLACED, EXPIRED, UNKNOWN or DOWN.
 */
enum links_status links_still_invited(struct links *links, const struct links_room *room,
                                      int64_t now);

/** True if `secret` (the `h=` of a host link's fragment) is the room's, in constant time. */
bool links_is_host(const struct links *links, const struct links_room *room,
                   const char *secret);

/** Who a personal token (the `t=` of a link's fragment) says its bearer is. */
struct links_member {
    char ref[LINKS_REF_SIZE];
    char name[LINKS_NAME_SIZE]; ///< one line, valid UTF-8, 1 to 80 characters
    enum links_role role;
    char once[LINKS_ID_SIZE]; ///< the id of a token that works once; "": as often as one likes
    char leave[LINKS_LEAVE_SIZE]; ///< where the page goes after the call: an http(s) URL, or ""
    int64_t until;                ///< when the token expires; filled in by a check
};

/**
 * Checks a personal token: signed by us (HS256, no other), for this room and its present link
 * version, not expired, and not used up. The owner of a personal room is its host. Returns 0
 * and `*out`, -EACCES, or as above. Uses nothing up.
 */
int links_verify_member(const struct links *links, const struct links_room *room,
                        const char *token, struct links_member *out, int64_t now);

/**
 * Somebody enters with a token that was verified just now: one that works once is used up.
 * -EACCES: it was used meanwhile.
 */
int links_member_enter(struct links *links, const struct links_member *who, int64_t now);

/** A secret of our own for a purpose, as "webhook|wh_x|1": always the same while the server key
 * is. */
void links_derive(const struct links *links, const char *purpose, uint8_t out[32]);

/** True for the errors that mean "later": -EAGAIN, -ENOSPC, -EIO, -ENOMEM. */
bool links_down(int error);

#endif
