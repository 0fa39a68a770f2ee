/*
 * The path: a NiceAgent, full ICE and controlling, finds it and is then sent home. Its socket
 * stays: 26 kB, two wake-ups and 2 µs a packet are what an agent costs for nothing once there
 * is a path (docs/decisions/0021). What it did then, consent (RFC 7675) and answers to checks,
 * is done here.
 */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stun/usages/ice.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONSENT_EACH (5 * USEC_PER_SEC)
#define CONSENT_WAIT (500 * USEC_PER_MS)
#define CONSENT_LOST (30 * USEC_PER_SEC)
#define PACE_MS      5
#define PRIORITY     0x6e7f1eff // of a peer-reflexive candidate, RFC 8445 section 5.1.2

static void on_datagram(NiceAgent *agent, guint stream, guint component, guint len, gchar *data,
                        gpointer arg)
{
    struct peer *p = arg;
    uint8_t bytes[PEER_PACKET];
    (void)agent;
    (void)stream;
    (void)component;
    if (len < 2 || len > sizeof(bytes))
        return;
    memcpy(bytes, data, len);
    peer_arrive(p, bytes, len, core_wall());
}

static void on_gathered(NiceAgent *agent, guint stream, gpointer arg)
{
    struct peer *p = arg;
    (void)agent;
    (void)stream;
    p->gathered = true;
    p->core->wake[p->place] = 0;
}

static void on_state(NiceAgent *agent, guint stream, guint component, guint state, gpointer arg)
{
    struct peer *p = arg;
    (void)agent;
    (void)stream;
    (void)component;
    if (state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY)
        p->found = true;
    if (state == NICE_COMPONENT_STATE_FAILED)
        p->lost = true;
    p->core->wake[p->place] = 0;
}

/** What the offer says of the path. */
static void describe(struct peer *p)
{
    gchar *ufrag = NULL, *pwd = NULL;
    size_t len;
    nice_agent_get_local_credentials(p->agent, p->stream, &ufrag, &pwd);
    (void)snprintf(p->self.ufrag, sizeof(p->self.ufrag), "%s", ufrag);
    (void)snprintf(p->self.pwd, sizeof(p->self.pwd), "%s", pwd);
    g_free(ufrag);
    g_free(pwd);
    FILE *f = open_memstream(&p->candidates, &len);
    GSList *list = nice_agent_get_local_candidates(p->agent, p->stream, 1);
    for (GSList *i = list; i && f; i = i->next) {
        gchar *line = nice_agent_generate_local_candidate_sdp(p->agent, i->data);
        (void)fprintf(f, "%s\r\n", line);
        g_free(line);
    }
    g_slist_free_full(list, (GDestroyNotify)nice_candidate_free);
    if (f)
        (void)fclose(f);
    p->self.candidates = p->candidates;
    p->self.fingerprint = p->core->dtls.fingerprint;
    p->self.session = core_random(p->core) >> 1;
}

int peer_gather(struct peer *p)
{
    NiceAddress address;
    // With TCP it stays, and keeps consent (RFC 7675); else that is done here.
    p->agent = nice_agent_new_full(NULL, NICE_COMPATIBILITY_RFC5245,
                                   p->conf.tcp ? NICE_AGENT_OPTION_CONSENT_FRESHNESS : 0);
    if (!p->agent)
        return -ENOMEM;
    p->core->connecting++;
    g_object_set(p->agent, "upnp", FALSE, "ice-tcp", (gboolean)p->conf.tcp, "ice-udp",
                 (gboolean)!p->conf.tcp, "controlling-mode", TRUE, "stun-pacing-timer", PACE_MS,
                 NULL);
    nice_address_init(&address);
    if (p->conf.local_address && nice_address_set_from_string(&address, p->conf.local_address))
        nice_agent_add_local_address(p->agent, &address);
    p->stream = nice_agent_add_stream(p->agent, 1);
    g_signal_connect(p->agent, "candidate-gathering-done", G_CALLBACK(on_gathered), p);
    g_signal_connect(p->agent, "component-state-changed", G_CALLBACK(on_state), p);
    nice_agent_attach_recv(p->agent, p->stream, 1, NULL, on_datagram, p);
    return nice_agent_gather_candidates(p->agent, p->stream) ? 0 : -EADDRNOTAVAIL;
}

struct candidates {
    struct peer *p;
    GSList *list;
};

static void take_candidate(void *arg, const char *line)
{
    struct candidates *c = arg;
    char whole[600];
    (void)snprintf(whole, sizeof(whole), "a=%s", line);
    NiceCandidate *one =
        nice_agent_parse_remote_candidate_sdp(c->p->agent, c->p->stream, whole);
    if (!one)
        return;
    one->component_id = 1;
    c->list = g_slist_append(c->list, one);
}

const char *peer_check_path(struct peer *p, const char *sdp)
{
    struct candidates c = {.p = p};
    sdp_candidates(sdp, take_candidate, &c);
    const char *why = NULL;
    if (!c.list)
        why = "SDP without candidates";
    else if (!nice_agent_set_remote_credentials(p->agent, p->stream, p->remote->ufrag,
                                                p->remote->pwd) ||
             nice_agent_set_remote_candidates(p->agent, p->stream, 1, c.list) <= 0)
        why = "no candidate of the server's can be used";
    g_slist_free_full(c.list, (GDestroyNotify)nice_candidate_free);
    return why;
}

static void end_agent(struct peer *p)
{
    if (!p->agent)
        return;
    g_signal_handlers_disconnect_by_data(p->agent, p);
    nice_agent_attach_recv(p->agent, p->stream, 1, NULL, NULL, NULL);
    nice_agent_remove_stream(p->agent, p->stream);
    g_object_unref(p->agent);
    p->agent = NULL;
    p->carried = false;
    p->core->connecting--;
}

