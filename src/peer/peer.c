#include "peer/peer.h"

#include "base/fetch.h"
#include "inner.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static void set_state(struct peer *p, enum peer_state to)
{
    static const bool legal[4][4] = {
        [PEER_WAITING] = {[PEER_SECURING] = true, [PEER_GONE] = true},
        [PEER_SECURING] = {[PEER_UP] = true, [PEER_GONE] = true},
        [PEER_UP] = {[PEER_GONE] = true},
    };
    assert(legal[p->state][to]);
    p->state = to;
}

static void gone(struct peer *p, const char *why)
{
    if (p->state == PEER_GONE)
        return;
    set_state(p, PEER_GONE);
    p->why_gone = why;
    peer_end_data(p);
}

static struct ice_credentials credentials(const struct agreement *a)
{
    return (struct ice_credentials){.local_ufrag = a->local_ufrag,
                                    .local_pwd = a->local_pwd,
                                    .remote_ufrag = a->remote_ufrag};
}

int peer_init(struct peer *p, const struct peer_env *env, const struct agreement *a, usec_t now)
{
    *p = (struct peer){.generation = a->generation, .why_gone = "", .env = env};
    peer_agree_data(p, a);

    const struct ice_credentials c = credentials(a);
    const enum dtls_role role = a->dtls_role == AGREE_DTLS_SERVER ? DTLS_SERVER : DTLS_CLIENT;
    int err = ice_init(&p->ice, &c, now);
    if (err < 0)
        return err;
    if ((err = dtls_init(&p->dtls, env->dtls, role, now)) < 0)
        return err;
    err = dtls_verify_fingerprint(&p->dtls, a->fingerprint_hash, a->fingerprint,
                                  a->fingerprint_len);
    if (err < 0)
        goto fail;
    return 0;

fail:
    dtls_fini(&p->dtls);
    return err;
}

void peer_fini(struct peer *p)
{
    peer_end_data(p);
    dtls_fini(&p->dtls);
    opener_fini(&p->opener);
    sealer_fini(&p->rtcp);
    seal_fini(&p->seal);
    *p = (struct peer){0};
}

int peer_agree(struct peer *p, const struct agreement *a, usec_t now)
{
    const struct ice_credentials c = credentials(a);
    peer_agree_data(p, a);
    peer_start_data(p, now);
    return ice_restart(&p->ice, &c, now);
}

void peer_fetch(const struct peer *p)
{
    FETCH_MEMBERS(p, state, state);
    FETCH_MEMBERS(p, ice.selected, ice.selected);
    FETCH_MEMBERS(p, seal, seal);
}

void peer_fetch_keys(const struct peer *p)
{
    seal_fetch(&p->seal);
}

void peer_address(const struct peer *p, struct udp_datagram *d)
{
    d->addr = p->ice.selected.remote;
    d->local = p->ice.selected.local;
}

void peer_send_dtls(struct peer *p, struct udp_batch *tx)
{
    if (!p->ice.has_path)
        return;
    for (;;) {
        struct udp_datagram *d = udp_next(tx);
        const size_t len = dtls_take(&p->dtls, d->data, UDP_SLOT_SIZE);
        if (len == 0)
            return;
        d->len = (uint16_t)len;
        peer_address(p, d);
        udp_commit(tx);
    }
}

/** The handshake is done: its exported keys become SRTP's (RFC 5764 section 4.2). */
static int take_keys(struct peer *p)
{
    struct dtls_keys keys;
    int err = dtls_export(&p->dtls, &keys);
    if (err < 0)
        return err;
    err =
        opener_init(&p->opener, p->env->seal, keys.profile, keys.theirs.key, keys.theirs.salt);
    if (err == 0)
        err = sealer_init(&p->rtcp, p->env->seal, keys.profile, keys.ours.key, keys.ours.salt);
    if (err == 0)
        err = seal_init(&p->seal, p->env->seal, keys.profile, keys.ours.key, keys.ours.salt);
    dtls_keys_wipe(&keys);
    return err;
}

/** Draws the conclusions of what DTLS and ICE have come to. */
static void settle(struct peer *p, struct udp_batch *tx, usec_t now)
{
    peer_send_dtls(p, tx);
    if (p->state == PEER_GONE)
        return;
    if (p->dtls.state == DTLS_FAILED)
        gone(p, "dtls_failed");
    else if (p->dtls.state == DTLS_CLOSED)
        gone(p, "closed");
    else if (p->dtls.state == DTLS_UP && p->state == PEER_SECURING) {
        if (take_keys(p) < 0)
            gone(p, "dtls_failed");
        else
            set_state(p, PEER_UP);
    }
    peer_start_data(p, now);
    peer_receive_data(p, now);
}

