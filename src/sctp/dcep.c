#include "dcep.h"

#include "base/bytes.h"
#include "base/text.h"

#include <string.h>

// RFC 8832 section 5.1:
//    0                   1                   2                   3
//    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |  Message Type |  Channel Type |            Priority           |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                    Reliability Parameter                      |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |         Label Length          |       Protocol Length         |
//   +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//   |                    Label, then Protocol                       |
#define UNORDERED 0x80

static enum drop read_text(const uint8_t *bytes, size_t len, char out[CHANNEL_TEXT + 1])
{
    if (len > CHANNEL_TEXT)
        return DROP_LIMIT;
    if (!text_utf8_valid((const char *)bytes, len))
        return DROP_MALFORMED;
    memcpy(out, bytes, len);
    out[len] = 0;
    return DROP_NONE;
}

enum drop dcep_parse(const uint8_t *bytes, size_t len, struct dcep *out)
{
    *out = (struct dcep){0};
    if (len == 0)
        return DROP_SHORT;
    if (bytes[0] == DCEP_ACK) { // one byte; what follows is ignored
        out->type = DCEP_ACK;
        return DROP_NONE;
    }
    if (bytes[0] != DCEP_OPEN)
        return DROP_MALFORMED;
    if (len < DCEP_OPEN_HEADER)
        return DROP_SHORT;
    const uint8_t mode = bytes[1] & ~UNORDERED;
    const size_t label = rd16(bytes + 8);
    const size_t protocol = rd16(bytes + 10);
    if (mode > CHANNEL_TIMED || label + protocol != len - DCEP_OPEN_HEADER)
        return DROP_MALFORMED;
    out->type = DCEP_OPEN;
    out->conf.mode = (enum channel_mode)mode;
    out->conf.unordered = (bytes[1] & UNORDERED) != 0;
    out->conf.priority = rd16(bytes + 2);
    // RFC 8832 section 5.1: of a reliable channel it is to be ignored
    out->conf.limit = mode == CHANNEL_RELIABLE ? 0 : rd32(bytes + 4);
    const enum drop why = read_text(bytes + DCEP_OPEN_HEADER, label, out->label);
    return why ? why : read_text(bytes + DCEP_OPEN_HEADER + label, protocol, out->protocol);
}

size_t dcep_write(const struct dcep *d, uint8_t *buf)
{
    buf[0] = (uint8_t)d->type;
    if (d->type == DCEP_ACK)
        return 1;
    const size_t label = strlen(d->label);
    const size_t protocol = strlen(d->protocol);
    buf[1] = (uint8_t)(d->conf.mode | (d->conf.unordered ? UNORDERED : 0));
    wr16(buf + 2, d->conf.priority);
    wr32(buf + 4, d->conf.limit);
    wr16(buf + 8, (uint16_t)label);
    wr16(buf + 10, (uint16_t)protocol);
    memcpy(buf + DCEP_OPEN_HEADER, d->label, label);
    memcpy(buf + DCEP_OPEN_HEADER + label, d->protocol, protocol);
    return DCEP_OPEN_HEADER + label + protocol;
}
