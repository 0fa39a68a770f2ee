/**
 * One DTLS 1.2 association (RFC 6347) with DTLS-SRTP (RFC 5764), over OpenSSL.
 *
 * Sans-I/O: datagrams and `now` in, datagrams out by dtls_take(). After *every* call that takes
 * `now`, and after dtls_write() and dtls_close(), take what there is to send until it is 0.
 *
 *   CONNECTING ──handshake done and fingerprint matches──▶ UP ──close_notify, dtls_close()──▶
 * CLOSED └──alert, wrong fingerprint, no SRTP profile, 30 s──▶ FAILED ◀──fatal alert──┘
 */
#ifndef DTLS_DTLS_H
#define DTLS_DTLS_H

#include "base/drop.h"
#include "base/usec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#define DTLS_MTU             1200 ///< no datagram of ours is longer
#define DTLS_FINGERPRINT_MAX 128  ///< bytes of "sha-256 AB:CD:…" with its NUL

/** The certificate and settings every association of a worker shares. */
struct dtls_ctx {
    struct ssl_ctx_st *ssl_ctx;             ///< owned
    struct bio_method_st *bio_method;       ///< owned: how OpenSSL reaches our queues
    char fingerprint[DTLS_FINGERPRINT_MAX]; ///< of our certificate, as in a=fingerprint
};

/**
 * Makes a key (ECDSA P-256) and a self-signed certificate. Returns 0 or -ENOMEM. Free with
 * dtls_ctx_fini() after the last association.
 */
int dtls_ctx_init(struct dtls_ctx *ctx);

/** A zeroed context is fine. */
void dtls_ctx_fini(struct dtls_ctx *ctx);

enum dtls_role { DTLS_SERVER, DTLS_CLIENT };

enum dtls_state { DTLS_CONNECTING, DTLS_UP, DTLS_FAILED, DTLS_CLOSED };

/** Why an association is DTLS_FAILED. */
enum dtls_failure {
    DTLS_FAIL_NONE,
    DTLS_FAIL_TIMEOUT,     ///< 30 s, or too many retransmissions
    DTLS_FAIL_PROTOCOL,    ///< an alert, or a message that contradicts the RFC
    DTLS_FAIL_FINGERPRINT, ///< the client's certificate is not the agreed one
    DTLS_FAIL_NO_PROFILE   ///< no SRTP profile in common
};

/** Stable name: "timeout", "protocol", ... */
const char *dtls_failure_name(enum dtls_failure why);

/** Whole datagrams, one after the other, each with a 16-bit length in front. */
struct dtls_queue {
    uint8_t *bytes; ///< owned; NULL while empty, so an idle association holds nothing
    size_t used, taken, size;
    size_t last; ///< where the newest one's length stands
};

/** Embed it; it must not move between dtls_init() and dtls_fini(). */
struct dtls {
    enum dtls_role role;
    enum dtls_state state;
    enum dtls_failure failure;
    struct ssl_st *ssl;      ///< owned
    struct dtls_queue out;   ///< for the network
    struct dtls_queue in;    ///< application datagrams for dtls_read()
    const uint8_t *datagram; ///< only inside dtls_on_datagram(): what the BIO reads, not owned
    size_t datagram_len;
    struct timeval *openssl_timer; ///< not owned; see src/dtls/bio.c
    bool timer_runs;               ///< OpenSSL waits for an answer to a flight
    usec_t interval;               ///< of the retransmission in progress
    usec_t resend_at;              ///< by our clock
    usec_t give_up_at;             ///< the handshake's limit; USEC_NEVER before it starts
    usec_t now;                    ///< of the call in progress, for the timer
    char expect_hash[8];           ///< "sha-256"; "" while not known
    uint8_t expect[64];            ///< the client's fingerprint
    uint8_t expect_len;
};

