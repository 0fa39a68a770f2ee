#include "write.h"
#include "codecs.h"
#include "data.h"
#include "extmap.h"
#include "simulcast.h"

#include "base/text.h"

#include <stdlib.h>

static bool is_ipv6(const char *address)
{
    return strchr(address, ':') != NULL;
}

/**
 * RFC 8445 section 5.1.2.1: (2^24)*(type preference) + (2^8)*(local preference) + (256 -
 * component), the type preference of a host candidate being 126. IPv6 comes first, then the
 * order of the configuration.
 */
static uint32_t priority(const char *address, unsigned index)
{
    uint32_t local_preference =
        (is_ipv6(address) ? 65535u : 65535u - SDP_MAX_ADDRESSES) - index;
    return 126u << 24 | local_preference << 8 | (256u - 1);
}

/**
 * RFC 6544 section 4.2: the local preference is (2^13)*(direction preference) + (other
 * preference), the direction preference of a passive host candidate being 4. The type
 * preference is below all that UDP can have without a relay: TCP is for those who have nothing
 * better.
 */
static uint32_t tcp_priority(const char *address, unsigned index)
{
    uint32_t other = (is_ipv6(address) ? 8191u : 8191u - SDP_MAX_ADDRESSES) - index;
    return 90u << 24 | (4u << 13 | other) << 8 | (256u - 1);
}

void write_candidates(FILE *out, const struct sdp_local *local)
{
    for (unsigned i = 0; i < local->address_count; i++)
        (void)fprintf(out, "a=candidate:%u 1 udp %u %s %u typ host\r\n", i + 1,
                      priority(local->address[i], i), local->address[i], local->port);
    for (unsigned i = 0; local->tcp_port && i < local->address_count; i++)
        (void)fprintf(out, "a=candidate:%u 1 tcp %u %s %u typ host tcptype passive\r\n",
                      SDP_MAX_ADDRESSES + i + 1, tcp_priority(local->address[i], i),
                      local->address[i], local->tcp_port);
    (void)fputs("a=end-of-candidates\r\n", out);
}

static void write_connection(FILE *out, const struct sdp_local *local)
{
    const char *address = local->address_count ? local->address[0] : "0.0.0.0";
    (void)fprintf(out, "c=IN %s %s\r\n", is_ipv6(address) ? "IP6" : "IP4", address);
}

/**
 * The session's id in o=: any 62 bits that stay the same for a peer connection (RFC 8829
 * section 5.2.1); its CNAME is random and does.
 */
static unsigned long long session_id(const struct agreement *a)
{
    char digits[16] = "";
    memcpy(digits, a->cname, 15);
    return strtoull(digits, NULL, 16);
}

static void write_group(FILE *out, const struct offer *o, const struct agreement *a)
{
    struct span rest = o->bundle;
    struct span mid;
    if (!o->has_bundle)
        return;
    (void)fputs("a=group:BUNDLE", out);
    while ((mid = span_word(&rest)).len > 0)
        if (a->mline[offer_find(o, mid)].active)
            (void)fprintf(out, " %.*s", SPAN_FMT(mid));
    (void)fputs("\r\n", out);
}

static void write_session(FILE *out, const struct offer *o, const struct agreement *a)
{
    (void)fprintf(out, "v=0\r\no=- %llu %u IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", session_id(a),
                  a->answers);
    write_group(out, o, a);
    if (o->session.flags & FLAG_ALLOW_MIXED)
        (void)fputs("a=extmap-allow-mixed\r\n", out);
    (void)fputs("a=msid-semantic: WMS *\r\na=ice-lite\r\na=ice-options:trickle\r\n", out);
}

static void write_slot(FILE *out, const struct agreement *a, const struct agree_mline *m)
{
    const char *role = m->role == SLOT_SCREEN ? "screen" : "slot";
    (void)fprintf(out, "a=msid:%s%u %s%u-%s\r\n", role, m->slot_pair, role, m->slot_pair,
                  media_kind_name(m->kind));
    if (m->slot_rtx_ssrc)
        (void)fprintf(out, "a=ssrc-group:FID %u %u\r\n", m->slot_ssrc, m->slot_rtx_ssrc);
    (void)fprintf(out, "a=ssrc:%u cname:%s\r\n", m->slot_ssrc, a->cname);
    if (m->slot_rtx_ssrc)
        (void)fprintf(out, "a=ssrc:%u cname:%s\r\n", m->slot_rtx_ssrc, a->cname);
}

