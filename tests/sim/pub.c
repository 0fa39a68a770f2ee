#include "pub.h"

#include "client.h"
#include "shape.h"

#include "../rtp/dd_make.h"
#include "base/bytes.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_PACKETS 40 ///< MID and RID are in the first packets of a stream, as browsers do

/** Ids of the header extensions on one m-line: what a client of this kind would offer. */
static void choose_ids(const struct client *c, uint8_t index, enum media_kind kind,
                       uint8_t ext[EXT_COUNT])
{
    const unsigned turn = c->conf.ids_per_mline ? index * 3u : 0;
    for (unsigned e = 0; e < EXT_COUNT; e++) {
        unsigned id = 1 + (e + turn) % 14;
        if (c->conf.two_byte && e == EXT_DEPENDENCY)
            id = 20;
        ext[e] = (uint8_t)id;
    }
    if (c->conf.no_mid)
        ext[EXT_MID] = ext[EXT_RID] = ext[EXT_RRID] = 0;
    if (kind == KIND_AUDIO)
        ext[EXT_RID] = ext[EXT_RRID] = ext[EXT_ORIENTATION] = ext[EXT_DEPENDENCY] = 0;
    else
        ext[EXT_AUDIO_LEVEL] = 0;
}

static uint8_t pt_of(enum media_codec codec, const struct client *c)
{
    return (uint8_t)(96 + 2 * codec + c->number % 3 * 10);
}

static void start_layer(struct pub *p, struct pub_layer *l)
{
    struct rng *r = p->owner->env->rng;
    // Close to a wrap more often than chance has it.
    l->seq = (uint16_t)(rng_chance(r, 300) ? 0x7f00 - rng_below(r, 200) : rng_u32(r) & 0x7fff);
    l->rtx_seq = (uint16_t)(rng_u32(r) & 0x7fff);
    l->ts_base = rng_chance(r, 300) ? UINT32_MAX - rng_below(r, 500000) : rng_u32(r);
    l->pid = (uint16_t)(rng_u32(r) & 0x7fff);
    l->tl0 = (uint8_t)rng_u32(r);
    l->dd_base = (uint16_t)rng_u32(r);
    l->dd_offset = (uint8_t)(l->dd_base % 64);
    l->since = 0;
    l->key_due = true;
    l->packets = l->octets = 0;
}

static void name_layer(struct pub *p, struct pub_layer *l)
{
    struct rng *r = p->owner->env->rng;
    l->ssrc = rng_u32(r);
    l->rtx_ssrc = rng_u32(r);
    seal_stream_fini(&l->seal);
    seal_stream_fini(&l->rtx_seal);
    if (seal_stream_init(&l->seal, l->ssrc, p->owner->conf.no_rtx) < 0 ||
        seal_stream_init(&l->rtx_seal, l->rtx_ssrc, false) < 0)
        abort();
}

static void set_codec(struct pub *p, enum media_codec codec)
{
    p->codec = codec;
    p->pt = pt_of(codec, p->owner);
    p->rtx_pt = codec == CODEC_OPUS || p->owner->conf.no_rtx ? -1 : (int16_t)(p->pt + 1);
    p->red = codec == CODEC_OPUS && p->owner->conf.red ? 1 : 0;
    p->copies.count = 0;
}

void pub_init(struct pub *p, struct client *owner, uint8_t index, enum media_source source,
              enum media_codec codec, unsigned layers)
{
    *p = (struct pub){.owner = owner,
                      .index = index,
                      .source = source,
                      .ids = true,
                      .mode = {.spatial = 1, .temporal = 2}};
    (void)snprintf(p->mid, sizeof(p->mid), "%u", owner->next_mid++);
    choose_ids(owner, index, media_source_kind(source), p->ext);
    set_codec(p, codec);
    p->interval = codec == CODEC_OPUS ? 20000 : 33333;
    p->layer_count = layers;
    for (unsigned i = 0; i < layers; i++) {
        static const char *const rid[] = {"q", "h", "f"};
        struct pub_layer *l = &p->layer[i];
        const unsigned below = layers - 1 - i;
        if (layers > 1)
            memcpy(l->rid, rid[i % 3], 2);
        l->width = (uint16_t)(1280u >> below);
        l->height = (uint16_t)(720u >> below);
        l->packets_per_frame = codec == CODEC_OPUS ? 1 : 1 + i;
        name_layer(p, l);
        start_layer(p, l);
    }
}

