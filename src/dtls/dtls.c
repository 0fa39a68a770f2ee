#include "dtls/dtls.h"

#include "base/bytes.h"
#include "bio.h"
#include "queue.h"

#include <assert.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <strings.h>

#define HANDSHAKE_LIMIT (30 * USEC_PER_SEC)
#define RECORD_HEADER   13
#define RECORD_MAX      16384 // RFC 6347 section 4.1: bytes of plaintext
#define RECORD_TAG      16    // of every cipher that we agree to (ctx.c)
#define RECORD_NONCE    8     // RFC 5288 section 3: AES-GCM writes a part of it out

const char *dtls_failure_name(enum dtls_failure why)
{
    switch (why) {
    case DTLS_FAIL_NONE:
        return "none";
    case DTLS_FAIL_TIMEOUT:
        return "timeout";
    case DTLS_FAIL_PROTOCOL:
        return "protocol";
    case DTLS_FAIL_FINGERPRINT:
        return "fingerprint";
    case DTLS_FAIL_NO_PROFILE:
        return "no_profile";
    }
    return "?";
}

static void set_state(struct dtls *d, enum dtls_state to)
{
    assert((d->state == DTLS_CONNECTING && to != DTLS_CONNECTING) ||
           (d->state == DTLS_UP && (to == DTLS_CLOSED || to == DTLS_FAILED)));
    d->state = to;
}

static void fail(struct dtls *d, enum dtls_failure why)
{
    d->failure = why;
    set_state(d, DTLS_FAILED);
}

int dtls_init(struct dtls *d, const struct dtls_ctx *ctx, enum dtls_role role, usec_t now)
{
    *d = (struct dtls){.role = role,
                       .state = DTLS_CONNECTING,
                       .ssl = SSL_new(ctx->ssl_ctx),
                       .give_up_at = USEC_NEVER,
                       .now = now};
    if (!d->ssl || bio_attach(d, ctx->bio_method) != 0) {
        dtls_fini(d);
        return -ENOMEM;
    }
    SSL_set_mtu(d->ssl, DTLS_MTU);
    if (role == DTLS_CLIENT)
        SSL_set_connect_state(d->ssl);
    else
        SSL_set_accept_state(d->ssl);
    return 0;
}

void dtls_fini(struct dtls *d)
{
    SSL_free(d->ssl);
    queue_fini(&d->out);
    queue_fini(&d->in);
    *d = (struct dtls){0};
}

static const EVP_MD *hash_named(const char *name)
{
    // RFC 8122 section 5: SHA-1 may be offered; a certificate is not to be trusted for it.
    if (strcasecmp(name, "sha-256") == 0)
        return EVP_sha256();
    if (strcasecmp(name, "sha-384") == 0)
        return EVP_sha384();
    if (strcasecmp(name, "sha-512") == 0)
        return EVP_sha512();
    return NULL;
}

static bool certificate_matches(const struct dtls *d)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const X509 *cert = SSL_get0_peer_certificate(d->ssl);
    return cert && X509_digest(cert, hash_named(d->expect_hash), hash, &len) == 1 &&
           len == d->expect_len && CRYPTO_memcmp(hash, d->expect, len) == 0;
}

/** The handshake is done; the association is up once the certificate is the agreed one. */
static void judge(struct dtls *d)
{
    if (d->state != DTLS_CONNECTING || !SSL_is_init_finished(d->ssl))
        return;
    if (!SSL_get_selected_srtp_profile(d->ssl)) {
        fail(d, DTLS_FAIL_NO_PROFILE);
    } else if (d->expect_len > 0) {
        if (certificate_matches(d))
            set_state(d, DTLS_UP);
        else
            fail(d, DTLS_FAIL_FINGERPRINT);
    }
}