static void write_transport(FILE *out, const struct agreement *a, const struct sdp_local *local)
{
    (void)fprintf(out, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", a->local_ufrag, a->local_pwd);
    (void)fprintf(out, "a=fingerprint:%s\r\na=setup:%s\r\n", local->fingerprint,
                  a->dtls_role == AGREE_DTLS_SERVER ? "passive" : "active");
}

/**
 * RFC 3264 section 6: a rejected stream keeps its place, with port 0. aiortc wants to see ICE
 * credentials there too, the others do not mind.
 */
static void write_rejected(FILE *out, const struct section *s, const struct agreement *a,
                           const struct sdp_local *local)
{
    (void)fprintf(out, "m=%.*s 0 %.*s %.*s\r\nc=IN IP4 0.0.0.0\r\na=inactive\r\n",
                  SPAN_FMT(s->media), SPAN_FMT(s->proto), SPAN_FMT(s->formats));
    if (s->mid.p)
        (void)fprintf(out, "a=mid:%.*s\r\n", SPAN_FMT(s->mid));
    write_transport(out, a, local);
    if (s->rtp)
        (void)fputs("a=rtcp-mux\r\n", out);
}

static void write_data(FILE *out, const struct section *s, const struct agreement *a,
                       const struct agree_mline *m, const struct sdp_local *local)
{
    (void)fprintf(out, "m=%.*s %u %.*s %.*s\r\n", SPAN_FMT(s->media), local->port,
                  SPAN_FMT(s->proto), SPAN_FMT(s->formats));
    write_connection(out, local);
    if (s->mid.p)
        (void)fprintf(out, "a=mid:%s\r\n", m->mid);
    write_transport(out, a, local);
    data_write(out);
}

static void write_mline(FILE *out, const struct section *s, const struct agreement *a,
                        const struct agree_mline *m, const struct sdp_local *local)
{
    // What the client receives, we send.
    static const char *const directions[] = {"inactive", "sendonly", "recvonly", "sendrecv"};
    unsigned direction = (m->client_receives ? 1 : 0) | (m->client_sends ? 2 : 0);
    (void)fprintf(out, "m=%.*s %u %.*s", SPAN_FMT(s->media), local->port, SPAN_FMT(s->proto));
    codecs_write_formats(out, s, m);
    (void)fputs("\r\n", out);
    write_connection(out, local);
    if (s->mid.p)
        (void)fprintf(out, "a=mid:%s\r\n", m->mid);
    write_transport(out, a, local);
    (void)fprintf(out, "a=%s\r\na=rtcp-mux\r\n", directions[direction]);
    if (s->flags & FLAG_RTCP_RSIZE)
        (void)fputs("a=rtcp-rsize\r\n", out);
    if (s->flags & FLAG_ALLOW_MIXED)
        (void)fputs("a=extmap-allow-mixed\r\n", out);
    extmap_write(out, s, m);
    codecs_write(out, s, m);
    if (m->client_receives)
        write_slot(out, a, m);
    simulcast_write(out, s, m);
}

char *answer_write(const struct offer *o, const struct agreement *a,
                   const struct sdp_local *local, int tagged)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = text_open(&text, &len);
    if (!out)
        return NULL;
    write_session(out, o, a);
    for (unsigned i = 0; i < a->mline_count; i++) {
        if (!a->mline[i].active) {
            write_rejected(out, &o->mline[i], a, local);
            continue;
        }
        if (a->mline[i].kind == KIND_DATA)
            write_data(out, &o->mline[i], a, &a->mline[i], local);
        else
            write_mline(out, &o->mline[i], a, &a->mline[i], local);
        // RFC 9143 section 7.3: candidates stand at the tagged m-line alone.
        if ((int)i == tagged)
            write_candidates(out, local);
    }
    return fclose(out) == 0 ? text : NULL;
}
