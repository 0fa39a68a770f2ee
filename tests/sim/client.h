/**
 * A fake participant: full-ICE controlling agent, DTLS, SRTP, what it publishes and what it
 * receives. Sans-I/O like the worker: bytes and `now` in, bytes out through a hook. It knows no
 * SDP: its agreement is built directly, as the control wing would have.
 *
 *   client.c      agreement, datagrams in and out, time
 *   client_ice.c  its checks
 *   client_rtcp.c reports and feedback, both ways
 *   client_data.c data channels
 *   pub.c         what it publishes
 *   sink.c        what it receives, and whether that is right
 */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H

#include "pub.h"
#include "rng.h"
#include "sink.h"

#include "cc/twcc.h"
#include "dtls/dtls.h"
#include "letter/letter.h"
#include "rtp/xr.h"
#include "srtp/open.h"
#include "srtp/seal.h"
#include "srtp/sealer.h"

#include <netinet/in.h>
#include <stun/stunagent.h>

#define CLIENT_PUBS   4
#define CLIENT_SINKS  32
#define CLIENT_PACKET 1500 ///< bytes of the longest datagram it sends

struct client;

/** Where a client's bytes can be spoiled: what is said, before it is sealed, and what is sent.
 */
enum spoil { SPOIL_RTP, SPOIL_RTCP, SPOIL_SCTP, SPOIL_DATAGRAM, SPOIL_COUNT };

#define SPOIL_ROOM 1400 ///< bytes there are to grow into

/** What clients share and where their bytes go. */
struct client_env {
    const struct dtls_ctx *dtls;    ///< not owned
    struct seal_engine *seal;       ///< not owned
    const char *server_fingerprint; ///< "sha-256 AB:CD:..."; not owned
    void (*send)(void *ctx, struct client *c, const uint8_t *bytes, size_t len);
    /** Something is not as it must be. */
    void (*complain)(void *ctx, const struct client *c, const char *what);
    void *ctx;
    struct rng *rng; ///< not owned
    /** Changes what a client is about to say; 0 bytes are not said. May be NULL. */
    void (*spoil)(void *ctx, struct client *c, enum spoil where, uint8_t *bytes, size_t *len);
};

/** How one client is made. Zero is a usual browser. */
struct client_conf {
    bool no_rtx;        ///< neither offers nor takes RTX
    bool no_pli;        ///< never asks for a keyframe
    bool no_nack;       ///< does not ask again for what it lacks
    bool no_mid;        ///< sends no MID and no RID: SSRC or payload type must do
    bool name_ssrcs;    ///< its offer names its SSRCs
    bool ids_per_mline; ///< the same extension id means different things on its m-lines
    bool two_byte;      ///< some of its ids are above 14
    bool no_mixed;      ///< it takes no long extensions beside short ones
    bool dtls_server;   ///< it is the DTLS server
    bool no_sender_reports;
    bool red;          ///< sends and takes RED (RFC 2198)
    bool lack_levels;  ///< what it gets may have lost its audio level: the server recovered it
    bool no_xr;        ///< does not answer reference times
    bool data;         ///< it offers data channels
    bool watches_only; ///< … on which it may not send
    bool no_numbers;   ///< takes no transport-wide numbers
    uint64_t remb_bps; ///< says each second that it can take so much; 0: says nothing
};

struct client_data;

struct client {
    char id[LETTER_ID_SIZE];
    uint16_t number;
    struct client_conf conf;
    const struct client_env *env; ///< not owned
    struct sockaddr_in6 addr;     ///< where its datagrams come from now
    bool asleep;                  ///< sends nothing: gone without a word
    bool no_checks;               ///< sends media, but gives no consent

    uint32_t generation, answers;
    char local_ufrag[16], local_pwd[40];   ///< its own
    char server_ufrag[16], server_pwd[40]; ///< the server's, towards it

    StunAgent stun;
    StunMessage check;
    uint8_t check_bytes[512];
    size_t check_len; ///< of the one that is not answered yet, 0: none
    unsigned check_tries;
    usec_t check_at;    ///< the next check is due
    unsigned checks_ok; ///< answered since the last (re)start
    usec_t checked_at;  ///< the last answer came

