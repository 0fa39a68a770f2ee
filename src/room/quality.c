#include "room/quality.h"

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
    return json_pack("{s:s, s:i, s:i}", "rid", st->rid, "width", w->width, "height", w->height);
}

static json_t *given(const struct stream *st)
{
    return st ? json_pack("{s:s, s:i, s:i}", "rid", st->rid, "width", st->width, "height",
                          st->height)
              : json_null();
}

static json_t *receive(const struct member *viewer, const struct slot *s)
{
    const struct track *t = s->track;
    const struct stream *st = s->current && s->current->track == t ? s->current : NULL;
    const enum media_codec codec = st ? st->codec : t->codec[0].codec;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:f, s:f, s:f}", //
                     "mid", s->mid,                                        //
                     "participant", t->owner->id,                          //
                     "source", media_source_name(t->source),               //
                     "codec", media_codec_name(codec),                     //
                     "wanted", wanted(viewer, s),                          //
                     "given", given(st),                                   //
                     "why", s->why,                                        //
                     "loss", s->loss / 256.0,                              //
                     "jitter_ms", ticks_ms(s->jitter, codec),              //
                     "rtt_ms", ms(s->rtt));
}

static json_t *layer(const struct track *t, const struct stream *st, usec_t now)
{
    const uint64_t lost = recv_stats_lost(&st->stats);
    const uint64_t all = st->stats.received + lost;
    return json_pack("{s:s, s:i, s:i, s:I, s:f, s:f, s:b, s:b}",              //
                     "rid", st->rid,                                          //
                     "width", st->width,                                      //
                     "height", st->height,                                    //
                     "bps", (json_int_t)recv_stats_rate_bps(&st->stats, now), //
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
    return json_pack("{s:s, s:b, s:o, s:o}", "participant", m->id, "connected",
                     m->has_peer && m->peer.state == PEER_UP, "receives", receives, "publishes",
                     publishes);
}

json_t *quality_of_room(const struct room *r, usec_t now)
{
    json_t *members = json_array();
    for (unsigned i = 0; i < r->member_count; i++)
        json_array_append_new(members, of_member(r->member[i], now));
    return json_pack("{s:o}", "members", members);
}
