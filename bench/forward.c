/*
 * CPU time and memory of forwarding one publisher to many viewers, over loopback.
 *
 *   worker (this process)  <── UDP, letters ──>  publisher and viewers (a child process)
 *
 * With --drop each batch goes to an address first whose device drops it: that is counted. What
 * brings the same to the viewers over loopback, so that they go on answering, is not.
 *
 * The worker is the product's own, with its own socket, ICE, DTLS and SRTP; the loop around it
 * does what src/media_main.c does. See docs/benchmarks.md for what the figures mean.
 */
#include "load.h"

#include "base/usec.h"
#include "client.h"
#include "letter/letter.h"
#include "net/gather.h"
#include "net/udp.h"
#include "worker/worker.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RECEIVE_BUDGET 16 // as in src/media_main.c

struct options {
    struct load_conf load;
    enum seal_backend backend;
    bool json;
    const char *drop; ///< an address behind a device that drops; NULL: none
};

/** What one moment looked like. */
struct sample {
    usec_t wall, user, system;
    usec_t aside; ///< of those, what does not count
    uint64_t packets, messages, bytes, turns;
    uint64_t resident; ///< bytes
};

/** Where a datagram goes, and from where. */
struct way {
    struct in6_addr addr, local;
};

struct bench {
    int fd;
    int letters;
    struct letter_reader reader;
    struct dtls_ctx dtls;
    struct seal_engine seal;
    struct worker *worker;
    struct load_result *load; ///< shared with the load
    struct udp_batch *rx;
    struct gather gather;
    uint64_t turns;
    bool drops; ///< `drop` holds, and is used while it is measured
    struct in6_addr drop;
    struct way way[UDP_BATCH]; ///< where what was dropped is to go after that
    uint64_t aside_ns;         ///< CPU time of the sends that do not count
    struct sample alone, start, end;
};

/** To the device that drops, with everybody's ports; and the batch is as it was before. */
static void drop(struct bench *be, struct udp_batch *b)
{
    const unsigned count = b->count;
    const struct udp_count sent = b->sent;
    for (unsigned i = 0; i < count; i++) {
        struct udp_datagram *d = &b->datagram[i];
        be->way[i] = (struct way){.addr = d->addr.sin6_addr, .local = d->local};
        d->addr.sin6_addr = be->drop;
        d->local = in6addr_any;
    }
    udp_send(be->fd, b);
    for (unsigned i = 0; i < count; i++) {
        b->datagram[i].addr.sin6_addr = be->way[i].addr;
        b->datagram[i].local = be->way[i].local;
    }
    b->count = count;
    b->sent = sent;
}

static uint64_t cpu_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

/** The viewers have to have it as well, or they would tell of a line that carries nothing. */
static void flush(void *ctx, struct udp_batch *b)
{
    struct bench *be = ctx;
    if (!be->drops || be->load->phase != LOAD_RUNNING) {
        udp_send(be->fd, b);
        return;
    }
    drop(be, b);
    const uint64_t before = cpu_ns();
    udp_send(be->fd, b);
    be->aside_ns += cpu_ns() - before;
}

/** As control does: a client has its answer when the worker has agreed. */
static void post(void *ctx, const struct letter *letter)
{
    const struct bench *be = ctx;
    if (letter->type == LETTER_MEMBER_AGREED)
        be->load->agreed++;
}

