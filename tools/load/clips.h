/**
 * Sound and pictures, coded for real once at the start and then replayed by everybody: a camera
 * in up to three sizes with three temporal layers, a shared screen, a voice and a silence.
 *
 * Every picture says by its blocks which one it is (tests/sim/picture.h), so that who decodes
 * it can tell. A clip begins with its only keyframe: who is asked for one begins anew.
 */
#ifndef LOAD_CLIPS_H
#define LOAD_CLIPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIP_LAYERS 3
#define CLIP_FRAMES 160

struct clip_frame {
    uint32_t off, len; ///< within the clip's bytes
    uint8_t tid;       ///< temporal layer
    bool sync;         ///< needs the base layer alone: one may climb here
};

struct clip {
    unsigned width, height; ///< 0: sound
    unsigned interval_us;   ///< between frames
    unsigned count;
    uint8_t source; ///< what the pictures say they are
    struct clip_frame frame[CLIP_FRAMES];
    uint8_t *bytes; ///< owned
    size_t len, size;
};

struct clips_conf {
    unsigned layers;   ///< of the camera, 1 to CLIP_LAYERS; 0: no camera is used
    unsigned kbps;     ///< of its largest layer
    bool screen;       ///< a screen is shared by somebody
    unsigned temporal; ///< layers, 1 to 3
};

struct clips {
    struct clip camera[CLIP_LAYERS]; ///< the smallest first
    struct clip screen;
    struct clip voice, silence;
    unsigned layers;
};

/** Codes all that is needed. 0, or -ENOMEM or -ENOTSUP (a coder refuses). */
int clips_make(struct clips *c, const struct clips_conf *conf);

/** Likewise, from a file in `folder` if it holds what was made for the same `conf` on this
 * machine; else makes them and writes the file. Also -errno, with the clips made. */
int clips_get(struct clips *c, const struct clips_conf *conf, const char *folder);
void clips_fini(struct clips *c);

#endif
