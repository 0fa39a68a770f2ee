/**
 * One peer connection as a browser would have it: full ICE, DTLS, SRTP, what is sent and what
 * is received, and the RTCP for both.
 *
 *   ice.c       a NiceAgent finds the path, then hands over its socket; consent
 *   peer.c      SDP, life, time
 *   datagram.c  DTLS and SRTP, in and out
 *   sender.c    clips, packets, repair
 *   receiver.c  numbers, frames, freezes
 *   feedback.c  RTCP
 */
#ifndef LOAD_PEER_H
#define LOAD_PEER_H

#include "cc/twcc.h"
#include "core.h"
#include "line.h"
#include "receiver.h"
#include "rtp/packet.h"
#include "sdp.h"
#include "sender.h"
#include "srtp/open.h"
#include "srtp/sealer.h"

#include <netinet/in.h>
#include <nice/agent.h>

#define PEER_SENDERS  3
#define PEER_SECTIONS SDP_SECTIONS
#define PEER_PACKET   1500

enum peer_state {
    PEER_NEW,        ///< gathers, or waits for the server's word
    PEER_CHECKING,   ///< the ICE agent looks for a path
    PEER_CONNECTING, ///< DTLS
    PEER_UP,
    PEER_FAILED
};

/** What is told to whoever owns the peer. */
struct peer_owner {
    void *arg;                                      ///< not owned
    void (*on_gathered)(void *arg, struct peer *p); ///< an offer can be made
    void (*on_up)(void *arg, struct peer *p);
    void (*on_failed)(void *arg, struct peer *p, const char *why);
};

struct peer_conf {
    uint32_t member;           ///< written into what it sends
    const char *local_address; ///< the one to gather; NULL: all
    bool tcp;                  ///< ICE-TCP alone
    bool wants_frames;         ///< its pictures are part of the statistics
    struct line_conf line;
    unsigned layers;                                 ///< of its camera
    bool audio, video, screen;                       ///< what it sends
    unsigned slots_audio, slots_video, slots_screen; ///< what it offers to receive
    bool best_first; ///< its layers are offered the largest first, as Janus wants them
    double talks;    ///< share of the time it speaks
};

/** A consent check that is not answered yet, RFC 7675. */
struct peer_check {
    StunTransactionId id;
    StunMessage msg;
    uint8_t bytes[512];
    bool waits;
    usec_t sent_at, answered_at, next_at;
};

struct peer {
    struct core *core; ///< not owned
    struct peer_conf conf;
    struct peer_owner owner;
    unsigned place;
    enum peer_state state;
    usec_t began_at, offered_at, state_at;
    bool had_media, had_frame;

    NiceAgent *agent; ///< owned; NULL once the path's socket was taken over
    guint stream;
    bool gathered, told, found, lost;
    int fd;       ///< owned; -1 before
    bool carried; ///< TCP: the agent stays, and everything goes through it
    struct peer_check check;
    struct sdp_self self;
    char *candidates;          ///< owned
    struct sdp_remote *remote; ///< owned; NULL before the server's word

    struct dtls dtls;
    bool dtls_made;
    struct opener opener;
    struct sealer rtcp;
    struct seal seal;

    unsigned sections;
    struct sdp_section section[PEER_SECTIONS]; ///< of our offer, or of our answer
    unsigned senders;
    struct sender sender[PEER_SENDERS];
    unsigned receivers, receivers_cap;
    struct receiver **receiver; ///< owned
    bool decodes;
    uint32_t ssrc; ///< of its feedback
    uint16_t twcc_seq;
    struct twcc_recv *heard; ///< owned
    uint32_t heard_ssrc;     ///< a stream of the server's
    usec_t report_at;
    struct line *up, *down; ///< owned; NULL: good
};

/** Begins to gather; `on_gathered` follows. NULL if there is no memory. */
struct peer *peer_create(struct core *c, const struct peer_conf *conf,
                         const struct peer_owner *owner);
void peer_destroy(struct peer *p);

/** The offer, owned by the caller; after `on_gathered`. */
char *peer_offer(struct peer *p);

/** The server's answer to it. NULL, or what is wrong with it. */
const char *peer_take_answer(struct peer *p, const char *sdp);

/** The server's offer, after `on_gathered`. NULL and an answer for the caller to own, or what
 * is wrong. May be said again: a renegotiation. */
const char *peer_take_offer(struct peer *p, const char *sdp, char **answer);

/** Datagrams wait to be read. */
void peer_read(struct peer *p, usec_t now);

/** Moves its time to `now`; returns when it must be woken next. */
usec_t peer_tick(struct peer *p, usec_t now);

/** Seals and sends; the buffer has PEER_PACKET bytes. */
void peer_send_rtp(struct peer *p, struct seal_stream *st, uint8_t *bytes, size_t len);
/** Likewise what was sent before, bit for bit: repair without RTX. */
void peer_resend_rtp(struct peer *p, struct seal_stream *st, uint8_t *bytes, size_t len);
void peer_send_rtcp(struct peer *p, uint8_t *bytes, size_t len);
void peer_send(struct peer *p, const uint8_t *bytes, size_t len);

/** It will not work, or works no more. */
void peer_fail(struct peer *p, const char *why);

/** The server told which encodings of an m-line somebody watches. `rids` has `n` of them. */
void peer_set_layers(struct peer *p, const char *mid, const char *const *rids, unsigned n);

/* ice.c */
int peer_gather(struct peer *p);
const char *peer_check_path(struct peer *p, const char *sdp);
void peer_ice_tick(struct peer *p, usec_t now);
void peer_on_stun(struct peer *p, const uint8_t *bytes, size_t len, usec_t now);
void peer_ice_fini(struct peer *p);
/** True once there is a path. */
static inline bool peer_has_path(const struct peer *p)
{
    return p->carried || p->fd >= 0;
}

/* datagram.c */
/** What came in: over the line that the peer may have, and then: */
void peer_arrive(struct peer *p, uint8_t *bytes, size_t len, int64_t wall_us);
void peer_on_datagram(struct peer *p, uint8_t *bytes, size_t len, int64_t wall_us, usec_t now);
/** Sends what DTLS has to say, and notices when it is up or has failed. */
void peer_settle_dtls(struct peer *p, usec_t now);
/** What has come through bad lines goes on. */
void peer_run_lines(struct peer *p, usec_t now);

/* feedback.c */
void peer_on_rtcp(struct peer *p, const uint8_t *bytes, size_t len, usec_t now);
void peer_report(struct peer *p, usec_t now);
void peer_send_numbers(struct peer *p, usec_t now);
void peer_send_pli(struct peer *p, uint32_t media);
void peer_send_nack(struct peer *p, uint32_t media, const uint16_t *seq, unsigned n);

#endif
