/** Between OpenSSL and an association: datagrams by the queues, retransmission by our clock. */
#ifndef DTLS_BIO_H
#define DTLS_BIO_H

#include "dtls/dtls.h"

#include <openssl/ssl.h>

/** The BIO's functions, once a context. NULL without memory; free with BIO_meth_free(). */
BIO_METHOD *bio_method_new(void);

/** Gives `d->ssl` its BIO and its timer. 0 or -ENOMEM. */
int bio_attach(struct dtls *d, const BIO_METHOD *method);

/** Our clock has reached `d->resend_at`: OpenSSL sends its flight again. False if it gives up.
 */
bool bio_resend(struct dtls *d);

#endif
