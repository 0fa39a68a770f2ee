/**
 * One receiving m-line of a member: an outgoing SSRC on which we seat whichever stream we
 * chose.
 *
 * Changing the layer of a source and changing the source are the same operation: the slot waits
 * for a keyframe of its `target` while `current` goes on, then the rewriter joins the two.
 *
 *   seat:   track ──▶ current (forwarded)            target = NULL
 *   choose: track ──▶ current (forwarded until …)    target (… its keyframe comes)
 *
 * If the cache of the target has a keyframe and all since, nobody waits: the slot is seated
 * there and catches up (src/room/slot_replay.c).
 */
#ifndef ROOM_SLOT_H
#define ROOM_SLOT_H

#include "cc/allocate.h"
#include "cc/estimator.h"
#include "room/stream.h"
#include "room/track.h"
#include "rtp/ext.h"
#include "rtp/red.h"
#include "rtp/rewrite.h"
#include "rtp/rtcp.h"

#include <stdbool.h>

#define SLOT_CODECS 12

/** A codec as the receiver numbers it. */
struct slot_codec {
    enum media_codec codec;
    uint8_t pt;
    uint8_t packetization;
    int16_t rtx_pt;
    uint8_t red_pt; ///< 0: none
    uint32_t profile;
};

/** Catching up with a stream's cache. */
struct slot_replay {
    bool on;
    int64_t next; ///< number of the next packet, extended as in the cache
    usec_t at;    ///< the next packets are due
    usec_t began; ///< the last one began; 0: there was none
    usec_t ended;
};

#define SLOT_AGAIN 256 ///< packets whose last resend is remembered

/** When a packet was last sent again. */
struct slot_again {
    uint16_t seq;
    usec_t at; ///< 0 never
};

struct slot {
    struct member *owner; ///< not owned: the member owns the slot
    char mid[AGREE_MID_SIZE];
    enum media_kind kind;
    enum slot_role role;
    uint16_t pair; ///< audio and video of one role with the same number are one seat
    bool off;      ///< the client receives nothing here for now; SSRC and numbers live on
    uint32_t ssrc, rtx_ssrc; ///< ours; rtx_ssrc 0 without RTX
    uint8_t codec_count;
    struct slot_codec codec[SLOT_CODECS];
    uint8_t ext[EXT_COUNT];
    bool ext_mixed; ///< it takes long extensions (a=extmap-allow-mixed)
    bool has_want;
    struct letter_want want; ///< by this slot's mid, if `has_want`

    struct member *occupant; ///< who has this seat, with or without a track; not owned

    struct track *track;    ///< seated, not owned; NULL: empty
    struct stream *current; ///< forwarded now, not owned; NULL: nothing
    struct stream *target;  ///< to be forwarded from its next keyframe on; NULL: no change
    const char *why;        ///< static: why the picture is not better, "" if it is the best
    bool changed;           ///< control must be told
    uint16_t told_width, told_height; ///< what control was told last
    // What the line leaves of what is wanted (src/room/downlink_share.c); holds if `rationed`.
    bool rationed;
    bool ration_none;                 ///< nothing at all
    enum choose_limit ration_limited; ///< less than is wanted
    uint8_t ration_stream;            ///< the highest stream of the track it may have
    struct layer ration_layer;        ///< of that one
    struct layer wanted_layer;        ///< of `wanted_stream`
    uint8_t weighed;                  ///< the best one that was there when that was decided
    uint8_t wanted_stream;            ///< the one that it would have
    int ration_place;                 ///< on its ladder
    uint8_t left_out;                 ///< of the layers wanted, so many are too much work
    struct allocate_memory memory;
    bool choked; ///< its packets go nowhere until downlink_share() has seen to it

    uint32_t recorded; ///< how the choice looked that was recorded last; 0 none
    bool refused;      ///< a switch was put off once for its timestamp: the next is forced

    struct layer layer;           ///< of the stream that was chosen: what this viewer shall get
    struct layer_filter filter;   ///< of `current`
    const struct slot_codec *out; ///< of `current`
    struct rtp_ext_plan plan;     ///< of `current`
    struct rewrite rewrite;
    struct slot_replay replay;
    struct rtp_clock left_clock; ///< of the last stream that was live before `current`
    uint64_t left_owner;         ///< whose it was, by the member's age; 0 nobody's
    struct seal_stream seal, rtx_seal;
    uint16_t rtx_seq;

    uint32_t packets, octets; ///< sent, for the sender report
    usec_t sr_at;             ///< the last sender report went out; 0 never
    uint32_t sr_middle;       ///< its NTP time, the middle bits
    usec_t rtt;               ///< to the viewer; 0 unknown
    uint8_t loss;             ///< fraction lost as the viewer last said, of 256
    int32_t lost;             ///< cumulative, as the viewer last said
    uint32_t jitter;          ///< ticks, likewise
    struct red_aim red;       ///< audio: how much redundancy this line needs
    struct slot_again *again; ///< owned, SLOT_AGAIN of them; NULL: nothing was resent yet
    uint64_t keys_asked;      ///< keyframes that the viewer asked for
    uint64_t rate_bps;        ///< of what is sent, over the last second or so
    uint32_t octets_then;     ///< as `octets` was when that was measured
    uint64_t nacks, resent;   ///< packets asked for, and sent again
};

