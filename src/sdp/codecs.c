#include "codecs.h"

static bool is_codec(const struct payload *p, const char *name, unsigned clock)
{
    // RFC 4855 section 3: encoding names are the same in any case.
    return span_like(p->name, name) && p->clock == clock;
}

/**
 * H.264's profile-level-id: three bytes in hexadecimal. RFC 6184 section 8.1: absent, it is
 * Baseline at level 1.
 */
static bool h264_profile(const struct payload *p, uint32_t *out)
{
    struct span value;
    *out = 0x42000a;
    if (!span_param(p->fmtp, "profile-level-id", &value))
        return true;
    uint32_t id = 0;
    if (value.len != 6)
        return false;
    for (size_t i = 0; i < 6; i++) {
        static const char digits[] = "0123456789abcdef";
        char c = value.p[i];
        const char *at = strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
        if (!at || c == '\0')
            return false;
        id = id << 4 | (uint32_t)(at - digits);
    }
    *out = id;
    return true;
}

static bool match_h264(const struct payload *p, struct agree_codec *out)
{
    unsigned mode = span_param_number(p->fmtp, "packetization-mode", 0);
    if (mode > 1 || !h264_profile(p, &out->profile))
        return false;
    out->packetization = (uint8_t)mode;
    // Baseline, Main, High. What else there is (4:4:4, Extended), few can decode.
    uint32_t profile_idc = out->profile >> 16;
    return profile_idc == 0x42 || profile_idc == 0x4d || profile_idc == 0x64;
}

/** True, and `out` filled but for RTX and feedback, if the payload is a codec of ours. */
static bool match(const struct payload *p, enum media_kind kind, struct agree_codec *out)
{
    *out = (struct agree_codec){.pt = p->pt, .rtx_pt = -1};
    if (kind == KIND_AUDIO) {
        // RFC 7587 section 7: the clock rate is 48000 and the channels are 2, always.
        out->codec = CODEC_OPUS;
        return is_codec(p, "opus", 48000) && p->channels == 2;
    }
    if (is_codec(p, "VP8", 90000)) {
        out->codec = CODEC_VP8;
        return true;
    }
    if (is_codec(p, "VP9", 90000)) {
        out->codec = CODEC_VP9;
        out->profile = span_param_number(p->fmtp, "profile-id", 0);
        return out->profile == 0 || out->profile == 2;
    }
    if (is_codec(p, "H264", 90000)) {
        out->codec = CODEC_H264;
        return match_h264(p, out);
    }
    if (is_codec(p, "AV1", 90000)) {
        out->codec = CODEC_AV1;
        out->profile = span_param_number(p->fmtp, "profile", 0);
        return out->profile == 0;
    }
    return false;
}

/** The first RTX whose a=fmtp says apt=`pt` (RFC 4588 section 8.1), or -1. */
static int16_t rtx_of(const struct section *s, unsigned pt, unsigned clock)
{
    for (unsigned i = 0; i < s->payload_count; i++) {
        const struct payload *p = &s->payload[i];
        if (is_codec(p, "rtx", clock) && span_param_number(p->fmtp, "apt", 128) == pt)
            return p->pt;
    }
    return -1;
}

/**
 * The RED that may carry copies of Opus' frames: its a=fmtp lists the payload types of its
 * blocks, "111/111" (RFC 2198 section 5). 0 without one, or if it mixes codecs.
 */
static uint8_t red_of(const struct section *s, unsigned pt)
{
    for (unsigned i = 0; i < s->payload_count; i++) {
        const struct payload *p = &s->payload[i];
        struct span rest = p->fmtp;
        uint64_t block = pt;
        if (!is_codec(p, "red", 48000) || p->channels != 2 || p->pt == 0 || rest.len == 0)
            continue;
        while (rest.len > 0 && block == pt)
            if (!span_number(span_cut(&rest, '/'), 127, &block))
                block = UINT64_MAX;
        if (block == pt)
            return p->pt;
    }
    return 0;
}

