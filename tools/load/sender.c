#include "sender.h"

#include "peer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PART        1120 ///< bytes of a frame in one packet, at most
#define KEY_EACH    (500 * USEC_PER_MS)
#define NAMED_FIRST 50 ///< packets that say whose they are, even if the server was quick
#define VP8_HEAD    6
#define PACE_TIMES  3 ///< the clips' own rate
#define CATCH_UP    (200 * USEC_PER_MS)
#define PACE_BURST  (5 * USEC_PER_MS)

static bool is_sound(const struct sender *s)
{
    return s->source == SENDER_MICROPHONE;
}

/** What a clip takes on average. */
static unsigned rate_of(const struct clip *c)
{
    const uint64_t us = (uint64_t)c->interval_us * c->count;
    return us ? (unsigned)(c->len * 8 * USEC_PER_SEC / us) : 1;
}

int sender_init(struct sender *s, struct peer *p, enum sender_source source, unsigned layers)
{
    const struct clips *clips = &p->core->clips;
    *s = (struct sender){
        .peer = p, .source = source, .layers = layers, .rtx_pt = -1, .stopped = true};
    for (unsigned i = 0; i < layers; i++) {
        struct sender_layer *l = &s->layer[i];
        l->clip = is_sound(s)               ? &clips->silence
                  : source == SENDER_SCREEN ? &clips->screen
                                            : &clips->camera[clips->layers - layers + i];
        l->ssrc = core_random(p->core);
        l->rtx_ssrc = core_random(p->core);
        l->seq = (uint16_t)(core_random(p->core) & 0x7fff);
        l->rtx_seq = (uint16_t)(core_random(p->core) & 0x7fff);
        l->pid = (uint16_t)(core_random(p->core) & 0x7fff);
        l->ts0 = core_random(p->core);
        if (!is_sound(s) && !(l->kept = calloc(SENDER_KEPT, sizeof(*l->kept))))
            return -ENOMEM;
        l->unsent = l->seq;
        s->rate_bps += PACE_TIMES * rate_of(l->clip);
        if (seal_stream_init(&l->seal, l->ssrc, !is_sound(s)) < 0 ||
            seal_stream_init(&l->rtx_seal, l->rtx_ssrc, false) < 0)
            return -ENOMEM;
    }
    return 0;
}

void sender_fini(struct sender *s)
{
    for (unsigned i = 0; i < s->layers; i++) {
        free(s->layer[i].kept);
        seal_stream_fini(&s->layer[i].seal);
        seal_stream_fini(&s->layer[i].rtx_seal);
    }
}

void sender_start(struct sender *s, usec_t now)
{
    // Not all in the same moment of their interval.
    s->next_at = now + core_random(s->peer->core) % s->layer[0].clip->interval_us;
    s->began_at = s->next_at;
    s->spurt_until = now;
}

uint32_t sender_ts(const struct sender *s, const struct sender_layer *l, usec_t now)
{
    return l->ts0 + (uint32_t)((now - s->began_at) * (is_sound(s) ? 48 : 90) / 1000);
}

// ---- one packet

/** RFC 8285's one-byte form. */
static size_t add_ext(uint8_t *out, size_t at, uint8_t id, const void *value, size_t len)
{
    if (id == 0 || len == 0)
        return at;
    out[at] = (uint8_t)(id << 4 | (len - 1));
    memcpy(out + at + 1, value, len);
    return at + 1 + len;
}

static size_t write_exts(const struct sender *s, const struct sender_layer *l,
                         const struct sender_packet *k, bool rtx, uint8_t *out)
{
    const struct sdp_ext *x = &s->peer->remote->ext;
    uint8_t number[2];
    size_t at = 4;
    const unsigned i = (unsigned)(l - s->layer);
    if (k->named || rtx) { // nobody reports on repairs, so they say it always
        at = add_ext(out, at, x->mid, s->mid, strlen(s->mid));
        if (s->layers > 1)
            at = add_ext(out, at, rtx ? x->rrid : x->rid, sdp_rid(i, s->layers), 1);
    }
    if (is_sound(s))
        at = add_ext(out, at, x->level, &k->level, 1);
    if (x->twcc) {
        wr16(number, rtx ? s->peer->twcc_seq++ : k->twcc);
        at = add_ext(out, at, x->twcc, number, 2);
    }
    while (at % 4)
        out[at++] = 0;
    wr16(out, 0xbede);
    wr16(out + 2, (uint16_t)(at / 4 - 1));
    return at > 4 ? at : 0;
}

