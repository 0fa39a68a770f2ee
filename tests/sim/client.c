#include "client.h"

#include "client_data.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void client_complain(const struct client *c, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    c->env->complain(c->env->ctx, c, text);
}

static void make_credentials(struct client *c)
{
    struct rng *r = c->env->rng;
    (void)snprintf(c->local_ufrag, sizeof(c->local_ufrag), "c%07x", rng_u32(r) & 0xfffffff);
    (void)snprintf(c->local_pwd, sizeof(c->local_pwd), "client%08x%08x%08x", rng_u32(r),
                   rng_u32(r), rng_u32(r));
    // Names of ours are unique among all members: the number is in it.
    (void)snprintf(c->server_ufrag, sizeof(c->server_ufrag), "s%04x%07x", c->number,
                   rng_u32(r) & 0xfffffff);
    (void)snprintf(c->server_pwd, sizeof(c->server_pwd), "server%08x%08x%08x", rng_u32(r),
                   rng_u32(r), rng_u32(r));
}

static size_t hash_of(const char *fingerprint, uint8_t out[64])
{
    size_t n = 0;
    for (const char *at = strchr(fingerprint, ' '); at && n < 64; at = strchr(at + 1, ':'))
        out[n++] = (uint8_t)strtoul(at + 1, NULL, 16);
    return n;
}

static void start_dtls(struct client *c, usec_t now)
{
    uint8_t hash[64];
    const enum dtls_role role = c->conf.dtls_server ? DTLS_SERVER : DTLS_CLIENT;
    const size_t len = hash_of(c->env->server_fingerprint, hash);
    if (dtls_init(&c->dtls, c->env->dtls, role, now) < 0 ||
        dtls_verify_fingerprint(&c->dtls, "sha-256", hash, len) < 0)
        abort();
    c->dtls_made = true;
}

void client_init(struct client *c, const struct client_env *env, uint16_t number,
                 const struct client_conf *conf, usec_t now)
{
    *c = (struct client){.number = number, .conf = *conf, .env = env, .generation = 1};
    (void)snprintf(c->id, sizeof(c->id), "m%u", number);
    c->addr.sin6_family = AF_INET6;
    c->addr.sin6_port = htons((uint16_t)(20000 + number));
    c->addr.sin6_addr.s6_addr[0] = 0xfd;
    c->addr.sin6_addr.s6_addr[14] = (uint8_t)(number >> 8);
    c->addr.sin6_addr.s6_addr[15] = (uint8_t)number;
    c->twcc_seq = (uint16_t)rng_u32(env->rng);
    c->ssrc = rng_u32(env->rng);
    c->check_at = now;
    c->report_at = USEC_NEVER;
    c->heard = malloc(sizeof(*c->heard));
    if (!c->heard)
        abort();
    twcc_recv_init(c->heard);
    make_credentials(c);
    start_dtls(c, now);
    if (conf->data)
        c->data = client_data_create();
}

static void drop_keys(struct client *c)
{
    client_data_end(c);
    if (c->dtls_made)
        dtls_fini(&c->dtls);
    opener_fini(&c->opener);
    sealer_fini(&c->rtcp);
    seal_fini(&c->seal);
    c->opener = (struct opener){0};
    c->rtcp = (struct sealer){0};
    c->seal = (struct seal){0};
    c->dtls_made = c->up = false;
}

void client_fini(struct client *c)
{
    drop_keys(c);
    for (unsigned i = 0; i < c->pub_count; i++)
        pub_fini(&c->pub[i]);
    for (unsigned i = 0; i < c->sink_count; i++)
        sink_destroy(c->sink[i]);
    client_data_destroy(c->data);
    free(c->heard);
    *c = (struct client){0};
}

struct pub *client_publish(struct client *c, enum media_source source, enum media_codec codec,
                           unsigned layers)
{
    assert(c->pub_count < CLIENT_PUBS);
    struct pub *p = &c->pub[c->pub_count];
    pub_init(p, c, (uint8_t)c->pub_count, source, codec, layers);
    c->pub_count++;
    return p;
}

struct sink *client_receive(struct client *c, enum media_kind kind, enum slot_role role,
                            uint16_t pair)
{
    assert(c->sink_count < CLIENT_SINKS);
    struct sink *s = sink_create(c, kind, role, pair);
    c->sink[c->sink_count++] = s;
    return s;
}

void client_receive_pairs(struct client *c, unsigned n)
{
    for (uint16_t i = 0; i < n; i++) {
        client_receive(c, KIND_AUDIO, SLOT_ANY, i);
        client_receive(c, KIND_VIDEO, SLOT_ANY, i);
    }
}

