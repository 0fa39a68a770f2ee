/** Data Channel Establishment Protocol (RFC 8832): two messages. */
#ifndef SCTP_DCEP_H
#define SCTP_DCEP_H

#include "sctp/sctp.h"

#define DCEP_OPEN_HEADER 12
#define DCEP_OPEN_MAX    (DCEP_OPEN_HEADER + 2 * CHANNEL_TEXT)

enum dcep_type { DCEP_ACK = 2, DCEP_OPEN = 3 };

struct dcep {
    enum dcep_type type;
    struct channel_conf conf;        ///< of OPEN
    char label[CHANNEL_TEXT + 1];    ///< likewise
    char protocol[CHANNEL_TEXT + 1]; ///< likewise
};

/**
 * Reads one message. DROP_SHORT; DROP_MALFORMED: an unknown type, lengths that do not fit, text
 * that is not UTF-8 or has a NUL in it; DROP_LIMIT: text longer than CHANNEL_TEXT.
 */
enum drop dcep_parse(const uint8_t *bytes, size_t len, struct dcep *out);

/** Writes one into `buf` (DCEP_OPEN_MAX bytes); returns its length. */
size_t dcep_write(const struct dcep *d, uint8_t *buf);

#endif