/** May its packets be padded? Not where one that is sent again must be the same bytes: without
 * RTX that is so, under one key and one number. */
static inline bool slot_may_pad(const struct slot *s)
{
    return s->rtx_ssrc != 0 && !s->seal.tags;
}

/** Builds one from an m-line the client receives on; NULL without memory. Owned by the caller.
 */
struct slot *slot_create(struct member *owner, const struct agree_mline *m,
                         struct room_env *env);

/** Leaves its seat and frees. NULL is fine. */
void slot_destroy(struct slot *s);

/** The same m-line agreed again, perhaps switched off for a while. 0 or -ENOMEM. */
int slot_agree(struct slot *s, const struct agree_mline *m);

/** Seats a track, or nobody (NULL). The picture of the one before goes on until the next
 * keyframe. */
void slot_seat(struct slot *s, struct track *t, struct room_env *env, usec_t now);

/** Chooses the stream of the seated track again: a want, a mute or what is alive has changed.
 */
void slot_choose(struct slot *s, struct room_env *env, usec_t now);

/** How much of `st`, which was chosen for it, it shall get, from where that is possible on. */
void slot_aim_layer(struct slot *s, const struct stream *st, struct layer layer);

/** A stream goes away or became another: the slot lets go of it at once. */
void slot_drop_stream(struct slot *s, struct stream *st);

/**
 * Seats `st`, which may be the current one, at the keyframe in its cache; what follows it goes
 * out in slot_replay_tick() and then live. False if the cache has none that is fit.
 */
bool slot_replay(struct slot *s, struct stream *st, struct room_env *env, usec_t now);

/** Sends what is due of it. */
void slot_replay_tick(struct slot *s, struct room_env *env, usec_t now);

/** When slot_replay_tick() is due; USEC_NEVER if there is nothing to catch up with. */
static inline usec_t slot_replay_deadline(const struct slot *s)
{
    return s->replay.on ? s->replay.at : USEC_NEVER;
}

/** The viewer cannot go on and asks for a keyframe: out of the cache if that will do. */
void slot_on_key_request(struct slot *s, struct room_env *env, usec_t now);

/** How a slot begins with a stream. Nothing is owned. */
struct slot_start {
    struct stream *stream;
    const struct slot_codec *out; ///< the receiver's numbers for it
    const struct rtp *pkt;        ///< its first packet
    const struct payload *desc;   ///< what that one says of itself
    uint32_t ts;                  ///< the time it is given; not with `past`
    bool past;                    ///< it is of the cache, and more will follow from there
};

/** For slot_replay(): from here on that stream is forwarded. */
void slot_begin(struct slot *s, const struct slot_start *from, struct room_env *env,
                usec_t now);

/** The receiver's number for what a stream carries; NULL if it cannot decode it. */
const struct slot_codec *slot_codec_for(const struct slot *s, const struct stream *st);

/**
 * Is this packet for this receiver? Does the switch if it is the keyframe waited for; keeps the
 * numbering dense if the packet is left out. `desc` is NULL for audio and padding.
 */
bool slot_wants(struct slot *s, struct stream *st, const struct rtp *pkt,
                const struct payload *desc, struct room_env *env, usec_t now);

/** After slot_wants(): writes the packet into `out`, renumbered for this receiver. */
enum drop slot_write(struct slot *s, const struct rtp *pkt, const struct payload *desc,
                     usec_t now, struct udp_datagram *out, struct rtp_copied *where);

/**
 * A packet's new header on this slot: the same for a packet and for its resend. What depends on
 * when it leaves is stamped then (src/room/downlink.c).
 */
void slot_out(const struct slot *s, const struct rtp *pkt, const struct rewritten *to,
              struct rtp_out *how);

/**
 * Audio on a line that loses: adds copies of the frames before to the packet in `bytes` (`len`
 * bytes, `payload_off` bytes of header), which slot_write() made of `pkt`, if the receiver
 * takes RED (src/room/slot_red.c). Returns the new length.
 */
size_t slot_add_red(struct slot *s, const struct rtp *pkt, const struct rewritten *to,
                    uint8_t *bytes, size_t len, size_t payload_off);

/** Does transport-wide feedback tell of the loss on this slot's line? */
bool slot_loss_is_noted(const struct slot *s);

/** Takes that loss for all slots with sound of a member; about once a second. */
void slot_note_loss(struct member *m, usec_t now);

/** The viewer asks for a packet again: sends it, from the source's cache, if that is possible.
 */
void slot_resend(struct slot *s, uint16_t seq, struct room_env *env, usec_t now);

/**
 * Sends the packet that went out as `seq` once more, if it is still known and the viewer's
 * share of resends (SENT_RTX) allows it.
 */
bool slot_repeat(struct slot *s, uint16_t seq, enum sent_kind kind, usec_t now);

/** The picture stands still until the next keyframe of whatever is chosen then. */
void slot_freeze(struct slot *s, usec_t now);

/** What the viewer says of what it got. */
void slot_on_report(struct slot *s, const struct rtcp_report *report, usec_t now);

/** Makes the sender report due at `now`, from the source's own mapping. False: there is none.
 */
bool slot_sender_report(struct slot *s, usec_t now, struct rtcp_sr *sr);

/** What control is told. */
void slot_describe(struct slot *s, struct letter_seat *seat);

/** True if slot_describe() would say something new. */
bool slot_news(const struct slot *s);

#endif
