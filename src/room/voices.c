#include "room/voices.h"

#include "room/room.h"
#include "rtp/ext.h"

#define LEVELS_LATELY (2 * USEC_PER_SEC)  ///< so long a microphone that gave levels gives them
#define INCUMBENT     6                   ///< dB by which a challenger must be louder
#define SPEAKING      64                  ///< more for who makes a sound right now
#define DOMINANT      256                 ///< more than all: who has the floor is heard
#define NOW           (200 * USEC_PER_MS) ///< a sound so long ago is one right now

static bool small(const struct room *r)
{
    unsigned microphones = 0;
    for (unsigned i = 0; i < r->member_count && microphones <= ROOM_VOICES; i++)
        microphones += member_track(r->member[i], SOURCE_MICROPHONE) != NULL;
    return microphones <= ROOM_VOICES;
}

static bool since(usec_t at, usec_t span, usec_t now)
{
    return at != 0 && now - at <= span;
}

/** Notes a packet's level. */
static void note(struct room *r, struct member *m, uint8_t level, bool vad, usec_t now)
{
    struct voice *v = &m->voice;
    const bool active = speaker_on_level(&m->speaker, level, vad, now);
    v->levelled_at = now;
    if (!active)
        return;
    bool begins = !since(v->active_at, VOICE_PAUSE, now);
    v->active_at = now;
    if (!v->heard && !v->refused && r->heard < VOICES_AT_MOST) {
        v->heard = begins = true;
        r->heard++;
    }
    if (begins && v->heard)
        seating_hear(r, m, now);
}

bool voices_pass(struct room *r, struct stream *st, const struct rtp *pkt, usec_t now)
{
    struct member *m = st->track->owner;
    uint8_t level;
    bool vad;
    if (st->track->source != SOURCE_MICROPHONE)
        return true;
    if (rtp_ext_audio_level(pkt, st->track->ext[EXT_AUDIO_LEVEL], &level, &vad))
        note(r, m, level, vad, now);
    if (!r->crowded || m->voice.heard)
        return true;
    return !since(m->voice.levelled_at, LEVELS_LATELY, now);
}

void voices_skip(struct stream *st, const struct rtp *pkt)
{
    const struct rewrite_in in = {.source = st->id, .pkt = pkt};
    for (unsigned i = 0; i < st->slot_count; i++)
        if (st->slot[i]->current == st)
            (void)rewrite_skip(&st->slot[i]->rewrite, &in);
}

/** Somebody who spoke lately, and how loud. */
struct candidate {
    struct member *who;
    int score;
};

static int score_of(const struct room *r, const struct member *m, usec_t now)
{
    return speaker_loudness(&m->speaker, now) + (m->voice.heard ? INCUMBENT : 0) +
           (since(m->voice.active_at, NOW, now) ? SPEAKING : 0) +
           (m == r->speaker ? DOMINANT : 0);
}

/** Puts a candidate among the best, of which there are `n`, the loudest first. */
static unsigned insert(struct candidate *best, unsigned n, struct candidate c)
{
    unsigned at = n;
    while (at > 0 && best[at - 1].score < c.score)
        at--;
    if (at == ROOM_VOICES)
        return n;
    n += n < ROOM_VOICES;
    for (unsigned i = n - 1; i > at; i--)
        best[i] = best[i - 1];
    best[at] = c;
    return n;
}

static bool among(const struct candidate *best, unsigned n, const struct member *m)
{
    for (unsigned i = 0; i < n; i++)
        if (best[i].who == m)
            return true;
    return false;
}

void voices_tick(struct room *r, usec_t now)
{
    struct candidate best[ROOM_VOICES];
    unsigned n = 0;
    r->crowded = !small(r);
    for (unsigned i = 0; i < r->member_count; i++) {
        struct member *m = r->member[i];
        if (since(m->voice.active_at, VOICE_HOLD, now))
            n = insert(best, n, (struct candidate){m, score_of(r, m, now)});
    }
    r->heard = n;
    for (unsigned i = 0; i < r->member_count; i++) {
        struct voice *v = &r->member[i]->voice;
        v->heard = among(best, n, r->member[i]);
        // Between two words it may come back by itself; over louder ones it may not.
        v->refused = !v->heard && since(v->active_at, NOW, now);
    }
    for (unsigned i = 0; i < n; i++) // on the places of those who are not heard any more
        seating_hear(r, best[i].who, now);
}