void pub_fini(struct pub *p)
{
    for (unsigned i = 0; i < p->layer_count; i++) {
        seal_stream_fini(&p->layer[i].seal);
        seal_stream_fini(&p->layer[i].rtx_seal);
        free(p->layer[i].sent);
    }
    *p = (struct pub){0};
}

static void add_codec(const struct pub *p, enum media_codec codec, struct agree_mline *m)
{
    struct agree_codec *c = &m->codec[m->codec_count++];
    *c = (struct agree_codec){.codec = codec,
                              .pt = pt_of(codec, p->owner),
                              .rtx_pt = -1,
                              .nack = true,
                              .pli = true,
                              .fir = true,
                              .twcc = true};
    if (codec == CODEC_H264) {
        c->profile = 0x42e01f;
        c->packetization = 1;
    }
    if (codec != CODEC_OPUS && !p->owner->conf.no_rtx)
        c->rtx_pt = (int16_t)(c->pt + 1);
    if (codec == CODEC_OPUS && p->owner->conf.red)
        c->red_pt = PUB_RED_PT(c->pt);
}

void pub_mline(const struct pub *p, struct agree_mline *m)
{
    *m = (struct agree_mline){.kind = media_source_kind(p->source),
                              .active = true,
                              .client_sends = true,
                              .source = p->source,
                              .content = media_source_content(p->source)};
    memcpy(m->mid, p->mid, sizeof(m->mid));
    memcpy(m->ext, p->ext, sizeof(m->ext));
    if (m->kind == KIND_AUDIO)
        add_codec(p, CODEC_OPUS, m);
    for (int codec = CODEC_VP8; m->kind == KIND_VIDEO && codec < CODEC_COUNT; codec++)
        add_codec(p, (enum media_codec)codec, m);
    if (p->layer_count < 2 && !p->owner->conf.name_ssrcs)
        return;
    m->encoding_count = p->layer_count;
    for (unsigned i = 0; i < p->layer_count; i++) {
        const struct pub_layer *l = &p->layer[i];
        struct agree_encoding *e = &m->encoding[i];
        memcpy(e->rid, l->rid, sizeof(e->rid));
        if (p->owner->conf.name_ssrcs) {
            e->ssrc = l->ssrc;
            e->rtx_ssrc = p->rtx_pt >= 0 ? l->rtx_ssrc : 0;
        }
    }
}

void pub_restart(struct pub *p, enum media_codec codec, bool new_ssrc)
{
    set_codec(p, codec);
    p->incarnation++;
    for (unsigned i = 0; i < p->layer_count; i++) {
        struct pub_layer *l = &p->layer[i];
        const uint16_t before = l->seq;
        start_layer(p, l);
        if (new_ssrc)
            name_layer(p, l);
        else // far ahead, where the rollover counters of both ends still agree
            l->seq = (uint16_t)(before + 5000 + rng_below(p->owner->env->rng, 20000));
        l->frame = 0;
    }
}

void pub_rekey(struct pub *p)
{
    p->incarnation++;
    for (unsigned i = 0; i < p->layer_count; i++) {
        start_layer(p, &p->layer[i]);
        name_layer(p, &p->layer[i]);
        p->layer[i].frame = 0;
    }
    p->copies.count = 0;
}

uint32_t pub_ts(const struct pub *p, const struct pub_layer *l, usec_t now)
{
    const usec_t t = now - p->frozen;
    return l->ts_base + (uint32_t)(t * (usec_t)media_clock(p->codec) / USEC_PER_SEC);
}

