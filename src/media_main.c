/*
 * The shell around one media worker: a UDP socket, a Unix socket for letters, one timer, one
 * loop.
 *
 * Letters come from whoever connects to the Unix socket; a new connection takes over from the
 * one before, so that a restarted control finds its workers, and hears what they hold. Media
 * goes on meanwhile. Without control for three quarters of a minute the process ends: nobody
 * could join or leave any more.
 */
#include "media_main.h"

#include "base/log.h"
#include "base/rand.h"
#include "letter/letter.h"
#include "load.h"
#include "media_args.h"
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
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define RECEIVE_BUDGET  16 // batches, before deadlines and letters get their turn
#define ANY_PORT_TRIES  8
#define CONTROL_ABSENT  UINT64_C(45000) // ms: another control is there before, or none comes
#define LETTERS_PENDING (64u << 20)     // bytes a control that does not read may leave unread

struct media {
    uv_loop_t loop;
    int fd, tcp_fd;
    struct tcp *tcp; ///< clients whose network lets no UDP out
    uv_poll_t readable;
    uv_timer_t deadline, absent;
    uv_signal_t term, intr;
    uv_pipe_t listener;
    uv_pipe_t *control; ///< owned by the loop; NULL: nobody is there
    struct letter_reader reader;
    struct dtls_ctx dtls;
    struct seal_engine seal;
    struct warm warm;
    struct worker *worker;
    struct udp_batch *rx;
    struct load load;
    struct gather gather;
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

static void flush(void *ctx, struct udp_batch *b)
{
    const struct media *md = ctx;
    if (md->tcp)
        tcp_send(md->tcp, b);
    udp_send(md->fd, b);
}

static void free_handle(uv_handle_t *h)
{
    free(h);
}

static void drop_control(struct media *md)
{
    if (!md->control)
        return;
    uv_close((uv_handle_t *)md->control, free_handle);
    md->control = NULL;
    letter_reader_fini(&md->reader);
    md->reader = (struct letter_reader){0};
}

static void on_absent(uv_timer_t *t)
{
    log_at(LEVEL_WARN, "media.alone", "%s", "");
    quit(t->data);
}

static void control_gone(struct media *md)
{
    drop_control(md);
    (void)uv_timer_start(&md->absent, on_absent, CONTROL_ABSENT, 0);
}

struct posted {
    uv_write_t req;
    uint8_t *frame; ///< owned
};

static void on_posted(uv_write_t *req, int status)
{
    struct posted *p = (struct posted *)req;
    (void)status; // a broken connection is seen by the reader
    free(p->frame);
    free(p);
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
    if (letter->type == LETTER_STATS && md->tcp)
        add_connections(md->tcp, letter->u.stats.body);
    struct posted *p = md->control ? calloc(1, sizeof(*p)) : NULL;
    if (!p)
        return;
    if (letter->type == LETTER_STATS && letter->u.stats.body)
        load_tell(&md->load, letter->u.stats.body);
    const int64_t len = letter_write(letter, &p->frame);
    if (len < 0) {
        log_at(LEVEL_ERROR, "media.letter", "type=%s error=%d", letter_name(letter->type),
               (int)len);
        free(p);
        return;
    }
    const uv_buf_t buf = uv_buf_init((char *)p->frame, (unsigned)len);
    if (uv_stream_get_write_queue_size((uv_stream_t *)md->control) > LETTERS_PENDING ||
        uv_write(&p->req, (uv_stream_t *)md->control, &buf, 1, on_posted) < 0) {
        free(p->frame);
        free(p);
        control_gone(md);
    }
}

static void on_letters(struct media *md)
{
    struct letter l;
    const char *where = "";
    int got;
    while (md->control && (got = letter_reader_next(&md->reader, &l, &where)) != 0) {
        if (got < 0) {
            log_at(LEVEL_ERROR, "media.bad_letter", "field=%s", where);
            control_gone(md);
            return;
        }
        if (l.type == LETTER_LOG_LEVEL)
            log_level_set(l.u.log_level);
        const bool end = worker_on_letter(md->worker, &l, usec_now());
        letter_fini(&l);
        if (end) {
            quit(md);
            return;
        }
    }
    arm(md);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    (void)h;
    buf->base = malloc(suggested);
    buf->len = buf->base ? suggested : 0;
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct media *md = s->data;
    int err = n < 0 ? (int)n : 0;
    if (n > 0 && (uv_stream_t *)md->control == s)
        err = letter_reader_feed(&md->reader, (const uint8_t *)buf->base, (size_t)n);
    free(buf->base);
    if (err == 0 && n > 0)
        on_letters(md);
    else if (err < 0 && (uv_stream_t *)md->control == s)
        control_gone(md);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct media *md = listener->data;
    uv_pipe_t *pipe = status == 0 ? calloc(1, sizeof(*pipe)) : NULL;
    if (!pipe || uv_pipe_init(&md->loop, pipe, 0) < 0) {
        free(pipe);
        return;
    }
    pipe->data = md;
    if (uv_accept(listener, (uv_stream_t *)pipe) < 0 ||
        uv_read_start((uv_stream_t *)pipe, on_alloc, on_read) < 0) {
        uv_close((uv_handle_t *)pipe, free_handle);
        return;
    }
    drop_control(md); // the newest is the one that lives
    md->control = pipe;
    (void)uv_timer_stop(&md->absent);
    struct letter hello;
    worker_hello(md->worker, &hello);
    post(md, &hello);
    if (hello.u.hello.room_count > 0)
        worker_tell_held(md->worker, usec_now());
}

/** Hands a batch to the worker; what it forwards leaves inside. */
static void run_batch(struct media *md, struct udp_batch *rx)
{
    const usec_t began = usec_now();
    const uint64_t before = md->worker->env.count.packets_out;
    worker_on_datagrams(md->worker, rx, began);
    histogram_add(&md->load.forward, usec_now() - began,
                  md->worker->env.count.packets_out - before);
}

static void on_readable(uv_poll_t *p, int status, int events)
{
    struct media *md = p->data;
    (void)status;
    (void)events;
    const usec_t hold = gather_hold(&md->gather, md->worker->tx.sent.packets, usec_now());
    if (hold > 0) // nobody else waits: letters and deadlines bear a quarter of a millisecond
        (void)usleep((useconds_t)hold);
    gather_begin(&md->gather, usec_now());
    for (int turn = 0; turn < RECEIVE_BUDGET && udp_recv(md->fd, md->rx) > 0; turn++) {
        run_batch(md, md->rx);
        if (md->rx->count < UDP_RECEIVE)
            break; // that was all: the next call would only say so
    }
    gather_end(&md->gather, usec_now());
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

/** Sets the one timer to the worker's next deadline. */
static void arm(struct media *md)
{
    const usec_t at = worker_deadline(md->worker);
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

static int listen_for_control(struct media *md, const char *path)
{
    (void)unlink(path); // of a worker that died
    const mode_t mask = umask(077);
    int err = uv_pipe_init(&md->loop, &md->listener, 0);
    if (err == 0)
        err = uv_pipe_bind(&md->listener, path);
    (void)umask(mask);
    if (err == 0)
        err = uv_listen((uv_stream_t *)&md->listener, 4, on_connection);
    if (err < 0)
        (void)fprintf(stderr, "salon media: %s: %s\n", path, uv_strerror(err));
    md->listener.data = md;
    return err;
}

static void start_handles(struct media *md)
{
    load_start(&md->load, &md->loop);
    (void)uv_poll_init(&md->loop, &md->readable, md->fd);
    (void)uv_timer_init(&md->loop, &md->deadline);
    (void)uv_timer_init(&md->loop, &md->absent);
    (void)uv_signal_init(&md->loop, &md->term);
    (void)uv_signal_init(&md->loop, &md->intr);
    md->readable.data = md->deadline.data = md->absent.data = md;
    md->term.data = md->intr.data = md;
    (void)uv_poll_start(&md->readable, UV_READABLE, on_readable);
    (void)uv_timer_start(&md->absent, on_absent, CONTROL_ABSENT, 0);
    (void)uv_signal_start(&md->term, on_signal, SIGTERM);
    (void)uv_signal_start(&md->intr, on_signal, SIGINT);
}

static void close_handle(uv_handle_t *h, void *arg)
{
    struct media *md = arg;
    if (!uv_is_closing(h))
        uv_close(h, h == (uv_handle_t *)md->control ? free_handle : NULL);
}

static void stop(struct media *md)
{
    worker_destroy(md->worker, usec_now());
    tcp_destroy(md->tcp);
    uv_walk(&md->loop, close_handle, md);
    (void)uv_run(&md->loop, UV_RUN_DEFAULT);
    const int err = uv_loop_close(&md->loop);
    assert(err == 0);
    (void)err;
    letter_reader_fini(&md->reader);
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
    status = take_connections(&md) < 0 || listen_for_control(&md, a->socket) < 0;
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
    (void)close_range(STDERR_FILENO + 1, ~0U, 0); // whatever who started us left open
    return run(&a);
}