void peer_ice_fini(struct peer *p)
{
    end_agent(p);
    if (p->fd >= 0) {
        (void)epoll_ctl(p->core->epoll, EPOLL_CTL_DEL, p->fd, NULL);
        (void)close(p->fd);
    }
    p->fd = -1;
    if (p->check.waits)
        stun_agent_forget_transaction(&p->core->stun, p->check.id);
}

/** The socket of the pair that was found is ours from now on. */
static int take_over(struct peer *p)
{
    NiceCandidate *local = NULL, *remote = NULL;
    struct sockaddr_storage to;
    const int on = 1, room = 1 << 20;
    if (!nice_agent_get_selected_pair(p->agent, p->stream, 1, &local, &remote))
        return -ENOTCONN;
    if (local->transport != NICE_CANDIDATE_TRANSPORT_UDP) {
        p->carried = true; // libnice gives no socket of TCP away, and keeps consent itself
        return 0;
    }
    nice_address_copy_to_sockaddr(&remote->addr, (struct sockaddr *)&to);
    GSocket *socket = nice_agent_get_selected_socket(p->agent, p->stream, 1);
    p->fd = socket ? dup(g_socket_get_fd(socket)) : -1;
    if (socket)
        g_object_unref(socket);
    if (p->fd < 0)
        return -EBADF;
    if (connect(p->fd, (struct sockaddr *)&to,
                to.ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                        : sizeof(struct sockaddr_in6)) < 0)
        return -errno;
    (void)fcntl(p->fd, F_SETFL, fcntl(p->fd, F_GETFL) | O_NONBLOCK);
    (void)setsockopt(p->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
    if (setsockopt(p->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
        (void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    end_agent(p);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
    return epoll_ctl(p->core->epoll, EPOLL_CTL_ADD, p->fd, &e) < 0 ? -errno : 0;
}

static void send_check(struct peer *p, usec_t now)
{
    struct peer_check *k = &p->check;
    char name[2 * SDP_ICE_TEXT];
    if (k->waits)
        stun_agent_forget_transaction(&p->core->stun, k->id);
    const int n = snprintf(name, sizeof(name), "%s:%s", p->remote->ufrag, p->self.ufrag);
    const size_t len = stun_usage_ice_conncheck_create(
        &p->core->stun, &k->msg, k->bytes, sizeof(k->bytes), (const uint8_t *)name, (size_t)n,
        (const uint8_t *)p->remote->pwd, strlen(p->remote->pwd), true, true, PRIORITY, p->ssrc,
        NULL, STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    k->next_at = now + CONSENT_WAIT;
    k->waits = len > 0;
    if (!k->waits)
        return;
    stun_message_id(&k->msg, k->id);
    peer_send(p, k->bytes, len);
}

void peer_ice_tick(struct peer *p, usec_t now)
{
    if (p->gathered && !p->told) {
        p->told = true;
        describe(p);
        p->owner.on_gathered(p->owner.arg, p);
        return;
    }
    if (p->agent && p->found && !p->carried) {
        const int err = take_over(p);
        if (err) {
            peer_fail(p, "the path's socket cannot be had");
            return;
        }
        p->state = PEER_CONNECTING;
        p->check.answered_at = now;
        p->check.next_at = now + CONSENT_EACH;
        dtls_start(&p->dtls, now);
    }
    if (p->carried && p->lost)
        peer_fail(p, "ICE: the path was lost");
    if (p->fd < 0)
        return;
    if (now - p->check.answered_at > CONSENT_LOST)
        peer_fail(p, "consent expired");
    else if (now >= p->check.next_at)
        send_check(p, now);
}

/** Who has full ICE checks the path as well, and wants to be answered. */
static void answer_check(struct peer *p, StunMessage *request)
{
    struct sockaddr_storage from;
    socklen_t len = sizeof(from);
    StunMessage reply;
    uint8_t bytes[512];
    size_t size = sizeof(bytes);
    bool controls = true;
    if (getpeername(p->fd, (struct sockaddr *)&from, &len) < 0)
        return;
    (void)stun_usage_ice_conncheck_create_reply(&p->core->stun, request, &reply, bytes, &size,
                                                &from, len, &controls, p->ssrc,
                                                STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    if (size > 0)
        peer_send(p, bytes, size);
}

void peer_on_stun(struct peer *p, const uint8_t *bytes, size_t len, usec_t now)
{
    StunMessage msg;
    StunDefaultValidaterData known[] = {{(uint8_t *)p->self.ufrag, strlen(p->self.ufrag),
                                         (uint8_t *)p->self.pwd, strlen(p->self.pwd)},
                                        {NULL, 0, NULL, 0}};
    const bool request = len > 1 && bytes[0] == 0 && bytes[1] == 1;
    char name[2 * SDP_ICE_TEXT];
    if (request) {
        const int n = snprintf(name, sizeof(name), "%s:%s", p->self.ufrag, p->remote->ufrag);
        known[0].username = (uint8_t *)name;
        known[0].username_len = (size_t)n;
    }
    const StunValidationStatus v = stun_agent_validate(
        &p->core->stun, &msg, bytes, len, request ? stun_agent_default_validater : NULL, known);
    if (v != STUN_VALIDATION_SUCCESS)
        return; // an answer to an older check, an indication, or garbage
    if (stun_message_get_class(&msg) == STUN_REQUEST) {
        answer_check(p, &msg);
    } else if (stun_message_get_class(&msg) == STUN_RESPONSE) {
        p->check.waits = false;
        p->check.answered_at = now;
        p->check.next_at = now + CONSENT_EACH;
    }
}
