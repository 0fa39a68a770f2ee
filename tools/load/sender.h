/** What a peer publishes: clips, replayed as a camera, a microphone or a screen. */
#ifndef LOAD_SENDER_H
#define LOAD_SENDER_H

#include "base/usec.h"
#include "clips.h"
#include "sdp.h"
#include "srtp/seal.h"
#include "stamp.h"

#include <stdbool.h>

#define SENDER_KEPT 2048u ///< packets a layer can be asked for again

struct peer;

enum sender_source { SENDER_MICROPHONE, SENDER_CAMERA, SENDER_SCREEN };

/** How a packet is made; making it again gives the same bytes. */
struct sender_packet {
    struct stamp stamp;
    const struct clip *clip; ///< not owned; NULL: none yet
    uint32_t ts;
    uint16_t seq, pid;    ///< number, picture id
    uint16_t twcc;        ///< transport-wide number, of the first time it is sent
    uint8_t tl0;          ///< VP8's TL0PICIDX
    uint16_t part, parts; ///< a keyframe has hundreds
    uint8_t level;        ///< RFC 6464
    bool named;           ///< it says its MID and RID
};

struct sender_layer {
    const struct clip *clip; ///< not owned
    uint32_t ssrc, rtx_ssrc;
    uint16_t seq, rtx_seq, pid;
    uint16_t unsent; ///< the first of its packets that the pacer still holds, up to `seq`
    uint8_t tl0;
    unsigned at;   ///< the clip's next frame
    bool off;      ///< nobody watches it
    bool heard;    ///< the server reported on it, so it knows whose it is
    usec_t key_at; ///< of the last keyframe
    bool key_wanted;
    uint32_t frame, ts0;
    uint32_t packets, octets;
    struct seal_stream seal, rtx_seal;
    struct sender_packet *kept; ///< owned: SENDER_KEPT; NULL for sound
};

struct sender {
    struct peer *peer; ///< not owned
    enum sender_source source;
    char mid[SDP_MID];
    uint8_t pt;
    int rtx_pt; ///< -1: none
    bool stopped;
    unsigned layers;
    usec_t next_at, began_at;
    usec_t paced_at;   ///< until when the pacer has spent its rate
    unsigned rate_bps; ///< at which packets of one frame leave
    bool talks;
    usec_t spurt_until; ///< it talks, or is silent, until then
    struct sender_layer layer[CLIP_LAYERS];
};

/** 0 or -ENOMEM. */
int sender_init(struct sender *s, struct peer *p, enum sender_source source, unsigned layers);
void sender_fini(struct sender *s);

/** SRTP is up. */
void sender_start(struct sender *s, usec_t now);

/** Sends what is due; returns when to call again. */
usec_t sender_tick(struct sender *s, usec_t now);

/** Somebody began, or ceased, to watch a layer. */
void sender_switch(struct sender *s, unsigned layer, bool on);

/** A keyframe of `ssrc` is wanted. False if it is not of this sender. */
bool sender_on_key_request(struct sender *s, uint32_t ssrc);

/** A packet is asked for again. False if it is not of this sender. */
bool sender_on_nack(struct sender *s, uint32_t ssrc, uint16_t seq);

/** The media time of `now` on a layer. */
uint32_t sender_ts(const struct sender *s, const struct sender_layer *l, usec_t now);

#endif
