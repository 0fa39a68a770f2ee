#include "peer.h"

#include "base/bytes.h"
#include "rtp/rtx.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH       32
#define TICK        (10 * USEC_PER_MS)
#define CONNECT_IN  (30 * USEC_PER_SEC)
#define STREAM_ROOM 65536

// ---- sections

static struct sdp_section *add_section(struct peer *p, bool video)
{
    if (p->sections == PEER_SECTIONS)
        return NULL;
    struct sdp_section *s = &p->section[p->sections];
    *s = (struct sdp_section){.video = video,
                              .opus = SDP_PT_OPUS,
                              .vp8 = SDP_PT_VP8,
                              .rtx_pt = p->core->rtx ? SDP_PT_RTX : -1};
    (void)snprintf(s->mid, sizeof(s->mid), "%u", p->sections++);
    return s;
}

static int publish(struct peer *p, enum sender_source source, unsigned layers)
{
    struct sdp_section *s = add_section(p, source != SENDER_MICROPHONE);
    struct sender *sender = &p->sender[p->senders];
    if (!s || sender_init(sender, p, source, layers) < 0)
        return -ENOMEM;
    p->senders++;
    memcpy(sender->mid, s->mid, sizeof(s->mid));
    s->send = true;
    s->layers = layers;
    s->ssrc = sender->layer[0].ssrc;
    s->rtx = source != SENDER_MICROPHONE && p->core->rtx ? sender->layer[0].rtx_ssrc : 0;
    return 0;
}

static int make_sections(struct peer *p)
{
    int err = 0;
    if (p->conf.audio)
        err = publish(p, SENDER_MICROPHONE, 1);
    if (!err && p->conf.video)
        err = publish(p, SENDER_CAMERA, p->conf.layers);
    if (!err && p->conf.screen)
        err = publish(p, SENDER_SCREEN, 1);
    for (unsigned i = 0; i < p->conf.slots_audio || i < p->conf.slots_video; i++) {
        struct sdp_section *s = i < p->conf.slots_audio ? add_section(p, false) : NULL;
        if (s)
            s->recv = true;
        s = i < p->conf.slots_video ? add_section(p, true) : NULL;
        if (s)
            s->recv = true;
    }
    for (unsigned i = 0; i < p->conf.slots_screen; i++) {
        struct sdp_section *s = add_section(p, true);
        if (s)
            s->recv = true;
    }
    return err;
}

// ---- life

struct peer *peer_create(struct core *c, const struct peer_conf *conf,
                         const struct peer_owner *owner)
{
    struct peer *p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    *p = (struct peer){.core = c,
                       .conf = *conf,
                       .owner = *owner,
                       .fd = -1,
                       .began_at = c->now,
                       .state_at = c->now,
                       .ssrc = core_random(c),
                       .twcc_seq = (uint16_t)core_random(c)};
    const int place = core_add(c, p);
    p->place = place < 0 ? 0 : (unsigned)place;
    p->heard = calloc(1, sizeof(*p->heard));
    if (place < 0 || !p->heard || make_sections(p) < 0 || peer_gather(p) < 0) {
        if (place < 0)
            abort(); // no memory for a pointer: there is no going on
        peer_destroy(p);
        return NULL;
    }
    twcc_recv_init(p->heard);
    if (line_is_bad(&conf->line)) {
        p->up = line_create(&conf->line, core_random(c));
        p->down = line_create(&conf->line, core_random(c));
    }
    if (conf->wants_frames && c->verify_each)
        p->decodes = c->viewers++ % c->verify_each == 0;
    return p;
}

void peer_destroy(struct peer *p)
{
    if (!p)
        return;
    if (p->state == PEER_UP) {
        uint8_t out[DTLS_MTU];
        dtls_close(&p->dtls);
        for (size_t len; (len = dtls_take(&p->dtls, out, sizeof(out))) > 0;)
            peer_send(p, out, len);
    }
    peer_ice_fini(p);
    core_remove(p->core, p->place);
    if (p->dtls_made)
        dtls_fini(&p->dtls);
    opener_fini(&p->opener);
    sealer_fini(&p->rtcp);
    for (unsigned i = 0; i < p->senders; i++)
        sender_fini(&p->sender[i]);
    seal_fini(&p->seal);
    for (unsigned i = 0; i < p->receivers; i++)
        receiver_destroy(p->receiver[i]);
    free(p->receiver);
    free(p->remote);
    free(p->candidates);
    free(p->heard);
    free(p->stream_in);
    line_destroy(p->up);
    line_destroy(p->down);
    free(p);
}