/** RFC 7741 section 4.2. */
static size_t write_vp8(const struct sender_packet *k, bool sync, uint8_t *out)
{
    out[0] = (uint8_t)(0x80 | (k->part == 0 ? 0x10 : 0) | (k->stamp.tid == 2 ? 0x20 : 0));
    out[1] = 0x80 | 0x40 | 0x20; // picture id, TL0PICIDX, TID
    wr16(out + 2, (uint16_t)(0x8000 | k->pid));
    out[4] = k->tl0;
    out[5] = (uint8_t)(k->stamp.tid << 6 | (sync ? 0x20 : 0));
    return VP8_HEAD;
}

static size_t write_payload(const struct sender *s, const struct sender_packet *k, uint8_t *out)
{
    const struct clip_frame *f = &k->clip->frame[k->stamp.clip];
    const uint8_t *bytes = k->clip->bytes + f->off;
    if (is_sound(s)) {
        memcpy(out, bytes, f->len);
        stamp_write(out + f->len - STAMP_SIZE, &k->stamp);
        return f->len;
    }
    size_t n = write_vp8(k, f->sync, out);
    const uint32_t from = f->len * k->part / k->parts, to = f->len * (k->part + 1u) / k->parts;
    memcpy(out + n, bytes + from, to - from);
    n += to - from;
    if (k->part + 1 == k->parts) {
        stamp_write(out + n, &k->stamp);
        n += STAMP_SIZE;
    }
    return n;
}

static size_t write_packet(const struct sender *s, struct sender_layer *l,
                           const struct sender_packet *k, bool rtx, uint8_t *out)
{
    const bool marker = !is_sound(s) && k->part + 1 == k->parts;
    size_t len = RTP_MIN_HEADER;
    wr16(out + 2, rtx ? l->rtx_seq++ : k->seq);
    wr32(out + 4, k->ts);
    wr32(out + 8, rtx ? l->rtx_ssrc : l->ssrc);
    const size_t ext = write_exts(s, l, k, rtx, out + len);
    out[0] = ext ? 0x90 : 0x80;
    out[1] = (uint8_t)((marker ? 0x80 : 0) | (rtx ? (uint8_t)s->rtx_pt : s->pt));
    len += ext;
    if (rtx) { // RFC 4588 section 4
        wr16(out + len, k->seq);
        len += 2;
    }
    return len + write_payload(s, k, out + len);
}

// ---- frames

/** For the first time. */
static void send_packet(struct sender *s, struct sender_layer *l, struct sender_packet *k)
{
    struct core *c = s->peer->core;
    uint8_t out[PEER_PACKET];
    k->stamp.wall_us = core_wall();
    k->twcc = s->peer->twcc_seq++;
    const size_t len = write_packet(s, l, k, false, out);
    l->packets++;
    l->octets += (uint32_t)len;
    s->paced_at += (usec_t)(len * 8 * USEC_PER_SEC / s->rate_bps);
    if (c->measuring) {
        c->tally.media.sent++;
        c->tally.media.sent_bytes += len;
    }
    peer_send_rtp(s->peer, &l->seal, out, len);
}

/** A frame of pictures waits for the pacer, sound goes at once. */
static void make_frame(struct sender *s, struct sender_layer *l, usec_t now)
{
    const struct clip_frame *f = &l->clip->frame[l->at];
    struct sender_packet k = {
        .stamp = {.member = s->peer->conf.member,
                  .layer = s->source == SENDER_SCREEN   ? STAMP_SCREEN
                           : s->source == SENDER_CAMERA ? (uint8_t)(l->clip->source - 1)
                                                        : 0,
                  .tid = f->tid,
                  .clip = (uint16_t)l->at,
                  .frame = l->frame++},
        .clip = l->clip,
        .ts = sender_ts(s, l, now),
        .parts = is_sound(s) ? 1 : (uint16_t)((f->len + STAMP_SIZE + PART - 1) / PART),
        .level = s->talks ? 0x80 | 30 : 127,
        .named = !l->heard || l->packets < NAMED_FIRST || l->at == 0,
    };
    if (l->at == 0)
        l->key_at = now;
    l->pid = (l->pid + 1) & 0x7fff;
    l->tl0 = (uint8_t)(l->tl0 + (f->tid == 0));
    k.pid = l->pid;
    k.tl0 = l->tl0;
    for (; k.part < k.parts; k.part++) {
        k.seq = l->seq++;
        if (l->kept)
            l->kept[k.seq % SENDER_KEPT] = k;
        else
            send_packet(s, l, &k);
    }
    l->at = (l->at + 1) % l->clip->count;
}

