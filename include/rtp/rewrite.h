/**
 * Makes several sources look like one continuous RTP stream to one receiver.
 *
 * A receiver must never see that we changed layer or source or left out a temporal layer: its
 * sequence numbers stay dense, its timestamps and picture ids go forward. Pure arithmetic: no
 * packets are kept, no clock is read.
 *
 *   incoming  10 11 12 [13 14] 15 16  .  18        [ ] rewrite_skip(), . lost before us
 *   outgoing  70 71 72         73 74  .  76        the hole stays: it may still be repaired
 *              \____ span ___/ \___ span ___...    one (from, delta) a run of skipped packets
 *
 * A switch starts a generation: a source with its own offsets. Spans and the last few
 * generations are remembered, so that a late packet, or one the receiver asks for again, gets
 * exactly the numbers and bytes it had or would have had.
 *
 * A receiver may also begin with a keyframe of the past, out of the source's cache: it catches
 * up (rewrite_replay()) on frames squeezed into a few milliseconds, and from the first frame
 * behind them on (rewrite_go_live()) times are the source's own again.
 *
 *   incoming  K  .  .  .  .  .  n  |  L  .  .  .         K key, n newest of the cache, L live
 *   outgoing  Kdddddn              |  L  .  .  .
 *
 * One packet's life:  rewrite_switch() once when a source is seated or resumed, at a keyframe;
 * then for each packet of it either rewrite_skip() or rewrite_map(). For a NACK:
 * rewrite_find(), the packet from the source's repair cache, rewrite_again().
 */
#ifndef RTP_REWRITE_H
#define RTP_REWRITE_H

#include "base/drop.h"
#include "base/usec.h"
#include "rtp/clock.h"
#include "rtp/ext.h"
#include "rtp/packet.h"
#include "rtp/payload.h"

#define REWRITE_SPANS       64 ///< runs of skipped packets back that are remembered
#define REWRITE_GENERATIONS 4  ///< switches back that are remembered, the current one included
#define REWRITE_FRAMES      64 ///< frames back whose made-up picture id is remembered
#define REWRITE_REACH       2048 ///< packets back that may still be placed

/**
 * Frames caught up with lie 2^9 times closer together: four seconds of them in 8 ms, and 60 a
 * second still apart by a tick. They must fit between two live frames, or the live ones are
 * pushed.
 */
#define REWRITE_CATCH_UP_SHIFT 9

/** How far a switch's timestamp may be pushed away from where it belongs. */
#define REWRITE_MAX_PUSH (75 * USEC_PER_MS)

/** How a generation's picture ids come about. */
enum rewrite_ids {
    REWRITE_IDS_NONE,  ///< the codec or the source has none, and none were ever sent: as they
                       ///< come
    REWRITE_IDS_SHIFT, ///< the source's own, moved by an offset
    REWRITE_IDS_MADE,  ///< VP8: the source has none (or short ones) where the stream has: ours
};

struct rewrite_span {
    uint32_t from;      ///< first input number it covers, extended
    uint32_t delta;     ///< extended out = extended in - delta
    uint16_t pid_delta; ///< likewise of picture ids, modulo 2^15
    uint8_t generation; ///< index into `generation`
};

struct rewrite_generation {
    uint32_t source;    ///< the caller's name for it
    uint32_t number;    ///< counts switches: tells it from the one before in its place
    uint32_t ts_delta;  ///< ticks, out = in - delta
    uint32_t last_out;  ///< newest output of it, extended
    uint16_t frame_add; ///< to the dependency descriptor's frame number
    uint8_t tl0_delta;  ///< out = in - delta, modulo 2^8
    bool tl0_made;      ///< made-up ids include a TL0PICIDX
    bool past;          ///< began with a keyframe of the past: `key_in` and `key_out` hold
    bool live;          ///< what has `live_in` or later has its own time, by `ts_delta`
    uint32_t key_in, key_out; ///< ticks, of that keyframe
    uint32_t live_in;         ///< ticks, as it came; if `past` and `live`
    enum rewrite_ids ids;
};

/** The newest frame that was sent at its own time: what the next source is aligned with. */
struct rewrite_anchor {
    bool any;
    uint32_t ts;    ///< ticks, as it went out
    uint32_t in_ts; ///< as it came
    usec_t at;      ///< when it was sent
};

/** A frame whose ids were made up: looked up by time, so that lost packets do no harm. */
struct rewrite_frame {
    uint32_t ts; ///< incoming
    uint16_t pid;
    uint8_t tl0;
};

/** Numbers are extended to 32 bits: one span may last longer than 2^15 packets. */
struct rewrite {
    bool started;     ///< something was sent
    bool last_marker; ///< the newest output ended a frame; always true for audio
    bool pid_used, tl0_used, frame_used; ///< were sent, so they must go on
    bool pid_wide;                       ///< picture ids of 15 bits were sent
    bool pid_mapped, pid_skipped;        ///< `mapped_pid`, `skipped_pid` hold
    uint8_t last_tl0;                    ///< newest output
    uint8_t span_newest, span_count;
    uint8_t generation_newest, generation_count;
    uint8_t frame_newest, frame_count;
    enum media_codec codec;       ///< of the last source with picture
    uint32_t last_in;             ///< newest input mapped or skipped, extended
    uint32_t last_out;            ///< newest output, extended
    uint32_t last_ts;             ///< newest output, ticks
    uint32_t last_in_ts;          ///< the same one as it came
    usec_t last_at;               ///< when it was sent
    struct rewrite_anchor anchor; ///< from before the catching up, while that goes on
    uint16_t last_pid;            ///< newest output, modulo 2^15
    uint16_t last_frame;          ///< newest output of the dependency descriptor's frame number
    uint16_t mapped_pid;          ///< newest input
    uint16_t skipped_pid;         ///< newest input
    struct rewrite_span span[REWRITE_SPANS];
    struct rewrite_generation generation[REWRITE_GENERATIONS];
    struct rewrite_frame frame[REWRITE_FRAMES]; ///< of the current generation
};