void client_agreement(struct client *c, struct agreement *out)
{
    *out = (struct agreement){
        .generation = c->generation,
        .answers = ++c->answers,
        .fingerprint_hash = "sha-256",
        .dtls_role = c->conf.dtls_server ? AGREE_DTLS_CLIENT : AGREE_DTLS_SERVER,
        .cname = "sim",
    };
    memcpy(out->local_ufrag, c->server_ufrag, sizeof(c->server_ufrag));
    memcpy(out->local_pwd, c->server_pwd, sizeof(c->server_pwd));
    memcpy(out->remote_ufrag, c->local_ufrag, sizeof(c->local_ufrag));
    memcpy(out->remote_pwd, c->local_pwd, sizeof(c->local_pwd));
    out->fingerprint_len = (uint8_t)hash_of(c->env->dtls->fingerprint, out->fingerprint);
    out->mline_count = c->pub_count + c->sink_count;
    out->mline = calloc(out->mline_count + 1, sizeof(*out->mline));
    if (!out->mline)
        abort();
    if (c->data)
        out->mline[out->mline_count++] = (struct agree_mline){
            .mid = "data",
            .kind = KIND_DATA,
            .active = true,
            .data = {.port = ASSOC_PORT, .may_send = !c->conf.watches_only}};
    for (unsigned i = 0; i < c->pub_count; i++)
        pub_mline(&c->pub[i], &out->mline[i]);
    for (unsigned i = 0; i < c->sink_count; i++)
        sink_mline(c->sink[i], &out->mline[c->pub_count + i]);
}

void client_restart_ice(struct client *c, usec_t now)
{
    make_credentials(c);
    c->checks_ok = 0;
    c->check_len = 0;
    c->check_at = now;
}

void client_reconnect(struct client *c, usec_t now)
{
    drop_keys(c);
    c->generation++;
    c->asleep = c->no_checks = false;
    client_restart_ice(c, now);
    start_dtls(c, now);
    twcc_recv_init(c->heard);
    for (unsigned i = 0; i < c->sink_count; i++)
        sink_reset(c->sink[i]);
    for (unsigned i = 0; i < c->pub_count; i++)
        pub_rekey(&c->pub[i]);
}

struct sink *client_sink(const struct client *c, const char *mid)
{
    for (unsigned i = 0; i < c->sink_count; i++)
        if (strcmp(c->sink[i]->mid, mid) == 0)
            return c->sink[i];
    return NULL;
}

uint64_t client_ntp(uint16_t number, usec_t now)
{
    const uint64_t base = number * UINT64_C(0x0123456789abcdef);
    const uint64_t sec = (uint64_t)(now / USEC_PER_SEC), rest = (uint64_t)(now % USEC_PER_SEC);
    return base + (sec << 32) + ((rest << 32) + 500000) / 1000000;
}

size_t client_spoil(struct client *c, enum spoil where, uint8_t *bytes, size_t len)
{
    if (c->env->spoil && len <= SPOIL_ROOM)
        c->env->spoil(c->env->ctx, c, where, bytes, &len);
    return len;
}

static void raw_send(struct client *c, uint8_t *bytes, size_t len)
{
    if (c->asleep)
        return;
    len = client_spoil(c, SPOIL_DATAGRAM, bytes, len);
    if (len > 0)
        c->env->send(c->env->ctx, c, bytes, len);
}

void client_send_rtp(struct client *c, struct seal_stream *st, uint8_t *bytes, size_t len,
                     bool again)
{
    if (!c->up || c->asleep)
        return;
    if (!again) // what is sent again is what was said before
        len = client_spoil(c, SPOIL_RTP, bytes, len);
    if (len == 0)
        return;
    const enum drop why = again ? seal_resend(&c->seal, st, bytes, &len, CLIENT_PACKET)
                                : seal_rtp(&c->seal, st, bytes, &len, CLIENT_PACKET);
    if (why == DROP_NONE)
        raw_send(c, bytes, len);
    else if (!again)
        client_complain(c, "the client cannot seal: %s", drop_name(why));
}

void client_send_rtcp(struct client *c, uint8_t *bytes, size_t len)
{
    if (!c->up || len == 0 || c->asleep)
        return;
    len = client_spoil(c, SPOIL_RTCP, bytes, len);
    if (len >= 8 && sealer_rtcp(&c->rtcp, bytes, &len, CLIENT_PACKET) == DROP_NONE)
        raw_send(c, bytes, len);
}

