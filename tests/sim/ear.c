#include "ear.h"

#include "client.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE     48000
#define FRAME    (RATE / 50)
#define EVERY    (250 * USEC_PER_MS) ///< from one beep to the next
#define LASTS    (60 * USEC_PER_MS)
#define LOUD     0.1f
#define SILENCE  (RATE / 20) ///< samples before a beep that is one
#define TONE     1000.0
#define TWO_PI   6.28318530717958647692
#define STRENGTH 0.5

static double at_time(usec_t t)
{
    const usec_t since = t % EVERY;
    if (since >= LASTS)
        return 0;
    return STRENGTH * sin(TWO_PI * TONE * (double)since / USEC_PER_SEC);
}

static struct pub_frame speak(void *ctx, const struct pub *p, const struct mark *m,
                              unsigned tid)
{
    struct mouth *mouth = ctx;
    float samples[FRAME];
    (void)p;
    (void)tid;
    for (unsigned i = 0; i < FRAME; i++)
        samples[i] = (float)at_time(m->at + i * USEC_PER_SEC / RATE);
    const opus_int32 len =
        opus_encode_float(mouth->coder, samples, FRAME, mouth->bytes, sizeof(mouth->bytes));
    if (len <= 0)
        abort();
    return (struct pub_frame){.bytes = mouth->bytes, .len = (size_t)len};
}

void mouth_open(struct mouth *m, struct pub *p)
{
    int error = 0;
    m->coder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
    if (!m->coder || opus_encoder_ctl(m->coder, OPUS_SET_BITRATE(32000)) != OPUS_OK ||
        opus_encoder_ctl(m->coder, OPUS_GET_LOOKAHEAD(&m->lookahead)) != OPUS_OK)
        abort();
    p->encode = speak;
    p->encode_ctx = m;
}

void mouth_close(struct mouth *m)
{
    opus_encoder_destroy(m->coder);
    m->coder = NULL;
}

/** A beep began at RTP time `ts`, about when the mark's frame was captured. */
static void heard(struct ear *e, const struct sink *s, const struct mark *m, uint32_t ts,
                  unsigned offset)
{
    e->beeps++;
    e->has_skew = s->has_sr && s->sr_fresh;
    if (!e->has_skew)
        return;
    const usec_t about = m->at + offset * USEC_PER_SEC / RATE;
    const usec_t made = (about + EVERY / 2) / EVERY * EVERY;
    const int64_t since = (int64_t)(int32_t)(ts - s->sr.rtp) * 1000000 / RATE;
    const int64_t off = (int64_t)(s->sr.ntp - client_ntp(m->client, made));
    e->client = m->client;
    e->skew_us = since + (off >> 16) * 1000000 / 65536;
}

static void hear(void *ctx, struct sink *s, const struct sink_packet *p, const uint8_t *bytes,
                 bool whole, usec_t now)
{
    struct ear *e = ctx;
    float samples[FRAME];
    (void)whole;
    (void)now;
    if (!e->any || p->mark.client != e->last.client || p->mark.frame != e->last.frame + 1) {
        opus_decoder_ctl(e->coder, OPUS_RESET_STATE);
        e->quiet = 0;
    }
    if (e->has_skew && e->client != p->mark.client)
        e->has_skew = false;
    e->any = true;
    e->last = p->mark;
    if (opus_decode_float(e->coder, bytes, p->len, samples, FRAME, 0) != FRAME)
        client_complain(s->owner, "slot %s: a frame of sound does not decode", s->mid);
    for (unsigned i = 0; i < FRAME; i++) {
        const bool loud = fabsf(samples[i]) > LOUD;
        if (loud && e->quiet > SILENCE)
            heard(e, s, &p->mark, p->ts + i - (uint32_t)e->lookahead, i);
        e->quiet = loud ? 0 : e->quiet + 1;
    }
}

void ear_open(struct ear *e, struct sink *s)
{
    int error = 0;
    OpusEncoder *same =
        opus_encoder_create(RATE, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error);
    *e = (struct ear){.coder = opus_decoder_create(RATE, 1, &error)};
    if (!e->coder || !same ||
        opus_encoder_ctl(same, OPUS_GET_LOOKAHEAD(&e->lookahead)) != OPUS_OK)
        abort();
    opus_encoder_destroy(same);
    sink_watch(s, hear, e);
}

void ear_close(struct ear *e)
{
    opus_decoder_destroy(e->coder);
    e->coder = NULL;
}