static uint64_t resident(void)
{
    unsigned long size = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu %lu", &size, &pages) != 2)
        pages = 0;
    if (f)
        (void)fclose(f);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static usec_t to_usec(struct timeval t)
{
    return t.tv_sec * USEC_PER_SEC + t.tv_usec;
}

static struct sample take(const struct bench *be)
{
    struct rusage use;
    (void)getrusage(RUSAGE_SELF, &use);
    return (struct sample){.wall = usec_now(),
                           .user = to_usec(use.ru_utime),
                           .system = to_usec(use.ru_stime),
                           .aside = (usec_t)(be->aside_ns / 1000),
                           .packets = be->worker->env.count.packets_out,
                           .messages = be->worker->tx.sent.messages,
                           .bytes = be->worker->env.count.bytes_out,
                           .turns = be->turns,
                           .resident = resident()};
}

/** False: the load has died. */
static bool read_letters(struct bench *be)
{
    uint8_t bytes[65536];
    struct letter l;
    const char *where = "";
    const ssize_t n = read(be->letters, bytes, sizeof(bytes));
    if (n <= 0 || letter_reader_feed(&be->reader, bytes, (size_t)n) < 0)
        return false;
    while (letter_reader_next(&be->reader, &l, &where) == 1) {
        (void)worker_on_letter(be->worker, &l, usec_now());
        letter_fini(&l);
    }
    return true;
}

static void read_datagrams(struct bench *be)
{
    const usec_t hold = gather_hold(&be->gather, be->worker->tx.sent.packets, usec_now());
    if (hold > 0)
        (void)usleep((useconds_t)hold);
    gather_begin(&be->gather, usec_now());
    for (int turn = 0; turn < RECEIVE_BUDGET && udp_recv(be->fd, be->rx) > 0; turn++) {
        worker_on_datagrams(be->worker, be->rx, usec_now());
        if (be->rx->count < UDP_RECEIVE)
            break;
    }
    gather_end(&be->gather, usec_now());
}

static int patience(const struct bench *be)
{
    const usec_t at = worker_deadline(be->worker);
    const usec_t wait = at == USEC_NEVER ? USEC_PER_SEC : at - usec_now();
    return wait > 0 ? (int)((wait + USEC_PER_MS - 1) / USEC_PER_MS) : 0;
}

/** Serves until the load is done; samples where its phases begin. */
static void serve(struct bench *be, const struct load_result *load)
{
    unsigned seen = LOAD_PUBLISHER;
    while (seen != LOAD_DONE) {
        struct pollfd p[2] = {{.fd = be->fd, .events = POLLIN},
                              {.fd = be->letters, .events = POLLIN}};
        (void)poll(p, 2, patience(be));
        be->turns++;
        if (p[0].revents)
            read_datagrams(be);
        if (p[1].revents && load->phase != LOAD_DONE && !read_letters(be))
            return;
        worker_tick(be->worker, usec_now());
        const unsigned phase = load->phase;
        if (phase == seen)
            continue;
        if (phase == LOAD_VIEWERS)
            be->alone = take(be);
        else if (phase == LOAD_RUNNING)
            be->start = take(be);
        else if (phase == LOAD_DONE)
            be->end = take(be);
        seen = phase;
    }
}

static bool open_bench(struct bench *be, const struct options *o)
{
    if (opener_setup() < 0 || dtls_ctx_init(&be->dtls) < 0)
        return false;
    if (seal_engine_init(&be->seal, o->backend) < 0) {
        (void)fprintf(stderr, "forward: this build or machine has no such backend\n");
        return false;
    }
    be->fd = udp_open(0);
    be->rx = calloc(1, sizeof(*be->rx));
    if (be->fd < 0 || !be->rx)
        return false;
    udp_batch_init(be->rx);
    const struct worker_conf conf = {.dtls = &be->dtls,
                                     .seal = &be->seal,
                                     .seed = 1,
                                     .flush = flush,
                                     .post = post,
                                     .ctx = be};
    be->drops = o->drop != NULL;
    if (be->drops && inet_pton(AF_INET6, o->drop, &be->drop) != 1) {
        (void)fprintf(stderr, "forward: --drop wants an IPv6 address, or ::ffff:a.b.c.d\n");
        return false;
    }
    be->worker = worker_create(&conf);
    if (!be->worker)
        return false;
    const struct letter open = {.type = LETTER_ROOM_OPEN, .room = "room"};
    (void)worker_on_letter(be->worker, &open, usec_now());
    return true;
}

static void close_bench(struct bench *be)
{
    worker_destroy(be->worker, usec_now());
    letter_reader_fini(&be->reader);
    seal_engine_fini(&be->seal);
    dtls_ctx_fini(&be->dtls);
    opener_teardown();
    free(be->rx);
    (void)close(be->fd);
    (void)close(be->letters);
}

struct figures {
    double cpu_ns, user_ns, system_ns; ///< a forwarded packet
    double packets_per_second, mbit_per_second, packets_per_turn, burst;
    double lost;                                     ///< percent
    double load;                                     ///< percent of one core
    double join_p50, join_p99, delay_p50, delay_p99; ///< ms
    double viewer;                                   ///< KiB a viewer
};

static struct figures figures(const struct bench *be, const struct options *o,
                              const struct load_result *load)
{
    const struct sample *a = &be->start, *b = &be->end;
    const double sent = (double)(b->packets - a->packets);
    const double packets = sent > 0 ? sent : 1; // silent members are sent next to nothing
    const double seconds = (double)(b->wall - a->wall) / 1e6;
    const double user = (double)(b->user - a->user);
    const double system = (double)(b->system - a->system - (b->aside - a->aside));
    const double cpu = user + system;
    return (struct figures){
        .cpu_ns = 1000 * cpu / packets,
        .user_ns = 1000 * user / packets,
        .system_ns = 1000 * system / packets,
        .packets_per_second = packets / seconds,
        .mbit_per_second = 8e-6 * (double)(b->bytes - a->bytes) / seconds,
        .packets_per_turn = packets / (double)(b->turns - a->turns),
        .burst = packets / (double)(b->messages - a->messages),
        .lost = packets > (double)load->received
                    ? 100 * (packets - (double)load->received) / packets
                    : 0,
        .load = cpu / seconds / 1e4,
        .join_p50 = (double)load->join_p50 / 1e3,
        .join_p99 = (double)load->join_p99 / 1e3,
        .delay_p50 = (double)load->delay_p50 / 1e3,
        .delay_p99 = (double)load->delay_p99 / 1e3,
        .viewer = (double)(a->resident - be->alone.resident) / 1024 / o->load.viewers,
    };
}

static void print(const struct options *o, const struct bench *be,
                  const struct load_result *load)
{
    const struct figures f = figures(be, o, load);
    const char *backend = be->seal.backend == SEAL_IPSEC_MB ? "ipsec-mb" : "openssl";
    if (o->json) {
        (void)printf(
            "{\"viewers\": %u, \"rate\": %u, \"profile\": \"%s\", \"backend\": \"%s\", "
            "\"cpu_ns\": %.0f, \"user_ns\": %.0f, \"system_ns\": %.0f, "
            "\"packets_per_second\": %.0f, \"mbit_per_second\": %.1f, "
            "\"packets_per_turn\": %.1f, \"lost_percent\": %.2f, "
            "\"core_percent\": %.1f, \"viewer_kib\": %.1f, \"opened\": %llu, "
            "\"packets_per_burst\": %.2f, \"join_ms_p50\": %.1f, \"join_ms_p99\": %.1f, "
            "\"delay_ms_p50\": %.2f, \"delay_ms_p99\": %.2f}\n",
            o->load.viewers, o->load.rate, o->load.profile, backend, f.cpu_ns, f.user_ns,
            f.system_ns, f.packets_per_second, f.mbit_per_second, f.packets_per_turn, f.lost,
            f.load, f.viewer, (unsigned long long)load->opened, f.burst, f.join_p50, f.join_p99,
            f.delay_p50, f.delay_p99);
        return;
    }
    (void)printf("1 publisher to %u viewers, %u x 30 frames/s x 6 packets of 1150 bytes + 50 "
                 "audio/s, %s, %s\n",
                 o->load.viewers, o->load.rate, o->load.profile, backend);
    (void)printf("  CPU a forwarded packet  %8.0f ns  (user %.0f, system %.0f)\n", f.cpu_ns,
                 f.user_ns, f.system_ns);
    (void)printf(
        "  forwarded               %8.0f packets/s, %.0f Mbit/s, %.0f a turn, %.1f a burst\n",
        f.packets_per_second, f.mbit_per_second, f.packets_per_turn, f.burst);
    (void)printf("  of one core             %8.1f %%\n", f.load);
    (void)printf("  lost on the way         %8.2f %%\n", f.lost);
    (void)printf("  memory a viewer         %8.1f KiB\n", f.viewer);
    (void)printf("  first packet after      %8.1f ms p50, %.1f ms p99\n", f.join_p50,
                 f.join_p99);
    (void)printf("  delay, with the load's  %8.2f ms p50, %.2f ms p99\n", f.delay_p50,
                 f.delay_p99);
    (void)printf("  decrypted and compared  %8llu packets\n", (unsigned long long)load->opened);
}

/** The load in a child, the worker here. */
static int measure(const struct options *o)
{
    struct bench be = {0};
    int ends[2];
    struct load_result *load =
        mmap(NULL, sizeof(*load), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    be.load = load;
    if (load == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ||
        !open_bench(&be, o))
        return 1;
    struct sockaddr_in6 server = {.sin6_family = AF_INET6,
                                  .sin6_port = htons((uint16_t)udp_port(be.fd))};
    (void)inet_pton(AF_INET6, "::ffff:127.0.0.1", &server.sin6_addr);
    const pid_t child = fork();
    if (child == 0) {
        (void)close(be.fd);
        (void)close(ends[0]);
        load_run(&o->load, load, ends[1], &server, be.dtls.fingerprint);
        _exit(0);
    }
    (void)close(ends[1]);
    be.letters = ends[0];
    serve(&be, load);
    int status = 0;
    (void)waitpid(child, &status, 0);
    const bool fine = child > 0 && status == 0 && !load->failed && load->wrong == 0 &&
                      (load->opened > 0 || o->load.silent) && load->phase == LOAD_DONE;
    if (fine)
        print(o, &be, load);
    else
        (void)fprintf(stderr, "forward: %s\n",
                      load->wrong ? "viewers got what was not sent" : "the load failed");
    close_bench(&be);
    return !fine;
}

static const char usage[] = "usage: forward [--viewers N] [--rate N] [--seconds N] "
                            "[--conference | --silent] [--uneven]\n"
                            "               [--profile gcm128|gcm256|cm80] [--drop ADDRESS]\n"
                            "               [--backend best|openssl|ipsec-mb] [--json]\n";

static bool choose(const char *text, const char *const name[], unsigned n, unsigned *out)
{
    for (*out = 0; *out < n; (*out)++)
        if (strcmp(name[*out], text) == 0)
            return true;
    return false;
}

static bool parse(int argc, char **argv, struct options *o)
{
    static const struct option options[] = {
        {"viewers", required_argument, NULL, 'v'},
        {"rate", required_argument, NULL, 'r'},
        {"seconds", required_argument, NULL, 's'},
        {"profile", required_argument, NULL, 'p'},
        {"backend", required_argument, NULL, 'b'},
        {"conference", no_argument, NULL, 'c'},
        {"silent", no_argument, NULL, 'q'},
        {"uneven", no_argument, NULL, 'u'},
        {"drop", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {0},
    };
    static const char *const profiles[] = {"gcm128", "gcm256", "cm80"};
    static const char *const openssl[] = {"SRTP_AEAD_AES_128_GCM", "SRTP_AEAD_AES_256_GCM",
                                          "SRTP_AES128_CM_SHA1_80"};
    static const char *const backends[] = {"best", "openssl", "ipsec-mb"};
    unsigned n = 0;
    bool fine = true;
    *o = (struct options){
        .load = {.viewers = 50, .rate = 1, .seconds = 5, .profile = openssl[0]}};
    for (int c; fine && (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'v')
            o->load.viewers = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 'r')
            o->load.rate = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 's')
            o->load.seconds = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 'p' && (fine = choose(optarg, profiles, 3, &n)))
            o->load.profile = openssl[n];
        else if (c == 'b' && (fine = choose(optarg, backends, 3, &n)))
            o->backend = (enum seal_backend)n;
        else if (c == 'c')
            o->load.conference = true;
        else if (c == 'q')
            o->load.silent = true;
        else if (c == 'u')
            o->load.uneven = true;
        else if (c == 'd')
            o->drop = optarg;
        else if (c == 'j')
            o->json = true;
        else
            fine = false;
    }
    return fine && optind == argc && o->load.viewers > 0 && o->load.viewers <= 2000 &&
           o->load.rate > 0 && o->load.seconds > 0 &&
           (!o->load.conference || 2 * o->load.viewers <= CLIENT_SINKS);
}

int main(int argc, char **argv)
{
    struct options o;
    if (!parse(argc, argv, &o)) {
        (void)fputs(usage, stderr);
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    return measure(&o);
}
