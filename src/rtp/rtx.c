#include "rtp/rtx.h"

#include "base/bytes.h"

#include <string.h>

enum drop rtx_unwrap(struct rtp *pkt, uint8_t pt, uint32_t ssrc)
{
    if (pkt->payload_len < 2)
        return DROP_SHORT;

    // The OSN is the payload's first two bytes: the header moves up against the original
    // payload.
    const uint16_t osn = rd16(rtp_payload(pkt));
    memmove(pkt->data + 2, pkt->data, pkt->payload_off);
    pkt->data += 2;
    pkt->len = (uint16_t)(pkt->len - 2);
    pkt->payload_len = (uint16_t)(pkt->payload_len - 2);
    pkt->seq = osn;
    pkt->pt = pt;
    pkt->ssrc = ssrc;
    rtp_write(pkt);
    return DROP_NONE;
}
