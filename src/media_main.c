/*
 * The shell around one media worker: a UDP socket, a Unix socket for letters, one timer, one
 * loop.
 *
 * A restarted control finds its workers, and hears what they hold; media goes on meanwhile.
 * Left alone, the process ends: nobody could join or leave any more.
 */
#include "media_main.h"

#include "base/log.h"
#include "base/rand.h"
#include "give_back.h"
#include "letter/letter.h"
#include "load.h"
#include "media_args.h"
#include "media_control.h"
#include "net/gather.h"
#include "net/tcp.h"
#include "net/udp.h"
#include "sandbox.h"
#include "srtp/warm.h"
#include "worker/worker.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

// Before letters and connections get their turn.
#define RECEIVE_BUDGET 16 // batches
#define RECEIVE_TIME   (20 * USEC_PER_MS)
#define BEHIND         (500 * USEC_PER_MS) // without finding the socket empty: more than a stall
#define ANY_PORT_TRIES 8

struct media {
    uv_loop_t loop;
    int fd, tcp_fd;
    struct tcp *tcp; ///< clients whose network lets no UDP out
    uv_poll_t readable;
    uv_timer_t deadline;
    uv_signal_t term, intr;
    struct media_control control;
    struct dtls_ctx dtls;
    struct seal_engine seal;
    struct warm warm;
    struct worker *worker;
    struct udp_batch *rx;
    struct load load;
    struct gather gather;
    struct give_back memory;
    usec_t batch_at;     ///< the batch being handled was read; 0: none is
    uint64_t forwarded;  ///< packets that left up to now
    usec_t behind_since; ///< the socket was not empty at a turn's end; 0 it was
    bool quitting;
};

static void arm(struct media *md);

static void quit(struct media *md)
{
    if (md->quitting)
        return;
    md->quitting = true;
    uv_stop(&md->loop);
}

/** Of the batch that is being handled, what has been forwarded since it was asked last. */
static void note_forwarded(struct media *md)
{
    const uint64_t out = md->worker->env.count.packets_out;
    if (md->batch_at)
        histogram_add(&md->load.forward, usec_now() - md->batch_at, out - md->forwarded);
    md->forwarded = out;
}

static void flush(void *ctx, struct udp_batch *b)
{
    struct media *md = ctx;
    if (md->tcp)
        tcp_send(md->tcp, b);
    udp_send(md->fd, b);
    note_forwarded(md);
}

/** The worker counts datagrams and knows of no connections. */
static void add_connections(const struct tcp *tcp, json_t *stats)
{
    const struct tcp_counters *c = tcp_count(tcp);
    const struct {
        const char *name;
        uint64_t value;
    } counter[] = {
        {"tcp_connections", c->accepted - c->closed},
        {"tcp_refused", c->refused},
        {"tcp_lost", c->lost},
    };
    for (size_t i = 0; i < sizeof(counter) / sizeof(*counter); i++)
        (void)json_object_set_new(stats, counter[i].name,
                                  json_integer((json_int_t)counter[i].value));
}

static void post(void *ctx, const struct letter *letter)
{
    struct media *md = ctx;
    if (letter->type == LETTER_STATS && letter->u.stats.body &&
        media_control_is_there(&md->control)) {
        if (md->tcp)
            add_connections(md->tcp, letter->u.stats.body);
        load_tell(&md->load, letter->u.stats.body);
    }
    media_control_post(&md->control, letter);
}

static void on_control(void *ctx)
{
    struct media *md = ctx;
    struct letter hello;
    worker_hello(md->worker, &hello);
    post(md, &hello);
    if (hello.u.hello.room_count > 0)
        worker_tell_held(md->worker, usec_now());
}

static bool on_letter(void *ctx, const struct letter *l)
{
    struct media *md = ctx;
    if (l->type == LETTER_LOG_LEVEL)
        log_level_set(l->u.log_level);
    const bool end = worker_on_letter(md->worker, l, usec_now());
    if (end)
        quit(md);
    return !end;
}

static void on_heard(void *ctx)
{
    arm(ctx);
}

static void on_alone(void *ctx)
{
    quit(ctx);
}