/** VP9's profile 0 comes before its profile 2, which needs 10 bits a colour and few show. */
static void prefer_vp9_profile_0(struct agree_mline *m)
{
    for (unsigned i = 1; i < m->codec_count; i++) {
        struct agree_codec *late = &m->codec[i];
        for (unsigned j = 0; j < i && late->codec == CODEC_VP9 && late->profile == 0; j++) {
            struct agree_codec *early = &m->codec[j];
            if (early->codec == CODEC_VP9 && early->profile != 0) {
                struct agree_codec swap = *early;
                *early = *late;
                *late = swap;
            }
        }
    }
}

void codecs_agree(const struct section *s, struct agree_mline *m)
{
    m->codec_count = 0;
    for (unsigned i = 0; i < s->payload_count && m->codec_count < AGREE_MAX_CODECS; i++) {
        struct agree_codec *c = &m->codec[m->codec_count];
        if (!match(&s->payload[i], m->kind, c))
            continue;
        c->rtx_pt = rtx_of(s, c->pt, s->payload[i].clock);
        if (c->codec == CODEC_OPUS)
            c->red_pt = red_of(s, c->pt);
        m->codec_count++;
    }
    if (m->codec_count < AGREE_MAX_CODECS) // what matched last may have been refused half-way
        m->codec[m->codec_count] = (struct agree_codec){0};
    prefer_vp9_profile_0(m);
}

void codecs_agree_feedback(const struct section *s, struct agree_mline *m)
{
    for (unsigned i = 0; i < m->codec_count; i++) {
        struct agree_codec *c = &m->codec[i];
        unsigned offered = section_payload(s, c->pt)->feedback;
        bool video = m->kind == KIND_VIDEO;
        // Feedback about transport-wide numbers means nothing where no packet carries them.
        c->twcc = (offered & FB_TWCC) && m->ext[EXT_TWCC];
        c->remb = video && (offered & FB_REMB) && !c->twcc;
        c->nack = video && (offered & FB_NACK);
        c->pli = video && (offered & FB_PLI);
        c->fir = video && (offered & FB_FIR);
    }
}

bool codecs_have_rtx(const struct agree_mline *m)
{
    for (unsigned i = 0; i < m->codec_count; i++)
        if (m->codec[i].rtx_pt >= 0)
            return true;
    return false;
}

/**
 * Is the client to send RED? A browser sends what the answer names first. A voice should: it
 * costs some 32 kbit/s. Music in stereo would cost several times that (docs/decisions/0011).
 */
static bool sends_red(const struct section *s, const struct agree_mline *m,
                      const struct agree_codec *c)
{
    const struct payload *p = section_payload(s, c->pt);
    return c->red_pt && m->client_sends && m->source == SOURCE_MICROPHONE &&
           span_param_number(p->fmtp, "sprop-stereo", 0) != 1;
}

void codecs_write_formats(FILE *out, const struct section *s, const struct agree_mline *m)
{
    for (unsigned i = 0; i < m->codec_count; i++) {
        const struct agree_codec *c = &m->codec[i];
        const unsigned first = sends_red(s, m, c) ? c->red_pt : c->pt;
        (void)fprintf(out, " %u", first);
        if (c->red_pt)
            (void)fprintf(out, " %u", first == c->pt ? c->red_pt : c->pt);
        if (m->codec[i].rtx_pt >= 0)
            (void)fprintf(out, " %d", m->codec[i].rtx_pt);
    }
}

static void write_feedback(FILE *out, const struct agree_codec *c)
{
    const struct {
        bool agreed;
        const char *name;
    } feedback[] = {{c->remb, "goog-remb"},
                    {c->twcc, "transport-cc"},
                    {c->fir, "ccm fir"},
                    {c->nack, "nack"},
                    {c->pli, "nack pli"}};
    for (size_t i = 0; i < sizeof feedback / sizeof *feedback; i++)
        if (feedback[i].agreed)
            (void)fprintf(out, "a=rtcp-fb:%u %s\r\n", c->pt, feedback[i].name);
}

