#include "room/forward.h"

#include "base/seq.h"
#include "room/ahead.h"
#include "room/downlink.h"
#include "room/member.h"

#include <string.h>

// So many packets are written, then encrypted: they are still in the first cache then.
#define CHUNK 32

// A train fills so much of the batch, then it is sent: its bytes are still in the second cache,
// and the next ones are written there. Smaller rooms' trains leave with all else in the batch.
#define SEND_AT 192

// Browsers divide a frame evenly: some of its packets are a byte shorter than the rest, and an
// extension that only some have makes a word. A burst ends after a shorter packet.
#define EVEN_MOST 4

/** Packets behind the batch's committed ones that wait to be encrypted together. */
struct waiting {
    struct room_env *env;
    unsigned count;
    struct seal_job job[CHUNK];
};

/** Encrypts them; what may not go out leaves no hole in the batch. */
static void seal_waiting(struct waiting *w)
{
    struct room_env *env = w->env;
    struct udp_batch *tx = env->tx;
    const unsigned first = tx->count;
    seal_rtp_many(env->peer.seal, w->job, w->count);
    for (unsigned i = 0; i < w->count; i++) {
        const struct seal_job *job = &w->job[i];
        struct udp_datagram *from = &tx->datagram[first + i], *to = &tx->datagram[tx->count];
        env->count.unsent[job->drop]++;
        if (job->drop)
            continue;
        if (to != from) {
            to->addr = from->addr;
            to->local = from->local;
            memcpy(to->data, from->data, job->len);
        }
        to->len = (uint16_t)job->len;
        env->count.packets_out++;
        env->count.bytes_out += job->len;
        udp_commit(tx);
    }
    w->count = 0;
}

/** One packet for one slot, if that wants it. */
static void pass_on(struct waiting *w, struct slot *s, struct stream *st, const struct rtp *pkt,
                    const struct payload *desc, usec_t now)
{
    struct room_env *env = w->env;
    if (!slot_wants(s, st, pkt, desc, env, now))
        return;
    struct udp_datagram *d = w->count < CHUNK ? udp_ahead(env->tx, w->count) : NULL;
    if (!d) {
        seal_waiting(w);
        d = udp_next(env->tx);
    }
    struct rtp_copied where;
    enum drop why = slot_write(s, pkt, desc, now, d, &where);
    if (why == DROP_NONE && !downlink_pass(s->owner->down, s, d, &where, now))
        return;
    if (why == DROP_NONE)
        why = peer_seal_job(&s->owner->peer, &s->seal, d, &w->job[w->count]);
    if (why)
        env->count.unsent[why]++;
    else
        w->count++;
}

/**
 * Makes one viewer's packets from `first` on as long as the longest of them, where a few bytes
 * of padding do (RFC 3550 section 5.1): then they leave as one burst. The last may be shorter.
 */
static void even_out(struct waiting *w, const struct slot *s, unsigned first)
{
    size_t most = 0;
    if (w->env->tx->single || !slot_may_pad(s))
        return;
    for (unsigned i = first; i < w->count; i++)
        most = w->job[i].len > most ? w->job[i].len : most;
    for (unsigned i = first; i + 1 < w->count; i++) {
        struct seal_job *job = &w->job[i];
        const size_t pad = most - job->len;
        if (pad == 0 || pad > EVEN_MOST)
            continue;
        job->pkt[0] |= 0x20;
        memset(job->pkt + job->len, 0, pad);
        job->len = most;
        job->pkt[most - 1] = (uint8_t)pad;
    }
}

static void one(struct room_env *env, struct stream *st, const struct rtp *pkt,
                const struct payload *desc, usec_t now)
{
    struct waiting w;
    w.env = env;
    w.count = 0;
    // From the end: a slot that switches away from here takes itself out of the list.
    for (unsigned i = st->slot_count; i-- > 0;) {
        ahead_of(st, i);
        pass_on(&w, st->slot[i], st, pkt, desc, now);
    }
    seal_waiting(&w);
}

void forward_waiting(struct room_env *env, usec_t now)
{
    struct forward_train *t = &env->train;
    struct stream *st = t->stream;
    if (t->count == 0)
        return;
    struct waiting w;
    unsigned begun = env->tx->count;
    w.env = env;
    w.count = 0;
    for (unsigned i = st->slot_count; i-- > 0;) {
        struct slot *s = st->slot[i]; // it may take itself out of the list
        ahead_of(st, i);
        unsigned first = w.count;
        for (unsigned k = 0; k < t->count; k++) {
            pass_on(&w, s, st, &t->pkt[k], &t->desc[k], now);
            first = w.count < first ? 0 : first; // the ones before have been encrypted
        }
        even_out(&w, s, first);
        if (env->tx->count < begun) // it was full, and has been sent
            begun = 0;
        if (env->tx->count + w.count - begun < SEND_AT)
            continue;
        seal_waiting(&w);
        env->tx->flush(env->tx->ctx, env->tx);
        begun = 0;
    }
    seal_waiting(&w);
    t->count = 0;
}

bool forward_goes_on(const struct room_env *env, const struct member *from,
                     const struct rtp *pkt)
{
    const struct forward_train *t = &env->train;
    if (t->count == 0)
        return true;
    const struct rtp *last = &t->pkt[t->count - 1];
    return t->stream->track->owner == from && pkt->ssrc == last->ssrc && pkt->pt == last->pt &&
           pkt->seq == (uint16_t)(last->seq + 1);
}

void forward_packet(struct room_env *env, struct stream *st, const struct rtp *pkt,
                    const struct payload *desc, bool may_wait, usec_t now)
{
    struct forward_train *t = &env->train;
    const bool waits = may_wait && desc && !desc->keyframe &&
                       st->repair.newest == seq_extend(st->repair.newest, pkt->seq);
    if (t->count == FORWARD_TRAIN || !waits)
        forward_waiting(env, now);
    if (!waits) {
        one(env, st, pkt, desc, now);
        return;
    }
    t->stream = st;
    t->pkt[t->count] = *pkt;
    t->desc[t->count++] = *desc;
}
