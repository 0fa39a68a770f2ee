/*
 * What the library must not see. Parameters are found by adding up their lengths, and one of
 * length 0 in an INIT that comes to an association that is up keeps usrsctp 0.9.5 in place for
 * ever, and a worker with it (found by tests/fuzz/sctp_packet_fuzz.c). RFC 9260 section 3.2.1:
 * the length includes the four bytes of type and length.
 */
#include "inner.h"

#include "base/bytes.h"

#define HEADER 12 ///< of a packet
#define HEAD   4  ///< type and length: of a chunk (with its flags), and of a parameter

/** Where a chunk's parameters, or causes of an error, begin; 0: it has none. */
static size_t parameters_at(uint8_t type)
{
    switch (type) {
    case 1: // INIT: five fixed words
    case 2: // INIT ACK
        return 20;
    case 4:   // HEARTBEAT
    case 5:   // HEARTBEAT ACK
    case 6:   // ABORT
    case 9:   // ERROR
    case 130: // RE-CONFIG, RFC 6525 section 3.1
        return HEAD;
    case 128: // ASCONF-ACK, RFC 5061 section 4.1: a serial number first
    case 193: // ASCONF
        return 8;
    default:
        return 0;
    }
}

static size_t padded(size_t len)
{
    return (len + 3) & ~(size_t)3;
}

static bool parameters_sound(const uint8_t *at, size_t len)
{
    while (len >= HEAD) {
        const size_t n = rd16(at + 2);
        if (n < HEAD)
            return false;
        if (padded(n) >= len)
            return true; // one that claims too much is the last, and the library's to judge
        at += padded(n);
        len -= padded(n);
    }
    return true;
}

bool assoc_packet_sound(const uint8_t *bytes, size_t len)
{
    size_t at = HEADER;
    while (at + HEAD <= len) {
        const size_t n = rd16(bytes + at + 2), begin = parameters_at(bytes[at]);
        if (n < HEAD)
            return false;
        const size_t end = at + n < len ? at + n : len;
        if (begin && at + begin < end &&
            !parameters_sound(bytes + at + begin, end - at - begin))
            return false;
        at += padded(n);
    }
    return true;
}
