/* A member's RTCP: reports and feedback out, reports and requests in. */
#include "room/member.h"

#include "record.h"
#include "room/downlink.h"
#include "room/room.h"
#include "rtp/ext.h"

#include <stdlib.h>
#include <string.h>

// Members' reports are due at the same moments: one wake-up and one call for those of many.
#define REPORT_INTERVAL USEC_PER_SEC
#define REPORT_TOGETHER (50 * USEC_PER_MS)
#define RTCP_SIZE       1200 ///< bytes of one compound packet of ours, before sealing
#define NACK_BATCH      64   ///< sequence numbers asked for at a time

/** A compound packet being filled. Every one begins with an RR or SR (RFC 3550 section 6.1). */
struct outgoing {
    struct member *m;
    struct udp_datagram *d; ///< NULL: none begun
    size_t len;
};

static void out_send(struct outgoing *o)
{
    if (!o->d)
        return;
    struct udp_datagram *d = o->d;
    o->d = NULL;
    d->len = (uint16_t)o->len;
    const enum drop why = peer_seal_rtcp(&o->m->peer, d);
    o->m->env->count.unsent[why]++;
    if (why == DROP_NONE)
        udp_commit(o->m->env->tx);
}

/** Makes sure that `need` bytes fit, behind an RR or SR. */
static void out_reserve(struct outgoing *o, size_t need)
{
    if (o->d && o->len + need > RTCP_SIZE)
        out_send(o);
    if (o->d)
        return;
    o->d = udp_next(o->m->env->tx);
    o->len = rtcp_write_rr(o->d->data, RTCP_SIZE, o->m->ssrc, NULL, 0);
    o->len +=
        rtcp_write_cname(o->d->data + o->len, RTCP_SIZE - o->len, o->m->ssrc, o->m->cname);
}

static uint8_t *out_at(struct outgoing *o)
{
    return o->d->data + o->len;
}

static size_t out_room(const struct outgoing *o)
{
    return RTCP_SIZE - o->len;
}

/** Reception reports on everything that it publishes. */
static void write_receiver_reports(struct outgoing *o, usec_t now)
{
    struct rtcp_report report[RTCP_MAX_REPORTS];
    unsigned n = 0;
    for (unsigned i = 0; i < o->m->track_count; i++) {
        struct track *t = o->m->track[i];
        for (unsigned k = 0; k < t->stream_count && n < RTCP_MAX_REPORTS; k++)
            if (t->stream[k].stats.started) {
                recv_stats_report(&t->stream[k].stats, t->stream[k].ssrc, now, &report[n]);
                record_uplink(&t->stream[k], &report[n++], now);
            }
    }
    if (n == 0)
        return;
    out_reserve(o, 8 + 24 * (size_t)n + 20);
    o->len += rtcp_write_rr(out_at(o), out_room(o), o->m->ssrc, report, n);
    o->len += member_write_rrtr(o->m, out_at(o), out_room(o), now);
}

/** Sender reports on everything that it receives. */
static void write_sender_reports(struct outgoing *o, usec_t now)
{
    for (unsigned i = 0; i < o->m->slot_count; i++) {
        struct rtcp_sr sr;
        if (!slot_sender_report(o->m->slot[i], now, &sr))
            continue;
        out_reserve(o, 28 + 8 + 4 + sizeof(o->m->cname));
        o->len += rtcp_write_sr(out_at(o), out_room(o), &sr, NULL, 0);
        o->len += rtcp_write_cname(out_at(o), out_room(o), sr.ssrc, o->m->cname);
    }
}

