#include "room/downlink.h"

#include "record.h"
#include "room/member.h"
#include "room/room.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <string.h>

// What SRTP adds, for the sum: the profiles' trailers differ by a few bytes.
#define TRAILER 16

// Of the estimate, resends get a quarter; and a second's worth of that at once, or one large
// frame.
#define RESEND_SHARE 4
#define RESEND_SPAN  USEC_PER_SEC
#define RESEND_LEAST 30000u ///< bits a second
#define RESEND_BURST 24000  ///< bytes

#define MEASURE_SPAN USEC_PER_SEC

// Without transport-wide numbers nothing can be probed, and an estimate grows by what is sent:
// a line that carried too little once is tried again after a while.
#define FORGIVE (20 * USEC_PER_SEC)

// What a viewer catches up with goes out at the pacing rate: so much of the line's time.
#define CATCH_UP_SPAN_MS 1000

/** A packet that waits: written, not sealed. */
struct paced {
    struct pacer_item item; ///< first: the pacer knows only this
    struct slot *slot;      ///< not owned
    enum sent_kind kind;
    struct rtp_copied where;
    uint8_t data[];
};

static void on_deadline(void *owner, usec_t now);

static struct pace pace_of(const struct downlink *d)
{
    return (struct pace){.trusted = d->trusted,
                         .given_bps = d->given_bps,
                         .target_bps = d->estimate.target_bps,
                         .calm_bps = d->estimate.pace_bps};
}

static uint64_t pace(const struct downlink *d)
{
    const struct pace p = pace_of(d);
    return pace_bps(&p);
}

struct downlink *downlink_create(struct member *owner, usec_t now)
{
    struct downlink *d = calloc(1, sizeof(*d));
    if (!d)
        return NULL;
    d->owner = owner;
    d->deadline.owner = d;
    d->deadline.due = on_deadline;
    d->estimator = estimator_create(now);
    if (!d->estimator) {
        free(d);
        return NULL;
    }
    estimator_read(d->estimator, &d->estimate);
    d->trusted = d->dirty = true;
    pacer_init(&d->pacer, pace(d), now);
    allocator_init(&d->allocator);
    return d;
}

static void drop_waiting(struct downlink *d, enum pacer_queue q)
{
    for (struct pacer_item *i; (i = pacer_take(&d->pacer, q));)
        free(i);
}

void downlink_destroy(struct downlink *d)
{
    if (!d)
        return;
    drop_waiting(d, PACER_RESEND);
    drop_waiting(d, PACER_PICTURE);
    deadline_clear(d->owner->env->deadlines, &d->deadline);
    estimator_destroy(d->estimator);
    free(d);
}

void downlink_agree(struct downlink *d, usec_t now)
{
    const struct member *m = d->owner;
    bool any = false, pictures = true;
    for (unsigned i = 0; i < m->slot_count; i++) {
        any |= m->slot[i]->ext[EXT_TWCC] != 0;
        pictures &= m->slot[i]->kind != KIND_VIDEO || m->slot[i]->ext[EXT_TWCC] != 0;
    }
    // Numbers on the sound alone would tell of a line that carries next to nothing.
    d->numbered = any && pictures;
    for (unsigned i = 0; i < m->slot_count && !d->numbered; i++) {
        m->slot[i]->ext[EXT_TWCC] = 0;
        m->slot[i]->plan.twcc = 0;
    }
    d->dirty = true;
    downlink_wake(d, now);
}

/** Takes out what of slot `s` waits in a queue; the order of the rest stays. */
static void drop_of(struct downlink *d, enum pacer_queue q, const struct slot *s, bool fresh,
                    usec_t now)
{
    struct pacer_item *kept = NULL, **end = &kept;
    for (struct pacer_item *i; (i = pacer_take(&d->pacer, q));) {
        if (((struct paced *)i)->slot == s) {
            free(i);
        } else {
            *end = i;
            end = &i->next;
        }
    }
    while (kept) {
        struct pacer_item *i = kept;
        kept = i->next;
        pacer_push(&d->pacer, q, i, fresh ? now : i->at);
    }
}

void downlink_forget(struct downlink *d, const struct slot *s)
{
    drop_of(d, PACER_RESEND, s, false, 0);
    drop_of(d, PACER_PICTURE, s, false, 0);
}

void downlink_skip(struct downlink *d, const struct slot *s)
{
    drop_of(d, PACER_PICTURE, s, false, 0);
}

void downlink_divide(struct downlink *d, usec_t now)
{
    d->dirty = true;
    if (!d->sharing) // who finds nothing for it now finds nothing at once again
        downlink_wake(d, now);
}

void downlink_wake(struct downlink *d, usec_t at)
{
    if (d->deadline.pos == 0 || d->deadline.at > at)
        (void)deadline_set(d->owner->env->deadlines, &d->deadline, at);
}