static void take_keys(struct client *c, usec_t now)
{
    struct dtls_keys keys;
    if (dtls_export(&c->dtls, &keys) < 0 ||
        opener_init(&c->opener, c->env->seal, keys.profile, keys.theirs.key, keys.theirs.salt) <
            0 ||
        sealer_init(&c->rtcp, c->env->seal, keys.profile, keys.ours.key, keys.ours.salt) < 0 ||
        seal_init(&c->seal, c->env->seal, keys.profile, keys.ours.key, keys.ours.salt) < 0)
        abort();
    dtls_keys_wipe(&keys);
    c->up = true;
    c->up_at = now;
    c->report_at = now + rng_below(c->env->rng, 200000);
    for (unsigned i = 0; i < c->pub_count; i++)
        c->pub[i].next_at = now + rng_below(c->env->rng, 30000);
}

void client_send_dtls(struct client *c)
{
    uint8_t out[CLIENT_PACKET];
    for (size_t len; (len = dtls_take(&c->dtls, out, sizeof(out))) > 0;)
        raw_send(c, out, len);
}

static void settle_dtls(struct client *c, usec_t now)
{
    client_send_dtls(c);
    if (c->dtls.state == DTLS_UP && !c->up)
        take_keys(c, now);
    client_data_run(c, now);
}

/** A check was answered: there is a path. */
static void begin_dtls(struct client *c, usec_t now)
{
    if (c->checks_ok > 0)
        dtls_start(&c->dtls, now);
    settle_dtls(c, now);
}

static void on_rtp(struct client *c, uint8_t *bytes, size_t len, usec_t now)
{
    struct rtp pkt;
    const enum drop why = opener_rtp(&c->opener, bytes, &len);
    if (why) { // a repetition by the network, or a resend of what came after all
        c->bad_in++;
        if (why != DROP_REPLAY)
            client_complain(c, "a packet that does not open: %s", drop_name(why));
        return;
    }
    if (rtp_parse(&pkt, bytes, len) != DROP_NONE) {
        client_complain(c, "a packet that is no RTP");
        return;
    }
    for (unsigned i = 0; i < c->sink_count; i++) {
        struct sink *s = c->sink[i];
        if (s->ssrc == pkt.ssrc || (s->rtx_ssrc && s->rtx_ssrc == pkt.ssrc)) {
            client_note_number(c, s, &pkt, now);
            sink_on_rtp(s, &pkt, now);
            return;
        }
    }
    client_complain(c, "a packet of an SSRC that nobody announced");
}

void client_on_datagram(struct client *c, uint8_t *bytes, size_t len, usec_t now)
{
    if (c->asleep || len < 2)
        return;
    if (bytes[0] < 4) {
        client_on_stun(c, bytes, len, now);
        begin_dtls(c, now);
    } else if (dtls_is_dtls(bytes, len)) {
        (void)dtls_on_datagram(&c->dtls, bytes, len, now);
        settle_dtls(c, now);
    } else if (c->up && bytes[1] >= 192 && bytes[1] <= 223) {
        if (opener_rtcp(&c->opener, bytes, &len) == DROP_NONE)
            client_on_rtcp(c, bytes, len, now);
        else
            c->bad_in++;
    } else if (c->up) {
        on_rtp(c, bytes, len, now);
    }
}

void client_tick(struct client *c, usec_t now)
{
    if (c->asleep)
        return;
    client_ice_tick(c, now);
    dtls_tick(&c->dtls, now);
    settle_dtls(c, now);
    if (!c->up)
        return;
    for (unsigned i = 0; i < c->pub_count; i++)
        pub_tick(&c->pub[i], now);
    for (unsigned i = 0; i < c->sink_count; i++)
        sink_tick(c->sink[i], now);
    client_rtcp_tick(c, now);
}

usec_t client_deadline(const struct client *c)
{
    if (c->asleep)
        return USEC_NEVER;
    usec_t at = usec_min(c->no_checks ? USEC_NEVER : c->check_at, dtls_deadline(&c->dtls));
    if (!c->up)
        return at;
    at = usec_min(at, c->report_at);
    at = usec_min(at, twcc_recv_deadline(c->heard));
    at = usec_min(at, client_data_deadline(c));
    for (unsigned i = 0; i < c->pub_count; i++)
        if (!c->pub[i].stopped)
            at = usec_min(at, c->pub[i].next_at);
    for (unsigned i = 0; i < c->sink_count; i++)
        at = usec_min(at, c->sink[i]->tick_at);
    return at;
}
