#include "load.h"

#include "base/bytes.h"
#include "client.h"
#include "net/udp.h"

#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DELAYS     200000
#define SAMPLE     100  ///< every so many packets one is decrypted and compared
#define RTP_BYTES  1150 ///< of a video packet, before sealing
#define CONNECT_IN (30 * USEC_PER_SEC)
#define SETTLE     (1 * USEC_PER_SEC)
#define CLIMB      (5 * USEC_PER_SEC) ///< till the line to each viewer is known to be wide

struct load {
    const struct load_conf *conf;
    struct load_result *out;
    int letters;
    struct sockaddr_in6 server;
    struct dtls_ctx dtls;
    struct seal_engine seal;
    struct rng rng;
    struct client_env env;
    unsigned count;          ///< clients, the publisher first
    struct client **client;  ///< owned
    int *fd;                 ///< owned, theirs
    struct udp_batch *batch; ///< owned
    usec_t *asked, *seen;    ///< owned: when each agreed, and saw its first packet; 0 not yet
    usec_t *delay;           ///< owned: of the packets that were looked at
    size_t delays;
};

static void send_up(void *ctx, struct client *c, const uint8_t *bytes, size_t len)
{
    const struct load *l = ctx;
    (void)sendto(l->fd[c->number], bytes, len, 0, (const struct sockaddr *)&l->server,
                 sizeof(l->server));
}

static void complain(void *ctx, const struct client *c, const char *what)
{
    struct load *l = ctx;
    (void)fprintf(stderr, "forward: %s: %s\n", c->id, what);
    l->out->wrong++;
}

static void write_letter(const struct load *l, const struct letter *letter)
{
    uint8_t *frame = NULL;
    const int64_t len = letter_write(letter, &frame);
    for (int64_t done = 0; done < len;) {
        const ssize_t n = write(l->letters, frame + done, (size_t)(len - done));
        if (n <= 0)
            exit(1); // the worker's side is gone
        done += n;
    }
    free(frame);
}

static struct client *add_client(struct load *l, usec_t now)
{
    static const struct client_conf usual = {.no_nack = true};
    struct client *c = calloc(1, sizeof(*c));
    const int fd = udp_open(0);
    if (!c || fd < 0)
        exit(1);
    const unsigned n = l->count++;
    l->client[n] = c;
    l->fd[n] = fd;
    client_init(c, &l->env, (uint16_t)n, &usual, now);
    c->no_checks = true; // it has no answer yet
    return c;
}

static void join(const struct load *l, struct client *c)
{
    struct letter join = {.type = LETTER_MEMBER_JOIN, .room = "room"};
    struct letter agree = {.type = LETTER_MEMBER_AGREE, .room = "room"};
    memcpy(join.member, c->id, sizeof(c->id));
    memcpy(agree.member, c->id, sizeof(c->id));
    client_agreement(c, &agree.u.agree.agreement);
    l->asked[c->number] = usec_now();
    write_letter(l, &join);
    write_letter(l, &agree);
    letter_fini(&agree);
}

/** Its number is in the header, which is not encrypted. */
static void note_number(struct client *c, const struct udp_datagram *d, usec_t now)
{
    struct rtp pkt;
    if (rtp_parse(&pkt, d->data, d->len) != DROP_NONE)
        return;
    for (unsigned i = 0; i < c->sink_count; i++)
        if (c->sink[i]->ssrc == pkt.ssrc || c->sink[i]->rtx_ssrc == pkt.ssrc)
            client_note_number(c, c->sink[i], &pkt, now);
}

/** Padding and repairs come on an SSRC of their own. */
static bool is_plain(const struct client *c, const struct udp_datagram *d)
{
    for (unsigned i = 0; i < c->sink_count && d->len >= 12; i++)
        if (c->sink[i]->ssrc == rd32(d->data + 8))
            return true;
    return false;
}

/** One in SAMPLE is looked at: a decryption costs more than all the rest here. */
static void on_media(struct load *l, struct client *c, struct udp_datagram *d, usec_t now)
{
    struct rtp pkt;
    struct mark mark;
    size_t len = d->len;
    if (!l->seen[c->number])
        l->seen[c->number] = now;
    if (l->out->phase != LOAD_RUNNING || l->out->received++ % SAMPLE != 0 || !is_plain(c, d))
        return;
    l->out->opened++;
    if (opener_rtp(&c->opener, d->data, &len) != DROP_NONE ||
        rtp_parse(&pkt, d->data, len) != DROP_NONE ||
        !mark_read(rtp_payload(&pkt), pkt.payload_len, &mark))
        l->out->wrong++;
    else if (l->delays < DELAYS)
        l->delay[l->delays++] = now - mark.at;
}

static void drain(struct load *l, unsigned n, usec_t now)
{
    struct client *c = l->client[n];
    int got;
    do {
        got = udp_recv(l->fd[n], l->batch);
        for (int i = 0; i < got; i++) {
            struct udp_datagram *d = &l->batch->datagram[i];
            const bool rtcp = d->len > 1 && d->data[1] >= 192 && d->data[1] <= 223;
            if (c->sink_count > 0 && c->up && d->data[0] >= 128 && !rtcp) {
                note_number(c, d, now);
                on_media(l, c, d, now);
            } else {
                client_on_datagram(c, d->data, d->len, now);
            }
        }
    } while (got == UDP_RECEIVE);
}

