#include "coder.h"

#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>

void encoder_init(struct encoder *e, enum media_codec codec, unsigned width, unsigned height,
                  unsigned kbps)
{
    const bool vp8 = codec == CODEC_VP8;
    vpx_codec_iface_t *iface = vp8 ? vpx_codec_vp8_cx() : vpx_codec_vp9_cx();
    vpx_codec_enc_cfg_t cfg;
    *e = (struct encoder){.width = width, .height = height};
    if (vpx_codec_enc_config_default(iface, &cfg, 0) != VPX_CODEC_OK)
        abort();
    cfg.g_w = width;
    cfg.g_h = height;
    cfg.g_timebase = (vpx_rational_t){1, 30};
    cfg.g_lag_in_frames = 0;
    cfg.g_threads = 1;
    cfg.g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT;
    cfg.rc_end_usage = VPX_CBR;
    cfg.rc_target_bitrate = kbps;
    cfg.rc_dropframe_thresh = 0;
    cfg.rc_min_quantizer = 4;
    cfg.rc_max_quantizer = 40;
    cfg.kf_mode = VPX_KF_DISABLED;
    if (vpx_codec_enc_init(&e->ctx, iface, &cfg, 0) != VPX_CODEC_OK ||
        vpx_codec_control(&e->ctx, VP8E_SET_CPUUSED, vp8 ? -12 : 9) != VPX_CODEC_OK ||
        !vpx_img_alloc(&e->image, VPX_IMG_FMT_I420, width, height, 16))
        abort();
    for (unsigned plane = 1; plane < 3; plane++)
        memset(e->image.planes[plane], 128,
               (size_t)e->image.stride[plane] * ((height + 1) / 2));
}

void encoder_fini(struct encoder *e)
{
    vpx_codec_destroy(&e->ctx);
    vpx_img_free(&e->image);
}

static vpx_enc_frame_flags_t flags_of(bool key, unsigned tid)
{
    const vpx_enc_frame_flags_t only_last =
        VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF;
    if (key)
        return VPX_EFLAG_FORCE_KF;
    return tid ? only_last | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ENTROPY : only_last;
}

const uint8_t *encoder_code(struct encoder *e, const struct picture *p, bool key, unsigned tid,
                            size_t *len)
{
    vpx_codec_iter_t iter = NULL;
    const vpx_codec_cx_pkt_t *pkt;
    picture_draw(p, e->image.planes[0], e->width, e->height, (unsigned)e->image.stride[0]);
    if (vpx_codec_encode(&e->ctx, &e->image, e->count++, 1, flags_of(key, tid),
                         VPX_DL_REALTIME) != VPX_CODEC_OK)
        abort();
    while ((pkt = vpx_codec_get_cx_data(&e->ctx, &iter)))
        if (pkt->kind == VPX_CODEC_CX_FRAME_PKT)
            break;
    if (!pkt || key != ((pkt->data.frame.flags & VPX_FRAME_IS_KEY) != 0))
        abort();
    *len = pkt->data.frame.sz;
    return pkt->data.frame.buf;
}

void decoder_fini(struct decoder *d)
{
    if (d->open)
        vpx_codec_destroy(&d->ctx);
    d->open = false;
}

const vpx_image_t *decoder_decode(struct decoder *d, enum media_codec codec,
                                  const uint8_t *bytes, size_t len, const char **why)
{
    vpx_codec_iter_t iter = NULL;
    *why = NULL;
    if (d->open && d->codec != codec)
        decoder_fini(d);
    if (!d->open) {
        vpx_codec_iface_t *iface = codec == CODEC_VP8 ? vpx_codec_vp8_dx() : vpx_codec_vp9_dx();
        if (vpx_codec_dec_init(&d->ctx, iface, NULL, 0) != VPX_CODEC_OK)
            abort();
        d->open = true;
        d->codec = codec;
    }
    if (vpx_codec_decode(&d->ctx, bytes, (unsigned)len, NULL, 0) != VPX_CODEC_OK) {
        *why = vpx_codec_error_detail(&d->ctx) ? vpx_codec_error_detail(&d->ctx)
                                               : vpx_codec_error(&d->ctx);
        return NULL;
    }
    int corrupted = 0;
    const vpx_image_t *image = vpx_codec_get_frame(&d->ctx, &iter);
    if (vpx_codec_control(&d->ctx, VP8D_GET_FRAME_CORRUPTED, &corrupted) == VPX_CODEC_OK &&
        corrupted)
        *why = "corrupted";
    else if (!image)
        *why = "no picture";
    return *why ? NULL : image;
}
