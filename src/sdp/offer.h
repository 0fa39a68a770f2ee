/** An offer as it was written: the model between the text and the agreement. */
#ifndef SDP_OFFER_H
#define SDP_OFFER_H

#include "sdp/answer.h"
#include "span.h"

/** What the client wants to do on an m-line: bits. 0 is inactive. */
enum direction { DIR_SEND = 1, DIR_RECV = 2 };

/** Attributes without a value: bits. */
enum section_flag {
    FLAG_BUNDLE_ONLY = 1,
    FLAG_RTCP_MUX = 2,
    FLAG_RTCP_RSIZE = 4,
    FLAG_ALLOW_MIXED = 8,
    FLAG_ICE_LITE = 16,
};

/** a=rtcp-fb of a payload type: bits. */
enum feedback { FB_NACK = 1, FB_PLI = 2, FB_FIR = 4, FB_TWCC = 8, FB_REMB = 16 };

enum setup { SETUP_ABSENT, SETUP_ACTPASS, SETUP_ACTIVE, SETUP_PASSIVE };

struct fingerprint {
    char hash[16];
    uint8_t bytes[64];
    uint8_t len;  ///< 0: absent
    uint8_t rank; ///< higher is stronger
};

struct payload {
    struct span name; ///< absent without a=rtpmap
    struct span fmtp;
    unsigned clock, channels;
    unsigned feedback; ///< enum feedback
    uint8_t pt;
};

struct offered_ext {
    uint8_t id;        ///< 0: absent
    uint8_t direction; ///< enum direction
    bool directed;     ///< the direction was written
};

struct offered_rid {
    struct span id;
    uint16_t max_width, max_height; ///< 0: no restriction
};

#define SECTION_RIDS  16
#define SECTION_SSRCS 16

/** One m-line with its attributes; or what stands before the first one. */
struct section {
    unsigned line; ///< of m=, 1-based; 0: the session's section
    struct span media, proto, formats;
    enum media_kind kind;
    bool known;   ///< `kind` holds
    bool rtp;     ///< `proto` is one of DTLS-SRTP's, formats are payload types
    bool bundled; ///< set by bundle_check(): takes part in our one transport
    uint16_t port;
    struct span mid;
    unsigned flags;     ///< enum section_flag
    unsigned direction; ///< enum direction
    struct span ufrag, pwd;
    struct fingerprint fingerprint;
    enum setup setup;
    unsigned payload_count;
    struct payload payload[128];
    uint8_t payload_at[128]; ///< 1 + index in `payload`, by payload type
    struct offered_ext ext[EXT_COUNT];
    unsigned rid_count;
    struct offered_rid rid[SECTION_RIDS]; ///< only those the client sends
    struct span simulcast;                ///< the list behind "send"
    unsigned ssrc_count;
    uint32_t ssrc[SECTION_SSRCS];
    unsigned sim_count;
    uint32_t sim[AGREE_MAX_ENCODINGS]; ///< a=ssrc-group:SIM
    unsigned fid_count;
    uint32_t fid[SECTION_SSRCS][2]; ///< a=ssrc-group:FID: media, RTX
    uint16_t sctp_port;             ///< a=sctp-port, 0: absent
    bool has_message_max;
    uint32_t message_max; ///< a=max-message-size, if `has_message_max`
};

struct offer {
    uint64_t session_id;
    bool has_origin;
    bool has_bundle;
    struct span bundle; ///< the mids behind a=group:BUNDLE
    unsigned bundle_line;
    struct section session;
    unsigned mline_count;
    struct section *mline; ///< owned
};

/** Returns 0; -EINVAL with `*err`; or -ENOMEM. `out` is to be freed in any case. */
int offer_parse(const char *text, size_t len, struct offer *out, struct sdp_error *err);

void offer_fini(struct offer *o);

/** Index of the m-line with this mid, or -1. */
int offer_find(const struct offer *o, struct span mid);

/** The payload with this type, or NULL. */
const struct payload *section_payload(const struct section *s, unsigned pt);

/** Fills `err` and returns -EINVAL. */
int sdp_fail(struct sdp_error *err, const char *reason, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/** One line of the text, without its end. */
struct sdp_line {
    unsigned number; ///< 1-based
    char type;       ///< the letter before "="
    struct span value;
};

struct sdp_lines {
    struct span rest;
    unsigned number;
};

/**
 * The next line. Returns 1, 0 at the end (blank lines there are fine), or -EINVAL with `*err`:
 * no "x=", a NUL or another control character, a blank line before others.
 */
int sdp_next_line(struct sdp_lines *lines, struct sdp_line *out, struct sdp_error *err);

/** Where a parser is, for attribute handlers. */
struct attr_place {
    struct offer *offer;
    struct section *section;
    unsigned line;
    struct sdp_error *err;
};

/** Takes one a= line. Returns 0 (also if nobody knows it) or -EINVAL with the error filled. */
int attr_parse(struct attr_place *at, struct span attribute);

// Attributes of data channels, in data.c.
int attr_sctp_port(struct attr_place *at, struct span value, unsigned arg);
int attr_message_max(struct attr_place *at, struct span value, unsigned arg);

// Attributes of RTP, in attr_rtp.c; each takes the value behind the colon.
int attr_rtpmap(struct attr_place *at, struct span value, unsigned arg);
int attr_fmtp(struct attr_place *at, struct span value, unsigned arg);
int attr_rtcp_fb(struct attr_place *at, struct span value, unsigned arg);
int attr_extmap(struct attr_place *at, struct span value, unsigned arg);
int attr_rid(struct attr_place *at, struct span value, unsigned arg);
int attr_simulcast(struct attr_place *at, struct span value, unsigned arg);
int attr_ssrc(struct attr_place *at, struct span value, unsigned arg);
int attr_ssrc_group(struct attr_place *at, struct span value, unsigned arg);

#endif
