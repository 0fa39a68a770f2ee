#include "clips.h"

#include "picture.h"
#include "stamp.h"

#include <errno.h>
#include <math.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#define CAMERA_FPS    30u
#define SCREEN_FPS    5u
#define SCREEN_FRAMES 30u
#define SLIDE_FRAMES  10u // a screen shows something else every two seconds
#define VOICE_FRAMES  150u
#define OPUS_SAMPLES  960
#define OPUS_MAX      400
#define GRAIN         14  // of what moves between the blocks: they must stay readable
#define KEY_PERCENT   300 ///< a keyframe, of a frame's share: paced, it is no gap in the picture

/** Makes room for `len` bytes more. */
static int grow(struct clip *c, size_t len)
{
    if (c->len + len > c->size) {
        const size_t size = (c->len + len) * 2;
        uint8_t *bytes = realloc(c->bytes, size);
        if (!bytes)
            return -ENOMEM;
        c->bytes = bytes;
        c->size = size;
    }
    return 0;
}

static int add_frame(struct clip *c, const void *bytes, size_t len, uint8_t tid, bool sync)
{
    if (c->count == CLIP_FRAMES || grow(c, len))
        return -ENOMEM;
    c->frame[c->count++] = (struct clip_frame){
        .off = (uint32_t)c->len, .len = (uint32_t)len, .tid = tid, .sync = sync};
    memcpy(c->bytes + c->len, bytes, len);
    c->len += len;
    return 0;
}

// ---- pictures

/**
 * Three temporal layers in the order 0 2 1 2. The base refers to itself, the first layer to the
 * base, the second to both; what may be left out changes nothing that the others use.
 */
static vpx_enc_frame_flags_t flags_of(unsigned place, unsigned temporal, uint8_t *tid,
                                      bool *sync)
{
    const vpx_enc_frame_flags_t base =
        VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF;
    const vpx_enc_frame_flags_t quiet = VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ARF |
                                        VP8_EFLAG_NO_UPD_ENTROPY | VP8_EFLAG_NO_REF_ARF;
    *sync = true;
    switch (temporal == 3 ? place % 4 : temporal == 2 ? place % 2 * 3 : 0) {
    case 1:
        *tid = 2;
        return quiet | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_REF_GF;
    case 2:
        *tid = 1;
        return quiet | VP8_EFLAG_NO_REF_GF;
    case 3:
        *tid = temporal == 3 ? 2 : 1;
        *sync = temporal != 3;
        return quiet | VP8_EFLAG_NO_UPD_GF | (temporal == 3 ? 0 : VP8_EFLAG_NO_REF_GF);
    default:
        *tid = 0;
        *sync = false;
        return base;
    }
}

/** Grain that moves: what makes a camera's picture cost its bits. */
static void add_grain(vpx_image_t *image, unsigned strength, uint32_t seed)
{
    uint8_t *luma = image->planes[0];
    for (unsigned y = 0; y < image->d_h; y++) {
        uint8_t *row = luma + (size_t)y * (unsigned)image->stride[0];
        for (unsigned x = 0; x < image->d_w; x++) {
            seed = seed * 1664525u + 1013904223u;
            row[x] =
                (uint8_t)(row[x] + (int)((seed >> 16) % (2 * strength + 1)) - (int)strength);
        }
    }
}

static int open_coder(vpx_codec_ctx_t *ctx, const struct clip *c, unsigned kbps)
{
    vpx_codec_enc_cfg_t cfg;
    if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &cfg, 0) != VPX_CODEC_OK)
        return -ENOTSUP;
    cfg.g_w = c->width;
    cfg.g_h = c->height;
    cfg.g_timebase = (vpx_rational_t){(int)c->interval_us, 1000000};
    cfg.g_lag_in_frames = 0;
    cfg.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    cfg.rc_end_usage = VPX_VBR;
    cfg.rc_target_bitrate = kbps;
    cfg.rc_dropframe_thresh = 0;
    cfg.rc_min_quantizer = 2;
    cfg.rc_max_quantizer = 56;
    cfg.kf_mode = VPX_KF_DISABLED;
    if (vpx_codec_enc_init(ctx, vpx_codec_vp8_cx(), &cfg, 0) != VPX_CODEC_OK)
        return -ENOTSUP;
    const bool set =
        vpx_codec_control(ctx, VP8E_SET_CPUUSED, -12) == VPX_CODEC_OK &&
        vpx_codec_control(ctx, VP8E_SET_MAX_INTRA_BITRATE_PCT, KEY_PERCENT) == VPX_CODEC_OK;
    return set ? 0 : -ENOTSUP;
}

/** Codes what `image` holds now; exactly one frame comes of it. */
static int code_picture(vpx_codec_ctx_t *ctx, struct clip *c, const vpx_image_t *image,
                        unsigned temporal)
{
    uint8_t tid = 0;
    bool sync = false;
    vpx_codec_iter_t iter = NULL;
    const vpx_codec_cx_pkt_t *pkt;
    vpx_enc_frame_flags_t flags = flags_of(c->count, temporal, &tid, &sync);
    if (c->count == 0)
        flags = VPX_EFLAG_FORCE_KF;
    if (vpx_codec_encode(ctx, image, c->count, 1, flags, VPX_DL_REALTIME) != VPX_CODEC_OK)
        return -ENOTSUP;
    while ((pkt = vpx_codec_get_cx_data(ctx, &iter)))
        if (pkt->kind == VPX_CODEC_CX_FRAME_PKT)
            return add_frame(c, pkt->data.frame.buf, pkt->data.frame.sz, tid, sync);
    return -ENOTSUP;
}

