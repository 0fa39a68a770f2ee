/*
 * The copy of a packet for one receiver: fixed header, extensions after the plan, payload.
 *
 *   +--------+-----------+----------------------------------+-----+-------------+---------+
 *   | header | 0xBEDE, n | mid, twcc, send time | kept ones | OSN | descriptor  | payload |
 *   +--------+-----------+----------------------------------+-----+-------------+---------+
 *                          ours                    theirs    if rtx  if replaced
 */
#include "rtp/ext.h"

#include "base/bytes.h"

#include <assert.h>
#include <string.h>

#define EXT_HEADER 4

/** The extensions being written. */
struct writer {
    uint8_t *start; ///< of the packet
    uint8_t *p;
    const uint8_t *end;
    bool two_byte;
    bool too_narrow; ///< an element needs the two-byte form
    bool full;       ///< an element did not fit into the buffer
};

/** Is this one copied? Not what belongs to a hop: that is replaced or stripped. */
static bool copied(enum media_ext ext)
{
    return ext == EXT_AUDIO_LEVEL || ext == EXT_ORIENTATION || ext == EXT_CAPTURE_TIME ||
           ext == EXT_DEPENDENCY;
}

static void plan_one(struct rtp_ext_plan *plan, uint8_t in, uint8_t out)
{
    if (in < 15) {
        plan->to[in] = out;
    } else {
        plan->far_in[plan->far_count] = in;
        plan->far_to[plan->far_count] = out;
        plan->far_count++;
    }
}

void rtp_ext_plan_init(struct rtp_ext_plan *plan, const uint8_t in[EXT_COUNT],
                       const uint8_t out[EXT_COUNT], const char *mid, size_t mid_len,
                       bool mixed)
{
    *plan = (struct rtp_ext_plan){
        .twcc = out[EXT_TWCC],
        .send_time = out[EXT_ABS_SEND_TIME],
        .mixed = mixed,
    };
    for (unsigned e = 0; e < EXT_COUNT; e++) {
        if (out[e] > 14 && e != EXT_RID && e != EXT_RRID)
            plan->two_byte = true;
    }
    for (unsigned e = 0; e < EXT_COUNT; e++) {
        if (!in[e] || !out[e] || !copied((enum media_ext)e))
            continue;
        if (e == EXT_DEPENDENCY) {
            // With a keyframe it is longer than 16 bytes, and without that one the rest is
            // noise.
            if (!mixed && !plan->two_byte)
                continue;
            plan->dependency_in = in[e];
        }
        plan_one(plan, in[e], out[e]);
        plan->kept |= rtp_ext_bit(in[e]);
    }
    if (out[EXT_MID] && mid_len > 0 && mid_len <= RTP_MID_MAX) {
        plan->mid_id = out[EXT_MID];
        plan->mid_len = (uint8_t)mid_len;
        memcpy(plan->mid, mid, mid_len);
    }
}

static uint8_t outgoing_id(const struct rtp_ext_plan *plan, uint8_t in)
{
    if (in < 15)
        return plan->to[in];
    for (unsigned i = 0; i < plan->far_count; i++) {
        if (plan->far_in[i] == in)
            return plan->far_to[i];
    }
    return 0;
}

/** Appends one element's head and makes room for its data: where to write it, or NULL. */
static uint8_t *put(struct writer *w, uint8_t id, uint8_t len)
{
    const unsigned head = w->two_byte ? 2 : 1;

    if (!w->two_byte && (id > 14 || len == 0 || len > 16)) {
        w->too_narrow = true;
        return NULL;
    }
    if ((size_t)(w->end - w->p) < head + len) {
        w->full = true;
        return NULL;
    }
    if (w->two_byte) {
        w->p[0] = id;
        w->p[1] = len;
    } else {
        w->p[0] = (uint8_t)(id << 4 | (len - 1));
    }
    uint8_t *data = w->p + head;
    w->p = data + len;
    return data;
}