void pub_resize(struct pub *p, uint16_t width, uint16_t height)
{
    for (unsigned i = 0; i < p->layer_count; i++) {
        struct pub_layer *l = &p->layer[i];
        l->width = (uint16_t)(width >> (p->layer_count - 1 - i));
        l->height = (uint16_t)(height >> (p->layer_count - 1 - i));
        l->dd_offset = (uint8_t)((l->dd_offset + 20) % 64); // it is another structure
        l->key_due = true;
    }
}

struct extensions {
    uint8_t bytes[400];
    size_t len;
    bool two_byte;
};

static void add_ext(struct extensions *x, uint8_t id, const void *data, uint8_t len)
{
    if (id == 0)
        return;
    if (x->two_byte) {
        x->bytes[x->len++] = id;
        x->bytes[x->len++] = len;
    } else {
        x->bytes[x->len++] = (uint8_t)(id << 4 | (len - 1));
    }
    memcpy(x->bytes + x->len, data, len);
    x->len += len;
}

/** The dependency descriptor of a packet. Returns its bytes. */
static size_t describe(const struct pub *p, const struct pub_layer *l, const struct mark *m,
                       struct dd_bits *b)
{
    const struct dd_mode mode = {p->mode.spatial, p->mode.temporal, p->mode.key};
    struct dd_structure st;
    struct dd dd = {.start_of_frame = m->index == 0,
                    .end_of_frame = m->index + 1 == m->count,
                    .number = (uint16_t)(l->dd_base + m->frame * mode.spatial + m->sid),
                    .has_structure = m->key && m->sid == 0 && m->index == 0};
    dd_structure_of(&mode, l->dd_offset, l->width, l->height, &st);
    dd_frame_of(&mode, m->since, m->sid, &dd.frame);
    dd.template_id = dd_template_of(&st, &mode, m->since, m->sid);
    const size_t len = dd_make(b, &dd, &st);
    if (!p->dd_wild || m->key)
        return len;
    const unsigned outside = st.template_count + rng_below(p->owner->env->rng, 20);
    b->byte[0] = (uint8_t)((b->byte[0] & 0xc0) | (l->dd_offset + outside) % 64);
    return rng_chance(p->owner->env->rng, 300) ? 3 : len;
}

static void extend(const struct pub *p, const struct pub_layer *l, const struct mark *m,
                   bool rtx, struct extensions *x)
{
    struct dd_bits dd;
    uint8_t number[2];
    const bool described = p->codec != CODEC_OPUS && (p->codec == CODEC_AV1 || p->dd);
    const size_t dd_len = described ? describe(p, l, m, &dd) : 0;
    *x = (struct extensions){.two_byte = p->owner->conf.two_byte || dd_len > 16};
    if (l->packets < ID_PACKETS || m->key || rtx) {
        add_ext(x, p->ext[EXT_MID], p->mid, (uint8_t)strlen(p->mid));
        if (*l->rid)
            add_ext(x, p->ext[rtx ? EXT_RRID : EXT_RID], l->rid, (uint8_t)strlen(l->rid));
    }
    wr16(number, p->owner->twcc_seq++);
    add_ext(x, p->ext[EXT_TWCC], number, 2);
    if (p->ext[EXT_AUDIO_LEVEL]) {
        const uint8_t level = (uint8_t)((p->silent ? 0 : 0x80) | m->level);
        add_ext(x, p->ext[EXT_AUDIO_LEVEL], &level, 1);
    }
    if (dd_len > 0)
        add_ext(x, p->ext[EXT_DEPENDENCY], dd.byte, (uint8_t)dd_len);
    while (x->len % 4)
        x->bytes[x->len++] = 0;
}

