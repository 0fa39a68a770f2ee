#include "extmap.h"
#include "codecs.h"

#define AUDIO (1u << KIND_AUDIO)
#define VIDEO (1u << KIND_VIDEO)

/** What we do with an extension: on which kinds, in which direction as the client sees it. */
static const struct {
    const char *uri;
    unsigned kinds;
    unsigned direction;
} known[EXT_COUNT] = {
    [EXT_MID] = {"urn:ietf:params:rtp-hdrext:sdes:mid", AUDIO | VIDEO, DIR_SEND | DIR_RECV},
    // A slot is one stream that we restamp: it needs no rid.
    [EXT_RID] = {"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id", VIDEO, DIR_SEND},
    [EXT_RRID] = {"urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id", VIDEO, DIR_SEND},
    [EXT_AUDIO_LEVEL] = {"urn:ietf:params:rtp-hdrext:ssrc-audio-level", AUDIO,
                         DIR_SEND | DIR_RECV},
    [EXT_TWCC] = {"http://www.ietf.org/id/"
                  "draft-holmer-rmcat-transport-wide-cc-extensions-01",
                  AUDIO | VIDEO, DIR_SEND | DIR_RECV},
    [EXT_ABS_SEND_TIME] = {"http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
                           AUDIO | VIDEO, DIR_SEND | DIR_RECV},
    [EXT_ORIENTATION] = {"urn:3gpp:video-orientation", VIDEO, DIR_SEND | DIR_RECV},
    [EXT_CAPTURE_TIME] = {"http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
                          AUDIO | VIDEO, DIR_SEND | DIR_RECV},
    // Of which layer each frame is, and what it needs: AV1 and H.264 say it nowhere else.
    [EXT_DEPENDENCY] = {"https://aomediacodec.github.io/av1-rtp-spec/"
                        "#dependency-descriptor-rtp-header-extension",
                        VIDEO, DIR_SEND | DIR_RECV},
};

bool extmap_known(struct span uri, enum media_ext *out)
{
    for (unsigned i = 0; i < EXT_COUNT; i++)
        if (span_is(uri, known[i].uri)) {
            *out = (enum media_ext)i;
            return true;
        }
    return false;
}

/**
 * Does the client answer numbers that we write? And can we: what is sent again without RTX must
 * be the same bytes, so it cannot have a new number.
 */
static bool numbered(const struct section *s, const struct agree_mline *m)
{
    bool answered = false;
    for (unsigned i = 0; i < m->codec_count; i++)
        answered |= (section_payload(s, m->codec[i].pt)->feedback & FB_TWCC) != 0;
    return answered && (m->kind == KIND_AUDIO || codecs_have_rtx(m));
}

void extmap_agree(const struct section *s, unsigned direction, struct agree_mline *m)
{
    const bool ours = numbered(s, m);
    for (unsigned i = 0; i < EXT_COUNT; i++) {
        unsigned use = direction & known[i].direction & s->ext[i].direction;
        if (i == EXT_TWCC && !ours)
            use &= ~(unsigned)DIR_RECV;
        // Transport-wide numbers say all that absolute send times do, and more.
        if (i == EXT_ABS_SEND_TIME && m->ext[EXT_TWCC])
            use &= ours ? 0 : ~(unsigned)DIR_SEND;
        bool fits = known[i].kinds & 1u << m->kind;
        m->ext[i] = use && fits ? s->ext[i].id : 0;
    }
}

/** Takes the ids of one m-line into account. `meaning` is by id, EXT_COUNT: none yet. */
static void settle_mline(struct agree_mline *m, bool send_times, enum media_ext meaning[256])
{
    for (unsigned i = 0; i < EXT_COUNT; i++) {
        if (!m->ext[i] || (i == EXT_ABS_SEND_TIME) != send_times)
            continue;
        enum media_ext *known_as = &meaning[m->ext[i]];
        if (*known_as == EXT_COUNT)
            *known_as = (enum media_ext)i;
        else if (*known_as != (enum media_ext)i)
            m->ext[i] = 0;
    }
}

void extmap_settle(struct agreement *a)
{
    enum media_ext meaning[256];
    for (unsigned i = 0; i < 256; i++)
        meaning[i] = EXT_COUNT;
    // Send times come last: whoever estimates by them can do without, a speaker needs its
    // level.
    for (unsigned pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < a->mline_count; i++)
            if (a->mline[i].active && a->mline[i].client_receives)
                settle_mline(&a->mline[i], pass == 1, meaning);
}

/**
 * libwebrtc offers on a later m-line only the extensions that an earlier one of its kind has
 * agreed. So a slot's answer repeats those of senders, though we never write them there: else a
 * camera turned on in mid-call could send neither layers nor transport-wide numbers.
 */
static uint8_t repeated(const struct section *s, const struct agree_mline *m, unsigned ext)
{
    bool of_senders = ext == EXT_RID || ext == EXT_RRID || ext == EXT_TWCC;
    bool fits = known[ext].kinds & 1u << m->kind;
    if (!of_senders || !fits || !m->client_receives || m->client_sends)
        return 0;
    return s->ext[ext].direction & DIR_RECV ? s->ext[ext].id : 0;
}

void extmap_write(FILE *out, const struct section *s, const struct agree_mline *m)
{
    for (unsigned i = 0; i < EXT_COUNT; i++) {
        const uint8_t id = m->ext[i] ? m->ext[i] : repeated(s, m, i);
        if (!id)
            continue;
        // RFC 8285 section 5: what is sent on one side is received on the other.
        const char *direction = "";
        if (s->ext[i].directed && s->ext[i].direction == DIR_SEND)
            direction = "/recvonly";
        if (s->ext[i].directed && s->ext[i].direction == DIR_RECV)
            direction = "/sendonly";
        (void)fprintf(out, "a=extmap:%u%s %s\r\n", id, direction, known[i].uri);
    }
}
