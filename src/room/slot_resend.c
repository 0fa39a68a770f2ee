/* A packet goes out once more: because the viewer asks, or as padding that may be of use. From
 * the source's cache, through the same rewriter. */
#include "room/slot.h"

#include "room/downlink.h"
#include "room/member.h"

#include <stdlib.h>
#include <string.h>

// A packet that is asked for again within a round trip is on its way. A viewer whose round trip
// is not known has this one.
#define UNKNOWN_RTT  (50 * USEC_PER_MS)
#define LONGEST_WAIT (400 * USEC_PER_MS)

/** The cached packet that went out as `seq`, and where it went. */
static bool find(const struct slot *s, uint16_t seq, struct rtp *pkt, struct payload *desc,
                 struct rewrite_at *at)
{
    return s->current && rewrite_find(&s->rewrite, seq, at) && at->source == s->current->id &&
           stream_cached(s->current, at->seq, pkt, desc) && pkt->payload_len > 0;
}

/**
 * Makes the packet what it was, or would have been, for this viewer: its marker. One of a layer
 * that the viewer does not get came too late to be closed up over: it becomes an empty packet,
 * so that the viewer need not wait for it. False if that is not known any more.
 */
static bool as_it_was(const struct slot *s, struct rtp *pkt, const struct payload **desc)
{
    if (!*desc)
        return true;
    switch (layer_filter_again(&s->filter, *desc, pkt->ts, &pkt->marker)) {
    case LAYER_UNKNOWN:
        return false;
    case LAYER_LEFT_OUT:
        pkt->payload_len = 0;
        pkt->marker = false;
        *desc = NULL;
        break;
    case LAYER_PASSED:
        break;
    }
    return true;
}

static bool by_rtx(const struct slot *s)
{
    return s->rtx_ssrc != 0 && s->out->rtx_pt >= 0;
}

static size_t copy_again(struct slot *s, const struct rtp *pkt, const struct rewritten *to,
                         struct udp_datagram *d, struct rtp_copied *where)
{
    struct rtp_out how;
    slot_out(s, pkt, to, &how);
    if (by_rtx(s)) {
        how.ssrc = s->rtx_ssrc;
        how.seq = s->rtx_seq;
        how.pt = (uint8_t)s->out->rtx_pt;
        how.rtx = true;
        how.osn = to->seq;
    }
    return rtp_copy(d->data, PEER_MAX_CLEAR, pkt, &how, where);
}

bool slot_repeat(struct slot *s, uint16_t seq, enum sent_kind kind, usec_t now)
{
    struct room_env *env = s->owner->env;
    struct rtp pkt;
    struct rewrite_at at;
    struct payload desc;
    struct rewritten to;
    const struct payload *described = s->kind == KIND_VIDEO ? &desc : NULL;
    if (!find(s, seq, &pkt, &desc, &at) || !as_it_was(s, &pkt, &described))
        return false;
    if (kind == SENT_PADDING && pkt.payload_len == 0)
        return false;
    const struct rewrite_in in = {.source = at.source, .pkt = &pkt, .desc = described};
    if (rewrite_again(&s->rewrite, &at, &in, &to) != DROP_NONE)
        return false;
    if (kind == SENT_RTX && !downlink_may_resend(s->owner->down, pkt.len, now))
        return false;

    struct udp_datagram *d = udp_next(env->tx);
    struct rtp_copied where;
    const size_t len = copy_again(s, &pkt, &to, d, &where);
    if (len == 0)
        return false;
    d->len = (uint16_t)len;
    s->rtx_seq = (uint16_t)(s->rtx_seq + by_rtx(s));
    return downlink_send(s->owner->down, s, d, &where, kind, now) == DROP_NONE;
}

/** Is it time to send this packet again? Notes it if so. */
static bool once_a_round_trip(struct slot *s, uint16_t seq, usec_t now)
{
    if (!s->again)
        s->again = calloc(SLOT_AGAIN, sizeof(*s->again));
    if (!s->again)
        return false;
    usec_t rtt = s->owner->down->estimate.rtt ? s->owner->down->estimate.rtt : s->rtt;
    rtt = rtt ? rtt : UNKNOWN_RTT;
    // Its own clock says when to ask again, and runs a little before ours.
    const usec_t wait = usec_min(rtt * 3 / 4, LONGEST_WAIT);
    struct slot_again *a = &s->again[seq % SLOT_AGAIN];
    if (a->at && a->seq == seq && now - a->at < wait)
        return false;
    *a = (struct slot_again){.seq = seq, .at = now};
    return true;
}

void slot_resend(struct slot *s, uint16_t seq, struct room_env *env, usec_t now)
{
    if (s->current && once_a_round_trip(s, seq, now) && slot_repeat(s, seq, SENT_RTX, now)) {
        env->count.resent++;
        s->resent++;
    }
}
