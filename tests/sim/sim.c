#include "sim.h"

#include "clock.h"
#include "random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/** What is made once a process: keys are slow to make and say nothing of a run. */
struct shared {
    struct dtls_ctx server, clients;
    struct seal_engine seal;
};

/** Who sent a datagram, or to whom it goes, and which address of ours it names. */
struct ends {
    struct sockaddr_in6 far;
    struct in6_addr local;
};

void sim_fail(const struct sim *s, const char *format, ...)
{
    char text[500];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)fprintf(stderr, "%s at %.3f s: %s\n  repeat with SEED=%llu\n", s->name,
                  (double)s->now / 1e6, text, (unsigned long long)s->seed);
    fail();
    abort();
}

static void complain(void *ctx, const struct client *c, const char *what)
{
    struct sim *s = ctx;
    if (s->forgiving)
        s->complaints++;
    else
        sim_fail(s, "%s: %s", c->id, what);
}

static struct in6_addr server_address(void)
{
    return (struct in6_addr){.s6_addr = {0xfd, [15] = 0xfe}};
}

static void send_up(void *ctx, struct client *c, const uint8_t *bytes, size_t len)
{
    struct sim *s = ctx;
    struct carried f = {.who = c->number, .len = len};
    const struct ends ends = {.far = c->addr, .local = server_address()};
    _Static_assert(sizeof(ends) <= sizeof(f.extra), "ends fit");
    memcpy(f.extra, &ends, sizeof(ends));
    net_send(&s->net, &s->up[c->number], &s->rng, &f, bytes, s->now);
}

static bool same_address(const struct sockaddr_in6 *a, const struct sockaddr_in6 *b)
{
    return a->sin6_port == b->sin6_port &&
           memcmp(&a->sin6_addr, &b->sin6_addr, sizeof(a->sin6_addr)) == 0;
}

static void step_outside(const struct sim *s, bool begins)
{
    if (s->outside)
        s->outside(begins);
}

static void flush_down(void *ctx, struct udp_batch *b)
{
    struct sim *s = ctx;
    step_outside(s, true);
    for (unsigned i = 0; i < b->count; i++) {
        const struct udp_datagram *d = &b->datagram[i];
        const struct in6_addr ours = server_address();
        if (d->len == 0 || d->len > 1500)
            sim_fail(s, "a datagram of %u bytes", d->len);
        if (memcmp(&d->local, &ours, sizeof(ours)) != 0)
            sim_fail(s, "a datagram from another address of ours than was asked");
        for (unsigned k = 0; k < s->count; k++) { // nobody there: it is lost
            struct client *c = s->client[k];
            if (!c || !same_address(&c->addr, &d->addr))
                continue;
            if (s->tap)
                s->tap(s, k, d->data, d->len);
            const struct carried f = {.who = k, .down = true, .len = d->len};
            net_send(&s->net, &s->down[k], &s->rng, &f, d->data, s->now);
        }
    }
    b->count = 0;
    step_outside(s, false);
}

static struct client *named(const struct sim *s, const char *id)
{
    for (unsigned i = 0; i < s->count; i++)
        if (s->client[i] && strcmp(s->client[i]->id, id) == 0)
            return s->client[i];
    return NULL;
}

static void told_seats(struct sim *s, const struct client *c, const struct letter *l)
{
    struct sim_told *t = sim_told(s, c);
    t->seat_letters++;
    for (unsigned i = 0; i < l->u.seats.count; i++) {
        const struct letter_seat *seat = &l->u.seats.seat[i];
        for (unsigned k = 0; k < c->sink_count; k++) {
            if (strcmp(c->sink[k]->mid, seat->mid) != 0)
                continue;
            t->seat_changes[k] +=
                *t->seat[k].of && *seat->of && strcmp(t->seat[k].of, seat->of) != 0;
            t->seat[k] = *seat;
        }
    }
}

/** As a page does: the client is told, and obeys. */
static void told_demand(struct sim *s, const struct letter *l)
{
    struct client *c = named(s, l->member);
    if (c->generation != l->u.demand.generation)
        return;
    sim_told(s, c)->demand_letters++;
    for (unsigned i = 0; i < l->u.demand.count; i++)
        for (unsigned k = 0; k < c->pub_count; k++)
            if (strcmp(c->pub[k].mid, l->u.demand.track[i].mid) == 0)
                pub_on_demand(&c->pub[k], &l->u.demand.track[i]);
}

