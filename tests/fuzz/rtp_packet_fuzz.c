/* A packet that parses has all its parts inside, and writing it back changes nothing. */
#include "rtp/packet.h"
#include "rtp/rtx.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void elements_lie_inside(const struct rtp *pkt)
{
    const uint8_t *end = pkt->data + pkt->ext_off + pkt->ext_len;
    struct rtp_elem elem;
    unsigned n = 0;

    for (uint16_t pos = 0; rtp_ext_next(pkt, &pos, &elem); n++) {
        uint8_t first_len = 0;
        require(elem.id != 0);
        require(elem.data > pkt->data + pkt->ext_off && elem.data + elem.len <= end);
        const uint8_t *first = rtp_ext(pkt, elem.id, &first_len);
        require(first && first <= elem.data);
        require(n < pkt->len);
    }
}

/** RFC 4588: what comes out is a packet with the OSN and all but two bytes of the payload. */
static void rtx_unwraps_to_a_packet(struct rtp pkt)
{
    struct rtp again;
    const uint16_t payload_len = pkt.payload_len;
    const uint32_t ts = pkt.ts;

    if (rtx_unwrap(&pkt, 96, 7) != DROP_NONE) {
        require(payload_len < 2);
        return;
    }
    require(rtp_parse(&again, pkt.data, pkt.len) == DROP_NONE);
    require(again.payload_len + 2 == payload_len && again.payload_off == pkt.payload_off);
    require(again.ssrc == 7 && again.pt == 96 && again.ts == ts && again.seq == pkt.seq);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint8_t *data = malloc(len ? len : 1); // exact size, so that ASan sees one byte too far
    struct rtp pkt;

    require(data != NULL);
    if (len)
        memcpy(data, bytes, len);
    if (rtp_parse(&pkt, data, len) == DROP_NONE) {
        require((size_t)pkt.payload_off + pkt.payload_len + pkt.padding == len);
        require((size_t)pkt.ext_off + pkt.ext_len <= pkt.payload_off);
        elements_lie_inside(&pkt);
        rtp_write(&pkt);
        require(memcmp(data, bytes, len) == 0);
        rtx_unwraps_to_a_packet(pkt);
    }
    free(data);
    return 0;
}