/** A camera's grain comes and goes with what moves; a screen stands still between its slides.
 */
static unsigned grain_at(const struct clip *c, bool screen)
{
    if (screen)
        return 1;
    return GRAIN / 2 + (unsigned)((GRAIN / 2) * (1 + sin(c->count * 0.13)) / 2);
}

static int make_pictures(struct clip *c, unsigned frames, unsigned kbps, unsigned temporal,
                         bool screen)
{
    vpx_codec_ctx_t ctx;
    vpx_image_t image;
    int err = open_coder(&ctx, c, kbps);
    if (err)
        return err;
    if (!vpx_img_alloc(&image, VPX_IMG_FMT_I420, c->width, c->height, 16)) {
        vpx_codec_destroy(&ctx);
        return -ENOMEM;
    }
    for (unsigned plane = 1; plane < 3; plane++)
        memset(image.planes[plane], 128, (size_t)image.stride[plane] * ((c->height + 1) / 2));
    while (!err && c->count < frames) {
        const unsigned shown = screen ? c->count - c->count % SLIDE_FRAMES : c->count;
        const struct picture p = {.source = c->source, .layer = 0, .ms = shown};
        picture_draw(&p, image.planes[0], c->width, c->height, (unsigned)image.stride[0]);
        add_grain(&image, grain_at(c, screen), screen ? shown : c->count * 7919u);
        err = code_picture(&ctx, c, &image, temporal);
    }
    vpx_img_free(&image);
    vpx_codec_destroy(&ctx);
    return err;
}

static int make_camera(struct clips *c, const struct clips_conf *conf)
{
    static const unsigned width[] = {320, 640, 1280};
    static const unsigned share[] = {12, 3, 1}; // of the largest one's rate, about as pages ask
    for (unsigned i = 0; i < conf->layers; i++) {
        const unsigned size = i + CLIP_LAYERS - conf->layers; // the largest is always there
        struct clip *k = &c->camera[i];
        k->width = width[size];
        k->height = width[size] * 9 / 16;
        k->interval_us = 1000000 / CAMERA_FPS;
        k->source = (uint8_t)(1 + i);
        const int err = make_pictures(k, 150, conf->kbps / share[size], conf->temporal, false);
        if (err)
            return err;
    }
    c->layers = conf->layers;
    return 0;
}

// ---- sound

/** Something like a voice: three formants over a pitch that wanders. */
static void hum(int16_t *out, unsigned frame, bool silent)
{
    uint32_t noise = frame * 2654435761u;
    for (unsigned i = 0; i < OPUS_SAMPLES; i++) {
        const double t = (frame * OPUS_SAMPLES + i) / 48000.0;
        const double pitch = 6.2832 * (140 + 20 * sin(t * 3)) * t;
        const double v = sin(pitch) + 0.6 * sin(3 * pitch) + 0.4 * sin(7 * pitch);
        noise = noise * 1664525u + 1013904223u;
        out[i] = silent ? (int16_t)((int)((noise >> 16) % 5) - 2)
                        : (int16_t)(4000 * v * (0.6 + 0.4 * sin(t * 20)));
    }
}

/**
 * The stamp's place: an Opus packet may be padded (RFC 6716 section 3.2.5), and a decoder takes
 * any padding.
 */
static int pad(uint8_t *bytes, int *len)
{
    const int padded = *len + (int)STAMP_SIZE + 4;
    if (padded > OPUS_MAX || opus_packet_pad(bytes, *len, padded) != OPUS_OK)
        return -ENOTSUP;
    *len = padded;
    return 0;
}

static int make_sound(struct clip *c, bool silent)
{
    int why = 0, err = 0;
    OpusEncoder *coder = opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &why);
    if (!coder)
        return -ENOTSUP;
    opus_encoder_ctl(coder, OPUS_SET_BITRATE(32000));
    opus_encoder_ctl(coder, OPUS_SET_VBR(1));
    c->interval_us = 20000;
    while (!err && c->count < VOICE_FRAMES) {
        int16_t pcm[OPUS_SAMPLES];
        uint8_t bytes[OPUS_MAX];
        hum(pcm, c->count, silent);
        int len = opus_encode(coder, pcm, OPUS_SAMPLES, bytes, OPUS_MAX - 60);
        err = len < 1 ? -ENOTSUP : pad(bytes, &len);
        if (!err)
            err = add_frame(c, bytes, (size_t)len, 0, false);
    }
    opus_encoder_destroy(coder);
    return err;
}

int clips_make(struct clips *c, const struct clips_conf *conf)
{
    *c = (struct clips){0};
    int err = make_sound(&c->voice, false);
    if (!err)
        err = make_sound(&c->silence, true);
    if (!err)
        err = make_camera(c, conf);
    if (!err && conf->screen) {
        c->screen.width = 1280;
        c->screen.height = 720;
        c->screen.interval_us = 1000000 / SCREEN_FPS;
        c->screen.source = 9;
        err = make_pictures(&c->screen, SCREEN_FRAMES, 800, 1, true);
    }
    if (err)
        clips_fini(c);
    return err;
}

void clips_fini(struct clips *c)
{
    for (unsigned i = 0; i < CLIP_LAYERS; i++)
        free(c->camera[i].bytes);
    free(c->screen.bytes);
    free(c->voice.bytes);
    free(c->silence.bytes);
    *c = (struct clips){0};
}
