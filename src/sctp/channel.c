/*
 * The channels of an association: DCEP's OPEN and ACK, and closing.
 *
 * A channel is a pair of streams with one id. Closing it is resetting both (RFC 8831 section
 * 6.7): who closes resets its own direction, the other side answers by resetting its own. The
 * id is free again when both are done.
 */
#include "dcep.h"
#include "inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

static struct channel *make(struct assoc *a, uint16_t id, const struct dcep *open, bool ours)
{
    const size_t label = strlen(open->label) + 1;
    const size_t protocol = strlen(open->protocol) + 1;
    struct channel *c = calloc(1, sizeof(*c) + label + protocol);
    if (!c)
        return NULL;
    char *text = (char *)(c + 1);
    memcpy(text, open->label, label);
    memcpy(text + label, open->protocol, protocol);
    c->label = text;
    c->protocol = text + label;
    c->id = id;
    c->ours = ours;
    c->conf = open->conf;
    c->state = CHANNEL_OPENING;
    a->channel[id] = c;
    if (!ours)
        a->theirs++;
    return c;
}

static void bury(struct assoc *a, struct channel *c)
{
    if (!c->reset_done || !c->they_reset || c->untold)
        return;
    a->channel[c->id] = NULL;
    if (!c->ours)
        a->theirs--;
    free(a->dead);
    a->dead = c; // an event may still name it
}

void channel_free_all(struct assoc *a)
{
    for (unsigned i = 0; i < ASSOC_STREAMS; i++)
        free(a->channel[i]);
    free(a->dead);
}

struct channel *channel_untold(struct assoc *a)
{
    if (a->untold == 0)
        return NULL;
    for (unsigned i = 0; i < ASSOC_STREAMS; i++) {
        struct channel *c = a->channel[i];
        if (!c || !c->untold)
            continue;
        c->untold = false;
        a->untold--;
        bury(a, c);
        return c;
    }
    return NULL;
}

void channel_close(struct assoc *a, struct channel *c, bool tell)
{
    if (c->state == CHANNEL_CLOSING)
        return;
    c->state = CHANNEL_CLOSING;
    c->reset_due = true;
    a->resets++;
    if (tell) {
        send_forget(a, c);
        c->untold = true;
        a->untold++;
        assoc_ready(a);
    }
}

/** Asks for one; false if the library is busy with another. */
static bool ask_reset(const struct assoc *a, const struct channel *c)
{
    uint64_t room[(sizeof(struct sctp_reset_streams) + sizeof(uint16_t) + 7) / 8] = {0};
    struct sctp_reset_streams *r = (struct sctp_reset_streams *)room;
    r->srs_assoc_id = SCTP_ALL_ASSOC;
    r->srs_flags = SCTP_STREAM_RESET_OUTGOING;
    r->srs_number_streams = 1;
    r->srs_stream_list[0] = c->id;
    return usrsctp_setsockopt(a->socket, IPPROTO_SCTP, SCTP_RESET_STREAMS, r,
                              sizeof(*r) + sizeof(uint16_t)) == 0 ||
           (errno != EAGAIN && errno != EALREADY && errno != EBUSY);
}

void channel_ask_resets(struct assoc *a)
{
    for (unsigned i = 0; a->state == ASSOC_UP && a->resets > 0 && i < ASSOC_STREAMS; i++) {
        struct channel *c = a->channel[i];
        if (!c || !c->reset_due || c->waits > 0)
            continue;
        if (!ask_reset(a, c))
            return;
        c->reset_due = false;
        a->resets--;
    }
}

bool channel_they_reset(struct assoc *a, uint16_t id, struct assoc_event *event)
{
    struct channel *c = id < ASSOC_STREAMS ? a->channel[id] : NULL;
    if (!c)
        return false;
    const bool news = c->state != CHANNEL_CLOSING;
    c->they_reset = true;
    send_forget(a, c); // nobody reads it any more
    channel_close(a, c, false);
    bury(a, c);
    if (news)
        *event = (struct assoc_event){.what = ASSOC_CLOSED, .channel = c};
    return news;
}

