#include "run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define SERVE_EACH  (10 * USEC_PER_MS)
#define PERSON_EACH (100 * USEC_PER_MS)
#define SHOW_EACH   USEC_PER_SEC
#define GOODBYE     USEC_PER_SEC

// ---- opening

/** The address that leads to the server: one candidate, as most machines have. */
static void find_local(struct run *r, const char *url)
{
    char host[256], port[8] = "80";
    struct addrinfo *list = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
    struct sockaddr_storage self;
    socklen_t len = sizeof(self);
    const char *at = strstr(url, "://");
    at = at ? at + 3 : url;
    if (*at == '[')
        (void)snprintf(host, sizeof(host), "%.*s", (int)strcspn(at + 1, "]"), at + 1);
    else
        (void)snprintf(host, sizeof(host), "%.*s", (int)strcspn(at, ":/"), at);
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return;
    const int fd = socket(list->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, list->ai_addr, list->ai_addrlen) == 0 &&
        getsockname(fd, (struct sockaddr *)&self, &len) == 0)
        (void)getnameinfo((struct sockaddr *)&self, len, r->local, sizeof(r->local), NULL, 0,
                          NI_NUMERICHOST);
    if (fd >= 0)
        (void)close(fd);
    freeaddrinfo(list);
}

static int make_people(struct run *r)
{
    const struct scenario *s = r->scenario;
    for (unsigned i = 0; i < s->kinds; i++)
        r->rooms += s->kind[i].rooms;
    r->room = calloc(r->rooms, sizeof(*r->room));
    r->person = calloc(scenario_people(s), sizeof(*r->person));
    if (!r->room || !r->person)
        return -ENOMEM;
    struct room *room = r->room;
    for (unsigned i = 0; i < s->kinds; i++)
        for (unsigned k = 0; k < s->kind[i].rooms; k++, room++) {
            *room = (struct room){.run = r,
                                  .number = (unsigned)(room - r->room) + 1,
                                  .first = &r->person[r->people]};
            for (unsigned c = 0; c < s->kind[i].crowds; c++)
                for (unsigned n = 0; n < s->kind[i].crowd[c].count; n++, room->people++) {
                    r->person[r->people] = (struct person){.run = r,
                                                           .room = room,
                                                           .crowd = &s->kind[i].crowd[c],
                                                           .number = r->people};
                    r->people++;
                }
        }
    return 0;
}

static int make_clips(struct run *r)
{
    const struct scenario *s = r->scenario;
    struct clips_conf conf = {.kbps = s->kbps, .temporal = s->temporal};
    for (unsigned i = 0; i < r->people; i++) {
        const struct crowd *c = r->person[i].crowd;
        if (c->video && c->layers > conf.layers)
            conf.layers = c->layers;
        conf.screen = conf.screen || c->screen;
    }
    return *s->clips ? clips_get(&r->core.clips, &conf, s->clips)
                     : clips_make(&r->core.clips, &conf);
}

static int open_rooms(struct run *r, struct complaint *why)
{
    for (unsigned i = 0; i < r->rooms; i++) {
        const char *wrong = r->driver->open(r, &r->room[i]);
        if (wrong) {
            (void)snprintf(why->text, sizeof(why->text), "room %u: %s", i + 1, wrong);
            return -EIO;
        }
    }
    return 0;
}

/** Two descriptors a person and some. */
static void raise_limits(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
        l.rlim_cur = l.rlim_max < 65536 ? l.rlim_max : 65536;
        (void)setrlimit(RLIMIT_NOFILE, &l);
    }
}

int run_open(struct run *r, const struct scenario *s, struct complaint *why)
{
    static const struct driver *const drivers[] = {&salon_driver, &whip_driver, &janus_driver};
    const struct core_conf conf = {.seed = s->seed, .profile = *s->profile ? s->profile : NULL};
    *r = (struct run){.scenario = s, .driver = drivers[s->protocol]};
    raise_limits();
    int err = core_init(&r->core, &conf);
    r->core.verify_each = s->verify;
    r->core.rtx = !s->no_rtx;
    r->ws = ws_pool_create();
    r->rest = rest_create();
    if (!err && (!r->ws || !r->rest))
        err = -ENOMEM;
    if (!err)
        err = make_people(r);
    if (!err)
        err = make_clips(r);
    if (*s->local)
        (void)snprintf(r->local, sizeof(r->local), "%s", s->local);
    else
        find_local(r, *s->url ? s->url : *s->whip ? s->whip : s->whep);
    r->server = (struct process){.pid = s->pid, .metrics = s->metrics};
    r->self = (struct process){.pid = (unsigned)getpid()};
    if (err) {
        (void)snprintf(why->text, sizeof(why->text), "cannot start: %s", strerror(-err));
        return err;
    }
    r->server.idle = process_read(&r->server);
    return open_rooms(r, why);
}