/** Header and extensions. Returns their bytes. */
static size_t write_header(const struct pub *p, const struct pub_layer *l, const struct mark *m,
                           bool rtx, uint32_t ts, uint16_t seq, uint8_t *out)
{
    struct extensions x;
    extend(p, l, m, rtx, &x);
    const bool marker =
        p->codec != CODEC_OPUS && m->index + 1 == m->count && m->sid + 1 == p->mode.spatial;
    out[0] = (uint8_t)(0x80 | (x.len ? 0x10 : 0));
    out[1] = (uint8_t)((marker ? 0x80 : 0) | (rtx ? (uint8_t)p->rtx_pt : p->pt));
    wr16(out + 2, seq);
    wr32(out + 4, ts);
    wr32(out + 8, rtx ? l->rtx_ssrc : l->ssrc);
    if (x.len == 0)
        return 12;
    wr16(out + 12, x.two_byte ? 0x1000 : 0xbede);
    wr16(out + 14, (uint16_t)(x.len / 4));
    memcpy(out + 16, x.bytes, x.len);
    return 16 + x.len;
}

static void remember(struct pub_layer *l, uint16_t seq, const uint8_t *bytes, size_t len)
{
    if (!l->sent)
        l->sent = calloc(PUB_HISTORY, sizeof(*l->sent));
    if (!l->sent || len > PUB_PACKET)
        abort();
    struct pub_sent *s = &l->sent[seq % PUB_HISTORY];
    s->seq = seq;
    s->len = (uint16_t)len;
    memcpy(s->bytes, bytes, len);
}

static size_t payload_size(const struct pub *p, const struct mark *m)
{
    if (p->codec == CODEC_OPUS)
        return SHAPE_HEAD_MAX + MARK_SIZE;
    if (p->payload)
        return p->payload + (size_t)(p->uneven && m->index >= m->count / 2);
    return 150 + rng_below(p->owner->env->rng, 250);
}

/** The payload of packet `m->index`: of a real frame or made up. Returns its bytes. */
static size_t write_payload(const struct pub *p, const struct shape *shape,
                            const struct mark *m, const struct pub_frame *f, uint8_t *out)
{
    if (f->bytes) {
        const size_t off = (size_t)m->index * PUB_CHUNK;
        const size_t rest = f->len - off;
        return shape_wrap(shape, m, f->bytes + off, rest < PUB_CHUNK ? rest : PUB_CHUNK, out);
    }
    const size_t len = payload_size(p, m);
    shape_write(shape, m, out, len);
    return len;
}

static void send_packet(struct pub *p, struct pub_layer *l, struct mark *m,
                        const struct pub_frame *frame, uint32_t ts)
{
    uint8_t out[CLIENT_PACKET];
    const struct dd_mode mode = {p->mode.spatial, p->mode.temporal, p->mode.key};
    const unsigned tid = dd_tid(&mode, m->since);
    const struct shape shape = {.codec = p->codec,
                                .key = m->key,
                                .ids = p->ids,
                                .index = m->index,
                                .count = m->count,
                                .sid = m->sid,
                                .spatial = p->mode.spatial,
                                .k_svc = p->mode.key,
                                .tid = (uint8_t)tid,
                                .sync = tid > 0 &&
                                        dd_tid(&mode, dd_refers_to(&mode, m->since)) == 0,
                                .tl0 = l->tl0,
                                .pid = l->pid,
                                .width = l->width,
                                .height = l->height};
    const size_t head = write_header(p, l, m, false, ts, l->seq, out);
    size_t payload = write_payload(p, &shape, m, frame, out + head);
    if (p->red) {
        payload = pub_add_copies(p, ts, out + head, payload);
        out[1] = PUB_RED_PT(p->pt);
    }
    if (p->codec != CODEC_OPUS)
        remember(l, l->seq, out, head + payload);
    client_send_rtp(p->owner, &l->seal, out, head + payload, false);
    l->seq++;
    l->packets++;
    l->octets += (uint32_t)payload;
}

