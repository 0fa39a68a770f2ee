#include "sink.h"

#include "client.h"

#include "base/seq.h"
#include "rtp/ext.h"
#include "rtp/payload.h"
#include "rtp/rtx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_FIRST (15 * USEC_PER_MS)
#define ASK_AGAIN (120 * USEC_PER_MS)
#define ASK_TRIES 10
#define TICK      (10 * USEC_PER_MS)
#define PLI_PAUSE (300 * USEC_PER_MS)

static void add_codec(struct sink *s, enum media_codec codec)
{
    const struct client *c = s->owner;
    struct agree_codec *a = &s->codec[s->codec_count++];
    *a = (struct agree_codec){.codec = codec,
                              .pt = (uint8_t)(35 + 2 * codec + c->number % 2),
                              .rtx_pt = -1,
                              .nack = true,
                              .pli = true};
    if (codec == CODEC_H264) {
        a->profile = 0x42e01f;
        a->packetization = 1;
    }
    if (s->rtx_ssrc)
        a->rtx_pt = (int16_t)(a->pt + 64);
    if (codec == CODEC_OPUS && c->conf.red)
        a->red_pt = PUB_RED_PT(a->pt);
}

struct sink *sink_create(struct client *owner, enum media_kind kind, enum slot_role role,
                         uint16_t pair)
{
    struct rng *r = owner->env->rng;
    struct sink *s = calloc(1, sizeof(*s));
    struct sink_packet *ring = calloc(SINK_RING, sizeof(*ring));
    if (!s || !ring)
        abort();
    *s = (struct sink){.owner = owner, .kind = kind, .role = role, .pair = pair, .ring = ring};
    (void)snprintf(s->mid, sizeof(s->mid), "%u", owner->next_mid++);
    s->ssrc = rng_u32(r);
    s->rtx_ssrc = kind == KIND_VIDEO && !owner->conf.no_rtx ? rng_u32(r) : 0;
    for (unsigned e = 0; e < EXT_COUNT; e++)
        s->ext[e] = (uint8_t)(1 + (e + 5u * kind + owner->number) % 14);
    s->ext[EXT_RID] = s->ext[EXT_RRID] = 0;
    if (owner->conf.no_numbers || (kind == KIND_VIDEO && owner->conf.no_rtx))
        s->ext[EXT_TWCC] = 0;
    if (kind == KIND_AUDIO)
        s->ext[EXT_DEPENDENCY] = s->ext[EXT_ORIENTATION] = 0;
    else
        s->ext[EXT_AUDIO_LEVEL] = 0;
    if (kind == KIND_VIDEO && owner->conf.two_byte)
        s->ext[EXT_DEPENDENCY] = 20;
    if (kind == KIND_AUDIO)
        add_codec(s, CODEC_OPUS);
    for (int codec = CODEC_VP8; kind == KIND_VIDEO && codec < CODEC_COUNT; codec++)
        add_codec(s, (enum media_codec)codec);
    s->tick_at = USEC_NEVER;
    return s;
}

void sink_destroy(struct sink *s)
{
    free(s->ring);
    free(s->kept);
    free(s);
}

void sink_watch(struct sink *s, sink_eye eye, void *ctx)
{
    s->kept = malloc((size_t)SINK_RING * SINK_BYTES);
    if (!s->kept)
        abort();
    s->eye = eye;
    s->eye_ctx = ctx;
}

void sink_mline(const struct sink *s, struct agree_mline *m)
{
    *m = (struct agree_mline){.kind = s->kind,
                              .active = true,
                              .client_receives = true,
                              .role = s->role,
                              .codec_count = s->codec_count,
                              .slot_ssrc = s->ssrc,
                              .slot_rtx_ssrc = s->rtx_ssrc,
                              .slot_pair = s->pair,
                              .ext_mixed = !s->owner->conf.no_mixed};
    memcpy(m->mid, s->mid, sizeof(m->mid));
    memcpy(m->ext, s->ext, sizeof(m->ext));
    memcpy(m->codec, s->codec, sizeof(m->codec));
}

void sink_reset(struct sink *s)
{
    memset(s->ring, 0, SINK_RING * sizeof(*s->ring));
    s->started = s->any = s->hole = s->frame_broken = s->awaits_key = false;
    s->has_sr = s->sr_fresh = s->has_skew = false;
    s->frame_at = 0;
    s->tick_at = USEC_NEVER;
}

