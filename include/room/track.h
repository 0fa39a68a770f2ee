/** What a member publishes on one m-line: a source, in one or several encodings. */
#ifndef ROOM_TRACK_H
#define ROOM_TRACK_H

#include "cc/choose.h"
#include "letter/agreement.h"
#include "room/demand.h"
#include "room/stream.h"

#include <stdbool.h>

struct member;

struct track {
    struct member *owner; ///< not owned: the member owns the track
    char mid[AGREE_MID_SIZE];
    enum media_kind kind;
    enum media_source source;
    enum media_content content; ///< what is kept when the line is narrow
    bool muted;                 ///< its owner said so: nothing of it is forwarded
    uint64_t age;               ///< rises with every new track of the room: who came first
    unsigned codec_count;
    struct agree_codec codec[AGREE_MAX_CODECS];
    uint8_t ext[EXT_COUNT];
    unsigned stream_count; ///< at least 1
    struct stream stream[AGREE_MAX_ENCODINGS];
    struct demand demand; ///< of a picture: which of these somebody watches
};

/** Builds one from an m-line that the client sends on; NULL without memory. Owned by the
 * caller. */
struct track *track_create(struct member *owner, const struct agree_mline *m, uint64_t age,
                           usec_t now);

/** Frees; every slot must have left. NULL is fine. */
void track_destroy(struct track *t);

/** The same m-line agreed again: codecs and extension ids may have changed. */
void track_agree(struct track *t, const struct agree_mline *m);

/** The agreed codec with this payload type, or of which it is the RTX (`*rtx`) or the RED; NULL
 * if none. */
const struct agree_codec *track_codec(const struct track *t, uint8_t pt, bool *rtx);

/** The layer for somebody who shows it at `width` x `height` (0: the best), sent or not: the
 * lowest that covers it, else the highest. */
unsigned track_wanted(const struct track *t, uint16_t width, uint16_t height);

/** The size of a stream: as its keyframes say, else as the offer says, else a usual camera's.
 */
void track_size(const struct track *t, const struct stream *st, unsigned *w, unsigned *h);

/** A stream that is silent for so long while others of its track flow is not sent any more. */
#define TRACK_LEFT (450 * USEC_PER_MS)

/** True if this stream of the track can be chosen: it is sent, as far as can be seen. */
bool track_lives(const struct track *t, const struct stream *st, usec_t now);

/** What there is to choose from now. */
void track_describe(const struct track *t, struct choose_source *out, usec_t now);

/**
 * The best stream for somebody who shows it at `width` x `height` (0: the best there is): the
 * lowest that covers it, else the highest alive. NULL if none is alive. `*limited` is set if a
 * larger one was wanted than its publisher sends, though it was not stopped by us.
 */
struct stream *track_choose(struct track *t, uint16_t width, uint16_t height, bool *limited,
                            usec_t now);

/**
 * Likewise inside of a stream: the lowest spatial layer that covers the size, with all its
 * temporal layers; of those that are alive.
 */
struct layer track_layer(const struct stream *st, uint16_t width, uint16_t height, usec_t now);

/** Measures what its streams cost; to be called a few times a second. */
void track_measure(struct track *t, usec_t now);

#endif
