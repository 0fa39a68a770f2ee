#include "bio.h"

#include "queue.h"

#include <errno.h>
#include <string.h>

// The retransmission timer, by `now`.
//
// OpenSSL reads the wall clock: when it has sent a flight it stores the time at which to send
// it again, hands a pointer to that time to the BIO (BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT), and
// looks at it whenever it finds nothing to read and in DTLSv1_handle_timeout(). We take the
// pointer as in and out: the stored time is moved out of reach, so that nothing happens by the
// wall clock, and into the past when our own clock says so. The intervals are ours as well
// (DTLS_set_timer_cb).
//
// This holds for OpenSSL 3.0, and the tests run on a simulated clock. Should a later OpenSSL
// pass a copy, the same intervals run by its own clock, and bio_resend() asks again a little
// later.

// RFC 6347 section 4.2.4.1: 1 s, doubled, but less where latency matters: browsers start at 50
// ms.
#define FIRST_INTERVAL   (100 * USEC_PER_MS)
#define LONGEST_INTERVAL (3 * USEC_PER_SEC)
#define ASK_AGAIN        (20 * USEC_PER_MS)
#define OUT_OF_REACH     ((time_t)1 << 40)

static int write_datagram(BIO *bio, const char *bytes, int len)
{
    struct dtls *d = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (len > 0) // what finds no room is lost like any datagram, and sent again
        (void)queue_put(&d->out, (const uint8_t *)bytes, (size_t)len,
                        d->state == DTLS_CONNECTING);
    return len;
}

static int read_datagram(BIO *bio, char *buf, int size)
{
    struct dtls *d = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (!d->datagram || size <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    const size_t n = d->datagram_len < (size_t)size ? d->datagram_len : (size_t)size;
    memcpy(buf, d->datagram, n);
    d->datagram = NULL;
    return (int)n;
}

static void on_timer(struct dtls *d, struct timeval *at)
{
    d->timer_runs = at->tv_sec != 0 || at->tv_usec != 0;
    if (!d->timer_runs)
        return;
    d->openssl_timer = at;
    d->resend_at = d->now + d->interval;
    at->tv_sec = OUT_OF_REACH;
}

/** Debian's OpenSSL knows kernel TLS: 1 to a command we do not know would claim we do it. */
static long control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
        on_timer(BIO_get_data(bio), pointer);
        return 1;
    default:
        return 0;
    }
}

BIO_METHOD *bio_method_new(void)
{
    const int type = BIO_get_new_index();
    BIO_METHOD *m = type == -1 ? NULL : BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "datagrams");
    if (!m)
        return NULL;
    if (BIO_meth_set_write(m, write_datagram) != 1 ||
        BIO_meth_set_read(m, read_datagram) != 1 || BIO_meth_set_ctrl(m, control) != 1) {
        BIO_meth_free(m);
        return NULL;
    }
    return m;
}

/** OpenSSL starts the timer (then `before` is 0) or has just let it run out. */
static unsigned next_interval(SSL *ssl, unsigned before)
{
    struct dtls *d = SSL_get_app_data(ssl);
    d->interval = before == 0 ? FIRST_INTERVAL : usec_min(2 * d->interval, LONGEST_INTERVAL);
    return (unsigned)d->interval;
}

int bio_attach(struct dtls *d, const BIO_METHOD *method)
{
    BIO *bio = BIO_new(method);
    if (!bio)
        return -ENOMEM;
    BIO_set_data(bio, d);
    BIO_set_init(bio, 1);
    SSL_set_bio(d->ssl, bio, bio); // takes ownership
    if (SSL_set_app_data(d->ssl, d) != 1)
        return -ENOMEM;
    DTLS_set_timer_cb(d->ssl, next_interval);
    return 0;
}

bool bio_resend(struct dtls *d)
{
    d->openssl_timer->tv_sec = 0;
    d->openssl_timer->tv_usec = 1; // 0.0 would mean that there is no timer
    const long sent = DTLSv1_handle_timeout(d->ssl);
    if (sent == 0)
        d->resend_at = d->now + ASK_AGAIN;
    return sent >= 0;
}