static void write_nack(struct outgoing *o, struct stream *st, usec_t now)
{
    uint16_t seq[NACK_BATCH];
    const unsigned n = nack_tick(&st->nack, now, seq, NACK_BATCH);
    if (n > 0)
        record_wished(st, n, now);
    for (unsigned done = 0, written = 0; done < n; done += written) {
        out_reserve(o, 12 + 4 * (size_t)(n - done));
        written = n - done;
        const size_t len =
            rtcp_write_nack(out_at(o), out_room(o), o->m->ssrc, st->ssrc, seq + done, &written);
        if (len == 0)
            break;
        o->len += len;
        o->m->env->count.nacks_out += written;
    }
    if (st->nack.need_keyframe) {
        st->nack.need_keyframe = false;
        if (st->slot_count)
            stream_want_key(st, o->m->env, now);
    }
}

/** PLI where it was agreed, else FIR. */
static void write_key_request(struct outgoing *o, struct stream *st, usec_t now)
{
    bool pli = true, fir = false;
    for (unsigned i = 0; i < st->track->codec_count; i++) {
        const struct agree_codec *c = &st->track->codec[i];
        if (c->codec == st->codec) {
            pli = c->pli, fir = c->fir;
            break;
        }
    }
    if (!stream_key_due(st, o->m->env, now))
        return;
    record_wished(st, 0, now);
    out_reserve(o, 20);
    if (fir && !pli)
        o->len += rtcp_write_fir(out_at(o), out_room(o), o->m->ssrc, st->ssrc, st->fir_seq++);
    else
        o->len += rtcp_write_pli(out_at(o), out_room(o), o->m->ssrc, st->ssrc);
}

void member_note_twcc(struct member *m, const struct track *t, const struct rtp *pkt,
                      usec_t now)
{
    uint16_t seq;
    if (!rtp_ext_twcc(pkt, t->ext[EXT_TWCC], &seq))
        return;
    if (!m->twcc) {
        m->twcc = malloc(sizeof(*m->twcc));
        if (!m->twcc)
            return;
        twcc_recv_init(m->twcc);
    }
    twcc_recv_on_packet(m->twcc, seq, now);
}

static void write_twcc(struct outgoing *o, usec_t now)
{
    struct twcc_recv *r = o->m->twcc;
    if (!r || now < twcc_recv_deadline(r) || o->m->ssrc_count == 0)
        return;
    for (;;) {
        out_reserve(o, 400);
        const size_t len =
            twcc_recv_write(r, out_at(o), out_room(o), o->m->ssrc, o->m->ssrcs[0].ssrc);
        if (len == 0)
            return;
        o->len += len;
    }
}

static void write_feedback(struct outgoing *o, usec_t now)
{
    for (unsigned i = 0; i < o->m->track_count; i++) {
        struct track *t = o->m->track[i];
        for (unsigned k = 0; k < t->stream_count; k++) {
            struct stream *st = &t->stream[k];
            if (!st->bound || t->kind != KIND_VIDEO)
                continue; // audio comes too late when it comes again: docs/decisions/0010
            write_nack(o, st, now);
            if (st->key_wanted) {
                write_key_request(o, st, now);
                if (st->key_wanted && st->slot_count)
                    member_wake(o->m, st->key_next);
            }
        }
    }
}

void member_send_rtcp(struct member *m, usec_t now)
{
    struct outgoing o = {.m = m};
    write_twcc(&o, now);
    write_feedback(&o, now);
    if (now >= m->report_at) {
        write_receiver_reports(&o, now);
        write_sender_reports(&o, now);
        m->report_at = m->track_count || m->slot_count
                           ? deadline_together(now + REPORT_INTERVAL, REPORT_TOGETHER)
                           : USEC_NEVER;
    }
    out_send(&o);
}

static struct stream *published(const struct member *m, uint32_t ssrc)
{
    for (unsigned i = 0; i < m->ssrc_count; i++)
        if (m->ssrcs[i].ssrc == ssrc && !m->ssrcs[i].rtx)
            return m->ssrcs[i].stream;
    return NULL;
}