enum drop peer_on_stun(struct peer *p, const struct udp_datagram *d, struct udp_batch *tx,
                       struct ice_event *ev, usec_t now)
{
    *ev = (struct ice_event){0};
    if (p->state == PEER_GONE)
        return DROP_NOT_READY;
    struct udp_datagram *reply = udp_next(tx);
    const struct ice_path from = {.remote = d->addr, .local = d->local};
    const enum drop why = ice_on_check(&p->ice, d->data, d->len, &from, ev, now);
    if (ev->reply_len > 0) {
        memcpy(reply->data, ev->reply, ev->reply_len);
        reply->len = (uint16_t)ev->reply_len;
        reply->addr = d->addr;
        reply->local = d->local;
        udp_commit(tx);
    }
    if (why == DROP_NONE && p->state == PEER_WAITING && p->ice.has_path) {
        set_state(p, PEER_SECURING);
        dtls_start(&p->dtls, now);
    }
    settle(p, tx, now);
    return why;
}

enum drop peer_on_dtls(struct peer *p, const struct udp_datagram *d, struct udp_batch *tx,
                       usec_t now)
{
    if (p->state == PEER_GONE)
        return DROP_NOT_READY;
    const enum drop why = dtls_on_datagram(&p->dtls, d->data, d->len, now);
    settle(p, tx, now);
    return why;
}

enum drop peer_unseal_rtp(struct peer *p, struct udp_datagram *d)
{
    if (p->state != PEER_UP)
        return DROP_NOT_READY;
    size_t len = d->len;
    const enum drop why = opener_rtp(&p->opener, d->data, &len);
    d->len = (uint16_t)len;
    return why;
}

enum drop peer_unseal_rtcp(struct peer *p, struct udp_datagram *d)
{
    if (p->state != PEER_UP)
        return DROP_NOT_READY;
    size_t len = d->len;
    const enum drop why = opener_rtcp(&p->opener, d->data, &len);
    d->len = (uint16_t)len;
    return why;
}

enum drop peer_seal_rtp(struct peer *p, struct seal_stream *st, struct udp_datagram *d)
{
    if (p->state != PEER_UP)
        return DROP_NOT_READY;
    size_t len = d->len;
    const enum drop why = seal_rtp(&p->seal, st, d->data, &len, UDP_SLOT_SIZE);
    d->len = (uint16_t)len;
    peer_address(p, d);
    return why;
}

enum drop peer_seal_job(struct peer *p, struct seal_stream *st, struct udp_datagram *d,
                        struct seal_job *job)
{
    if (p->state != PEER_UP)
        return DROP_NOT_READY;
    *job = (struct seal_job){
        .seal = &p->seal, .stream = st, .pkt = d->data, .len = d->len, .cap = UDP_SLOT_SIZE};
    peer_address(p, d);
    return DROP_NONE;
}

enum drop peer_seal_resend(struct peer *p, struct seal_stream *st, struct udp_datagram *d)
{
    if (p->state != PEER_UP)
        return DROP_NOT_READY;
    size_t len = d->len;
    const enum drop why = seal_resend(&p->seal, st, d->data, &len, UDP_SLOT_SIZE);
    d->len = (uint16_t)len;
    peer_address(p, d);
    return why;
}

enum drop peer_seal_rtcp(struct peer *p, struct udp_datagram *d)
{
    if (p->state != PEER_UP)
        return DROP_NOT_READY;
    size_t len = d->len;
    const enum drop why = sealer_rtcp(&p->rtcp, d->data, &len, UDP_SLOT_SIZE);
    d->len = (uint16_t)len;
    peer_address(p, d);
    return why;
}

void peer_close(struct peer *p, struct udp_batch *tx, usec_t now)
{
    (void)now;
    dtls_close(&p->dtls);
    peer_send_dtls(p, tx);
    gone(p, "closed");
}

void peer_tick(struct peer *p, struct udp_batch *tx, usec_t now)
{
    if (p->state == PEER_GONE)
        return;
    if (ice_tick(&p->ice, now)) {
        gone(p, p->state == PEER_WAITING ? "ice_timeout" : "consent_expired");
        return;
    }
    dtls_tick(&p->dtls, now);
    settle(p, tx, now);
}

usec_t peer_deadline(const struct peer *p)
{
    if (p->state == PEER_GONE)
        return USEC_NEVER;
    return usec_min(ice_deadline(&p->ice), dtls_deadline(&p->dtls));
}
