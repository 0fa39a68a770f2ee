/**
 * The ICE-lite agent of one peer (RFC 8445 section 2.5).
 *
 * We have known addresses, so we only answer the client's checks and send none. From them we
 * learn where the client is (the selected path), that it is who the agreement says
 * (MESSAGE-INTEGRITY), and that it still wants our packets (consent, RFC 7675). A sans-I/O core
 * over bytes and `now`.
 *
 *            ice_on_check            30 s without a check, on any path
 *   WAITING ─────────────▶ CONNECTED ────────────────────────────────▶ EXPIRED
 *      ▲ └───────────────── 30 s without a first check ──────────────────▲ │
 *      └──────────────────────────── ice_restart ──────────────────────────┘
 */
#ifndef ICE_ICE_H
#define ICE_ICE_H

#include "base/drop.h"
#include "base/usec.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ICE_UFRAG_MAX 256 ///< RFC 8839 section 5.4: 4..256 characters
#define ICE_PWD_MAX   256 ///< RFC 8839 section 5.4: 22..256 characters
#define ICE_REPLY_MAX 256 ///< bytes; no reply of ours is longer

/** Where a datagram came from and which address of ours it came to. */
struct ice_path {
    struct sockaddr_in6 remote; ///< IPv4 as v4-mapped; sin6_flowinfo: a TCP connection, or 0
    struct in6_addr local;      ///< ours, without a port (a worker has one); IPv4 as v4-mapped
};

/** True if a reply to `a` and one to `b` are the same 5-tuple. */
bool ice_path_equal(const struct ice_path *a, const struct ice_path *b);

/** What both sides agreed. Not owned: ice_init() and ice_restart() copy. */
struct ice_credentials {
    const char *local_ufrag, *local_pwd; ///< ours, from our answer
    const char *remote_ufrag; ///< the client's; a lite agent needs no remote password
};

/** One generation of credentials, copied. */
struct ice_generation {
    char local_ufrag[ICE_UFRAG_MAX + 1], local_pwd[ICE_PWD_MAX + 1];
    char remote_ufrag[ICE_UFRAG_MAX + 1];
};

enum ice_state { ICE_WAITING, ICE_CONNECTED, ICE_EXPIRED };

struct ice {
    enum ice_state state;
    struct ice_generation cur;
    struct ice_generation old; ///< valid while `overlap`
    bool overlap;              ///< restarted, and no check with `cur` has come yet
    bool has_path;             ///< `selected` holds
    bool nominated;            ///< by USE-CANDIDATE in this generation; else provisional
    struct ice_path selected;
    uint32_t priority;   ///< PRIORITY of the check that selected it
    usec_t nominated_at; ///< of the first nomination in this generation
    usec_t expire_at;    ///< consent, or the set-up, ends
};

/** What a check brought about: the answer to send back on the path it came on, and news. */
struct ice_event {
    uint8_t reply[ICE_REPLY_MAX];
    size_t reply_len;      ///< 0: nothing is to be sent
    bool first_valid;      ///< this was the first valid check: a path exists now
    bool selected_changed; ///< `ice->selected` is another path than before
    bool restarted;        ///< first check after ice_restart(): the old credentials are gone
};

/**
 * Starts with the 30 s of set-up. Returns 0, or -EINVAL if a name or password is missing or its
 * length is not RFC 8839's. Nothing to free.
 */
int ice_init(struct ice *ice, const struct ice_credentials *c, usec_t now);

/**
 * New credentials (RFC 8445 section 9). The selected path stays and the old credentials are
 * accepted until the first check with the new ones, so media goes on. With the same credentials
 * as now: no change, so it may be called for every agreement. Revives an expired agent.
 * Returns 0 or -EINVAL as ice_init(), and then changes nothing.
 */
int ice_restart(struct ice *ice, const struct ice_credentials *c, usec_t now);

/** True if these bytes are to be handled as STUN (RFC 7983 and RFC 8489 section 5). */
bool ice_is_stun(const uint8_t *bytes, size_t len);

/**
 * Peeks at a request's USERNAME before any integrity check: `*ufrag` and `*ufrag_len` are the
 * part before the colon, our ufrag, inside `bytes`. It only finds the peer; it proves nothing.
 * False if there is none, or the message contradicts its lengths.
 */
bool ice_username(const uint8_t *bytes, size_t len, const char **ufrag, size_t *ufrag_len);

/**
 * One STUN message for this peer, at `now`. A valid Binding request is answered: `ev->reply` is
 * to be sent back on `from`. A request whose integrity holds but that has an unknown
 * comprehension-required attribute gets a 420, and DROP_MALFORMED. Nothing else is answered:
 * an indication is accepted silently (RFC 8445 section 11), whatever does not authenticate is
 * dropped.
 *
 * Selection: the first valid check sets a provisional path; USE-CANDIDATE selects, the newest
 * wins, but in the first 2 s after a generation's first nomination a lower PRIORITY does not
 * replace a higher one.
 *
 * Returns DROP_NONE, DROP_SHORT, DROP_MALFORMED, DROP_AUTH (wrong username, integrity or none),
 * or DROP_UNKNOWN_PEER (the agent has expired). `*ev` is always set.
 */
enum drop ice_on_check(struct ice *ice, const uint8_t *in, size_t len,
                       const struct ice_path *from, struct ice_event *ev, usec_t now);

/** Moves time to `now`. True once the state is ICE_EXPIRED: the peer is gone. */
bool ice_tick(struct ice *ice, usec_t now);

/** When ice_tick() must be called next; USEC_NEVER once expired. */
usec_t ice_deadline(const struct ice *ice);

static inline bool ice_expired(const struct ice *ice)
{
    return ice->state == ICE_EXPIRED;
}

#endif