/** The packet leaves: what depends on that is written, and what counts it counts it. */
static void stamp(struct downlink *d, uint8_t *data, size_t len, const struct rtp_copied *where,
                  enum sent_kind kind, usec_t now)
{
    const size_t size = len + TRAILER;
    if (where->send_time_off) {
        const uint32_t time = rtp_abs_send_time(now);
        data[where->send_time_off] = (uint8_t)(time >> 16);
        wr16(data + where->send_time_off + 1, (uint16_t)time);
    }
    // Where some packets have numbers, one without would be a hole among them.
    if (where->twcc_off || !d->numbered) {
        const uint16_t seq = estimator_sent(d->estimator, size, kind, d->probe.id, now);
        record_sent(d, size, kind, seq, now);
        if (where->twcc_off)
            wr16(data + where->twcc_off, seq);
    }
    pacer_sent(&d->pacer, size, now);
    d->count.bytes += size;
    d->count.resent += kind == SENT_RTX ? size : 0;
    if (d->probe.id) {
        d->probe_bytes += (uint32_t)size;
        d->probe_packets++;
    }
}

/** Another packet waits. False without memory. */
static bool queue(struct downlink *d, struct slot *s, const struct udp_datagram *out,
                  const struct rtp_copied *where, enum sent_kind kind, usec_t now)
{
    struct paced *p = malloc(sizeof(*p) + out->len);
    if (!p)
        return false;
    p->item.len = out->len + TRAILER;
    p->slot = s;
    p->kind = kind;
    p->where = *where;
    p->where.len = out->len;
    memcpy(p->data, out->data, out->len);
    pacer_push(&d->pacer, kind == SENT_VIDEO ? PACER_PICTURE : PACER_RESEND, &p->item, now);
    d->count.paced++;
    d->owner->env->count.paced++;
    downlink_wake(d, pacer_deadline(&d->pacer));
    return true;
}

/** Bytes of a slot's pictures that wait. */
static size_t waits(const struct downlink *d, const struct slot *s)
{
    size_t sum = 0;
    for (const struct pacer_item *i = d->pacer.head[PACER_PICTURE]; i; i = i->next)
        sum += ((const struct paced *)i)->slot == s ? i->len : 0;
    return sum;
}

/** Whose pictures most of the queue is. */
static struct slot *heaviest(const struct downlink *d)
{
    struct slot *most = NULL;
    size_t bytes = 0;
    for (unsigned i = 0; i < d->owner->slot_count; i++) {
        const size_t n = waits(d, d->owner->slot[i]);
        if (n > bytes) {
            bytes = n;
            most = d->owner->slot[i];
        }
    }
    return most;
}

/**
 * The line does not carry it: what waits is too old to be of use. The picture that takes most
 * of the queue stands still until its next keyframe, and downlink_share() chooses others; who
 * sends little must not suffer for one who floods.
 */
static void give_up_queue(struct downlink *d, usec_t now)
{
    struct slot *s = heaviest(d);
    record_gave_up(d, now);
    if (s) {
        drop_of(d, PACER_PICTURE, s, true, now); // the others are next, so they count as fresh
        s->choked = s->current != NULL;
    }
    d->count.overflow++;
    d->owner->env->count.overflows++;
    d->choked = true;
    downlink_wake(d, now);
}

bool downlink_pass(struct downlink *d, struct slot *s, struct udp_datagram *out,
                   const struct rtp_copied *where, usec_t now)
{
    const enum sent_kind kind = s->kind == KIND_AUDIO ? SENT_AUDIO : SENT_VIDEO;
    if (kind == SENT_AUDIO || pacer_passes(&d->pacer, now)) {
        stamp(d, out->data, out->len, where, kind, now);
        return true;
    }
    if (s->choked)
        return false;
    if (pacer_full(&d->pacer, out->len, now))
        give_up_queue(d, now);
    else if (!queue(d, s, out, where, kind, now))
        d->owner->env->count.unsent[DROP_LIMIT]++;
    return false;
}

/** Without RTX: the same bytes again; or for the first time, if it came to us before the first
 * packet of the keyframe at which the slot switched, and so was not forwarded then. */
static enum drop seal_again(struct slot *s, struct udp_datagram *out)
{
    const enum drop why = peer_seal_resend(&s->owner->peer, &s->seal, out);
    return why == DROP_LATE ? peer_seal_rtp(&s->owner->peer, &s->seal, out) : why;
}

/** A stamped packet goes into the batch. */
static enum drop leave(struct slot *s, struct udp_datagram *out, enum sent_kind kind)
{
    struct room_env *env = s->owner->env;
    struct seal_stream *st = rd32(out->data + 8) == s->ssrc ? &s->seal : &s->rtx_seal;
    const enum drop why = kind == SENT_RTX && st == &s->seal
                              ? seal_again(s, out)
                              : peer_seal_rtp(&s->owner->peer, st, out);
    env->count.unsent[why]++;
    if (why)
        return why;
    udp_commit(env->tx);
    env->count.packets_out++;
    env->count.bytes_out += out->len;
    env->count.padding += kind == SENT_PADDING;
    return DROP_NONE;
}

