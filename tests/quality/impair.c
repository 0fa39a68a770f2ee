/**
 * impair [--seed N] FAR NEAR: a bad line between two network namespaces, in one process.
 *
 * FAR and NEAR are NAMESPACE,DEVICE: /proc/PID/ns/net or a bound file, and the name of the TUN
 * device to be made there. "down" goes from FAR to NEAR, "up" back. Commands come on standard
 * input, a line each, at once or so many seconds after the first command:
 *
 *     down rate=3m queue=1000 delay=40 jitter=0 reorder=0 loss=1.5 burst=1
 *     @30 down rate=1m
 *
 * Rates take k and m, times are milliseconds, loss is per cent; what is not named stays. Every
 * 100 ms a line of JSON for each direction goes to standard output. It ends with its standard
 * input.
 */
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define REPORT       (100 * USEC_PER_MS)
#define MOST_PLANNED 64
#define LINE         256

enum { DOWN, UP };
static const char *const NAME[] = {"down", "up"};

struct plan {
    usec_t at;
    char text[LINE];
};

struct impair {
    struct link link[2];
    int tun[2];     ///< where packets of a direction come from
    usec_t late[2]; ///< longest time a packet left after its time, since the last report
    usec_t report_at, begun;
    struct plan plan[MOST_PLANNED];
    size_t planned;
    char input[LINE];
    size_t input_len;
};

static usec_t clock_of(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
}

static _Noreturn void die(const char *what)
{
    (void)fprintf(stderr, "impair: %s: %s\n", what, strerror(errno));
    exit(1);
}

/** Makes the TUN device `where` = NAMESPACE,DEVICE. */
static int open_tun(const char *where)
{
    const char *comma = strrchr(where, ',');
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    char path[LINE];

    if (!comma || (size_t)(comma - where) >= sizeof(path) || strlen(comma + 1) >= IFNAMSIZ) {
        errno = EINVAL;
        die(where);
    }
    memcpy(path, where, comma - where);
    path[comma - where] = 0;
    memcpy(request.ifr_name, comma + 1, strlen(comma + 1));
    const int ns = open(path, O_RDONLY | O_CLOEXEC);
    if (ns < 0 || setns(ns, CLONE_NEWNET))
        die(path);
    close(ns);
    const int tun = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (tun < 0 || ioctl(tun, TUNSETIFF, &request))
        die("/dev/net/tun");
    return tun;
}

/** One name=value of a command. False: there is no such thing. */
static bool set(struct link_shape *shape, const char *name, const char *text)
{
    char *end;
    const double value = strtod(text, &end);
    const double unit = *end == 'm' ? 1e6 : *end == 'k' ? 1e3 : 1;

    if (end == text || value < 0 || value > 1e9)
        return false;
    if (!strcmp(name, "rate"))
        shape->rate_bps = (uint64_t)(value * unit);
    else if (!strcmp(name, "queue"))
        shape->queue = (usec_t)(value * USEC_PER_MS);
    else if (!strcmp(name, "delay"))
        shape->delay = (usec_t)(value * USEC_PER_MS);
    else if (!strcmp(name, "jitter"))
        shape->jitter = (usec_t)(value * USEC_PER_MS);
    else if (!strcmp(name, "reorder"))
        shape->reorder = value > 0;
    else if (!strcmp(name, "loss"))
        shape->loss = (unsigned)(value * 10000);
    else if (!strcmp(name, "burst"))
        shape->burst = (unsigned)value;
    else
        return false;
    return true;
}

static void obey(struct impair *im, char *line, usec_t now)
{
    char *rest, *word = strtok_r(line, " ", &rest);
    const int way = word && !strcmp(word, "down") ? DOWN : UP;

    if (!word || strcmp(word, NAME[way]) != 0) {
        (void)fprintf(stderr, "impair: neither down nor up: %s\n", line);
        exit(2);
    }
    struct link_shape shape = im->link[way].shape;
    while ((word = strtok_r(NULL, " ", &rest))) {
        char *value = strchr(word, '=');
        if (value)
            *value++ = 0;
        if (!value || !set(&shape, word, value)) {
            (void)fprintf(stderr, "impair: not understood: %s\n", word);
            exit(2);
        }
    }
    link_shape(&im->link[way], &shape, now);
}

/** A command line: now, or later. */
static void command(struct impair *im, char *line, usec_t now)
{
    im->begun = im->begun ? im->begun : now;
    if (*line != '@') {
        obey(im, line, now);
        return;
    }
    char *rest;
    const double seconds = strtod(line + 1, &rest);
    if (im->planned == MOST_PLANNED || rest == line + 1 || *rest != ' ') {
        (void)fprintf(stderr, "impair: cannot plan: %s\n", line);
        exit(2);
    }
    struct plan *p = &im->plan[im->planned++];
    p->at = im->begun + (usec_t)(seconds * (double)USEC_PER_SEC);
    (void)snprintf(p->text, sizeof(p->text), "%s", rest + 1);
}

