/*
 * A copy for a receiver is a packet with the same payload, with extensions of agreed ids only,
 * whose values are those of the incoming ones; the same call gives the same bytes; and a copy
 * by RTX unwraps to the plain one. The input is the ids and the room, then the packet.
 */
#include "rtp/ext.h"
#include "rtp/rtx.h"

#include <stdlib.h>
#include <string.h>

#define ROOM 2048

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(int holds)
{
    if (!holds)
        abort();
}

struct setting {
    uint8_t in[EXT_COUNT], out[EXT_COUNT];
    struct rtp_ext_plan plan;
    struct rtp_out how;
    size_t cap;
};

/** The incoming extension that has this outgoing id, by the tables alone. */
static enum media_ext meaning(const struct setting *s, uint8_t out)
{
    for (unsigned e = 0; e < EXT_COUNT; e++) {
        if (s->out[e] == out && e != EXT_RID && e != EXT_RRID)
            return (enum media_ext)e;
    }
    return EXT_COUNT;
}

static void extensions_are_the_agreed_ones(const struct setting *s, const struct rtp *in,
                                           const struct rtp *copy)
{
    struct rtp_elem elem, origin;

    for (uint16_t pos = 0; rtp_ext_next(copy, &pos, &elem);) {
        const enum media_ext ext = meaning(s, elem.id);
        bool found = ext == EXT_MID || ext == EXT_TWCC || ext == EXT_ABS_SEND_TIME;
        require(ext != EXT_COUNT);
        if (found)
            continue;
        for (uint16_t at = 0; !found && rtp_ext_next(in, &at, &origin);)
            found = origin.id == s->in[ext] && origin.len == elem.len &&
                    (ext == EXT_DEPENDENCY || memcmp(origin.data, elem.data, elem.len) == 0);
        require(found);
    }
}

static void check_copy(struct setting *s, const struct rtp *in)
{
    uint8_t *out = malloc(s->cap + 1), *again = malloc(s->cap + 1), *rtx = malloc(ROOM * 32);
    struct rtp_copied where, where2;
    struct rtp copy, unwrapped;

    require(out && again && rtx);
    const size_t len = rtp_copy(out, s->cap, in, &s->how, &where);
    require(len <= s->cap);
    require(rtp_copy(again, s->cap, in, &s->how, &where2) == len);
    require(memcmp(out, again, len) == 0);
    if (len) {
        require(rtp_parse(&copy, out, len) == DROP_NONE);
        require(copy.seq == 1 && copy.ts == 2 && copy.ssrc == 3 && copy.pt == 96);
        require(copy.payload_len == in->payload_len && where.payload_off == copy.payload_off);
        require(memcmp(rtp_payload(&copy), rtp_payload(in), in->payload_len) == 0);
        extensions_are_the_agreed_ones(s, in, &copy);

        struct rtp_out how = s->how;
        how.rtx = true;
        how.osn = 1;
        how.pt = 97;
        how.ssrc = 4;
        const size_t rtx_len = rtp_copy(rtx, ROOM * 32, in, &how, &where2);
        require(rtx_len == len + 2 && where2.payload_off == where.payload_off + 2);
        require(rtp_parse(&unwrapped, rtx, rtx_len) == DROP_NONE);
        require(rtx_unwrap(&unwrapped, 96, 3) == DROP_NONE);
        require(unwrapped.len == len && memcmp(unwrapped.data, out, len) == 0);
    } else {
        require(s->cap < (size_t)in->len + RTP_COPY_GROWTH + 512);
    }
    free(out);
    free(again);
    free(rtx);
}

/** Ids from one byte each; an id twice on one side is one the SDP never agrees to. */
static void take_ids(uint8_t ids[EXT_COUNT], const uint8_t *from)
{
    for (unsigned e = 0; e < EXT_COUNT; e++) {
        ids[e] = from[e];
        for (unsigned k = 0; k < e; k++) {
            if (ids[k] == ids[e])
                ids[e] = 0;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const size_t head = 2 * EXT_COUNT + 2;
    struct setting s;
    struct rtp in;

    if (len < head || len > ROOM)
        return 0;
    uint8_t *data = malloc(len - head + 1);
    require(data != NULL);
    memcpy(data, bytes + head, len - head);
    take_ids(s.in, bytes);
    take_ids(s.out, bytes + EXT_COUNT);
    const uint8_t flags = bytes[2 * EXT_COUNT];
    s.cap = flags & 0x80 ? ROOM * 2 : 4 * (size_t)bytes[2 * EXT_COUNT + 1];
    rtp_ext_plan_init(&s.plan, s.in, s.out, "a-mid-with-thirty-two-characters", flags & 0x1f,
                      flags & 0x40);
    s.how = (struct rtp_out){
        .plan = &s.plan, .seq = 1, .ts = 2, .ssrc = 3, .pt = 96, .frame_add = flags};
    if (rtp_parse(&in, data, len - head) == DROP_NONE)
        check_copy(&s, &in);
    free(data);
    return 0;
}
