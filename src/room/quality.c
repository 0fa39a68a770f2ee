#include "room/quality.h"

#include "room/downlink.h"
#include "room/room.h"

static double ms(usec_t t)
{
    return (double)t / (double)USEC_PER_MS;
}

static double ticks_ms(uint32_t ticks, enum media_codec codec)
{
    return (double)ticks * 1000 / media_clock(codec);
}

/** What a viewer shows it at, as a layer of the track. */
static json_t *wanted(const struct member *viewer, const struct slot *s)
{
    const struct track *t = s->track;
    const struct letter_want *w = member_want(viewer, s);
    const struct stream *st = &t->stream[track_wanted(t, w->width, w->height)];
    return json_pack("{s:s, s:i, s:i, s:i, s:i}", "rid", st->rid, "width", w->width, "height",
                     w->height, "sid", s->wanted_layer.sid, "tid", s->wanted_layer.tid);
}

static json_t *given(const struct slot *s, const struct stream *st)
{
    if (!st)
        return json_null();
    uint16_t width = st->width, height = st->height;
    layers_size(&st->layers, s->filter.now.sid, &width, &height);
    return json_pack("{s:s, s:i, s:i, s:i, s:i}", "rid", st->rid, "width", width, "height",
                     height, "sid", s->filter.now.sid, "tid", s->filter.now.tid);
}

static json_t *receive(const struct member *viewer, const struct slot *s)
{
    const struct track *t = s->track;
    const struct stream *st = s->current && s->current->track == t ? s->current : NULL;
    const enum media_codec codec = st ? st->codec : t->codec[0].codec;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:I, s:f, s:f, s:f, s:I, s:I, s:I}",
                     "mid", s->mid,                           //
                     "participant", t->owner->id,             //
                     "source", media_source_name(t->source),  //
                     "codec", media_codec_name(codec),        //
                     "wanted", wanted(viewer, s),             //
                     "given", given(s, st),                   //
                     "why", s->why,                           //
                     "bps", (json_int_t)s->rate_bps,          //
                     "loss", s->loss / 256.0,                 //
                     "jitter_ms", ticks_ms(s->jitter, codec), //
                     "rtt_ms", ms(s->rtt),                    //
                     "nacks", (json_int_t)s->nacks,           //
                     "resent", (json_int_t)s->resent,         //
                     "keyframes_asked", (json_int_t)s->keys_asked);
}

/** The line to a member that receives. */
static json_t *downlink(const struct downlink *d)
{
    static const char *const source[] = {[ESTIMATE_NONE] = "none",
                                         [ESTIMATE_REPORTS] = "reports",
                                         [ESTIMATE_REMB] = "remb",
                                         [ESTIMATE_TWCC] = "twcc"};
    const struct estimate *e = &d->estimate;
    const int64_t waits_ns = (int64_t)d->pacer.bytes * d->pacer.byte / 1024;
    return json_pack("{s:I, s:s, s:I, s:I, s:f, s:f, s:f}",     //
                     "estimate_bps", (json_int_t)e->target_bps, //
                     "source", source[e->source],               //
                     "sending_bps", (json_int_t)d->sending_bps, //
                     "wanted_bps", (json_int_t)d->wanted_bps,   //
                     "loss", e->loss / 65536.0,                 //
                     "rtt_ms", ms(e->rtt),                      //
                     "queue_ms", ms(waits_ns / 1000));
}

/** The line from a member that publishes. */
static json_t *uplink(const struct member *m)
{
    uint64_t lost = 0, all = 0;
    for (unsigned i = 0; i < m->track_count; i++) {
        for (unsigned k = 0; k < m->track[i]->stream_count; k++) {
            const struct recv_stats *s = &m->track[i]->stream[k].stats;
            lost += recv_stats_lost(s);
            all += recv_stats_lost(s) + s->received;
        }
    }
    return json_pack("{s:f, s:f}", "rtt_ms", ms(m->uplink_rtt), "loss",
                     all ? (double)lost / (double)all : 0.0);
}

static json_t *layer(const struct track *t, const struct stream *st, usec_t now)
{
    const uint64_t lost = recv_stats_lost(&st->stats);
    const uint64_t all = st->stats.received + lost;
    return json_pack("{s:s, s:i, s:i, s:I, s:f, s:f, s:f, s:b, s:b}",         //
                     "rid", st->rid,                                          //
                     "width", st->width,                                      //
                     "height", st->height,                                    //
                     "bps", (json_int_t)recv_stats_rate_bps(&st->stats, now), //
                     "fps", (double)st->fps,                                  //
                     "loss", all ? (double)lost / (double)all : 0.0,          //
                     "jitter_ms", ticks_ms(st->stats.jitter / 16, st->codec), //
                     "active", stream_alive(st, now),                         //
                     "asked", t->kind == KIND_AUDIO || t->demand.on & 1u << st->layer);
}

static json_t *publish(const struct track *t, usec_t now)
{
    json_t *layers = json_array();
    for (unsigned i = 0; i < t->stream_count; i++)
        json_array_append_new(layers, layer(t, &t->stream[i], now));
    const struct stream *first = &t->stream[0];
    const enum media_codec codec = first->bound ? first->codec : t->codec[0].codec;
    return json_pack("{s:s, s:s, s:s, s:b, s:o}", "mid", t->mid, "source",
                     media_source_name(t->source), "codec", media_codec_name(codec), "muted",
                     t->muted, "layers", layers);
}

static json_t *of_member(const struct member *m, usec_t now)
{
    json_t *receives = json_array(), *publishes = json_array();
    for (unsigned i = 0; i < m->slot_count; i++)
        if (m->slot[i]->track)
            json_array_append_new(receives, receive(m, m->slot[i]));
    for (unsigned i = 0; i < m->track_count; i++)
        json_array_append_new(publishes, publish(m->track[i], now));
    return json_pack("{s:s, s:b, s:o*, s:o, s:o*, s:o}", "participant", m->id, "connected",
                     m->has_peer && m->peer.state == PEER_UP, "downlink",
                     m->down ? downlink(m->down) : NULL, "receives", receives, "uplink",
                     m->track_count ? uplink(m) : NULL, "publishes", publishes);
}

json_t *quality_of_room(const struct room *r, usec_t now)
{
    json_t *members = json_array();
    for (unsigned i = 0; i < r->member_count; i++)
        json_array_append_new(members, of_member(r->member[i], now));
    return json_pack("{s:o}", "members", members);
}
