#include "rtp/packet.h"

#include "base/bytes.h"

#define RTP_VERSION      2
#define PROFILE_ONE_BYTE 0xBEDE // RFC 8285 section 4.2
#define PROFILE_TWO_BYTE 0x1000 // RFC 8285 section 4.3; the low four bits are "appbits"
#define ID_STOP          15     // RFC 8285 section 4.2: stop reading here

static enum rtp_ext_form form_of(uint16_t profile)
{
    if (profile == PROFILE_ONE_BYTE)
        return RTP_EXT_ONE_BYTE;
    if ((profile & 0xfff0) == PROFILE_TWO_BYTE)
        return RTP_EXT_TWO_BYTE;
    return RTP_EXT_NONE;
}

/** Reads the extension header at `off`, if there is one, and moves `*off` behind it. */
static enum drop parse_extension(struct rtp *pkt, size_t *off)
{
    if (!(pkt->data[0] & 0x10))
        return DROP_NONE;
    if (*off + 4 > pkt->len)
        return DROP_SHORT;

    const size_t ext_len = 4 * (size_t)rd16(pkt->data + *off + 2);
    if (*off + 4 + ext_len > pkt->len)
        return DROP_SHORT;
    pkt->ext_form = form_of(rd16(pkt->data + *off));
    if (pkt->ext_form != RTP_EXT_NONE) {
        pkt->ext_off = (uint16_t)(*off + 4);
        pkt->ext_len = (uint16_t)ext_len;
    }
    *off += 4 + ext_len;
    return DROP_NONE;
}

/** Asked for each receiver, so looked up once: mostly none is there that anybody wants. */
static uint16_t ids_of(const struct rtp *pkt)
{
    struct rtp_elem elem;
    uint16_t ids = 0;
    for (uint16_t pos = 0; rtp_ext_next(pkt, &pos, &elem);)
        ids |= rtp_ext_bit(elem.id);
    return ids;
}

enum drop rtp_parse(struct rtp *pkt, uint8_t *data, size_t len)
{
    if (len < RTP_MIN_HEADER || len > UINT16_MAX)
        return DROP_SHORT;
    if (data[0] >> 6 != RTP_VERSION)
        return DROP_MALFORMED;

    *pkt = (struct rtp){
        .data = data,
        .len = (uint16_t)len,
        .csrc_count = data[0] & 0x0f,
        .marker = data[1] & 0x80,
        .pt = data[1] & 0x7f,
        .seq = rd16(data + 2),
        .ts = rd32(data + 4),
        .ssrc = rd32(data + 8),
    };

    size_t off = RTP_MIN_HEADER + 4 * (size_t)pkt->csrc_count;
    const enum drop why = parse_extension(pkt, &off);
    if (why)
        return why;
    if (off > len)
        return DROP_SHORT;

    if (data[0] & 0x20) {
        // RFC 3550 section 5.1: the last octet counts the padding, itself included.
        pkt->padding = data[len - 1];
        if (pkt->padding == 0 || off + pkt->padding > len)
            return DROP_MALFORMED;
    }
    pkt->payload_off = (uint16_t)off;
    pkt->payload_len = (uint16_t)(len - off - pkt->padding);
    pkt->ext_ids = ids_of(pkt);
    return DROP_NONE;
}

void rtp_write(const struct rtp *pkt)
{
    pkt->data[1] = (uint8_t)((pkt->marker ? 0x80 : 0) | pkt->pt);
    wr16(pkt->data + 2, pkt->seq);
    wr32(pkt->data + 4, pkt->ts);
    wr32(pkt->data + 8, pkt->ssrc);
}

bool rtp_ext_next(const struct rtp *pkt, uint16_t *pos, struct rtp_elem *elem)
{
    const uint8_t *ext = pkt->data + pkt->ext_off;
    const bool two_byte = pkt->ext_form == RTP_EXT_TWO_BYTE;
    const unsigned head = two_byte ? 2 : 1;
    unsigned at = *pos;

    // A zero byte is padding between elements. RFC 8285 section 4.2: in the one-byte form an id
    // of 0 with a length, like the id 15, ends the reading.
    while (at < pkt->ext_len && ext[at] == 0)
        at++;
    if (at + head > pkt->ext_len)
        return false;

    const uint8_t id = two_byte ? ext[at] : ext[at] >> 4;
    const unsigned len = two_byte ? ext[at + 1] : (ext[at] & 0x0fu) + 1;
    if (!two_byte && (id == 0 || id == ID_STOP))
        return false;
    if (at + head + len > pkt->ext_len)
        return false;

    *elem = (struct rtp_elem){.data = ext + at + head, .id = id, .len = (uint8_t)len};
    *pos = (uint16_t)(at + head + len);
    return true;
}

const uint8_t *rtp_ext(const struct rtp *pkt, uint8_t id, uint8_t *len)
{
    struct rtp_elem elem;

    if (!(pkt->ext_ids & rtp_ext_bit(id)))
        return NULL;
    for (uint16_t pos = 0; rtp_ext_next(pkt, &pos, &elem);) {
        if (elem.id == id) {
            *len = elem.len;
            return elem.data;
        }
    }
    return NULL;
}