void peer_fail(struct peer *p, const char *why)
{
    if (p->state == PEER_FAILED)
        return;
    p->state = PEER_FAILED;
    core_error(p->core, why);
    p->owner.on_failed(p->owner.arg, p, why);
}

// ---- SDP

char *peer_offer(struct peer *p)
{
    p->offered_at = p->core->now;
    p->self.setup = "actpass";
    return sdp_write(&p->self, p->section, p->sections, NULL);
}

/** What the server agreed to holds for what we send. */
static void take_agreed(struct peer *p)
{
    const struct sdp_remote *r = p->remote;
    for (unsigned i = 0; i < p->senders; i++) {
        struct sender *s = &p->sender[i];
        s->stopped = true;
        for (unsigned k = 0; k < r->sections; k++) {
            const struct sdp_section *t = &r->section[k];
            const int pt = s->source == SENDER_MICROPHONE ? t->opus : t->vp8;
            if (strcmp(t->mid, s->mid) != 0 || t->rejected || pt < 0)
                continue;
            s->stopped = false;
            s->pt = (uint8_t)pt;
            s->rtx_pt = t->rtx_pt;
        }
    }
}

static const char *read_remote(struct peer *p, const char *sdp)
{
    struct sdp_remote *r = p->remote ? p->remote : malloc(sizeof(*r));
    if (!r)
        return "no memory";
    p->remote = r;
    return sdp_read(r, sdp);
}

/** The path and then DTLS; once. */
static const char *begin(struct peer *p, const char *sdp, enum dtls_role role)
{
    const struct sdp_remote *r = p->remote;
    if (dtls_init(&p->dtls, &p->core->dtls, role, p->core->now) < 0)
        return "no memory";
    p->dtls_made = true;
    if (dtls_verify_fingerprint(&p->dtls, r->hash, r->fingerprint, r->fingerprint_len) < 0)
        return "SDP with a fingerprint that cannot be used";
    p->state = PEER_CHECKING;
    p->state_at = p->core->now;
    return peer_check_path(p, sdp);
}

const char *peer_take_answer(struct peer *p, const char *sdp)
{
    const char *why = read_remote(p, sdp);
    if (why)
        return why;
    take_agreed(p);
    return p->state == PEER_NEW ? begin(p, sdp, p->remote->active ? DTLS_SERVER : DTLS_CLIENT)
                                : NULL;
}

const char *peer_take_offer(struct peer *p, const char *sdp, char **answer)
{
    *answer = NULL;
    const char *why = read_remote(p, sdp);
    if (why)
        return why;
    p->sections = p->remote->sections;
    for (unsigned i = 0; i < p->sections; i++) {
        struct sdp_section *s = &p->section[i];
        *s = p->remote->section[i];
        s->rejected = s->rejected || (s->video ? s->vp8 : s->opus) < 0;
        s->recv = s->send; // read from their side
        s->send = false;
    }
    p->self.setup = "active";
    if (p->state == PEER_NEW) {
        p->offered_at = p->core->now;
        why = begin(p, sdp, DTLS_CLIENT);
    }
    if (!why)
        *answer = sdp_write(&p->self, p->section, p->sections, p->remote);
    return why;
}

void peer_set_layers(struct peer *p, const char *mid, const char *const *rids, unsigned n)
{
    for (unsigned i = 0; i < p->senders; i++) {
        struct sender *s = &p->sender[i];
        for (unsigned k = 0; k < s->layers && strcmp(s->mid, mid) == 0; k++) {
            bool wanted = false;
            for (unsigned j = 0; j < n; j++)
                wanted =
                    wanted || s->layers == 1 || strcmp(rids[j], sdp_rid(k, s->layers)) == 0;
            sender_switch(s, k, wanted);
        }
    }
}

// ---- out

