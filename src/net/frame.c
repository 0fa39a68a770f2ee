#include "net/frame.h"

#include "base/bytes.h"

#include <errno.h>

int frame_next(const uint8_t *bytes, size_t len, size_t *at, size_t max, const uint8_t **packet,
               size_t *packet_len)
{
    if (len - *at < FRAME_HEADER)
        return 0;
    const size_t says = rd16(bytes + *at);
    if (says > max)
        return -EMSGSIZE;
    if (len - *at - FRAME_HEADER < says)
        return 0;
    *packet = bytes + *at + FRAME_HEADER;
    *packet_len = says;
    *at += FRAME_HEADER + says;
    return 1;
}
