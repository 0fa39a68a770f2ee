#include "rtp/ext.h"

#include "base/bytes.h"

bool rtp_ext_audio_level(const struct rtp *pkt, uint8_t id, uint8_t *level, bool *vad)
{
    uint8_t len = 0;
    const uint8_t *p = rtp_ext(pkt, id, &len);

    if (!p || len != 1) // RFC 6464 section 3
        return false;
    *vad = p[0] & 0x80;
    *level = p[0] & 0x7f;
    return true;
}

const char *rtp_ext_text(const struct rtp *pkt, uint8_t id, uint8_t *len)
{
    const uint8_t *p = rtp_ext(pkt, id, len);

    return p && *len ? (const char *)p : NULL;
}

bool rtp_ext_twcc(const struct rtp *pkt, uint8_t id, uint16_t *seq)
{
    uint8_t len = 0;
    const uint8_t *p = rtp_ext(pkt, id, &len);

    if (!p || len < 2) // version 2 of the extension has two bytes more
        return false;
    *seq = rd16(p);
    return true;
}

bool rtp_ext_orientation(const struct rtp *pkt, uint8_t id, struct rtp_orientation *out)
{
    uint8_t len = 0;
    const uint8_t *p = rtp_ext(pkt, id, &len);

    if (!p || len != 1)
        return false;
    *out = (struct rtp_orientation){
        .back = p[0] & 0x08,
        .flip = p[0] & 0x04,
        .degrees = (uint16_t)(90 * (p[0] & 0x03)),
    };
    return true;
}

bool rtp_ext_frame_number(const struct rtp *pkt, uint8_t id, uint16_t *frame)
{
    uint8_t len = 0;
    const uint8_t *p = rtp_ext(pkt, id, &len);

    if (!p || len < 3) // mandatory_descriptor_fields(): two flags, template, frame number
        return false;
    *frame = rd16(p + 1);
    return true;
}

uint32_t rtp_abs_send_time(usec_t now)
{
    const uint64_t us = (uint64_t)now % (64 * (uint64_t)USEC_PER_SEC);

    return (uint32_t)((us << 18) / (uint64_t)USEC_PER_SEC) & 0xffffff;
}