/** One millisecond of everybody's life. */
static usec_t turn(struct load *l)
{
    const struct timespec pause = {.tv_nsec = 500000};
    (void)nanosleep(&pause, NULL);
    const usec_t now = usec_now();
    for (unsigned i = 0; i < l->count; i++) {
        if (i < l->out->agreed)
            l->client[i]->no_checks = false;
        if (client_deadline(l->client[i]) <= now)
            client_tick(l->client[i], now);
    }
    for (unsigned i = 0; i < l->count; i++)
        drain(l, i, now);
    return now;
}

static bool all_up(const struct load *l)
{
    for (unsigned i = 0; i < l->count; i++)
        if (!l->client[i]->up)
            return false;
    return true;
}

/** Until everybody is connected, and `span` more. */
static bool settle(struct load *l, usec_t span)
{
    const usec_t until = usec_now() + CONNECT_IN;
    while (!all_up(l))
        if (turn(l) > until)
            return false;
    const usec_t end = usec_now() + span;
    while (turn(l) < end)
        ;
    return true;
}

static void publish(const struct load *l, struct client *c)
{
    struct pub *audio = client_publish(c, SOURCE_MICROPHONE, CODEC_OPUS, 1);
    struct pub *video = client_publish(c, SOURCE_CAMERA, CODEC_VP8, 1);
    audio->interval /= l->conf->rate;
    video->interval /= l->conf->rate;
    video->layer[0].packets_per_frame = 6;
    video->payload = RTP_BYTES - 12 - 12;
    video->uneven = l->conf->uneven;
}

static void add_publisher(struct load *l)
{
    struct client *c = add_client(l, usec_now());
    if (!l->conf->silent)
        publish(l, c);
    if (l->conf->conference)
        client_receive_pairs(c, l->conf->viewers);
    join(l, c);
}

static void add_viewers(struct load *l)
{
    for (unsigned i = 0; i < l->conf->viewers; i++) {
        struct client *c = add_client(l, usec_now());
        if (l->conf->conference)
            publish(l, c);
        client_receive_pairs(c, l->conf->conference ? l->conf->viewers : 1);
        join(l, c);
        if (i % 10 == 9) // as people come, not all in one moment
            for (unsigned k = 0; k < 20; k++)
                turn(l);
    }
}

static uint64_t published(const struct load *l)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < l->count; i++)
        for (unsigned k = 0; k < l->client[i]->pub_count; k++)
            sum += l->client[i]->pub[k].layer[0].packets;
    return sum;
}

static int ascending(const void *a, const void *b)
{
    const usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;
    return (x > y) - (x < y);
}

static void percentiles(usec_t *of, size_t n, usec_t *p50, usec_t *p99)
{
    qsort(of, n, sizeof(*of), ascending);
    *p50 = n ? of[n / 2] : 0;
    *p99 = n ? of[n * 99 / 100] : 0;
}

/** How long viewers waited to join, and for what was sent. */
static void sum_up(struct load *l)
{
    size_t n = 0;
    for (unsigned i = 1; i < l->count; i++)
        if (l->seen[i])
            l->asked[n++] = l->seen[i] - l->asked[i]; // each place is read before it is written
    percentiles(l->asked, n, &l->out->join_p50, &l->out->join_p99);
    percentiles(l->delay, l->delays, &l->out->delay_p50, &l->out->delay_p99);
}

static void open_load(struct load *l, const char *fingerprint)
{
    rng_init(&l->rng, 1);
    if (dtls_ctx_init(&l->dtls) < 0 || // libsrtp2 is set up since before the fork
        seal_engine_init(&l->seal, SEAL_BEST) < 0 ||
        SSL_CTX_set_tlsext_use_srtp(l->dtls.ssl_ctx, l->conf->profile) != 0)
        exit(1);
    l->env = (struct client_env){.dtls = &l->dtls,
                                 .seal = &l->seal,
                                 .server_fingerprint = fingerprint,
                                 .send = send_up,
                                 .complain = complain,
                                 .ctx = l,
                                 .rng = &l->rng};
    l->client = calloc(l->conf->viewers + 1, sizeof(struct client *));
    l->fd = calloc(l->conf->viewers + 1, sizeof(int));
    l->batch = calloc(1, sizeof(*l->batch));
    l->asked = calloc(l->conf->viewers + 1, sizeof(*l->asked));
    l->seen = calloc(l->conf->viewers + 1, sizeof(*l->seen));
    l->delay = calloc(DELAYS, sizeof(*l->delay));
    if (!l->client || !l->fd || !l->batch || !l->asked || !l->seen || !l->delay)
        exit(1);
    udp_batch_init(l->batch);
}

void load_run(const struct load_conf *conf, struct load_result *out, int letters,
              const struct sockaddr_in6 *server, const char *fingerprint)
{
    struct load l = {.conf = conf, .out = out, .letters = letters, .server = *server};
    open_load(&l, fingerprint);
    add_publisher(&l);
    bool fine = settle(&l, SETTLE);
    if (fine) {
        out->phase = LOAD_VIEWERS;
        add_viewers(&l);
        fine = settle(&l, CLIMB);
    }
    out->failed = !fine;
    if (fine) {
        const uint64_t before = published(&l);
        out->phase = LOAD_RUNNING;
        const usec_t end = usec_now() + conf->seconds * USEC_PER_SEC;
        while (turn(&l) < end)
            ;
        out->published = published(&l) - before;
        sum_up(&l);
    }
    out->phase = LOAD_DONE;
    // What it holds goes with its process.
}
