#include "peer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK       (10 * USEC_PER_MS)
#define CONNECT_IN (30 * USEC_PER_SEC)

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
    s->best_first = p->conf.best_first;
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
            s->recv = s->screen = true;
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
        s->send = false; // a subscription
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

// ---- time

usec_t peer_tick(struct peer *p, usec_t now)
{
    usec_t next = now + TICK;
    peer_ice_tick(p, now);
    if (p->state == PEER_FAILED)
        return USEC_NEVER;
    if (p->state != PEER_UP && p->state != PEER_NEW && now - p->state_at > CONNECT_IN)
        peer_fail(p, !peer_has_path(p) ? "ICE: no path" : "DTLS: timeout");
    if (p->dtls_made && peer_has_path(p)) {
        dtls_tick(&p->dtls, now);
        peer_settle_dtls(p, now);
    }
    peer_run_lines(p, now);
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
