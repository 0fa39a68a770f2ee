#include "rtp/speaker.h"

#include <string.h>

#define SILENCE       127 // RFC 6464 section 3: -127 dBov
#define HOLD          3 // frames one level lasts: packets of 60 ms, or ones that come in bursts
#define FLOOR_START   60
#define FLOOR_MAX     80
#define FLOOR_RISE    50 // frames for one step up: steady noise is noise after half a minute
#define ABOVE_FLOOR   8  // dB, to count as voice
#define LOUDNESS_SPAN 25

// The three spans, in frames, and what a challenger needs in each
#define IMMEDIATE    5
#define MEDIUM       25
#define LONG         SPEAKER_FRAMES
#define MEDIUM_LEAST 15 // 300 ms: a cough is shorter
#define LONG_LEAST   20 // 400 ms: so is a "yes"
#define FIRST_LEAST  5  // of MEDIUM, where nobody has the floor yet

void speaker_init(struct speaker *s)
{
    *s = (struct speaker){.floor = FLOOR_START};
}

/** How far above the noise, after learning from it. */
static uint8_t learn(struct speaker *s, uint8_t level, bool vad, int64_t frame)
{
    if (level > 0 && level < s->floor)
        s->floor = level;
    else if (level > s->floor && s->floor < FLOOR_MAX && frame % FLOOR_RISE == 0)
        s->floor++;

    if (vad)
        s->flags_voice = true;
    if (s->flags_voice && !vad)
        return 0;
    return level >= s->floor + ABOVE_FLOOR ? (uint8_t)(level - s->floor) : 0;
}

bool speaker_on_level(struct speaker *s, uint8_t level, bool vad, usec_t now)
{
    const int64_t frame = now / SPEAKER_FRAME;
    const uint8_t loud = (uint8_t)(SILENCE - (level <= SILENCE ? level : SILENCE));
    const uint8_t active = learn(s, loud, vad, frame);
    const unsigned at = (unsigned)(frame % SPEAKER_FRAMES);

    if (s->started && frame <= s->frame) { // one more in the same frame: the louder counts
        if (frame == s->frame && loud > s->level[at]) {
            s->level[at] = loud;
            s->active[at] = active;
        }
        return active > 0;
    }
    // The frames passed over since: the same if they are few, silence if not.
    int64_t gap = s->started ? frame - s->frame : SPEAKER_FRAMES;
    const bool held = gap <= HOLD;
    if (gap > SPEAKER_FRAMES)
        gap = SPEAKER_FRAMES;
    for (int64_t f = frame - gap + 1; f <= frame; f++) {
        const unsigned i = (unsigned)((f + SPEAKER_FRAMES) % SPEAKER_FRAMES);
        s->level[i] = held || f == frame ? loud : 0;
        s->active[i] = held || f == frame ? active : 0;
    }
    s->started = true;
    s->frame = frame;
    return active > 0;
}

struct activity {
    unsigned immediate; ///< sum of levels above the floor
    unsigned medium;    ///< frames with voice
    unsigned overall;
};

static struct activity activity_of(const struct speaker *s, usec_t now)
{
    struct activity a = {0};
    const int64_t frame = now / SPEAKER_FRAME;

    if (!s->started)
        return a;
    for (int64_t f = s->frame; f >= 0 && f > s->frame - SPEAKER_FRAMES; f--) {
        const uint8_t active = s->active[f % SPEAKER_FRAMES];
        const int64_t age = frame - f;
        if (active == 0 || age >= LONG)
            continue;
        a.overall++;
        a.medium += age < MEDIUM;
        a.immediate += age < IMMEDIATE ? active : 0;
    }
    return a;
}

uint8_t speaker_loudness(const struct speaker *s, usec_t now)
{
    const int64_t frame = now / SPEAKER_FRAME;
    unsigned sum = 0;

    if (!s->started)
        return 0;
    for (int64_t f = s->frame; f >= 0 && f > s->frame - SPEAKER_FRAMES; f--) {
        if (frame - f < LOUDNESS_SPAN)
            sum += s->level[f % SPEAKER_FRAMES];
    }
    return (uint8_t)(sum / LOUDNESS_SPAN);
}

/** Is `a` clearly more active than `b` in all three spans? */
static bool beats(const struct activity *a, const struct activity *b)
{
    return a->medium >= MEDIUM_LEAST && a->overall >= LONG_LEAST &&
           a->immediate > b->immediate && a->medium >= 2 * b->medium &&
           a->overall >= b->overall;
}

int speaker_pick(const struct speaker *const *all, unsigned n, int current, usec_t now)
{
    const bool held = current >= 0 && (unsigned)current < n && all[current];
    const struct activity holder = held ? activity_of(all[current], now) : (struct activity){0};
    struct activity best = {0};
    int pick = held ? current : -1;

    for (unsigned i = 0; i < n; i++) {
        if (!all[i] || (held && i == (unsigned)current))
            continue;
        const struct activity a = activity_of(all[i], now);
        const bool may = held ? beats(&a, &holder) : a.medium >= FIRST_LEAST;
        if (may && (a.overall > best.overall ||
                    (a.overall == best.overall && a.immediate > best.immediate))) {
            best = a;
            pick = (int)i;
        }
    }
    return pick;
}