static struct sink_packet *at(const struct sink *s, int64_t seq)
{
    return &s->ring[seq & (SINK_RING - 1)];
}

static bool same_source(const struct mark *a, const struct mark *b)
{
    return a->client == b->client && a->pub == b->pub && a->layer == b->layer &&
           a->incarnation == b->incarnation;
}

/** Skew of the sender reports' map: what the viewer believes of the capture time, and what it
 * was. */
static void measure_skew(struct sink *s, const struct sink_packet *p)
{
    s->has_skew = s->has_sr && s->sr_fresh;
    if (!s->has_skew)
        return;
    const int64_t rate = s->kind == KIND_AUDIO ? 48000 : 90000;
    const int64_t since_us = (int64_t)(int32_t)(p->ts - s->sr.rtp) * 1000000 / rate;
    const uint64_t truth = client_ntp(p->mark.client, p->mark.at);
    const int64_t diff = (int64_t)(s->sr.ntp - truth); // 32.32 seconds
    s->skew_us = since_us + (diff >> 16) * 1000000 / 65536;
}

static void whole_frame(struct sink *s, const struct sink_packet *p, usec_t now)
{
    s->frames++;
    s->keys += p->mark.key;
    if (p->mark.key)
        s->awaits_key = false;
    if (s->frame_at && now - s->frame_at > s->longest_pause)
        s->longest_pause = now - s->frame_at;
    s->frame_at = now;
    measure_skew(s, p);
}

#define COMPLAIN(s, format, ...)                                                               \
    client_complain((s)->owner, "slot %s: " format, (s)->mid, __VA_ARGS__)

static void note_switch(struct sink *s, const struct mark *n)
{
    const struct mark *m = &s->last.mark;
    if (same_source(m, n))
        return;
    s->switches++;
    s->layer_switches += m->client == n->client && m->pub == n->pub;
    if (m->client != n->client)
        s->sr_fresh = false;
}

/** Where the bytes of a packet of the ring are. */
static uint8_t *kept_at(const struct sink *s, const struct sink_packet *p)
{
    return s->kept + (size_t)(p - s->ring) * SINK_BYTES;
}

static void play(struct sink *s, const struct sink_packet *p, usec_t now)
{
    const struct mark *n = &p->mark;
    const bool first = n->index == 0;
    if (s->any && !s->hole) {
        sink_check_neighbours(s, &s->last, p);
    } else if (s->any) {
        if ((int32_t)(p->ts - s->last.ts) < 0)
            COMPLAIN(s, "time went back by %d ticks behind a hole",
                     (int32_t)(s->last.ts - p->ts));
    }
    if (s->any)
        note_switch(s, n);
    if (first)
        s->frame_broken = false;
    else if (s->hole || !s->any)
        s->frame_broken = true;
    if (s->kind == KIND_VIDEO && (s->hole || !s->any) && !(first && n->key && n->sid == 0)) {
        s->awaits_key = true;
        memset(s->got, 0, sizeof(s->got));
    }
    s->hole = s->thinned_late = false;
    s->any = true;
    s->last = *p;
    s->seen = *n;
    const bool ends = n->index + 1 == n->count && !s->frame_broken;
    const bool whole = s->kind == KIND_AUDIO || (ends && sink_decode(s, n) && p->marker);
    if (whole)
        whole_frame(s, p, now);
    if (s->eye)
        s->eye(s->eye_ctx, s, p, kept_at(s, p), whole, now);
}

static usec_t patience(const struct sink *s)
{
    const bool asks = s->kind == KIND_VIDEO && !s->owner->conf.no_nack;
    return asks ? 1500 * USEC_PER_MS : 200 * USEC_PER_MS;
}

/** A whole keyframe behind a hole: no decoder waits for what is before it. */
static bool key_ahead(const struct sink *s, int64_t *found)
{
    for (int64_t i = s->cursor + 1; i <= s->highest; i++) {
        const struct mark *m = &at(s, i)->mark;
        if (!at(s, i)->here || at(s, i)->empty || !m->key || m->index != 0 || m->sid != 0 ||
            i + m->count - 1 > s->highest)
            continue;
        bool whole = true;
        for (int64_t k = i; k < i + m->count; k++)
            whole &=
                at(s, k)->here && at(s, k)->mark.frame == m->frame && at(s, k)->mark.sid == 0;
        *found = i;
        if (whole)
            return true;
    }
    return false;
}

