/** All that is counted of one run. Sums over all members; nothing of it belongs to one. */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include "hist.h"

#include <stdint.h>

#define TALLY_REASONS 48
#define TALLY_LAYERS  3

/** Why something did not work, and how often. */
struct tally_reason {
    char name[64];
    uint64_t count;
};

/** What is counted while everybody is there: from the end of the joins to the end of the run.
 */
struct tally_media {
    uint64_t sent;           ///< RTP packets of publishers
    uint64_t sent_bytes;     ///< of them
    uint64_t received;       ///< RTP packets that came to viewers, repeated ones included
    uint64_t received_bytes; ///< of them
    uint64_t expected,
        missed;           ///< by the sequence numbers; missed: never came, nor was repaired
    uint64_t repaired;    ///< came by RTX or late, after they were asked for
    uint64_t rejected;    ///< did not decrypt
    uint64_t nacks, plis; ///< numbers and keyframes that viewers asked for
    uint64_t asked_keys;  ///< keyframes that publishers were asked for
    uint64_t frames;      ///< whole pictures, each with all packets before it since a keyframe
    uint64_t screen_frames; ///< of them of a shared screen
    uint64_t bad_frames;    ///< pictures that could not be shown
    uint64_t voice_frames;  ///< packets of sound
    uint64_t decoded,
        wrong;           ///< of the sample: pictures read, and not found to be what was sent
    uint64_t freezes;    ///< by the definition of webrtc-stats
    uint64_t freeze_us;  ///< how long they were
    uint64_t watched_us; ///< how long pictures were shown in all
    uint64_t layer_us[TALLY_LAYERS]; ///< how long each layer was shown, the smallest first
    struct hist delay;               ///< µs from the publisher's socket to the viewer's
    struct hist jitter;              ///< µs, RFC 3550, of each stream at each report
};

struct tally {
    uint64_t started, joined, connected, left, lost; ///< members
    struct hist join;  ///< µs from the first byte of signalling to the answer
    struct hist link;  ///< µs from the offer to DTLS being up
    struct hist first; ///< µs from the offer to the first media packet
    struct hist frame; ///< µs from the first byte of signalling to the first whole picture
    struct hist late;  ///< µs by which this program was behind its own clock
    struct tally_media media;
    struct tally_reason reason[TALLY_REASONS];
    unsigned reasons;
};

/** One more of `reason`; whatever does not fit is counted as "other". */
void tally_error(struct tally *t, const char *reason);

/** How many there were of all reasons. */
uint64_t tally_errors(const struct tally *t);

#endif
