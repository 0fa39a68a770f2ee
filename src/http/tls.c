#include "tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

void tls_take(struct http *http, struct ssl_ctx_st *tls)
{
    http->tls = tls;
}

void tls_fini(struct http *http)
{
    SSL_CTX_free(http->renewed);
    http->renewed = NULL;
}

/** Each handshake, before a certificate is chosen. What the context was made with is cleared,
 * as one of another kind (RSA, EC) would stand beside it. */
static int on_handshake(SSL *ssl, void *arg)
{
    const struct http *http = arg;
    STACK_OF(X509) *chain = NULL;

    (void)SSL_CTX_get0_chain_certs(http->renewed, &chain);
    SSL_certs_clear(ssl);
    return SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(http->renewed),
                                SSL_CTX_get0_privatekey(http->renewed), chain, 1);
}

/** A context that holds nothing but the pair; NULL if it is none. */
static SSL_CTX *load_pair(const char *cert, const char *key)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (ctx && SSL_CTX_use_certificate_chain_file(ctx, cert) == 1 &&
        SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) == 1 &&
        SSL_CTX_check_private_key(ctx) == 1)
        return ctx;
    SSL_CTX_free(ctx);
    return NULL;
}

int http_renew_tls(struct http *http, const char *cert, const char *key, char *why,
                   size_t why_size)
{
    SSL_CTX *pair;

    if (!http->tls)
        return -ENOTSUP;
    ERR_clear_error();
    pair = load_pair(cert, key);
    if (!pair) {
        const char *reason = ERR_reason_error_string(ERR_peek_last_error());

        (void)snprintf(why, why_size, "cannot use the certificate %s with the key %s: %s", cert,
                       key, reason ? reason : "not readable");
        ERR_clear_error();
        return -EINVAL;
    }
    SSL_CTX_free(http->renewed);
    http->renewed = pair;
    SSL_CTX_set_cert_cb(http->tls, on_handshake, http);
    return 0;
}
