/*
 * Whose packet is it? By SSRC when that is known. A new SSRC finds its place by MID and RID
 * (RFC 8843 section 9.2, RFC 8852), whose extension ids are per m-line, or else by its payload
 * type, if only one track has that. Then the SSRC is remembered.
 */
#include "room/member.h"

#include "room/room.h"
#include "rtp/ext.h"
#include "rtp/rtx.h"

#include <string.h>

static bool text_is(const struct rtp *pkt, uint8_t id, const char *want)
{
    uint8_t len = 0;
    const char *text = id ? rtp_ext_text(pkt, id, &len) : NULL;
    return text && strlen(want) == len && memcmp(text, want, len) == 0;
}

static bool has_mid(const struct member *m, const struct rtp *pkt)
{
    uint8_t len;
    for (unsigned i = 0; i < m->track_count; i++)
        if (m->track[i]->ext[EXT_MID] && rtp_ext_text(pkt, m->track[i]->ext[EXT_MID], &len))
            return true;
    return false;
}

static struct track *find_track(const struct member *m, const struct rtp *pkt)
{
    struct track *only = NULL;
    bool rtx;
    for (unsigned i = 0; i < m->track_count; i++)
        if (text_is(pkt, m->track[i]->ext[EXT_MID], m->track[i]->mid))
            return m->track[i];
    if (has_mid(m, pkt))
        return NULL; // it names an m-line, and that is none of the tracks
    for (unsigned i = 0; i < m->track_count; i++) {
        if (!track_codec(m->track[i], pkt->pt, &rtx))
            continue;
        if (only)
            return NULL;
        only = m->track[i];
    }
    return only;
}

static struct stream *find_stream(struct track *t, const struct rtp *pkt, bool rtx)
{
    if (t->stream_count == 1)
        return &t->stream[0];
    const uint8_t id = t->ext[rtx ? EXT_RRID : EXT_RID];
    for (unsigned i = 0; i < t->stream_count; i++)
        if (text_is(pkt, id, t->stream[i].rid))
            return &t->stream[i];
    return NULL;
}

static void forget_ssrc(struct member *m, uint32_t ssrc)
{
    for (unsigned i = m->ssrc_count; i-- > 0;)
        if (m->ssrcs[i].ssrc == ssrc)
            m->ssrcs[i] = m->ssrcs[--m->ssrc_count];
}

void member_forget_track(struct member *m, const struct track *t)
{
    for (unsigned i = m->ssrc_count; i-- > 0;)
        if (m->ssrcs[i].stream->track == t)
            m->ssrcs[i] = m->ssrcs[--m->ssrc_count];
}

/** A stream is repaired under one name at a time: a new one replaces the one before. */
static void forget_rtx(struct member *m, const struct stream *st)
{
    for (unsigned i = m->ssrc_count; i-- > 0;)
        if (m->ssrcs[i].rtx && m->ssrcs[i].stream == st)
            m->ssrcs[i] = m->ssrcs[--m->ssrc_count];
}

/** The entry of a packet's SSRC, made if it can be told. */
static const struct member_ssrc *lookup(struct member *m, const struct rtp *pkt)
{
    for (unsigned i = 0; i < m->ssrc_count; i++)
        if (m->ssrcs[i].ssrc == pkt->ssrc)
            return &m->ssrcs[i];

    bool rtx = false;
    struct track *t = find_track(m, pkt);
    if (!t || !track_codec(t, pkt->pt, &rtx))
        return NULL;
    struct stream *st = find_stream(t, pkt, rtx);
    if (!st)
        return NULL;
    if (rtx)
        forget_rtx(m, st);
    if (m->ssrc_count == MEMBER_SSRCS)
        return NULL;
    struct member_ssrc *e = &m->ssrcs[m->ssrc_count++];
    *e = (struct member_ssrc){.ssrc = pkt->ssrc, .rtx = rtx, .stream = st};
    return e;
}

/** The stream has this SSRC and codec now: at first, or because the publisher began anew. */
static enum drop bind_stream(struct member *m, struct stream *st, uint32_t ssrc,
                             const struct agree_codec *c, usec_t now)
{
    if (st->bound && st->ssrc == ssrc && st->codec == c->codec && st->profile == c->profile)
        return DROP_NONE;
    if (st->bound) {
        stream_release_slots(st, now);
        if (st->ssrc != ssrc)
            forget_ssrc(m, st->ssrc);
    }
    if (stream_bind(st, m->env, ssrc) < 0)
        return DROP_LIMIT;
    st->codec = c->codec;
    st->profile = c->profile;
    room_changed(m->room, now);
    return DROP_NONE;
}

struct stream *member_stream(struct member *m, struct rtp *pkt, bool *repaired, enum drop *why,
                             usec_t now)
{
    const struct member_ssrc *e = lookup(m, pkt);
    *repaired = false;
    *why = DROP_UNKNOWN_SSRC;
    if (!e)
        return NULL;
    member_note_twcc(m, e->stream->track, pkt, now);

    struct stream *st = e->stream;
    bool rtx = false;
    const struct agree_codec *c = track_codec(st->track, pkt->pt, &rtx);
    *why = DROP_UNKNOWN_PT;
    if (!c || rtx != e->rtx)
        return NULL;
    if (rtx) {
        *why = DROP_NONE; // padding in RTX's clothes, or of a stream that has not begun
        if (!st->bound || rtx_unwrap(pkt, c->pt, st->ssrc) != DROP_NONE)
            return NULL;
        *repaired = true;
        return st;
    }
    *why = bind_stream(m, st, pkt->ssrc, c, now);
    return *why ? NULL : st;
}