enum drop downlink_send(struct downlink *d, struct slot *s, struct udp_datagram *out,
                        const struct rtp_copied *where, enum sent_kind kind, usec_t now)
{
    if (kind != SENT_PADDING && !pacer_passes(&d->pacer, now)) {
        if (!pacer_full(&d->pacer, out->len, now) && queue(d, s, out, where, kind, now))
            return DROP_NONE;
        d->owner->env->count.unsent[DROP_LIMIT]++;
        return DROP_LIMIT;
    }
    stamp(d, out->data, out->len, where, kind, now);
    return leave(s, out, kind);
}

static void send_waiting(struct downlink *d, usec_t now)
{
    for (struct pacer_item *i; (i = pacer_pop(&d->pacer, now));) {
        struct paced *p = (struct paced *)i;
        struct udp_datagram *out = udp_next(d->owner->env->tx);
        memcpy(out->data, p->data, p->where.len);
        out->len = p->where.len;
        stamp(d, out->data, out->len, &p->where, p->kind, now);
        (void)leave(p->slot, out, p->kind);
        free(p);
    }
}

bool downlink_may_resend(struct downlink *d, size_t len, usec_t now)
{
    uint64_t share = d->estimate.target_bps / RESEND_SHARE;
    share = share < RESEND_LEAST ? RESEND_LEAST : share;
    const int64_t at = now * 1000;
    const int64_t burst = RESEND_BURST * INT64_C(8000000000) / (int64_t)share;
    const int64_t most = burst > RESEND_SPAN * 1000 ? burst : RESEND_SPAN * 1000;
    if (d->resend_busy - at > most)
        return false;
    d->resend_busy = (d->resend_busy > at ? d->resend_busy : at) +
                     (int64_t)(len * UINT64_C(8000000000) / share);
    return true;
}

/** What went out, as a rate: the base of what is reserved, and what people are told. */
static void measure(struct downlink *d, usec_t now)
{
    const usec_t span = now - d->measured_at;
    if (span < MEASURE_SPAN)
        return;
    if (d->measured_at) {
        const uint64_t bytes = d->count.bytes - d->measured.bytes;
        const uint64_t resent = d->count.resent - d->measured.resent;
        d->sending_bps = bytes * 8 * USEC_PER_SEC / (uint64_t)span;
        d->resending_bps = resent * 8 * USEC_PER_SEC / (uint64_t)span;
    }
    for (unsigned i = 0; i < d->owner->slot_count; i++) {
        struct slot *s = d->owner->slot[i];
        s->rate_bps =
            (uint64_t)(s->octets - s->octets_then) * 8 * USEC_PER_SEC / (uint64_t)span;
        s->octets_then = s->octets;
    }
    d->measured = d->count;
    d->measured_at = now;
    slot_note_loss(d->owner, now);
}

/** Is the line known to be narrow? */
static void judge(struct downlink *d, usec_t now)
{
    if (d->estimate.falls != d->falls) {
        d->falls = d->estimate.falls;
        d->fell_at = now;
    }
    d->trusted =
        d->fell_at == 0 || (d->estimate.source != ESTIMATE_TWCC && now - d->fell_at > FORGIVE);
}

size_t downlink_catch_up(const struct downlink *d)
{
    return (size_t)(d->estimate.target_bps * CATCH_UP_SPAN_MS / 8000) / (d->trusted ? 1 : 4);
}

void downlink_moved(struct downlink *d, usec_t now)
{
    record_plain(d, FLIGHT_MOVED, now);
    estimator_moved(d->estimator, now);
    estimator_read(d->estimator, &d->estimate);
    d->falls = d->estimate.falls;
    d->fell_at = 0;
    d->probe.id = 0;
    pacer_set_padding(&d->pacer, 0, now);
    allocator_init(&d->allocator);
    downlink_wake(d, now);
}

/** Reads the estimate, and draws the conclusions. */
static void settle(struct downlink *d, usec_t now)
{
    const struct estimate before = d->estimate;
    estimator_read(d->estimator, &d->estimate);
    judge(d, now);
    const struct pace p = pace_of(d);
    pacer_set_rate(&d->pacer, pace_bps(&p), now);
    record_estimate(d, &before, &p, now);
    measure(d, now);
    if (d->owner->peer.state != PEER_UP)
        return;
    downlink_share(d, now);
    downlink_pad(d, now);
}

static void set_deadline(struct downlink *d)
{
    usec_t next = usec_min(pacer_deadline(&d->pacer), estimator_deadline(d->estimator));
    next = usec_min(next, d->probe.id ? d->probe_end : USEC_NEVER);
    if (next != USEC_NEVER)
        downlink_wake(d, next);
}

void downlink_on_feedback(struct downlink *d, usec_t now)
{
    settle(d, now);
    set_deadline(d);
}

static void on_deadline(void *owner, usec_t now)
{
    struct downlink *d = owner;
    if (!d->owner->has_peer || d->owner->peer.state == PEER_GONE)
        return;
    if (now >= estimator_deadline(d->estimator)) {
        record_plain(d, FLIGHT_TICK, now);
        estimator_tick(d->estimator, now);
    }
    send_waiting(d, now);
    settle(d, now);
    set_deadline(d);
}
