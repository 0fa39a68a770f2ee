#include "bio.h"
#include "dtls/dtls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#define DAY (24L * 60 * 60)

// RFC 8827 section 6.5: ECDHE, P-256 certificates, and AEAD; nothing older is worth its risk.
// RSA is for servers with such certificates, when we are the client.
#define CIPHERS                                                                                \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                               \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                               \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
#define PROFILES "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80"

static X509 *self_signed(EVP_PKEY *key)
{
    X509 *cert = X509_new();
    uint64_t serial = 0;
    if (!cert || RAND_bytes((uint8_t *)&serial, sizeof(serial)) != 1)
        goto fail;
    X509_NAME *name = X509_get_subject_name(cert);
    if (X509_set_version(cert, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), serial >> 1) != 1 ||
        !X509_gmtime_adj(X509_getm_notBefore(cert), -DAY) ||
        !X509_gmtime_adj(X509_getm_notAfter(cert), 365 * DAY) ||
        X509_set_pubkey(cert, key) != 1 ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"salon", -1, -1,
                                   0) != 1 ||
        X509_set_issuer_name(cert, name) != 1 || X509_sign(cert, key, EVP_sha256()) == 0)
        goto fail;
    return cert;
fail:
    X509_free(cert);
    return NULL;
}

/** RFC 8122 section 5: hash name, and the bytes in upper-case hex with colons. */
static int write_fingerprint(const X509 *cert, char *out, size_t size)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (X509_digest(cert, EVP_sha256(), hash, &len) != 1)
        return -ENOMEM;
    int at = snprintf(out, size, "sha-256 ");
    for (unsigned i = 0; i < len; i++)
        at += snprintf(out + at, size - (size_t)at, "%s%02X", i ? ":" : "", hash[i]);
    return 0;
}

static int use_certificate(struct dtls_ctx *ctx)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = key ? self_signed(key) : NULL;
    int err = -ENOMEM;
    if (cert && SSL_CTX_use_certificate(ctx->ssl_ctx, cert) == 1 &&
        SSL_CTX_use_PrivateKey(ctx->ssl_ctx, key) == 1)
        err = write_fingerprint(cert, ctx->fingerprint, sizeof(ctx->fingerprint));
    X509_free(cert);
    EVP_PKEY_free(key);
    return err;
}

/** RFC 5763 section 5: certificates are self-signed; the fingerprint decides, after the
 * handshake. */
static int accept_certificate(X509_STORE_CTX *store, void *unused)
{
    (void)store;
    (void)unused;
    return 1;
}

static int configure(SSL_CTX *c)
{
    SSL_CTX_set_options(c, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                               SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_cert_verify_callback(c, accept_certificate, NULL);
    SSL_CTX_set_max_cert_list(c, 16384); // what a stranger can make us reassemble
    // SSL_CTX_set_tlsext_use_srtp() answers 0 for success.
    if (SSL_CTX_set_min_proto_version(c, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(c, DTLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(c, CIPHERS) != 1 ||
        SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384") != 1 ||
        SSL_CTX_set_max_send_fragment(c, DTLS_MTU) != 1 ||
        SSL_CTX_set_tlsext_use_srtp(c, PROFILES) != 0)
        return -ENOMEM;
    return 0;
}

int dtls_ctx_init(struct dtls_ctx *ctx)
{
    *ctx = (struct dtls_ctx){.ssl_ctx = SSL_CTX_new(DTLS_method()),
                             .bio_method = bio_method_new()};
    if (!ctx->ssl_ctx || !ctx->bio_method || configure(ctx->ssl_ctx) != 0 ||
        use_certificate(ctx) != 0)
        goto fail;
    return 0;
fail:
    ERR_clear_error();
    dtls_ctx_fini(ctx);
    return -ENOMEM;
}

void dtls_ctx_fini(struct dtls_ctx *ctx)
{
    SSL_CTX_free(ctx->ssl_ctx);
    BIO_meth_free(ctx->bio_method);
    *ctx = (struct dtls_ctx){0};
}