int dtls_verify_fingerprint(struct dtls *d, const char *hash, const uint8_t *bytes, size_t len)
{
    const EVP_MD *md = hash_named(hash);
    if (!md || len != (size_t)EVP_MD_get_size(md))
        return -EINVAL;
    memcpy(d->expect, bytes, len);
    memcpy(d->expect_hash, hash, strlen(hash) + 1);
    d->expect_len = (uint8_t)len;
    if (d->state == DTLS_UP && !certificate_matches(d))
        fail(d, DTLS_FAIL_FINGERPRINT);
    judge(d);
    return d->failure == DTLS_FAIL_FINGERPRINT ? -EACCES : 0;
}

static void handshake(struct dtls *d)
{
    ERR_clear_error();
    const int done = SSL_do_handshake(d->ssl);
    if (done == 1) {
        judge(d);
        return;
    }
    const int why = SSL_get_error(d->ssl, done);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        fail(d, DTLS_FAIL_PROTOCOL);
}

void dtls_start(struct dtls *d, usec_t now)
{
    if (d->state != DTLS_CONNECTING || d->give_up_at != USEC_NEVER)
        return;
    d->now = now;
    d->give_up_at = now + HANDSHAKE_LIMIT;
    if (d->role == DTLS_CLIENT)
        handshake(d);
}

/**
 * What the cipher adds to a record, and none is shorter. To OpenSSL before 3.0.22 the
 * difference matters: whatever comes after such a record is never read, and anybody could send
 * one.
 */
static size_t least_sealed(const struct dtls *d)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(d->ssl);
    if (!cipher || SSL_CIPHER_get_cipher_nid(cipher) == NID_chacha20_poly1305)
        return RECORD_TAG;
    return RECORD_TAG + RECORD_NONCE;
}

/** RFC 6347 section 4.1: type 8, version 16, epoch 16, sequence number 48, length 16. */
static enum drop check_records(const struct dtls *d, const uint8_t *bytes, size_t len)
{
    const size_t least = least_sealed(d);
    if (len == 0)
        return DROP_SHORT;
    for (size_t at = 0; at < len;) {
        if (len - at < RECORD_HEADER)
            return DROP_SHORT;
        const uint16_t version = rd16(bytes + at + 1);
        if (bytes[at] < 20 || bytes[at] > 23 || (version != 0xfeff && version != 0xfefd))
            return DROP_MALFORMED;
        const size_t body = rd16(bytes + at + 11);
        const bool sealed = rd16(bytes + at + 3) > 0; // the epoch: 0 is before any key
        if (body > len - at - RECORD_HEADER || (sealed && body < least))
            return DROP_SHORT;
        at += RECORD_HEADER + body;
    }
    return DROP_NONE;
}

/**
 * 34 kB that an idle association does not need. OpenSSL's DTLS allocates them again for
 * reading, but not for writing: that would be a null pointer, hence SSL_alloc_buffers() before.
 */
static void release_buffers(struct dtls *d)
{
    (void)SSL_free_buffers(d->ssl);
}

/** Lets OpenSSL work through what came after the handshake. */
static void pump(struct dtls *d)
{
    uint8_t text[RECORD_MAX];
    int n = 0;
    do {
        ERR_clear_error();
        n = SSL_read(d->ssl, text, sizeof(text));
        // Before the certificate is known to be right nobody has said anything.
        if (n > 0 && d->state == DTLS_UP)
            (void)queue_put(&d->in, text, (size_t)n, false);
    } while (n > 0);
    const int why = SSL_get_error(d->ssl, n);
    if (why == SSL_ERROR_ZERO_RETURN) { // RFC 5246 section 7.2.1: a close_notify is answered
        (void)SSL_shutdown(d->ssl);
        set_state(d, DTLS_CLOSED);
    } else if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
        fail(d, DTLS_FAIL_PROTOCOL);
    }
    release_buffers(d);
}

