#include "base/media.h"

#include <stddef.h>
#include <string.h>

static const char *const kind_names[KIND_COUNT] = {
    [KIND_AUDIO] = "audio",
    [KIND_VIDEO] = "video",
    [KIND_DATA] = "data",
};

static const char *const source_names[SOURCE_COUNT] = {
    [SOURCE_MICROPHONE] = "microphone",
    [SOURCE_CAMERA] = "camera",
    [SOURCE_SCREEN] = "screen",
    [SOURCE_SCREEN_AUDIO] = "screen_audio",
};

static const char *const codec_names[CODEC_COUNT] = {
    [CODEC_OPUS] = "opus", [CODEC_VP8] = "vp8", [CODEC_VP9] = "vp9",
    [CODEC_H264] = "h264", [CODEC_AV1] = "av1",
};

static const char *const content_names[CONTENT_COUNT] = {
    [CONTENT_MOTION] = "motion",
    [CONTENT_DETAIL] = "detail",
    [CONTENT_TEXT] = "text",
};

static const char *name_of(const char *const *names, unsigned count, unsigned value)
{
    return value < count ? names[value] : "?";
}

/** The index of `name`, or -1. */
static int find(const char *const *names, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

const char *media_kind_name(enum media_kind kind)
{
    return name_of(kind_names, KIND_COUNT, (unsigned)kind);
}

const char *media_source_name(enum media_source source)
{
    return name_of(source_names, SOURCE_COUNT, (unsigned)source);
}

const char *media_codec_name(enum media_codec codec)
{
    return name_of(codec_names, CODEC_COUNT, (unsigned)codec);
}

const char *media_content_name(enum media_content content)
{
    return name_of(content_names, CONTENT_COUNT, (unsigned)content);
}

bool media_kind_from(const char *name, enum media_kind *out)
{
    int i = find(kind_names, KIND_COUNT, name);
    if (i >= 0)
        *out = (enum media_kind)i;
    return i >= 0;
}

bool media_source_from(const char *name, enum media_source *out)
{
    int i = find(source_names, SOURCE_COUNT, name);
    if (i >= 0)
        *out = (enum media_source)i;
    return i >= 0;
}

bool media_codec_from(const char *name, enum media_codec *out)
{
    int i = find(codec_names, CODEC_COUNT, name);
    if (i >= 0)
        *out = (enum media_codec)i;
    return i >= 0;
}

bool media_content_from(const char *name, enum media_content *out)
{
    int i = find(content_names, CONTENT_COUNT, name);
    if (i >= 0)
        *out = (enum media_content)i;
    return i >= 0;
}