static void take_letter(struct sim *s, const struct letter *l)
{
    const struct client *c = named(s, l->member);
    struct sim_told *t = c ? sim_told(s, c) : NULL;
    if (l->type == LETTER_SPEAKER) {
        s->speaker_letters++;
        memcpy(s->speaker, l->u.speaker.member, sizeof(s->speaker));
    } else if (l->type == LETTER_STATS) {
        json_decref(s->stats);
        s->stats = json_incref(l->u.stats.body);
    } else if (l->type == LETTER_QUALITY) {
        json_decref(s->quality);
        s->quality = json_incref(l->u.stats.body);
    } else if (!t) {
        return; // of somebody who has left
    } else if (l->type == LETTER_MEMBER_AGREED) {
        t->agreed++;
        t->refused += *l->u.agreed.error != 0;
        memcpy(t->refusal, l->u.agreed.error, sizeof(t->refusal));
    } else if (l->type == LETTER_MEMBER_CONNECTED) {
        t->connected = l->u.gone.generation;
    } else if (l->type == LETTER_MEMBER_GONE) {
        t->gone = l->u.gone.generation;
        t->gone_at = s->now;
        memcpy(t->gone_why, l->u.gone.reason, sizeof(t->gone_why));
    } else if (l->type == LETTER_SLOT_CHANGED) {
        told_seats(s, c, l);
    } else if (l->type == LETTER_DATA_IN) {
        t->data_letters[l->u.data.what]++;
        t->data_open =
            l->u.data.what == DATA_OPEN || (t->data_open && l->u.data.what != DATA_CLOSED);
        (void)snprintf(t->data_text, sizeof(t->data_text), "%s", l->u.data.text);
        memcpy(t->data_of, l->u.data.of, sizeof(t->data_of));
    } else if (l->type == LETTER_TRACK_DEMAND) {
        told_demand(s, l);
    }
}

/** Through JSON and back, as between the wings. */
static void carry(const struct sim *s, const struct letter *l, struct letter *out)
{
    uint8_t *frame = NULL;
    const char *where = "";
    const int64_t len = letter_write(l, &frame);
    if (len < 4)
        sim_fail(s, "%s cannot be written", letter_name(l->type));
    if (letter_parse((const char *)frame + 4, (size_t)len - 4, out, &where) < 0)
        sim_fail(s, "%s does not parse: %s", letter_name(l->type), where);
    free(frame);
}

static void post(void *ctx, const struct letter *letter)
{
    struct letter l;
    step_outside(ctx, true);
    carry(ctx, letter, &l);
    take_letter(ctx, &l);
    letter_fini(&l);
    step_outside(ctx, false);
}

void sim_letter(struct sim *s, struct letter *l)
{
    struct letter there;
    carry(s, l, &there);
    letter_fini(l);
    (void)worker_on_letter(s->worker, &there, s->now);
    letter_fini(&there);
}

static struct letter letter_to(enum letter_type type, const struct client *c)
{
    struct letter l = {.type = type, .room = SIM_ROOM};
    if (c)
        memcpy(l.member, c->id, sizeof(l.member));
    return l;
}

struct client *sim_client(struct sim *s, const struct client_conf *conf)
{
    static const struct client_conf usual = {0};
    if (s->count == SIM_CLIENTS)
        abort();
    const unsigned n = s->count++;
    struct client *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    s->client[n] = c;
    s->up[n].delay = 10000 + rng_below(&s->rng, 20000);
    s->down[n].delay = 10000 + rng_below(&s->rng, 20000);
    client_init(c, &s->env, (uint16_t)n, conf ? conf : &usual, s->now);
    return c;
}

void sim_agree(struct sim *s, struct client *c)
{
    struct letter l = letter_to(LETTER_MEMBER_AGREE, c);
    l.u.agree.seq = ++s->seq;
    client_agreement(c, &l.u.agree.agreement);
    sim_letter(s, &l);
}

void sim_join(struct sim *s, struct client *c)
{
    struct letter l = letter_to(LETTER_MEMBER_JOIN, c);
    sim_letter(s, &l);
    sim_agree(s, c);
}

void sim_leave(struct sim *s, struct client *c)
{
    struct letter l = letter_to(LETTER_MEMBER_LEAVE, c);
    sim_letter(s, &l);
    s->client[c->number] = NULL;
    client_fini(c);
    free(c);
}

