/* A fake client's RTCP. */
#include "client.h"

#include "base/bytes.h"
#include "cc/twcc.h"
#include "rtp/ext.h"

#include <string.h>

#define REPORT_EACH USEC_PER_SEC

/** Begins a compound: RFC 3550 section 6.1 wants a report and a CNAME first. */
static size_t begin(const struct client *c, uint8_t *out)
{
    size_t len = rtcp_write_rr(out, CLIENT_PACKET, c->ssrc, NULL, 0);
    len += rtcp_write_cname(out + len, CLIENT_PACKET - len, c->ssrc, "client");
    return len;
}

void client_send_pli(struct client *c, uint32_t media)
{
    uint8_t out[CLIENT_PACKET];
    size_t len = begin(c, out);
    len += rtcp_write_pli(out + len, sizeof(out) - len, c->ssrc, media);
    client_send_rtcp(c, out, len);
}

void client_send_nack(struct client *c, uint32_t media, const uint16_t *seq, unsigned n)
{
    uint8_t out[CLIENT_PACKET];
    size_t len = begin(c, out);
    len += rtcp_write_nack(out + len, 1000, c->ssrc, media, seq, &n);
    client_send_rtcp(c, out, len);
}

static void send_sender_report(struct client *c, struct pub *p, usec_t now)
{
    for (unsigned i = 0; i < p->layer_count; i++) {
        const struct pub_layer *l = &p->layer[i];
        if (l->packets == 0 || l->stopped || l->idle)
            continue;
        uint8_t out[CLIENT_PACKET];
        const struct rtcp_sr sr = {.ssrc = l->ssrc,
                                   .ntp = client_ntp(c->number, now),
                                   .rtp = pub_ts(p, l, now),
                                   .packets = l->packets,
                                   .octets = l->octets};
        size_t len = rtcp_write_sr(out, sizeof(out), &sr, NULL, 0);
        len += rtcp_write_cname(out + len, sizeof(out) - len, l->ssrc, "client");
        client_send_rtcp(c, out, len);
    }
}

void client_note_number(struct client *c, const struct sink *s, const struct rtp *pkt,
                        usec_t now)
{
    uint16_t seq;
    if (!rtp_ext_twcc(pkt, s->ext[EXT_TWCC], &seq))
        return;
    c->heard_numbers++;
    twcc_recv_on_packet(c->heard, seq, now);
}

/** What came of what was numbered. */
static void send_numbers(struct client *c, usec_t now)
{
    uint8_t out[CLIENT_PACKET];
    while (now >= twcc_recv_deadline(c->heard)) {
        const size_t len = twcc_recv_write(c->heard, out, 1200, c->ssrc, 1);
        if (len == 0)
            return;
        if (!c->deaf)
            client_send_rtcp(c, out, len);
    }
}

/** draft-alvestrand-rmcat-remb-03 section 2.2. */
static size_t write_remb(const struct client *c, uint64_t bps, uint8_t *out)
{
    unsigned exp = 0;
    for (; bps >> exp > 0x3ffff; exp++)
        ;
    const uint32_t mantissa = (uint32_t)(bps >> exp);
    static const uint8_t head[] = {0x8f, 206, 0, 5};
    memcpy(out, head, 4);
    wr32(out + 4, c->ssrc);
    wr32(out + 8, 0);
    memcpy(out + 12, "REMB", 4);
    wr32(out + 16, UINT32_C(1) << 24 | exp << 18 | mantissa);
    wr32(out + 20, c->sink_count ? c->sink[0]->ssrc : 0);
    return 24;
}

void client_rtcp_tick(struct client *c, usec_t now)
{
    send_numbers(c, now);
    if (now < c->report_at)
        return;
    c->report_at = now + REPORT_EACH / 2 + rng_below(c->env->rng, (uint32_t)REPORT_EACH);
    for (unsigned i = 0; i < c->pub_count && !c->conf.no_sender_reports; i++)
        if (!c->pub[i].stopped)
            send_sender_report(c, &c->pub[i], now);

    struct rtcp_report report[RTCP_MAX_REPORTS];
    unsigned n = 0;
    for (unsigned i = 0; i < c->sink_count && n < RTCP_MAX_REPORTS; i++)
        n += sink_report(c->sink[i], now, &report[n]);
    uint8_t out[CLIENT_PACKET];
    size_t len = rtcp_write_rr(out, sizeof(out), c->ssrc, report, n);
    len += rtcp_write_cname(out + len, sizeof(out) - len, c->ssrc, "client");
    if (c->rrtr.last_rr && !c->conf.no_xr) {
        c->rrtr.delay_rr = (uint32_t)((now - c->rrtr_at) * 65536 / USEC_PER_SEC);
        len += xr_write_dlrr(out + len, sizeof(out) - len, c->ssrc, &c->rrtr);
    }
    if (c->conf.remb_bps)
        len += write_remb(c, c->conf.remb_bps, out + len);
    client_send_rtcp(c, out, len);
}

