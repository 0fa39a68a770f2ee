/** A participant of a room: a transport, what it publishes, what it receives. */
#ifndef ROOM_MEMBER_H
#define ROOM_MEMBER_H

#include "cc/twcc.h"
#include "room/seating.h"
#include "room/slot.h"
#include "room/track.h"
#include "room/voices.h"
#include "rtp/speaker.h"

#include <stdbool.h>

#define MEMBER_SSRCS 128 ///< SSRCs of one member that can be told apart
#define MEMBER_WANTS 256 ///< wants by participant that are remembered

struct data;
struct downlink;
struct room;

/** Which stream an incoming SSRC belongs to. */
struct member_ssrc {
    uint32_t ssrc;
    bool rtx;
    struct stream *stream; ///< not owned
};

struct member {
    char id[LETTER_ID_SIZE];
    struct room *room;    ///< not owned
    struct room_env *env; ///< not owned
    uint64_t age;         ///< rises in the room with everyone who joins
    bool has_peer;        ///< an agreement was made
    struct peer peer;
    enum peer_state told; ///< what control was told of the peer
    struct deadline deadline;
    uint32_t ssrc; ///< ours, as the sender of feedback
    char cname[33];

    unsigned track_count, slot_count;
    struct track **track;  ///< owned
    struct slot **slot;    ///< owned
    struct downlink *down; ///< owned; NULL until it has a slot
    unsigned ssrc_count;
    struct member_ssrc ssrcs[MEMBER_SSRCS];
    unsigned want_count;
    struct letter_want *want; ///< owned; by participant and source

    struct data *data; ///< owned; NULL without data channels

    struct speaker speaker;
    struct voice voice;
    struct seating_mark seating;
    usec_t spoke_at;        ///< last the dominant speaker; 0 never
    struct twcc_recv *twcc; ///< owned; NULL until a packet with a transport-wide number comes
    usec_t media_at;        ///< the last RTP packet came; 0 never
    usec_t report_at;       ///< the next RTCP reports are due
    usec_t uplink_rtt;      ///< to the member and back, smoothed; 0 unknown
    usec_t rtt_at;          ///< last measured by reports; 0 never
    uint32_t rrtr_middle;   ///< our last reference time, the middle bits; 0 answered
    usec_t rrtr_at;         ///< when it went out
    usec_t recorded_at;     ///< written whole into the room's recording; 0 never
    bool demand_due;        ///< control is to be told which layers are watched, changed or not
};

/** Builds one without a transport; NULL without memory. Owned by the room. */
struct member *member_create(struct room *room, struct room_env *env, const char *id,
                             uint64_t age);

/** Takes everything with it: peer, tracks, slots. NULL is fine. */
void member_destroy(struct member *m, usec_t now);

/**
 * What was agreed for its peer connection: a first one, a new one (another generation), or the
 * same again with more or fewer tracks and slots. Returns 0, -EINVAL or -ENOMEM; on error a new
 * connection is not there, an old one is as it was.
 */
int member_agree(struct member *m, const struct agreement *a, usec_t now);

/** Its owner mutes or unmutes all tracks of a source. */
void member_mute(struct member *m, enum media_source source, bool muted, usec_t now);

/** Takes one want in. 0, or -ENOMEM or -ENOSPC (then it is not remembered). */
int member_set_want(struct member *m, const struct letter_want *want, usec_t now);

/** The want that holds for a slot now; never NULL. */
const struct letter_want *member_want(const struct member *m, const struct slot *s);

/** The first track of this source, or NULL. */
struct track *member_track(const struct member *m, enum media_source source);

/** The slot with this outgoing SSRC (or RTX SSRC), or NULL. */
struct slot *member_slot(const struct member *m, uint32_t ssrc);

/**
 * The stream an authenticated packet belongs to: by SSRC, or by MID and RID, or by payload
 * type, where the SSRC is new. NULL if it maps to nothing agreed. RTX is undone: `*pkt` is then
 * the packet it repeats and `*repaired` is set; a padding-only RTX packet gives NULL and
 * DROP_NONE.
 */
struct stream *member_stream(struct member *m, struct rtp *pkt, bool *repaired, enum drop *why,
                             usec_t now);

/** Forgets the SSRCs of a track that goes. */
void member_forget_track(struct member *m, const struct track *t);

/** Notes the transport-wide number of a packet of this track: they count on all of a member's
 * streams together, but their extension's id is per m-line. */
void member_note_twcc(struct member *m, const struct track *t, const struct rtp *pkt,
                      usec_t now);

/** One decrypted compound RTCP packet. */
enum drop member_on_rtcp(struct member *m, const uint8_t *data, size_t len, usec_t now);

/** The round trip to a member was measured by reports, or can be guessed by a repair. */
void member_note_rtt(struct member *m, usec_t rtt, usec_t now);
void member_guess_rtt(struct member *m, usec_t rtt, usec_t now);

/** Writes a reference time that a publisher's DLRR may answer. Returns its bytes. */
size_t member_write_rrtr(struct member *m, uint8_t *out, size_t cap, usec_t now);

/** An extended report came. */
void member_on_xr(struct member *m, const struct rtcp *p, usec_t now);

/** Sends the feedback due to a publisher (NACK, PLI, transport-wide) and, each second, reports.
 */
void member_send_rtcp(struct member *m, usec_t now);

/** An RTP packet came: while it sends, a publisher is looked at often. */
void member_on_media(struct member *m, usec_t now);

/** Be woken no later than `at`. */
void member_wake(struct member *m, usec_t at);

/** A packet or a check came: the transport may have changed state. Tells control. */
void member_settle(struct member *m, usec_t now);

#endif
