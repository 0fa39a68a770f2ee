/*
 * Every packet of a datagram that opens lies inside it, one behind the other, and every reader
 * stays inside its packet; what is read of reports and NACKs and written again reads the same.
 */
#include "rtp/xr.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(int holds)
{
    if (!holds)
        abort();
}

static struct rtcp read_back(const uint8_t *buf, size_t len, enum rtcp_kind kind)
{
    struct rtcp_iter it;
    struct rtcp p;

    require(len > 0 && rtcp_open(&it, buf, len) == DROP_NONE && rtcp_next(&it, &p));
    require(p.kind == kind);
    return p;
}

static void reports_survive(const struct rtcp *p)
{
    struct rtcp_report report[RTCP_MAX_REPORTS], again;
    uint8_t buf[800];
    unsigned n = 0;
    size_t len;

    while (rtcp_read_report(p, n, &report[n < RTCP_MAX_REPORTS ? n : 0]))
        n++;
    require(n == p->count);
    if (p->kind == RTCP_KIND_SR) {
        struct rtcp_sr sr, sr2;
        rtcp_read_sr(p, &sr);
        require(sr.ssrc == p->sender);
        len = rtcp_write_sr(buf, sizeof(buf), &sr, report, n);
        const struct rtcp q = read_back(buf, len, p->kind);
        rtcp_read_sr(&q, &sr2);
        require(sr.ntp == sr2.ntp && sr.rtp == sr2.rtp && sr.octets == sr2.octets);
    } else {
        len = rtcp_write_rr(buf, sizeof(buf), p->sender, report, n);
    }
    const struct rtcp q = read_back(buf, len, p->kind);
    for (unsigned i = 0; i < n; i++) {
        require(rtcp_read_report(&q, i, &again));
        require(again.ssrc == report[i].ssrc && again.lost == report[i].lost);
        require(again.fraction == report[i].fraction && again.jitter == report[i].jitter);
    }
}

static void nack_survives(const struct rtcp *p)
{
    struct rtcp_nack_iter it = {0}, it2 = {0};
    uint16_t seq[17 * 64], got;
    uint8_t buf[2000];
    unsigned n = 0;

    while (n < 17 * 64 && rtcp_next_nack(p, &it, &seq[n]))
        n++;
    require(n > 0);
    unsigned written = n;
    const size_t len = rtcp_write_nack(buf, sizeof(buf), p->sender, p->media, seq, &written);
    const struct rtcp q = read_back(buf, len, RTCP_KIND_NACK);
    require(q.sender == p->sender && q.media == p->media);
    // Theirs may come in any order and overlap: as sets they are the same.
    static uint8_t asked[65536 / 8], again[65536 / 8];
    memset(asked, 0, sizeof(asked));
    memset(again, 0, sizeof(again));
    for (unsigned i = 0; i < written; i++)
        asked[seq[i] / 8] |= (uint8_t)(1 << seq[i] % 8);
    while (rtcp_next_nack(&q, &it2, &got))
        again[got / 8] |= (uint8_t)(1 << got % 8);
    require(memcmp(asked, again, sizeof(asked)) == 0);
}

static void the_rest_stays_inside(const struct rtcp *p)
{
    struct rtcp_sdes_iter it = {0};
    struct rtcp_sdes_item item;
    struct rtcp_remb remb;
    struct xr_iter xr = {0};
    struct xr_dlrr dlrr;
    uint32_t ssrc;
    uint8_t seq_nr;
    unsigned n = 0;

    switch (p->kind) {
    case RTCP_KIND_SDES:
        while (rtcp_next_sdes(p, &it, &item)) {
            require((const uint8_t *)item.text + item.len <= p->data + p->len);
            require(item.type != 0 && n++ < p->len);
        }
        break;
    case RTCP_KIND_BYE:
        while (rtcp_read_bye(p, n, &ssrc))
            n++;
        require(n == p->count);
        break;
    case RTCP_KIND_FIR:
        while (rtcp_read_fir(p, n, &ssrc, &seq_nr))
            n++;
        require(n > 0 && 12 + 8 * n <= p->len);
        break;
    case RTCP_KIND_REMB:
        rtcp_read_remb(p, &remb);
        require(20 + 4u * remb.ssrc_count <= p->len);
        break;
    case RTCP_KIND_XR:
        while (xr_next_dlrr(p, &xr, &dlrr))
            n++;
        require(8 + 12 * n <= p->len);
        break;
    case RTCP_KIND_OTHER:
    case RTCP_KIND_SR:
    case RTCP_KIND_RR:
    case RTCP_KIND_NACK:
    case RTCP_KIND_PLI:
    case RTCP_KIND_TWCC:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    uint8_t *data = malloc(len ? len : 1);
    struct rtcp_iter it;
    struct rtcp p;

    require(data != NULL);
    if (len)
        memcpy(data, bytes, len);
    if (rtcp_open(&it, data, len) == DROP_NONE) {
        const uint8_t *next = data;
        while (rtcp_next(&it, &p)) {
            require(p.data == next && p.len >= 4 && p.data + p.len <= data + len);
            next = it.next;
            if (p.kind == RTCP_KIND_SR || p.kind == RTCP_KIND_RR)
                reports_survive(&p);
            else if (p.kind == RTCP_KIND_NACK)
                nack_survives(&p);
            else
                the_rest_stays_inside(&p);
        }
        require(next == data + len);
    }
    free(data);
    return 0;
}