/** Standard input; false at its end. */
static bool listen_to(struct impair *im, usec_t now)
{
    const size_t room = sizeof(im->input) - 1 - im->input_len;
    const ssize_t got = room ? read(STDIN_FILENO, im->input + im->input_len, room) : 0;
    char *end;

    if (got <= 0)
        return false;
    im->input_len += (size_t)got;
    im->input[im->input_len] = 0;
    while ((end = strchr(im->input, '\n'))) {
        *end++ = 0;
        command(im, im->input, now);
        im->input_len -= (size_t)(end - im->input);
        memmove(im->input, end, im->input_len + 1);
    }
    return true;
}

static void run_plans(struct impair *im, usec_t now)
{
    for (size_t i = 0; i < im->planned;) {
        if (im->plan[i].at > now) {
            i++;
            continue;
        }
        obey(im, im->plan[i].text, im->plan[i].at);
        im->planned--;
        memmove(&im->plan[i], &im->plan[i + 1], (im->planned - i) * sizeof(im->plan[0]));
    }
}

/** Everything that waits on a device goes onto its link. */
static void receive(struct impair *im, int way, usec_t now)
{
    uint8_t bytes[LINK_MTU];
    ssize_t len;

    while ((len = read(im->tun[way], bytes, sizeof(bytes))) > 0)
        (void)link_push(&im->link[way], bytes, (size_t)len, now);
}

static void deliver(struct impair *im, int way, usec_t now)
{
    struct link_packet *p;

    while ((p = link_pop(&im->link[way], now))) {
        if (now - p->at > im->late[way])
            im->late[way] = now - p->at;
        (void)!write(im->tun[!way], p->bytes, p->len);
        free(p);
    }
}

static void report(struct impair *im, usec_t now)
{
    const double wall = (double)clock_of(CLOCK_REALTIME) / 1e3;

    for (int way = DOWN; way <= UP; way++) {
        struct link *l = &im->link[way];
        const usec_t backlog = link_backlog(l, now);
        const struct link_stats s = link_take_stats(l);
        const usec_t mean = s.queue_count ? s.queue_sum / (usec_t)s.queue_count : 0;
        (void)printf("{\"t\":%.1f,\"dir\":\"%s\",\"rate\":%ju,\"in\":%ju,\"out\":%ju,"
                     "\"bytes\":%ju,\"dropped\":%ju,\"lost\":%ju,\"queue_ms\":%.1f,"
                     "\"queue_mean_ms\":%.1f,\"queue_max_ms\":%.1f,\"late_ms\":%.1f}\n",
                     wall, NAME[way], (uintmax_t)l->shape.rate_bps, (uintmax_t)s.in_packets,
                     (uintmax_t)s.out_packets, (uintmax_t)s.out_bytes, (uintmax_t)s.dropped,
                     (uintmax_t)s.lost, (double)backlog / 1e3, (double)mean / 1e3,
                     (double)s.queue_max / 1e3, (double)im->late[way] / 1e3);
        im->late[way] = 0;
    }
    (void)fflush(stdout);
}

static usec_t next_event(const struct impair *im)
{
    usec_t at =
        usec_min(im->report_at, usec_min(link_next(&im->link[DOWN]), link_next(&im->link[UP])));
    for (size_t i = 0; i < im->planned; i++)
        at = usec_min(at, im->plan[i].at);
    return at;
}

static void loop(struct impair *im)
{
    struct pollfd fds[] = {{.fd = im->tun[DOWN], .events = POLLIN},
                           {.fd = im->tun[UP], .events = POLLIN},
                           {.fd = STDIN_FILENO, .events = POLLIN}};

    for (;;) {
        const usec_t left = next_event(im) - clock_of(CLOCK_MONOTONIC);
        const usec_t wait = left > 0 ? left : 0;
        const struct timespec t = {wait / USEC_PER_SEC, wait % USEC_PER_SEC * 1000};
        if (ppoll(fds, 3, &t, NULL) < 0 && errno != EINTR)
            die("ppoll");
        const usec_t now = clock_of(CLOCK_MONOTONIC);
        if (fds[2].revents && !listen_to(im, now))
            return;
        run_plans(im, now);
        for (int way = DOWN; way <= UP; way++) {
            receive(im, way, now);
            deliver(im, way, now);
        }
        if (now >= im->report_at) {
            report(im, now);
            im->report_at = now + REPORT;
        }
    }
}

int main(int argc, char **argv)
{
    static struct impair im;
    const bool seeded = argc == 5 && !strcmp(argv[1], "--seed");
    const uint64_t seed = seeded ? strtoull(argv[2], NULL, 0) : 1;

    if (argc != 3 && !seeded) {
        (void)fprintf(stderr, "usage: impair [--seed N] NAMESPACE,DEVICE NAMESPACE,DEVICE\n");
        return 2;
    }
    // Among busy browsers, the line must not be what is late. Not every user may ask for this.
    (void)sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 1});
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    for (int way = DOWN; way <= UP; way++) {
        im.tun[way] = open_tun(argv[argc - 2 + way]);
        link_init(&im.link[way], seed + 100 * (uint64_t)way);
    }
    im.report_at = clock_of(CLOCK_MONOTONIC) + REPORT;
    (void)puts("ready");
    (void)fflush(stdout);
    loop(&im);
    return 0;
}
