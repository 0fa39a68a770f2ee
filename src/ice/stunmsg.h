/**
 * The bytes of a connectivity check: what a lite agent reads from a request and writes as the
 * answer (RFC 8489, RFC 8445 section 7.3). Building and the checks that libnice makes are
 * libnice's; what must be constant in time or happen before a peer is known is done here.
 */
#ifndef ICE_STUNMSG_H
#define ICE_STUNMSG_H

#include "base/drop.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STUNMSG_HEADER 20

enum stunmsg_kind {
    STUNMSG_REQUEST,    ///< Binding request
    STUNMSG_INDICATION, ///< Binding indication
    STUNMSG_OTHER       ///< nothing a lite agent is asked
};

/** The type of a message that stunmsg_frames() accepts. */
enum stunmsg_kind stunmsg_kind(const uint8_t *msg);

/** True if `len` bytes are one STUN message: cookie, length, and attributes that end with it.
 */
bool stunmsg_frames(const uint8_t *msg, size_t len);

/**
 * The first attribute of this type that MESSAGE-INTEGRITY covers (or itself), in a message that
 * stunmsg_frames() accepts. NULL if there is none. The pointer goes into `msg`.
 */
const uint8_t *stunmsg_find(const uint8_t *msg, size_t len, uint16_t type, size_t *value_len);

/** True if MESSAGE-INTEGRITY is there and holds with this password; compared in constant time.
 */
bool stunmsg_authentic(const uint8_t *msg, size_t len, const char *pwd);

/** What an authenticated check says, and our answer to it. */
struct stunmsg_check {
    uint8_t *reply;    ///< in: room for ICE_REPLY_MAX bytes, not owned
    size_t reply_len;  ///< 0: nothing is to be sent
    uint32_t priority; ///< 0 if it has none
    bool use_candidate;
};

/**
 * Validates an authenticated request further and builds the answer to it: a success response
 * with the mapped address `src`, or a 420 (then the result is DROP_MALFORMED).
 */
enum drop stunmsg_answer(const uint8_t *msg, size_t len, const char *pwd,
                         const struct sockaddr_in6 *src, struct stunmsg_check *check);

#endif
