/** Two associations over a simulated link: delay, loss, duplicates, reordering; one seed, one
 * clock. */
#ifndef TESTS_DTLS_SIM_H
#define TESTS_DTLS_SIM_H

#include "dtls/dtls.h"

#include <stdlib.h>
#include <string.h>

#define SIM_MAX     512
#define SIM_LARGEST 2048

enum { SERVER, CLIENT };

struct sim_datagram {
    usec_t at;
    int to;
    size_t len;
    uint8_t bytes[SIM_LARGEST];
};

struct sim {
    struct dtls_ctx ctx[2];
    struct dtls d[2];
    usec_t now;
    uint32_t rng;
    unsigned loss;      ///< percent
    unsigned duplicate; ///< percent
    unsigned sent;      ///< datagrams given to the link
    size_t largest;     ///< of them
    usec_t first_at[64], last_at;
    size_t on_way;
    struct sim_datagram net[SIM_MAX];
};

static inline uint32_t sim_random(struct sim *s, uint32_t below)
{
    s->rng = s->rng * 1664525 + 1013904223;
    return (s->rng >> 8) % below;
}

static inline size_t sim_fingerprint(const char *text, uint8_t out[64])
{
    size_t n = 0;
    for (const char *at = strchr(text, ' '); at; at = strchr(at + 1, ':'))
        out[n++] = (uint8_t)strtoul(at + 1, NULL, 16);
    return n;
}

/** Each side expects the certificate the other has. */
static inline void sim_trust(struct sim *s)
{
    for (int i = 0; i < 2; i++) {
        uint8_t hash[64];
        const size_t len = sim_fingerprint(s->ctx[!i].fingerprint, hash);
        if (dtls_verify_fingerprint(&s->d[i], "sha-256", hash, len) != 0)
            abort();
    }
}

static inline void sim_open(struct sim *s, uint32_t seed)
{
    s->now = 0;
    s->rng = seed;
    s->sent = 0;
    s->on_way = 0;
    s->largest = 0;
    if (dtls_init(&s->d[SERVER], &s->ctx[SERVER], DTLS_SERVER, 0) ||
        dtls_init(&s->d[CLIENT], &s->ctx[CLIENT], DTLS_CLIENT, 0))
        abort();
}

static inline void sim_close(struct sim *s)
{
    dtls_fini(&s->d[SERVER]);
    dtls_fini(&s->d[CLIENT]);
}

static inline void sim_put(struct sim *s, int to, const uint8_t *bytes, size_t len, usec_t at)
{
    if (s->on_way == SIM_MAX || len > SIM_LARGEST)
        abort();
    struct sim_datagram *g = &s->net[s->on_way++];
    g->at = at;
    g->to = to;
    g->len = len;
    memcpy(g->bytes, bytes, len);
}

/** Everything the sides have to send goes onto the link. */
static inline void sim_collect(struct sim *s)
{
    for (int from = 0; from < 2; from++) {
        uint8_t buf[DTLS_MTU];
        for (size_t len; (len = dtls_take(&s->d[from], buf, sizeof(buf))) > 0;) {
            if (s->sent < 64)
                s->first_at[s->sent] = s->now;
            s->sent++;
            s->largest = len > s->largest ? len : s->largest;
            if (sim_random(s, 100) < s->loss)
                continue;
            const int copies = sim_random(s, 100) < s->duplicate ? 2 : 1;
            for (int i = 0; i < copies; i++)
                sim_put(s, !from, buf, len, s->now + 10 * USEC_PER_MS + sim_random(s, 40000));
        }
    }
}

/** Gives a side exactly these bytes (a heap copy, so that ASan sees a byte too far). */
static inline enum drop sim_give(struct sim *s, int to, const uint8_t *bytes, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, len);
    const enum drop why = dtls_on_datagram(&s->d[to], copy, len, s->now);
    free(copy);
    return why;
}

/** The next thing to happen: a datagram arrives or a deadline comes. False: nothing ever. */
static inline bool sim_step(struct sim *s)
{
    sim_collect(s);
    size_t first = s->on_way;
    for (size_t i = 0; i < s->on_way; i++)
        if (first == s->on_way || s->net[i].at < s->net[first].at)
            first = i;
    const usec_t due = usec_min(dtls_deadline(&s->d[0]), dtls_deadline(&s->d[1]));
    if (first < s->on_way && s->net[first].at <= due) {
        struct sim_datagram *g = &s->net[first];
        s->now = g->at > s->now ? g->at : s->now;
        sim_give(s, g->to, g->bytes, g->len);
        s->net[first] = s->net[--s->on_way];
    } else if (due != USEC_NEVER) {
        s->now = due > s->now ? due : s->now;
        dtls_tick(&s->d[0], s->now);
        dtls_tick(&s->d[1], s->now);
    } else {
        return false;
    }
    return true;
}

/** Until nothing is on the way and nobody waits for anything. */
static inline void sim_run(struct sim *s)
{
    while (sim_step(s))
        ;
}

#endif
