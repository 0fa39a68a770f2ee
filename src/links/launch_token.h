/** The JWT of a launch link. Pure: knows no database, which is what the fuzz target drives. */
#ifndef LINKS_LAUNCH_TOKEN_H
#define LINKS_LAUNCH_TOKEN_H

#include "links/launch.h"
#include "links/secrets.h"

/**
 * Verifies and reads a token with the secrets that hold; `out->tenant` stays empty. Of a token
 * that is refused only `out->claim` counts.
 */
enum launch_fault launch_token_read(const char *token, const struct links_secret_live *live,
                                    int live_count, struct links_launch *out, int64_t now);

#endif
