#include "cc/choose.h"

#include <assert.h>

// A picture may be stretched by a quarter before the next larger layer is worth its bits.
#define STRETCH_NUM 4
#define STRETCH_DEN 5

/** The picture is fitted in, so one side decides; and it may stand upright where the tile lies.
 */
bool choose_covers(unsigned w, unsigned h, unsigned width, unsigned height)
{
    const bool wide_enough = w * STRETCH_DEN >= width * STRETCH_NUM;
    const bool high_enough = h * STRETCH_DEN >= height * STRETCH_NUM;
    return wide_enough || high_enough;
}

int choose_stream(const struct choose_source *s, uint16_t width, uint16_t height, bool *lacks)
{
    int best = -1;
    *lacks = false;
    assert(s->count <= CHOOSE_STREAMS);
    if (s->count == 1) // nothing to choose, and a still screen may be silent for long
        return s->bound ? 0 : -1;
    for (int i = 0; i < s->count; i++) {
        if (!s->lives[i])
            continue;
        best = i;
        if (width && height && choose_covers(s->width[i], s->height[i], width, height))
            return best;
    }
    // The layer above is missed if it should be there: one that we stopped will come.
    *lacks = best >= 0 && best + 1 < s->count && !s->excused[best + 1];
    return best;
}

/** Of what is wanted, what the line carries. */
static void afford(const struct choose_in *in, struct choose_out *out)
{
    if (in->limited != CHOOSE_UNLIMITED)
        out->why = in->limited == CHOOSE_BY_SERVER ? CHOOSE_SERVER : CHOOSE_LINE;
    if (in->none) {
        out->stream = -1;
        return;
    }
    while (out->stream > in->most || (out->stream > 0 && !in->source.lives[out->stream]))
        out->stream--;
}

void choose_decide(const struct choose_in *in, struct choose_out *out)
{
    *out = (struct choose_out){.stream = -1, .why = CHOOSE_BEST};
    if (!in->up)
        out->why = CHOOSE_AS_BEFORE;
    else if (in->muted)
        out->why = CHOOSE_MUTED;
    else if (in->paused)
        out->why = CHOOSE_PAUSED;
    else
        out->stream = choose_stream(&in->source, in->width, in->height, &out->lacks);
    if (out->lacks)
        out->why = CHOOSE_SOURCE;
    if (out->stream >= 0 && in->picture) {
        out->divide = !in->rationed || in->weighed != out->stream;
        if (out->divide)
            return;
        afford(in, out);
    }
    if (out->stream < 0 && out->why == CHOOSE_BEST && in->picture && in->rationed && in->none &&
        in->limited == CHOOSE_BY_SERVER)
        out->why = CHOOSE_SERVER; // its source was asked to send nothing
    if (out->stream >= 0 && in->unreadable[out->stream]) {
        out->why = CHOOSE_CODEC;
        out->stream = -1;
    }
}

const char *choose_why_name(enum choose_why why)
{
    static const char *const name[CHOOSE_WHYS] = {"",
                                                  "",
                                                  "muted",
                                                  "paused",
                                                  "source_limited",
                                                  "bandwidth_limited",
                                                  "codec_unsupported",
                                                  "server_limited"};
    return name[why];
}

static void source_pack(struct pack *p, struct choose_source *s)
{
    pack_u8(p, &s->count, CHOOSE_STREAMS);
    pack_bool(p, &s->bound);
    for (unsigned i = 0; i < s->count; i++) {
        pack_bool(p, &s->lives[i]);
        pack_bool(p, &s->excused[i]);
        pack_u16(p, &s->width[i], UINT16_MAX);
        pack_u16(p, &s->height[i], UINT16_MAX);
    }
}

void choose_in_pack(struct pack *p, struct choose_in *in)
{
    pack_bool(p, &in->up);
    pack_bool(p, &in->muted);
    pack_bool(p, &in->paused);
    pack_bool(p, &in->picture);
    pack_u16(p, &in->width, UINT16_MAX);
    pack_u16(p, &in->height, UINT16_MAX);
    source_pack(p, &in->source);
    pack_bool(p, &in->rationed);
    pack_u8(p, &in->weighed, CHOOSE_STREAMS - 1);
    pack_enum(p, &in->limited, CHOOSE_LIMITS - 1);
    pack_bool(p, &in->none);
    pack_u8(p, &in->most, 15);
    for (unsigned i = 0; i < in->source.count; i++)
        pack_bool(p, &in->unreadable[i]);
}

void choose_out_pack(struct pack *p, struct choose_out *out)
{
    pack_bool(p, &out->divide);
    pack_int(p, &out->stream, -1, CHOOSE_STREAMS - 1);
    pack_bool(p, &out->lacks);
    pack_enum(p, &out->why, CHOOSE_WHYS - 1);
}