static void put_out(struct peer *p, const uint8_t *bytes, size_t len)
{
    uint8_t head[2];
    if (p->fd < 0)
        return;
    if (!p->stream_socket) {
        (void)send(p->fd, bytes, len, MSG_NOSIGNAL);
        return;
    }
    wr16(head, (uint16_t)len); // RFC 4571 section 2
    struct iovec part[] = {{head, sizeof(head)}, {(void *)bytes, len}};
    const struct msghdr msg = {.msg_iov = part, .msg_iovlen = 2};
    const ssize_t n = sendmsg(p->fd, &msg, MSG_NOSIGNAL);
    if (n >= 0 && (size_t)n < len + sizeof(head))
        peer_fail(p, "a TCP path that is full");
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
        opener_init(&p->opener, keys.profile, keys.theirs.key, keys.theirs.salt) < 0 ||
        sealer_init(&p->rtcp, keys.profile, keys.ours.key, keys.ours.salt) < 0 ||
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

static void settle_dtls(struct peer *p, usec_t now)
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
        twcc_recv_on_packet(p->heard, rd16(number), now);
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
        settle_dtls(p, now);
    } else if (p->state != PEER_UP) {
        return;
    } else if (bytes[1] >= 192 && bytes[1] <= 223) { // RFC 5761 section 4
        if (opener_rtcp(&p->opener, bytes, &len) == DROP_NONE)
            peer_on_rtcp(p, bytes, len, now);
    } else {
        on_rtp(p, bytes, len, wall_us, now);
    }
}

static void arrive(struct peer *p, uint8_t *bytes, size_t len, int64_t wall_us)
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
        arrive(p, bytes[i], msg[i].msg_len, stamp_of(&msg[i].msg_hdr));
    return n;
}

/** RFC 4571: each datagram has its length before it. */
static void read_stream(struct peer *p)
{
    if (!p->stream_in)
        p->stream_in = malloc(STREAM_ROOM);
    if (!p->stream_in)
        return;
    const ssize_t n = recv(p->fd, p->stream_in + p->stream_len, STREAM_ROOM - p->stream_len, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        peer_fail(p, "the TCP path was closed");
    if (n <= 0)
        return;
    p->stream_len += (size_t)n;
    size_t at = 0;
    while (p->fd >= 0 && p->stream_len - at >= 2) {
        const size_t len = rd16(p->stream_in + at);
        if (p->stream_len - at - 2 < len)
            break;
        arrive(p, p->stream_in + at + 2, len, core_wall());
        at += 2 + len;
    }
    memmove(p->stream_in, p->stream_in + at, p->stream_len - at);
    p->stream_len -= at;
}

void peer_read(struct peer *p, usec_t now)
{
    (void)now;
    if (p->stream_socket) {
        read_stream(p);
        return;
    }
    while (p->fd >= 0 && read_batch(p) == BATCH)
        ;
}

static void run_lines(struct peer *p, usec_t now)
{
    uint8_t *bytes;
    size_t len;
    while (p->up && (bytes = line_take(p->up, &len, now)))
        put_out(p, bytes, len);
    while (p->down && (bytes = line_take(p->down, &len, now)))
        peer_on_datagram(p, bytes, len, p->core->wall_shift + now, now);
}

usec_t peer_tick(struct peer *p, usec_t now)
{
    usec_t next = now + TICK;
    peer_ice_tick(p, now);
    if (p->state == PEER_FAILED)
        return USEC_NEVER;
    if (p->state != PEER_UP && p->state != PEER_NEW && now - p->state_at > CONNECT_IN)
        peer_fail(p, p->fd < 0 ? "ICE: no path" : "DTLS: timeout");
    if (p->dtls_made && p->fd >= 0) {
        dtls_tick(&p->dtls, now);
        settle_dtls(p, now);
    }
    run_lines(p, now);
    if (p->state == PEER_UP) {
        for (unsigned i = 0; i < p->senders; i++)
            next = usec_min(next, sender_tick(&p->sender[i], now));
        for (unsigned i = 0; i < p->receivers; i++)
            receiver_tick(p->receiver[i], now);
        peer_send_numbers(p, now);
        if (now >= p->report_at)
            peer_report(p, now);
    }
    if (p->up)
        next = usec_min(next, line_deadline(p->up));
    if (p->down)
        next = usec_min(next, line_deadline(p->down));
    return next;
}