static void send_frame(struct pub *p, uint8_t layer, usec_t now)
{
    struct pub_layer *l = &p->layer[layer];
    const bool audio = p->codec == CODEC_OPUS;
    if (p->key_every && now - l->key_at >= p->key_every)
        l->key_due = true;
    struct mark m = {.client = p->owner->number,
                     .pub = p->index,
                     .layer = layer,
                     .incarnation = p->incarnation,
                     .frame = l->frame,
                     .key = l->key_due && !audio,
                     .level = p->silent ? 120 : (uint8_t)(20 + l->frame % 8),
                     .at = now};
    const struct dd_mode mode = {p->mode.spatial, p->mode.temporal, p->mode.key};
    m.mode = p->mode;
    m.since = l->since = m.key ? 0 : l->since;
    m.count = (uint8_t)(m.key ? 2 * l->packets_per_frame + 1 : l->packets_per_frame);
    struct pub_frame frame = {0};
    if (p->encode) {
        frame = p->encode(p->encode_ctx, p, &m, dd_tid(&mode, m.since));
        m.count = (uint8_t)((frame.len + PUB_CHUNK - 1) / PUB_CHUNK);
    }
    if (dd_tid(&mode, m.since) == 0) // base pictures count up TL0PICIDX
        l->tl0++;
    for (m.sid = 0; m.sid < (audio ? 1 : p->mode.spatial); m.sid++)
        for (m.index = 0; m.index < m.count; m.index++)
            send_packet(p, l, &m, &frame, pub_ts(p, l, now));
    l->frame++;
    l->since++;
    l->pid = (l->pid + 1) & 0x7fff;
    if (!m.key)
        return;
    l->key_due = false;
    l->keys++;
    l->key_at = now;
}

void pub_on_demand(struct pub *p, const struct letter_demand *demand)
{
    for (unsigned i = 0; i < p->layer_count; i++) {
        struct pub_layer *l = &p->layer[i];
        const bool was_idle = l->idle;
        l->idle = true;
        for (unsigned k = 0; k < demand->rid_count; k++)
            l->idle &= strcmp(demand->rid[k], l->rid) != 0;
        l->key_due |= was_idle && !l->idle; // an encoder begins with a keyframe
    }
}

void pub_tick(struct pub *p, usec_t now)
{
    if (p->stopped || now < p->next_at)
        return;
    for (unsigned i = 0; i < p->layer_count; i++)
        if (!p->layer[i].stopped && !p->layer[i].idle)
            send_frame(p, (uint8_t)i, now);
    p->next_at += p->interval;
    if (p->next_at <= now)
        p->next_at = now + p->interval;
}

bool pub_on_key_request(struct pub *p, uint32_t ssrc)
{
    for (unsigned i = 0; i < p->layer_count; i++) {
        if (p->layer[i].ssrc != ssrc)
            continue;
        p->layer[i].plis++;
        p->layer[i].key_due = true;
        return true;
    }
    return false;
}

static void send_again(struct pub *p, struct pub_layer *l, const struct pub_sent *s)
{
    uint8_t out[CLIENT_PACKET];
    if (p->rtx_pt < 0) {
        memcpy(out, s->bytes, s->len);
        client_send_rtp(p->owner, &l->seal, out, s->len, true);
        return;
    }
    // RFC 4588 section 4: the header of RTX's own, the OSN, the payload as it was.
    const size_t old_head = 16 + 4 * (size_t)rd16(s->bytes + 14);
    struct mark m;
    if (!mark_read(s->bytes + old_head, s->len - old_head, &m))
        abort();
    const size_t head = write_header(p, l, &m, true, rd32(s->bytes + 4), l->rtx_seq++, out);
    wr16(out + head, s->seq);
    memcpy(out + head + 2, s->bytes + old_head, s->len - old_head);
    client_send_rtp(p->owner, &l->rtx_seal, out, head + 2 + s->len - old_head, false);
}

bool pub_on_nack(struct pub *p, uint32_t ssrc, uint16_t seq)
{
    for (unsigned i = 0; i < p->layer_count; i++) {
        struct pub_layer *l = &p->layer[i];
        if (l->ssrc != ssrc)
            continue;
        l->nacks++;
        const struct pub_sent *s = l->sent ? &l->sent[seq % PUB_HISTORY] : NULL;
        if (s && s->len > 0 && s->seq == seq)
            send_again(p, l, s);
        return true;
    }
    return false;
}
