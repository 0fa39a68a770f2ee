/**
 * One encoding of a track: one SSRC (and its RTX), with its statistics, the packets missing,
 * the repair cache, and the slots it is forwarded to.
 */
#ifndef ROOM_STREAM_H
#define ROOM_STREAM_H

#include "letter/agreement.h"
#include "room/env.h"
#include "rtp/gop.h"
#include "rtp/layers.h"
#include "rtp/nack.h"
#include "rtp/payload.h"
#include "rtp/recv_stats.h"
#include "rtp/repair.h"

#include <stdbool.h>

struct slot;
struct track;

/** A stream that sent nothing for so long is not there to be chosen. */
#define STREAM_ALIVE (1500 * USEC_PER_MS)

/** Packets further apart than this do not flow steadily. */
#define STREAM_PAUSE (200 * USEC_PER_MS)

struct stream {
    struct track *track; ///< not owned
    char rid[AGREE_RID_SIZE];
    uint8_t layer;           ///< place in the track, 0 is the lowest quality
    bool bound;              ///< an SSRC is known, and what follows is set up
    uint32_t id;             ///< of this incarnation
    uint32_t ssrc, rtx_ssrc; ///< rtx_ssrc 0: not known
    enum media_codec codec;  ///< of the newest packet
    uint32_t profile;
    uint16_t width, height;           ///< pixels, from the last keyframe; 0 unknown
    uint16_t hint_width, hint_height; ///< pixels, from the offer; 0 unknown
    usec_t last_at;                   ///< the newest packet came
    usec_t steady_since;              ///< no pause of STREAM_PAUSE since then
    usec_t key_at;                    ///< the newest keyframe came; 0 never
    bool key_wanted;                  ///< somebody waits for a keyframe
    usec_t key_next;                  ///< not asked again before
    uint8_t fir_seq;
    uint64_t cost_bps;    ///< its rate, smoothed, kept while it is silent; 0 unknown
    uint32_t cost_id;     ///< of which incarnation
    uint32_t frames;      ///< that ended, ever; pictures
    uint32_t frames_then; ///< as `frames` was at `frames_at`
    usec_t frames_at;
    float fps;       ///< over the last second or so
    usec_t began_at; ///< that one's rate is measured from then on
    struct recv_stats stats;
    struct nack nack;
    struct repair repair;
    struct gop gop;       ///< what of the cache a viewer can begin with
    struct layers layers; ///< of video
    unsigned slot_count, slot_cap;
    struct slot **slot; ///< owned array of borrowed slots: seated on it, or waiting for it
};

/** Sets up the place; no SSRC yet. */
void stream_init(struct stream *st, struct track *track, uint8_t layer);

/** Forgets the slots (they must have left) and frees. */
void stream_fini(struct stream *st);

/**
 * Binds an SSRC: a first one, or another because the publisher began anew; then this is a new
 * stream for every receiver. Returns 0 or -ENOMEM (then it is not bound).
 */
int stream_bind(struct stream *st, struct room_env *env, uint32_t ssrc);

/**
 * Notes what must be known of a received packet: statistics, gaps, the repair cache, layers.
 * `desc` is NULL for audio and padding, and else completed: its `part`. DROP_NONE: forward it.
 * DROP_DUPLICATE: we have it. DROP_LATE: a stray.
 */
enum drop stream_receive(struct stream *st, struct room_env *env, const struct rtp *pkt,
                         struct payload *desc, bool repaired, usec_t now);

/**
 * Is what looks like the beginning of a keyframe really that? An IDR slice of H.264 mostly
 * comes behind its parameter sets, and who begins without these sees nothing. Ask before
 * stream_receive().
 */
bool stream_opens_frame(const struct stream *st, const struct rtp *pkt,
                        const struct payload *desc);

/**
 * A packet of the cache with its description, as it was when it came (audio and padding: `desc`
 * is left alone). False if it is not there. `*pkt` as from repair_get().
 */
bool stream_cached(const struct stream *st, uint16_t seq, struct rtp *pkt,
                   struct payload *desc);

/**
 * Can a viewer begin with what is in the cache, without asking its publisher? Nothing of that
 * is missing but what is being asked for, and it has no more than `max_bytes`.
 */
bool stream_warm(const struct stream *st, size_t max_bytes, usec_t now);

/** Forgets what a viewer could begin with: its publisher muted or unmuted it. */
void stream_cool(struct stream *st);

static inline bool stream_alive(const struct stream *st, usec_t now)
{
    return st->bound && now - st->last_at < STREAM_ALIVE;
}

/** Somebody needs a keyframe of it. Asking itself is merged and throttled: stream_key_due(). */
void stream_want_key(struct stream *st, struct room_env *env, usec_t now);

/** True, and the request counted, if a PLI or FIR is to be sent to the publisher now. */
bool stream_key_due(struct stream *st, struct room_env *env, usec_t now);

/** It becomes another stream or goes away: all its slots let go at once and choose again soon.
 */
void stream_release_slots(struct stream *st, usec_t now);

/** Adds or removes a slot that is fed from it. 0 or -ENOMEM. */
int stream_add_slot(struct stream *st, struct slot *slot);
void stream_remove_slot(struct stream *st, struct slot *slot);

#endif