void sim_mute(struct sim *s, const struct client *c, enum media_source source, bool muted)
{
    struct letter l = letter_to(LETTER_TRACK_MUTE, c);
    l.u.mute.source = source;
    l.u.mute.muted = muted;
    sim_letter(s, &l);
}

void sim_want(struct sim *s, const struct client *c, const struct letter_want *want)
{
    struct letter l = letter_to(LETTER_SLOT_WANT, c);
    l.u.wants.count = 1;
    l.u.wants.want = malloc(sizeof(*want));
    if (!l.u.wants.want)
        abort();
    *l.u.wants.want = *want;
    sim_letter(s, &l);
}

int64_t sim_stat(struct sim *s, const char *name)
{
    struct letter l = {.type = LETTER_STATS_ASK};
    sim_letter(s, &l);
    const char *dot = strchr(name, '.');
    char group[32] = "";
    if (dot)
        (void)snprintf(group, sizeof(group), "%.*s", (int)(dot - name), name);
    const json_t *value = dot ? json_object_get(json_object_get(s->stats, group), dot + 1)
                              : json_object_get(s->stats, name);
    return json_integer_value(value);
}

const json_t *sim_quality(struct sim *s, const struct client *c)
{
    struct letter l = letter_to(LETTER_QUALITY_ASK, NULL);
    l.u.stats.seq = ++s->seq;
    sim_letter(s, &l);
    size_t i;
    const json_t *member;
    json_array_foreach(json_object_get(s->quality, "members"), i, member)
    {
        if (strcmp(json_string_value(json_object_get(member, "participant")), c->id) == 0)
            return member;
    }
    return NULL;
}

void sim_inject(struct sim *s, const struct client *c, const struct sockaddr_in6 *from,
                const uint8_t *bytes, size_t len)
{
    struct udp_datagram *d = &s->rx->datagram[0];
    s->rx->count = 1;
    d->addr = from ? *from : c->addr;
    d->local = server_address();
    d->len = (uint16_t)len;
    memcpy(d->data, bytes, len);
    worker_on_datagrams(s->worker, s->rx, s->now);
}

/** Everything that has arrived for the worker is one batch, as recvmmsg() would have it. */
static void deliver(struct sim *s)
{
    s->rx->count = 0;
    while (net_next(&s->net) <= s->now && s->rx->count < UDP_RECEIVE) {
        struct carried *f = net_take(&s->net);
        if (f->down) {
            if (s->client[f->who])
                client_on_datagram(s->client[f->who], f->bytes, f->len, s->now);
        } else {
            struct udp_datagram *d = &s->rx->datagram[s->rx->count++];
            struct ends ends;
            memcpy(&ends, f->extra, sizeof(ends));
            d->addr = ends.far;
            d->local = ends.local;
            d->len = (uint16_t)f->len;
            memcpy(d->data, f->bytes, f->len);
        }
        net_done(&s->net, f);
    }
    if (s->rx->count)
        worker_on_datagrams(s->worker, s->rx, s->now);
}

void sim_run(struct sim *s, usec_t span)
{
    const usec_t end = s->now + span;
    for (;;) {
        usec_t next = usec_min(net_next(&s->net), worker_deadline(s->worker));
        for (unsigned i = 0; i < s->count; i++)
            if (s->client[i])
                next = usec_min(next, client_deadline(s->client[i]));
        if (next > end)
            break;
        // A loop takes a while to turn: what comes within is handled together.
        if (next > s->now)
            s->now = usec_min(next + rng_below(&s->rng, 300), end);
        sim_clock(s->now);
        deliver(s);
        for (unsigned i = 0; i < s->count; i++)
            if (s->client[i] && client_deadline(s->client[i]) <= s->now)
                client_tick(s->client[i], s->now);
        if (worker_deadline(s->worker) <= s->now)
            worker_tick(s->worker, s->now);
    }
    s->now = end;
    sim_clock(end);
}

void sim_settle(struct sim *s)
{
    for (unsigned turn = 0; turn < 200; turn++) {
        bool all = true;
        for (unsigned i = 0; i < s->count; i++)
            all &= !s->client[i] || s->client[i]->up;
        if (all)
            return;
        sim_run(s, 100 * USEC_PER_MS);
    }
    sim_fail(s, "not everybody connects in 20 s");
}

