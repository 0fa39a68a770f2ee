/* What comes in: messages, and what the library tells of its state. */
#include "inner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <usrsctp.h>

static void on_change(struct assoc *a, const struct sctp_assoc_change *change)
{
    if (change->sac_state == SCTP_COMM_UP && a->state == ASSOC_CONNECTING) {
        a->streams = change->sac_outbound_streams < ASSOC_STREAMS ? change->sac_outbound_streams
                                                                  : ASSOC_STREAMS;
        a->state = ASSOC_UP;
        a->told_state = false;
        return;
    }
    // Also a restart: our channels mean nothing to a side that has begun anew.
    assoc_down(a);
}

/** True if `*event` tells something. */
static bool on_resets(struct assoc *a, const struct sctp_stream_reset_event *r,
                      struct assoc_event *event)
{
    const unsigned count =
        (unsigned)((r->strreset_length - sizeof(*r)) / sizeof(r->strreset_stream_list[0]));
    const bool failed =
        (r->strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED)) != 0;
    if (r->strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN)
        for (unsigned i = 0; i < count; i++)
            channel_reset_done(a, r->strreset_stream_list[i], failed);
    if (!(r->strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN) || failed)
        return false;
    if (count == 1)
        return channel_they_reset(a, r->strreset_stream_list[0], event);
    for (unsigned i = 0; i < ASSOC_STREAMS; i++) { // several, or (none named) all
        bool named = count == 0;
        for (unsigned k = 0; k < count; k++)
            named |= r->strreset_stream_list[k] == i;
        if (named)
            channel_they_reset_untold(a, (uint16_t)i);
    }
    return false;
}

static bool on_notification(struct assoc *a, const uint8_t *bytes, size_t len,
                            struct assoc_event *event)
{
    const union sctp_notification *n = (const union sctp_notification *)(const void *)bytes;
    if (len < sizeof(n->sn_header) || n->sn_header.sn_length != len)
        return false;
    switch (n->sn_header.sn_type) {
    case SCTP_ASSOC_CHANGE:
        if (len >= sizeof(n->sn_assoc_change))
            on_change(a, &n->sn_assoc_change);
        return false;
    case SCTP_SHUTDOWN_EVENT:
        assoc_down(a);
        return false;
    case SCTP_PARTIAL_DELIVERY_EVENT: // the rest of a message will not come
        free(a->part);
        a->part = NULL;
        a->skipping = false;
        return false;
    case SCTP_STREAM_RESET_EVENT:
        return len >= sizeof(n->sn_strreset_event) &&
               on_resets(a, &n->sn_strreset_event, event);
    default:
        return false;
    }
}

/** One whole message on a stream. True if `*event` tells something. */
static bool on_message(struct assoc *a, const struct sctp_rcvinfo *info, const uint8_t *bytes,
                       size_t len, struct assoc_event *event)
{
    const uint32_t ppid = ntohl(info->rcv_ppid);
    if (info->rcv_sid >= ASSOC_STREAMS) {
        a->count.refused++;
        return false;
    }
    if (ppid == PPID_DCEP)
        return channel_on_dcep(a, info->rcv_sid, bytes, len, event);
    struct channel *c = assoc_channel(a, info->rcv_sid);
    const bool empty = ppid == PPID_STRING_EMPTY || ppid == PPID_BINARY_EMPTY;
    if (!c || (ppid != PPID_STRING && ppid != PPID_BINARY && !empty)) {
        a->count.refused++; // on no channel, or (in pieces by old rules) no message of ours
        return false;
    }
    a->count.messages_in++;
    a->count.bytes_in += empty ? 0 : len;
    *event = (struct assoc_event){.what = ASSOC_MESSAGE,
                                  .channel = c,
                                  .text = ppid == PPID_STRING || ppid == PPID_STRING_EMPTY,
                                  .bytes = bytes,
                                  .len = empty ? 0 : len};
    return true;
}

/** A message over the limit: its channel is closed, its rest skipped. */
static void refuse(struct assoc *a, uint16_t id)
{
    struct channel *c = assoc_channel(a, id);
    a->count.refused++;
    if (c)
        channel_close(a, c, true);
}

/**
 * The library gives a message in pieces when it cannot hold all of it, or when it is longer
 * than we asked for. The pieces of one message come one behind the other, without others
 * between (that would be SCTP_FRAGMENT_INTERLEAVE 2).
 */
static bool on_piece(struct assoc *a, const struct sctp_rcvinfo *info, size_t len, bool last,
                     struct assoc_event *event)
{
    uint8_t *bytes = a->set->scratch;
    if (!a->skipping && a->part_len + len > ASSOC_MESSAGE_MAX) {
        refuse(a, info->rcv_sid);
        a->skipping = true;
    }
    if (a->skipping || last) {
        if (!a->skipping && a->part) {
            memmove(bytes + a->part_len, bytes, len);
            memcpy(bytes, a->part, a->part_len);
            len += a->part_len;
        }
        const bool whole = !a->skipping;
        free(a->part);
        a->part = NULL;
        a->part_len = 0;
        a->skipping = a->skipping && !last;
        return whole && on_message(a, info, bytes, len, event);
    }
    uint8_t *grown = realloc(a->part, a->part_len + len);
    if (!grown) {
        refuse(a, info->rcv_sid);
        a->skipping = true;
        return false;
    }
    memcpy(grown + a->part_len, bytes, len);
    a->part = grown;
    a->part_len += len;
    return false;
}

/** Reads once. False if there is nothing to read; `*event` may stay empty. */
static bool read_one(struct assoc *a, struct assoc_event *event)
{
    struct sctp_rcvinfo info = {0};
    socklen_t info_len = sizeof(info);
    unsigned type = 0;
    int flags = 0;
    struct sockaddr_conn from;
    socklen_t from_len = sizeof(from);
    const ssize_t n =
        usrsctp_recvv(a->socket, a->set->scratch, ASSOC_MESSAGE_MAX + 1,
                      (struct sockaddr *)&from, &from_len, &info, &info_len, &type, &flags);
    if (n < 0 && (errno == EWOULDBLOCK || errno == EAGAIN || errno == EINTR))
        return false;
    if (n <= 0) {
        assoc_down(a);
        return false;
    }
    if (flags & MSG_NOTIFICATION)
        (void)on_notification(a, a->set->scratch, (size_t)n, event);
    else if (type == SCTP_RECVV_RCVINFO)
        (void)on_piece(a, &info, (size_t)n, (flags & MSG_EOR) != 0, event);
    return true;
}

/** States and closings that are to be told. */
static bool tell(struct assoc *a, struct assoc_event *event)
{
    if (!a->told_state) {
        a->told_state = true;
        event->what = a->state == ASSOC_UP ? ASSOC_IS_UP : ASSOC_IS_DOWN;
        return true;
    }
    struct channel *c = a->state == ASSOC_UP ? channel_untold(a) : NULL;
    if (c)
        *event = (struct assoc_event){.what = ASSOC_CLOSED, .channel = c};
    return c != NULL;
}

void assoc_next(struct assoc *a, struct assoc_event *event, usec_t now)
{
    *event = (struct assoc_event){.what = ASSOC_NOTHING};
    free(a->dead);
    a->dead = NULL;
    assoc_busy(a, now);
    while (event->what == ASSOC_NOTHING && !tell(a, event) && a->state != ASSOC_DOWN)
        if (!read_one(a, event) && a->told_state)
            break;
    send_waiting(a);
}
