#include "room/track.h"

#include <stdlib.h>
#include <string.h>

// A picture may be stretched by a quarter before the next larger layer is worth its bits.
#define STRETCH_NUM 4
#define STRETCH_DEN 5

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

/** Does a picture of w x h fill the tile? The picture is fitted in, so one side decides; and it
 * may stand upright where the tile lies. */
static bool covers(unsigned w, unsigned h, unsigned width, unsigned height)
{
    const bool wide_enough = w * STRETCH_DEN >= width * STRETCH_NUM;
    const bool high_enough = h * STRETCH_DEN >= height * STRETCH_NUM;
    return wide_enough || high_enough;
}

unsigned track_wanted(const struct track *t, uint16_t width, uint16_t height)
{
    unsigned i = 0;
    while (i + 1 < t->stream_count) {
        unsigned w, h;
        track_size(t, &t->stream[i], &w, &h);
        if (width && height && covers(w, h, width, height))
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

struct stream *track_choose(struct track *t, uint16_t width, uint16_t height, bool *limited,
                            usec_t now)
{
    struct stream *best = NULL;
    *limited = false;
    if (t->stream_count == 1) // nothing to choose, and a still screen may be silent for long
        return t->stream[0].bound ? &t->stream[0] : NULL;
    for (unsigned i = 0; i < t->stream_count; i++) {
        struct stream *st = &t->stream[i];
        unsigned w, h;
        if (!track_lives(t, st, now))
            continue;
        best = st;
        track_size(t, st, &w, &h);
        if (width && height && covers(w, h, width, height))
            return st;
    }
    // The layer above is missed if it should be there: one that we stopped will come.
    *limited = best && best->layer + 1u < t->stream_count &&
               !demand_explains_silence(&t->demand, best->layer + 1u, now);
    return best;
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
        if (covers(w, h, width, height)) {
            layer.sid = (uint8_t)sid;
            return layer;
        }
    }
    layer.sid = (uint8_t)top;
    return layer;
}
