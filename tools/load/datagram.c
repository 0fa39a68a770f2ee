/* A peer's datagrams: out, sealed; in, told apart (RFC 7983) and opened. */
#include "peer.h"

#include "base/bytes.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 32

// ---- out

static void put_out(struct peer *p, const uint8_t *bytes, size_t len)
{
    if (p->carried)
        (void)nice_agent_send(p->agent, p->stream, 1, (guint)len, (const gchar *)bytes);
    else if (p->fd >= 0)
        (void)send(p->fd, bytes, len, MSG_NOSIGNAL);
}

void peer_send(struct peer *p, const uint8_t *bytes, size_t len)
{
    if (p->up)
        line_put(p->up, bytes, len, p->core->now);
    else
        put_out(p, bytes, len);
}

void peer_send_rtp(struct peer *p, struct seal_stream *st, uint8_t *bytes, size_t len)
{
    if (seal_rtp(&p->seal, st, bytes, &len, PEER_PACKET) == DROP_NONE)
        peer_send(p, bytes, len);
}

void peer_resend_rtp(struct peer *p, struct seal_stream *st, uint8_t *bytes, size_t len)
{
    if (seal_resend(&p->seal, st, bytes, &len, PEER_PACKET) == DROP_NONE)
        peer_send(p, bytes, len);
}

void peer_send_rtcp(struct peer *p, uint8_t *bytes, size_t len)
{
    if (p->state == PEER_UP && len > 0 &&
        sealer_rtcp(&p->rtcp, bytes, &len, PEER_PACKET) == DROP_NONE)
        peer_send(p, bytes, len);
}

static void take_keys(struct peer *p, usec_t now)
{
    struct dtls_keys keys;
    if (dtls_export(&p->dtls, &keys) < 0 ||
        opener_init(&p->opener, &p->core->seal, keys.profile, keys.theirs.key,
                    keys.theirs.salt) < 0 ||
        sealer_init(&p->rtcp, &p->core->seal, keys.profile, keys.ours.key, keys.ours.salt) <
            0 ||
        seal_init(&p->seal, &p->core->seal, keys.profile, keys.ours.key, keys.ours.salt) < 0) {
        peer_fail(p, "no SRTP keys");
        return;
    }
    dtls_keys_wipe(&keys);
    p->state = PEER_UP;
    p->report_at = now + core_random(p->core) % USEC_PER_SEC;
    for (unsigned i = 0; i < p->senders; i++)
        sender_start(&p->sender[i], now);
    hist_add(&p->core->tally.link, now - p->offered_at);
    p->owner.on_up(p->owner.arg, p);
}

void peer_settle_dtls(struct peer *p, usec_t now)
{
    uint8_t out[DTLS_MTU];
    char why[64];
    for (size_t len; (len = dtls_take(&p->dtls, out, sizeof(out))) > 0;)
        peer_send(p, out, len);
    if (p->dtls.state == DTLS_UP && p->state == PEER_CONNECTING) {
        take_keys(p, now);
    } else if (p->dtls.state == DTLS_FAILED) {
        (void)snprintf(why, sizeof(why), "DTLS: %s", dtls_failure_name(p->dtls.failure));
        peer_fail(p, why);
    } else if (p->dtls.state == DTLS_CLOSED && p->state == PEER_UP) {
        peer_fail(p, "DTLS: closed by the server");
    }
}

// ---- in

static struct receiver *receiver_of(struct peer *p, const struct rtp *pkt)
{
    for (unsigned i = 0; i < p->receivers; i++)
        if (p->receiver[i]->ssrc == pkt->ssrc || p->receiver[i]->rtx_ssrc == pkt->ssrc)
            return p->receiver[i];
    bool video = false, audio = false;
    for (unsigned i = 0; i < p->remote->sections && !video && !audio; i++) {
        video = pkt->pt == p->remote->section[i].vp8;
        audio = pkt->pt == p->remote->section[i].opus;
    }
    if (!video && !audio)
        return NULL;
    if (p->receivers == p->receivers_cap) {
        const unsigned cap = p->receivers_cap ? 2 * p->receivers_cap : 4;
        struct receiver **list = realloc(p->receiver, cap * sizeof(struct receiver *));
        if (!list)
            return NULL;
        p->receiver = list;
        p->receivers_cap = cap;
    }
    struct receiver *r = receiver_create(p, pkt->ssrc, video);
    if (!r)
        return NULL;
    for (unsigned i = 0; i < p->remote->pairs; i++)
        if (p->remote->pair[i][0] == pkt->ssrc)
            r->rtx_ssrc = p->remote->pair[i][1];
    p->receiver[p->receivers++] = r;
    return r;
}

