/*
 * What goes out. The library's send buffer is bounded; what is reliable and finds no room there
 * waits in a queue of ours, which is bounded too. While something waits, everything reliable
 * goes behind it, and everything else is dropped: so order holds, and memory does.
 */
#include "inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

/** To the library. 0, -EAGAIN (no room) or -errno. */
static int give(struct assoc *a, const struct channel *c, uint32_t ppid,
                const struct assoc_message *m)
{
    struct sctp_sendv_spa spa = {.sendv_flags = SCTP_SEND_SNDINFO_VALID};
    spa.sendv_sndinfo.snd_sid = c->id;
    spa.sendv_sndinfo.snd_ppid = htonl(ppid);
    if (ppid != PPID_DCEP) {
        // RFC 8832 section 6: nothing may overtake the OPEN before it is acknowledged.
        if (c->conf.unordered && c->state != CHANNEL_OPENING)
            spa.sendv_sndinfo.snd_flags = SCTP_UNORDERED;
        if (c->conf.mode != CHANNEL_RELIABLE) {
            spa.sendv_flags |= SCTP_SEND_PRINFO_VALID;
            spa.sendv_prinfo.pr_policy =
                c->conf.mode == CHANNEL_TIMED ? SCTP_PR_SCTP_TTL : SCTP_PR_SCTP_RTX;
            spa.sendv_prinfo.pr_value = c->conf.limit;
        }
    }
    if (usrsctp_sendv(a->socket, m->bytes, m->len, NULL, 0, &spa, sizeof(spa), SCTP_SENDV_SPA,
                      0) >= 0)
        return 0;
    return errno == EWOULDBLOCK || errno == EAGAIN ? -EAGAIN : -errno;
}

static bool wait(struct assoc *a, struct channel *c, uint32_t ppid,
                 const struct assoc_message *m)
{
    if (a->waiting + sizeof(struct assoc_wait) + m->len > ASSOC_QUEUE)
        return false;
    struct assoc_wait *w = malloc(sizeof(*w) + m->len);
    if (!w)
        return false;
    w->channel = c;
    w->ppid = ppid;
    w->len = m->len;
    memcpy(w->bytes, m->bytes, m->len);
    TAILQ_INSERT_TAIL(&a->waits, w, link);
    // A message of one byte costs more than that one.
    a->waiting += sizeof(*w) + m->len;
    c->waits++;
    return true;
}

enum drop send_message(struct assoc *a, struct channel *c, uint32_t ppid,
                       const struct assoc_message *m)
{
    int r = -EAGAIN;
    if (TAILQ_EMPTY(&a->waits))
        r = give(a, c, ppid, m);
    if (r == 0)
        return DROP_NONE;
    if (r != -EAGAIN)
        return DROP_NOT_READY;
    if (c->conf.mode != CHANNEL_RELIABLE && ppid != PPID_DCEP) {
        a->count.dropped++;
        return DROP_LIMIT;
    }
    if (wait(a, c, ppid, m))
        return DROP_NONE;
    a->count.overflown++;
    c->overflown = true;
    channel_close(a, c, true);
    return DROP_LIMIT;
}

static void drop_wait(struct assoc *a, struct assoc_wait *w)
{
    TAILQ_REMOVE(&a->waits, w, link);
    a->waiting -= sizeof(*w) + w->len;
    w->channel->waits--;
    free(w);
}

void send_waiting(struct assoc *a)
{
    struct assoc_wait *w = TAILQ_FIRST(&a->waits), *next;
    for (; w && a->state == ASSOC_UP; w = next) {
        next = TAILQ_NEXT(w, link);
        const struct assoc_message m = {.bytes = w->bytes, .len = w->len};
        if (give(a, w->channel, w->ppid, &m) == -EAGAIN)
            break;
        drop_wait(a, w);
    }
    channel_ask_resets(a);
}

void send_forget(struct assoc *a, const struct channel *c)
{
    struct assoc_wait *w = TAILQ_FIRST(&a->waits), *next;
    for (; w; w = next) {
        next = TAILQ_NEXT(w, link);
        if (!c || w->channel == c)
            drop_wait(a, w);
    }
}

enum drop assoc_send(struct assoc *a, struct channel *c, const struct assoc_message *m,
                     usec_t now)
{
    static const uint8_t nothing[1];
    struct assoc_message what = *m;
    uint32_t ppid = m->text ? PPID_STRING : PPID_BINARY;
    if (a->state != ASSOC_UP || c->state == CHANNEL_CLOSING)
        return DROP_NOT_READY;
    if (m->len > a->their_max || m->len > ASSOC_MESSAGE_MAX) {
        a->count.refused++;
        return DROP_LIMIT;
    }
    if (m->len == 0) { // RFC 8831 section 6.6: SCTP has no empty messages
        ppid = m->text ? PPID_STRING_EMPTY : PPID_BINARY_EMPTY;
        what = (struct assoc_message){.bytes = nothing, .len = sizeof(nothing)};
    }
    assoc_busy(a, now);
    const enum drop why = send_message(a, c, ppid, &what);
    if (why == DROP_NONE) {
        a->count.messages_out++;
        a->count.bytes_out += m->len;
    }
    return why;
}