/** What is known of a packet beside its header. */
struct rewrite_in {
    uint32_t source;       ///< a number of the caller's, another for every stream incarnation
    const struct rtp *pkt; ///< not owned
    const struct payload *desc; ///< NULL for audio and for padding-only packets; not owned
    bool has_frame;             ///< `frame` holds
    uint16_t frame;             ///< the dependency descriptor's frame number
};

/** Where a packet goes: to be put into struct rtp_out. */
struct rewritten {
    uint16_t seq;
    uint32_t ts;
    uint16_t frame_add;
    uint8_t head_len, head_skip; ///< the new payload descriptor, as in struct rtp_out
    uint8_t head[RTP_HEAD_MAX];
};

/** Nothing sent yet. `seq` and `ts` are the first ones to be sent: random, `seq` below 32768.
 */
void rewrite_init(struct rewrite *rw, uint16_t seq, uint32_t ts);

/** What rewrite_switch_ts() wants to know. */
struct rewrite_sync {
    const struct rtp_clock *old;  ///< of the source that leaves; NULL: none
    const struct rtp_clock *next; ///< of the source that comes; NULL: none
    bool same_wall_clock; ///< both are of one publisher: their SRs' wall clocks are one clock
    unsigned rate;        ///< ticks a second
    bool force;           ///< do not wait any longer: push as far as needed
};

/**
 * The output timestamp for the first packet of a new source, which has `ts`: by both sources'
 * SRs if these can be compared and are believable, else by the time since our newest output
 * that had a time of its own.
 * Never backwards, at least one tick on. Returns false if that would need a push of more than
 * REWRITE_MAX_PUSH and `force` is not set: wait for the next keyframe.
 */
bool rewrite_switch_ts(const struct rewrite *rw, const struct rewrite_sync *sync, uint32_t ts,
                       usec_t now, uint32_t *out);

/**
 * Seats a source (or the same again after a pause): its packet `in` follows our newest output
 * and gets the timestamp `ts`, or the next possible tick if that has passed. Map `in` next.
 * Late packets of any source before it are DROP_LATE from now on.
 */
void rewrite_switch(struct rewrite *rw, const struct rewrite_in *in, uint32_t ts);

/**
 * Seats a source, or the same again, with a keyframe that came in the past: `in` is its first
 * packet; map that and all behind it next, in order. Their times are squeezed until
 * rewrite_go_live().
 */
void rewrite_replay(struct rewrite *rw, const struct rewrite_in *in);

/** True between rewrite_replay() and rewrite_go_live(). */
bool rewrite_catching_up(const struct rewrite *rw);

/** Would packet `in` be the first of a frame newer than all that were caught up with? */
bool rewrite_is_news(const struct rewrite *rw, const struct rewrite_in *in);

/**
 * All has been caught up with: packet `in`, which rewrite_is_news(), gets the time `ts` (by
 * rewrite_switch_ts(), which must be asked before), or the next possible tick, and all behind
 * it likewise. Map it next.
 */
void rewrite_go_live(struct rewrite *rw, const struct rewrite_in *in, uint32_t ts);

/**
 * Leaves a packet out on purpose, without a hole in the output. Never map what was skipped.
 * Returns false if it came too late to close its hole: the receiver may ask for it.
 */
bool rewrite_skip(struct rewrite *rw, const struct rewrite_in *in);

/**
 * Places one packet of the seated source. Returns DROP_NONE; DROP_LATE, changing nothing, if it
 * is of another source, from before the switch, was skipped, or so late that its number is
 * forgotten.
 */
enum drop rewrite_map(struct rewrite *rw, const struct rewrite_in *in, usec_t now,
                      struct rewritten *out);

/** A packet sent, by its origin. */
struct rewrite_at {
    uint32_t source;
    uint16_t seq;    ///< as the source numbered it
    uint32_t in;     ///< the same, extended
    uint32_t number; ///< of the generation
};

/** Which packet had output number `seq`? False if none, or if it is forgotten. */
bool rewrite_find(const struct rewrite *rw, uint16_t seq, struct rewrite_at *at);

/**
 * Places a packet again, for a resend: the same result as rewrite_map() gave, or would have
 * given had it not been lost. `in` is the packet that `at` names. DROP_LATE if it is forgotten
 * by now.
 */
enum drop rewrite_again(const struct rewrite *rw, const struct rewrite_at *at,
                        const struct rewrite_in *in, struct rewritten *out);

/**
 * The output time of the seated source's time `ts`, for sender reports. False if `source` is
 * not the one seated, or still catching up.
 */
bool rewrite_ts(const struct rewrite *rw, uint32_t source, uint32_t ts, uint32_t *out);

#endif