static void on_sender_report(struct member *m, const struct rtcp *p, usec_t now)
{
    struct rtcp_sr sr;
    rtcp_read_sr(p, &sr);
    struct stream *st = published(m, sr.ssrc);
    if (!st || !st->bound)
        return;
    const bool first = !st->stats.clock.known;
    recv_stats_on_sr(&st->stats, &sr, now);
    for (unsigned i = 0; first && i < st->slot_count; i++) // viewers can be in step from now on
        if (st->slot[i]->current == st) {
            st->slot[i]->owner->report_at = now;
            member_wake(st->slot[i]->owner, now);
        }
}

static void on_reports(struct member *m, const struct rtcp *p, usec_t now)
{
    struct rtcp_report report;
    for (unsigned i = 0; rtcp_read_report(p, i, &report); i++) {
        struct slot *s = member_slot(m, report.ssrc);
        if (!s || s->ssrc != report.ssrc)
            continue;
        slot_on_report(s, &report, now);
        record_report(m, report.fraction, s->rtt, now);
        estimator_on_report(m->down->estimator, report.fraction, s->rtt, now);
        downlink_on_feedback(m->down, now);
    }
}

/** What says how much the member's line carries. */
static void on_estimate(struct member *m, const struct rtcp *p, usec_t now)
{
    struct rtcp_remb remb;
    if (!m->down)
        return;
    if (p->kind == RTCP_KIND_TWCC) {
        record_twcc(m, p, now);
        (void)estimator_on_twcc(m->down->estimator, p, now); // the estimator counts lies
    } else {
        rtcp_read_remb(p, &remb);
        record_remb(m, remb.rate_bps, now);
        estimator_on_remb(m->down->estimator, remb.rate_bps, now);
    }
    downlink_on_feedback(m->down, now);
}

static void on_nack(struct member *m, const struct rtcp *p, usec_t now)
{
    struct slot *s = member_slot(m, p->media);
    struct rtcp_nack_iter it = {0};
    uint16_t seq;
    if (!s || s->ssrc != p->media)
        return;
    unsigned n = 0;
    for (; rtcp_next_nack(p, &it, &seq); n++) {
        m->env->count.nacks_in++;
        s->nacks++;
        slot_resend(s, seq, m->env, now);
    }
    if (n > 0)
        record_asked(s, n, now);
}

static void on_key_request(struct member *m, uint32_t ssrc, usec_t now)
{
    struct slot *s = member_slot(m, ssrc);
    if (!s)
        return;
    record_asked(s, 0, now);
    slot_on_key_request(s, m->env, now);
}

static void on_fir(struct member *m, const struct rtcp *p, usec_t now)
{
    uint32_t ssrc;
    uint8_t nr;
    for (unsigned i = 0; rtcp_read_fir(p, i, &ssrc, &nr); i++)
        on_key_request(m, ssrc, now);
}

enum drop member_on_rtcp(struct member *m, const uint8_t *data, size_t len, usec_t now)
{
    struct rtcp_iter it;
    struct rtcp p;
    const enum drop why = rtcp_open(&it, data, len);
    if (why)
        return why;
    while (rtcp_next(&it, &p)) {
        switch (p.kind) {
        case RTCP_KIND_SR:
            on_sender_report(m, &p, now);
            on_reports(m, &p, now);
            break;
        case RTCP_KIND_RR:
            on_reports(m, &p, now);
            break;
        case RTCP_KIND_NACK:
            on_nack(m, &p, now);
            break;
        case RTCP_KIND_PLI:
            on_key_request(m, p.media, now);
            break;
        case RTCP_KIND_FIR:
            on_fir(m, &p, now);
            break;
        case RTCP_KIND_XR:
            member_on_xr(m, &p, now);
            break;
        case RTCP_KIND_REMB:
        case RTCP_KIND_TWCC:
            on_estimate(m, &p, now);
            break;
        case RTCP_KIND_BYE: // its streams fall silent, which says the same
        case RTCP_KIND_SDES:
        case RTCP_KIND_OTHER:
            break;
        }
    }
    return DROP_NONE;
}