/** Hands a batch to the worker; what it forwards leaves inside. */
static void run_batch(struct media *md, struct udp_batch *rx)
{
    note_forwarded(md); // of what was due
    md->batch_at = usec_now();
    worker_on_datagrams(md->worker, rx, md->batch_at);
    md->batch_at = 0;
}

/** What a turn has left in the socket shows whether the worker keeps up. */
static void judge_load(struct media *md, bool emptied, usec_t began, usec_t now)
{
    if (emptied)
        md->behind_since = 0;
    else if (md->behind_since == 0)
        md->behind_since = began;
    worker_keeps_up(md->worker, !emptied && now - md->behind_since > BEHIND, now);
}

static void on_readable(uv_poll_t *p, int status, int events)
{
    struct media *md = p->data;
    (void)status;
    (void)events;
    const usec_t hold = gather_hold(&md->gather, md->worker->tx.sent.packets, usec_now());
    if (hold > 0) // nobody else waits: letters and deadlines bear a quarter of a millisecond
        (void)usleep((useconds_t)hold);
    const usec_t began = usec_now();
    usec_t now = began;
    bool emptied = false;
    gather_begin(&md->gather, began);
    for (int turn = 0; turn < RECEIVE_BUDGET && now - began < RECEIVE_TIME; turn++) {
        if (udp_recv(md->fd, md->rx) > 0)
            run_batch(md, md->rx);
        now = usec_now();
        emptied = md->rx->count < UDP_RECEIVE;
        if (emptied)
            break; // that was all: the next call would only say so
    }
    gather_end(&md->gather, now);
    judge_load(md, emptied, began, now);
    arm(md);
}

static void on_tcp_packets(void *ctx, struct udp_batch *rx)
{
    struct media *md = ctx;
    run_batch(md, rx);
    arm(md);
}

static bool is_known(void *ctx, const struct sockaddr_in6 *addr)
{
    const struct media *md = ctx;
    return worker_knows(md->worker, addr);
}

static void on_deadline(uv_timer_t *t)
{
    struct media *md = t->data;
    worker_tick(md->worker, usec_now());
    arm(md);
}

/** Something was done: sets the one timer to the worker's next deadline. */
static void arm(struct media *md)
{
    const usec_t at = worker_deadline(md->worker);
    give_back(&md->memory, md->worker->members.count);
    if (at == USEC_NEVER) {
        (void)uv_timer_stop(&md->deadline);
        return;
    }
    const usec_t wait = at - usec_now();
    uv_update_time(&md->loop);
    (void)uv_timer_start(&md->deadline, on_deadline,
                         wait > 0 ? (uint64_t)((wait + USEC_PER_MS - 1) / USEC_PER_MS) : 0, 0);
}

static void on_signal(uv_signal_t *s, int number)
{
    (void)number;
    quit(s->data);
}

static int open_port(struct media *md, const struct media_args *a)
{
    for (int tries = 0; tries < ANY_PORT_TRIES; tries++) {
        md->fd = udp_open((uint16_t)a->port);
        if (md->fd >= 0)
            md->tcp_fd = tcp_open((uint16_t)udp_port(md->fd));
        if (a->port != 0 || md->fd < 0 || md->tcp_fd >= 0)
            break;
        (void)close(md->fd); // any port: the next may be free for both
    }
    if (md->fd >= 0 && md->tcp_fd >= 0)
        return 0;
    const int err = md->fd < 0 ? md->fd : md->tcp_fd;
    (void)fprintf(stderr, "salon media: %s port %lu: %s\n", md->fd < 0 ? "UDP" : "TCP", a->port,
                  strerror(-err));
    return err == -EADDRINUSE ? MEDIA_EXIT_PORT : 1;
}

static int make_worker(struct media *md, const struct media_args *a)
{
    if (opener_setup() < 0 || seal_engine_init(&md->seal, SEAL_BEST) < 0 ||
        warm_init(&md->warm, &md->seal) < 0 || dtls_ctx_init(&md->dtls) < 0)
        return -ENOMEM;
    const struct worker_conf conf = {
        .number = (unsigned)a->worker,
        .port = (uint16_t)udp_port(md->fd),
        .dtls = &md->dtls,
        .seal = &md->seal,
        .flight_bytes = (size_t)a->flight_mib << 20,
        .seed = rand_u64(),
        .flush = flush,
        .post = post,
        .ctx = md,
    };
    md->rx = calloc(1, sizeof(*md->rx));
    md->worker = worker_create(&conf);
    if (!md->rx || !md->worker)
        return -ENOMEM;
    udp_batch_init(md->rx);
    return 0;
}