static void skip_to(struct sink *s, int64_t seq)
{
    for (; s->cursor < seq; s->cursor++)
        s->passed += !at(s, s->cursor)->here;
    s->hole = true;
}

static void play_out(struct sink *s, usec_t now)
{
    int64_t key;
    while (s->cursor <= s->highest) {
        struct sink_packet *p = at(s, s->cursor);
        if (p->here && p->empty) {
            s->cursor++;
            s->thinned_late = true;
            continue;
        } else if (p->here) {
            play(s, p, now);
        } else if (s->kind == KIND_VIDEO && key_ahead(s, &key)) {
            skip_to(s, key);
            continue;
        } else if (now - p->missing_at < patience(s)) {
            s->tick_at = now + TICK;
            return;
        } else {
            s->lost++;
            s->hole = true;
        }
        s->cursor++;
    }
    s->tick_at = s->awaits_key ? now + TICK : USEC_NEVER;
}

static const struct agree_codec *codec_of(const struct sink *s, uint8_t pt, bool rtx)
{
    for (unsigned i = 0; i < s->codec_count; i++)
        if ((rtx ? s->codec[i].rtx_pt : s->codec[i].pt) == pt)
            return &s->codec[i];
    return NULL;
}

static void check_extensions(struct sink *s, const struct rtp *pkt, const struct mark *m)
{
    uint8_t len, level;
    bool vad;
    const char *mid = rtp_ext_text(pkt, s->ext[EXT_MID], &len);
    if (!mid || len != strlen(s->mid) || memcmp(mid, s->mid, len) != 0)
        COMPLAIN(s, "a packet without its MID, or with another one (%.*s)", mid ? len : 0,
                 mid ? mid : "");
    if (s->kind != KIND_AUDIO || !s->ext[EXT_AUDIO_LEVEL])
        return;
    const bool here = rtp_ext_audio_level(pkt, s->ext[EXT_AUDIO_LEVEL], &level, &vad);
    if (here ? level != m->level : !s->owner->conf.lack_levels)
        COMPLAIN(s, "the audio level is not the publisher's %u", m->level);
}

/** What the packet says, checked for itself. False: it was complained about. */
static bool read_packet(struct sink *s, const struct rtp *pkt, const struct agree_codec *codec,
                        struct sink_packet *out)
{
    struct payload desc;
    *out = (struct sink_packet){
        .here = true, .codec = codec->codec, .marker = pkt->marker, .ts = pkt->ts};
    if (!mark_read(rtp_payload(pkt), pkt->payload_len, &out->mark)) {
        COMPLAIN(s, "packet %u is not what was published", pkt->seq);
        return false;
    }
    if (payload_parse(&desc, codec->codec, rtp_payload(pkt), pkt->payload_len) != DROP_NONE) {
        COMPLAIN(s, "packet %u has a payload that does not parse", pkt->seq);
        return false;
    }
    if (s->kind == KIND_VIDEO &&
        desc.keyframe != (out->mark.key && out->mark.index == 0 && out->mark.sid == 0) &&
        codec->codec != CODEC_H264)
        COMPLAIN(s, "packet %u says keyframe and is none, or the other way round", pkt->seq);
    out->pid_here = desc.pid_bits == 15;
    out->pid = desc.pid;
    out->tl0 = desc.tl0;
    out->tid = desc.tid;
    out->has_frame = rtp_ext_frame_number(pkt, s->ext[EXT_DEPENDENCY], &out->dd_frame);
    if (codec->codec == CODEC_AV1 && !s->owner->conf.no_mixed && !out->has_frame)
        COMPLAIN(s, "packet %u has no dependency descriptor", pkt->seq);
    check_extensions(s, pkt, &out->mark);
    if (s->kept) {
        s->part = rtp_payload(pkt) + desc.head_len;
        out->len = (uint16_t)(pkt->payload_len - desc.head_len - MARK_SIZE);
    }
    return true;
}

