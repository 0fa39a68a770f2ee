/*
 * The walk of a packet, from socket to sockets:
 *
 *   udp_recv -> on_datagram -> peer_unseal_rtp -> rtp_parse -> member_stream -> room_on_packet
 *            -> forward_packet: { slot_wants -> slot_write } for each slot -> udp_send
 *
 * and the way back: on_rtcp -> member_on_rtcp -> { slot_resend, stream_want_key, ... }.
 */
#include "worker/worker.h"

#include "handshakes.h"
#include "route.h"

#include "base/log.h"
#include "room/data.h"
#include "room/downlink.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void tick_assocs(void *worker, usec_t now)
{
    struct worker *w = worker;
    assoc_set_tick(&w->assocs, now);
}

struct worker *worker_create(const struct worker_conf *conf)
{
    struct worker *w = calloc(1, sizeof(*w));
    if (!w)
        return NULL;
    w->conf = *conf;
    udp_batch_init(&w->tx);
    w->tx.flush = conf->flush;
    w->tx.ctx = conf->ctx;
    w->env = (struct room_env){
        .peer = {.dtls = conf->dtls, .seal = conf->seal, .assocs = &w->assocs},
        .tx = &w->tx,
        .deadlines = &w->deadlines,
        .post = conf->post,
        .ctx = conf->ctx,
        .flight = &w->flight,
        .rng = conf->seed | 1, // xorshift's only forbidden state is 0
    };
    (void)flight_pool_init(&w->flight, conf->flight_bytes); // else nothing is recorded
    assoc_set_init(&w->assocs);
    handshakes_init(w);
    shed_init(&w->shed);
    w->assocs_tick = (struct deadline){.owner = w, .due = tick_assocs};
    map_init(&w->rooms, conf->seed);
    map_init(&w->members, conf->seed ^ 1);
    map_init(&w->notes, conf->seed ^ 4);
    map_init(&w->by_ufrag, conf->seed ^ 2);
    map_init(&w->by_address, conf->seed ^ 3);
    return w;
}

static void flush(struct worker *w)
{
    if (w->tx.count)
        w->tx.flush(w->tx.ctx, &w->tx);
}

void worker_destroy(struct worker *w, usec_t now)
{
    if (!w)
        return;
    size_t at = 0;
    for (struct room *r; (r = map_next(&w->rooms, &at));)
        room_destroy(r, now);
    at = 0;
    for (struct worker_member *m; (m = map_next(&w->members, &at));) {
        notes_fini(&m->notes);
        free(m);
    }
    at = 0;
    for (struct worker_notes *n; (n = map_next(&w->notes, &at));) {
        notes_fini(&n->notes);
        free(n);
    }
    flush(w);
    map_fini(&w->rooms);
    map_fini(&w->members);
    map_fini(&w->notes);
    map_fini(&w->by_ufrag);
    map_fini(&w->by_address);
    handshakes_fini(w);
    assoc_set_fini(&w->assocs);
    flight_pool_fini(&w->flight);
    deadline_heap_fini(&w->deadlines);
    free(w);
}

/** A check finds its member by the ufrag in it, and brings the address it came from. */
static enum drop on_stun(struct worker *w, struct udp_datagram *d, usec_t now)
{
    struct worker_member *wm = route_by_check(w, d);
    struct ice_event ev;
    if (!wm || !wm->member->has_peer)
        return DROP_UNKNOWN_PEER;
    struct member *m = wm->member;
    const enum drop why = peer_on_stun(&m->peer, d, &w->tx, &ev, now);
    if (why == DROP_NONE)
        route_add_address(w, wm, &d->addr);
    if (ev.first_valid || ev.restarted)
        member_wake(m, peer_deadline(&m->peer)); // DTLS has its own clock from here on
    if (ev.selected_changed && !ev.first_valid && m->down)
        downlink_moved(m->down, now);
    member_settle(m, now);
    return why;
}

static enum drop on_rtp(struct worker *w, struct member *m, struct udp_datagram *d, usec_t now)
{
    struct rtp pkt;
    enum drop why;
    bool repaired;

    if ((why = peer_unseal_rtp(&m->peer, d)))
        return why;
    if ((why = rtp_parse(&pkt, d->data, d->len)))
        return why;
    w->env.count.packets_in++;
    w->env.count.bytes_in += d->len;
    if (!forward_goes_on(&w->env, m, &pkt))
        forward_waiting(&w->env, now);
    member_on_media(m, now);

