/** The few lines of SDP that a load client must write and read (RFC 8866, RFC 8829). */
#ifndef LOAD_SDP_H
#define LOAD_SDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SDP_PT_OPUS  111
#define SDP_PT_VP8   96
#define SDP_PT_RTX   97
#define SDP_SECTIONS 160
#define SDP_PAIRS    160
#define SDP_ICE_TEXT 257
#define SDP_MID      17

/** Ids of header extensions; 0: not agreed. */
struct sdp_ext {
    uint8_t mid, twcc, level, rid, rrid;
};

/** One m-line, ours or theirs. */
struct sdp_section {
    bool video;
    bool screen;     ///< ours to receive: for shared screens alone
    bool send, recv; ///< as seen by us
    bool rejected;   ///< port 0
    bool other;      ///< neither sound nor picture: to be refused
    char mid[SDP_MID];
    unsigned layers;       ///< that we send; above 1: simulcast by rid
    bool best_first;       ///< in this order they are offered
    uint32_t ssrc, rtx;    ///< that we send, with one layer
    int opus, vp8, rtx_pt; ///< payload types; -1: none
};

/** What one side says of itself. */
struct sdp_self {
    char ufrag[SDP_ICE_TEXT], pwd[SDP_ICE_TEXT];
    const char *fingerprint; ///< "sha-256 AB:…"; not owned
    const char *setup;       ///< "actpass", "active"; not owned
    const char *candidates;  ///< whole a=candidate lines, each with CRLF; not owned
    uint32_t session;
};

/** What the server said. */
struct sdp_remote {
    char ufrag[SDP_ICE_TEXT], pwd[SDP_ICE_TEXT];
    uint8_t fingerprint[64];
    size_t fingerprint_len;
    char hash[16];
    bool active; ///< it begins DTLS
    struct sdp_ext ext;
    unsigned sections;
    struct sdp_section section[SDP_SECTIONS];
    unsigned pairs;
    uint32_t pair[SDP_PAIRS][2]; ///< a stream and the one that repairs it
};

/** The rid of layer `i` of `layers`, the smallest first: "q", "h", "f". */
const char *sdp_rid(unsigned i, unsigned layers);

/** An offer (`answers` NULL) or an answer to `answers`, of `n` sections; owned by the caller.
 */
char *sdp_write(const struct sdp_self *self, const struct sdp_section *section, unsigned n,
                const struct sdp_remote *answers);

/** Reads an answer or an offer. NULL, or what is missing in it. */
const char *sdp_read(struct sdp_remote *r, const char *text);

/** Calls `each` for every a=candidate line, without its "a=" and its line's end. */
void sdp_candidates(const char *text, void (*each)(void *arg, const char *line), void *arg);

#endif