void sim_links(struct sim *s, const struct client *c, const struct link *as)
{
    s->up[c->number] = *as;
    s->down[c->number] = *as;
}

struct sim_told *sim_told(struct sim *s, const struct client *c)
{
    return &s->told[c->number];
}

struct letter_seat *sim_seat(struct sim *s, const struct client *c, const struct sink *k)
{
    for (unsigned i = 0; i < c->sink_count; i++)
        if (c->sink[i] == k)
            return &s->told[c->number].seat[i];
    return NULL;
}

struct sink *sim_find(struct sim *s, const struct client *c, const struct client *of,
                      enum media_source source)
{
    for (unsigned i = 0; i < c->sink_count; i++) {
        const struct letter_seat *seat = &s->told[c->number].seat[i];
        if (c->sink[i]->kind == media_source_kind(source) && seat->source == source &&
            strcmp(seat->of, of->id) == 0)
            return c->sink[i];
    }
    return NULL;
}

struct client *sim_person(struct sim *s, const struct client_conf *conf, enum media_codec codec,
                          unsigned layers, unsigned pairs)
{
    struct client *c = sim_client(s, conf);
    client_publish(c, SOURCE_MICROPHONE, CODEC_OPUS, 1);
    client_publish(c, SOURCE_CAMERA, codec, layers);
    client_receive_pairs(c, pairs);
    sim_join(s, c);
    return c;
}

static void open_sim(struct sim *s, struct shared *sh, const char *name, uint64_t seed)
{
    *s = (struct sim){.seed = seed, .name = name, .server_dtls = &sh->server};
    rng_init(&s->rng, seed);
    sim_random(seed);
    s->now = USEC_PER_SEC * (1000 + (usec_t)rng_below(&s->rng, 100000));
    sim_clock(s->now);
    s->env = (struct client_env){.dtls = &sh->clients,
                                 .seal = &sh->seal,
                                 .server_fingerprint = sh->server.fingerprint,
                                 .send = send_up,
                                 .complain = complain,
                                 .ctx = s,
                                 .rng = &s->rng};
    const struct worker_conf conf = {.dtls = &sh->server,
                                     .seal = &sh->seal,
                                     .seed = seed,
                                     .flush = flush_down,
                                     .post = post,
                                     .ctx = s};
    s->worker = worker_create(&conf);
    s->rx = malloc(sizeof(*s->rx));
    if (!s->worker || !s->rx)
        abort();
    udp_batch_init(s->rx);
    struct letter l = letter_to(LETTER_ROOM_OPEN, NULL);
    sim_letter(s, &l);
}

static uint64_t number_of(const char *variable, uint64_t usual)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : usual;
}

struct sim *sim_begin(const char *name, uint64_t seed)
{
    static struct shared sh; // keys are the same for all runs of a process
    static bool made;
    struct sim *s = calloc(1, sizeof(*s));
    if (!made) {
        sim_clock(0);
        sim_random(0);
    }
    if (!made && (opener_setup() < 0 || dtls_ctx_init(&sh.server) < 0 ||
                  dtls_ctx_init(&sh.clients) < 0 || seal_engine_init(&sh.seal, SEAL_BEST) < 0))
        abort();
    made = true;
    if (!s)
        abort();
    open_sim(s, &sh, name, seed);
    return s;
}

void sim_end(struct sim *s)
{
    if (getenv("TRACE"))
        (void)fprintf(stderr, "%s %llu: %016llx\n", s->name, (unsigned long long)s->seed,
                      (unsigned long long)s->net.trace);
    worker_destroy(s->worker, s->now);
    for (unsigned i = 0; i < s->count; i++) {
        if (s->client[i])
            client_fini(s->client[i]);
        free(s->client[i]);
    }
    json_decref(s->stats);
    json_decref(s->quality);
    net_fini(&s->net);
    free(s->rx);
    free(s);
}

void sim_each_seed(const char *name, sim_scenario run, unsigned seeds)
{
    const uint64_t only = number_of("SEED", 0);
    const uint64_t part = number_of("SEEDS_PART", 1); // not 0
    const uint64_t n = only ? 1 : (seeds * number_of("SEEDS", 1) + part - 1) / part;
    for (uint64_t i = 0; i < n; i++) {
        struct sim *s = sim_begin(name, only ? only : i + 1);
        run(s);
        sim_end(s);
    }
}