    struct stream *st = member_stream(m, &pkt, &repaired, &why, now);
    if (!st)
        return why;
    return room_on_packet(m->room, st, &pkt, repaired, now);
}

static enum drop on_rtcp(struct member *m, struct udp_datagram *d, usec_t now)
{
    const enum drop why = peer_unseal_rtcp(&m->peer, d);
    return why ? why : member_on_rtcp(m, d->data, d->len, now);
}

/** RFC 5761 section 4: RTCP's types, seen as payload types, are 64 to 95. */
static bool is_rtcp(const struct udp_datagram *d)
{
    return d->len > 1 && d->data[0] >= 128 && d->data[0] <= 191 && d->data[1] >= 192 &&
           d->data[1] <= 223;
}

/** RFC 7983: the first byte tells which protocol a datagram speaks. */
static enum drop on_datagram(struct worker *w, struct udp_datagram *d, usec_t now)
{
    if (d->len == 0)
        return DROP_SHORT;
    const bool media = d->data[0] >= 128 && d->data[0] <= 191 && !is_rtcp(d);
    if (!media)
        forward_waiting(&w->env, now); // it may change what the packets before it met
    if (ice_is_stun(d->data, d->len))
        return on_stun(w, d, now);
    struct member *m = route_by_address(w, &d->addr);
    if (!m || !m->has_peer)
        return DROP_UNKNOWN_PEER;
    if (media)
        return on_rtp(w, m, d, now);
    if (dtls_is_dtls(d->data, d->len))
        return handshakes_on_dtls(w, m, d, now);
    return is_rtcp(d) ? on_rtcp(m, d, now) : DROP_MALFORMED;
}

/** What data channels have to tell and to send: of all that any step has touched. */
static void run_data(struct worker *w, usec_t now)
{
    for (struct assoc *a; (a = assoc_set_next(&w->assocs));)
        data_run(data_member(a), now);
    if (w->assocs_tick.at != w->assocs.tick_at || w->assocs_tick.pos == 0)
        (void)deadline_set(&w->deadlines, &w->assocs_tick, w->assocs.tick_at);
}

void worker_on_datagrams(struct worker *w, struct udp_batch *rx, usec_t now)
{
    handshakes_turn(w);
    for (unsigned i = 0; i < rx->count; i++)
        w->dropped[on_datagram(w, &rx->datagram[i], now)]++;
    forward_waiting(&w->env, now);
    if (w->handshakes.first)
        flush(w); // media first
    deadline_run(&w->deadlines, now);
    run_data(w, now);
    flush(w);
}

void worker_tick(struct worker *w, usec_t now)
{
    handshakes_turn(w);
    deadline_run(&w->deadlines, now);
    run_data(w, now);
    flush(w);
}

/** Not all viewers in one turn: that would be the next one to last long. */
static void divide_anew(struct worker *w, usec_t now)
{
    size_t at = 0;
    usec_t turn = 0;
    for (struct worker_member *wm; (wm = map_next(&w->members, &at));) {
        struct downlink *d = wm->member->down;
        if (!d)
            continue;
        d->dirty = true;
        downlink_wake(d, now + turn % (SHED_STEP / 2));
        turn += USEC_PER_MS;
    }
}

void worker_keeps_up(struct worker *w, bool behind, usec_t now)
{
    const unsigned before = w->shed.share;
    if (!shed_note(&w->shed, behind, now))
        return;
    if (before == SHED_ALL)
        log_at(LEVEL_WARN, "worker.behind", "members=%zu", w->members.count);
    else if (w->shed.share == SHED_ALL)
        log_at(LEVEL_INFO, "worker.keeps_up", "members=%zu", w->members.count);
    w->env.left_out = SHED_ALL - w->shed.share;
    divide_anew(w, now);
}

void worker_hello(const struct worker *w, struct letter *out)
{
    *out = (struct letter){.type = LETTER_HELLO};
    out->u.hello.version = LETTER_VERSION;
    out->u.hello.worker = w->conf.number;
    out->u.hello.pid = getpid();
    out->u.hello.port = w->conf.port;
    out->u.hello.room_count = (unsigned)w->rooms.count;
    out->u.hello.member_count = (unsigned)w->members.count;
    (void)strncpy(out->u.hello.fingerprint, w->conf.dtls->fingerprint,
                  sizeof(out->u.hello.fingerprint) - 1);
}
