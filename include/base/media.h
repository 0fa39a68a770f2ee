/** The words both wings use for media: kinds, sources, codecs, header extensions. */
#ifndef BASE_MEDIA_H
#define BASE_MEDIA_H

#include <stdbool.h>

/** What an m-line carries. */
enum media_kind { KIND_AUDIO, KIND_VIDEO, KIND_DATA, KIND_COUNT };

/** What a published track shows or says. */
enum media_source {
    SOURCE_MICROPHONE,
    SOURCE_CAMERA,
    SOURCE_SCREEN,       ///< a screen share's picture
    SOURCE_SCREEN_AUDIO, ///< the sound that belongs to a screen share
    SOURCE_COUNT
};

/** What a picture is made for, as its publisher says (the W3C's mst-content-hint): when the
 * line does not carry all of it, motion keeps its frame rate, detail and text keep their
 * resolution. */
enum media_content { CONTENT_MOTION, CONTENT_DETAIL, CONTENT_TEXT, CONTENT_COUNT };

/** The codecs salon forwards. */
enum media_codec { CODEC_OPUS, CODEC_VP8, CODEC_VP9, CODEC_H264, CODEC_AV1, CODEC_COUNT };

/** RTP header extensions (RFC 8285) whose meaning salon knows. */
enum media_ext {
    EXT_MID,           ///< urn:ietf:params:rtp-hdrext:sdes:mid (RFC 9143)
    EXT_RID,           ///< urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id (RFC 8852)
    EXT_RRID,          ///< urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id (RFC 8852)
    EXT_AUDIO_LEVEL,   ///< urn:ietf:params:rtp-hdrext:ssrc-audio-level (RFC 6464)
    EXT_TWCC,          ///< transport-wide-cc-extensions-01 (draft-holmer-rmcat-...)
    EXT_ABS_SEND_TIME, ///< http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
    EXT_ORIENTATION,   ///< urn:3gpp:video-orientation (TS 26.114)
    EXT_CAPTURE_TIME,  ///< http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time
    EXT_DEPENDENCY,    ///< AV1 dependency descriptor
    EXT_COUNT
};

/** Stable lower-case names, the ones in JSON: "audio", "camera", "vp8". "?" out of range. */
const char *media_kind_name(enum media_kind kind);
const char *media_source_name(enum media_source source);
const char *media_codec_name(enum media_codec codec);
const char *media_content_name(enum media_content content);

/** The inverse. False, and `*out` unchanged, if the name is not one of ours. */
bool media_kind_from(const char *name, enum media_kind *out);
bool media_source_from(const char *name, enum media_source *out);
bool media_codec_from(const char *name, enum media_codec *out);
bool media_content_from(const char *name, enum media_content *out);

/** What a source carries: sound or picture. */
static inline enum media_kind media_source_kind(enum media_source source)
{
    return source == SOURCE_MICROPHONE || source == SOURCE_SCREEN_AUDIO ? KIND_AUDIO
                                                                        : KIND_VIDEO;
}

/** What a source shows if nobody says: a screen mostly holds still and is read. */
static inline enum media_content media_source_content(enum media_source source)
{
    return source == SOURCE_SCREEN ? CONTENT_DETAIL : CONTENT_MOTION;
}

/** Ticks a second of the RTP clock: 48000 for Opus (RFC 7587), 90000 for every video codec. */
static inline unsigned media_clock(enum media_codec codec)
{
    return codec == CODEC_OPUS ? 48000 : 90000;
}

/** True for camera and screen sharing's class: screen and its sound. */
static inline bool media_is_screen(enum media_source source)
{
    return source == SOURCE_SCREEN || source == SOURCE_SCREEN_AUDIO;
}

#endif
