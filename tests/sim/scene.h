/** What scenarios are made of: viewers, and what they want to see. */
#ifndef SIM_SCENE_H
#define SIM_SCENE_H

#include "sim.h"

#include <string.h>

/** One codec after the other, by the seed. */
static inline enum media_codec scene_codec(const struct sim *s)
{
    return CODEC_VP8 + s->seed % 4;
}

/** Somebody who only watches. */
static inline struct client *scene_viewer(struct sim *s, const struct client_conf *conf,
                                          unsigned pairs)
{
    struct client *c = sim_client(s, conf);
    client_receive_pairs(c, pairs);
    sim_join(s, c);
    return c;
}

/** The picture of his first pair. */
static inline struct sink *scene_picture(const struct client *viewer)
{
    return viewer->sink[1];
}

/** He wants to see this one's camera on his first pair, and nobody else's. */
static inline void scene_show(struct sim *s, const struct client *viewer,
                              const struct client *of)
{
    struct letter_want w = {.source = SOURCE_CAMERA};
    memcpy(w.mid, scene_picture(viewer)->mid, sizeof(w.mid));
    memcpy(w.of, of->id, sizeof(w.of));
    sim_want(s, viewer, &w);
}

/** He shows his first picture in this size. */
static inline void scene_size(struct sim *s, const struct client *viewer, uint16_t width,
                              uint16_t height)
{
    struct letter_want w = {.width = width, .height = height};
    memcpy(w.mid, scene_picture(viewer)->mid, sizeof(w.mid));
    sim_want(s, viewer, &w);
}

/** Which layers of its camera a client sends: bit n is layer n. */
static inline unsigned scene_sends(const struct client *publisher)
{
    const struct pub *p = &publisher->pub[1];
    unsigned on = 0;
    for (unsigned i = 0; i < p->layer_count; i++)
        on |= (unsigned)!p->layer[i].idle << i;
    return on;
}

/** Keyframes that all layers of a camera were asked for. */
static inline unsigned scene_requests(const struct client *publisher)
{
    const struct pub *p = &publisher->pub[1];
    unsigned n = 0;
    for (unsigned i = 0; i < p->layer_count; i++)
        n += p->layer[i].plis;
    return n;
}

#endif