/**
 * A new association. A server waits for a ClientHello; a client begins with dtls_start(). For a
 * DTLS restart, dtls_fini() and dtls_init() again. Returns 0 or -ENOMEM.
 * \param ctx not owned, must outlive it.
 */
int dtls_init(struct dtls *d, const struct dtls_ctx *ctx, enum dtls_role role, usec_t now);

/** Frees without a goodbye (dtls_close() says it). A zeroed struct is fine. */
void dtls_fini(struct dtls *d);

/**
 * There is a path to the other side. A client sends its ClientHello, a server only starts the
 * 30 s the handshake may take (the first datagram starts them as well). Twice is once.
 */
void dtls_start(struct dtls *d, usec_t now);

/**
 * Tells which certificate the other side must have (RFC 8122): the name of the hash (any case)
 * and the hash. Before the handshake is done it is kept, and compared then; after it, compared
 * at once. Until it matches the association is not DTLS_UP; if it does not, DTLS_FAILED.
 * Returns 0 (matches, or is kept), -EINVAL (sha-1 and weaker, unknown hash, wrong length: not
 * kept), -EACCES (does not match).
 */
int dtls_verify_fingerprint(struct dtls *d, const char *hash, const uint8_t *bytes, size_t len);

/** True if these bytes are to be handled as DTLS (RFC 7983). */
static inline bool dtls_is_dtls(const uint8_t *bytes, size_t len)
{
    return len > 0 && bytes[0] >= 20 && bytes[0] <= 63;
}

/**
 * One datagram. DROP_NONE: it was given to OpenSSL, which drops what does not authenticate in
 * silence. DROP_MALFORMED or DROP_SHORT: not a row of DTLS 1.2 records. DROP_NOT_READY: failed
 * or closed. Garbage does not end an association that is up.
 */
enum drop dtls_on_datagram(struct dtls *d, const uint8_t *bytes, size_t len, usec_t now);

/** Moves time to `now`: retransmits, or gives up. */
void dtls_tick(struct dtls *d, usec_t now);

/** When dtls_tick() must be called next; USEC_NEVER when there is nothing to wait for. */
usec_t dtls_deadline(const struct dtls *d);

/** The next datagram for the network into `buf` (`cap` at least DTLS_MTU). 0: none. */
size_t dtls_take(struct dtls *d, uint8_t *buf, size_t cap);

/** Master key and salt of one direction. */
struct dtls_key {
    uint8_t key[32];
    uint8_t salt[14];
};

/** What RFC 5764 section 4.2 exports. Wipe it after use with dtls_keys_wipe(). */
struct dtls_keys {
    uint16_t profile; ///< IANA's number: 1 AES128_CM_HMAC_SHA1_80, 7 AEAD_AES_128_GCM, 8 _256_
    uint8_t key_len, salt_len; ///< bytes used of each
    struct dtls_key ours;      ///< seals what we send
    struct dtls_key theirs;    ///< opens what they send
};

/** Returns 0, or -EAGAIN if the association is not DTLS_UP. */
int dtls_export(const struct dtls *d, struct dtls_keys *keys);

void dtls_keys_wipe(struct dtls_keys *keys);

/**
 * The next application datagram (SCTP, RFC 8261) into `buf`; one longer than `cap` is cut, so
 * pass room for 16 kB or what you are ready to take. 0: none.
 */
size_t dtls_read(struct dtls *d, uint8_t *buf, size_t cap);

/**
 * Sends `len` bytes as one record. Returns 0, -EAGAIN (not DTLS_UP, or the queue is full: take
 * first), or -EMSGSIZE (longer than DTLS_WRITE_MAX).
 */
int dtls_write(struct dtls *d, const uint8_t *bytes, size_t len);

#define DTLS_WRITE_MAX 1150 ///< bytes; with any cipher's overhead it fits DTLS_MTU

/** Says goodbye (close_notify) if the association is up, and is DTLS_CLOSED. */
void dtls_close(struct dtls *d);

#endif
