/** Two associations and a wire between them: delay, jitter, loss; one seed, one clock. */
#ifndef TESTS_SCTP_WIRE_H
#define TESTS_SCTP_WIRE_H

#include "sctp/sctp.h"

#include "rng.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define MS USEC_PER_MS

static usec_t wire_now = USEC_PER_SEC;

/** The library's own clock, which only asks for differences: the simulated one. */
int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
    (void)tz;
    tv->tv_sec = 1700000000 + wire_now / USEC_PER_SEC;
    tv->tv_usec = wire_now % USEC_PER_SEC;
    return 0;
}

#ifndef WIRE_PACKETS
#define WIRE_PACKETS 4096
#define WIRE_EVENTS  8192
#endif

struct wire_packet {
    usec_t at;
    unsigned to;
    size_t len;
    uint8_t bytes[ASSOC_MTU];
};

struct wire_event {
    enum assoc_what what;
    uint16_t id;
    bool text;
    size_t len;
    uint8_t head[16];
    uint32_t sum;
};

struct wire_end {
    struct assoc_set set;
    struct assoc *assoc;
    bool deaf; ///< does not read
    unsigned count;
    struct wire_event event[WIRE_EVENTS];
    unsigned seen; ///< events looked at
};

struct wire {
    struct rng rng;
    unsigned loss_permille;
    usec_t delay, jitter;
    struct wire_end end[2];
    unsigned count;
    struct wire_packet packet[WIRE_PACKETS];
    uint64_t sent, longest;
};

static uint32_t wire_sum(const uint8_t *bytes, size_t len)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ bytes[i]) * 16777619u;
    return sum;
}

static struct wire *wire_new(uint64_t seed)
{
    struct wire *w = calloc(1, sizeof(*w));
    rng_init(&w->rng, seed);
    w->delay = 20 * MS;
    for (unsigned i = 0; i < 2; i++)
        assoc_set_init(&w->end[i].set);
    return w;
}

static inline void wire_begin(struct wire *w)
{
    for (unsigned i = 0; i < 2; i++) {
        const struct assoc_conf conf = {.dtls_client = i == 0, .their_port = ASSOC_PORT};
        w->end[i].assoc = assoc_create(&w->end[i].set, &conf, wire_now);
        assert(w->end[i].assoc);
    }
}

static void wire_free(struct wire *w)
{
    for (unsigned i = 0; i < 2; i++) {
        assoc_destroy(w->end[i].assoc);
        assoc_set_fini(&w->end[i].set);
    }
    free(w);
}

static void wire_carry(struct wire *w, unsigned from)
{
    uint8_t buf[ASSOC_MTU];
    for (size_t len; (len = assoc_take(w->end[from].assoc, buf)) > 0;) {
        w->sent++;
        if (len > w->longest)
            w->longest = len;
        if (rng_chance(&w->rng, w->loss_permille) || w->count == WIRE_PACKETS)
            continue;
        struct wire_packet *p = &w->packet[w->count++];
        p->at = wire_now + w->delay + (w->jitter ? rng_below(&w->rng, (uint32_t)w->jitter) : 0);
        p->to = 1 - from;
        p->len = len;
        memcpy(p->bytes, buf, len);
    }
}

static void wire_read(struct wire_end *e)
{
    struct assoc_event ev;
    if (e->deaf)
        return;
    while (assoc_next(e->assoc, &ev, wire_now), ev.what != ASSOC_NOTHING) {
        assert(e->count < WIRE_EVENTS);
        struct wire_event *out = &e->event[e->count++];
        *out = (struct wire_event){.what = ev.what, .text = ev.text, .len = ev.len};
        if (ev.channel)
            out->id = ev.channel->id;
        if (ev.len > 0)
            memcpy(out->head, ev.bytes,
                   ev.len < sizeof(out->head) ? ev.len : sizeof(out->head));
        out->sum = wire_sum(ev.bytes, ev.len);
        if (ev.what == ASSOC_IS_DOWN)
            return;
    }
}

/** Both ends do what is due. */
static void wire_turn(struct wire *w)
{
    for (unsigned i = 0; i < w->count;) {
        if (w->packet[i].at > wire_now) {
            i++;
            continue;
        }
        struct wire_packet p = w->packet[i];
        w->packet[i] = w->packet[--w->count];
        (void)assoc_on_packet(w->end[p.to].assoc, p.bytes, p.len, wire_now);
    }
    for (unsigned i = 0; i < 2; i++) {
        if (wire_now >= w->end[i].set.tick_at)
            assoc_set_tick(&w->end[i].set, wire_now);
        while (assoc_set_next(&w->end[i].set))
            wire_read(&w->end[i]);
    }
    for (unsigned i = 0; i < 2; i++)
        wire_carry(w, i);
}

static void wire_run(struct wire *w, usec_t span)
{
    for (const usec_t end = wire_now + span; wire_now < end; wire_now += 5 * MS)
        wire_turn(w);
}

/** The next event of this kind at an end that was not looked at yet; NULL: none. */
static struct wire_event *wire_next(struct wire *w, unsigned end, enum assoc_what what)
{
    struct wire_end *e = &w->end[end];
    while (e->seen < e->count)
        if (e->event[e->seen++].what == what)
            return &e->event[e->seen - 1];
    return NULL;
}

static inline void wire_up(struct wire *w)
{
    wire_begin(w);
    wire_run(w, 10 * USEC_PER_SEC);
    assert(wire_next(w, 0, ASSOC_IS_UP) && wire_next(w, 1, ASSOC_IS_UP));
}

/** Any seed, and SEED=17 alone. */
static inline unsigned wire_seeds(unsigned usual, uint64_t *first)
{
    const char *one = getenv("SEED");
    const char *times = getenv("SEEDS");
    *first = one ? strtoull(one, NULL, 10) : 1;
    return one ? 1 : usual * (times ? (unsigned)strtoul(times, NULL, 10) : 1);
}

#endif
