/* A viewer asks for a packet again: from the source's cache, through the same rewriter. */
#include "room/slot.h"

#include "room/member.h"

#include <string.h>

// A viewer's resends are bounded, so that a small NACK cannot ask for a flood: a burst of one
// large frame, then a quarter of what a 2 Mbit/s picture has.
#define RESEND_BURST    200
#define RESENDS_PER_SEC 100

static bool take_token(struct slot *s, usec_t now)
{
    if (s->resend_at == 0) {
        s->resend_at = now;
        s->resend_tokens = RESEND_BURST;
    }
    const usec_t fresh = (now - s->resend_at) * RESENDS_PER_SEC / USEC_PER_SEC;
    if (fresh > 0) {
        s->resend_at += fresh * USEC_PER_SEC / RESENDS_PER_SEC;
        s->resend_tokens = (int)usec_min(s->resend_tokens + fresh, RESEND_BURST);
    }
    if (s->resend_tokens == 0)
        return false;
    s->resend_tokens--;
    return true;
}

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

static size_t copy_again(struct slot *s, const struct rtp *pkt, const struct rewritten *to,
                         usec_t now, struct udp_datagram *d)
{
    const bool rtx = s->rtx_ssrc != 0 && s->out->rtx_pt >= 0;
    struct rtp_out how;
    slot_out(s, pkt, to, now, &how);
    if (rtx) {
        how.ssrc = s->rtx_ssrc;
        how.seq = s->rtx_seq;
        how.pt = (uint8_t)s->out->rtx_pt;
        how.rtx = true;
        how.osn = to->seq;
    }
    struct rtp_copied where;
    return rtp_copy(d->data, PEER_MAX_CLEAR, pkt, &how, &where);
}

/** Without RTX: the same bytes again; or for the first time, if it came to us before the first
 * packet of the keyframe at which the slot switched, and so was not forwarded then. */
static enum drop seal_again(struct slot *s, struct udp_datagram *d)
{
    const enum drop why = peer_seal_resend(&s->owner->peer, &s->seal, d);
    return why == DROP_LATE ? peer_seal_rtp(&s->owner->peer, &s->seal, d) : why;
}

void slot_resend(struct slot *s, uint16_t seq, struct room_env *env, usec_t now)
{
    struct rtp pkt;
    struct rewrite_at at;
    struct payload desc;
    struct rewritten to;
    const struct payload *described = s->kind == KIND_VIDEO ? &desc : NULL;
    if (!find(s, seq, &pkt, &desc, &at) || !as_it_was(s, &pkt, &described))
        return;
    const struct rewrite_in in = {.source = at.source, .pkt = &pkt, .desc = described};
    if (rewrite_again(&s->rewrite, &at, &in, &to) != DROP_NONE || !take_token(s, now))
        return;

    struct udp_datagram *d = udp_next(env->tx);
    const size_t len = copy_again(s, &pkt, &to, now, d);
    if (len == 0)
        return;
    d->len = (uint16_t)len;
    const bool rtx = s->rtx_ssrc != 0 && s->out->rtx_pt >= 0;
    const enum drop why =
        rtx ? peer_seal_rtp(&s->owner->peer, &s->rtx_seal, d) : seal_again(s, d);
    env->count.unsent[why]++;
    if (why)
        return;
    udp_commit(env->tx);
    s->rtx_seq = (uint16_t)(s->rtx_seq + rtx);
    env->count.resent++;
    env->count.packets_out++;
    env->count.bytes_out += d->len;
}