static void store(struct sink *s, int64_t seq, const struct sink_packet *p, bool repaired,
                  usec_t now)
{
    for (int64_t gap = s->highest + 1; gap <= seq; gap++)
        *at(s, gap) = (struct sink_packet){.missing_at = now};
    if (seq > s->highest)
        s->highest = seq;
    struct sink_packet *place = at(s, seq);
    if (place->here) {
        s->doubled++;
        if (memcmp(&place->mark, &p->mark, sizeof(p->mark)) != 0 || place->ts != p->ts ||
            place->pid != p->pid)
            COMPLAIN(s, "number %u was two packets", (uint16_t)seq);
        return;
    }
    if (seq < s->cursor) { // was given up
        s->late_after_switch++;
        return;
    }
    *place = *p;
    s->repaired += repaired;
    if (s->kept)
        memcpy(kept_at(s, place), s->part, p->len);
}

void sink_on_rtp(struct sink *s, struct rtp *pkt, usec_t now)
{
    const bool rtx = s->rtx_ssrc && pkt->ssrc == s->rtx_ssrc;
    if (s->codec[0].red_pt && pkt->pt == s->codec[0].red_pt &&
        !sink_undo_red(s, pkt, s->codec[0].pt))
        return;
    const struct agree_codec *codec = codec_of(s, pkt->pt, rtx);
    struct sink_packet p;
    if (!codec) {
        COMPLAIN(s, "payload type %u was not agreed", pkt->pt);
        return;
    }
    if (rtx && rtx_unwrap(pkt, codec->pt, s->ssrc) != DROP_NONE)
        return;
    if (pkt->payload_len == 0 && s->kind == KIND_VIDEO)
        p = (struct sink_packet){.here = true, .empty = true, .ts = pkt->ts};
    else if (!read_packet(s, pkt, codec, &p))
        return;
    if (s->kind == KIND_AUDIO)
        (void)sink_hear(s, &p.mark);
    s->packets++;
    s->bytes += pkt->len;
    s->fraction_got += !rtx;
    s->last_at = now;
    if (s->first_at == 0)
        s->first_at = now;
    if (!s->started) {
        s->started = true;
        s->cursor = INT64_C(0x10000) + pkt->seq;
        s->highest = s->reported = s->cursor - 1;
    }
    const int64_t seq = seq_extend(s->highest, pkt->seq);
    if (seq > s->highest + 2000 || seq < s->highest - 2000) {
        COMPLAIN(s, "number %u is far from %u", pkt->seq, (uint16_t)s->highest);
        return;
    }
    if (!s->any && seq < s->cursor) // before the first one to come
        return;
    store(s, seq, &p, rtx, now);
    play_out(s, now);
}

void sink_on_sr(struct sink *s, const struct rtcp_sr *sr, usec_t now)
{
    s->sr = *sr;
    s->sr_at = now;
    s->has_sr = s->sr_fresh = true;
}

static void ask_again(struct sink *s, usec_t now)
{
    uint16_t seq[50];
    unsigned n = 0;
    for (int64_t i = s->cursor; i < s->highest && n < 50; i++) {
        struct sink_packet *p = at(s, i);
        if (p->here || now - p->missing_at < ASK_FIRST || p->asked == ASK_TRIES ||
            (p->asked && now - p->asked_at < ASK_AGAIN))
            continue;
        p->asked++;
        p->asked_at = now;
        seq[n++] = (uint16_t)i;
    }
    s->nacks += n;
    if (n)
        client_send_nack(s->owner, s->ssrc, seq, n);
}

void sink_tick(struct sink *s, usec_t now)
{
    if (now < s->tick_at)
        return;
    play_out(s, now);
    if (s->kind == KIND_VIDEO && !s->owner->conf.no_nack)
        ask_again(s, now);
    if (s->awaits_key && now >= s->pli_at && !s->owner->conf.no_pli) {
        s->pli_at = now + PLI_PAUSE;
        s->plis++;
        client_send_pli(s->owner, s->ssrc);
    }
}

bool sink_report(struct sink *s, usec_t now, struct rtcp_report *out)
{
    if (!s->started)
        return false;
    *out = (struct rtcp_report){
        .ssrc = s->ssrc, .highest = (uint32_t)s->highest, .lost = (int32_t)s->lost};
    const int64_t expected = s->highest - s->reported;
    if (expected > s->fraction_got) // RFC 3550 appendix A.3
        out->fraction = (uint8_t)((expected - s->fraction_got) * 256 / (expected + 1));
    s->reported = s->highest;
    s->fraction_got = 0;
    if (s->has_sr) {
        out->last_sr = rtcp_ntp_middle(s->sr.ntp);
        out->delay_sr = (uint32_t)((now - s->sr_at) * 65536 / USEC_PER_SEC);
    }
    return true;
}
