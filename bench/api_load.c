/*
 * bench/api_load: a load for the API over HTTP. One thread, epoll, at a steady rate: a request
 * is sent when its time has come, whether those before it were answered or not, and its time
 * counts from then (so that a server that stands still is not asked less).
 *
 *   api_load requests PORT RATE SECONDS < requests    each request a line: METHOD PATH BODY
 *   api_load streams PORT COUNT PATH                  opens them, waits for a line on stdin
 *
 * AUTHORIZATION in the environment goes into each request. One JSON line on stdout.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNS       64 ///< kept alive, enough for a server that stands still for 300 ms
#define ANSWER_SIZE 262144
#define PER_ADDRESS 20000 ///< streams from one source address: it has so many ports

struct conn {
    int fd;
    bool busy;
    uint64_t due; ///< when its request's time had come
    size_t got;
    char answer[ANSWER_SIZE];
};

static uint64_t now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
    (void)fprintf(stderr, "api_load: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static int dial(unsigned port, unsigned from)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in source = {.sin_family = AF_INET};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + from);
    if (fd < 0 || bind(fd, (struct sockaddr *)&source, sizeof source) ||
        connect(fd, (struct sockaddr *)&to, sizeof to))
        die("connect");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

        if (n < 0)
            die("send");
        bytes += n;
        len -= (size_t)n;
    }
}

/** A request from its line "METHOD PATH BODY"; to be freed. */
static char *request_of(char *line)
{
    const char *auth = getenv("AUTHORIZATION");
    char *path = strchr(line, ' '), *body = path ? strchr(path + 1, ' ') : NULL, *out;

    if (!body) {
        errno = EINVAL;
        die("a request is METHOD PATH BODY");
    }
    *path++ = '\0';
    *body++ = '\0';
    body[strcspn(body, "\n")] = '\0';
    if (asprintf(&out,
                 "%s %s HTTP/1.1\r\nHost: bench\r\nAuthorization: %s\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 line, path, auth ? auth : "none", strlen(body), body) < 0)
        die("memory");
    return out;
}

static unsigned read_requests(char ***out)
{
    char *line = NULL;
    size_t size = 0;
    unsigned count = 0;

    *out = NULL;
    while (getline(&line, &size, stdin) > 0) {
        *out = realloc(*out, (count + 1) * sizeof **out);
        if (!*out)
            die("memory");
        (*out)[count++] = request_of(line);
    }
    free(line);
    return count;
}

/** True if an answer is whole; its status. */
static bool whole(const struct conn *c, int *status)
{
    const char *end = memmem(c->answer, c->got, "\r\n\r\n", 4);
    const char *length = end ? strcasestr(c->answer, "\r\nContent-Length:") : NULL;
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;

    if (!end || c->got < (size_t)(end - c->answer) + 4 + body)
        return false;
    *status = atoi(c->answer + 9);
    return true;
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/** The load, and what came of it. */
struct load {
    struct conn *conn;
    int epoll;
    uint64_t *took;
    unsigned sent, done, bad;
};

static void take(struct load *l, struct conn *c)
{
    ssize_t n = read(c->fd, c->answer + c->got, ANSWER_SIZE - 1 - c->got);
    int status;

    if (n <= 0)
        die("the server closes");
    c->got += (size_t)n;
    c->answer[c->got] = '\0';
    if (!whole(c, &status))
        return;
    l->took[l->done++] = now_ns() - c->due;
    l->bad += status >= 300;
    c->busy = false;
    c->got = 0;
}

static void wait_for(struct load *l, uint64_t until)
{
    struct epoll_event event[CONNS];
    const uint64_t now = now_ns();
    // Less than a millisecond is waited for awake: the rate is to be steady.
    const int ms = until > now ? (int)((until - now) / 1000000) : 0;
    const int n = epoll_wait(l->epoll, event, CONNS, ms);

    for (int i = 0; i < n; i++)
        take(l, event[i].data.ptr);
}

static struct conn *idle(struct load *l)
{
    for (unsigned i = 0; i < CONNS; i++)
        if (!l->conn[i].busy)
            return &l->conn[i];
    return NULL;
}

static void run(struct load *l, char **request, unsigned count, double rate, unsigned total)
{
    const uint64_t began = now_ns();

    while (l->done < total) {
        const uint64_t due = began + (uint64_t)(l->sent * 1e9 / rate);
        struct conn *c = l->sent < total && now_ns() >= due ? idle(l) : NULL;

        if (!c) {
            wait_for(l, l->sent < total && now_ns() < due ? due : now_ns() + 2000000);
            continue;
        }
        c->busy = true;
        c->due = due;
        send_all(c->fd, request[l->sent % count], strlen(request[l->sent % count]));
        l->sent++;
    }
}

/** The time that so many of a hundred did not exceed, in milliseconds. */
static double at_percent(const struct load *l, unsigned percent)
{
    const unsigned at = (unsigned)((uint64_t)l->done * percent / 100);

    return (double)l->took[at < l->done ? at : l->done - 1] / 1e6;
}

static int requests(unsigned port, double rate, unsigned seconds)
{
    const unsigned total = (unsigned)(rate * seconds);
    struct load l = {.epoll = epoll_create1(EPOLL_CLOEXEC)};
    char **request;
    const unsigned count = read_requests(&request);

    l.conn = calloc(CONNS, sizeof *l.conn);
    l.took = calloc(total, sizeof *l.took);
    if (!l.conn || !l.took || count == 0)
        die("memory");
    for (unsigned i = 0; i < CONNS; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &l.conn[i]};

        l.conn[i].fd = dial(port, 0);
        if (epoll_ctl(l.epoll, EPOLL_CTL_ADD, l.conn[i].fd, &event))
            die("epoll");
    }
    run(&l, request, count, rate, total);
    qsort(l.took, total, sizeof *l.took, compare);
    (void)printf("{\"requests\": %u, \"bad\": %u, \"p50_ms\": %.3f, \"p90_ms\": %.3f, "
                 "\"p99_ms\": %.3f, \"max_ms\": %.3f}\n",
                 total, l.bad, at_percent(&l, 50), at_percent(&l, 90), at_percent(&l, 99),
                 at_percent(&l, 100));
    free(l.conn);
    free(l.took);
    return EXIT_SUCCESS;
}

/** Reads until the first event's line: the stream is open. */
static void opened(int fd)
{
    char bytes[4096];
    size_t got = 0;

    while (got < sizeof bytes - 1) {
        ssize_t n = read(fd, bytes + got, sizeof bytes - 1 - got);

        if (n <= 0)
            die("a stream");
        got += (size_t)n;
        bytes[got] = '\0';
        if (strstr(bytes, "retry:"))
            return;
    }
}

static int streams(unsigned port, unsigned count, const char *path)
{
    struct rlimit limit;
    char line[1024], *request;
    int *fd = calloc(count, sizeof *fd);

    if (getrlimit(RLIMIT_NOFILE, &limit) || !fd)
        die("limits");
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    (void)snprintf(line, sizeof line, "GET %s ", path);
    request = request_of(line);
    for (unsigned i = 0; i < count; i++) {
        fd[i] = dial(port, i / PER_ADDRESS);
        send_all(fd[i], request, strlen(request));
        opened(fd[i]);
    }
    (void)printf("{\"streams\": %u}\n", count);
    (void)fflush(stdout);
    // They stay open, and are read, until somebody says so: each line is an event to wait for.
    while (fgets(line, sizeof line, stdin)) {
        for (unsigned i = 0; i < count; i++) {
            char bytes[65536];

            if (read(fd[i], bytes, sizeof bytes) <= 0)
                die("a stream has ended");
        }
        (void)printf("{\"heard\": %u}\n", count);
        (void)fflush(stdout);
    }
    free(request);
    free(fd);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "requests") == 0)
        return requests((unsigned)atoi(argv[2]), atof(argv[3]), (unsigned)atoi(argv[4]));
    if (argc == 5 && strcmp(argv[1], "streams") == 0)
        return streams((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]), argv[4]);
    (void)fprintf(stderr, "see the head of bench/api_load.c\n");
    return 2;
}
