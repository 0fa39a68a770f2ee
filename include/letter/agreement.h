/**
 * What two ends of a peer connection agreed: the answerer's result, without any SDP.
 *
 * The control wing makes one from an offer (sdp_answer()), sends it in `member.agree`, and the
 * worker builds a peer, tracks and slots from it. All values, no pointers but the m-line array.
 * "Client" is the participant, "we" are the server.
 */
#ifndef LETTER_AGREEMENT_H
#define LETTER_AGREEMENT_H

#include "base/media.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AGREE_MAX_MLINES    160
#define AGREE_MAX_CODECS    16
#define AGREE_MAX_ENCODINGS 4
#define AGREE_MID_SIZE      33 ///< bytes with the NUL; RFC 9143 sets no limit, we do: 32
#define AGREE_RID_SIZE      17 ///< bytes with the NUL; at most 16 (what a one-byte extension holds)
#define AGREE_UFRAG_SIZE    257 ///< RFC 8839 section 5.4: ufrag 4..256
#define AGREE_PWD_SIZE      257 ///< RFC 8839 section 5.4: pwd 22..256

/** One payload type both sides know, as numbered on this m-line. */
struct agree_codec {
    enum media_codec codec;
    uint8_t pt;
    int16_t rtx_pt;        ///< payload type of its RTX (RFC 4588), -1 if none was agreed
    uint8_t red_pt;        ///< Opus: payload type of its RED (RFC 2198), 0 if none was agreed
    uint32_t profile;      ///< H.264: profile-level-id; VP9: profile-id; AV1: profile; else 0
    uint8_t packetization; ///< H.264 packetization-mode, else 0
    bool nack, pli, fir, twcc, remb; ///< rtcp-fb agreed
};

/** One encoding the client sends on an m-line: a simulcast layer, or the only one. */
struct agree_encoding {
    char rid[AGREE_RID_SIZE];       ///< "" without rids
    uint32_t ssrc;                  ///< from a=ssrc, 0 if the offer names none (rid only)
    uint32_t rtx_ssrc;              ///< from a=ssrc-group:FID, 0 if none
    uint16_t max_width, max_height; ///< from a=rid restrictions, 0 unknown
};

/** What a slot is for. */
enum slot_role {
    SLOT_ANY,    ///< whoever is seated: microphone or camera (and, on a player, a screen)
    SLOT_SCREEN, ///< screen shares only
    SLOT_ROLE_COUNT
};

/** The association of data channels on a KIND_DATA m-line. */
struct agree_data {
    uint16_t port;        ///< the client's, of a=sctp-port
    uint32_t max_message; ///< bytes of a message the client takes; 0: any
    bool may_send;        ///< the client may open channels and send; else it only receives
};

struct agree_mline {
    char mid[AGREE_MID_SIZE];
    enum media_kind kind;
    bool active;                ///< false: rejected or stopped; nothing else below holds
    bool client_sends;          ///< it is a track
    bool client_receives;       ///< it is a slot; one m-line can be both
    enum media_source source;   ///< if client_sends
    enum media_content content; ///< likewise: what is kept when the line is narrow
    enum slot_role role;        ///< if client_receives
    unsigned codec_count;
    struct agree_codec codec[AGREE_MAX_CODECS]; ///< in the order of preference agreed
    uint8_t ext[EXT_COUNT];  ///< header extension ids of this m-line, 1..255; 0: not agreed
    bool ext_mixed;          ///< a=extmap-allow-mixed: both forms may be used (RFC 8285)
    unsigned encoding_count; ///< if client_sends; 0: unknown until packets come
    struct agree_encoding encoding[AGREE_MAX_ENCODINGS]; ///< lowest quality first
    uint32_t slot_ssrc;     ///< if client_receives: ours, towards the client
    uint32_t slot_rtx_ssrc; ///< likewise; 0 without RTX
    uint16_t slot_pair;     ///< if client_receives: audio and video slots of the same role and
                            ///< number are a pair: one msid stream, kept in sync by the client
    struct agree_data data; ///< if KIND_DATA; then it is neither a track nor a slot
};

/** Which side starts DTLS, from the server's view. */
enum agree_dtls_role { AGREE_DTLS_SERVER, AGREE_DTLS_CLIENT };

struct agreement {
    uint32_t generation; ///< counts peer connections of this member; another one: a new DTLS
                         ///< association
    uint32_t answers;    ///< given to this peer connection: the version in our o= line
    char local_ufrag[AGREE_UFRAG_SIZE], local_pwd[AGREE_PWD_SIZE];   ///< ours (ICE-lite)
    char remote_ufrag[AGREE_UFRAG_SIZE], remote_pwd[AGREE_PWD_SIZE]; ///< the client's
    char fingerprint_hash[16]; ///< "sha-256", "sha-384", "sha-512", "sha-1"
    uint8_t fingerprint[64];   ///< of the client's certificate
    uint8_t fingerprint_len;   ///< bytes used
    enum agree_dtls_role dtls_role;
    char cname[33]; ///< ours, towards the client (RTCP SDES, a=ssrc cname)
    unsigned mline_count;
    struct agree_mline *mline; ///< owned, mline_count of them, in the offer's order
};

/** Frees what `a` owns; `a` itself stays the caller's. A zeroed agreement is fine. */
void agreement_fini(struct agreement *a);

/** As JSON, a new reference; NULL without memory. */
json_t *agreement_to_json(const struct agreement *a);

/**
 * Reads what agreement_to_json() wrote, every field checked. Returns 0; -EINVAL and in `*where`
 * (a static string) the field that is wrong; or -ENOMEM. On error `*out` is zeroed. Free with
 * agreement_fini().
 */
int agreement_from_json(const json_t *json, struct agreement *out, const char **where);

/** The m-line with this mid, or NULL. */
const struct agree_mline *agreement_mline(const struct agreement *a, const char *mid);

#endif
