#include "feed.h"

#include "base/bytes.h"

#include <string.h>

#define TICK_MS    20
#define SR_TICKS   25 ///< a sender report every half second
#define PAYLOAD    1000
#define NTP_SECOND (1ull << 32)

static size_t rtp_header(uint8_t *p, uint8_t pt, bool marker, uint16_t seq, uint32_t ts,
                         uint32_t ssrc)
{
    p[0] = 0x80;
    p[1] = (uint8_t)(pt | marker << 7);
    wr16(p + 2, seq);
    wr32(p + 4, ts);
    wr32(p + 8, ssrc);
    return 12;
}

static void send_audio(struct feed *f)
{
    uint8_t p[12 + 80];
    size_t len = rtp_header(p, PT_OPUS, false, f->audio_seq++, f->audio_ts, SSRC_AUDIO);
    memset(p + len, 0x5a, 80);
    wr32(p + len + 72, f->audio_number);
    wr32(p + len + 76, f->audio_number++);
    f->audio_ts += FEED_AUDIO_STEP;
    peer_send_rtp(f->peer, p, len + 80);
}

/** RFC 7741: descriptor with a 15-bit picture id, then the frame's own header. */
static size_t vp8_start(uint8_t *p, bool first, bool key, uint32_t frame)
{
    p[0] = (uint8_t)(0x80 | first << 4);
    p[1] = 0x80;
    wr16(p + 2, (uint16_t)(0x8000 | (frame & 0x7fff)));
    if (!first)
        return 4;
    p[4] = key ? 0x10 : 0x11;
    p[5] = 0x02;
    p[6] = 0x00;
    if (!key)
        return 7;
    const uint8_t size[] = {0x9d, 0x01, 0x2a, 640 & 0xff, 640 >> 8, 360 & 0xff, 360 >> 8};
    memcpy(p + 7, size, sizeof size);
    return 7 + sizeof size;
}

static void send_frame(struct feed *f)
{
    bool key = f->want_keyframe;
    f->want_keyframe = false;
    for (int i = 0; i < FEED_FRAME_PACKETS; i++) {
        struct peer_packet *k = &f->kept[f->video_number % FEED_KEPT];
        uint8_t *p = k->data;
        size_t at = rtp_header(p, PT_VP8, i == FEED_FRAME_PACKETS - 1, f->video_seq++,
                               f->video_ts, SSRC_VIDEO);
        size_t end = at + PAYLOAD - (i == FEED_FRAME_PACKETS - 1 ? 300 : 0);
        at += vp8_start(p + at, i == 0, key, f->frame);
        memset(p + at, 0xa5, end - at);
        wr32(p + end - 8, f->video_number);
        wr32(p + end - 4, f->frame);
        k->len = (uint16_t)end;
        if (f->withhold != f->video_number++)
            peer_send_rtp(f->peer, p, end);
    }
    f->frame++;
    f->video_ts += FEED_VIDEO_STEP;
}

static void send_report(struct feed *f, uint32_t ssrc, uint32_t clock)
{
    uint8_t p[28 + 16] = {0x80, 200, 0, 6};
    uint64_t ntp = f->ntp0 + f->ticks * (NTP_SECOND * TICK_MS / 1000);
    wr32(p + 4, ssrc);
    wr32(p + 8, (uint32_t)(ntp >> 32));
    wr32(p + 12, (uint32_t)ntp);
    wr32(p + 16, f->ticks * (clock / 1000 * TICK_MS));
    wr32(p + 20, 1);
    wr32(p + 24, 1000);
    // RFC 3550 section 6.5: SDES with a CNAME, of 4 + 4 + 2 + 3 bytes and its end
    const uint8_t sdes[] = {0x81, 202, 0, 3, 0, 0, 0, 0, 1, 3, 'a', 'b', 'c', 0, 0, 0};
    memcpy(p + 28, sdes, sizeof sdes);
    wr32(p + 32, ssrc);
    peer_send_rtcp(f->peer, p, sizeof p);
}

// ---- what the server asks of a publisher

/** RFC 4588 section 4: the original number before the payload. */
static void repair(struct feed *f, uint16_t seq)
{
    uint8_t p[PEER_MTU];
    uint16_t behind = (uint16_t)(f->video_seq - seq);
    if (f->deaf || !behind || behind > FEED_KEPT || behind > f->video_number)
        return;
    const struct peer_packet *k = &f->kept[(f->video_number - behind) % FEED_KEPT];
    memcpy(p, k->data, 12);
    p[1] = (uint8_t)((p[1] & 0x80) | PT_RTX);
    wr16(p + 2, f->rtx_seq++);
    wr32(p + 8, SSRC_RTX);
    wr16(p + 12, seq);
    memcpy(p + 14, k->data + 12, (size_t)k->len - 12);
    peer_send_rtp(f->peer, p, (size_t)k->len + 2);
    f->repairs++;
}

