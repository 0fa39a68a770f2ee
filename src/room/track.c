#include "room/track.h"

#include <stdlib.h>
#include <string.h>

static void take_mline(struct track *t, const struct agree_mline *m)
{
    t->source = m->source;
    t->content = m->content;
    t->codec_count = m->codec_count;
    memcpy(t->codec, m->codec, sizeof(t->codec));
    memcpy(t->ext, m->ext, sizeof(t->ext));
    for (unsigned i = 0; i < t->stream_count && i < m->encoding_count; i++) {
        struct stream *st = &t->stream[i];
        memcpy(st->rid, m->encoding[i].rid, sizeof(st->rid));
        st->rtx_ssrc = m->encoding[i].rtx_ssrc ? m->encoding[i].rtx_ssrc : st->rtx_ssrc;
        st->hint_width = m->encoding[i].max_width;
        st->hint_height = m->encoding[i].max_height;
    }
}

struct track *track_create(struct member *owner, const struct agree_mline *m, uint64_t age,
                           usec_t now)
{
    struct track *t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->owner = owner;
    t->kind = m->kind;
    t->age = age;
    memcpy(t->mid, m->mid, sizeof(t->mid));
    t->stream_count = m->encoding_count ? m->encoding_count : 1;
    for (unsigned i = 0; i < t->stream_count; i++)
        stream_init(&t->stream[i], t, (uint8_t)i);
    demand_init(&t->demand, t->stream_count, now);
    take_mline(t, m);
    return t;
}

void track_destroy(struct track *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < t->stream_count; i++)
        stream_fini(&t->stream[i]);
    free(t);
}

void track_agree(struct track *t, const struct agree_mline *m)
{
    take_mline(t, m);
}

const struct agree_codec *track_codec(const struct track *t, uint8_t pt, bool *rtx)
{
    for (unsigned i = 0; i < t->codec_count; i++) {
        const struct agree_codec *c = &t->codec[i];
        *rtx = c->rtx_pt == pt;
        if (c->pt == pt || *rtx || (c->red_pt && c->red_pt == pt))
            return c;
    }
    return NULL;
}

void track_size(const struct track *t, const struct stream *st, unsigned *w, unsigned *h)
{
    const unsigned below_top = t->stream_count - 1u - st->layer;
    if (st->width) {
        *w = st->width, *h = st->height;
    } else if (st->hint_width) {
        *w = st->hint_width, *h = st->hint_height;
    } else {
        *w = 1280u >> below_top, *h = 720u >> below_top;
    }
}

unsigned track_wanted(const struct track *t, uint16_t width, uint16_t height)
{
    unsigned i = 0;
    while (i + 1 < t->stream_count) {
        unsigned w, h;
        track_size(t, &t->stream[i], &w, &h);
        if (width && height && choose_covers(w, h, width, height))
            break;
        i++;
    }
    return i;
}

/**
 * A browser that is short of processor time or of upstream rate drops its upper encodings, and
 * says nothing: then the others flow on, and it alone is silent. Where all are silent it is the
 * line, or a still screen.
 */
static bool left_behind(const struct track *t, const struct stream *st, usec_t now)
{
    if (now - st->last_at < TRACK_LEFT)
        return false;
    for (unsigned i = 0; i < t->stream_count; i++) {
        const struct stream *other = &t->stream[i];
        if (other != st && other->bound && now - other->last_at < STREAM_PAUSE &&
            other->steady_since <= st->last_at)
            return true;
    }
    return false;
}

bool track_lives(const struct track *t, const struct stream *st, usec_t now)
{
    return stream_alive(st, now) && !left_behind(t, st, now);
}

void track_describe(const struct track *t, struct choose_source *out, usec_t now)
{
    *out =
        (struct choose_source){.count = (uint8_t)t->stream_count, .bound = t->stream[0].bound};
    for (unsigned i = 0; i < t->stream_count; i++) {
        unsigned w, h;
        track_size(t, &t->stream[i], &w, &h);
        out->width[i] = (uint16_t)w;
        out->height[i] = (uint16_t)h;
        out->lives[i] = track_lives(t, &t->stream[i], now);
        out->excused[i] = demand_explains_silence(&t->demand, i, now);
    }
}

struct stream *track_choose(struct track *t, uint16_t width, uint16_t height, bool *limited,
                            usec_t now)
{
    struct choose_source all;
    track_describe(t, &all, now);
    const int i = choose_stream(&all, width, height, limited);
    return i < 0 ? NULL : &t->stream[i];
}

struct layer track_layer(const struct stream *st, uint16_t width, uint16_t height, usec_t now)
{
    struct layer layer = LAYER_ALL;
    if (st->layers.spatial < 2)
        return layer;
    const unsigned top = layers_top(&st->layers, now).sid;
    for (unsigned sid = 0; sid < top && width && height; sid++) {
        uint16_t w = st->width, h = st->height;
        layers_size(&st->layers, sid, &w, &h);
        if (choose_covers(w, h, width, height)) {
            layer.sid = (uint8_t)sid;
            return layer;
        }
    }
    layer.sid = (uint8_t)top;
    return layer;
}
