/*
 * Probes: is there more room than we use? Real packets carry the cluster's number; what they
 * leave of its rate is padding. That is recent packets once more on the RTX SSRC, which may
 * even repair something, or packets of nothing but padding (RFC 3550 section 5.1) where there
 * is no recent one. Without RTX there is no SSRC on which padding would be in nobody's way.
 */
#include "room/downlink.h"

#include "record.h"
#include "room/member.h"
#include "room/room.h"

#include "base/bytes.h"

#include <string.h>

#define PROBE_SPAN  (300 * USEC_PER_MS) ///< of one that cannot be sent in time
#define PROBE_BURST 16                  ///< packets of padding in a row, at most
#define PAD_RECENT  24                  ///< packets back that serve as padding
#define PAD_BYTES   240
#define PAD_SMALL   500 ///< bytes a packet of a probe: for less, packets of padding alone

static bool has_rtx(const struct slot *s)
{
    return s->rtx_ssrc && s->ext[EXT_TWCC];
}

/** A slot on whose RTX padding can go, one that shows something if there is one. */
static struct slot *pad_slot(const struct downlink *d)
{
    const struct member *m = d->owner;
    struct slot *any = NULL;
    for (unsigned i = 0; i < m->slot_count; i++) {
        struct slot *s = m->slot[(i + d->pad_turn) % m->slot_count];
        if (!has_rtx(s) || s->off)
            continue;
        any = s;
        if (s->current && s->packets > 0)
            break;
    }
    return any;
}

static int rtx_pt(const struct slot *s)
{
    if (s->out && s->out->rtx_pt >= 0)
        return s->out->rtx_pt;
    for (unsigned i = 0; i < s->codec_count; i++)
        if (s->codec[i].rtx_pt >= 0)
            return s->codec[i].rtx_pt;
    return -1;
}

/** A packet of padding alone. */
static size_t write_empty(struct slot *s, struct udp_datagram *out, struct rtp_copied *where)
{
    static const struct rtp nothing;
    struct rtp_ext_plan plan;
    static const uint8_t none[EXT_COUNT];
    rtp_ext_plan_init(&plan, none, s->ext, s->mid, strlen(s->mid), s->ext_mixed);
    const struct rtp_out how = {.plan = &plan,
                                .ssrc = s->rtx_ssrc,
                                .ts = s->rewrite.last_ts,
                                .seq = s->rtx_seq,
                                .pt = (uint8_t)rtx_pt(s)};
    const size_t len = rtp_copy(out->data, PEER_MAX_CLEAR - PAD_BYTES, &nothing, &how, where);
    if (len == 0)
        return 0;
    out->data[0] |= 0x20;
    memset(out->data + len, 0, PAD_BYTES);
    out->data[len + PAD_BYTES - 1] = PAD_BYTES;
    return len + PAD_BYTES;
}

/** On a narrow line a few whole packets are a queue of 100 ms, which the pictures then pay for.
 */
static bool is_small(const struct estimator_probe *p)
{
    return p->bytes < p->min_packets * (uint32_t)PAD_SMALL;
}

static bool send_padding(struct downlink *d, usec_t now)
{
    struct slot *s = pad_slot(d);
    if (!s || rtx_pt(s) < 0)
        return false;
    d->pad_turn++;
    const uint16_t back = (uint16_t)(d->pad_turn % PAD_RECENT);
    if (!is_small(&d->probe) && s->current && s->packets > 0 &&
        slot_repeat(s, (uint16_t)(s->rewrite.last_out - back), SENT_PADDING, now))
        return true;

    struct udp_datagram *out = udp_next(d->owner->env->tx);
    struct rtp_copied where;
    const size_t len = write_empty(s, out, &where);
    if (len == 0)
        return false;
    out->len = (uint16_t)len;
    s->rtx_seq++;
    return downlink_send(d, s, out, &where, SENT_PADDING, now) == DROP_NONE;
}

static void end_probe(struct downlink *d, usec_t now)
{
    d->probe.id = 0;
    record_plain(d, FLIGHT_PROBE_END, now);
    pacer_set_padding(&d->pacer, 0, now);
}

static void take_probe(struct downlink *d, usec_t now)
{
    if (d->probe.id || !d->numbered || !estimator_take_probe(d->estimator, &d->probe))
        return;
    record_probe(d, now);
    if (!pad_slot(d)) {
        d->probe.id = 0;
        record_plain(d, FLIGHT_PROBE_END, now);
        return;
    }
    d->probe_bytes = 0;
    d->probe_packets = 0;
    d->probe_end = now + PROBE_SPAN;
    d->owner->env->count.probes++;
    pacer_set_padding(&d->pacer, d->probe.rate_bps, now);
}

static bool probe_done(const struct downlink *d, usec_t now)
{
    const bool sent =
        d->probe_bytes >= d->probe.bytes && d->probe_packets >= d->probe.min_packets;
    return sent || now >= d->probe_end;
}

void downlink_pad(struct downlink *d, usec_t now)
{
    take_probe(d, now);
    for (unsigned i = 0; d->probe.id && i < PROBE_BURST; i++) {
        if (probe_done(d, now) || (pacer_pads(&d->pacer, now) && !send_padding(d, now)))
            end_probe(d, now);
        else if (!pacer_pads(&d->pacer, now))
            break;
    }
}