    bool dtls_made, up;
    struct dtls dtls;
    struct opener opener;
    struct sealer rtcp;
    struct seal seal;
    usec_t up_at;

    uint16_t twcc_seq;
    uint64_t twcc_reported; ///< packets the server said it got
    uint64_t twcc_arrived;
    struct twcc_recv *heard; ///< owned: transport-wide numbers that came
    uint64_t heard_numbers;  ///< packets that had one
    bool deaf;               ///< tells nothing of them
    uint32_t ssrc;           ///< of its feedback
    usec_t report_at;
    struct xr_dlrr rrtr; ///< the server's last reference time
    usec_t rrtr_at;
    uint64_t rtcp_in;
    uint64_t reports_in; ///< blocks about what it publishes
    uint8_t fraction_in; ///< lost of 256, as the last of them says
    uint64_t bad_in;     ///< datagrams that did not open

    struct client_data *data; ///< owned; NULL without data channels

    unsigned pub_count, sink_count;
    struct pub pub[CLIENT_PUBS];
    struct sink *sink[CLIENT_SINKS]; ///< owned
    uint32_t next_mid;
};

void client_init(struct client *c, const struct client_env *env, uint16_t number,
                 const struct client_conf *conf, usec_t now);
void client_fini(struct client *c);

/** A new track of this client, to be agreed. Layers above 1: simulcast by rid. */
struct pub *client_publish(struct client *c, enum media_source source, enum media_codec codec,
                           unsigned layers);

/** A new receiving m-line, to be agreed. */
struct sink *client_receive(struct client *c, enum media_kind kind, enum slot_role role,
                            uint16_t pair);

/** `n` pairs of a video and an audio slot. */
void client_receive_pairs(struct client *c, unsigned n);

/** What the two ends agree to now; free with agreement_fini(). */
void client_agreement(struct client *c, struct agreement *out);

/** New ICE credentials on both sides; to be agreed. */
void client_restart_ice(struct client *c, usec_t now);

/** Another peer connection: everything from the beginning; to be agreed. */
void client_reconnect(struct client *c, usec_t now);

void client_on_datagram(struct client *c, uint8_t *bytes, size_t len, usec_t now);
void client_tick(struct client *c, usec_t now);
usec_t client_deadline(const struct client *c);

/** The sink with this mid, or NULL. */
struct sink *client_sink(const struct client *c, const char *mid);

/** Seals and sends `len` bytes of clear RTP; the buffer has CLIENT_PACKET bytes. */
void client_send_rtp(struct client *c, struct seal_stream *st, uint8_t *bytes, size_t len,
                     bool again);
/** Likewise RTCP. */
void client_send_rtcp(struct client *c, uint8_t *bytes, size_t len);

/** The wall clock, NTP, of client `number` at `now`: everybody's is another one. */
uint64_t client_ntp(uint16_t number, usec_t now);

void client_complain(const struct client *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Lets a fuzzer change what is about to be said; how much that is then. */
size_t client_spoil(struct client *c, enum spoil where, uint8_t *bytes, size_t len);

/** What DTLS has to say. */
void client_send_dtls(struct client *c);

/** Parts of client_on_datagram() and client_tick(). */
void client_ice_tick(struct client *c, usec_t now);
void client_on_stun(struct client *c, const uint8_t *bytes, size_t len, usec_t now);
/** Notes the transport-wide number of a packet, sealed or not. */
void client_note_number(struct client *c, const struct sink *s, const struct rtp *pkt,
                        usec_t now);
void client_on_rtcp(struct client *c, const uint8_t *bytes, size_t len, usec_t now);
void client_rtcp_tick(struct client *c, usec_t now);
/** Sends a PLI, or asks for packets again. */
void client_send_pli(struct client *c, uint32_t media);
void client_send_nack(struct client *c, uint32_t media, const uint16_t *seq, unsigned n);

#endif
