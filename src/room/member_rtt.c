/*
 * How long a packet takes to a member and back. Whoever receives something reports on it
 * (slot_on_report()); who only publishes answers our reference times (RFC 3611); and where
 * neither comes, a repair that we asked for once tells it.
 */
#include "room/member.h"

#include "rtp/xr.h"

#define SMOOTH     4 // a new measure counts for a quarter
#define LONGEST    (10 * USEC_PER_SEC)
#define STILL_GOOD (10 * USEC_PER_SEC) // of a measure by reports: no guess takes its place

/** Our time as RTCP has it; only differences of it mean anything. */
static uint64_t ntp_of(usec_t now)
{
    const uint64_t sec = (uint64_t)(now / USEC_PER_SEC), rest = (uint64_t)(now % USEC_PER_SEC);
    return sec << 32 | (rest << 32) / (uint64_t)USEC_PER_SEC;
}

static void smooth(struct member *m, usec_t rtt)
{
    if (rtt < 0 || rtt >= LONGEST)
        return;
    m->uplink_rtt = m->uplink_rtt ? m->uplink_rtt + (rtt - m->uplink_rtt) / SMOOTH : rtt;
    if (m->uplink_rtt == 0)
        m->uplink_rtt = 1; // 0 is "unknown"
    for (unsigned i = 0; i < m->track_count; i++)
        for (unsigned k = 0; k < m->track[i]->stream_count; k++)
            nack_set_rtt(&m->track[i]->stream[k].nack, m->uplink_rtt);
}

void member_note_rtt(struct member *m, usec_t rtt, usec_t now)
{
    m->rtt_at = now;
    smooth(m, rtt);
}

void member_guess_rtt(struct member *m, usec_t rtt, usec_t now)
{
    if (m->rtt_at == 0 || now - m->rtt_at > STILL_GOOD)
        smooth(m, rtt);
}

size_t member_write_rrtr(struct member *m, uint8_t *out, size_t cap, usec_t now)
{
    const uint64_t ntp = ntp_of(now);
    const size_t len = xr_write_rrtr(out, cap, m->ssrc, ntp);
    if (len) {
        m->rrtr_middle = rtcp_ntp_middle(ntp);
        m->rrtr_at = now;
    }
    return len;
}

void member_on_xr(struct member *m, const struct rtcp *p, usec_t now)
{
    struct xr_iter it = {0};
    struct xr_dlrr d;
    while (xr_next_dlrr(p, &it, &d)) {
        if (d.ssrc != m->ssrc || d.last_rr == 0 || d.last_rr != m->rrtr_middle)
            continue;
        const usec_t held = (usec_t)d.delay_rr * USEC_PER_SEC / 65536;
        if (now - m->rrtr_at - held < 0)
            continue; // it cannot have had it for so long
        member_note_rtt(m, now - m->rrtr_at - held, now);
        m->rrtr_middle = 0; // one answer counts once
    }
}
