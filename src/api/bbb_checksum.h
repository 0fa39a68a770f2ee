/** BigBlueButton's checksums (docs.bigbluebutton.org, "API Security Model"). Pure. */
#ifndef API_BBB_CHECKSUM_H
#define API_BBB_CHECKSUM_H

#include <stdbool.h>
#include <stddef.h>

#define BBB_CHECKSUM_MAX 128 ///< hex digits of SHA-512

/** A query, or a form, without the parameter `checksum`, as raw bytes. */
struct bbb_signed {
    char *rest; ///< owned, NUL-terminated
    size_t len;
    char given[BBB_CHECKSUM_MAX + 1]; ///< in lower case; "" if there is none, or no checksum
    unsigned count;                   ///< how many checksums there were
};

/** False without memory. bbb_split_free() ends it either way. */
bool bbb_split(const char *text, size_t len, struct bbb_signed *out);
void bbb_split_free(struct bbb_signed *s);

/**
 * True if `given` is the hex of the hash of call, `len` bytes of `rest` and secret, one behind
 * the other: SHA-1, 256, 384 or 512, as its length tells. In constant time.
 */
bool bbb_checksum_good(const char *call, const char *rest, size_t len, const char *secret,
                       const char *given);

#endif