/** What browsers do too: a keyframe leaves at a few times the rate, not in one burst. */
static usec_t pace(struct sender *s, usec_t now)
{
    for (unsigned i = 0; i < s->layers; i++) {
        struct sender_layer *l = &s->layer[i];
        for (; l->unsent != l->seq; l->unsent++) {
            if (s->paced_at > now)
                return s->paced_at;
            send_packet(s, l, &l->kept[l->unsent % SENDER_KEPT]);
        }
    }
    // Only who has nothing to send saves nothing up: a late turn of the loop is caught up with.
    if (s->paced_at < now - PACE_BURST)
        s->paced_at = now - PACE_BURST;
    return USEC_NEVER;
}

/** Talk spurts and pauses, about as long as people's. */
static void turn_voice(struct sender *s, usec_t now)
{
    const double share = s->peer->conf.talks;
    if (now < s->spurt_until)
        return;
    s->talks = share >= 1 || (!s->talks && share > 0);
    const double mean = s->talks ? 3.0 : share > 0 ? 3.0 * (1 - share) / share : 10;
    const double many = mean * (0.3 + 1.4 * (core_random(s->peer->core) % 1000) / 1000);
    s->spurt_until = now + (usec_t)(many * (double)USEC_PER_SEC);
    s->layer[0].clip = s->talks ? &s->peer->core->clips.voice : &s->peer->core->clips.silence;
    s->layer[0].at = 0;
}

usec_t sender_tick(struct sender *s, usec_t now)
{
    if (s->stopped)
        return USEC_NEVER;
    if (now - s->next_at > CATCH_UP)
        s->next_at = now; // this program stood still; what waits must not outgrow what is kept
    while (s->next_at <= now) {
        if (is_sound(s))
            turn_voice(s, now);
        for (unsigned i = 0; i < s->layers; i++) {
            struct sender_layer *l = &s->layer[i];
            if (l->off)
                continue;
            if (l->key_wanted && now - l->key_at >= KEY_EACH) {
                l->at = 0;
                l->key_wanted = false;
            }
            make_frame(s, l, s->next_at);
        }
        s->next_at += s->layer[0].clip->interval_us;
    }
    return is_sound(s) ? s->next_at : usec_min(s->next_at, pace(s, now));
}

void sender_switch(struct sender *s, unsigned layer, bool on)
{
    struct sender_layer *l = &s->layer[layer];
    if (on && l->off)
        l->at = 0; // who begins again begins with a keyframe
    l->off = !on;
}

static struct sender_layer *layer_of(struct sender *s, uint32_t ssrc)
{
    for (unsigned i = 0; i < s->layers; i++)
        if (s->layer[i].ssrc == ssrc)
            return &s->layer[i];
    return NULL;
}

bool sender_on_key_request(struct sender *s, uint32_t ssrc)
{
    struct sender_layer *l = layer_of(s, ssrc);
    if (!l)
        return false;
    l->key_wanted = !is_sound(s);
    s->peer->core->tally.media.asked_keys += s->peer->core->measuring;
    return true;
}

bool sender_on_nack(struct sender *s, uint32_t ssrc, uint16_t seq)
{
    struct sender_layer *l = layer_of(s, ssrc);
    uint8_t out[PEER_PACKET];
    if (!l)
        return false;
    const struct sender_packet *k = l->kept ? &l->kept[seq % SENDER_KEPT] : NULL;
    if (!k || !k->clip || k->seq != seq ||
        (uint16_t)(l->seq - 1 - seq) < (uint16_t)(l->seq - l->unsent))
        return true; // too old, or not sent yet
    const bool rtx = s->rtx_pt >= 0;
    const size_t len = write_packet(s, l, k, rtx, out);
    if (rtx)
        peer_send_rtp(s->peer, &l->rtx_seal, out, len);
    else
        peer_resend_rtp(s->peer, &l->seal, out, len);
    return true;
}
