/* RTCP, both ways: reports, transport-wide feedback, NACK, PLI. */
#include "peer.h"

#include "base/bytes.h"

#define REPORT_EACH USEC_PER_SEC
#define NTP_1970    UINT64_C(2208988800)

static uint64_t ntp_of(const struct peer *p, usec_t now)
{
    const uint64_t us = (uint64_t)(p->core->wall_shift + now);
    return (us / USEC_PER_SEC + NTP_1970) << 32 | (us % USEC_PER_SEC << 32) / USEC_PER_SEC;
}

/** RFC 3550 section 6.1: a compound begins with a report and a CNAME. */
static size_t begin(const struct peer *p, uint8_t *out)
{
    size_t len = rtcp_write_rr(out, PEER_PACKET, p->ssrc, NULL, 0);
    return len + rtcp_write_cname(out + len, PEER_PACKET - len, p->ssrc, "load");
}

void peer_send_pli(struct peer *p, uint32_t media)
{
    uint8_t out[PEER_PACKET];
    size_t len = begin(p, out);
    len += rtcp_write_pli(out + len, sizeof(out) - len, p->ssrc, media);
    peer_send_rtcp(p, out, len);
}

void peer_send_nack(struct peer *p, uint32_t media, const uint16_t *seq, unsigned n)
{
    uint8_t out[PEER_PACKET];
    size_t len = begin(p, out);
    len += rtcp_write_nack(out + len, 1000, p->ssrc, media, seq, &n);
    peer_send_rtcp(p, out, len);
}

void peer_send_numbers(struct peer *p, usec_t now)
{
    uint8_t out[PEER_PACKET];
    while (now >= twcc_recv_deadline(p->heard)) {
        const size_t len = twcc_recv_write(p->heard, out, 1200, p->ssrc, p->heard_ssrc);
        if (len == 0)
            return;
        peer_send_rtcp(p, out, len);
    }
}

static void report_sent(struct peer *p, const struct sender *s, usec_t now)
{
    for (unsigned i = 0; i < s->layers && !s->stopped; i++) {
        const struct sender_layer *l = &s->layer[i];
        uint8_t out[PEER_PACKET];
        const struct rtcp_sr sr = {.ssrc = l->ssrc,
                                   .ntp = ntp_of(p, now),
                                   .rtp = sender_ts(s, l, now),
                                   .packets = l->packets,
                                   .octets = l->octets};
        if (l->packets == 0 || l->off)
            continue;
        size_t len = rtcp_write_sr(out, sizeof(out), &sr, NULL, 0);
        len += rtcp_write_cname(out + len, sizeof(out) - len, l->ssrc, "load");
        peer_send_rtcp(p, out, len);
    }
}

void peer_report(struct peer *p, usec_t now)
{
    uint8_t out[PEER_PACKET];
    struct rtcp_report block[RTCP_MAX_REPORTS];
    unsigned n = 0;
    p->report_at = now + REPORT_EACH / 2 + core_random(p->core) % REPORT_EACH;
    for (unsigned i = 0; i < p->senders; i++)
        report_sent(p, &p->sender[i], now);
    for (unsigned i = 0; i < p->receivers && n < RTCP_MAX_REPORTS; i++) {
        struct receiver *r = p->receiver[i];
        recv_stats_report(&r->stats, r->ssrc, now, &block[n++]);
        if (p->core->measuring)
            hist_add(&p->core->tally.media.jitter,
                     (int64_t)block[n - 1].jitter * 1000 / (r->video ? 90 : 48));
    }
    size_t len = rtcp_write_rr(out, sizeof(out), p->ssrc, block, n);
    len += rtcp_write_cname(out + len, sizeof(out) - len, p->ssrc, "load");
    peer_send_rtcp(p, out, len);
}

static void on_key_request(struct peer *p, uint32_t ssrc)
{
    for (unsigned i = 0; i < p->senders; i++)
        if (sender_on_key_request(&p->sender[i], ssrc))
            return;
}

static void on_nack(struct peer *p, const struct rtcp *k)
{
    struct rtcp_nack_iter it = {0};
    uint16_t seq;
    while (rtcp_next_nack(k, &it, &seq))
        for (unsigned i = 0; i < p->senders; i++)
            if (sender_on_nack(&p->sender[i], k->media, seq))
                break;
}

static void on_sr(struct peer *p, const struct rtcp *k, usec_t now)
{
    struct rtcp_sr sr;
    rtcp_read_sr(k, &sr);
    for (unsigned i = 0; i < p->receivers; i++)
        if (p->receiver[i]->ssrc == sr.ssrc)
            recv_stats_on_sr(&p->receiver[i]->stats, &sr, now);
}

/** A stream that is reported on is known by its SSRC; it need not say its name any more. */
static void on_reports(struct peer *p, const struct rtcp *k)
{
    struct rtcp_report block;
    for (unsigned i = 0; rtcp_read_report(k, i, &block); i++)
        for (unsigned s = 0; s < p->senders; s++)
            for (unsigned l = 0; l < p->sender[s].layers; l++)
                if (p->sender[s].layer[l].ssrc == block.ssrc)
                    p->sender[s].layer[l].heard = true;
}

void peer_on_rtcp(struct peer *p, const uint8_t *bytes, size_t len, usec_t now)
{
    struct rtcp_iter it;
    struct rtcp k;
    uint32_t ssrc;
    uint8_t nr;
    if (rtcp_open(&it, bytes, len) != DROP_NONE) {
        core_error(p->core, "RTCP that does not parse");
        return;
    }
    while (rtcp_next(&it, &k)) {
        if (k.kind == RTCP_KIND_SR)
            on_sr(p, &k, now);
        if (k.kind == RTCP_KIND_SR || k.kind == RTCP_KIND_RR)
            on_reports(p, &k);
        else if (k.kind == RTCP_KIND_PLI)
            on_key_request(p, k.media);
        else if (k.kind == RTCP_KIND_NACK)
            on_nack(p, &k);
        for (unsigned i = 0; k.kind == RTCP_KIND_FIR && rtcp_read_fir(&k, i, &ssrc, &nr); i++)
            on_key_request(p, ssrc);
    }
}
