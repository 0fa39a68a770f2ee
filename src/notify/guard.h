/**
 * Where a webhook may go: nowhere inside. What counts is the address that is connected to, so
 * that neither a name, nor a redirect, nor a name that changes its mind leads there. Pure.
 */
#ifndef NOTIFY_GUARD_H
#define NOTIFY_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/** True for an address of the public internet, in whichever form it hides. */
bool guard_is_public(const struct sockaddr *address);

/** True if it is public, or within one of the ranges an administrator has opened (`*opened`).
 */
bool guard_allows(const struct sockaddr *address, const char *const *ranges, size_t count,
                  bool *opened);

#endif
