/**
 * A receiving m-line of a fake client: reorders, asks again, and checks what a decoder would
 * choke on. Numbers must be dense, times go forward, picture ids be continuous; a source may
 * change at a keyframe only, and every byte must be the publisher's.
 */
#ifndef SIM_SINK_H
#define SIM_SINK_H

#include "shape.h"

#include "letter/agreement.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"

#include <stdbool.h>

#define SINK_RING     4096
#define SINK_PICTURES 64
#define SINK_BYTES    512 ///< of a packet's part of a frame, if they are kept

#define SINK_HEARD 8192

struct client;

/** Frames of audio that came, by themselves or as copies: of one source, in its own count. */
struct sink_heard {
    bool any;
    struct mark of;      ///< the source, by its first frame
    uint32_t last;       ///< the newest frame
    uint64_t frames;     ///< that came, each once
    uint64_t red;        ///< packets that were RED
    uint64_t copies;     ///< of frames that had not come otherwise
    uint8_t most_copies; ///< in one packet
    bool came[SINK_HEARD];
};

/** One packet as it came. */
struct sink_packet {
    bool here, marker, has_frame;
    bool empty; ///< in the place of one that was left out for this viewer
    enum media_codec codec;
    uint8_t tl0, tid;
    bool pid_here;
    uint16_t pid, dd_frame;
    uint32_t ts;
    usec_t missing_at; ///< noticed as missing
    usec_t asked_at;
    uint16_t len; ///< bytes kept
    uint8_t asked;
    struct mark mark;
};

struct sink;

/** Sees the packets in the order of play. `whole`: with this one a frame can be decoded. */
typedef void (*sink_eye)(void *ctx, struct sink *s, const struct sink_packet *p,
                         const uint8_t *bytes, bool whole, usec_t now);

struct sink {
    struct client *owner; ///< not owned
    char mid[AGREE_MID_SIZE];
    enum media_kind kind;
    enum slot_role role;
    uint16_t pair;
    uint32_t ssrc, rtx_ssrc;
    uint8_t ext[EXT_COUNT];
    unsigned codec_count;
    struct agree_codec codec[AGREE_MAX_CODECS];

    bool started;
    int64_t highest;          ///< extended
    int64_t cursor;           ///< the next to be played out
    bool hole;                ///< something before the cursor never came
    struct sink_packet *ring; ///< owned; SINK_RING
    const uint8_t *part;      ///< of the frame, in the packet being read
    uint8_t *kept;            ///< owned; SINK_RING times SINK_BYTES, NULL: no bytes are kept
    sink_eye eye;             ///< may be NULL
    void *eye_ctx;            ///< not owned

    bool any;                   ///< `last` holds
    struct sink_packet last;    ///< played out last
    bool frame_broken;          ///< of the frame being played out
    bool thinned_late;          ///< an empty packet was played out last
    uint32_t got_picture;       ///< the newest in `got`, counted from the key picture
    uint8_t got[SINK_PICTURES]; ///< whole frames since it: a bit each spatial layer
    bool awaits_key;            ///< nothing can be decoded until a keyframe
    usec_t pli_at;
    usec_t tick_at; ///< sink_tick() is due; USEC_NEVER: nothing is missing

    struct rtcp_sr sr;     ///< the last sender report
    bool has_sr, sr_fresh; ///< sr_fresh: it came after the last change of the source
    usec_t sr_at;
    int64_t reported;      ///< `highest` at the last reception report
    unsigned fraction_got; ///< packets that came since, resent ones not

    // what became of it
    uint64_t packets, bytes, frames, keys, lost, repaired, doubled;
    uint64_t switches, layer_switches;
    uint64_t undecodable; ///< frames that refer to one that did not come; without a hole
    uint64_t passed;      ///< numbers not waited for, because a whole keyframe was behind them
    uint64_t nacks, plis;
    uint64_t late_after_switch;
    usec_t first_at, last_at; ///< packets
    usec_t frame_at;          ///< the last whole frame
    usec_t longest_pause;     ///< between two whole frames of one source
    int64_t skew_us;          ///< SR-mapped time minus capture time, of the newest frame
    bool has_skew;
    struct mark seen; ///< of the newest packet played out
    struct sink_heard heard;
};

struct sink *sink_create(struct client *owner, enum media_kind kind, enum slot_role role,
                         uint16_t pair);
void sink_destroy(struct sink *s);

/** Shows the real frames of what comes to `eye`. */
void sink_watch(struct sink *s, sink_eye eye, void *ctx);

/** As an agreement has it. */
void sink_mline(const struct sink *s, struct agree_mline *m);

/** Forgets what came: another peer connection. */
void sink_reset(struct sink *s);

/** A decrypted packet on one of its SSRCs. */
void sink_on_rtp(struct sink *s, struct rtp *pkt, usec_t now);

/** RED (sink_red.c): unwraps `*pkt` to the plain packet, and takes its copies. False: it was
 * complained about. */
bool sink_undo_red(struct sink *s, struct rtp *pkt, uint8_t opus);
/** A frame of audio came. True if it had not before. */
bool sink_hear(struct sink *s, const struct mark *m);
/** Of the frames between the first and the last one that came, those that did not. */
uint64_t sink_unheard(const struct sink *s);

void sink_on_sr(struct sink *s, const struct rtcp_sr *sr, usec_t now);

/**
 * A whole frame has been played out: all that it refers to must have been, too. False if it
 * cannot be decoded: behind a hole that is to be expected, until a keyframe.
 */
bool sink_decode(struct sink *s, const struct mark *m);

/** Two packets in a row, by number: of one picture, or of two. */
void sink_check_neighbours(struct sink *s, const struct sink_packet *a,
                           const struct sink_packet *b);

/** Plays out, asks again, gives up. */
void sink_tick(struct sink *s, usec_t now);

/** A reception report, false if there is nothing to report. */
bool sink_report(struct sink *s, usec_t now, struct rtcp_report *out);

#endif