/** Opus says what its receiver likes (RFC 7587 section 7.1): we pass on, so what the client
 * does. */
static void write_opus(FILE *out, const struct payload *p)
{
    static const char *const echoed[] = {"stereo", "sprop-stereo", "usedtx"};
    (void)fprintf(out, "a=fmtp:%u minptime=10;useinbandfec=1", p->pt);
    for (size_t i = 0; i < sizeof echoed / sizeof *echoed; i++)
        if (span_param_number(p->fmtp, echoed[i], 0) == 1)
            (void)fprintf(out, ";%s=1", echoed[i]);
    (void)fputs("\r\n", out);
}

/**
 * RFC 6184 section 8.2.2: the profile and packetization-mode are the offer's or the payload
 * type goes; the level may be ours only if both allow asymmetry, and the offer's own is always
 * right.
 */
static void write_h264(FILE *out, const struct payload *p, const struct agree_codec *c)
{
    (void)fprintf(out, "a=fmtp:%u ", c->pt);
    if (span_param_number(p->fmtp, "level-asymmetry-allowed", 0) == 1)
        (void)fputs("level-asymmetry-allowed=1;", out);
    (void)fprintf(out, "packetization-mode=%u;profile-level-id=%06x\r\n", c->packetization,
                  c->profile);
}

static void write_av1(FILE *out, const struct payload *p, const struct agree_codec *c)
{
    static const char *const echoed[] = {"level-idx", "profile", "tier"};
    const char *between = " ";
    if (p->fmtp.len == 0)
        return;
    (void)fprintf(out, "a=fmtp:%u", c->pt);
    for (size_t i = 0; i < sizeof echoed / sizeof *echoed; i++) {
        struct span ignored;
        if (!span_param(p->fmtp, echoed[i], &ignored))
            continue;
        (void)fprintf(out, "%s%s=%u", between, echoed[i],
                      span_param_number(p->fmtp, echoed[i], 0));
        between = ";";
    }
    if (*between == ' ')
        (void)fprintf(out, " profile=%u", c->profile);
    (void)fputs("\r\n", out);
}

static void write_fmtp(FILE *out, const struct payload *p, const struct agree_codec *c)
{
    switch (c->codec) {
    case CODEC_OPUS:
        write_opus(out, p);
        break;
    case CODEC_VP9:
        if (p->fmtp.len > 0)
            (void)fprintf(out, "a=fmtp:%u profile-id=%u\r\n", c->pt, c->profile);
        break;
    case CODEC_H264:
        write_h264(out, p, c);
        break;
    case CODEC_AV1:
        write_av1(out, p, c);
        break;
    case CODEC_VP8: // max-fs and max-fr would bind the sender to what this one receiver said
    case CODEC_COUNT:
        break;
    }
}

void codecs_write(FILE *out, const struct section *s, const struct agree_mline *m)
{
    for (unsigned i = 0; i < m->codec_count; i++) {
        const struct agree_codec *c = &m->codec[i];
        const struct payload *p = section_payload(s, c->pt);
        // The name in the offer's own case: some compare it byte by byte.
        (void)fprintf(out, "a=rtpmap:%u %.*s/%u", c->pt, SPAN_FMT(p->name), p->clock);
        if (p->channels)
            (void)fprintf(out, "/%u", p->channels);
        (void)fputs("\r\n", out);
        write_feedback(out, c);
        write_fmtp(out, p, c);
        if (c->rtx_pt >= 0)
            (void)fprintf(out, "a=rtpmap:%d rtx/%u\r\na=fmtp:%d apt=%u\r\n", c->rtx_pt,
                          p->clock, c->rtx_pt, c->pt);
        if (c->red_pt)
            (void)fprintf(out, "a=rtpmap:%u red/48000/2\r\na=fmtp:%u %u/%u\r\n", c->red_pt,
                          c->red_pt, c->pt, c->pt);
    }
}
