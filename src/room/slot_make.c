/* A slot is made from an m-line that the client receives on, and agreed again. */
#include "room/slot.h"

#include "room/downlink.h"
#include "room/member.h"

#include <stdlib.h>
#include <string.h>

static void take_mline(struct slot *s, const struct agree_mline *m)
{
    s->role = m->role;
    s->pair = m->slot_pair;
    s->off = !m->client_receives;
    s->codec_count = 0;
    for (unsigned i = 0; i < m->codec_count && s->codec_count < SLOT_CODECS; i++) {
        const struct agree_codec *c = &m->codec[i];
        s->codec[s->codec_count++] = (struct slot_codec){.codec = c->codec,
                                                         .pt = c->pt,
                                                         .packetization = c->packetization,
                                                         .rtx_pt = c->rtx_pt,
                                                         .red_pt = c->red_pt,
                                                         .profile = c->profile};
    }
    memcpy(s->ext, m->ext, sizeof(s->ext));
    s->ext_mixed = m->ext_mixed;
    if (s->rtx_ssrc == 0) // a resend under the same number must be the same bytes
        s->ext[EXT_ABS_SEND_TIME] = 0;
    if (s->rtx_ssrc == 0 && s->kind == KIND_VIDEO) // sound is never sent again
        s->ext[EXT_TWCC] = 0;
}

struct slot *slot_create(struct member *owner, const struct agree_mline *m,
                         struct room_env *env)
{
    struct slot *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->owner = owner;
    s->kind = m->kind;
    s->ssrc = m->slot_ssrc;
    s->rtx_ssrc = m->slot_rtx_ssrc;
    s->rtx_seq = (uint16_t)(env_random(env) & 0x7fff);
    s->why = "";
    memcpy(s->mid, m->mid, sizeof(s->mid));
    take_mline(s, m);
    rewrite_init(&s->rewrite, (uint16_t)(env_random(env) & 0x7fff), env_random(env));
    if (seal_stream_init(&s->seal, s->ssrc, s->rtx_ssrc == 0) < 0 ||
        seal_stream_init(&s->rtx_seal, s->rtx_ssrc, false) < 0) {
        slot_destroy(s);
        return NULL;
    }
    return s;
}

void slot_destroy(struct slot *s)
{
    if (!s)
        return;
    if (s->current)
        stream_remove_slot(s->current, s);
    if (s->target)
        stream_remove_slot(s->target, s);
    if (s->owner->down)
        downlink_forget(s->owner->down, s);
    seal_stream_fini(&s->seal);
    seal_stream_fini(&s->rtx_seal);
    free(s->again);
    free(s);
}

const struct slot_codec *slot_codec_for(const struct slot *s, const struct stream *st)
{
    const struct slot_codec *near = NULL;
    bool rtx;
    const struct track *t = st->track;
    const struct agree_codec *c = NULL;
    for (unsigned i = 0; i < t->codec_count && !c; i++)
        if (t->codec[i].codec == st->codec && t->codec[i].profile == st->profile)
            c = track_codec(t, t->codec[i].pt, &rtx);
    for (unsigned i = 0; i < s->codec_count; i++) {
        const struct slot_codec *o = &s->codec[i];
        if (o->codec != st->codec)
            continue;
        if (o->profile == st->profile && (!c || o->packetization == c->packetization))
            return o;
        // RFC 6184 section 8.1: the profile must fit, the level need not: browsers decode more.
        const bool fits = o->codec != CODEC_H264 || (o->profile >> 16 == st->profile >> 16);
        if (fits && (o->codec == CODEC_H264 || o->codec == CODEC_VP8 || o->codec == CODEC_OPUS))
            near = o;
    }
    return near;
}

/** RTX may come later, or anew with another SSRC. One that is not agreed now is only not used.
 */
static int agree_rtx(struct slot *s, const struct agree_mline *m)
{
    if (m->slot_rtx_ssrc == 0 || m->slot_rtx_ssrc == s->rtx_ssrc)
        return 0;
    seal_stream_fini(&s->rtx_seal);
    s->rtx_ssrc = m->slot_rtx_ssrc;
    return seal_stream_init(&s->rtx_seal, s->rtx_ssrc, false);
}

int slot_agree(struct slot *s, const struct agree_mline *m)
{
    const int err = agree_rtx(s, m);
    take_mline(s, m);
    s->out = NULL;
    if (!s->current)
        return err;
    s->out = slot_codec_for(s, s->current);
    if (!s->out) {
        slot_drop_stream(s, s->current);
        return err;
    }
    rtp_ext_plan_init(&s->plan, s->current->track->ext, s->ext, s->mid, strlen(s->mid),
                      s->ext_mixed);
    return err;
}
