/**
 * The answerer: an offer in, an answer and an agreement out (RFC 8829, RFC 3264).
 *
 * The only code path for the web client, WHIP and WHEP: the client always offers, the server
 * only ever answers, as ICE-lite, BUNDLE and rtcp-mux always. Pure: no clock, no sockets;
 * randomness (credentials, SSRCs) comes in by `rand`.
 */
#ifndef SDP_ANSWER_H
#define SDP_ANSWER_H

#include "letter/agreement.h"

#include <stddef.h>
#include <stdint.h>

#define SDP_MAX_OFFER     (512u << 10) ///< bytes
#define SDP_MAX_ADDRESSES 16

/** What the offer's sender said of an m-line beside the SDP. */
struct sdp_hint {
    char mid[AGREE_MID_SIZE];
    bool has_source;
    enum media_source source; ///< what is sent on it
    bool has_role;
    enum slot_role role; ///< what is received on it
    bool has_content;
    enum media_content content; ///< what is sent on it is made for
};

/** Our side of it. All pointers are the caller's and need to live for the call only. */
struct sdp_local {
    const char *fingerprint; ///< of the worker: "sha-256 AB:CD:..."
    unsigned address_count;
    const char *address[SDP_MAX_ADDRESSES]; ///< announced, IPv4 or IPv6 literals
    uint16_t port;                          ///< UDP port of the worker
    uint16_t tcp_port;                      ///< of its TCP listener (RFC 6544), 0: none
    unsigned hint_count;
    const struct sdp_hint *hint;
    bool publish_only;   ///< WHIP: refuse to send anything (recvonly answer)
    bool subscribe_only; ///< WHEP: refuse to receive anything
    /** The agreement before this one of the same member, or NULL: mids keep their SSRCs, and
     * the same peer connection keeps its generation and, without ICE restart, our credentials.
     * It is the same if the certificate is, and the session id of o= or the ICE credentials. */
    const struct agreement *previous;
    uint64_t previous_session;           ///< o= session id of the offer before, if `previous`
    void (*rand)(void *buf, size_t len); ///< cryptographic random bytes
};

/** What is wrong with an offer. */
struct sdp_error {
    /// Static: "invalid_sdp", "too_large", "too_many_mlines", "no_media" (nothing to answer),
    /// "no_bundle", "no_rtcp_mux", "no_common_codec", "no_ice", "no_fingerprint",
    /// "wrong_direction" (WHIP without a track, WHEP without a slot), "bad_hint".
    const char *reason;
    unsigned line;    ///< 1-based line of the offer, 0 if none applies
    char detail[160]; ///< one English sentence that names the field
};

struct sdp_answered {
    struct agreement agreement; ///< owned
    char *sdp;                  ///< owned, NUL-terminated, CRLF lines
    uint64_t session;           ///< the offer's o= session id
    bool fresh;                 ///< a new peer connection (generation was raised)
    bool ice_restart;           ///< same peer connection, new credentials
};

/** Returns 0; -EINVAL with `*err`; or -ENOMEM. On error `*out` is zeroed. */
int sdp_answer(const char *offer, size_t len, const struct sdp_local *local,
               struct sdp_answered *out, struct sdp_error *err);

void sdp_answered_fini(struct sdp_answered *a);

/**
 * Reads a trickle fragment (RFC 8840, application/trickle-ice-sdpfrag) as WHIP's PATCH brings
 * it. ufrag and pwd are set if the fragment has them ("" if not).
 */
struct sdp_fragment {
    char ufrag[AGREE_UFRAG_SIZE], pwd[AGREE_PWD_SIZE];
    unsigned candidate_count;
    bool end_of_candidates;
};
int sdp_fragment_parse(const char *text, size_t len, struct sdp_fragment *out,
                       struct sdp_error *err);

/** Checks one "candidate:..." attribute value (RFC 8839 5.1), "" included. True if well formed.
 */
bool sdp_candidate_valid(const char *candidate);

/**
 * An ICE restart without a whole offer (WHIP's PATCH): gives `a` new local credentials and
 * takes the remote ones. Writes our fragment (ice-ufrag, ice-pwd, candidates) to `*fragment`,
 * owned by the caller. Returns 0 or -ENOMEM.
 */
int sdp_restart(struct agreement *a, const struct sdp_fragment *theirs,
                const struct sdp_local *local, char **fragment);

#endif
