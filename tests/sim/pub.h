/** A track that a fake client publishes: an encoder's and packetiser's behaviour. */
#ifndef SIM_PUB_H
#define SIM_PUB_H

#include "shape.h"

#include "base/usec.h"
#include "letter/letter.h"
#include "srtp/seal.h"

#include <stdbool.h>

#define PUB_HISTORY 512  ///< packets that can be sent again
#define PUB_PACKET  1300 ///< bytes of the longest packet
#define PUB_CHUNK   400  ///< bytes of a real frame in one packet
#define PUB_COPIES  8    ///< of earlier frames of audio in one packet, at most

struct client;

struct pub_sent {
    uint16_t seq, len;
    uint8_t bytes[PUB_PACKET];
};

/** One encoded frame, to be sent in so many packets as it needs. */
struct pub_frame {
    const uint8_t *bytes; ///< valid until the next one; NULL: made up
    size_t len;
};

struct pub;
struct mark;

/** Encodes what mark `m` names (which is not complete), in temporal layer `tid`. */
typedef struct pub_frame (*pub_encode)(void *ctx, const struct pub *p, const struct mark *m,
                                       unsigned tid);

/** One encoding. */
struct pub_layer {
    char rid[AGREE_RID_SIZE];
    uint32_t ssrc, rtx_ssrc;
    struct seal_stream seal, rtx_seal;
    uint16_t seq, rtx_seq;
    uint32_t ts_base;
    uint32_t frame;
    uint16_t pid;
    uint16_t dd_base;  ///< the dependency descriptor's number of frame 0
    uint8_t dd_offset; ///< of its templates
    uint32_t since;    ///< pictures since the key picture
    uint8_t tl0;
    bool key_due;
    bool stopped; ///< the browser sends this encoding not at all
    bool idle;    ///< nobody watches it: the server said so
    uint16_t width, height;
    unsigned packets_per_frame;
    uint32_t packets, octets;
    unsigned plis, nacks, keys; ///< requests that came, keyframes that went
    usec_t key_at;
    struct pub_sent *sent; ///< owned; PUB_HISTORY
};

/** The last frames of audio, for RED. */
struct pub_copies {
    unsigned count;
    uint32_t ts[PUB_COPIES];
    uint16_t len[PUB_COPIES];
    uint8_t bytes[PUB_COPIES][160]; ///< the newest first
};

struct pub {
    struct client *owner; ///< not owned
    uint8_t index;
    char mid[AGREE_MID_SIZE];
    enum media_source source;
    enum media_codec codec;
    uint8_t pt;
    int16_t rtx_pt;
    uint8_t ext[EXT_COUNT];
    bool ids;     ///< VP8 with picture ids
    bool dd;      ///< VP8, VP9, H.264 with dependency descriptors; AV1 has them always
    bool dd_wild; ///< descriptors that point outside of their structure
    struct shape_mode mode; ///< layers inside each encoding; two temporal ones by default
    bool stopped;           ///< sends nothing
    bool silent;            ///< audio: levels of silence
    unsigned red;           ///< audio: copies of earlier frames in each packet; 0: plain
    bool red_false;         ///< audio: lengths in RED are at random
    struct pub_copies copies;
    uint16_t incarnation;
    usec_t next_at, interval;
    usec_t key_every; ///< a keyframe at least so often, 0: only when asked
    uint16_t payload; ///< bytes of each video packet, 0: at random
    bool uneven;      ///< … and one more in the second half of each frame, as browsers divide
    usec_t sr_at;
    usec_t frozen;     ///< how much its RTP clock lags behind its wall clock (mutes)
    pub_encode encode; ///< makes real frames (VP8, VP9); NULL: they are made up
    void *encode_ctx;  ///< not owned
    unsigned layer_count;
    struct pub_layer layer[AGREE_MAX_ENCODINGS];
};

/** `layers` from the lowest on; the top one is 1280 x 720. */
void pub_init(struct pub *p, struct client *owner, uint8_t index, enum media_source source,
              enum media_codec codec, unsigned layers);
void pub_fini(struct pub *p);

/** As an agreement has it. */
void pub_mline(const struct pub *p, struct agree_mline *m);

/** Another size of picture, from a keyframe on. */
void pub_resize(struct pub *p, uint16_t width, uint16_t height);

/** The encoder begins anew: other SSRCs (or only other numbers), perhaps another codec. */
void pub_restart(struct pub *p, enum media_codec codec, bool new_ssrc);

/** The keys have changed: sealing begins anew. */
void pub_rekey(struct pub *p);

/** The server says which of its layers somebody watches. */
void pub_on_demand(struct pub *p, const struct letter_demand *demand);

/** Captures and sends what is due. */
void pub_tick(struct pub *p, usec_t now);

/** Feedback on one of its SSRCs. False if it is none of its. */
bool pub_on_key_request(struct pub *p, uint32_t ssrc);
bool pub_on_nack(struct pub *p, uint32_t ssrc, uint16_t seq);

/** Payload type of RED of a client whose Opus has `opus`. */
#define PUB_RED_PT(opus) ((uint8_t)((opus) + 1))

/**
 * RED (pub_red.c): puts the copies before the frame of `len` bytes at `payload`, which has room
 * for them, and remembers the frame. Returns the new length.
 */
size_t pub_add_copies(struct pub *p, uint32_t ts, uint8_t *payload, size_t len);

/** The layer's RTP time at `now`. */
uint32_t pub_ts(const struct pub *p, const struct pub_layer *l, usec_t now);

#endif