static void start_handles(struct media *md)
{
    const struct media_control_ops ops = {on_control, on_letter, on_heard, on_alone, md};
    media_control_init(&md->control, &md->loop, &ops);
    load_start(&md->load, &md->loop);
    (void)uv_poll_init(&md->loop, &md->readable, md->fd);
    (void)uv_timer_init(&md->loop, &md->deadline);
    (void)uv_signal_init(&md->loop, &md->term);
    (void)uv_signal_init(&md->loop, &md->intr);
    md->readable.data = md->deadline.data = md;
    md->term.data = md->intr.data = md;
    (void)uv_poll_start(&md->readable, UV_READABLE, on_readable);
    (void)uv_signal_start(&md->term, on_signal, SIGTERM);
    (void)uv_signal_start(&md->intr, on_signal, SIGINT);
}

static void close_handle(uv_handle_t *h, void *arg)
{
    (void)arg;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

static void stop(struct media *md)
{
    worker_destroy(md->worker, usec_now());
    tcp_destroy(md->tcp);
    media_control_close(&md->control);
    uv_walk(&md->loop, close_handle, NULL);
    (void)uv_run(&md->loop, UV_RUN_DEFAULT);
    const int err = uv_loop_close(&md->loop);
    assert(err == 0);
    (void)err;
    free(md->rx);
    seal_engine_fini(&md->seal);
    dtls_ctx_fini(&md->dtls);
    warm_fini(&md->warm);
    opener_teardown();
    if (md->fd >= 0)
        (void)close(md->fd);
}

static int take_connections(struct media *md)
{
    const struct tcp_ops ops = {.packets = on_tcp_packets, .known = is_known, .ctx = md};
    md->tcp = tcp_create(&md->loop, md->tcp_fd, &ops);
    return md->tcp ? 0 : -ENOMEM;
}

/** From here on it has what it has: strangers may speak. */
static int give_up_the_rest(void)
{
    struct sandbox_report report;
    assoc_keep_library();
    json_object_seed(rand_u32() | 1); // jansson would read it from a file
    const int err = sandbox_close(&report);
    if (err < 0)
        (void)fprintf(stderr, "salon media: cannot close the sandbox: %s\n", strerror(-err));
    else
        log_at(LEVEL_INFO, "media.sandbox", "landlock=%d", report.landlock);
    return err;
}

static int run(const struct media_args *a)
{
    struct media md = {.fd = -1, .tcp_fd = -1};
    int status = open_port(&md, a);
    if (status)
        return status;
    if (make_worker(&md, a) < 0 || uv_loop_init(&md.loop) < 0) {
        (void)fprintf(stderr, "salon media: cannot start: no memory or no cryptography\n");
        return 1; // the process ends here, and with it what was begun
    }
    start_handles(&md);
    status = take_connections(&md) < 0 || media_control_listen(&md.control, a->socket) < 0;
    if (status == 0)
        status = give_up_the_rest() < 0;
    if (status == 0) {
        log_at(LEVEL_INFO, "media.started", "port=%d", udp_port(md.fd));
        (void)uv_run(&md.loop, UV_RUN_DEFAULT);
    }
    stop(&md);
    log_at(LEVEL_INFO, "media.ended", "%s", "");
    return status;
}

int media_main(int argc, char **argv)
{
    struct media_args a;
    char who[16];
    const int status = media_args_read(argc, argv, &a);
    if (status >= 0)
        return status;
    (void)snprintf(who, sizeof(who), "media%lu", a.worker);
    log_start(a.level, a.format, who);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);  // these two are for control, but who sends them may send
    (void)signal(SIGUSR2, SIG_IGN); // them to the whole service
    (void)close_range(STDERR_FILENO + 1, ~0U, 0); // whatever who started us left open
    return run(&a);
}
