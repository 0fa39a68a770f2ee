/* Reports about a slot: ours to the viewer, and the viewer's to us. */
#include "room/member.h"

void slot_on_report(struct slot *s, const struct rtcp_report *report, usec_t now)
{
    s->loss = report->fraction;
    s->lost = report->lost;
    s->jitter = report->jitter;
    if (!slot_loss_is_noted(s)) // else it is known sooner, from all packets of the line
        red_aim_on_loss(&s->red, (uint16_t)(report->fraction << 8), now);
    // RFC 3550 section 6.4.1: the round trip is now minus LSR minus DLSR; LSR is our last one.
    if (report->last_sr == 0 || report->last_sr != s->sr_middle)
        return;
    const usec_t held = (usec_t)report->delay_sr * USEC_PER_SEC / 65536;
    const usec_t rtt = now - s->sr_at - held;
    if (rtt < 0 || rtt >= 10 * USEC_PER_SEC)
        return;
    s->rtt = rtt;
    member_note_rtt(s->owner, rtt, now);
}

bool slot_sender_report(struct slot *s, usec_t now, struct rtcp_sr *sr)
{
    uint64_t ntp;
    uint32_t source_ts, ts;
    // Never from arrival times: lips and voice are in step only on the source's own clock.
    if (!s->current || s->packets == 0 ||
        !rtp_clock_now(&s->current->stats.clock, now, &ntp, &source_ts) ||
        !rewrite_ts(&s->rewrite, s->current->id, source_ts, &ts))
        return false;
    *sr = (struct rtcp_sr){
        .ssrc = s->ssrc, .ntp = ntp, .rtp = ts, .packets = s->packets, .octets = s->octets};
    s->sr_at = now;
    s->sr_middle = rtcp_ntp_middle(ntp);
    return true;
}