void channel_they_reset_untold(struct assoc *a, uint16_t id)
{
    struct channel *c = a->channel[id];
    if (!c)
        return;
    c->they_reset = true;
    send_forget(a, c);
    channel_close(a, c, true);
    bury(a, c);
}

void channel_reset_done(struct assoc *a, uint16_t id, bool failed)
{
    struct channel *c = id < ASSOC_STREAMS ? a->channel[id] : NULL;
    if (!c || c->state != CHANNEL_CLOSING || c->reset_due)
        return;
    if (failed) { // "request already in progress": once more
        c->reset_due = true;
        a->resets++;
        return;
    }
    c->reset_done = true;
    bury(a, c);
}

static void acknowledge(struct assoc *a, struct channel *c)
{
    uint8_t bytes[1];
    const struct dcep ack = {.type = DCEP_ACK};
    const struct assoc_message m = {.bytes = bytes, .len = dcep_write(&ack, bytes)};
    (void)send_message(a, c, PPID_DCEP, &m);
}

/** RFC 8832 section 6: the side that is the DTLS client opens even ids, the other odd ones. */
static bool id_is_ours(const struct assoc *a, uint16_t id)
{
    return (id % 2 == 0) == a->even;
}

static bool on_open(struct assoc *a, uint16_t id, const struct dcep *open, bool sound,
                    struct assoc_event *event)
{
    if (a->channel[id]) { // twice, or while the id is not free
        a->count.refused++;
        return false;
    }
    const bool wanted = sound && !id_is_ours(a, id) && a->theirs < a->theirs_max;
    struct channel *c = make(a, id, open, false);
    if (!c)
        return false;
    c->state = CHANNEL_OPEN;
    acknowledge(a, c); // a refused one too: the library resets no stream it has not sent on
    if (!wanted) {
        a->count.refused++;
        channel_close(a, c, false);
        return false;
    }
    *event = (struct assoc_event){.what = ASSOC_OPENED, .channel = c};
    return true;
}

bool channel_on_dcep(struct assoc *a, uint16_t id, const uint8_t *bytes, size_t len,
                     struct assoc_event *event)
{
    struct dcep d;
    const enum drop why = dcep_parse(bytes, len, &d);
    struct channel *c = a->channel[id];
    if (d.type == DCEP_OPEN)
        return on_open(a, id, &d, why == DROP_NONE, event);
    if (why || !c || !c->ours)
        a->count.refused++;
    else if (c->state == CHANNEL_OPENING)
        c->state = CHANNEL_OPEN;
    return false;
}

struct channel *assoc_open(struct assoc *a, const char *label, const char *protocol,
                           const struct channel_conf *conf, usec_t now)
{
    struct dcep open = {.type = DCEP_OPEN, .conf = *conf};
    uint8_t bytes[DCEP_OPEN_MAX];
    unsigned id = a->even ? 0 : 1;
    while (id < a->streams && a->channel[id])
        id += 2;
    if (a->state != ASSOC_UP || id >= a->streams)
        return NULL;
    memcpy(open.label, label, strlen(label) + 1);
    memcpy(open.protocol, protocol, strlen(protocol) + 1);
    struct channel *c = make(a, (uint16_t)id, &open, true);
    if (!c)
        return NULL;
    assoc_busy(a, now);
    const struct assoc_message m = {.bytes = bytes, .len = dcep_write(&open, bytes)};
    (void)send_message(a, c, PPID_DCEP, &m);
    return c;
}

void assoc_close(struct assoc *a, struct channel *c, usec_t now)
{
    assoc_busy(a, now);
    channel_close(a, c, false);
    channel_ask_resets(a);
}

struct channel *assoc_channel(const struct assoc *a, uint16_t id)
{
    struct channel *c = id < ASSOC_STREAMS ? a->channel[id] : NULL;
    return c && c->state != CHANNEL_CLOSING ? c : NULL;
}