static void put_ours(struct writer *w, const struct rtp_out *how, struct rtp_copied *where)
{
    const struct rtp_ext_plan *plan = how->plan;
    uint8_t *data;

    if (plan->twcc && (data = put(w, plan->twcc, 2))) {
        wr16(data, how->twcc);
        where->twcc_off = (uint16_t)(data - w->start);
    }
    if (plan->send_time && (data = put(w, plan->send_time, 3))) {
        data[0] = (uint8_t)(how->send_time >> 16);
        wr16(data + 1, (uint16_t)how->send_time);
        where->send_time_off = (uint16_t)(data - w->start);
    }
    if (plan->mid_id && (data = put(w, plan->mid_id, plan->mid_len)))
        memcpy(data, plan->mid, plan->mid_len);
}

static void put_theirs(struct writer *w, const struct rtp *in, const struct rtp_out *how)
{
    struct rtp_elem elem;

    for (uint16_t pos = 0; rtp_ext_next(in, &pos, &elem);) {
        const uint8_t id = outgoing_id(how->plan, elem.id);
        uint8_t *data = id ? put(w, id, elem.len) : NULL;

        if (!data)
            continue;
        memcpy(data, elem.data, elem.len);
        if (elem.id == how->plan->dependency_in && elem.len >= 3)
            wr16(data + 1, (uint16_t)(rd16(data + 1) + how->frame_add));
    }
}

/** Writes the whole extension behind the fixed header. Returns its bytes. */
static size_t put_extensions(struct writer *w, const struct rtp *in, const struct rtp_out *how,
                             struct rtp_copied *where)
{
    uint8_t *head = w->start + RTP_MIN_HEADER;

    if (w->end - head < EXT_HEADER) {
        w->full = true;
        return 0;
    }
    w->p = head + EXT_HEADER;
    put_ours(w, how, where);
    if (how->plan->kept & in->ext_ids)
        put_theirs(w, in, how);

    while ((w->p - head) % 4 != 0) {
        if (w->p == w->end) {
            w->full = true;
            return 0;
        }
        *w->p++ = 0;
    }
    const size_t len = (size_t)(w->p - head);
    if (len == EXT_HEADER)
        return 0; // nothing to say
    wr16(head, w->two_byte ? 0x1000 : 0xBEDE);
    wr16(head + 2, (uint16_t)(len / 4 - 1));
    return len;
}

/** The extension in the form it needs and the receiver takes. Returns its bytes. */
static size_t write_extensions(struct writer *w, const struct rtp *in,
                               const struct rtp_out *how, struct rtp_copied *where)
{
    w->two_byte = how->plan->two_byte;
    size_t len = put_extensions(w, in, how, where);

    // RFC 8285 section 4.1.2: without extmap-allow-mixed one form is used throughout; what does
    // not fit the one-byte form has then been left out.
    if (w->too_narrow && how->plan->mixed) {
        *where = (struct rtp_copied){0};
        w->two_byte = true;
        w->full = false;
        len = put_extensions(w, in, how, where);
    }
    return len;
}

size_t rtp_copy(uint8_t *out, size_t cap, const struct rtp *in, const struct rtp_out *how,
                struct rtp_copied *where)
{
    *where = (struct rtp_copied){0};
    if (cap < RTP_MIN_HEADER)
        return 0;

    struct writer w = {.start = out, .end = out + cap};
    const size_t ext_len = write_extensions(&w, in, how, where);
    size_t len = RTP_MIN_HEADER + ext_len;
    const size_t skip = how->head_skip;
    assert(how->head_len <= RTP_HEAD_MAX && skip <= in->payload_len);
    const size_t rest = in->payload_len - skip;

    if (w.full || len + (how->rtx ? 2 : 0) + how->head_len + rest > cap ||
        len + 2 + how->head_len + rest > UINT16_MAX)
        return 0;

    out[0] = (uint8_t)(0x80 | (ext_len ? 0x10 : 0));
    out[1] = (uint8_t)((how->marker ? 0x80 : 0) | how->pt);
    wr16(out + 2, how->seq);
    wr32(out + 4, how->ts);
    wr32(out + 8, how->ssrc);
    if (how->rtx) {
        wr16(out + len, how->osn);
        len += 2;
    }
    where->payload_off = (uint16_t)len;
    memcpy(out + len, how->head, how->head_len);
    len += how->head_len;
    if (rest)
        memcpy(out + len, rtp_payload(in) + skip, rest);
    len += rest;
    where->len = (uint16_t)len;
    return len;
}