static void on_sr(struct client *c, const struct rtcp *p, usec_t now)
{
    struct rtcp_sr sr;
    rtcp_read_sr(p, &sr);
    for (unsigned i = 0; i < c->sink_count; i++) {
        if (c->sink[i]->ssrc == sr.ssrc) {
            sink_on_sr(c->sink[i], &sr, now);
            return;
        }
    }
    client_complain(c, "a sender report of an SSRC that nobody announced");
}

static void on_reports(struct client *c, const struct rtcp *p)
{
    struct rtcp_report r;
    for (unsigned i = 0; rtcp_read_report(p, i, &r); i++)
        for (unsigned k = 0; k < c->pub_count; k++)
            for (unsigned j = 0; j < c->pub[k].layer_count; j++)
                if (c->pub[k].layer[j].ssrc == r.ssrc) {
                    c->reports_in++;
                    c->fraction_in = r.fraction;
                }
}

static void on_key_request(struct client *c, uint32_t ssrc)
{
    for (unsigned i = 0; i < c->pub_count; i++)
        if (pub_on_key_request(&c->pub[i], ssrc))
            return;
    // One for an SSRC that has just been replaced is late, not wrong.
}

static void on_nack(struct client *c, const struct rtcp *p)
{
    struct rtcp_nack_iter it = {0};
    uint16_t seq;
    while (rtcp_next_nack(p, &it, &seq))
        for (unsigned i = 0; i < c->pub_count; i++)
            if (pub_on_nack(&c->pub[i], p->media, seq))
                break;
}

/** RFC 3611 section 4.4: it is answered with the next report. */
static void on_reference_time(struct client *c, const struct rtcp *p, usec_t now)
{
    if (p->len < 20 || p->data[8] != 4)
        return;
    c->rrtr = (struct xr_dlrr){.ssrc = p->sender,
                               .last_rr = rd32(p->data + 12) << 16 | rd32(p->data + 16) >> 16};
    c->rrtr_at = now;
}

static void on_twcc(struct client *c, const struct rtcp *p)
{
    struct twcc_iter it;
    struct twcc_status st;
    if (twcc_open(&it, p) != DROP_NONE) {
        client_complain(c, "transport-wide feedback that does not parse");
        return;
    }
    while (twcc_next(&it, &st)) {
        c->twcc_reported++;
        c->twcc_arrived += st.arrived;
        if ((int16_t)(uint16_t)(st.seq - c->twcc_seq) >= 0)
            client_complain(c, "feedback on packet %u that was never sent", st.seq);
    }
}

void client_on_rtcp(struct client *c, const uint8_t *bytes, size_t len, usec_t now)
{
    struct rtcp_iter it;
    struct rtcp p;
    c->rtcp_in++;
    if (rtcp_open(&it, bytes, len) != DROP_NONE) {
        client_complain(c, "RTCP that does not parse");
        return;
    }
    while (rtcp_next(&it, &p)) {
        uint32_t ssrc;
        uint8_t nr;
        switch (p.kind) {
        case RTCP_KIND_SR:
            on_sr(c, &p, now);
            break;
        case RTCP_KIND_PLI:
            on_key_request(c, p.media);
            break;
        case RTCP_KIND_FIR:
            for (unsigned i = 0; rtcp_read_fir(&p, i, &ssrc, &nr); i++)
                on_key_request(c, ssrc);
            break;
        case RTCP_KIND_NACK:
            on_nack(c, &p);
            break;
        case RTCP_KIND_TWCC:
            on_twcc(c, &p);
            break;
        case RTCP_KIND_OTHER:
            client_complain(c, "RTCP of type %u that is malformed", p.type);
            break;
        case RTCP_KIND_RR:
            on_reports(c, &p);
            break;
        case RTCP_KIND_XR:
            on_reference_time(c, &p, now);
            break;
        case RTCP_KIND_SDES:
        case RTCP_KIND_BYE:
        case RTCP_KIND_REMB:
            break;
        }
    }
}
