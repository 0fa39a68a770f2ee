#include "verify.h"

#include "picture.h"
#include "receiver.h"
#include "stamp.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#define FRAME_MAX (1u << 20)
#define PART_MAX  1500u

struct verify {
    vpx_codec_ctx_t ctx;
    uint16_t len[RECEIVER_WINDOW];
    bool stamped[RECEIVER_WINDOW];
    uint8_t part[RECEIVER_WINDOW][PART_MAX];
    uint8_t frame[FRAME_MAX];
};

struct verify *verify_create(void)
{
    struct verify *v = calloc(1, sizeof(*v));
    if (v && vpx_codec_dec_init(&v->ctx, vpx_codec_vp8_dx(), NULL, 0) != VPX_CODEC_OK) {
        free(v);
        return NULL;
    }
    return v;
}

void verify_destroy(struct verify *v)
{
    if (v)
        vpx_codec_destroy(&v->ctx);
    free(v);
}

void verify_packet(struct verify *v, int64_t seq, const uint8_t *bytes, size_t len,
                   bool stamped)
{
    if (!v || len > PART_MAX)
        return;
    const size_t i = (size_t)(seq % RECEIVER_WINDOW);
    memcpy(v->part[i], bytes, len);
    v->len[i] = (uint16_t)len;
    v->stamped[i] = stamped;
}

void verify_restart(struct verify *v)
{
    if (!v)
        return;
    vpx_codec_destroy(&v->ctx);
    (void)vpx_codec_dec_init(&v->ctx, vpx_codec_vp8_dx(), NULL, 0);
}

/** True if what was decoded is the picture that the stamp names. */
static bool is_right(struct verify *v, size_t len, const struct stamp *s)
{
    vpx_codec_iter_t iter = NULL;
    int corrupted = 0;
    struct picture p;
    if (vpx_codec_decode(&v->ctx, v->frame, (unsigned)len, NULL, 0) != VPX_CODEC_OK)
        return false;
    const vpx_image_t *image = vpx_codec_get_frame(&v->ctx, &iter);
    if (!image ||
        vpx_codec_control(&v->ctx, VP8D_GET_FRAME_CORRUPTED, &corrupted) != VPX_CODEC_OK ||
        corrupted)
        return false;
    return picture_read(&p, image->planes[0], image->d_w, image->d_h,
                        (unsigned)image->stride[0]) &&
           (p.source == 9 ? p.ms == s->clip - s->clip % 10u
                          : p.ms == s->clip && p.source == s->layer + 1u);
}

void verify_frame(struct verify *v, struct tally_media *m, int64_t from, int64_t to)
{
    size_t len = 0;
    struct stamp s;
    if (!v)
        return;
    for (int64_t i = from; i <= to; i++) {
        const size_t at = (size_t)(i % RECEIVER_WINDOW);
        if (len + v->len[at] > FRAME_MAX)
            return;
        memcpy(v->frame + len, v->part[at], v->len[at]);
        len += v->len[at];
    }
    if (!v->stamped[to % RECEIVER_WINDOW] || !stamp_read(&s, v->frame, len))
        return;
    m->decoded++;
    m->wrong += !is_right(v, len - STAMP_SIZE, &s);
}
