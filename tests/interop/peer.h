/**
 * The other side: a full-ICE WebRTC peer made of libnice, OpenSSL and libsrtp2, that shares no
 * code with the server. It publishes by WHIP or plays by WHEP; what it sends is up to the test.
 *
 * All peers of a program share the default main context: peer_wait() runs them.
 */
#ifndef INTEROP_PEER_H
#define INTEROP_PEER_H

#include <netinet/in.h>
#include <nice/agent.h>
#include <openssl/ssl.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PT_OPUS    111
#define PT_VP8     96
#define PT_RTX     97
#define SSRC_AUDIO 1001u ///< of a publisher
#define SSRC_VIDEO 2001u
#define SSRC_RTX   2002u

#define PEER_PACKETS 16384
#define PEER_MTU     1500

struct peer_conf {
    bool publish;         ///< by WHIP; else play by WHEP
    bool passive;         ///< a=setup:passive, so that the server begins DTLS
    const char *profiles; ///< of SRTP, as OpenSSL names them, with ':' between; NULL: all three
};

struct peer_packet {
    uint16_t len;
    uint8_t data[PEER_MTU];
};

struct peer {
    struct peer_conf conf;
    NiceAgent *agent;
    guint stream, ticker;
    bool gathered, ice_ready;
    SSL_CTX *ctx;
    SSL *ssl;
    X509 *cert;
    EVP_PKEY *key;
    BIO *in, *out; ///< owned by `ssl`
    srtp_t send, receive;
    bool connected;            ///< DTLS is up, the fingerprint matches, SRTP has its keys
    const char *failure;       ///< why it will never be, NULL while it may
    char *resource;            ///< the URL of the session
    char *etag;                ///< of the session
    char *answer;              ///< the server's SDP
    struct sockaddr_in server; ///< the first UDP candidate of the answer

    struct peer_packet *rtp; ///< what came, authenticated, in order; owned
    unsigned rtp_count;
    struct peer_packet *rtcp; ///< one compound packet each; owned
    unsigned rtcp_count;
    unsigned rejected; ///< packets from the server that libsrtp2 refused
};

/** Offers to `url` and applies the answer; NULL, with a word on stderr, if that is refused. */
struct peer *peer_open(const char *url, const struct peer_conf *conf);

/** Ends the session by DELETE, if `polite`, and frees the peer. */
void peer_close(struct peer *p, bool polite);

/** Runs all peers until `done(arg)` or for `ms`; false if it was never done. */
bool peer_wait(bool (*done)(void *arg), void *arg, int ms);

/** A condition for peer_wait(): a peer is connected, or never will be. */
bool peer_is_settled(void *peer);

/** Encrypts `len` bytes in place, with room for the tag, and sends them; asserts that it may.
 */
void peer_send_rtp(struct peer *p, const uint8_t *packet, size_t len);
void peer_send_rtcp(struct peer *p, const uint8_t *packet, size_t len);

/** Encrypts into `out` (PEER_MTU bytes) without sending. Returns the length. */
size_t peer_protect(struct peer *p, const uint8_t *packet, size_t len, uint8_t *out);
size_t peer_protect_rtcp(struct peer *p, const uint8_t *packet, size_t len, uint8_t *out);

/** Sends any bytes along the pair that ICE chose. */
void peer_send_raw(struct peer *p, const uint8_t *data, size_t len);

/** The value of the first `a=NAME:` line of an SDP into `out`; "" if there is none. */
void peer_sdp_attr(const char *sdp, const char *name, char *out, size_t size);

#endif