void run_close(struct run *r)
{
    for (unsigned i = 0; i < r->people; i++)
        if (r->person[i].state == PERSON_JOINING || r->person[i].state == PERSON_IN)
            person_go(&r->person[i]);
    const usec_t until = usec_now() + GOODBYE;
    while (r->rest && r->ws && usec_now() < until) { // what was said last still has to leave
        rest_serve(r->rest);
        ws_pool_serve(r->ws);
        if (rest_busy(r->rest) == 0 && usec_now() > until - GOODBYE / 2)
            break;
        (void)usleep(1000);
    }
    ws_pool_destroy(r->ws);
    rest_destroy(r->rest);
    core_fini(&r->core);
    free(r->room);
    free(r->person);
}

// ---- time

static bool all_settled(const struct run *r)
{
    if (r->next < r->people)
        return false;
    for (unsigned i = 0; i < r->people; i++)
        if (r->person[i].state == PERSON_JOINING)
            return false;
    return true;
}

static void join_due(struct run *r, usec_t now)
{
    while (r->next < r->people &&
           now >= r->started_at +
                      (usec_t)((double)r->next * USEC_PER_SEC / r->scenario->join_rate))
        person_come(&r->person[r->next++]);
}

/** So many leave that in a minute it is the stated share; each is replaced at once. */
static void churn(struct run *r, usec_t passed)
{
    r->leaving +=
        r->scenario->churn * r->people * (double)passed / (60.0 * (double)USEC_PER_SEC);
    for (; r->leaving >= 1; r->leaving--) {
        struct person *p = &r->person[core_random(&r->core) % r->people];
        if (p->state == PERSON_IN)
            person_go(p);
        if (p->state == PERSON_GONE)
            person_come(p);
    }
}

static void show_progress(const struct run *r, usec_t now)
{
    const struct tally *t = &r->core.tally;
    unsigned in = 0;
    if (r->scenario->quiet)
        return;
    for (unsigned i = 0; i < r->people; i++)
        in += r->person[i].state == PERSON_IN;
    const char *phase = r->measured_at        ? "measures"
                        : r->ended_at         ? "settles"
                        : r->next < r->people ? "joins"
                                              : "connects";
    (void)fprintf(
        stderr,
        "\r\033[K%4.0f s %s  %u of %u are there  %llu packets in  %.2f %% lost  %llu errors",
        (double)(now - r->started_at) / USEC_PER_SEC, phase, in, r->people,
        (unsigned long long)t->media.received,
        t->media.expected ? 100.0 * (double)t->media.missed / (double)t->media.expected : 0.0,
        (unsigned long long)tally_errors(t));
}

static void begin_measuring(struct run *r, usec_t now)
{
    r->server.begin = process_read(&r->server);
    r->self.begin = process_read(&r->self);
    r->measured_at = now;
    r->ended_at = now + r->scenario->duration;
    r->core.measuring = true;
}

/** True while there is something to come. */
static bool advance(struct run *r, usec_t now)
{
    join_due(r, now);
    if (r->measured_at)
        return now < r->ended_at;
    if (!r->ended_at && all_settled(r))
        r->ended_at = now + r->scenario->settle; // of settling, for now
    if (r->ended_at && now >= r->ended_at)
        begin_measuring(r, now);
    return true;
}

void run_all(struct run *r, const volatile int *stop)
{
    usec_t serve_at = 0, people_at = 0, show_at = 0;
    r->started_at = r->core.now = usec_now();
    while (!*stop && advance(r, r->core.now)) {
        core_turn(&r->core);
        const usec_t now = r->core.now;
        if (now >= serve_at || r->core.connecting > 0 || !r->measured_at) {
            ws_pool_serve(r->ws);
            rest_serve(r->rest);
            serve_at = now + SERVE_EACH;
        }
        for (unsigned i = 0; i < r->people && !r->measured_at; i++)
            if (r->person[i].doomed)
                person_clean_up(&r->person[i]);
        if (now >= people_at) {
            for (unsigned i = 0; i < r->people; i++)
                person_tick(&r->person[i], now);
            if (r->measured_at)
                churn(r, PERSON_EACH);
            people_at = now + PERSON_EACH;
        }
        if (now >= show_at) {
            show_progress(r, now);
            show_at = now + SHOW_EACH;
        }
    }
    r->stopped = *stop != 0;
    for (unsigned i = 0; i < r->next; i++)
        r->joining += r->person[i].state == PERSON_JOINING && !r->person[i].doomed;
    r->core.measuring = false;
    r->ended_at = usec_now();
    r->server.end = process_read(&r->server);
    r->self.end = process_read(&r->self);
    if (!r->scenario->quiet)
        (void)fprintf(stderr, "\r\033[K");
}
