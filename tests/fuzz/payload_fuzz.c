/*
 * A payload descriptor that parses lies inside the payload, and the rewriter's new one says the
 * same about the frame, with other ids. The first byte of the input chooses the codec and what
 * the receiver has seen before.
 */
#include "rtp/payload.h"
#include "rtp/rewrite.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void require(int holds)
{
    if (!holds)
        abort();
}

/** Seats a source with all ids a VP8 stream can have. */
static void had_ids(struct rewrite *rw)
{
    uint8_t wire[] = {0x80, 0xe0, 0,    1,    0,    0, 0, 0, 0, 0,
                      0,    0,    0x90, 0xe0, 0x81, 1, 9, 0, 0, 0};
    struct rtp pkt;
    struct payload desc;
    struct rewritten out;

    require(rtp_parse(&pkt, wire, sizeof(wire)) == DROP_NONE);
    require(payload_parse(&desc, CODEC_VP8, rtp_payload(&pkt), pkt.payload_len) == DROP_NONE);
    const struct rewrite_in in = {.source = 1, .pkt = &pkt, .desc = &desc};
    rewrite_switch(rw, &in, 0);
    require(rewrite_map(rw, &in, 0, &out) == DROP_NONE);
}

static void rewritten_says_the_same(const struct payload *desc, uint8_t *payload, size_t len,
                                    bool ids_before)
{
    struct rewrite rw;
    struct rewritten out, again;
    struct rewrite_at at;
    struct payload seen;
    struct rtp pkt = {.data = payload, .payload_len = (uint16_t)len, .seq = 9, .marker = true};
    const struct rewrite_in in = {.source = 2, .pkt = &pkt, .desc = desc};
    uint8_t *copy = malloc(len + RTP_HEAD_MAX);

    require(copy != NULL);
    rewrite_init(&rw, 0, 0);
    if (ids_before)
        had_ids(&rw);
    rewrite_switch(&rw, &in, 0);
    require(rewrite_map(&rw, &in, 0, &out) == DROP_NONE);
    require(out.head_skip <= len && out.head_len <= RTP_HEAD_MAX);
    memcpy(copy, out.head, out.head_len);
    memcpy(copy + out.head_len, payload + out.head_skip, len - out.head_skip);
    require(payload_parse(&seen, desc->codec, copy, len + out.head_len - out.head_skip) ==
            DROP_NONE);
    require(seen.keyframe == desc->keyframe && seen.start_of_frame == desc->start_of_frame);
    require(seen.tid == desc->tid && seen.sid == desc->sid);
    require(seen.width == desc->width && seen.height == desc->height);
    require(seen.discardable == desc->discardable);
    if (desc->codec == CODEC_VP8 && ids_before)
        require(seen.pid_bits == 15 && seen.pid == 0x102 && seen.tl0_off && seen.tl0 == 10);

    require(rewrite_find(&rw, out.seq, &at) && at.seq == 9 && at.source == 2);
    require(rewrite_again(&rw, &at, &in, &again) == DROP_NONE);
    require(again.seq == out.seq && again.ts == out.ts && again.head_len == out.head_len);
    require(memcmp(again.head, out.head, out.head_len) == 0);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct payload desc;

    if (len < 1 || len > 3000)
        return 0;
    const enum media_codec codec = (enum media_codec)(bytes[0] % CODEC_COUNT);
    uint8_t *data = malloc(len);
    require(data != NULL);
    memcpy(data, bytes + 1, len - 1);
    uint8_t *exact = realloc(data, len > 1 ? len - 1 : 1); // ASan watches the byte after
    require(exact != NULL);
    if (payload_parse(&desc, codec, exact, len - 1) == DROP_NONE) {
        require(desc.codec == codec && desc.head_len <= len - 1);
        require(desc.pid_bits == 0 || desc.pid_bits == 7 || desc.pid_bits == 15);
        require(desc.pid < 1u << desc.pid_bits || desc.pid_bits == 0);
        require(!desc.tl0_off || exact[desc.tl0_off] == desc.tl0);
        require(!desc.keyframe || desc.start_of_frame);
        rewritten_says_the_same(&desc, exact, len - 1, bytes[0] & 0x80);
    }
    free(exact);
    return 0;
}
