/** Which of the addresses told to clients can work, said in the log at start. */
#ifndef ANNOUNCE_H
#define ANNOUNCE_H

#include <stdbool.h>

enum announce {
    ANNOUNCE_OURS,          ///< of this machine
    ANNOUNCE_NAT,           ///< not of this machine: works if a 1:1 NAT brings its packets here
    ANNOUNCE_NO_FAMILY,     ///< likewise, and this machine has no such address at all
    ANNOUNCE_LOOPBACK,      ///< these and the following lead no client here
    ANNOUNCE_LINK_LOCAL,    ///< its meaning ends at the link
    ANNOUNCE_UNSPECIFIED,   ///< 0.0.0.0, ::
    ANNOUNCE_MULTICAST,     ///< or broadcast
    ANNOUNCE_DOCUMENTATION, ///< RFC 5737, RFC 3849: copied from an example
};

/** Looks at a literal, and at this machine's interfaces. */
enum announce announce_look(const char *address);

/** RFC 1918, RFC 6598, RFC 4193: clients elsewhere cannot reach it. */
bool announce_is_private(const char *address);

/**
 * Says in the log what does not work (`announce.useless`), what needs a NAT that forwards UDP
 * and TCP (`announce.nat`), and when nobody outside can get in (`announce.private`). With `dev`
 * loopback and private addresses are as they should be. True if any can work.
 */
bool announce_check(const char *const *address, unsigned count, bool dev);

#endif