enum drop dtls_on_datagram(struct dtls *d, const uint8_t *bytes, size_t len, usec_t now)
{
    const enum drop why = check_records(d, bytes, len);
    if (why)
        return why;
    if (d->state == DTLS_FAILED || d->state == DTLS_CLOSED)
        return DROP_NOT_READY;
    if (d->role == DTLS_CLIENT && d->give_up_at == USEC_NEVER)
        return DROP_NOT_READY; // an answer to nothing
    dtls_start(d, now);
    d->now = now;
    d->datagram = bytes;
    d->datagram_len = len;
    if (!SSL_is_init_finished(d->ssl))
        handshake(d);
    if (SSL_is_init_finished(d->ssl) && d->state <= DTLS_UP)
        pump(d);
    d->datagram = NULL;
    return DROP_NONE;
}

void dtls_tick(struct dtls *d, usec_t now)
{
    if (d->state != DTLS_CONNECTING)
        return;
    d->now = now;
    ERR_clear_error();
    if (now >= d->give_up_at || (d->timer_runs && now >= d->resend_at && !bio_resend(d)))
        fail(d, DTLS_FAIL_TIMEOUT);
}

usec_t dtls_deadline(const struct dtls *d)
{
    if (d->state != DTLS_CONNECTING)
        return USEC_NEVER;
    return d->timer_runs ? usec_min(d->resend_at, d->give_up_at) : d->give_up_at;
}

size_t dtls_take(struct dtls *d, uint8_t *buf, size_t cap)
{
    assert(cap >= DTLS_MTU);
    return queue_take(&d->out, buf, cap);
}

int dtls_export(const struct dtls *d, struct dtls_keys *keys)
{
    if (d->state != DTLS_UP)
        return -EAGAIN;
    const unsigned long id = SSL_get_selected_srtp_profile(d->ssl)->id;
    const size_t key = id == SRTP_AEAD_AES_256_GCM ? 32 : 16;
    const size_t salt = id == SRTP_AES128_CM_SHA1_80 ? 14 : 12;

    // RFC 5764 section 4.2: client key, server key, client salt, server salt.
    static const char label[] = "EXTRACTOR-dtls_srtp";
    uint8_t material[2 * (32 + 14)];
    if (SSL_export_keying_material(d->ssl, material, 2 * (key + salt), label, sizeof(label) - 1,
                                   NULL, 0, 0) != 1)
        return -EAGAIN;
    *keys = (struct dtls_keys){
        .profile = (uint16_t)id, .key_len = (uint8_t)key, .salt_len = (uint8_t)salt};
    struct dtls_key *client = d->role == DTLS_CLIENT ? &keys->ours : &keys->theirs;
    struct dtls_key *server = d->role == DTLS_CLIENT ? &keys->theirs : &keys->ours;
    memcpy(client->key, material, key);
    memcpy(server->key, material + key, key);
    memcpy(client->salt, material + 2 * key, salt);
    memcpy(server->salt, material + 2 * key + salt, salt);
    OPENSSL_cleanse(material, sizeof(material));
    return 0;
}

void dtls_keys_wipe(struct dtls_keys *keys)
{
    OPENSSL_cleanse(keys, sizeof(*keys));
}

size_t dtls_read(struct dtls *d, uint8_t *buf, size_t cap)
{
    return queue_take(&d->in, buf, cap);
}

int dtls_write(struct dtls *d, const uint8_t *bytes, size_t len)
{
    if (len == 0 || len > DTLS_WRITE_MAX)
        return -EMSGSIZE;
    if (d->state != DTLS_UP || !queue_has_room(&d->out, DTLS_MTU))
        return -EAGAIN;
    ERR_clear_error();
    const int sent = SSL_alloc_buffers(d->ssl) == 1 ? SSL_write(d->ssl, bytes, (int)len) : -1;
    release_buffers(d);
    return sent == (int)len ? 0 : -EAGAIN;
}

void dtls_close(struct dtls *d)
{
    if (d->state == DTLS_UP) {
        ERR_clear_error();
        if (SSL_alloc_buffers(d->ssl) == 1)
            (void)SSL_shutdown(d->ssl);
    }
    if (d->state <= DTLS_UP)
        set_state(d, DTLS_CLOSED);
}