static void on_rtcp(const uint8_t *p, size_t len, void *arg)
{
    struct feed *f = arg;
    uint8_t kind = p[0] & 31, type = p[1];
    if (type == 205 && kind == 1 && len >= 12 && rd32(p + 8) == SSRC_VIDEO) {
        f->nacks++;
        for (size_t at = 12; at + 4 <= len; at += 4) {
            repair(f, rd16(p + at));
            for (int bit = 0; bit < 16; bit++)
                if (rd16(p + at + 2) >> bit & 1)
                    repair(f, (uint16_t)(rd16(p + at) + bit + 1));
        }
    } else if (type == 206 && (kind == 1 || kind == 4)) {
        f->plis++;
        f->want_keyframe = true;
    } else if (type == 201) {
        for (size_t at = 8; at + 24 <= len; at += 24)
            if (rd32(p + at) == SSRC_VIDEO) {
                f->reports++;
                f->last_lost = p[at + 4];
            }
    }
}

static gboolean on_tick(gpointer arg)
{
    struct feed *f = arg;
    if (!f->peer->connected)
        return G_SOURCE_CONTINUE;
    for (; f->rtcp_seen < f->peer->rtcp_count; f->rtcp_seen++)
        rtcp_each(&f->peer->rtcp[f->rtcp_seen], on_rtcp, f);
    if (f->ticks % SR_TICKS == 0) {
        send_report(f, SSRC_AUDIO, 48000);
        send_report(f, SSRC_VIDEO, 90000);
    }
    send_audio(f);
    if (f->ticks++ % 2 == 0)
        send_frame(f);
    return G_SOURCE_CONTINUE;
}

void feed_start(struct feed *f, struct peer *peer)
{
    *f = (struct feed){.peer = peer,
                       .want_keyframe = true,
                       .withhold = UINT32_MAX,
                       .audio_seq = 65500, // both wrap within the test
                       .video_seq = 65450,
                       .ntp0 = 0xe8000000ull << 32};
    f->timer = g_timeout_add(TICK_MS, on_tick, f);
}

void feed_stop(struct feed *f)
{
    if (f->timer)
        g_source_remove(f->timer);
    f->timer = 0;
}

// ---- reading packets

bool rtp_parts(const struct peer_packet *packet, struct rtp_parts *out)
{
    const uint8_t *p = packet->data;
    size_t at = 12, end = packet->len;
    if (end < 12 || p[0] >> 6 != 2)
        return false;
    at += (p[0] & 15) * 4u;
    if (p[0] & 0x10) {
        if (at + 4 > end)
            return false;
        at += 4 + rd16(p + at + 2) * 4u;
    }
    if (p[0] & 0x20)
        end -= p[end - 1] <= end ? p[end - 1] : end;
    if (at > end)
        return false;
    *out = (struct rtp_parts){.pt = p[1] & 127,
                              .marker = p[1] >> 7,
                              .seq = rd16(p + 2),
                              .ts = rd32(p + 4),
                              .ssrc = rd32(p + 8),
                              .payload = p + at,
                              .len = end - at};
    return true;
}

uint32_t feed_number(const struct rtp_parts *r)
{
    return r->len < 8 ? UINT32_MAX : rd32(r->payload + r->len - 8);
}

uint32_t feed_frame(const struct rtp_parts *r)
{
    return r->len < 8 ? UINT32_MAX : rd32(r->payload + r->len - 4);
}

void rtcp_each(const struct peer_packet *compound,
               void (*fn)(const uint8_t *packet, size_t len, void *arg), void *arg)
{
    const uint8_t *p = compound->data;
    for (size_t at = 0, len; at + 4 <= compound->len; at += len) {
        len = (rd16(p + at + 2) + 1u) * 4;
        if (p[at] >> 6 != 2 || at + len > compound->len)
            return;
        fn(p + at, len, arg);
    }
}

static size_t empty_report(uint8_t *out, uint32_t from)
{
    out[0] = 0x80;
    out[1] = 201;
    wr16(out + 2, 1);
    wr32(out + 4, from);
    return 8;
}

size_t rtcp_nack(uint8_t *out, uint32_t from, uint32_t ssrc, uint16_t seq)
{
    uint8_t *p = out + empty_report(out, from);
    p[0] = 0x81;
    p[1] = 205;
    wr16(p + 2, 3);
    wr32(p + 4, from);
    wr32(p + 8, ssrc);
    wr16(p + 12, seq);
    wr16(p + 14, 0);
    return 24;
}

size_t rtcp_pli(uint8_t *out, uint32_t from, uint32_t ssrc)
{
    uint8_t *p = out + empty_report(out, from);
    p[0] = 0x81;
    p[1] = 206;
    wr16(p + 2, 2);
    wr32(p + 4, from);
    wr32(p + 8, ssrc);
    return 20;
}