static void on_rtp(struct peer *p, uint8_t *bytes, size_t len, int64_t wall_us, usec_t now)
{
    struct tally *t = &p->core->tally;
    struct rtp pkt;
    uint8_t n;
    const uint8_t *number;
    if (opener_rtp(&p->opener, bytes, &len) != DROP_NONE ||
        rtp_parse(&pkt, bytes, len) != DROP_NONE) {
        t->media.rejected += p->core->measuring;
        return;
    }
    if (!p->had_media) {
        p->had_media = true;
        hist_add(&t->first, now - p->offered_at);
    }
    if (p->core->measuring) {
        t->media.received++;
        t->media.received_bytes += len;
    }
    number = rtp_ext(&pkt, p->remote->ext.twcc, &n);
    if (number && n == 2) {
        twcc_recv_on_packet(p->heard, rd16(number), wall_us - p->core->wall_shift);
        p->heard_ssrc = pkt.ssrc;
    }
    struct receiver *r = receiver_of(p, &pkt);
    if (r)
        receiver_on_rtp(r, &pkt, wall_us, now);
}

void peer_on_datagram(struct peer *p, uint8_t *bytes, size_t len, int64_t wall_us, usec_t now)
{
    if (len < 2 || !p->remote || p->state == PEER_FAILED)
        return;
    if (bytes[0] < 4) {
        if (p->fd >= 0)
            peer_on_stun(p, bytes, len, now);
    } else if (dtls_is_dtls(bytes, len)) {
        (void)dtls_on_datagram(&p->dtls, bytes, len, now);
        peer_settle_dtls(p, now);
    } else if (p->state != PEER_UP) {
        return;
    } else if (bytes[1] >= 192 && bytes[1] <= 223) { // RFC 5761 section 4
        if (opener_rtcp(&p->opener, bytes, &len) == DROP_NONE)
            peer_on_rtcp(p, bytes, len, now);
    } else {
        on_rtp(p, bytes, len, wall_us, now);
    }
}

void peer_arrive(struct peer *p, uint8_t *bytes, size_t len, int64_t wall_us)
{
    if (p->down)
        line_put(p->down, bytes, len, p->core->now);
    else
        peer_on_datagram(p, bytes, len, wall_us, p->core->now);
}

static int64_t stamp_of(struct msghdr *msg)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
        struct timespec t;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
            continue;
        memcpy(&t, CMSG_DATA(c), sizeof(t));
        return (int64_t)t.tv_sec * USEC_PER_SEC + t.tv_nsec / 1000;
    }
    return core_wall();
}

static int read_batch(struct peer *p)
{
    static _Thread_local uint8_t bytes[BATCH][PEER_PACKET + 36];
    static _Thread_local uint8_t control[BATCH][CMSG_SPACE(sizeof(struct timespec))];
    struct mmsghdr msg[BATCH];
    struct iovec part[BATCH];
    for (unsigned i = 0; i < BATCH; i++) {
        part[i] = (struct iovec){bytes[i], sizeof(bytes[i])};
        msg[i].msg_hdr = (struct msghdr){.msg_iov = &part[i],
                                         .msg_iovlen = 1,
                                         .msg_control = control[i],
                                         .msg_controllen = sizeof(control[i])};
    }
    const int n = recvmmsg(p->fd, msg, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n && p->fd >= 0; i++)
        peer_arrive(p, bytes[i], msg[i].msg_len, stamp_of(&msg[i].msg_hdr));
    return n;
}

void peer_read(struct peer *p, usec_t now)
{
    (void)now;
    while (p->fd >= 0 && read_batch(p) == BATCH)
        ;
}

void peer_run_lines(struct peer *p, usec_t now)
{
    uint8_t *bytes;
    size_t len;
    while (p->up && (bytes = line_take(p->up, &len, now)))
        put_out(p, bytes, len);
    while (p->down && (bytes = line_take(p->down, &len, now)))
        peer_on_datagram(p, bytes, len, p->core->wall_shift + now, now);
}
